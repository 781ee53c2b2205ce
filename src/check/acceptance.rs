//! Which verifiers of this machine refuse a certificate of their own stores, and by which requirement.
//!
//! That a root is in a store does not make it an anchor: Python 3.13 wants critical basic constraints of it,
//! a security level wants a longer key, and both fail at the handshake, naming another thing. The engine that
//! judges chains is asked of every anchor and intermediate by itself.

pub(super) mod form;
pub(super) mod strength;
pub(super) mod strict;

use super::{Detail, Scope, merge_clients};
use crate::anchors::anchors;
use crate::chain::clients::policy;
use crate::chain::member::Member;
use crate::chain::openssl::acceptance;
use crate::chain::pool::Members;
use crate::model::{Fingerprint, Timestamp};
use crate::policy::{Fault, Policy};
use std::collections::HashMap;
use std::sync::Arc;

/// The faults of a kind that the policies of the clients in scope find with their own anchors and intermediates;
/// a certificate that several refuse for the same is one finding that names them.
pub(super) fn refused(
    scope: &Scope<'_>,
    is_wanted: fn(&Policy, Fault) -> bool,
    words: fn(Fault) -> (&'static str, &'static str, &'static str),
) -> Vec<Detail> {
    let mut members = Members::default();
    let mut details = Vec::new();
    let mut known: HashMap<(String, Fingerprint, bool), Vec<Fault>> = HashMap::new();
    for found in scope.uses.iter().filter(|found| !found.is_off()) {
        let Ok(policy) = policy(found, (scope.settings)(found)) else { continue };
        let own = key(&policy);
        for anchor in anchors(found, scope.snapshot).certificates.values() {
            let Some(member) = members.get(anchor.certificate) else { continue };
            let is_anchor = member.is_self_issued();
            let faults = known
                .entry((own.clone(), member.fingerprint(), is_anchor))
                .or_insert_with(|| faults(&member, is_anchor, scope.at, &policy));
            for fault in faults.iter().copied().filter(|fault| is_wanted(&policy, *fault)) {
                let (expected, found_words, remedy) = words(fault);
                details.push(Detail {
                    store: Some(anchor.store.id.clone()),
                    slot: Some(anchor.slot.clone()),
                    certificate: Some(Arc::clone(anchor.certificate)),
                    clients: vec![found.name()],
                    expected: expected.to_owned(),
                    found: found_words.to_owned(),
                    remedy: remedy.to_owned(),
                    ..Detail::default()
                });
            }
        }
    }
    merge_clients(details)
}

/// What a policy asks of a certificate by itself.
fn faults(member: &Arc<Member>, is_anchor: bool, at: Timestamp, policy: &Policy) -> Vec<Fault> {
    match policy {
        Policy::OpenSsl(policy) => {
            let mut faults = acceptance::faults(member, is_anchor, at, policy);
            // What is no authority is not fit for the purpose of one either, which says nothing more.
            if faults.contains(&Fault::NotCa) {
                faults.retain(|fault| *fault != Fault::PurposeUnsuitable);
            }
            faults
        }
        _ => Vec::new(),
    }
}

/// Policies that ask the same of a certificate have the same text.
fn key(policy: &Policy) -> String {
    match policy {
        Policy::OpenSsl(policy) => {
            format!("{:?} {} {:?} {:?} {}", policy.library, policy.strict, policy.level, policy.sha1, policy.fips)
        }
        other => format!("{other:?}"),
    }
}
