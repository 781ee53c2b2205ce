//! An authority of one client's store that another verifier of this machine would refuse in its own.
//!
//! Who adds a corporate root to every store, or syncs stores, learns here that it will not serve everywhere, before
//! the first handshake fails. Of clients that decide alike none has the authority: where one has it, it is told of
//! there.

use super::super::{Check, Detail, Run, Scope, Severity};
use super::{Asked, detail, key, verifiers};
use crate::anchors::{Anchor, anchors};
use crate::chain::Trusted;
use crate::chain::acceptance::Place;
use crate::model::Fingerprint;
use crate::policy::{Fault, Policy};
use std::collections::{BTreeMap, HashSet};

/// The row.
pub const CHECK: Check = Check {
    id: "acceptance/elsewhere",
    title: "another verifier would refuse this authority",
    severity: Severity::Info,
    about: "The clients that have this authority in their stores accept it. Another verifier of this machine, which does \
            not have it, would refuse what it issued even with it in its store: adding it there is not enough.",
    says: "https://docs.python.org/3/library/ssl.html#ssl.VERIFY_X509_STRICT",
    since: None,
    remedy: "Have the authority issued anew as that verifier asks before it is added to its store.",
    run: Run::Whole(look),
};

/// Clients that decide alike, and what any of them has.
struct Alike {
    policy: Policy,
    clients: Vec<String>,
    held: HashSet<Fingerprint>,
}

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut alike: BTreeMap<String, Alike> = BTreeMap::new();
    for (found, policy) in verifiers(scope, scope.users) {
        let new = || Alike { policy: policy.clone(), clients: Vec::new(), held: HashSet::new() };
        let group = alike.entry(key(&policy)).or_insert_with(new);
        group.clients.push(found.name());
        group.held.extend(anchors(found, scope.snapshot).certificates.into_keys());
    }
    let mut used: BTreeMap<Fingerprint, Anchor<'_>> = BTreeMap::new();
    for (found, _) in verifiers(scope, scope.uses) {
        for (id, anchor) in anchors(found, scope.snapshot).certificates {
            used.entry(id).or_insert(anchor);
        }
    }
    let mut asked = Asked::new(scope.at);
    let mut details = Vec::new();
    for (id, anchor) in &used {
        let Some(member) = asked.authority(anchor) else { continue };
        let place = if member.is_self_issued() { Place::Anchor } else { Place::Between };
        let mut refusing: BTreeMap<Fault, Vec<&str>> = BTreeMap::new();
        for group in alike.values().filter(|group| !group.held.contains(id)) {
            for (_, fault) in asked.faults(&member, place, Trusted::Unstated, &group.policy) {
                refusing.entry(fault).or_default().extend(group.clients.iter().map(String::as_str));
            }
        }
        for (fault, clients) in refusing {
            let detail = detail(anchor, fault);
            let found = format!("{}, for which {} would refuse it", detail.found, few(&clients));
            details.push(Detail { found, ..detail });
        }
    }
    details
}

/// The first few of a list, and how many more there are.
fn few(clients: &[&str]) -> String {
    const SHOWN: usize = 3;
    match clients.len().saturating_sub(SHOWN) {
        0 => clients.join(", "),
        1 => format!("{} and another", clients[..SHOWN].join(", ")),
        more => format!("{} and {more} more", clients[..SHOWN].join(", ")),
    }
}
