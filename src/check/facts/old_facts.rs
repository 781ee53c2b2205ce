//! Facts that are old: what was removed since they were made, nobody hears of.

use super::and;
use crate::check::{Check, Detail, Run, Scope, Severity};
use crate::facts::OLD;
use crate::model::passing;

/// The row.
pub const CHECK: Check = Check {
    id: "old-facts",
    title: "castore's facts are old",
    severity: Severity::Info,
    about: "The tables of who holds which root, which keys are blocked and which roots intercept were made more than half \
            a year ago. Programmes change every few months: a root that was removed since is not found. castore asks no \
            network, so it cannot know.",
    says: "https://wiki.mozilla.org/CA/Additional_Trust_Changes",
    since: None,
    remedy: "Update castore, or make the tables anew with data/harvest and name their directory with --facts.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let old: Vec<_> = scope.facts.files().iter().filter(|file| file.is_old(scope.at)).collect();
    let ids: Vec<String> = old.iter().map(|file| file.id.clone()).collect();
    let oldest = scope.facts.files().iter().map(|file| file.age(scope.at)).max().unwrap_or_default();
    // Where no client is looked at, nothing is missed.
    if old.is_empty() || !scope.uses.iter().any(|found| found.effective().next().is_some()) {
        return Vec::new();
    }
    vec![Detail {
        expected: format!("tables of the last {OLD} days"),
        found: format!("{}, the oldest made {}", and(&ids), passing::ago(oldest)),
        remedy: "update castore, or name newer tables with --facts".to_owned(),
        because: scope.facts_directory.zip(old.first()).map(|(directory, first)| (directory.join(&first.file), None)),
        ..Detail::default()
    }]
}
