//! An acceptance whose last day has passed: what it accepted is a change again.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::passing;

/// The row.
pub const CHECK: Check = Check {
    id: "accepted-until",
    title: "an acceptance in the baseline has run out",
    severity: Severity::Warning,
    about: "A change was accepted until a day (castore snapshot accept --until), which has passed. It counts no more: \
            what it accepted and is still so is told again by its own check. An acceptance of which nothing is left, or \
            that a later one took up, is of the past and is not told.",
    says: "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
    since: None,
    remedy: "Undo what was accepted, or accept it anew with castore snapshot accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let details = against.overdue.iter().map(|acceptance| {
        let standing = acceptance.standing(&against.now.inventory);
        let by = acceptance.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let reason = acceptance.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let until = acceptance.until.map_or_else(String::new, |day| format!(", until {}", day.date()));
        let what = format!("what was accepted{by} on {}{until}{reason}", acceptance.at.date());
        let all = acceptance.changes.len();
        Detail {
            expected: format!("{what} {}", passing::undone_by(scope.at)),
            found: format!("{standing} of its {} still so", crate::model::words::counted(all, "change")),
            remedy: "undo it, or accept it anew: castore snapshot accept --baseline FILE".to_owned(),
            because: scope.because_of_baseline(),
            ..Detail::default()
        }
    });
    details.collect()
}
