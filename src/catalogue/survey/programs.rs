//! Programs on `PATH` that fetch over TLS, and the library each does it with.

use super::Survey;
use crate::catalogue::client::Installation;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Survey<'_> {
    /// Every program of this name on `PATH`, each file once.
    #[must_use]
    pub fn programs(&self, name: &str) -> Vec<PathBuf> {
        let mut seen = Vec::new();
        let mut found = Vec::new();
        for path in self.path().into_iter().map(|directory| directory.join(name)) {
            if let Ok(resolved) = self.host.resolve(&path)
                && self.host.is_file(&path)
                && !seen.contains(&resolved.path)
            {
                seen.push(resolved.path);
                found.push(path);
            }
        }
        found
    }

    /// Every program on `PATH` of one of these names, each file once: for many names, directories are
    /// listed instead of asked for each.
    #[must_use]
    pub fn programs_among(&self, names: &[&str]) -> Vec<PathBuf> {
        let directories: Vec<_> = self.path().into_iter().map(|directory| self.names(&directory)).collect();
        let is_there = |name: &&&str| {
            directories
                .iter()
                .any(|known| known.binary_search_by(|entry| entry.as_os_str().cmp(OsStr::new(name))).is_ok())
        };
        names.iter().filter(is_there).flat_map(|name| self.programs(name)).collect()
    }

    /// Every curl on `PATH`, with the paths compiled into its libcurl.
    #[must_use]
    pub fn curls(&self) -> Vec<Arc<Installation>> {
        let found = self.programs("curl").into_iter();
        found.map(|program| Arc::new(self.libcurl_user(&program, &program, "PATH"))).collect()
    }

    /// Every git on `PATH`: the helper in its exec path is what speaks HTTPS.
    #[must_use]
    pub fn gits(&self) -> Vec<Arc<Installation>> {
        let found = self.programs("git").into_iter();
        found
            .map(|program| {
                let real = self.host.resolve(&program).map_or_else(|_| program.clone(), |found| found.path);
                let prefix = real.ancestors().nth(2).unwrap_or(Path::new("/"));
                let helpers =
                    ["libexec/git-core", "lib/git-core"].map(|part| prefix.join(part).join("git-remote-http"));
                let helper = helpers.into_iter().find(|helper| self.host.is_file(helper));
                let mut installation = match &helper {
                    Some(helper) => self.libcurl_user(&program, helper, "PATH"),
                    None => Installation {
                        at: program.clone(),
                        because: "PATH".to_owned(),
                        unknown: vec!["git-remote-http is not beside it: no HTTPS".to_owned()],
                        ..Installation::default()
                    },
                };
                let etc = if prefix == Path::new("/usr") { PathBuf::from("/etc") } else { prefix.join("etc") };
                installation.places.extend(helper.map(|helper| ("helper", helper)));
                installation.places.push(("gitconfig", etc.join("gitconfig")));
                Arc::new(installation)
            })
            .collect()
    }

    /// A user of libcurl: `at` is what people start, `binary` what is linked.
    #[must_use]
    pub fn libcurl_user(&self, at: &Path, binary: &Path, because: &str) -> Installation {
        let mut installation =
            Installation { at: at.to_path_buf(), because: because.to_owned(), ..Installation::default() };
        let linkage = self.linkage(binary);
        let library =
            linkage.as_deref().and_then(|linkage| self.find_library(linkage.needs("libcurl")?, binary, linkage));
        let library = library.unwrap_or_else(|| binary.to_path_buf());
        if let Some(found) = self.library(&library) {
            let is_file = |path: &&PathBuf| path.extension().is_some();
            let file = found.paths.iter().find(is_file).map(|path| ("cafile", path.clone()));
            let directory = found.paths.iter().find(|path| !is_file(path)).map(|path| ("capath", path.clone()));
            installation.places.extend(file.into_iter().chain(directory));
            installation.components.extend(found.curl.clone().map(|version| ("curl", version)));
            if installation.places.is_empty() {
                installation.unknown.push(format!("{}: no path of certificates inside", library.display()));
            }
        }
        installation.places.push(("libcurl", library.clone()));
        self.add_tls(&mut installation, &library);
        installation
    }

    /// Marks the TLS library that `binary` is linked to, with the defaults compiled into it.
    pub fn add_tls(&self, installation: &mut Installation, binary: &Path) {
        let Some(linkage) = self.linkage(binary) else {
            installation.unknown.push(format!("{}: not an ELF file", binary.display()));
            return;
        };
        let found = |prefix: &str| linkage.needs(prefix).and_then(|name| self.find_library(name, binary, &linkage));
        if let Some(library) = found("libgnutls") {
            installation.marks.extend(["gnutls", WHOLE_DIRECTORY]);
            self.add_gnutls(installation, &library);
        } else if found("libnss3").is_some() {
            installation.marks.push("nss");
            installation.unknown.push("NSS asks a database and a module of roots besides".to_owned());
        } else if let Some(library) = found("libcrypto").or_else(|| found("libssl")) {
            installation.marks.extend(["openssl", HASHED_DIRECTORY]);
            self.add_openssl(installation, &library);
        } else if found("libmbedtls").is_some() {
            installation.marks.extend(["mbedtls", WHOLE_DIRECTORY]);
        } else if found("libwolfssl").is_some() {
            installation.marks.extend(["wolfssl", WHOLE_DIRECTORY]);
        } else if self.library(binary).is_some_and(|library| library.openssldir.is_some()) {
            installation.marks.extend(["openssl", HASHED_DIRECTORY]);
            self.add_openssl(installation, binary);
        } else {
            installation.unknown.push(format!("{}: its TLS library is not known", binary.display()));
        }
    }

    /// The file compiled into a GnuTLS (configure --with-default-trust-store-file); builds that use
    /// p11-kit instead have the URL `pkcs11:` there and no file.
    pub(super) fn add_gnutls(&self, installation: &mut Installation, library: &Path) {
        let known = self.library(library);
        let compiled =
            known.as_ref().and_then(|known| known.paths.iter().find(|path| path.extension().is_some()).cloned());
        installation.places.extend(compiled.map(|path| ("gnutls-trust", path)));
        installation.places.push(("libgnutls", library.to_path_buf()));
        if installation.version("gnutls").is_none() {
            let version = known.and_then(|known| known.gnutls.clone());
            installation.components.extend(version.map(|version| ("gnutls", version)));
        }
    }
}

/// The mark of a TLS library that asks a directory for one issuer at a time.
pub const HASHED_DIRECTORY: &str = "hashed-directory";
/// The mark of a TLS library that reads every file of a directory.
pub const WHOLE_DIRECTORY: &str = "whole-directory";
