//! Every Node.js on a host, and what its binary says of itself.
//!
//! A decision nearly always depends on the version, and whether a build prefers OpenSSL's paths to its
//! own roots is said only by `process.config`; both stand as text among the constants of the binary.

use super::Survey;
use crate::catalogue::client::Installation;
use crate::host::{OVERLAP, Resolved};
use crate::model::Version;
use memchr::memmem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The mark of a build that takes OpenSSL's paths (`configure --openssl-use-def-ca-store`).
pub const BUILT_FOR_OPENSSL: &str = "built-for-openssl";

/// The mark of a build that has its OpenSSL from the system (`configure --shared-openssl`).
pub const SHARED_OPENSSL: &str = "shared-openssl";

/// The mark of a build that looks for `openssl_conf` in OpenSSL's configuration, as other programs do
/// (`configure --openssl-conf-name`, Fedora's).
pub const READS_OPENSSL_CONF: &str = "reads-openssl-conf";

/// Octets of a `node` that may have everything in a library: Debian's has 50 kB, one with everything
/// in itself 70 MB or more.
const SMALL_PROGRAM: u64 = 4 * 1024 * 1024;

/// Where version managers keep each version below a directory of its own: the variable that names
/// their directory, the usual one below the home directory, the path in it, the path in a version.
const MANAGERS: &[(&str, &str, &str, &str, &str)] = &[
    ("nvm", "NVM_DIR", ".nvm", "versions/node", "bin/node"),
    ("fnm", "FNM_DIR", ".local/share/fnm", "node-versions", "installation/bin/node"),
    ("volta", "VOLTA_HOME", ".volta", "tools/image/node", "bin/node"),
    ("asdf", "ASDF_DATA_DIR", ".asdf", "installs/nodejs", "bin/node"),
    ("mise", "MISE_DATA_DIR", ".local/share/mise", "installs/node", "bin/node"),
    ("nodenv", "NODENV_ROOT", ".nodenv", "versions", "bin/node"),
    ("n", "N_PREFIX", ".n", "n/versions/node", "bin/node"),
];

/// What the texts share by which a binary speaks of OpenSSL's directory, store and configuration.
const SHARED: &[u8] = b"OPENSSL";

/// What a binary says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    version: Option<Version>,
    for_openssl: bool,
    /// Whether `process.config` was met.
    config: bool,
    /// The OpenSSL inside; `None` too where it is in a library.
    openssl: Option<Version>,
    /// Its directory, likewise.
    openssldir: Option<PathBuf>,
    /// Whether the section of its configuration is the one of other programs.
    reads_openssl_conf: bool,
}

impl Said {
    /// `node.js/v20.20.2` is what Node.js calls itself to servers; `node_shared_openssl` stands in the
    /// variables of `process.config`, behind the definitions.
    ///
    /// Eight megabytes of constants come by here. So what was heard is not listened for again, and three texts
    /// are looked for by the word that they share.
    fn hear(&mut self, part: &[u8]) {
        if self.version.is_none() {
            self.version = version_after(part, b"node.js/v");
        }
        for at in memmem::find_iter(part, SHARED) {
            self.hear_of_openssl(&part[..at], &part[at..]);
        }
        self.config = self.config || memmem::find(part, b"\"node_shared_openssl\"").is_some();
        if self.openssl.is_none() {
            // `OpenSSL 3.0.16+quic 11 Feb 2025`, the text of `OpenSSL_version`.
            self.openssl = memmem::find_iter(part, b"\0OpenSSL ").find_map(|at| {
                let rest = &part[at + 9..part.len().min(at + 40)];
                let text = std::str::from_utf8(&rest[..memchr::memchr(b' ', rest)?]).ok()?;
                Version::parse(text).filter(|version| version.is_between("0.9.8", ""))
            });
        }
    }

    /// Takes what the word `OPENSSL` is part of.
    fn hear_of_openssl(&mut self, before: &[u8], word: &[u8]) {
        if before.ends_with(b"NODE_") {
            self.for_openssl |= word.starts_with(b"OPENSSL_CERT_STORE");
            self.reads_openssl_conf |= word.starts_with(b"OPENSSL_CONF_NAME=openssl_conf");
        }
        if self.openssldir.is_none() {
            self.openssldir = word.strip_prefix(b"OPENSSLDIR: \"").and_then(|rest| {
                let text = std::str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()?;
                (text.starts_with('/') && text.len() < OVERLAP).then(|| PathBuf::from(text))
            });
        }
    }

    /// Whether everything was heard; what `process.config` says of a shared OpenSSL comes before OpenSSL's own text.
    fn is_whole(&self) -> bool {
        self.config && self.openssl.is_some() && self.openssldir.is_some()
    }
}

/// The version of three numbers, the first no nought, that stands behind a text.
pub(super) fn version_after(part: &[u8], marker: &[u8]) -> Option<Version> {
    memmem::find_iter(part, marker).find_map(|at| {
        let rest = &part[at + marker.len()..part.len().min(at + marker.len() + 24)];
        let length = rest.iter().take_while(|octet| octet.is_ascii_digit() || **octet == b'.').count();
        let text = std::str::from_utf8(&rest[..length]).ok()?;
        Version::parse(text)
            .filter(|version| version.to_string().matches('.').count() == 2 && version.is_between("1", ""))
    })
}

/// A version of three numbers right before a marker.
fn version_ending_at(part: &[u8], marker: &[u8]) -> Option<Version> {
    memmem::find_iter(part, marker).find_map(|end| {
        let length = part[..end].iter().rev().take_while(|octet| octet.is_ascii_digit() || **octet == b'.').count();
        let text = std::str::from_utf8(&part[end - length..end]).ok()?;
        Version::parse(text).filter(|_| text.matches('.').count() == 2)
    })
}

impl Survey<'_> {
    /// The version that a program of one file calls itself by to servers: `Deno/2.9.6`.
    pub fn product(&self, file: &Resolved, marker: &[u8]) -> Option<Version> {
        self.first_in(file, |part| version_after(part, marker))
    }

    /// The version that a program has before a mark of its maker: `10.11.19-MariaDB`.
    pub fn version_before(&self, file: &Resolved, marker: &[u8]) -> Option<Version> {
        self.first_in(file, |part| version_ending_at(part, marker))
    }

    /// Every Node.js on `PATH` and in the directories of version managers, each file once.
    #[must_use]
    pub fn nodes(&self) -> Vec<Arc<Installation>> {
        self.nodes.get_or_init(|| self.find_nodes()).clone()
    }

    fn find_nodes(&self) -> Vec<Arc<Installation>> {
        let on_path = ["node", "nodejs"].into_iter().flat_map(|name| self.programs(name)).map(|at| (at, "PATH"));
        let kept = MANAGERS.iter().flat_map(|&(name, variable, usual, versions, node)| {
            let set = self.set(variable);
            let top = set.or_else(|| self.in_home(usual)).map(|top| top.join(versions));
            let kept = top.map(|top| self.host.children(&top)).unwrap_or_default();
            kept.into_iter().map(move |version| (version.join(node), name))
        });
        let global = self.host.children(Path::new("/usr/local/n/versions/node"));
        let global = global.into_iter().map(|version| (version.join("bin/node"), "n"));
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        for (at, because) in on_path.chain(kept).chain(global) {
            let Some(resolved) = self.host.resolve(&at).ok().filter(|_| self.host.is_file(&at) && !is_shim(&at)) else {
                continue;
            };
            if !seen.contains(&resolved.path) {
                seen.push(resolved.path.clone());
                found.push(Arc::new(self.node_at(at, &resolved, because)));
            }
        }
        found
    }

    fn node_at(&self, at: PathBuf, resolved: &Resolved, because: &str) -> Installation {
        let library = (resolved.size < SMALL_PROGRAM).then(|| self.libnode(&resolved.path)).flatten();
        let binary = library.unwrap_or_else(|| resolved.path.clone());
        let said = self.host.resolve(&binary).map(|file| self.said(&file)).unwrap_or_default();
        let mut installation = Installation { at, because: because.to_owned(), ..Installation::default() };
        installation.components.extend(said.version.map(|version| ("node", version)));
        installation.components.extend(said.openssl.map(|version| ("openssl", version)));
        let shared =
            self.linkage(&binary).and_then(|linkage| self.find_library(linkage.needs("libcrypto")?, &binary, &linkage));
        if let Some(library) = shared {
            installation.components.retain(|(name, _)| *name != "openssl");
            installation.marks.push(SHARED_OPENSSL);
            self.add_openssl(&mut installation, &library);
        }
        // What is in the binary itself is found out in one reading.
        if !installation.has(SHARED_OPENSSL)
            && let Some(directory) = said.openssldir
        {
            installation.places.extend([("libcrypto", binary.clone()), ("openssldir", directory)]);
        }
        installation.marks.extend(said.for_openssl.then_some(BUILT_FOR_OPENSSL));
        installation.marks.extend(said.reads_openssl_conf.then_some(READS_OPENSSL_CONF));
        installation.places.push(("binary", binary));
        installation
    }

    /// The library that holds all of Node.js where distributions build it so (`configure --shared`).
    fn libnode(&self, program: &Path) -> Option<PathBuf> {
        let linkage = self.linkage(program)?;
        self.find_library(linkage.needs("libnode.so")?, program, &linkage)
    }

    fn said(&self, file: &Resolved) -> Said {
        let mut said = Said::default();
        let constants = self.constants(file, &mut |part| {
            said.hear(part);
            !said.is_whole()
        });
        // What is no ELF file, or has no segment for constants.
        if constants.is_none() || said.version.is_none() {
            let read = self.host.read_parts(file, self.host.program_size(), &mut |part| {
                said.hear(part);
                !said.is_whole()
            });
            drop(read);
        }
        said
    }
}

/// Whether a program only starts another that a version manager keeps, which is found where that is.
fn is_shim(at: &Path) -> bool {
    let parent = at.parent().and_then(Path::file_name);
    parent.is_some_and(|name| name == "shims") || at.parent().is_some_and(|parent| parent.ends_with(".volta/bin"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    #[test]
    fn a_binary_says_its_version_and_what_it_was_configured_with() {
        let said = |text: &str| {
            let mut said = Said::default();
            said.hear(text.as_bytes());
            said
        };
        let official = said("\0node.js/v22.15.1\0{\"defines\":[],\"variables\":{\"node_shared_openssl\": false}}");
        assert_eq!(official.version, Version::parse("22.15.1"));
        assert!(official.config && !official.for_openssl);
        assert!(said("\"defines\": [\"NODE_OPENSSL_CERT_STORE\"]").for_openssl);
        assert_eq!(said("node.js/vX"), Said::default());
        assert_eq!(said("\0OpenSSL 3.0.16+quic 11 Feb 2025\0").openssl, Version::parse("3.0.16"));
        assert_eq!(said("\0OpenSSL CMAC method \0").openssl, None);
    }

    #[test]
    fn version_managers_keep_their_own() {
        let node = |version: &str| format!("node.js/v{version}\0");
        let files = Memory::new()
            .file("/usr/bin/node", node("18.20.4"))
            .link("/usr/local/bin/nodejs", "/usr/bin/node")
            .file("/u/.nvm/versions/node/v20.1.0/bin/node", node("20.1.0"))
            .file("/u/.local/share/fnm/node-versions/v22.1.0/installation/bin/node", node("22.1.0"))
            .file("/volta/tools/image/node/24.1.0/bin/node", node("24.1.0"))
            .file("/usr/local/n/versions/node/16.1.0/bin/node", node("16.1.0"))
            .file("/u/.asdf/shims/node", "#!/bin/sh\n");
        let variables = [("HOME", "/u"), ("VOLTA_HOME", "/volta"), ("PATH", "/usr/bin:/usr/local/bin:/u/.asdf/shims")];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        let found = Survey::new(&host, Searched::default()).nodes();
        let versions = found.iter().map(|node| format!("{} {}", node.because, node.version("node").unwrap()));
        let versions: Vec<_> = versions.collect();
        assert_eq!(versions, ["PATH 18.20.4", "nvm 20.1.0", "fnm 22.1.0", "volta 24.1.0", "n 16.1.0"]);
    }
}
