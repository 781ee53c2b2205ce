//! Roots that a root programme took out and that stores here still hold. An update removes them from one copy of
//! thirty: the rest go on trusting, each until its own package is updated.

use super::{and, everywhere, is_local, is_offered, keepers, removal, silent_sections};
use crate::check::{Check, Detail, Run, Scope, Severity};
use crate::facts::{Facts, Held, Sort, Standing};
use crate::model::{Certificate, Timestamp};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "removed-upstream",
    title: "a root that a programme removed",
    severity: Severity::Warning,
    about: "A programme that held this root for TLS servers holds it no more, and a store here still does: Mozilla, \
            Microsoft, Debian or certifi took it out, for a reason or because its owner retired it. Programmes \
            disagree, so the finding says who removed it, in which release, and who keeps it; where no reason is known and \
            Mozilla or Microsoft keeps it, that is information and no warning. Roots that have expired \
            are left to that check.",
    says: "https://wiki.mozilla.org/CA/Removed_Certificates",
    since: None,
    remedy: "Update the package that the store comes from; where a server still needs the root, add it for the one \
             client that talks to it.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let silent = silent_sections(scope);
    let may = |store: &crate::model::Store, entry: &crate::model::Entry| {
        is_offered(store, entry, &silent) && !is_local(scope, store)
    };
    everywhere(scope, CHECK.severity, may, |certificate| {
        let is_over = certificate.not_after().is_some_and(|end| end < scope.at);
        if is_over { None } else { say(scope, certificate) }
    })
}

/// What counts more: a removal for a reason with a number, then one for another, then the newer.
type Rank = (bool, bool, Option<Timestamp>);

/// What is said of a root that was removed. Where no reason is known and a programme that decides by itself keeps it,
/// the removal is told and alarms nobody.
pub(super) fn say(scope: &Scope<'_>, certificate: &Arc<Certificate>) -> Option<(Rank, Detail)> {
    let Told { rank, found, alarms } = tell(scope.facts, certificate)?;
    let detail = Detail {
        expected: "a root that no programme removed".to_owned(),
        found,
        remedy:
            "update the package this store comes from; where a server still needs the root, add it for that client \
                 alone"
                .to_owned(),
        severity: (!alarms).then_some(Severity::Info),
        ..Detail::default()
    };
    Some((rank, detail))
}

/// Why a root is better left out of what is made anew: a programme removed it for a reason, or none keeps it.
pub(in crate::check) fn withdrawn(facts: &Facts, certificate: &Certificate) -> Option<String> {
    tell(facts, certificate).filter(|told| told.alarms).map(|told| told.found)
}

/// What facts tell of a root that was removed.
struct Told {
    rank: Rank,
    found: String,
    alarms: bool,
}

fn tell(facts: &Facts, certificate: &Certificate) -> Option<Told> {
    let fingerprint = certificate.fingerprint();
    let standings = facts.standings(&fingerprint);
    let removals: Vec<String> = standings.iter().filter_map(removal).collect();
    if removals.is_empty() {
        return None;
    }
    let reason = facts.reason(&fingerprint);
    let why = reason.map(|reason| match &reason.id {
        Some(id) => format!("{id}: {}", reason.why),
        None => reason.why.clone(),
    });
    let day = |standing: &Standing<'_>| match standing.servers {
        Held::Removed { gone, .. } => gone.day,
        _ => None,
    };
    let is_kept = standings.iter().any(|one| one.program.sort == Sort::Program && one.servers == Held::Yes);
    let removed = format!("removed by {}", and(&removals));
    let found: Vec<String> = why.into_iter().chain([removed]).chain(keepers(&standings)).collect();
    let has_number = reason.is_some_and(|reason| reason.id.is_some());
    // The day of whoever was first: the others follow for months.
    Some(Told {
        rank: (has_number, reason.is_some(), standings.iter().filter_map(day).min()),
        found: found.join("; "),
        alarms: reason.is_some() || !is_kept,
    })
}
