//! What a system's stores are made from, beside what was made of it: whether all of it is known, and what it takes out.
//!
//! Checks say what of a made store has no source, and a plan what the next refresh drops: both may only where everything
//! that the command reads was read here too.

use super::{Anchors, LeftOut, Reason};
use crate::catalogue::DEBIAN_LIST;
use crate::catalogue::client::Look;
use crate::discover::{Candidate, Use};
use crate::load::Snapshot;
use crate::model::{Entry, Reading, Slot, StoreId, Unreadable};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Below it stands what a distribution ships, and nothing that an administrator adds.
const SHIPPED: &str = "/usr/share";

/// Whether a place is one of what the distribution ships.
#[must_use]
pub fn is_shipped(path: &Path) -> bool {
    path.starts_with(SHIPPED)
}

/// Whether a source brings something that the distribution ships: in a container a bundle often stands alone.
#[must_use]
pub fn brings_shipped(found: &Use, anchors: &Anchors<'_>, snapshot: &Snapshot) -> bool {
    let counts = |id: &StoreId| {
        let entries = snapshot.store(id).into_iter().flat_map(|store| &store.entries);
        entries.filter_map(Entry::certificate).any(|one| anchors.certificates.contains_key(&one.fingerprint()))
    };
    let brings = |candidate: &&Candidate| {
        let path = candidate.store.as_ref().and_then(StoreId::path);
        candidate.leaf.look == Look::Listed || path.is_some_and(is_shipped)
    };
    found.effective().filter(brings).filter_map(|candidate| candidate.store.as_ref()).any(counts)
}

/// Whether everything in the stores of a use was read, or is of a kind that its own program does not read either: what
/// was not cannot be said to be missing.
#[must_use]
pub fn is_read_in_full(found: &Use, snapshot: &Snapshot) -> bool {
    let mut stores = found.effective().filter_map(|candidate| snapshot.store(candidate.store.as_ref()?));
    stores.all(|store| {
        let is_unread = matches!(&store.reading, Reading::Unreadable(why) if why.may_hide());
        let mut files = store.listed.iter().filter_map(|listed| listed.unreadable.as_ref());
        !is_unread && !files.any(Unreadable::may_hide)
    })
}

/// What took a certificate out that does not count, in words: a blocklist, or one of these lines of Debian's list.
#[must_use]
pub fn taken_out_by(left: &LeftOut<'_>, deselected: &BTreeSet<PathBuf>) -> Option<String> {
    let StoreId::Path(path) = &left.store.id else { return None };
    match left.slot {
        _ if left.because == Reason::Blocked => Some(format!("{} distrusts it", path.display())),
        Slot::File(name, _) if deselected.contains(&path.join(name)) => {
            Some(format!("a line with ! in {DEBIAN_LIST} deselects it"))
        }
        _ => None,
    }
}
