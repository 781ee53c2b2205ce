//! Certificates in any tree, found by content.
//!
//! Names lie: bundles stand in `.txt`, `.inc` and without a suffix. So every regular file is read
//! and its octets decide. What a scan calls a store is a file with at least one certificate in
//! it, or one whose magic says that it is a keystore, opened or not.

use crate::format::{self, Means};
use crate::host::{Host, Resolved, Walked, WalkedKind};
use crate::model::{Body, Format, Unreadable};
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
    /// What could not be read, with the reason, in the order of the paths.
    pub unread: Vec<(PathBuf, Unreadable)>,
}

/// Files that wait for a reader: enough to keep readers busy while a directory is listed.
const QUEUE: usize = 1024;

/// Looks at every regular file at or below `paths`, up to `host.file_size` octets each.
#[must_use]
pub fn scan(host: &Host, paths: &[PathBuf]) -> Scan {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let total = Mutex::new(Scan::default());
    let (send, receive) = sync_channel(QUEUE);
    let receive = Mutex::new(receive);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| reader(host, &receive, &total));
        }
        walk_all(host, paths, send, &total);
    });
    let mut scan = total.into_inner().unwrap_or_default();
    scan.found.sort_by(|a, b| a.path.cmp(&b.path));
    scan.found.dedup_by(|a, b| a.path == b.path);
    scan.unread.sort();
    for list in [&mut scan.pythons, &mut scan.packages] {
        list.sort();
        list.dedup();
    }
    scan
}

fn walk_all(host: &Host, paths: &[PathBuf], send: SyncSender<PathBuf>, total: &Mutex<Scan>) {
    let mut landmarks = Scan::default();
    for path in paths {
        let path = host.absolute(path);
        if host.is_file(&path) {
            drop(send.send(path));
            continue;
        }
        host.walk(&path, &mut |met| {
            match met {
                Ok(Walked { path, target: WalkedKind::File }) => {
                    landmark(&path, &mut landmarks);
                    return send.send(path).is_ok();
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

fn reader(host: &Host, queue: &Mutex<Receiver<PathBuf>>, total: &Mutex<Scan>) {
    let mut own = Scan::default();
    let mut buffer = Vec::new();
    loop {
        let next = queue.lock().ok().and_then(|queue| queue.recv().ok());
        let Some(path) = next else { break };
        own.files += 1;
        match host.resolve(&path).and_then(|found| look(host, &path, &found, &mut buffer)) {
            Ok(found) => own.found.extend(found),
            // Gone since it was listed: no gap in the answer.
            Err(Unreadable::Absent | Unreadable::Dangling) => {}
            Err(why) => own.unread.push((path, why)),
        }
    }
    if let Ok(mut total) = total.lock() {
        total.files += own.files;
        total.found.append(&mut own.found);
        total.unread.append(&mut own.unread);
    }
}

fn look(host: &Host, path: &Path, resolved: &Resolved, bytes: &mut Vec<u8>) -> Result<Option<Found>, Unreadable> {
    host.read_into(resolved, host.file_size, bytes)?;
    let means = Means { passwords: &host.passwords, bounds: host.bounds, ..Means::default() };
    Ok(examine(bytes, &means).map(|found| Found { path: path.to_path_buf(), size: bytes.len() as u64, ..found }))
}

/// What the octets of one file hold, if that makes it a store: a certificate, what a trust list says
/// of one, or a keystore, whatever is in it.
fn examine(bytes: &[u8], means: &Means<'_>) -> Option<Found> {
    let decoded = format::decode_with(bytes, means);
    let count =
        |wanted: fn(&Body<Box<[u8]>>) -> bool| decoded.entries.iter().filter(|entry| wanted(&entry.body)).count();
    let certificates = count(|body| matches!(body, Body::Certificate(_)));
    let is_store = match decoded.format {
        // Every program is ELF, every download an archive, and PEM mostly keys and requests.
        Format::Elf | Format::Pe | Format::MachO => certificates > 0,
        Format::Pem | Format::Der | Format::Kubernetes | Format::Unknown => certificates > 0,
        Format::Sqlite | Format::BerkeleyDb | Format::Plist | Format::Archive | Format::Empty => false,
        _ => true,
    };
    is_store.then(|| Found {
        path: PathBuf::new(),
        format: decoded.format,
        certificates,
        malformed: count(|body| matches!(body, Body::Malformed(_))),
        private_keys: count(|body| matches!(body, Body::PrivateKey)) + decoded.container.keys,
        gaps: decoded.gaps.iter().map(ToString::to_string).collect(),
        size: 0,
    })
}
