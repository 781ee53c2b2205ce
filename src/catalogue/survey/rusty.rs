//! What Rust programs carry: crates by the paths in their panic messages, and what openssl-probe finds.

use super::Survey;
use crate::model::Version;
use memchr::memmem;
use std::path::{Path, PathBuf};

/// The directories in which openssl-probe 0.1.6 looks for a file and for a directory of certificates.
const PROBED: &[&str] = &[
    "/var/ssl",
    "/usr/share/ssl",
    "/usr/local/ssl",
    "/usr/local/openssl",
    "/usr/local/etc/openssl",
    "/usr/local/share",
    "/usr/lib/ssl",
    "/usr/ssl",
    "/etc/openssl",
    "/etc/pki/ca-trust/extracted/pem",
    "/etc/pki/tls",
    "/etc/ssl",
    "/etc/certs",
    "/opt/etc/ssl",
];

/// The names it asks for in each.
const PROBED_NAMES: &[&str] = &[
    "cert.pem",
    "certs.pem",
    "ca-bundle.pem",
    "cacert.pem",
    "ca-certificates.crt",
    "certs/ca-certificates.crt",
    "certs/ca-root-nss.crt",
    "certs/ca-bundle.crt",
    "CARootCertificates.pem",
    "tls-ca-bundle.pem",
];

impl Survey<'_> {
    /// The file and the directory that `probe` of openssl-probe before 0.2 comes to when no variable is
    /// set, as the places `probed-file` and `probed-directory`.
    #[must_use]
    pub fn openssl_probe(&self) -> Vec<(&'static str, PathBuf)> {
        let is_there = |path: &PathBuf| self.host.resolve(path).is_ok();
        let (mut file, mut directory) = (None, None);
        for top in PROBED.iter().map(PathBuf::from).filter(is_there) {
            file = file.or_else(|| PROBED_NAMES.iter().map(|name| top.join(name)).find(is_there));
            directory = directory.or_else(|| Some(top.join("certs")).filter(is_there));
            if file.is_some() && directory.is_some() {
                break;
            }
        }
        let file = file.map(|path| ("probed-file", path));
        file.into_iter().chain(directory.map(|path| ("probed-directory", path))).collect()
    }

    /// Which of these crates the program at `path` has, with their versions: `NAME-1.2.3/src/lib.rs`
    /// stands in messages for whoever meets a panic, among the constants.
    #[must_use]
    pub fn crates(&self, path: &Path, names: &[&'static str]) -> Vec<(&'static str, Version)> {
        let mut found: Vec<(&'static str, Version)> = Vec::new();
        let Ok(resolved) = self.host.resolve(path) else { return found };
        let mut look = |part: &[u8]| {
            for name in names {
                if !found.iter().any(|(known, _)| known == name) {
                    found.extend(version_of(part, name).map(|version| (*name, version)));
                }
            }
            found.len() < names.len()
        };
        // A script has none, whatever it says.
        if self.constants(&resolved, &mut look).is_none() && self.is_elf(&resolved) {
            drop(self.host.read_parts(&resolved, self.host.program_size(), &mut look));
        }
        found
    }
}

/// The version of a crate behind its name in a path.
fn version_of(part: &[u8], name: &str) -> Option<Version> {
    memmem::find_iter(part, name.as_bytes()).find_map(|at| {
        let rest = part.get(at + name.len()..part.len().min(at + name.len() + 32))?.strip_prefix(b"-")?;
        let end = memchr::memchr2(b'/', b'+', rest)?;
        let text = std::str::from_utf8(&rest[..end]).ok()?;
        text.starts_with(|c: char| c.is_ascii_digit()).then(|| Version::parse(text)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    #[test]
    fn a_crate_is_known_by_its_path() {
        let version = |text: &str| version_of(text.as_bytes(), "webpki-roots").map(|found| found.to_string());
        assert_eq!(version("/registry/src/index/webpki-roots-1.0.6/src/lib.rs").as_deref(), Some("1.0.6"));
        assert_eq!(version("webpki-roots webpki-roots-x/ webpki-roots-0.26.11+x/src").as_deref(), Some("0.26.11"));
        assert_eq!(version("webpki-roots-1.0"), None);
    }

    #[test]
    fn the_first_directory_with_either_decides_on_it() {
        let places = |files: Memory| {
            let host = Host::new(Box::new(files), System::Linux);
            let found = Survey::new(&host, super::super::Searched::default()).openssl_probe();
            found.into_iter().map(|(name, path)| format!("{name} {}", path.display())).collect::<Vec<_>>()
        };
        let debian = Memory::new().file("/usr/lib/ssl/cert.pem", "").file("/usr/lib/ssl/certs/a", "");
        assert_eq!(
            places(debian.file("/etc/ssl/cert.pem", "")),
            ["probed-file /usr/lib/ssl/cert.pem", "probed-directory /usr/lib/ssl/certs"]
        );
        let apart = Memory::new().file("/usr/local/share/certs/a", "").file("/etc/ssl/certs/ca-certificates.crt", "");
        assert_eq!(
            places(apart),
            ["probed-file /etc/ssl/certs/ca-certificates.crt", "probed-directory /usr/local/share/certs"]
        );
        assert!(places(Memory::new()).is_empty());
    }
}
