//! Python packages, by their directories: which is there, in what version, for which Python.

use super::{Python, Survey};
use crate::catalogue::client::Installation;
use crate::host::Kind;
use crate::model::Version;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The mark of an installation that has OpenSSL's default paths through truststore, beside what it
/// loads itself.
pub const TRUSTSTORE: &str = "truststore";

/// The mark of an installation whose truststore goes to its own list of files instead.
pub const TRUSTSTORE_LIST: &str = "truststore-list";

impl Survey<'_> {
    /// Every copy of a package that is called as its directory.
    #[must_use]
    pub fn packages(&self, name: &'static str) -> Vec<Arc<Installation>> {
        self.packages_at(name, name)
    }

    /// Every copy of a distribution that has this directory (`google/auth`), as an installation whose
    /// places are `package`, `site` and, where they are known, `certifi` (the bundle that
    /// `certifi.where()` names there) and the interpreter's `openssldir`.
    #[must_use]
    pub fn packages_at(&self, directory: &str, distribution: &'static str) -> Vec<Arc<Installation>> {
        let mut seen = Vec::new();
        let mut found = Vec::new();
        let with_python =
            self.pythons().iter().flat_map(|python| python.packages.iter().map(move |site| (site, Some(python))));
        let alone = self.searched.packages.iter().map(|site| (site, None));
        let first = directory.split('/').next().unwrap_or(directory);
        for (site, python) in with_python.chain(alone) {
            if !self.names(site).iter().any(|known| known == first) {
                continue;
            }
            let package = site.join(directory);
            let Ok(resolved) = self.host.resolve(&package) else { continue };
            if resolved.kind != Kind::Directory || seen.contains(&resolved.path) {
                continue;
            }
            seen.push(resolved.path);
            found.push(Arc::new(self.package(distribution, site, package, python)));
        }
        found
    }

    fn package(&self, name: &'static str, site: &Path, at: PathBuf, python: Option<&Python>) -> Installation {
        let mut installation = Installation {
            components: self.package_version(site, name).map(|version| (name, version)).into_iter().collect(),
            places: vec![("package", at.clone()), ("site", site.to_path_buf())],
            because: python
                .map_or_else(|| "search".to_owned(), |python| format!("package of {}", python.executable.display())),
            at,
            ..Installation::default()
        };
        if let Some(python) = python {
            installation.components.extend(python.installation.components.iter().cloned());
            installation.places.extend(python.installation.places.iter().cloned());
            installation.places.push(("python", python.executable.clone()));
            installation.marks.extend(&python.installation.marks);
            installation.unknown.extend(python.installation.unknown.iter().cloned());
            installation.security_level = python.installation.security_level;
            installation.remarks.extend(python.installation.remarks.iter().cloned());
        }
        let directory = self.beside(&installation, "certifi");
        let bundle = directory.and_then(|directory| self.certifi_bundle(&directory));
        installation.places.extend(bundle.map(|bundle| ("certifi", bundle)));
        installation
    }

    /// The directories that the Python of a package imports from.
    fn sites(&self, package: &Installation) -> Vec<PathBuf> {
        let python = package.place("python");
        let python = self.pythons().iter().find(|known| Some(&known.executable) == python);
        let own = || package.place("site").cloned().into_iter().collect();
        python.map_or_else(own, |python| python.packages.clone())
    }

    /// The directory of another package, as the Python of this one would import it.
    #[must_use]
    pub fn beside(&self, package: &Installation, name: &str) -> Option<PathBuf> {
        let there = |site: &PathBuf| self.names(site).iter().any(|known| known == name);
        self.sites(package).into_iter().filter(there).map(|site| site.join(name)).find(|d| self.host.is_directory(d))
    }

    /// Adds the version of another distribution that this one stands on, where it is there.
    pub fn add_version(&self, package: &mut Installation, name: &'static str) {
        let version = self.sites(package).iter().find_map(|site| self.package_version(site, name));
        package.components.extend(version.map(|version| (name, version)));
    }

    /// The installation with another certifi than the one that its Python would import.
    pub fn set_certifi(&self, package: &mut Installation, directory: &Path) {
        package.places.retain(|(name, _)| *name != "certifi");
        package.places.extend(self.certifi_bundle(directory).map(|bundle| ("certifi", bundle)));
    }

    /// Marks an installation that uses truststore, and where that goes to its own list of files.
    pub fn mark_truststore(&self, installation: &mut Installation) {
        installation.marks.push(TRUSTSTORE);
        if installation.place("openssldir").is_some() && !self.openssl_has_certificates(installation) {
            installation.marks.push(TRUSTSTORE_LIST);
        }
    }

    /// Whether truststore takes OpenSSL's default paths for a set of certificates: the file is
    /// there, or the directory holds a hash name (`_configure_context` in truststore's
    /// `_openssl.py`). It asks `ssl.get_default_verify_paths()`, to which a list is one path.
    fn openssl_has_certificates(&self, installation: &Installation) -> bool {
        let half = |variable: &str, name: &str| match self.host.variable(variable) {
            Some(value) => Some(PathBuf::from(value)).filter(|path| !path.as_os_str().is_empty()),
            None => installation.place("openssldir").map(|directory| directory.join(name)),
        };
        half("SSL_CERT_FILE", "cert.pem").is_some_and(|file| self.host.is_file(&file))
            || half("SSL_CERT_DIR", "certs").is_some_and(|directory| self.has_hash_name(&directory))
    }

    /// Whether a directory holds a name as OpenSSL asks for.
    #[must_use]
    pub fn has_hash_name(&self, directory: &Path) -> bool {
        let is_hash_name = |name: &str| {
            name.split_once('.').is_some_and(|(hash, number)| {
                let digit = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
                hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && digit
            })
        };
        self.names(directory).iter().any(|name| is_hash_name(&name.to_string_lossy()))
    }

    /// What `certifi.where()` returns: distributions patch `core.py` to name the system's bundle
    /// and still ship the file that is not used then.
    fn certifi_bundle(&self, directory: &Path) -> Option<PathBuf> {
        let own = directory.join("cacert.pem");
        let text = self.host.settings(&directory.join("core.py")).unwrap_or_default();
        // Debian and its derivatives: `DEBIAN_CA_CERTS_PATH = '/etc/ssl/certs/ca-certificates.crt'`.
        let patched = text.lines().find_map(|line| {
            let value = line.trim().strip_prefix("DEBIAN_CA_CERTS_PATH")?.trim_start().strip_prefix('=')?;
            Some(PathBuf::from(value.trim().trim_matches(['\'', '"'])))
        });
        // Fedora and RHEL return a literal from `where()`.
        let literal = [
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        ];
        let literal = literal
            .iter()
            .find(|path| text.contains(&format!("return '{path}'")) || text.contains(&format!("return \"{path}\"")));
        patched.or_else(|| literal.map(PathBuf::from)).or_else(|| self.host.is_file(&own).then_some(own))
    }

    /// The version in the name of `NAME-VERSION.dist-info` or `.egg-info` beside a package.
    #[must_use]
    pub fn package_version(&self, site: &Path, name: &str) -> Option<Version> {
        self.names(site).iter().find_map(|entry| {
            let entry = entry.to_string_lossy();
            let (found, rest) = entry.split_once('-')?;
            let version = rest.strip_suffix(".dist-info").or_else(|| rest.strip_suffix(".egg-info"))?;
            let normal = |text: &str| text.to_ascii_lowercase().replace(['-', '.'], "_");
            (normal(found) == normal(name)).then(|| Version::parse(version)).flatten()
        })
    }
}
