//! The stores of a plan, read again when all is done, and compared with what they should hold.

use super::run::Options;
use crate::host::files::Tree;
use crate::host::{Host, native};
use crate::load::load;
use crate::model::{Reading, StoreId, Unreadable};
use crate::plan::{After, Plan};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The stores that do not hold what they should, and how.
pub(super) fn wrong(plan: &Plan, tree: Tree, options: &Options<'_>) -> Vec<(PathBuf, String)> {
    let mut host = Host::new(Box::new(tree), native::system());
    host.passwords = options.passwords.to_vec();
    host.file_size = u64::MAX; // it was read before, under the user's bound
    let wanted: BTreeSet<StoreId> = plan.stores.iter().map(|change| change.target.store.clone()).collect();
    let snapshot = load(&host, &wanted);
    let mut wrong = Vec::new();
    for change in &plan.stores {
        let Some(path) = change.target.store.path() else { continue };
        let met = match snapshot.store(&change.target.store) {
            None => Err("it is gone".to_owned()),
            Some(store) => match &store.reading {
                Reading::Unreadable(Unreadable::Absent) if is_empty(&change.after) => Ok(()),
                Reading::Unreadable(why) => Err(why.to_string()),
                Reading::UnreadFormat => Err("castore cannot read it".to_owned()),
                Reading::Whole | Reading::Partial => change.after.met_by(store),
            },
        };
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
