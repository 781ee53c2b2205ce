//! What stands at a path now, so that the plan is carried out on that and on nothing else.

use crate::host::{Host, Kind};
use crate::model::{Target, Unreadable};
use crate::plan::{FileFacts, Was};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A file with its octets.
pub(super) struct Old {
    /// Behind all links.
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub was: Was,
}

/// Reads a file, and what it is.
pub(super) fn file(host: &Host, path: &Path) -> Result<Old, Unreadable> {
    let resolved = host.resolve(path)?;
    let bytes = host.read_resolved(&resolved, host.file_size)?;
    let facts = FileFacts {
        sha256: Sha256::digest(&bytes).into(),
        size: bytes.len() as u64,
        identity: resolved.identity,
        changed: resolved.changed,
    };
    Ok(Old { path: resolved.path, bytes, was: Was::File(facts) })
}

/// What stands at a name in a directory that is behind all links; its own link is not followed.
pub(super) fn name(host: &Host, directory: &Path, name: &std::ffi::OsStr) -> Result<Was, Unreadable> {
    let path = directory.join(name);
    match host.resolve(&path) {
        Ok(found) if found.path == path => match found.kind {
            Kind::File => file(host, &path).map(|old| old.was),
            Kind::Directory => Err(Unreadable::WrongKind("directory")),
            Kind::Other(kind) => Err(Unreadable::NotRegular(kind)),
        },
        Err(Unreadable::Absent) => Ok(Was::Absent),
        // A link, whatever it leads to.
        Ok(_) | Err(Unreadable::Dangling | Unreadable::Loop) => {
            let entry = host.list(directory)?.into_iter().find(|entry| entry.name == name);
            match entry.map(|entry| entry.target) {
                Some(Target::Link(text)) => Ok(Was::Link(text.into_os_string())),
                _ => Err(Unreadable::Changed),
            }
        }
        Err(why) => Err(why),
    }
}
