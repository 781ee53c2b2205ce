//! What `openssl.cnf` says of verification: the security level, the FIPS provider, SHA-1.
//!
//! Since 1.1.1 every program that makes a TLS context reads it (`OPENSSL_init_ssl`, ssl/ssl_init.c), so one
//! line in it decides whether a certificate of RSA 1024 or SHA-1 passes. Distributions put that line into a
//! file that it includes (crypto-policies). Syntax: config(5) of OpenSSL 3.5.

use crate::host::Host;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What the configuration sets. What it does not set is left to the library.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Configured {
    /// The security level, 0 to 5: the last `@SECLEVEL=` of `CipherString` in the section of `system_default`.
    pub level: Option<u8>,
    /// Whether algorithms are taken from the FIPS provider alone (`default_properties = fips=yes`, or 1.0.2's and
    /// 1.1.1's `fips_mode`).
    pub fips: bool,
    /// Red Hat's `rh-allow-sha1-signatures`.
    pub sha1: Option<bool>,
}

/// Files that one may include, all together: a loop ends there.
const INCLUDES: usize = 64;

/// What the configuration at `OPENSSL_CONF`, or `openssl.cnf` in `directory`, sets.
#[must_use]
pub fn configured(host: &Host, directory: Option<&Path>) -> Configured {
    let named = host.variable("OPENSSL_CONF").filter(|value| !value.is_empty()).map(PathBuf::from);
    let Some(file) = named.or_else(|| Some(directory?.join("openssl.cnf"))) else { return Configured::default() };
    let mut sections = Sections::default();
    sections.read(host, &file, &mut "default".to_owned(), &mut 0);
    sections.configured()
}

/// The settings by section.
#[derive(Debug, Default)]
struct Sections(HashMap<String, HashMap<String, String>>);

impl Sections {
    fn read(&mut self, host: &Host, file: &Path, section: &mut String, included: &mut usize) {
        *included += 1;
        if *included > INCLUDES {
            return;
        }
        let Some(text) = host.settings(file) else { return };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let mut line = without_comment(line).trim().to_owned();
            while line.ends_with('\\') {
                line.pop();
                line += without_comment(lines.next().unwrap_or_default()).trim();
            }
            if let Some(path) = line.strip_prefix(".include") {
                let path = Path::new(path.trim_start_matches([' ', '\t', '=']).trim());
                let path = file.parent().unwrap_or(Path::new("/")).join(path);
                self.include(host, &path, section, included);
            } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                name.trim().clone_into(section);
            } else if let Some((name, value)) = line.split_once('=') {
                // `name = value`, or `section::name = value`.
                let (section, name) = name.trim().split_once("::").unwrap_or((section, name.trim()));
                let value = self.expanded(section, value.trim());
                self.0.entry(section.to_owned()).or_default().insert(name.to_owned(), value);
            }
        }
    }

    /// A file, or of a directory those that end in `.cnf` or `.conf`.
    fn include(&mut self, host: &Host, path: &Path, section: &mut String, included: &mut usize) {
        if !host.is_directory(path) {
            return self.read(host, path, section, included);
        }
        for file in host.children(path) {
            if file.extension().is_some_and(|extension| extension == "cnf" || extension == "conf") {
                self.read(host, &file, section, included);
            }
        }
    }

    /// `$name`, `${name}` and `$(name)` of the same section or of `default`, once.
    fn expanded(&self, section: &str, value: &str) -> String {
        let Some((before, rest)) = value.split_once('$') else { return value.trim_matches('"').to_owned() };
        let bare = rest.trim_start_matches(['{', '(']);
        let end =
            bare.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | ':' | '.')).unwrap_or(bare.len());
        let after = bare[end..].trim_start_matches(['}', ')']);
        let (from, name) = bare[..end].split_once("::").unwrap_or((section, &bare[..end]));
        let found = self.get(from, name).or_else(|| self.get("default", name)).unwrap_or_default();
        format!("{before}{found}{after}")
    }

    fn get(&self, section: &str, name: &str) -> Option<&str> {
        self.0.get(section)?.get(name).map(String::as_str)
    }

    fn configured(&self) -> Configured {
        let mut configured = Configured::default();
        let Some(main) = self.get("default", "openssl_conf") else { return configured };
        let below = |name: &str| self.get(main, name);
        let system = below("ssl_conf").and_then(|ssl| self.get(ssl, "system_default"));
        let ciphers = system.and_then(|section| self.get(section, "CipherString"));
        configured.level = ciphers.and_then(level);
        let yes = |value: &str| ["yes", "on", "1", "true"].contains(&value.to_ascii_lowercase().as_str());
        for section in ["alg_section", "evp_properties"].into_iter().filter_map(below) {
            let properties = self.get(section, "default_properties").unwrap_or_default();
            configured.fips |= properties.split(',').any(|part| {
                part.split_once('=').is_some_and(|(name, value)| name.trim() == "fips" && yes(value.trim()))
            });
            configured.fips |= self.get(section, "fips_mode").is_some_and(yes);
            configured.sha1 = self.get(section, "rh-allow-sha1-signatures").map(yes).or(configured.sha1);
        }
        configured
    }
}

/// The level that a cipher string sets, the last one if there are several.
fn level(ciphers: &str) -> Option<u8> {
    let after = ciphers.rsplit_once("@SECLEVEL=")?.1;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|level| *level <= 5)
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    fn of(files: &[(&str, &str)]) -> Configured {
        let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, *text));
        configured(&Host::new(Box::new(memory), System::Linux), Some(Path::new("/etc/ssl")))
    }

    #[test]
    fn the_level_is_that_of_the_system_default() {
        let debian = "openssl_conf = openssl_init\n[openssl_init]\nssl_conf = ssl_sect\n[ssl_sect]\n\
                      system_default = system_default_sect\n[system_default_sect]\nMinProtocol = TLSv1.2\n\
                      CipherString = DEFAULT@SECLEVEL=2 # as shipped\n";
        assert_eq!(of(&[("/etc/ssl/openssl.cnf", debian)]).level, Some(2));
        // A section that nothing leads to.
        assert_eq!(of(&[("/etc/ssl/openssl.cnf", &debian["openssl_conf = openssl_init\n".len()..])]).level, None);
        assert_eq!(of(&[]), Configured::default());
    }

    #[test]
    fn crypto_policies_are_included() {
        let fedora = "openssl_conf = openssl_init\n[openssl_init]\nproviders = p\nssl_conf = ssl_module\n\
                      alg_section = evp_properties\n[ssl_module]\nsystem_default = crypto_policy\n[evp_properties]\n\
                      rh-allow-sha1-signatures = no\n[crypto_policy]\n\
                      .include = /etc/crypto-policies/back-ends/opensslcnf.config\n";
        let policy = "CipherString = @SECLEVEL=3:kEECDH:kRSA\nMinProtocol = TLSv1.2\n";
        let found =
            of(&[("/etc/ssl/openssl.cnf", fedora), ("/etc/crypto-policies/back-ends/opensslcnf.config", policy)]);
        assert_eq!(found, Configured { level: Some(3), fips: false, sha1: Some(false) });
    }

    #[test]
    fn the_fips_provider_is_asked_for_by_a_property() {
        let text = "openssl_conf = init\n[init]\nalg_section = algs\n[algs]\ndefault_properties = fips=yes\n";
        assert!(of(&[("/etc/ssl/openssl.cnf", text)]).fips);
        let text = "openssl_conf = init\n[init]\nalg_section = algs\n[algs]\ndefault_properties = ?fips=yes\n";
        assert!(!of(&[("/etc/ssl/openssl.cnf", text)]).fips, "a preference is no demand");
    }

    #[test]
    fn an_include_of_itself_ends() {
        assert_eq!(of(&[("/etc/ssl/openssl.cnf", ".include /etc/ssl/openssl.cnf\n")]), Configured::default());
    }
}
