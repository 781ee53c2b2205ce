//! Files whose paths are resolved once: a hundred rows of the catalogue ask for the same few files and
//! directories, each time from the root down. What is read is opened anew and checked as ever.

use super::{DirectoryEntry, Files, Resolved, Walked};
use crate::limits::RESOLUTIONS_REMEMBERED;
use crate::model::Unreadable;
use std::collections::HashMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Files that remember where paths lead.
pub(super) struct Remembered {
    pub files: Arc<dyn Files>,
    pub known: Mutex<HashMap<PathBuf, Result<Resolved, Unreadable>>>,
}

impl Files for Remembered {
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        if let Some(known) = self.known.lock().ok().and_then(|known| known.get(path).cloned()) {
            return known;
        }
        let found = self.files.resolve(path);
        if let Ok(mut known) = self.known.lock()
            && known.len() < RESOLUTIONS_REMEMBERED
        {
            known.insert(path.to_path_buf(), found.clone());
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
