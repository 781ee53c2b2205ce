//! What the runtimes of languages have in common: prefixes that version managers keep, and the
//! OpenSSL that an extension module brings in.

use super::Survey;
use crate::catalogue::client::Installation;
use std::path::{Path, PathBuf};

impl Survey<'_> {
    /// Adds the OpenSSL that `binary` is linked to, or that is within it.
    pub fn add_openssl_of(&self, installation: &mut Installation, binary: &Path) {
        let linkage = self.linkage(binary);
        let needed =
            linkage.as_ref().and_then(|linkage| linkage.needs("libcrypto").or_else(|| linkage.needs("libssl")));
        let Some((linkage, name)) = linkage.as_ref().zip(needed) else {
            self.add_openssl(installation, binary);
            return;
        };
        match self.find_library(&name.replace("libssl", "libcrypto"), binary, linkage) {
            Some(library) => self.add_openssl(installation, &library),
            None => installation.unknown.push(format!("{}: its libcrypto is not found", binary.display())),
        }
    }

    /// The prefixes in directories of version managers, each `(variable, below home, part)`: the part
    /// below what the variable names, or below a directory of the home. A home that begins with `/`
    /// is no part of one.
    #[must_use]
    pub fn kept_prefixes(&self, managers: &[(&str, &str, &str)]) -> Vec<PathBuf> {
        let parents = managers.iter().filter_map(|(variable, usual, part)| {
            let named = self.set(variable);
            let usual = || if usual.starts_with('/') { Some(PathBuf::from(usual)) } else { self.in_home(usual) };
            named.or_else(usual).map(|directory| directory.join(part))
        });
        parents.flat_map(|parent| self.host.children(&parent)).collect()
    }

    /// The prefix of a program: the directory above the one it is in, its links followed.
    #[must_use]
    pub fn prefix_of(&self, program: &Path) -> Option<PathBuf> {
        Some(self.host.resolve(program).ok()?.path.parent()?.parent()?.to_path_buf())
    }

    /// The directories of `parent` whose names begin with a number, the last first.
    #[must_use]
    pub fn numbered(&self, parent: &Path) -> Vec<PathBuf> {
        let names = self.names(parent);
        let numbered =
            names.iter().rev().filter(|name| name.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit));
        numbered.map(|name| parent.join(name)).collect()
    }
}

/// Where Debian and its derivatives keep what depends on the processor.
pub const MULTIARCH: &[&str] = &["x86_64-linux-gnu", "aarch64-linux-gnu"];

/// What tests of rows ask.
#[cfg(test)]
pub mod tests {
    use super::super::{Searched, Survey};
    use super::*;
    use crate::catalogue::clients;
    use crate::discover::discover;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    /// What castore says of a client in a home `/home/u`: a text for each installation, its place and
    /// a colon, then the places in effect; `off` and `stops` where it verifies nothing or fails.
    pub fn says(files: &Memory, environment: &[(&str, &str)], client: &str) -> Vec<String> {
        let environment = environment.iter().chain(&[("HOME", "/home/u")]).map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files.clone()), System::Linux).with_environment(environment);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|row| row.id == client));
        let one = |found: &crate::discover::Use| {
            let paths = found.effective().filter_map(|candidate| candidate.path.as_ref());
            let mut text = format!("{}:", found.installation.at.display());
            paths.for_each(|path| text.push_str(&format!(" {}", path.display())));
            text.push_str(if found.is_off() { " off" } else { "" });
            text.push_str(if found.refuses().is_some() { " stops" } else { "" });
            text
        };
        uses.iter().map(one).collect()
    }

    /// Octets in which the directory of an OpenSSL is found.
    pub fn openssl(directory: &str) -> Vec<u8> {
        format!("\0OpenSSL 3.0.22 27 Sep 2026\0OPENSSLDIR: \"{directory}\"\0").into_bytes()
    }

    #[test]
    fn prefixes_are_those_of_the_variable_or_the_home() {
        let files =
            Memory::new().file("/home/u/.x/versions/1/f", "").file("/x/versions/2/f", "").file("/opt/y/3/f", "");
        let prefixes = |environment: &[(&str, &str)]| {
            let environment =
                environment.iter().chain(&[("HOME", "/home/u")]).map(|(k, v)| (k.into(), v.into())).collect();
            let host = Host::new(Box::new(files.clone()), System::Linux).with_environment(environment);
            let survey = Survey::new(&host, Searched::default());
            survey.kept_prefixes(&[("X_ROOT", ".x", "versions"), ("", "/opt/y", "")])
        };
        assert_eq!(prefixes(&[]), [Path::new("/home/u/.x/versions/1"), Path::new("/opt/y/3")]);
        assert_eq!(prefixes(&[("X_ROOT", "/x")]), [Path::new("/x/versions/2"), Path::new("/opt/y/3")]);
    }
}
