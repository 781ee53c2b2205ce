//! Stores that are read again when all is done: those of a plan, which are compared with what they should hold, and those
//! that its commands make.

use super::run::Options;
use crate::host::files::Tree;
use crate::host::{Host, native};
use crate::load::{Snapshot, load};
use crate::model::{Reading, Store, StoreId, Unreadable};
use crate::plan::{After, Plan};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Stores as they are now.
pub(super) fn now(tree: Tree, options: &Options<'_>, wanted: &BTreeSet<StoreId>) -> Snapshot {
    let mut host = Host::new(Box::new(tree), native::system());
    host.passwords = options.passwords.to_vec();
    host.file_size = u64::MAX; // it was read before, under the user's bound
    load(&host, wanted)
}

/// What was read of a store; nothing where nothing is there. Else why it could not be.
pub(super) fn read<'s>(snapshot: &'s Snapshot, id: &StoreId) -> Result<Option<&'s Store>, String> {
    let store = snapshot.store(id).ok_or("it is gone")?;
    match &store.reading {
        Reading::Unreadable(Unreadable::Absent) => Ok(None),
        Reading::Unreadable(why) => Err(why.to_string()),
        Reading::UnreadFormat => Err("castore cannot read it".to_owned()),
        Reading::Whole | Reading::Partial => Ok(Some(store)),
    }
}

/// The stores that do not hold what they should, and how.
pub(super) fn wrong(plan: &Plan, tree: Tree, options: &Options<'_>) -> Vec<(PathBuf, String)> {
    let wanted: BTreeSet<StoreId> = plan.stores.iter().map(|change| change.target.store.clone()).collect();
    let snapshot = now(tree, options, &wanted);
    let mut wrong = Vec::new();
    for change in &plan.stores {
        let Some(path) = change.target.store.path() else { continue };
        let met = read(&snapshot, &change.target.store).and_then(|store| match store {
            Some(store) => change.after.met_by(store),
            None if is_empty(&change.after) => Ok(()),
            None => Err(Unreadable::Absent.to_string()),
        });
        wrong.extend(met.err().map(|what| (path.to_path_buf(), what)));
    }
    wrong
}

fn is_empty(after: &After) -> bool {
    match after {
        After::Exactly(all) => all.is_empty(),
        After::AtLeast { with, .. } => with.is_empty(),
    }
}
