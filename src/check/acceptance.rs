//! Which verifiers of this machine refuse an authority that is in use here, and by which requirement.
//!
//! That a root is in a store does not make it an anchor: Python 3.13 wants critical basic constraints of it, a
//! security level wants a longer key, Go cannot read it, Java has it on a list; and all of them fail at the
//! handshake, naming another thing. What each verifier holds against an authority by itself is asked of every anchor
//! and intermediate ([`faults`]): of the clients that have it in their stores, and of the others, which would
//! refuse it there too ([`elsewhere`]).

pub(super) mod distrust;
pub(super) mod elsewhere;
pub(super) mod form;
pub(super) mod strength;
pub(super) mod strict;
mod words;

pub use words::requirement;

use super::{Detail, Scope, merge_clients};
use crate::anchors::{Anchor, anchors};
use crate::chain::Trusted;
use crate::chain::acceptance::{Place, faults};
use crate::chain::clients::policy;
use crate::chain::member::{Member, oids};
use crate::chain::pool::Members;
use crate::discover::Use;
use crate::model::{Fingerprint, Timestamp};
use crate::policy::gnutls::GnuTls;
use crate::policy::openssl::OpenSsl;
use crate::policy::{Fault, Policy};
use std::collections::HashMap;
use std::sync::Arc;

/// What a requirement is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What every path through the authority meets.
    Form,
    /// The strength of a key or digest.
    Strength,
    /// What is asked for only by who is strict about RFC 5280.
    Strict,
    /// A list of the verifier's own.
    Distrust,
}

/// The faults of a kind that the clients in scope find with their own anchors and intermediates; a certificate that
/// several refuse for the same is one finding that names them.
fn refused(scope: &Scope<'_>, kind: Kind) -> Vec<Detail> {
    let mut asked = Asked::new(scope.at);
    let mut details = Vec::new();
    for (found, policy) in verifiers(scope, scope.uses) {
        for anchor in anchors(found, scope.snapshot).certificates.values() {
            let Some(member) = asked.authority(anchor) else { continue };
            let place = place(&member, anchor, &policy);
            for (_, fault) in asked.faults(&member, place, Trusted::of(anchor.trust), &policy).filter(|it| it.0 == kind)
            {
                details.push(Detail { clients: vec![found.name()], ..detail(anchor, fault) });
            }
        }
    }
    merge_clients(details)
}

/// The clients that verify something in a way that is known, each with its policy.
fn verifiers<'s>(scope: &'s Scope<'_>, uses: &'s [Use]) -> impl Iterator<Item = (&'s Use, Policy)> {
    uses.iter().filter(|found| !found.is_off()).filter_map(|found| {
        let policy = policy(found, (scope.settings)(found)).ok()?;
        Some((found, policy))
    })
}

/// Whether a path of this client ends with a certificate of its store.
fn place(member: &Member, anchor: &Anchor<'_>, policy: &Policy) -> Place {
    let ends = match policy {
        Policy::OpenSsl(policy) => policy.partial_chain || member.is_self_issued(),
        _ => anchor.ends_chain,
    };
    if ends { Place::Anchor } else { Place::Between }
}

/// A fault of a certificate at its place in a store.
fn detail(anchor: &Anchor<'_>, fault: Fault) -> Detail {
    let (expected, found, remedy) = words::words(fault);
    Detail {
        store: Some(anchor.store.id.clone()),
        slot: Some(anchor.slot.clone()),
        certificate: Some(Arc::clone(anchor.certificate)),
        expected: expected.to_owned(),
        found: found.to_owned(),
        remedy: remedy.to_owned(),
        ..Detail::default()
    }
}

/// The question, the place and what the store says: what an answer depends on beside the policy.
type Question = (String, Fingerprint, Place, Trusted);

/// What was asked of whom already: clients by the dozen have one policy and one store.
struct Asked {
    at: Timestamp,
    members: Members,
    known: HashMap<Question, Vec<(Kind, Fault)>>,
}

impl Asked {
    fn new(at: Timestamp) -> Self {
        Self { at, members: Members::default(), known: HashMap::new() }
    }

    /// The certificate as verifiers read it, where it issues others.
    fn authority(&mut self, anchor: &Anchor<'_>) -> Option<Arc<Member>> {
        self.members.get(anchor.certificate).filter(|member| is_authority(member))
    }

    fn faults(
        &mut self,
        member: &Arc<Member>,
        place: Place,
        trust: Trusted,
        policy: &Policy,
    ) -> impl Iterator<Item = (Kind, Fault)> + use<> {
        let question = (key(policy), member.fingerprint(), place, trust);
        let at = self.at;
        let found = self.known.entry(question).or_insert_with(|| kinds(member, place, trust, at, policy));
        found.clone().into_iter()
    }
}

/// Whether a certificate is meant to issue others: one that says that it does not, or that is a server's own, is
/// told by the check of those.
fn is_authority(member: &Member) -> bool {
    if member.basic_constraints.is_there() {
        return member.basic_constraints.is_broken() || member.is_ca();
    }
    member.is_self_issued() && !member.has(oids::SUBJECT_ALT_NAME)
}

/// The faults with their kinds.
fn kinds(member: &Arc<Member>, place: Place, trust: Trusted, at: Timestamp, policy: &Policy) -> Vec<(Kind, Fault)> {
    let found = faults(member, place, trust, at, policy);
    // What is left where nobody is strict.
    let lax = match policy {
        Policy::OpenSsl(policy) if policy.strict && !found.is_empty() => {
            let lax = Policy::OpenSsl(OpenSsl { strict: false, ..policy.clone() });
            Some(faults(member, place, trust, at, &lax))
        }
        _ => None,
    };
    let kind = |fault: Fault| match policy {
        _ if fault == Fault::AnchorDistrusted => Kind::Distrust,
        _ if fault.is_weak() => Kind::Strength,
        Policy::Pyca(_) if fault.is_strict() => Kind::Strict,
        _ if lax.as_ref().is_some_and(|lax| !lax.contains(&fault)) => Kind::Strict,
        _ => Kind::Form,
    };
    found.into_iter().map(|fault| (kind(fault), fault)).collect()
}

/// Policies that ask the same of a certificate have the same text.
fn key(policy: &Policy) -> String {
    match policy {
        Policy::OpenSsl(policy) => {
            let OpenSsl { library, strict, level, sha1, fips, purpose, ml_dsa, .. } = policy;
            format!("{library:?} {strict} {level:?} {sha1:?} {fips:?} {purpose} {ml_dsa}")
        }
        Policy::GnuTls(policy) => {
            let GnuTls { sha1_refused, ml_dsa, profile, system, purpose, .. } = policy;
            format!("{sha1_refused} {ml_dsa} {profile:?} {system:?} {purpose}")
        }
        other => format!("{other:?}"),
    }
}
