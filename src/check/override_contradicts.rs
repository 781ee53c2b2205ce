//! Two overrides of one client that name different certificates. One of them counts for nothing, and
//! often it is the one that was set last.

use super::{Check, Detail, Run, Scope, Severity, override_name};
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::model::Fingerprint;
use std::collections::HashSet;

/// The row.
pub const CHECK: Check = Check {
    id: "override-contradicts",
    title: "two overrides contradict each other",
    severity: Severity::Warning,
    about: "A client takes one of several variables or settings and passes over the rest: requests takes \
            REQUESTS_CA_BUNDLE before CURL_CA_BUNDLE, pip takes PIP_CERT before pip.conf. Where the one passed over \
            names certificates that the other lacks, somebody meant them to be trusted.",
    says: "https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification",
    since: None,
    remedy: "Keep one of the two, or let the one that counts name a bundle of both.",
    run: Run::Use(look),
};

fn look(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut counts: Option<&Candidate> = None;
    for candidate in &found.candidates {
        match candidate.outcome {
            Outcome::Used => counts = Some(candidate),
            Outcome::Shadowed => details.extend(counts.and_then(|counts| differ(scope, found, counts, candidate))),
            _ => {}
        }
    }
    details
}

/// What the override that is passed over would have added.
fn differ(scope: &Scope<'_>, found: &Use, counts: &Candidate, passed: &Candidate) -> Option<Detail> {
    let (winner, loser) = (override_name(counts)?, override_name(passed)?);
    if key(&counts.named) == key(&passed.named) {
        return None; // one setting at two levels: that is what levels are for
    }
    let held = certificates(scope, counts);
    let lacking = certificates(scope, passed).difference(&held).count();
    (lacking > 0).then(|| Detail {
        path: passed.path.clone(),
        store: passed.store.clone(),
        clients: vec![found.name()],
        expected: format!("what {loser} names, as {winner}"),
        found: format!("{winner} counts, and lacks {lacking} of the certificates that {loser} names"),
        remedy: format!("keep one of the two, or let {winner} name a bundle of both"),
        ..Detail::default()
    })
}

fn key(named: &Named) -> Option<&str> {
    match named {
        Named::Variable(name, _) => Some(name),
        Named::Setting(key, _) => Some(key),
        Named::BuiltIn | Named::System => None,
    }
}

fn certificates(scope: &Scope<'_>, candidate: &Candidate) -> HashSet<Fingerprint> {
    let store = candidate.store.as_ref().and_then(|id| scope.snapshot.store(id));
    let entries = store.iter().flat_map(|store| &store.entries);
    entries.filter_map(|entry| Some(entry.certificate()?.fingerprint())).collect()
}
