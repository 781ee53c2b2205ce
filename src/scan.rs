//! Certificates in any tree, found by content.
//!
//! Names lie: bundles stand in `.txt`, `.inc` and without a suffix. So every regular file is read
//! and its octets decide. What a scan calls a store is a file with at least one certificate in
//! it, or one whose magic says that it is a keystore, opened or not.

use crate::host::{Host, Kind, Resolved, Walked, WalkedKind};
use crate::load::derivation::{Derivation, Turn};
use crate::load::{ReadAhead, read_file};
use crate::model::{Body, Entry, Format, Gap, Unreadable};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A store that a scan came upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path, links not followed.
    pub path: PathBuf,
    /// What it is written in.
    pub format: Format,
    /// Certificates read from it.
    pub certificates: usize,
    /// Blocks that should be certificates and cannot be read.
    pub malformed: usize,
    /// Private keys seen beside them.
    pub private_keys: usize,
    /// Why not all of it was read.
    pub gaps: Vec<String>,
    /// Octets.
    pub size: u64,
}

/// What a scan came upon, and what it could not look at.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Stores, in the order of their paths.
    pub found: Vec<Found>,
    /// Directories that look like a prefix of Python or hold `certifi`.
    pub pythons: Vec<PathBuf>,
    /// Directories that hold Python packages with certificates.
    pub packages: Vec<PathBuf>,
    /// Files looked at.
    pub files: u64,
    /// Archives and compressed files among them, which are not opened.
    pub archives: u64,
    /// Files with blocks that should be certificates, none of which can be read: no stores, though perhaps such once.
    pub broken: Vec<PathBuf>,
    /// What could not be read, with the reason, in the order of the paths.
    pub unread: Vec<(PathBuf, Unreadable)>,
}

/// Files that wait for a reader: enough to keep readers busy while a directory is listed.
const QUEUE: usize = 1024;

/// Looks at every regular file at or below `paths`, up to `host.file_size` octets each; a program may have more.
#[must_use]
pub fn scan(host: &Host, paths: &[PathBuf]) -> Scan {
    search(host, paths, None)
}

/// The same, and keeps what was in the stores that were found.
#[must_use]
pub fn scan_and_keep(host: &Host, paths: &[PathBuf]) -> (Scan, ReadAhead) {
    let kept = ReadAhead::default();
    (search(host, paths, Some(&kept)), kept)
}

fn search(host: &Host, paths: &[PathBuf], kept: Option<&ReadAhead>) -> Scan {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let total = Mutex::new(Scan::default());
    let (send, receive) = sync_channel(QUEUE);
    let derivation = Derivation::new(&host.bounds);
    let receive = Mutex::new(receive);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| reader(host, &receive, &derivation, &total, kept));
        }
        walk_all(host, paths, send, &total);
    });
    let mut scan = total.into_inner().unwrap_or_default();
    scan.found.sort_by(|a, b| a.path.cmp(&b.path));
    scan.found.dedup_by(|a, b| a.path == b.path);
    scan.broken.sort();
    scan.broken.dedup();
    scan.unread.sort();
    scan.unread.dedup();
    for list in [&mut scan.pythons, &mut scan.packages] {
        list.sort();
        list.dedup();
    }
    scan
}

fn walk_all(host: &Host, paths: &[PathBuf], send: SyncSender<PathBuf>, total: &Mutex<Scan>) {
    let mut landmarks = Scan::default();
    // Of several paths one may lie in another.
    let (mut sent, is_one) = (HashSet::new(), paths.len() == 1);
    let mut send = |path: PathBuf| (!is_one && !sent.insert(path.clone())) || send.send(path).is_ok();
    for path in paths {
        let path = host.absolute(path);
        if host.is_file(&path) {
            send(path);
            continue;
        }
        // What a walk passes over is told where somebody named it.
        if let Ok(found) = host.resolve(&path)
            && let Kind::Other(kind) = found.kind
        {
            landmarks.unread.push((path, Unreadable::NotRegular(kind)));
            continue;
        }
        host.walk(&path, &mut |met| {
            match met {
                Ok(Walked { path, target: WalkedKind::File }) => {
                    landmark(&path, &mut landmarks);
                    return send(path);
                }
                Ok(_) => {}
                Err(error) => landmarks.unread.push(error),
            }
            true
        });
    }
    if let Ok(mut total) = total.lock() {
        total.unread.append(&mut landmarks.unread);
        total.pythons.append(&mut landmarks.pythons);
        total.packages.append(&mut landmarks.packages);
    }
}

/// Remembers files that stand at a known place of a Python installation.
fn landmark(path: &Path, scan: &mut Scan) {
    if path.ends_with("pyvenv.cfg") {
        scan.pythons.extend(path.parent().map(Path::to_path_buf));
    } else if path.ends_with("certifi/core.py") {
        let site = path.ancestors().nth(2).unwrap_or(path);
        // pip's own copy is found with pip, whose package directory is two further up.
        let site = if site.ends_with("pip/_vendor") { site.ancestors().nth(2).unwrap_or(site) } else { site };
        scan.packages.push(site.to_path_buf());
    } else if path.ends_with("os.py")
        && path.parent().is_some_and(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("python")))
    {
        scan.pythons.extend(path.ancestors().nth(3).map(Path::to_path_buf));
    }
}

fn reader(
    host: &Host,
    queue: &Mutex<Receiver<PathBuf>>,
    derivation: &Derivation,
    total: &Mutex<Scan>,
    kept: Option<&ReadAhead>,
) {
    let mut own = Scan::default();
    let mut buffer = Vec::new();
    loop {
        // In the order of the queue.
        let next = queue.lock().ok().and_then(|queue| queue.recv().ok().map(|path| (path, derivation.turn())));
        let Some((path, turn)) = next else { break };
        own.files += 1;
        match host.resolve(&path).and_then(|found| look(host, &path, &found, &mut buffer, turn, kept)) {
            Ok(Looked::Store(found)) => own.found.push(found),
            Ok(Looked::Archive) => own.archives += 1,
            Ok(Looked::Broken) => own.broken.push(path),
            Ok(Looked::Nothing) => {}
            // Gone since it was listed: no gap in the answer.
            Err(Unreadable::Absent | Unreadable::Dangling) => {}
            Err(why) => own.unread.push((path, why)),
        }
    }
    if let Ok(mut total) = total.lock() {
        total.files += own.files;
        total.archives += own.archives;
        total.broken.append(&mut own.broken);
        total.found.append(&mut own.found);
        total.unread.append(&mut own.unread);
    }
}

/// What a file is to a scan.
enum Looked {
    Store(Found),
    Archive,
    Broken,
    Nothing,
}

fn look(
    host: &Host,
    path: &Path,
    resolved: &Resolved,
    bytes: &mut Vec<u8>,
    turn: Turn<'_>,
    kept: Option<&ReadAhead>,
) -> Result<Looked, Unreadable> {
    let is_broken;
    let (format, found) = match kept {
        None => {
            let (decoded, size) = read_file(host, resolved, bytes, &|_| false, turn)?;
            let found = examine(decoded.format, &decoded.entries, &decoded.gaps);
            is_broken = found.is_none() && holds_broken(decoded.format, &decoded.entries);
            (decoded.format, found.map(|found| Found { size, ..found }))
        }
        Some(kept) => {
            let contents = kept.decode(host, resolved, bytes, turn)?;
            let found = examine(contents.format, &contents.entries, &contents.gaps);
            is_broken = found.is_none() && holds_broken(contents.format, &contents.entries);
            let found = found.map(|found| Found { size: contents.size, ..found });
            let format = contents.format;
            if found.is_some() {
                kept.keep(resolved, contents);
            }
            (format, found)
        }
    };
    Ok(match found {
        Some(found) => Looked::Store(Found { path: path.to_path_buf(), ..found }),
        None if format == Format::Archive => Looked::Archive,
        None if is_broken => Looked::Broken,
        None => Looked::Nothing,
    })
}

/// Whether text has blocks of certificates that cannot be read, and no other: an END that is missing, a download that was
/// cut. Of programs this says nothing, since they hold such words to write them.
fn holds_broken<C>(format: Format, entries: &[Entry<C>]) -> bool {
    format == Format::Pem && entries.iter().any(|entry| matches!(entry.body, Body::Malformed(_)))
}

/// What was decoded of one file, if that makes it a store: a certificate, what a trust list says
/// of one, or a keystore, whatever is in it.
fn examine<C>(format: Format, entries: &[Entry<C>], gaps: &[Gap]) -> Option<Found> {
    let count = |wanted: fn(&Body<C>) -> bool| entries.iter().filter(|entry| wanted(&entry.body)).count();
    let certificates = count(|body| matches!(body, Body::Certificate(_)));
    let is_store = match format {
        // Every program is ELF, every download an archive, and PEM mostly keys and requests.
        Format::Elf | Format::Pe | Format::MachO => certificates > 0,
        Format::Pem | Format::Der | Format::Kubernetes | Format::Unknown => certificates > 0,
        Format::Sqlite | Format::BerkeleyDb | Format::Plist | Format::Archive | Format::Empty => false,
        _ => true,
    };
    is_store.then(|| Found {
        path: PathBuf::new(),
        format,
        certificates,
        malformed: count(|body| matches!(body, Body::Malformed(_))),
        private_keys: count(|body| matches!(body, Body::PrivateKey)),
        gaps: gaps.iter().map(ToString::to_string).collect(),
        size: 0,
    })
}

#[cfg(all(test, feature = "sqlite"))]
#[allow(clippy::disallowed_methods, reason = "a test makes what it reads")]
mod tests {
    use super::*;
    use crate::format::tests::certificate;
    use crate::host::{System, memory::Memory};

    /// A program that was killed leaves its last changes in the log, which SQLite adds when it next
    /// opens the database: here the table itself and all that is in it.
    #[test]
    fn a_database_is_read_with_the_log_beside_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("ServerCertificate");
        let database = rusqlite::Connection::open(&path).unwrap();
        database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; VACUUM;").unwrap();
        let table = "CREATE TABLE certificates (sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB, trust_settings BLOB)";
        database.execute_batch(table).unwrap();
        let der = certificate();
        database.execute("INSERT INTO certificates VALUES ('', ?1, x'')", [&der]).unwrap();
        let read = |name: &str| std::fs::read(place.path().join(name)).unwrap();
        let (own, log) = (read("ServerCertificate"), read("ServerCertificate-wal"));
        let found = |files: Memory| scan(&Host::new(Box::new(files), System::Linux), &["/p".into()]).found;
        let alone = Memory::new().file("/p/ServerCertificate", own);
        assert_eq!(found(alone.clone()), []);
        let found = found(alone.file("/p/ServerCertificate-wal", log));
        let said: Vec<_> = found.iter().map(|one| (one.format, one.certificates, &one.gaps[..])).collect();
        assert_eq!(said, [(Format::Chromium, 1, &[][..])]);
    }
}
