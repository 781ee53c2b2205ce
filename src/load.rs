//! Candidates over a host: every store read once, every distinct certificate hashed and parsed
//! once.
//!
//! A machine's stores repeat each certificate a dozen times, and a hash directory names each
//! file twice. So files are read by the path behind their links, in parallel, and a certificate
//! whose octets are known is not hashed again.

pub(crate) mod derivation;
mod interner;
mod section;
mod settled;
mod snapshot;

use crate::discover::Use;
use crate::format::{self, Decoding};
use crate::host::{DirectoryEntry, Host, Kind, Resolved};
use crate::model::{
    Body, Container, Entry, Format, Gap, GnutlsLoad, Integrity, Listed, OpensslLoad, Reading, Slot, Store, StoreId,
    Unreadable,
};
use derivation::{Derivation, Turn};
use interner::{Files, Interner};
use settled::read_quiet;
use snapshot::unread;
pub use snapshot::{Digests, Snapshot, unread_parts};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The stores that clients use, and those found beside them.
#[must_use]
pub fn wanted(uses: &[Use]) -> BTreeSet<StoreId> {
    uses.iter().flat_map(|found| &found.candidates).filter_map(|candidate| candidate.store.clone()).collect()
}

/// Loads every store of `wanted`.
#[must_use]
pub fn load(host: &Host, wanted: &BTreeSet<StoreId>) -> Snapshot {
    load_with_digests(host, wanted, &BTreeMap::new())
}

/// The same, and takes the SHA-256 of the files of `digested`, and of so many of their first octets, while they
/// are read: of all files it would cost as much as reading them.
#[must_use]
pub fn load_with_digests(host: &Host, wanted: &BTreeSet<StoreId>, digested: &BTreeMap<StoreId, u64>) -> Snapshot {
    load_files(host, wanted, digested, None)
}

/// The same as [`load`], and takes what a search has read: a file is not read again for whoever uses it.
#[must_use]
pub fn load_searched(host: &Host, wanted: &BTreeSet<StoreId>, searched: &mut ReadAhead) -> Snapshot {
    load_files(host, wanted, &BTreeMap::new(), Some(searched))
}

/// Files that were read before it was known who uses them. Of each certificate in them there is one copy, however
/// many of them hold it.
#[derive(Default)]
pub struct ReadAhead {
    known: Interner,
    read: Mutex<Read>,
}

impl ReadAhead {
    /// Decodes a file; see [`Self::keep`].
    pub(crate) fn decode(
        &self,
        host: &Host,
        file: &Resolved,
        bytes: &mut Vec<u8>,
        turn: Turn<'_>,
    ) -> Result<Contents, Unreadable> {
        decode(host, file, bytes, &self.known, turn)
    }

    /// Keeps what was in a file.
    pub(crate) fn keep(&self, file: &Resolved, contents: Contents) {
        if let Ok(mut read) = self.read.lock() {
            read.insert(file.path.clone(), Ok(contents));
        }
    }

    /// What is left, as stores, in the order of their paths: what a snapshot has is not among them.
    #[must_use]
    pub fn stores_beside(self, snapshot: &Snapshot) -> Vec<Arc<Store>> {
        let read = self.read.into_inner().unwrap_or_default();
        let read: BTreeMap<_, _> = read.into_iter().filter(|(path, _)| !snapshot.covers(path)).collect();
        let store = |(path, contents)| Arc::new(file_store(&StoreId::Path(path), None, Some(contents)));
        read.into_iter().map(store).collect()
    }

    /// Takes what was in these files. What gave less than all is read anew: discovery learns passwords of
    /// keystores that a search did not know.
    fn take(&mut self, files: &BTreeMap<PathBuf, Resolved>) -> Read {
        let Ok(read) = self.read.get_mut() else { return Read::new() };
        let is_whole = |contents: &Contents| {
            contents.gaps.is_empty()
                && matches!(contents.container.integrity, Integrity::Unsealed | Integrity::Verified)
        };
        let taken = files.keys().filter_map(|path| read.remove_entry(path));
        taken.filter(|(_, contents)| contents.as_ref().is_ok_and(is_whole)).collect()
    }
}

fn load_files(
    host: &Host,
    wanted: &BTreeSet<StoreId>,
    digested: &BTreeMap<StoreId, u64>,
    searched: Option<&mut ReadAhead>,
) -> Snapshot {
    let directories = wanted
        .iter()
        .filter_map(StoreId::path)
        .filter_map(|path| open_directory(host, path))
        .collect::<BTreeMap<_, _>>();
    let mut files: BTreeMap<PathBuf, Resolved> = BTreeMap::new();
    for id in wanted {
        if let StoreId::Path(path) = id
            && let Ok(found) = host.resolve(path)
            && found.kind != Kind::Directory
        {
            files.insert(path.clone(), found);
        }
    }
    for found in directories.values().flat_map(OpenDirectory::names).filter_map(|(_, resolved)| resolved.as_ref().ok())
    {
        files.entry(found.path.clone()).or_insert_with(|| found.clone());
    }
    let names = files.keys().cloned().collect();
    let own = Interner::new(if files.len() == 1 { Files::One } else { Files::Several });
    let (mut read, known) = match searched {
        Some(searched) => (searched.take(&files), &searched.known),
        None => (Read::new(), &own),
    };
    let files: Vec<Resolved> = files.into_values().filter(|file| !read.contains_key(&file.path)).collect();
    read.extend(read_all(host, &files, known, digested));
    let digest = |id: &StoreId| Some((id.clone(), read.get(id.path()?)?.as_ref().ok()?.digests?));
    let digests = digested.keys().filter_map(digest).collect();
    // A directory shares its files with whoever names them; a file alone gives up its contents.
    let (in_directories, alone): (Vec<_>, Vec<_>) =
        wanted.iter().partition(|id| id.path().is_some_and(|path| directories.contains_key(path)));
    let mut stores = BTreeMap::new();
    for id in in_directories.into_iter().chain(alone) {
        stores.insert(id.clone(), Arc::new(store(host, id, &directories, &mut read, known)));
    }
    Snapshot::of(stores, names, digests)
}

/// A name in a directory, followed to what is behind it.
type Followed = (DirectoryEntry, Result<Resolved, Unreadable>);

/// A directory with its names.
struct OpenDirectory {
    names: Result<Vec<Followed>, Unreadable>,
}

impl OpenDirectory {
    fn names(&self) -> impl Iterator<Item = &Followed> {
        self.names.iter().flatten()
    }
}

fn open_directory(host: &Host, path: &Path) -> Option<(PathBuf, OpenDirectory)> {
    let found = host.resolve(path).ok().filter(|found| found.kind == Kind::Directory)?;
    let names = host.list(&found.path).map(|names| {
        let follow = |entry: DirectoryEntry| {
            let resolved = host.resolve(&found.path.join(&entry.name)).and_then(|found| match found.kind {
                Kind::File => Ok(found),
                Kind::Directory => Err(Unreadable::WrongKind("directory")),
                Kind::Other(kind) => Err(Unreadable::NotRegular(kind)),
            });
            (entry, resolved)
        };
        names.into_iter().map(follow).collect()
    });
    Some((path.to_path_buf(), OpenDirectory { names }))
}

/// A file, read and decoded.
pub(crate) struct Contents {
    pub(crate) format: Format,
    pub(crate) entries: Vec<Entry>,
    openssl: Option<OpensslLoad>,
    gnutls: Option<GnutlsLoad>,
    go: Option<Box<[usize]>>,
    pub(crate) size: u64,
    container: Container,
    pub(crate) gaps: Vec<Gap>,
    digests: Option<Digests>,
}

type Read = HashMap<PathBuf, Result<Contents, Unreadable>>;

/// Reads and decodes every file, on as many threads as there are processors to use.
fn read_all(host: &Host, files: &[Resolved], known: &Interner, digested: &BTreeMap<StoreId, u64>) -> Read {
    let derivation = Derivation::new(&host.bounds);
    let done = Mutex::new(Read::new());
    let work = || {
        let mut bytes = Vec::new();
        loop {
            let turn = derivation.turn();
            let Some(file) = files.get(turn.place) else { break };
            let mut contents = decode(host, file, &mut bytes, known, turn);
            if let Ok(contents) = &mut contents
                && let Some(beginning) = digested.get(&StoreId::Path(file.path.clone()))
                && bytes.len() as u64 == contents.size
            {
                contents.digests = Some(Digests::of(&bytes, *beginning));
            }
            if let Ok(mut done) = done.lock() {
                done.insert(file.path.clone(), contents);
            }
        }
    };
    // A thread costs as much as reading ten small files.
    let total: u64 = files.iter().map(|file| file.size).sum();
    let threads = if total < 256 * 1024 {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from).min(files.len())
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().unwrap_or_default()
}

/// Reads a file, whose octets are then in `bytes`, and decodes it when it is its turn; gives the size of what was decoded
/// too. A program too large for that is searched part by part, and no octets are left.
pub(crate) fn read_file(
    host: &Host,
    file: &Resolved,
    bytes: &mut Vec<u8>,
    known: &dyn Fn(&[u8]) -> bool,
    turn: Turn<'_>,
) -> Result<(Decoding, u64), Unreadable> {
    match read_quiet(host, file, bytes) {
        Ok(()) => Ok(settled::decode(host, file, bytes, known, turn)),
        Err(why @ Unreadable::TooLarge(_)) => {
            bytes.clear();
            match section::program(host, file) {
                Ok(Some(decoded)) => Ok((decoded, file.size)),
                Ok(None) | Err(Unreadable::TooLarge(_)) => Err(why),
                Err(why) => Err(why),
            }
        }
        Err(why) => Err(why),
    }
}

fn decode(
    host: &Host,
    file: &Resolved,
    bytes: &mut Vec<u8>,
    known: &Interner,
    turn: Turn<'_>,
) -> Result<Contents, Unreadable> {
    let loads = |der: &[u8]| known.find(der, |alike| alike.loads) == Some(true);
    let known_to_load: &dyn Fn(&[u8]) -> bool = if known.files == Files::Several { &loads } else { &|_| false };
    let (decoded, size) = read_file(host, file, bytes, known_to_load, turn)?;
    let entries: Vec<Entry> = decoded.entries.into_iter().map(|entry| known.entry(entry)).collect();
    // A file may hold certificates that OpenSSL passes over: only where it takes as many as there
    // are, it takes these.
    let certificates = || entries.iter().filter_map(Entry::certificate);
    if known.files == Files::Several && decoded.openssl == Some(OpensslLoad::Loads(certificates().count())) {
        for certificate in certificates() {
            known.find(certificate.der(), |alike| alike.loads = true);
        }
    }
    Ok(Contents {
        format: decoded.format,
        entries,
        openssl: decoded.openssl,
        gnutls: decoded.gnutls,
        go: decoded.go,
        size,
        container: decoded.container,
        gaps: decoded.gaps,
        digests: None,
    })
}

/// Puts one store together from what was read.
fn store(
    host: &Host,
    id: &StoreId,
    directories: &BTreeMap<PathBuf, OpenDirectory>,
    read: &mut Read,
    known: &Interner,
) -> Store {
    match id {
        StoreId::Native(_) => native(host, id),
        StoreId::Section(path, _) => section_store(host, id, path, known),
        StoreId::Path(path) => match directories.get(path) {
            Some(directory) => directory_store(id, directory, read),
            None => file_store(id, host.resolve(path).err(), read.remove(path)),
        },
    }
}

fn empty(id: &StoreId, format: Format, reading: Reading) -> Store {
    Store {
        id: id.clone(),
        format,
        reading,
        size: None,
        entries: Vec::new(),
        openssl: None,
        gnutls: None,
        go: None,
        listed: Vec::new(),
        container: Container::default(),
        gaps: Vec::new(),
    }
}

/// The operating system's own store, asked through its interface.
fn native(host: &Host, id: &StoreId) -> Store {
    let mut store = empty(id, Format::Native, Reading::Whole);
    for found in crate::host::native::native_stores(host.overridden) {
        if !found.errors.is_empty() {
            let nothing = found.certificates.is_empty();
            let why = Unreadable::Io(found.errors.join("; "));
            store.reading = if nothing { Reading::Unreadable(why) } else { Reading::Partial };
        }
        for der in found.certificates {
            let slot = Slot::Index(store.entries.len());
            let certificate = Arc::new(format::x509::read(der.into_boxed_slice()));
            store.entries.push(Entry {
                trust: crate::model::Trust::Trusted,
                ..Entry::new(slot, Body::Certificate(certificate))
            });
        }
    }
    store
}

/// What is built into a program or library.
fn section_store(host: &Host, id: &StoreId, path: &Path, known: &Interner) -> Store {
    let contents = host.resolve(path).and_then(|file| {
        let decoded = section::read(host, &file)?;
        Ok(Contents {
            format: decoded.format,
            entries: decoded.entries.into_iter().map(|entry| known.entry(entry)).collect(),
            openssl: decoded.openssl,
            gnutls: decoded.gnutls,
            go: decoded.go,
            size: file.size,
            container: decoded.container,
            gaps: decoded.gaps,
            digests: None,
        })
    });
    file_store(id, None, Some(contents))
}

fn file_store(id: &StoreId, unresolved: Option<Unreadable>, contents: Option<Result<Contents, Unreadable>>) -> Store {
    let contents = match (unresolved, contents) {
        (None, Some(Ok(contents))) => contents,
        (Some(why), _) => return empty(id, Format::Unknown, Reading::Unreadable(why)),
        (None, Some(Err(why))) => return empty(id, Format::Unknown, Reading::Unreadable(why)),
        (None, None) => return empty(id, Format::Unknown, Reading::Unreadable(Unreadable::Absent)),
    };
    let malformed = contents.entries.iter().any(|entry| matches!(entry.body, Body::Malformed(_)));
    let reading = match () {
        () if !contents.format.is_read() => Reading::UnreadFormat,
        () if malformed || !contents.gaps.is_empty() => Reading::Partial,
        () => Reading::Whole,
    };
    Store {
        size: Some(contents.size),
        entries: contents.entries,
        openssl: contents.openssl,
        gnutls: contents.gnutls,
        go: contents.go,
        container: contents.container,
        gaps: contents.gaps,
        ..empty(id, contents.format, reading)
    }
}

fn directory_store(id: &StoreId, directory: &OpenDirectory, read: &Read) -> Store {
    if let Err(why) = &directory.names {
        return empty(id, Format::Directory, Reading::Unreadable(why.clone()));
    }
    let mut store = empty(id, Format::Directory, Reading::Whole);
    for (entry, resolved) in directory.names() {
        let contents = resolved.as_ref().map(|found| read.get(&found.path));
        let start = store.entries.len();
        let mut gaps = Vec::new();
        let (unreadable, format, openssl, gnutls, go) = match contents {
            Ok(Some(Ok(contents))) => {
                let slot = |inner: &Slot| Slot::File(entry.name.clone(), Box::new(inner.clone()));
                store
                    .entries
                    .extend(contents.entries.iter().map(|found| Entry { slot: slot(&found.slot), ..found.clone() }));
                gaps.clone_from(&contents.gaps);
                (None, contents.format, contents.openssl.clone(), contents.gnutls.clone(), contents.go.clone())
            }
            Ok(Some(Err(why))) | Err(why) => (Some(why.clone()), Format::Unknown, None, None, None),
            Ok(None) => (Some(Unreadable::Absent), Format::Unknown, None, None, None),
        };
        let listed = Listed {
            name: entry.name.clone(),
            target: entry.target.clone(),
            format,
            unreadable,
            gaps,
            openssl,
            gnutls,
            go,
            entries: start..store.entries.len(),
        };
        if unread(&listed).is_some() {
            store.reading = Reading::Partial;
        }
        store.listed.push(listed);
    }
    if store.entries.iter().any(|entry| matches!(entry.body, Body::Malformed(_))) {
        store.reading = Reading::Partial;
    }
    store
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;
    use sha2::{Digest, Sha256};

    #[test]
    fn digests_are_taken_of_what_was_asked_for() {
        let host = Host::new(Box::new(Memory::new().file("/a", "hello world").file("/b", "hello")), System::Linux);
        let [a, b] = ["/a", "/b"].map(|path| StoreId::Path(path.into()));
        let of = |digested: &[(&StoreId, u64)]| {
            let digested = digested.iter().map(|(id, size)| ((*id).clone(), *size)).collect();
            let snapshot = load_with_digests(&host, &BTreeSet::from([a.clone(), b.clone()]), &digested);
            [&a, &b].map(|id| snapshot.digests(id).copied())
        };
        let sum = |text: &str| -> [u8; 32] { Sha256::digest(text).into() };
        assert_eq!(of(&[]), [None, None]);
        let whole = Digests { whole: sum("hello world"), beginning: None };
        assert_eq!(of(&[(&a, u64::MAX)]), [Some(whole), None]);
        assert_eq!(of(&[(&a, 11)]), [Some(whole), None]);
        let beginning = Some(sum("hello"));
        let both = [Some(Digests { beginning, ..whole }), Some(Digests { whole: sum("hello"), beginning: None })];
        assert_eq!(of(&[(&a, 5), (&b, 5)]), both);
    }
}
