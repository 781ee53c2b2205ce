//! A store that is at another place, new or gone. What is new in it is told apart.

use super::{Check, Detail, Run, Scope, Severity};
use crate::baseline::compare::{Fate, StoreChange};
use std::path::PathBuf;

/// The row.
pub const CHECK: Check = Check {
    id: "store-moved",
    title: "a store is at another place, new or gone since the baseline",
    severity: Severity::Info,
    about: "A store of the baseline (--baseline) stands at another path with most of its certificates, is gone, or is \
            one that the baseline does not know: an interpreter was updated, an environment made or removed, or a \
            later castore finds more. Roots that no store held before are told as root-added. That a store is gone \
            which clients used is a warning.",
    says: "https://packaging.python.org/en/latest/specifications/virtual-environments/",
    since: None,
    remedy: "Where that is as it should be, accept it with castore snapshot accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let users = against.then.users();
    let is_later = against.then.castore != against.now.inventory.castore;
    let details = against.comparison.stores.iter().filter_map(|change: &StoreChange| {
        let count = format!("{} in it", crate::model::words::counted(change.certificates, "certificate"));
        let (expected, found, severity) = match &change.fate {
            Fate::Moved(from) => (format!("the store at {from}"), format!("it here, {count}"), Severity::Info),
            Fate::Appeared if is_later => {
                let later = format!("one that castore {} did not find, {count}", against.then.castore);
                ("the stores of the baseline".to_owned(), later, Severity::Info)
            }
            Fate::Appeared => ("the stores of the baseline".to_owned(), format!("one more, {count}"), Severity::Info),
            Fate::Vanished => {
                let severity = if users.of(&change.store).is_empty() { Severity::Info } else { Severity::Warning };
                (format!("a store with {}", count.trim_end_matches(" in it")), vanished(change), severity)
            }
            Fate::Stayed | Fate::NotCompared => return None,
        };
        let is_gone = change.fate == Fate::Vanished;
        Some(Detail {
            store: against.store(&change.store).cloned().filter(|_| !is_gone),
            path: is_gone.then(|| PathBuf::from(&change.store)),
            clients: if is_gone { users.of(&change.store) } else { Vec::new() },
            expected,
            found,
            remedy: "where that is as it should be, accept it: castore snapshot accept --baseline FILE".to_owned(),
            severity: Some(severity),
            ..Detail::default()
        })
    });
    details.collect()
}

fn vanished(change: &StoreChange) -> String {
    match change.removed.len() {
        0 => "it is gone; other stores hold all of them".to_owned(),
        lost => format!("it is gone; no store holds {lost} of them now"),
    }
}
