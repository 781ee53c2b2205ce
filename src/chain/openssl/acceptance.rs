//! What a policy would hold against a certificate wherever it stands in a path.
//!
//! A root is judged by the same work as in a path, only that no server is asked: what is told of the place
//! above a server's certificate is what every chain through it would meet.

use super::super::acceptance::Place;
use super::super::{From, Held, Hop, Located, Pool, Question, Trusted};
use super::{Facts, Run};
use crate::chain::member::Member;
use crate::model::{PublicKey, Timestamp};
use crate::policy::Fault;
use crate::policy::openssl::OpenSsl;
use std::sync::Arc;

/// The faults of a certificate as an anchor of which the store says `trust`, or as an intermediate below one.
#[must_use]
pub fn faults(member: &Arc<Member>, place: Place, trust: Trusted, at: Timestamp, policy: &OpenSsl) -> Vec<Fault> {
    let facts = Facts { policy };
    let mut found = unusable(member, facts);
    let question = Question { sent: vec![Arc::clone(member)], name: None, at, stapled: None };
    let pool = Pool { anchors: vec![Held { member: Arc::clone(member), place: None, ends_chain: true, trust }] };
    let sent = |position| Hop { member: Arc::clone(member), from: From::Sent(position) };
    let held = || Hop { member: Arc::clone(member), from: From::Pool(0) };
    let mut run = Run {
        question: &question,
        pool: &pool,
        facts,
        // Something below it, and above an intermediate something else.
        path: if place == Place::Anchor { vec![sent(0), held()] } else { vec![sent(0), sent(1), sent(2)] },
        untrusted: if place == Place::Anchor { 1 } else { 2 },
        steps: Vec::new(),
        told: Vec::new(),
        luck: None,
        is_broken: false,
        undecided: None,
    };
    if run.facts.is_old() {
        run.check_extensions_old();
    } else {
        run.check_extensions();
        run.check_levels();
    }
    // `check_ca` tells a key usage without keyCertSign as no authority.
    let cannot_sign = member.is_ca() && !facts.may_sign(member);
    for Located { fault, depth } in run.told {
        let fault = if cannot_sign && fault == Fault::NotCa { Fault::KeyUsageNoCertSign } else { fault };
        if depth == 1 && !found.contains(&fault) {
            found.push(fault);
        }
    }
    if place == Place::Anchor && trust == Trusted::Rejected {
        found.push(Fault::AnchorRejected);
    }
    found
}

/// Why it is taken for no issuer at all (`X509_check_issued`), so that programs say that the issuer is not there.
fn unusable(member: &Member, facts: Facts<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if facts.is_broken(member) {
        faults.push(Fault::Malformed);
    }
    // Of a curve that castore does not know nothing is said.
    if matches!(member.key, PublicKey::Other { .. }) && !facts.has_key(member) {
        faults.push(Fault::AlgorithmUnsupported);
    }
    if facts.is_old() && !facts.may_sign(member) {
        faults.push(Fault::KeyUsageNoCertSign);
    }
    faults
}
