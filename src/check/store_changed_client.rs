//! A client that looks elsewhere than when the baseline was accepted: a variable was set, a setting changed,
//! another rule won.

use super::{Check, Detail, Run, Scope, Severity};
use crate::baseline::compare::ClientChange;
use crate::baseline::{ClientRecord, Inventory};
use crate::model::Fingerprint;
use crate::model::words::{counted, few};
use std::path::PathBuf;

/// The row.
pub const CHECK: Check = Check {
    id: "store-changed-client",
    title: "a client trusts by other stores since the baseline",
    severity: Severity::Warning,
    about: "An installation that the baseline (--baseline) knows uses other stores, takes other certificates from the \
            same ones, or does not verify any more, though it did. A variable or a setting decides that more often \
            than the stores do. That it trusts a certificate from there that it did not, or does not verify, is an error, \
            as is that it takes more of the same ones where an older baseline knows only their digest; \
            what it trusts newly of the same stores is told as root-added. That it takes the same certificates from \
            another place is told only.",
    says: "https://docs.openssl.org/3.0/man7/openssl-env/",
    since: None,
    remedy: "See with castore which why it looks there; set it back, or accept it with castore snapshot accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let mut details: Vec<Detail> = Vec::new();
    for change in &against.comparison.clients {
        let (Some(then), Some(now)) = (&change.then, &change.now) else { continue };
        let is_of_anchors = change.is_of_anchors_alone();
        if is_of_anchors && change.trusts_no_more.is_empty() {
            continue;
        }
        // An older baseline knows only their digest.
        let is_unexplained = !is_elsewhere(change) && !is_of_anchors;
        let severity = match () {
            () if now.off && !then.off => Severity::Error,
            () if !is_of_anchors && !change.trusts.is_empty() => Severity::Error,
            () if is_unexplained && now.anchors > then.anchors => Severity::Error,
            () if change.has_same_anchors() && then.off == now.off && then.opaque == now.opaque => Severity::Info,
            () => Severity::Warning,
        };
        // The place is the store that is new to it, or that it left; else one of those it has.
        let other = change.gained.first().or(change.lost.first());
        let store = other.or(now.stores.first()).and_then(|name| against.store(name)).cloned();
        let path = if store.is_some() { None } else { other.or(Some(&change.client.at)).map(PathBuf::from) };
        let detail = Detail {
            store,
            path: path.filter(|path| !path.as_os_str().is_empty()),
            clients: vec![change.client.to_string()],
            because: scope.because_of_baseline(),
            expected: side(then, &change.lost, change),
            found: side(now, &change.gained, change)
                + if is_elsewhere(change) { "" } else { " of the same stores" }
                + &match is_of_anchors {
                    true => named(", without ", &change.trusts_no_more, &against.then),
                    false if is_unexplained => ", which nothing told of them explains".to_owned(),
                    false => named(", and trusts newly ", &change.trusts, &against.now.inventory),
                },
            remedy: format!(
                "see castore which {} --explain; set it back, or accept it: castore snapshot accept --baseline FILE",
                change.client.client
            ),
            severity: Some(severity),
            ..Detail::default()
        };
        let is_same = |other: &&mut Detail| {
            (&other.store, &other.path, &other.expected, &other.found)
                == (&detail.store, &detail.path, &detail.expected, &detail.found)
        };
        match details.iter_mut().find(is_same) {
            Some(other) => other.clients.extend(detail.clients),
            None => details.push(detail),
        }
    }
    details
}

/// Certificates that are named before the rest is counted.
const NAMED: usize = 3;

fn named(what: &str, certificates: &[Fingerprint], inventory: &Inventory) -> String {
    let name = |one: &Fingerprint| format!("{} ({})", inventory.label(one), one.short());
    let names: Vec<String> = certificates.iter().map(name).collect();
    if names.is_empty() { String::new() } else { format!("{what}{}", few(&names, NAMED, "; ")) }
}

/// Whether it is another place that it looks at, or nothing that it verifies.
fn is_elsewhere(change: &ClientChange) -> bool {
    let is_off = |side: &Option<ClientRecord>| side.as_ref().is_some_and(|side| side.off);
    let opaque = |side: &Option<ClientRecord>| side.as_ref().map(|side| side.opaque.clone());
    !change.gained.is_empty()
        || !change.lost.is_empty()
        || is_off(&change.now)
        || is_off(&change.then)
        || opaque(&change.then) != opaque(&change.now)
}

/// What of a client's stores is told of one side.
fn side(record: &ClientRecord, own: &[String], change: &ClientChange) -> String {
    if record.off {
        return "verification that is turned off".to_owned();
    }
    let anchors = counted(record.anchors, "anchor");
    let opaque = |side: &Option<ClientRecord>| side.as_ref().map(|side| side.opaque.clone()).unwrap_or_default();
    let (then, now) = (opaque(&change.then), opaque(&change.now));
    let opaque = record.opaque.iter().filter(|name| !(then.contains(*name) && now.contains(*name)));
    let stores: Vec<&str> = own.iter().chain(opaque).map(String::as_str).collect();
    match stores.as_slice() {
        [] => anchors,
        stores => format!("{anchors}, with {}", stores.join(", ")),
    }
}
