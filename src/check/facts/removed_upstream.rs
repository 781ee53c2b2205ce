//! Roots that a root programme took out and that stores here still hold. An update removes them from one copy of
//! thirty: the rest go on trusting, each until its own package is updated.

use super::{everywhere, is_local, is_offered, keepers, removal, silent_sections};
use crate::check::{Check, Detail, Run, Scope, Severity};
use crate::facts::{Held, Standing};
use crate::model::{Certificate, Timestamp};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "removed-upstream",
    title: "a root that a programme removed",
    severity: Severity::Warning,
    about: "A programme that held this root for TLS servers holds it no more, and a store here still does: Mozilla, \
            Microsoft, Debian, certifi or Java took it out, for a reason or because its owner retired it. Programmes \
            disagree, so the finding says who removed it, in which release, and who keeps it. Roots that have expired \
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
        is_offered(entry) && !silent.contains(&store.id) && !is_local(scope, store)
    };
    everywhere(scope, may, |certificate| {
        let is_over = certificate.not_after().is_some_and(|end| end < scope.at);
        if is_over { None } else { say(scope, certificate) }
    })
}

/// What is said of a root that was removed; reasons count more than none, newer removals more than older.
pub(super) fn say(scope: &Scope<'_>, certificate: &Arc<Certificate>) -> Option<((bool, Option<Timestamp>), Detail)> {
    let fingerprint = certificate.fingerprint();
    let standings = scope.facts.standings(&fingerprint);
    let removals: Vec<String> = standings.iter().filter_map(removal).collect();
    if removals.is_empty() {
        return None;
    }
    let reason = scope.facts.reason(&fingerprint);
    let why = reason.map(|reason| match &reason.id {
        Some(id) => format!("{id}: {}", reason.why),
        None => reason.why.clone(),
    });
    let day = |standing: &Standing<'_>| match standing.servers {
        Held::Removed { gone, .. } => gone.day,
        _ => None,
    };
    let found: Vec<String> = removals.into_iter().chain(keepers(&standings)).chain(why).collect();
    let detail = Detail {
        expected: "only roots that every programme still holds for TLS servers".to_owned(),
        found: found.join("; "),
        remedy: "update the package this store comes from; where a server still needs the root, add it for that client \
                 alone"
            .to_owned(),
        ..Detail::default()
    };
    Some(((reason.is_some(), standings.iter().filter_map(day).max()), detail))
}
