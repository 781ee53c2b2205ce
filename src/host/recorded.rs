//! Files with a record of every path that was asked for, so that a person can see where castore
//! looked. Whatever is listed or read is resolved first: resolving is all that is recorded.

use super::layer::Layer;
use super::{Files, Kind, Resolved};
use crate::model::Unreadable;
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

impl Layer for Recorded {
    fn under(&self) -> &dyn Files {
        &*self.files
    }

    fn look(&self, path: &Path) -> Result<Resolved, Unreadable> {
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
