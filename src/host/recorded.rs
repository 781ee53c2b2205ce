//! Files with a record of every path that was asked for, so that a person can see where castore
//! looked. Whatever is listed or read is resolved first: resolving is all that is recorded.

use super::{DirectoryEntry, Files, Kind, Resolved, Walked};
use crate::model::Unreadable;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What was at a path that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// Neither, such as a device.
    Other,
    /// Nothing.
    Absent,
    /// Something that may not be looked at.
    Closed,
}

/// The paths looked at, in the order of the first look at each.
#[derive(Debug, Clone, Default)]
pub struct Record(Arc<Mutex<Vec<(PathBuf, Seen)>>>);

impl Record {
    /// What was looked at since this was last asked.
    #[must_use]
    pub fn take(&self) -> Vec<(PathBuf, Seen)> {
        let mut looks = self.0.lock().map(|mut looks| std::mem::take(&mut *looks)).unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        looks.retain(|(path, _)| seen.insert(path.clone()));
        looks
    }
}

/// Files that keep a record.
pub(super) struct Recorded {
    pub files: Arc<dyn Files>,
    pub record: Record,
}

impl Files for Recorded {
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        let found = self.files.resolve(path);
        let seen = match &found {
            Ok(found) => match found.kind {
                Kind::File => Seen::File,
                Kind::Directory => Seen::Directory,
                Kind::Other(_) => Seen::Other,
            },
            Err(Unreadable::Denied | Unreadable::Io(_)) => Seen::Closed,
            Err(_) => Seen::Absent,
        };
        if let Ok(mut looks) = self.record.0.lock() {
            looks.push((path.to_path_buf(), seen));
        }
        found
    }

    fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        self.files.read_into(resolved, limit, bytes)
    }

    fn read_range(
        &self,
        resolved: &Resolved,
        limit: u64,
        range: Range<u64>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        self.files.read_range(resolved, limit, range, bytes)
    }

    fn read_parts(
        &self,
        resolved: &Resolved,
        limit: u64,
        from: u64,
        visit: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), Unreadable> {
        self.files.read_parts(resolved, limit, from, visit)
    }

    fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable> {
        self.files.list(resolved)
    }

    fn names(&self, resolved: &Resolved) -> Result<Vec<OsString>, Unreadable> {
        self.files.names(resolved)
    }

    fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
        self.files.walk(path, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    #[test]
    fn each_path_is_recorded_once_with_what_was_there() {
        let mut host = Host::new(Box::new(Memory::new().file("/etc/a", "")), System::Linux);
        let record = host.record();
        for path in ["/etc/a", "/etc", "/gone", "/etc/a"] {
            drop(host.resolve(Path::new(path)));
        }
        let looks = [("/etc/a", Seen::File), ("/etc", Seen::Directory), ("/gone", Seen::Absent)];
        assert_eq!(record.take(), looks.map(|(path, seen)| (PathBuf::from(path), seen)));
        assert!(record.take().is_empty());
    }
}
