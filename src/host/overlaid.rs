//! Files of which some are as they would be: what settings would bring about that nobody has written yet.

use super::{DirectoryEntry, Files, Kind, Pieces, Resolved, Walked, pieces};
use crate::model::Unreadable;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files over others, by their paths behind all links.
pub(super) struct Overlaid {
    pub files: Arc<dyn Files>,
    pub over: BTreeMap<PathBuf, Vec<u8>>,
}

impl Overlaid {
    /// What is known of the nearest directory above a path that is not there yet.
    fn above(&self, path: &Path) -> Result<Resolved, Unreadable> {
        let mut above = path.ancestors().skip(1).filter_map(|above| self.files.resolve(above).ok());
        above.next().ok_or(Unreadable::Absent)
    }
}

impl Files for Overlaid {
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        let found = match self.over.contains_key(path) {
            true => Err(Unreadable::Absent),
            false => self.files.resolve(path),
        };
        let place = found.as_ref().map_or(path, |found| &found.path).to_path_buf();
        let Some(bytes) = self.over.get(&place) else { return found };
        let base = found.or_else(|_| self.above(path))?;
        Ok(Resolved { path: place, kind: Kind::File, size: bytes.len() as u64, identity: None, ..base })
    }

    fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        let Some(over) = self.over.get(&resolved.path) else { return self.files.read_into(resolved, limit, bytes) };
        if over.len() as u64 > limit {
            return Err(Unreadable::TooLarge(limit));
        }
        bytes.clear();
        bytes.extend_from_slice(over);
        Ok(())
    }

    fn open_pieces(
        &self,
        resolved: &Resolved,
        limit: u64,
        work: &mut dyn FnMut(&mut dyn Pieces) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        match self.over.contains_key(&resolved.path) {
            true => work(&mut pieces::Whole(&self.read(resolved, limit)?)),
            false => self.files.open_pieces(resolved, limit, work),
        }
    }

    fn owner(&self, path: &Path) -> Option<u32> {
        self.files.owner(path)
    }

    // The names in directories stay: who reads a setting asks for its file by name.
    fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable> {
        self.files.list(resolved)
    }

    fn names(&self, resolved: &Resolved) -> Result<Arc<Vec<OsString>>, Unreadable> {
        self.files.names(resolved)
    }

    fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
        self.files.walk(path, visit);
    }
}

#[cfg(test)]
mod tests {
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use std::collections::BTreeMap;
    use std::path::Path;

    #[test]
    fn a_file_is_what_it_would_be_and_the_host_is_as_it_was() {
        let files = Memory::new().file("/etc/x.conf", "old").link("/etc/y.conf", "x.conf");
        let host = Host::new(Box::new(files), System::Linux);
        assert_eq!(host.settings(Path::new("/etc/y.conf")).as_deref(), Some("old"));
        let over = BTreeMap::from([("/etc/x.conf".into(), b"new".to_vec()), ("/home/a/.rc".into(), b"mine".to_vec())]);
        let changed = host.changed(host.environment().clone(), over);
        let text = |host: &Host, path: &str| host.settings(Path::new(path)).map(|text| text.to_string());
        assert_eq!(text(&changed, "/etc/y.conf").as_deref(), Some("new"));
        assert_eq!(text(&changed, "/home/a/.rc").as_deref(), Some("mine"));
        assert_eq!(text(&host, "/etc/y.conf").as_deref(), Some("old"));
        assert_eq!(text(&host, "/home/a/.rc"), None);
    }
}
