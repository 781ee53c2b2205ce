//! An acceptance whose last day has passed: what it accepted is a change again.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::passing;

/// The row.
pub const CHECK: Check = Check {
    id: "accepted-until",
    title: "an acceptance in the baseline has run out",
    severity: Severity::Warning,
    about: "A change was accepted until a day (castore snapshot accept --until), which has passed. It counts no more: \
            what it accepted and is still so is told again by its own check. Where nothing of it is left, the \
            acceptance is only of the past.",
    says: "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
    since: None,
    remedy: "Undo what was accepted, or accept it anew with castore snapshot accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let details = against.expired.iter().map(|acceptance| {
        let standing = acceptance.standing(&against.now.inventory);
        let by = acceptance.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let reason = acceptance.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let until = acceptance.until.map_or_else(String::new, |day| format!(", until {}", day.date()));
        let what = format!("what was accepted{by} on {}{until}{reason}", acceptance.at.date());
        let all = acceptance.changes.len();
        Detail {
            expected: format!("{what} {}", passing::undone_by(scope.at)),
            found: match standing {
                0 => format!("nothing of its {} left", crate::model::words::counted(all, "change")),
                _ => format!("{standing} of its {} still so", crate::model::words::counted(all, "change")),
            },
            remedy: match standing {
                0 => "take the baseline anew when it suits you; this acceptance is of the past".to_owned(),
                _ => "undo it, or accept it anew: castore snapshot accept --baseline FILE".to_owned(),
            },
            severity: Some(if standing == 0 { Severity::Info } else { Severity::Warning }),
            because: scope.because_of_baseline(),
            ..Detail::default()
        }
    });
    details.collect()
}
