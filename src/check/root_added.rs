//! A root that is in a store and was not when the baseline was accepted: how a machine begins to trust
//! somebody whom nobody chose. Superfish, eDellRoot and every proxy that inspects TLS came so.

use super::held::Held;
use super::{Check, Detail, Run, Scope, Severity, counted, with_count};
use crate::anchors::{Anchors, anchors};
use crate::baseline::Servers;
use crate::baseline::against::NewlyTrusted;
use crate::baseline::compare::{Added, StoreChange};
use crate::discover::Use;
use crate::model::{Fingerprint, StoreId, words};
use std::collections::BTreeMap;

/// The row.
pub const CHECK: Check = Check {
    id: "root-added",
    title: "a root is new since the baseline",
    severity: Severity::Error,
    about: "A store holds a certificate that it did not hold when the baseline was accepted (--baseline), or clients take \
            one for an anchor that the store held and they did not: a hash link that it lacked, a plain block beside one \
            that refuses. Whoever has its key can stand in for any server to these clients. Order, encoding and comments \
            do not count; a store that is new tells only of what no store held. It is a warning where no client takes it \
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
    let mut held = Held::default();
    let mut details = Vec::new();
    for change in changes {
        let id = against.store(&change.store);
        let uses = |(found, _): &&Taker<'_>| found.effective().any(|candidate| candidate.store.as_ref() == id);
        let takers: Vec<&Taker<'_>> = takers.iter().filter(uses).collect();
        details.extend(change.added.iter().map(|added| detail(scope, &takers, id, added, &mut held)));
    }
    let mut held = Held::default();
    details.extend(against.newly_trusted().iter().map(|newly| newly_trusted(newly, &mut held)));
    details
}

/// What stood in the store already, and is an anchor only now.
fn newly_trusted<'a>(newly: &NewlyTrusted<'a>, held: &mut Held<'a>) -> Detail {
    // Of several entries that which is taken: one that refuses it is not.
    let entries = held.entries(newly.store, newly.certificate);
    let entry = entries.iter().find(|entry| entry.trust.allows_server()).or(entries.first());
    let mut clients: BTreeMap<&str, usize> = BTreeMap::new();
    newly.clients.iter().for_each(|key| *clients.entry(&key.client).or_default() += 1);
    Detail {
        store: Some(newly.store.id.clone()),
        slot: entry.map(|entry| entry.slot.clone()),
        certificate: entry.and_then(|entry| entry.certificate().cloned()),
        expected: "the anchors of the baseline".to_owned(),
        found: "one that the store held then, and that these clients did not trust".to_owned(),
        clients: clients.into_iter().map(with_count).collect(),
        remedy: remedy(newly.certificate),
        severity: Some(Severity::Error),
        ..Detail::default()
    }
}

fn remedy(certificate: Fingerprint) -> String {
    let short = certificate.short();
    format!("find out who added it; remove it, or accept it: castore snapshot accept --baseline FILE {short}")
}

/// An installation, and what it trusts.
type Taker<'s> = (&'s Use, Anchors<'s>);

/// What is said of one that is new; `takers` use the store.
fn detail<'s>(
    scope: &Scope<'s>,
    takers: &[&Taker<'_>],
    id: Option<&StoreId>,
    added: &Added,
    held: &mut Held<'s>,
) -> Detail {
    let store = id.and_then(|id| scope.snapshot.store(id));
    let entry = store.and_then(|store| held.entries(store, added.certificate).first().copied());
    // Where a store refuses it too, only who takes it from there all the same counts.
    let is_refused = added.said.servers == Servers::Refused;
    let takes = |(_, anchors): &&&Taker<'_>| {
        let anchor = anchors.certificates.get(&added.certificate);
        anchor.is_some_and(|anchor| !is_refused || Some(&anchor.store.id) == id)
    };
    let takers = counted(takers.iter().filter(takes).map(|(found, _)| *found));
    let severity = match (added.said.servers, takers.is_empty()) {
        (_, false) => Severity::Error,
        (Servers::Refused, true) => Severity::Info,
        (_, true) => Severity::Warning,
    };
    Detail {
        store: id.cloned(),
        slot: entry.map(|entry| entry.slot.clone()),
        certificate: entry.and_then(|entry| entry.certificate().cloned()),
        expected: "the certificates of the baseline".to_owned(),
        found: found(added, takers.is_empty()),
        clients: takers.into_iter().map(with_count).collect(),
        remedy: remedy(added.certificate),
        severity: Some(severity),
        ..Detail::default()
    }
}

/// Stores that are named before the rest is counted.
const NAMED: usize = 2;

fn found(added: &Added, is_idle: bool) -> String {
    let listed = |names: &[String]| words::few(names, NAMED, ", ");
    let whence = match (&added.left[..], &added.was_in[..]) {
        ([], []) => "one that no store held then".to_owned(),
        ([], held) => format!("one that stood elsewhere then: {}", listed(held)),
        (left, _) => format!("one that moved here from {}", listed(left)),
    };
    match added.said.servers {
        Servers::Refused if is_idle => format!("{whence}, and that it refuses"),
        _ if is_idle => format!("{whence}, which no client found here takes from it"),
        _ => whence,
    }
}
