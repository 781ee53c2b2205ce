//! TLS libraries wherever they lie: in the loader's directories, below prefixes of their own, in wheels.

use super::Survey;
use super::node::version_after;
use crate::catalogue::client::Installation;
use crate::model::Version;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Prefixes below which each entry may be an installation with libraries of its own.
const PREFIXES: &[&str] = &["/opt", "/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"];

/// Where libraries lie below such an installation (`embedded` is what packages of vendors call it).
const BELOW: &[&str] = &["lib", "lib64", "embedded/lib"];

/// Directories that the loader may not know: what `make install` of OpenSSL makes.
const OWN: &[&str] = &["/usr/local/lib64", "/usr/local/ssl/lib", "/usr/local/ssl/lib64"];

impl Survey<'_> {
    /// Every libcrypto, by how it was found; OpenSSL's and LibreSSL's alike.
    fn libcryptos(&self) -> Vec<(PathBuf, &'static str)> {
        let is_crypto = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            [&b"libcrypto.so"[..], b"libcrypto-", b"libcrypto."].iter().any(|start| name.starts_with(start))
                && !name.ends_with(b".a")
        };
        let beside = |directories: Vec<PathBuf>| {
            let found = directories.into_iter().flat_map(|directory| self.libraries_in(&directory, "libcrypto"));
            found.filter(is_crypto).collect::<Vec<_>>()
        };
        let own = OWN.iter().map(PathBuf::from).filter(|path| self.host.is_directory(path));
        let mut found: Vec<(PathBuf, &'static str)> = Vec::new();
        let system = self.libraries("libcrypto.so").into_iter();
        found.extend(system.map(|path| (path, "library directory")));
        found.extend(beside(own.chain(self.prefixed()).collect()).into_iter().map(|path| (path, "prefix of its own")));
        found.extend(beside(self.wheels()).into_iter().map(|path| (path, "Python package")));
        let mut seen = Vec::new();
        found.retain_mut(|(path, _)| {
            let Ok(resolved) = self.host.resolve(path) else { return false };
            let is_new = !seen.contains(&resolved.path);
            *path = resolved.path.clone();
            seen.push(resolved.path);
            is_new
        });
        found
    }

    /// Directories of libraries below the prefixes that have any.
    fn prefixed(&self) -> Vec<PathBuf> {
        let entries = PREFIXES.iter().map(Path::new).flat_map(|prefix| {
            let names = self.names(prefix);
            names.iter().map(|name| prefix.join(name)).collect::<Vec<_>>()
        });
        let below = entries.flat_map(|entry| BELOW.iter().map(move |part| entry.join(part)));
        below.filter(|directory| self.host.is_directory(directory)).collect()
    }

    /// Directories into which `auditwheel` puts the libraries of a wheel: `psycopg2_binary.libs`.
    fn wheels(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for site in self.pythons().iter().flat_map(|python| &python.packages) {
            let names = self.names(site);
            found.extend(names.iter().filter(|n| n.as_encoded_bytes().ends_with(b".libs")).map(|n| site.join(n)));
        }
        found
    }

    /// Every OpenSSL: the libcryptos, and the `openssl` programs that have one linked in.
    #[must_use]
    pub fn openssl_installations(&self) -> Vec<Arc<Installation>> {
        let programs = self
            .programs("openssl")
            .into_iter()
            .filter(|program| self.linkage(program).is_some_and(|linkage| linkage.needs("libcrypto").is_none()));
        let all = self.libcryptos().into_iter().chain(programs.map(|program| (program, "PATH")));
        let found = all.filter(|(file, _)| self.library(file).is_some_and(|library| library.libressl.is_none()));
        self.described(found)
    }

    /// Every LibreSSL.
    #[must_use]
    pub fn libressl_installations(&self) -> Vec<Arc<Installation>> {
        let found = self.libcryptos().into_iter();
        let mut found = self.described(found.filter(|(file, _)| self.is_libressl(file)));
        for installation in &mut found {
            let version = self.library(&installation.at).and_then(|library| library.libressl.clone());
            Arc::make_mut(installation).components = version.map(|version| ("libressl", version)).into_iter().collect();
        }
        found
    }

    fn is_libressl(&self, file: &Path) -> bool {
        self.library(file).is_some_and(|library| library.libressl.is_some())
    }

    fn described(&self, found: impl Iterator<Item = (PathBuf, &'static str)>) -> Vec<Arc<Installation>> {
        let describe = |(file, because): (PathBuf, &str)| {
            let mut installation =
                Installation { at: file.clone(), because: because.to_owned(), ..Installation::default() };
            self.add_openssl(&mut installation, &file);
            installation
        };
        found.map(describe).filter(|found| found.place("openssldir").is_some()).map(Arc::new).collect()
    }

    /// Every program of this name on `PATH`, with its TLS library.
    #[must_use]
    pub fn with_tls(&self, name: &str) -> Vec<Arc<Installation>> {
        let found = self.programs(name).into_iter();
        found
            .map(|program| {
                let mut installation =
                    Installation { at: program.clone(), because: "PATH".to_owned(), ..Installation::default() };
                self.add_tls(&mut installation, &self.speaker(&program));
                self.add_gnutls_trust(&mut installation);
                self.add_privileges(&mut installation, &program);
                Arc::new(installation)
            })
            .collect()
    }

    /// The file that is linked to the TLS library: wget2 has a library of its own between, and so has aria2.
    fn speaker(&self, program: &Path) -> PathBuf {
        self.behind(program, &["libwget", "libaria2"])
    }

    /// The last of these libraries that a program is linked to, each by the one before it where that is there; the
    /// program itself where it is linked to none.
    #[must_use]
    pub fn behind(&self, program: &Path, libraries: &[&str]) -> PathBuf {
        libraries.iter().fold(program.to_path_buf(), |last, name| {
            let linkage = self.linkage(&last);
            let next = linkage.as_deref().and_then(|linkage| self.find_library(linkage.needs(name)?, &last, linkage));
            next.unwrap_or(last)
        })
    }

    /// Whether the text of a certificate stands in the file at `path`.
    #[must_use]
    pub fn holds_bundle(&self, path: &Path) -> bool {
        self.holds_text(path, b"-----BEGIN CERTIFICATE-----\n")
    }

    /// Whether a text stands in the file at `path`, looked for once.
    #[must_use]
    pub fn holds_text(&self, path: &Path, text: &'static [u8]) -> bool {
        let key = (path.to_path_buf(), text);
        if let Some(known) = self.texts.lock().ok().and_then(|texts| texts.get(&key).copied()) {
            return known;
        }
        let mut found = false;
        if let Ok(resolved) = self.host.resolve(path) {
            let read = self.host.read_parts(&resolved, self.host.program_size(), &mut |part| {
                found = memchr::memmem::find(part, text).is_some();
                !found
            });
            found &= read.is_ok();
        }
        if let Ok(mut texts) = self.texts.lock() {
            texts.insert(key, found);
        }
        found
    }

    /// The version of three numbers that stands behind a text in a binary.
    #[must_use]
    pub fn version_behind(&self, binary: &Path, text: &[u8]) -> Option<Version> {
        let resolved = self.host.resolve(binary).ok()?;
        let mut found = None;
        self.constants_or_all(&resolved, &mut |part| {
            found = version_after(part, text);
            found.is_none()
        });
        found
    }

    /// The file of the system's configuration that a libgnutls has compiled in (`--with-system-priority-file`).
    #[must_use]
    pub fn gnutls_configuration(&self, library: &Path) -> PathBuf {
        const OWN: &str = "/etc/gnutls/config";
        const POLICIES: &str = "/etc/crypto-policies/back-ends/gnutls.config";
        PathBuf::from(if self.holds_text(library, POLICIES.as_bytes()) { POLICIES } else { OWN })
    }

    /// Every GnuTLS in the loader's directories.
    #[must_use]
    pub fn gnutls_installations(&self) -> Vec<Arc<Installation>> {
        let found = self.libraries("libgnutls.so").into_iter();
        found
            .map(|file| {
                let mut installation = Installation {
                    at: file.clone(),
                    because: "library directory".to_owned(),
                    marks: vec!["gnutls"],
                    ..Installation::default()
                };
                self.add_gnutls(&mut installation, &file);
                self.add_gnutls_trust(&mut installation);
                Arc::new(installation)
            })
            .collect()
    }

    /// Every libcurl in the loader's directories.
    #[must_use]
    pub fn libcurl_installations(&self) -> Vec<Arc<Installation>> {
        let found = self.libraries("libcurl").into_iter();
        let shared = found.filter(|file| memchr::memmem::find(file.as_os_str().as_encoded_bytes(), b".so").is_some());
        shared.map(|file| Arc::new(self.libcurl_user(&file, &file, "library directory"))).collect()
    }

    /// p11-kit's trust modules, each with the places it reads.
    #[must_use]
    pub fn trust_modules(&self) -> Vec<Arc<Installation>> {
        let mut found: Vec<Arc<Installation>> = Vec::new();
        for file in self.trust_module_files() {
            let mut installation =
                Installation { at: file.clone(), because: "library directory".to_owned(), ..Installation::default() };
            self.add_trust_paths(&mut installation, &file);
            found.push(Arc::new(installation));
        }
        found
    }

    fn trust_module_files(&self) -> Vec<PathBuf> {
        let directories =
            ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"];
        let mut files: Vec<PathBuf> = directories
            .iter()
            .filter_map(|directory| self.host.resolve(&Path::new(directory).join("pkcs11/p11-kit-trust.so")).ok())
            .map(|found| found.path)
            .collect();
        files.sort();
        files.dedup();
        files
    }

    /// Adds the places of the system's trust module to a GnuTLS without a file of its own.
    fn add_gnutls_trust(&self, installation: &mut Installation) {
        if !installation.has("gnutls") {
            return;
        }
        if installation.place("gnutls-trust").is_some() {
            installation.marks.push("gnutls-trust-file");
        } else if let Some(module) = self.trust_module_files().first() {
            self.add_trust_paths(installation, module);
        } else {
            installation
                .unknown
                .push("its GnuTLS has no file compiled in, and no trust module is there to ask".to_owned());
        }
    }

    /// Adds what a trust module reads: the paths of its configuration, else those compiled in. A file
    /// stands for itself, a directory for three places.
    fn add_trust_paths(&self, installation: &mut Installation, module: &Path) {
        let configured = self.configured_trust_paths();
        let compiled = || self.library(module).map(|library| library.trust_paths.clone()).unwrap_or_default();
        let paths = if configured.is_empty() { compiled() } else { configured };
        let own = self.config_home().map(|config| config.join("pkcs11/modules/p11-kit-trust.module"));
        if let Some(file) = own.filter(|file| self.host.is_file(file)) {
            installation.unknown.push(format!("{} may name other paths for who is not root", file.display()));
        }
        if paths.is_empty() {
            installation.unknown.push(format!("{}: no list of paths inside", module.display()));
        }
        let names = [("trust-file-0", "trust-0"), ("trust-file-1", "trust-1"), ("trust-file-2", "trust-2")];
        for (path, (file, directory)) in paths.iter().zip(names) {
            let name = if self.host.is_directory(path) { directory } else { file };
            installation.places.push((name, path.clone()));
        }
        if paths.len() > names.len() {
            installation.unknown.push(format!("it reads {} more paths", paths.len() - names.len()));
        }
    }

    /// `x-init-reserved: paths=A:B` in a module's configuration (pkcs11.conf(5)); what the system's
    /// administrator wrote stands before what the package did.
    fn configured_trust_paths(&self) -> Vec<PathBuf> {
        let directories = ["/etc/pkcs11/modules", "/usr/share/p11-kit/modules"];
        let read = |directory: &&str| {
            let text = self.host.settings(&Path::new(directory).join("p11-kit-trust.module"))?;
            let line = text.lines().find_map(|line| line.trim().strip_prefix("x-init-reserved:"))?;
            let value = line.split_whitespace().find_map(|word| word.strip_prefix("paths="))?;
            Some(value.trim_matches(['\'', '"']).split(':').map(PathBuf::from).collect::<Vec<_>>())
        };
        directories.iter().find_map(read).unwrap_or_default()
    }

    /// Says that a program which runs with more privileges than its caller takes nothing from the
    /// environment: `secure_getenv` in OpenSSL 1.1.1 and later.
    fn add_privileges(&self, installation: &mut Installation, program: &Path) {
        let mode = self.host.resolve(program).ok().and_then(|found| found.mode);
        if mode.is_some_and(|mode| mode & 0o6000 != 0) {
            installation.marks.push(PRIVILEGED);
        }
    }
}

/// The mark of a program that is setuid or setgid.
pub const PRIVILEGED: &str = "privileged";
