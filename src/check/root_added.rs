//! A root that is in a store and was not when the baseline was accepted: how a machine begins to trust
//! somebody whom nobody chose. Superfish, eDellRoot and every proxy that inspects TLS came so.

use super::{Check, Detail, Run, Scope, Severity, counted, with_count};
use crate::anchors::{Anchors, anchors};
use crate::baseline::Servers;
use crate::baseline::compare::{Added, StoreChange};
use crate::discover::Use;
use crate::model::Entry;

/// The row.
pub const CHECK: Check = Check {
    id: "root-added",
    title: "a root is new since the baseline",
    severity: Severity::Error,
    about: "A store holds a certificate that it did not hold when the baseline was accepted (--baseline). Whoever has \
            its key can stand in for any server to the clients of that store. Order, encoding and comments do not \
            count; a store that is new tells only of what no store held. It is a warning where no client takes it \
            from that store.",
    says: "https://www.cisa.gov/news-events/alerts/2015/02/20/lenovo-superfish-adware-vulnerable-https-spoofing",
    since: None,
    remedy: "Find out who added it and why; then remove it, or accept it with castore snapshot accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let changes: Vec<&StoreChange> =
        against.comparison.stores.iter().filter(|change| !change.added.is_empty()).collect();
    // Who takes what is worked out only where there is something new.
    let users = if changes.is_empty() { &[] } else { scope.users };
    let takers: Vec<Taker<'_>> = users.iter().map(|found| (found, anchors(found, scope.snapshot))).collect();
    let details = changes.iter().flat_map(|change| change.added.iter().map(|added| (*change, added)));
    details.map(|(change, added)| detail(scope, &takers, change, added)).collect()
}

/// An installation, and what it trusts.
type Taker<'s> = (&'s Use, Anchors<'s>);

fn detail(scope: &Scope<'_>, takers: &[Taker<'_>], change: &StoreChange, added: &Added) -> Detail {
    let id = scope.baseline.and_then(|against| against.store(&change.store));
    let entries = id.and_then(|id| scope.snapshot.store(id)).map(|store| &store.entries);
    let is_it = |entry: &&Entry| entry.certificate().is_some_and(|one| one.fingerprint() == added.certificate);
    let entry = entries.into_iter().flatten().find(is_it);
    let uses = |found: &Use| found.effective().any(|candidate| candidate.store.as_ref() == id);
    let takes = |(found, anchors): &&Taker<'_>| anchors.certificates.contains_key(&added.certificate) && uses(found);
    let takers = counted(takers.iter().filter(takes).map(|(found, _)| *found));
    let severity = match (added.said.servers, takers.is_empty()) {
        (Servers::Refused, _) => Severity::Info,
        (_, false) => Severity::Error,
        (_, true) => Severity::Warning,
    };
    Detail {
        store: id.cloned(),
        slot: entry.map(|entry| entry.slot.clone()),
        certificate: entry.and_then(|entry| entry.certificate().cloned()),
        expected: "the certificates of the baseline".to_owned(),
        found: found(added, takers.is_empty()),
        clients: takers.into_iter().map(with_count).collect(),
        remedy: format!(
            "find out who added it; remove it, or accept it: castore snapshot accept --baseline FILE {}",
            added.certificate.short()
        ),
        severity: Some(severity),
        ..Detail::default()
    }
}

/// Stores that are named before the rest is counted.
const NAMED: usize = 2;

fn found(added: &Added, is_idle: bool) -> String {
    let listed = |names: &[String]| match names.len().checked_sub(NAMED + 1) {
        Some(more) => format!("{} and {} more", names[..NAMED].join(", "), more + 1),
        None => names.join(", "),
    };
    let whence = match (&added.left[..], &added.was_in[..]) {
        ([], []) => "one that no store held then".to_owned(),
        ([], held) => format!("one that stood elsewhere then: {}", listed(held)),
        (left, _) => format!("one that moved here from {}", listed(left)),
    };
    match added.said.servers {
        Servers::Refused => format!("{whence}, and that it refuses"),
        _ if is_idle => format!("{whence}, which no client found here takes from it"),
        _ => whence,
    }
}
