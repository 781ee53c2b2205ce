//! What is compiled into a binary, read from its octets, and which libraries its loader finds.
//!
//! Which libcrypto an interpreter loads decides which directory it trusts, and the loader's
//! rules decide which libcrypto that is: the file's own RPATH, `LD_LIBRARY_PATH`, its RUNPATH,
//! then the loader's cache or its configured directories (ld.so(8)).

use super::Survey;
use super::linkage::Linkage;
use crate::format::elf::{HEADERS, constants, is_elf};
use crate::host::{Host, OVERLAP, Pieces, Resolved};
use crate::model::Version;
use memchr::memmem;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Octets of a library that may hold the paths of certificates: libcurl is 0.7 MB, libgnutls 2 MB.
const SMALL_LIBRARY: u64 = 4 * 1024 * 1024;

/// What was recognised inside a library or binary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    /// OpenSSL's compiled-in directory.
    pub openssldir: Option<PathBuf>,
    /// The directory of its providers (`openssl version -m`).
    pub modules: Option<PathBuf>,
    /// OpenSSL's version.
    pub openssl: Option<Version>,
    /// The security level that it was built with, where that is not the library's own.
    pub level: Option<u8>,
    /// LibreSSL's version, where it is that and not OpenSSL.
    pub libressl: Option<Version>,
    /// The list of paths compiled into p11-kit's trust module.
    pub trust_paths: Vec<PathBuf>,
    /// Absolute paths in it that name places of certificates, each once, in file order.
    pub paths: Vec<PathBuf>,
    /// The version that follows `libcurl/` or another product name.
    pub curl: Option<Version>,
    /// GnuTLS' version, where the file is named as its library.
    pub gnutls: Option<Version>,
}

/// How the dynamic loader of a host finds a library by name.
#[derive(Debug, Default)]
pub struct Loader {
    cache: BTreeMap<String, PathBuf>,
    directories: Vec<PathBuf>,
}

impl Loader {
    fn of(host: &Host) -> Self {
        let cache = host.read(Path::new("/etc/ld.so.cache")).map(|bytes| read_cache(&bytes)).unwrap_or_default();
        Self { cache, directories: configured(host) }
    }
}

/// The directories of `/etc/ld.so.conf` with what it includes, then the loader's own.
fn configured(host: &Host) -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from("/etc/ld.so.conf")];
    files.extend(
        host.children(Path::new("/etc/ld.so.conf.d")).into_iter().filter(|p| p.extension() == Some(OsStr::new("conf"))),
    );
    let texts = files.iter().filter_map(|file| host.settings(file));
    let mut directories: Vec<PathBuf> = texts
        .flat_map(|text| {
            text.lines().map(|line| line.split('#').next().unwrap_or("").trim().to_owned()).collect::<Vec<_>>()
        })
        .filter(|line| line.starts_with('/'))
        .map(PathBuf::from)
        .collect();
    let own =
        ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
    directories
        .extend(own.iter().chain(&["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"]).map(PathBuf::from));
    directories
}

/// The names and paths in glibc's `/etc/ld.so.cache` (sysdeps/generic/dl-cache.h,
/// `struct cache_file_new`): 48 octets of header, then 24 an entry, offsets from the header.
fn read_cache(bytes: &[u8]) -> BTreeMap<String, PathBuf> {
    let Some(start) = memmem::find(bytes, b"glibc-ld.so.cache1.1") else { return BTreeMap::new() };
    let file = &bytes[start..];
    let word = |at: usize| file.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let text = |at: usize| {
        let rest = file.get(at..)?;
        std::str::from_utf8(&rest[..memchr::memchr(0, rest)?]).ok()
    };
    let mut found = BTreeMap::new();
    for index in 0..word(20).unwrap_or(0).min(file.len() / 24) {
        let at = 48 + 24 * index;
        let (Some(key), Some(value)) = (word(at + 4), word(at + 8)) else { break };
        if let (Some(name), Some(path)) = (text(key), text(value)) {
            found.entry(name.to_owned()).or_insert_with(|| PathBuf::from(path));
        }
    }
    found
}

impl Survey<'_> {
    /// What the ELF file at `path` is linked to; `None` when it is none or cannot be read.
    #[must_use]
    pub fn linkage(&self, path: &Path) -> Option<Arc<Linkage>> {
        let resolved = self.host.resolve(path).ok()?;
        let known = self.linkages.lock().ok()?.get(&resolved.path).cloned();
        known.unwrap_or_else(|| {
            let read = |file: &mut dyn Pieces| Ok(Linkage::read(&mut |range| file.piece(range).ok()));
            let linkage = self.host.pieces(&resolved, self.host.program_size(), read).ok().flatten().map(Arc::new);
            if let Ok(mut linkages) = self.linkages.lock() {
                linkages.insert(resolved.path, linkage.clone());
            }
            linkage
        })
    }

    /// What is compiled into the file at `path`.
    #[must_use]
    pub fn library(&self, path: &Path) -> Option<Arc<Library>> {
        let resolved = self.host.resolve(path).ok()?;
        if let Some(known) = self.libraries.lock().ok()?.get(&resolved.path) {
            return Some(Arc::clone(known));
        }
        let library = Arc::new(self.recognise(&resolved)?);
        self.libraries.lock().ok()?.insert(resolved.path, Arc::clone(&library));
        Some(library)
    }

    /// Reads a file part by part: a statically linked interpreter is tens of megabytes, of which a
    /// few words count, and those stand among its constants. The many literals of a path are looked for in
    /// small libraries alone.
    fn recognise(&self, resolved: &Resolved) -> Option<Library> {
        let mut library = Library::default();
        let with_paths = resolved.size <= SMALL_LIBRARY;
        let is_gnutls = resolved.path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"libgnutls"));
        self.constants_or_all(resolved, &mut |part| {
            library.openssl_in(part);
            if is_gnutls {
                library.gnutls_in(part);
            }
            if with_paths {
                library.paths_in(part);
                library.trust_paths_in(part);
            }
            with_paths || library.openssldir.is_none() || library.openssl.is_none()
        })?;
        // The version stands beside the directory; where it does not, it is worth a second look.
        if library.openssldir.is_some() && library.openssl.is_none() {
            self.constants_or_all(resolved, &mut |part| {
                library.version_in(part);
                library.openssl.is_none()
            })?;
        }
        Some(library)
    }

    /// Passes the constants of a binary to `visit` until it returns false; the code too where nothing
    /// tells the one from the other. `None` where it cannot be read.
    pub(super) fn constants_or_all(&self, resolved: &Resolved, visit: &mut dyn FnMut(&[u8]) -> bool) -> Option<()> {
        self.constants(resolved, visit).or_else(|| self.host.read_parts(resolved, self.host.program_size(), visit).ok())
    }

    /// Passes the constants of a binary, which its headers tell from the code, to `visit` until it
    /// returns false; `None` where they cannot be told, as of linkers that put both together.
    pub(super) fn constants(&self, resolved: &Resolved, visit: &mut dyn FnMut(&[u8]) -> bool) -> Option<()> {
        let read = self.host.pieces(resolved, self.host.program_size(), |file| {
            let head = file.piece(0..HEADERS)?;
            let Some(places) = constants(&head, &mut |range| file.piece(range).ok()) else { return Ok(None) };
            let mut more = true;
            for place in places {
                file.parts(place, &mut |part| {
                    more = visit(part);
                    more
                })?;
                if !more {
                    break;
                }
            }
            Ok(Some(()))
        });
        read.ok().flatten()
    }

    /// What `look` finds first: among the constants of a program, else in all of it.
    pub(super) fn first_in<T>(&self, file: &Resolved, look: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let found = std::cell::Cell::new(None);
        let mut visit = |part: &[u8]| {
            let seen = look(part);
            let more = seen.is_none();
            found.set(seen);
            more
        };
        let constants = self.constants(file, &mut visit);
        match (constants, found.take()) {
            (Some(()), Some(seen)) => Some(seen),
            _ => self.host.read_parts(file, self.host.program_size(), &mut visit).ok().and(found.take()),
        }
    }

    /// Whether a file begins as one in ELF does.
    pub(super) fn is_elf(&self, file: &Resolved) -> bool {
        self.host.read_range(file, self.host.program_size(), 0..HEADERS).is_ok_and(|head| is_elf(&head))
    }

    /// The file the loader takes for `name` when `from` needs it.
    #[must_use]
    pub fn find_library(&self, name: &str, from: &Path, linkage: &Linkage) -> Option<PathBuf> {
        let origin = self.host.resolve(from).ok()?.path.parent()?.to_path_buf();
        let expand = |text: &str| {
            PathBuf::from(
                text.replace("$ORIGIN", &origin.to_string_lossy()).replace("${ORIGIN}", &origin.to_string_lossy()),
            )
        };
        if name.contains('/') {
            return Some(expand(name)).filter(|path| self.host.is_file(path));
        }
        let older = if linkage.runpath.is_empty() { &linkage.rpath[..] } else { &[] };
        let preset = self.host.variable("LD_LIBRARY_PATH").map(crate::host::search_list).unwrap_or_default();
        let own = older.iter().map(|part| expand(part)).chain(preset);
        let own = own.chain(linkage.runpath.iter().map(|part| expand(part)));
        let first = own.map(|directory| directory.join(name)).find(|path| self.host.is_file(path));
        let loader = self.loader.get_or_init(|| Loader::of(self.host));
        first
            .or_else(|| loader.cache.get(name).filter(|path| self.host.is_file(path)).cloned())
            .or_else(|| loader.directories.iter().map(|d| d.join(name)).find(|path| self.host.is_file(path)))
    }

    /// Every library in the loader's directories whose name begins so, each file once.
    #[must_use]
    pub fn libraries(&self, prefix: &str) -> Vec<PathBuf> {
        let loader = self.loader.get_or_init(|| Loader::of(self.host));
        let cached = loader.cache.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
        let cached = cached.map(|(_, path)| path.clone());
        // /lib is a link to /usr/lib on most systems: each directory is listed once.
        let mut directories: Vec<PathBuf> =
            loader.directories.iter().filter_map(|path| self.host.resolve(path).ok()).map(|found| found.path).collect();
        directories.sort();
        directories.dedup();
        let named = directories.iter().flat_map(|directory| self.libraries_in(directory, prefix));
        let mut found: Vec<PathBuf> =
            cached.chain(named).filter_map(|path| self.host.resolve(&path).ok()).map(|r| r.path).collect();
        found.sort();
        found.dedup();
        found
    }

    /// The files of a directory whose names begin so.
    pub(super) fn libraries_in(&self, directory: &Path, prefix: &str) -> Vec<PathBuf> {
        let names = self.names(directory);
        // They are in order.
        let first = names.partition_point(|name| name.as_os_str() < OsStr::new(prefix));
        let fits = names[first..].iter().take_while(|name| name.as_encoded_bytes().starts_with(prefix.as_bytes()));
        fits.map(|name| directory.join(name)).collect()
    }
}

/// The places of certificates that libraries have compiled in, looked for as whole strings.
const PATHS: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/ssl/certs/",
    "/etc/pki/tls/certs",
    "/etc/pki/nssdb",
];

/// Octets of the longest of [`PATHS`], and some.
const LONGEST: usize = 64;

/// The text after `marker` until one of the octets in `end`.
fn after<'b>(bytes: &'b [u8], marker: &[u8], end: &[u8]) -> Option<&'b str> {
    let start = memmem::find(bytes, marker)? + marker.len();
    let rest = &bytes[start..bytes.len().min(start + OVERLAP)];
    let length = rest.iter().position(|byte| end.contains(byte))?;
    std::str::from_utf8(&rest[..length]).ok()
}

impl Library {
    /// `OPENSSLDIR: "/usr/lib/ssl"` is what `openssl version -d` prints; BoringSSL and AWS-LC say
    /// `n/a` and look in /etc/ssl (aws-lc crypto/x509/x509_def.c). Conda pads a replaced prefix
    /// with NUL, so that ends the path too.
    fn openssl_in(&mut self, part: &[u8]) {
        if self.openssldir.is_none() || self.modules.is_none() {
            // Both are looked for by the end of their names, at once.
            for at in memmem::find_iter(part, b"DIR: \"") {
                let (name, text) = (&part[..at], after(&part[at..], b"DIR: \"", b"\"\0"));
                if self.openssldir.is_none() && name.ends_with(b"OPENSSL") {
                    self.openssldir = text.map(|text| PathBuf::from(if text == "n/a" { "/etc/ssl" } else { text }));
                } else if self.modules.is_none() && name.ends_with(b"MODULES") {
                    self.modules = text.map(PathBuf::from);
                }
            }
        }
        if self.openssldir.is_some() {
            self.version_in(part);
            self.level_in(part);
        }
        if self.libressl.is_none() {
            self.libressl = after(part, b"\0LibreSSL ", b"\0 ").and_then(Version::parse);
        }
    }

    /// `OpenSSL 3.0.22 27 Sep 2026`.
    fn version_in(&mut self, part: &[u8]) {
        if self.openssl.is_none() {
            self.openssl = memmem::find_iter(part, b"\0OpenSSL ").find_map(|at| {
                let rest = &part[at + 9..part.len().min(at + 64)];
                Version::parse(std::str::from_utf8(&rest[..memchr::memchr(b' ', rest)?]).ok()?)
            });
        }
    }

    /// What a distribution that wants another level compiles with, as `openssl version -f` prints it: the text
    /// stands beside that of OPENSSLDIR (crypto/cversion.c).
    fn level_in(&mut self, part: &[u8]) {
        const MARK: &[u8] = b"-DOPENSSL_TLS_SECURITY_LEVEL=";
        if self.level.is_none() {
            self.level = memmem::find(part, MARK)
                .and_then(|at| part.get(at + MARK.len()))
                .and_then(|digit| digit.checked_sub(b'0'))
                .filter(|level| *level <= 5);
        }
    }

    /// What `gnutls_check_version` says: a text of its own, of three numbers.
    fn gnutls_in(&mut self, part: &[u8]) {
        if self.gnutls.is_none() {
            self.gnutls = memmem::find_iter(part, b"\x003.").find_map(|at| {
                let rest = &part[at + 1..part.len().min(at + 16)];
                let text = std::str::from_utf8(&rest[..memchr::memchr(0, rest)?]).ok()?;
                Version::parse(text).filter(|_| {
                    text.bytes().filter(|octet| *octet == b'.').count() == 2
                        && text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.')
                })
            });
        }
    }

    /// The list that p11-kit's trust module reads by itself (`TRUST_PATHS`, trust/module.c): a text that
    /// is nothing but absolute paths with colons between, one of them a place of such a module.
    fn trust_paths_in(&mut self, part: &[u8]) {
        if !self.trust_paths.is_empty() || memmem::find(part, b"p11-kit").is_none() {
            return;
        }
        let mut texts = memmem::find_iter(part, b"\0/").filter_map(|nul| {
            let text = &part[nul + 1..];
            std::str::from_utf8(&text[..memchr::memchr(0, &text[..text.len().min(OVERLAP)])?]).ok()
        });
        let is_list = |text: &&str| {
            text.split(':').all(|path| path.starts_with('/'))
                && ["ca-trust", "trust-source", "/pki/trust", "ca-certificates", "cert.pem", "ca-bundle"]
                    .iter()
                    .any(|known| text.contains(known))
        };
        let list = texts.find(is_list);
        self.trust_paths.extend(list.into_iter().flat_map(|text| text.split(':')).map(PathBuf::from));
    }

    /// The places of certificates, and libcurl's version.
    fn paths_in(&mut self, part: &[u8]) {
        for at in memmem::find_iter(part, b"/etc/") {
            // The whole string around it, from NUL to NUL.
            let start = memchr::memrchr(0, &part[at.saturating_sub(LONGEST)..at])
                .map(|nul| at.saturating_sub(LONGEST) + nul + 1);
            let end = memchr::memchr(0, &part[at..part.len().min(at + LONGEST)]).map(|nul| at + nul);
            let text = start.zip(end).map(|(start, end)| &part[start..end]);
            if let Some(path) = PATHS.iter().find(|path| Some(path.as_bytes()) == text) {
                let path = PathBuf::from(path.trim_end_matches('/'));
                if !self.paths.contains(&path) {
                    self.paths.push(path);
                }
            }
        }
        if self.curl.is_none() {
            self.curl = after(part, b"\0libcurl/", b"\0 ").and_then(Version::parse);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    #[test]
    fn recognises_openssl_by_its_strings() {
        let bytes = b"\0OpenSSL 3.0.22 27 Sep 2026\0junk OPENSSLDIR: \"/usr/lib/ssl\"\0\0/etc/ssl/cert.pem\0";
        let recognise = |bytes: &[u8]| {
            let mut library = Library::default();
            library.openssl_in(bytes);
            library.paths_in(bytes);
            library
        };
        let library = recognise(bytes);
        assert_eq!(library.openssldir, Some(PathBuf::from("/usr/lib/ssl")));
        assert_eq!(library.openssl.unwrap().to_string(), "3.0.22");
        assert_eq!(library.paths, [PathBuf::from("/etc/ssl/cert.pem")]);
        assert_eq!(library.level, None);
        let built = b"compiler: gcc -O2 -DOPENSSL_TLS_SECURITY_LEVEL=2 -g\0OPENSSLDIR: \"/usr/lib/ssl\"\0";
        assert_eq!(recognise(built).level, Some(2));
        assert_eq!(recognise(b"OPENSSLDIR: \"n/a\"").openssldir, Some(PathBuf::from("/etc/ssl")));
        assert_eq!(
            recognise(b"OPENSSLDIR: \"/opt/conda/ssl\0\0\0\"").openssldir,
            Some(PathBuf::from("/opt/conda/ssl"))
        );
        assert_eq!(recognise(b"\0libcurl/7.88.1\0").curl.unwrap().to_string(), "7.88.1");
        assert_eq!(recognise(b"\0LibreSSL 3.8.2\0OPENSSLDIR: \"/etc/ssl\"\0").libressl.unwrap().to_string(), "3.8.2");
    }

    #[test]
    fn gnutls_says_its_version_where_the_file_is_its_library() {
        let octets = "\x003.14\x003.x.1\x003.7.9\x003.8.0\0";
        let host = Host::new(
            Box::new(Memory::new().file("/lib/libgnutls.so.30.34.3", octets).file("/lib/libother.so", octets)),
            System::Linux,
        );
        let survey = Survey::new(&host, super::super::Searched::default());
        let version = |path: &str| survey.library(Path::new(path)).unwrap().gnutls.clone();
        assert_eq!(version("/lib/libgnutls.so.30.34.3"), Version::parse("3.7.9"));
        assert_eq!(version("/lib/libother.so"), None);
    }

    /// A large program whose constants begin after its code: version, much else, directory.
    #[test]
    fn of_a_large_program_the_constants_are_asked_before_the_code() {
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
        [0u64, 64, 0].iter().for_each(|word| file.extend(word.to_le_bytes()));
        file.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        file.extend([1, 0, 0, 0, 4, 0, 0, 0]); // PT_LOAD, PF_R
        let (from, length) = (SMALL_LIBRARY, SMALL_LIBRARY / 2);
        [from, 0, 0, length, length, 8].iter().for_each(|word| file.extend(word.to_le_bytes()));
        file.extend(b"\0OpenSSL 1.0.2 in the code\0");
        file.resize(from as usize, 0);
        file.extend(b"\0OpenSSL 3.0.16 11 Feb 2025\0");
        file.resize((from + length / 2) as usize, 0);
        file.extend(b"OPENSSLDIR: \"/usr/lib/ssl\"\0");
        file.resize((from + length) as usize, 0);
        let host = Host::new(Box::new(Memory::new().file("/program", file)), System::Linux);
        let survey = Survey::new(&host, super::super::Searched::default());
        let found = survey.library(Path::new("/program")).unwrap();
        assert_eq!(found.openssl, Version::parse("3.0.16"));
        assert_eq!(found.openssldir.as_deref(), Some(Path::new("/usr/lib/ssl")));
    }

    #[test]
    fn recognises_the_paths_of_a_trust_module() {
        let paths = |bytes: &[u8]| {
            let mut library = Library::default();
            library.trust_paths_in(bytes);
            library.trust_paths
        };
        let fedora = b"p11-kit\0/etc/pki/ca-trust/source:/usr/share/pki/ca-trust-source\0/usr/share\0";
        assert_eq!(paths(fedora), ["/etc/pki/ca-trust/source", "/usr/share/pki/ca-trust-source"].map(PathBuf::from));
        assert!(paths(b"p11-kit\0/usr/share\0not/etc/pki/ca-trust\0").is_empty());
        assert!(paths(b"/etc/ssl/certs/ca-certificates.crt\0").is_empty(), "no such module");
    }

    #[test]
    fn finds_libraries_where_the_loader_does() {
        let files = Memory::new()
            .file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "system")
            .file("/opt/app/lib/libcrypto.so.3", "own")
            .file("/opt/app/bin/app", "binary");
        let host = Host::new(Box::new(files), System::Linux);
        let survey = Survey::new(&host, super::super::Searched::default());
        let app = Path::new("/opt/app/bin/app");
        let own = Linkage { runpath: vec!["$ORIGIN/../lib".into()], ..Linkage::default() };
        let found = survey.find_library("libcrypto.so.3", app, &own).unwrap();
        assert_eq!(host.resolve(&found).unwrap().path, Path::new("/opt/app/lib/libcrypto.so.3"));
        // ld.so(8): RPATH, LD_LIBRARY_PATH, RUNPATH; RPATH counts for nothing beside RUNPATH.
        let preset = [("LD_LIBRARY_PATH".into(), "/usr/lib/x86_64-linux-gnu".into())].into();
        let files = Memory::new()
            .file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "system")
            .file("/opt/app/lib/libcrypto.so.3", "own")
            .file("/opt/app/bin/app", "binary");
        let with_preset = Host::new(Box::new(files), System::Linux).with_environment(preset);
        let preset = Survey::new(&with_preset, super::super::Searched::default());
        let older = Linkage { rpath: own.runpath.clone(), ..Linkage::default() };
        let both = Linkage { rpath: own.runpath.clone(), ..own.clone() };
        let takes = |linkage| preset.find_library("libcrypto.so.3", app, linkage).unwrap();
        assert_eq!(takes(&own), Path::new("/usr/lib/x86_64-linux-gnu/libcrypto.so.3"));
        assert_eq!(takes(&both), takes(&own));
        assert_eq!(with_preset.resolve(&takes(&older)).unwrap().path, Path::new("/opt/app/lib/libcrypto.so.3"));
        let found = survey.find_library("libcrypto.so.3", app, &Linkage::default()).unwrap();
        assert_eq!(found, Path::new("/usr/lib/x86_64-linux-gnu/libcrypto.so.3"));
        assert_eq!(survey.find_library("libnone.so", app, &Linkage::default()), None);
    }

    #[test]
    fn a_cut_cache_gives_what_it_holds() {
        assert!(read_cache(b"glibc-ld.so.cache1.1\xff\xff\xff\xff").is_empty());
    }
}
