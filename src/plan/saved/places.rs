//! Where an administrator puts what a system is to trust and not to trust: what a saved plan may change beside the store
//! that it names.

use crate::catalogue::client::{Edit, Look, Origin};
use crate::catalogue::clients;
use std::path::Path;

/// What a place of the administrator's is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Files of certificates that the system is to trust.
    Anchors,
    /// Files of certificates that it is not to trust.
    Distrusted,
}

/// What a path is for that is in one of the directories that an administrator has for a system's certificates; those
/// of the distribution's own are none.
pub(crate) fn is_known_place(path: &Path) -> Option<Place> {
    let mut found = None;
    let mut take = |directory: &str, place: Place| {
        let is_below = path.starts_with(directory) && path != Path::new(directory);
        if is_below && !directory.starts_with("/usr/share") && found != Some(Place::Distrusted) {
            found = Some(place);
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
    found
}
