//! A store that could be read when the baseline was accepted and cannot now, or the reverse. What is in it is
//! unknown, which is neither clean nor an alarm for each of its roots.

use super::{Check, Detail, Run, Scope, Severity};
use crate::baseline::compare::{Fate, StoreChange};
use crate::baseline::{How, Inventory};
use crate::model::words::counted;
use crate::model::{Reading, Unreadable};
use std::path::PathBuf;

/// The row.
pub const CHECK: Check = Check {
    id: "not-compared",
    title: "a store cannot be compared with the baseline",
    severity: Severity::Warning,
    about: "A store could be read when the baseline was accepted (--baseline) and cannot now, or could not then and can \
            now. Its certificates are not compared. Mostly the two runs were by different accounts.",
    says: "https://man7.org/linux/man-pages/man7/path_resolution.7.html",
    since: None,
    remedy: "Run castore as the same account as for the baseline; or accept what is there with castore snapshot accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let changes = against.comparison.stores.iter().filter(|change| change.fate == Fate::NotCompared);
    let details = changes.map(|change| {
        let is_lost = change.then.is_read();
        let store = against.store(&change.store).cloned();
        let reading = store.as_ref().and_then(|id| scope.snapshot.store(id)).map(|store| &store.reading);
        Detail {
            // What is not there now has only its name.
            path: store.is_none().then(|| PathBuf::from(&change.store)),
            store,
            expected: side(change, change.then, &against.then),
            found: side(change, change.now, &against.now.inventory),
            remedy: remedy(change, reading).to_owned(),
            severity: Some(if is_lost { Severity::Warning } else { Severity::Info }),
            because: scope.because_of_baseline(),
            ..Detail::default()
        }
    });
    details.collect()
}

/// What makes it comparable again.
fn remedy(change: &StoreChange, reading: Option<&Reading>) -> &'static str {
    // A store of a home that is closed was not looked at.
    let is_denied = reading.is_none_or(|reading| *reading == Reading::Unreadable(Unreadable::Denied));
    match change.now {
        How::Whole | How::Partial => "accept what is there: castore snapshot accept --baseline FILE",
        How::Unreadable if is_denied => "run castore as an account that can read it",
        How::Unreadable | How::Absent => "see why it cannot be read, and put it right",
        How::UnreadFormat => "see what stands there now, and put back what is to be there",
    }
}

fn side(change: &StoreChange, how: How, inventory: &Inventory) -> String {
    let record = inventory.stores.get(&change.store);
    let why = record.and_then(|record| record.why.as_ref()).map_or_else(String::new, |why| format!(" ({why})"));
    match how {
        How::Whole | How::Partial => {
            let held = record.map_or(0, |record| record.certificates.len());
            format!("one with {} that could be read", counted(held, "certificate"))
        }
        How::UnreadFormat => format!("one of a format that is not read{why}"),
        How::Unreadable => format!("one that could not be read{why}"),
        How::Absent => "nothing there".to_owned(),
    }
}
