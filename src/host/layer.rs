//! Files over other files, of which only the resolving of paths and the listing of names may be another's:
//! all else is passed on.

use super::{DirectoryEntry, Files, Kind, Pieces, Resolved, Walked};
use crate::model::Unreadable;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that look at every path that is asked for.
pub(super) trait Layer: Send + Sync {
    /// The files below.
    fn under(&self) -> &dyn Files;

    /// Follows every link of `path`.
    fn look(&self, path: &Path) -> Result<Resolved, Unreadable>;

    /// What is where `path` leads.
    fn kind_at(&self, path: &Path) -> Result<Kind, Unreadable> {
        Ok(self.look(path)?.kind)
    }

    /// The names in a directory; those below have them.
    fn named(&self, directory: &Resolved) -> Result<Arc<Vec<OsString>>, Unreadable> {
        self.under().names(directory)
    }
}

impl<L: Layer> Files for L {
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        self.look(path)
    }

    fn kind(&self, path: &Path) -> Result<Kind, Unreadable> {
        self.kind_at(path)
    }

    fn known_link(&self, path: &Path) -> Option<PathBuf> {
        self.under().known_link(path)
    }

    fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        self.under().read_into(resolved, limit, bytes)
    }

    fn open_pieces(
        &self,
        resolved: &Resolved,
        limit: u64,
        work: &mut dyn FnMut(&mut dyn Pieces) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        self.under().open_pieces(resolved, limit, work)
    }

    fn owner(&self, path: &Path) -> Option<u32> {
        self.under().owner(path)
    }

    fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable> {
        self.under().list(resolved)
    }

    fn names(&self, resolved: &Resolved) -> Result<Arc<Vec<OsString>>, Unreadable> {
        self.named(resolved)
    }

    fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
        self.under().walk(path, visit);
    }
}
