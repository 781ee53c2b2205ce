//! The stores of a plan, read again when all is done, and compared with what they should hold.

use super::check::difference;
use super::run::Options;
use crate::host::files::Tree;
use crate::host::{Host, native};
use crate::load::load;
use crate::model::{Body, Fingerprint, Note, Reading, StoreId, Unreadable};
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
        let mut say = |what: String| wrong.push((path.to_path_buf(), what));
        let Some(store) = snapshot.store(&change.target.store) else {
            say("it is gone".to_owned());
            continue;
        };
        match &store.reading {
            Reading::Unreadable(why) if after_is_empty(&change.after) && *why == Unreadable::Absent => continue,
            Reading::Unreadable(why) => say(why.to_string()),
            Reading::UnreadFormat => say("castore cannot read it".to_owned()),
            Reading::Whole | Reading::Partial => {
                let held = |with_chains: bool| -> BTreeSet<Fingerprint> {
                    let is_chain = |note: &Note| matches!(note, Note::ChainOfKey(_));
                    let entries = store.entries.iter();
                    let entries = entries.filter(|entry| with_chains || !entry.notes.iter().any(is_chain));
                    let certificates = entries.filter_map(|entry| match &entry.body {
                        Body::Certificate(certificate) => Some(certificate.fingerprint()),
                        _ => None,
                    });
                    certificates.collect()
                };
                if let Some(what) = difference(&change.after, &held(true))
                    && difference(&change.after, &held(false)).is_some()
                {
                    say(what);
                }
            }
        }
    }
    wrong
}

fn after_is_empty(after: &After) -> bool {
    match after {
        After::Exactly(all) => all.is_empty(),
        After::AtLeast { with, .. } => with.is_empty(),
    }
}
