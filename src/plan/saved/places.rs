//! Where an administrator puts what a system is to trust and not to trust: what a saved plan may change beside the store
//! that it names.

use crate::catalogue::client::{Edit, Look, Origin};
use crate::catalogue::{DEBIAN_LIST, clients};
use crate::host::Host;
use std::path::{Path, PathBuf};

/// What a place of the administrator's is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Files of certificates that the system is to trust.
    Anchors,
    /// Files of certificates that it is not to trust.
    Distrusted,
}

/// The places of one host, behind the links that lead to them: `/usr/local` is one on systems of ostree.
#[derive(Debug, Clone)]
pub struct Places {
    directories: Vec<(PathBuf, Place)>,
    list: PathBuf,
}

impl Places {
    /// Those of a host.
    #[must_use]
    pub fn of(host: &Host) -> Self {
        Self::behind(&|path| host.resolve(path).ok().map(|found| found.path))
    }

    /// Those where `resolve` leads; one that is not there stays as it is called. Those of the distribution's own are
    /// none.
    pub(crate) fn behind(resolve: &dyn Fn(&Path) -> Option<PathBuf>) -> Self {
        let behind = |path: &str| resolve(Path::new(path)).unwrap_or_else(|| PathBuf::from(path));
        let mut directories: Vec<(PathBuf, Place)> = Vec::new();
        let mut take = |directory: &str, place: Place| {
            let place = (behind(directory), place);
            if !directory.starts_with("/usr/share") && !directories.contains(&place) {
                directories.push(place);
            }
        };
        for client in clients().filter(|client| client.is_source) {
            client.rule.leaves(&mut |leaf| {
                if let Origin::Path(directory) = leaf.origin {
                    let is_list = leaf.look == Look::Blocklist;
                    take(directory, if is_list { Place::Distrusted } else { Place::Anchors });
                }
            });
            if let Edit::DropIn { directory, .. } = client.edit {
                take(directory, Place::Anchors);
            }
        }
        Self { directories, list: behind(DEBIAN_LIST) }
    }

    /// What a path is for that is in one of the directories that an administrator has for a system's certificates.
    pub(crate) fn place(&self, path: &Path) -> Option<Place> {
        let is_below = |directory: &Path| path.starts_with(directory) && path != directory;
        let mut found = self.directories.iter().filter(|(directory, _)| is_below(directory)).map(|(_, place)| *place);
        let first = found.next()?;
        Some(if found.any(|place| place == Place::Distrusted) { Place::Distrusted } else { first })
    }

    /// Whether a file is what chooses among the roots that Debian and Alpine ship: the one that holds no certificates.
    pub(crate) fn is_list(&self, path: &Path) -> bool {
        path == self.list
    }
}
