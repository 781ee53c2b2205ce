//! What a policy would hold against a certificate wherever it stands in a path.
//!
//! A root is judged by the same work as in a path, only that no server is asked: what is told of the place
//! above a server's certificate is what every chain through it would meet.

use super::super::{From, Hop, Located, Pool, Question};
use super::{Facts, Run};
use crate::chain::member::Member;
use crate::model::Timestamp;
use crate::policy::Fault;
use crate::policy::openssl::OpenSsl;
use std::sync::Arc;

/// The faults of a certificate as an anchor, or as an intermediate below one, at a moment.
#[must_use]
pub fn faults(member: &Arc<Member>, is_anchor: bool, at: Timestamp, policy: &OpenSsl) -> Vec<Fault> {
    let question = Question { sent: vec![Arc::clone(member)], name: None, at };
    let pool = Pool::default();
    let hop = |position| Hop { member: Arc::clone(member), from: From::Sent(position) };
    let mut run = Run {
        question: &question,
        pool: &pool,
        facts: Facts { policy },
        // Something below it, and above an intermediate something else.
        path: if is_anchor { vec![hop(0), hop(1)] } else { vec![hop(0), hop(1), hop(2)] },
        untrusted: if is_anchor { 1 } else { 2 },
        steps: Vec::new(),
        told: Vec::new(),
        luck: None,
        undecided: None,
    };
    if run.facts.is_old() {
        run.check_extensions_old();
    } else {
        run.check_extensions();
        run.check_levels();
    }
    let mut found: Vec<Fault> = Vec::new();
    for Located { fault, depth } in run.told {
        if depth == 1 && !found.contains(&fault) {
            found.push(fault);
        }
    }
    found
}
