//! The roots that stores shall hold: what sources have, less what nobody should add.

use super::{Only, Request};
use crate::facts::{By, Class};
use crate::format::x509;
use crate::model::{Certificate, Fingerprint, StoreId};
use crate::plan::{Inspected, Kept, Moved, NotAdded, merge};
use std::sync::Arc;

/// A root that stores shall hold.
#[derive(Debug, Clone)]
pub(super) struct Root {
    pub certificate: Arc<Certificate>,
    pub from: Vec<StoreId>,
    /// Whether it was named for itself.
    pub is_named: bool,
}

impl Root {
    pub fn fingerprint(&self) -> Fingerprint {
        self.certificate.fingerprint()
    }

    pub fn moved(&self) -> Moved {
        Moved { certificate: Arc::clone(&self.certificate), from: self.from.clone(), needed_by: Vec::new() }
    }
}

/// What is wanted, and what is not though a source has it.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// In the order of their subjects.
    pub wanted: Vec<Root>,
    pub left_out: Vec<NotAdded>,
}

impl Roots {
    pub fn of(inspected: Inspected<'_>, request: &Request<'_>) -> Self {
        let mut roots = Self::default();
        // What was named for itself first: it stands whatever a source says of the same.
        for (columns, is_named) in [(request.add, true), (request.from, false)] {
            let merged = merge(columns, request.include, request.at);
            for (kept, why) in merged.left_out {
                roots.leave(kept, why.because());
            }
            for kept in merged.kept {
                if roots.wanted.iter().any(|root| root.fingerprint() == kept.certificate.fingerprint()) {
                    continue;
                }
                match refusal(inspected, request, &kept, is_named) {
                    Some(because) => roots.leave(kept, because),
                    None => roots.wanted.push(Root { certificate: kept.certificate, from: kept.stores, is_named }),
                }
            }
        }
        roots
    }

    fn leave(&mut self, kept: Kept, because: String) {
        let (certificate, from) = (kept.certificate, kept.stores);
        if self.left_out.iter().any(|left| left.certificate == certificate && left.because == because) {
            return;
        }
        self.left_out.push(NotAdded { certificate, from, to: None, because });
    }

    /// The stores that a root comes from.
    pub fn from(&self, certificate: &Certificate) -> Vec<StoreId> {
        let root = self.wanted.iter().find(|root| root.fingerprint() == certificate.fingerprint());
        root.map(|root| root.from.clone()).unwrap_or_default()
    }
}

/// Why a root of a source does not count, beyond what an export leaves out.
fn refusal(inspected: Inspected<'_>, request: &Request<'_>, kept: &Kept, is_named: bool) -> Option<String> {
    let certificate = &kept.certificate;
    if !request.include.untrusted {
        if let Some(blocked) = inspected.facts.blocked(certificate).first() {
            return Some(format!("{} blocks it", blocked.by));
        }
        if let Some((known, By::Certificate)) = inspected.facts.interceptor(certificate)
            && known.class == Class::Leaked
        {
            return Some(format!("its private key is public: {}", known.what));
        }
    }
    if is_named || request.only == Only::All {
        return None;
    }
    if !certificate.is_self_issued() || !x509::details(certificate).is_ok_and(|details| details.is_ca(true)) {
        return Some("it is no root".to_owned());
    }
    let standings = inspected.facts.standings(&certificate.fingerprint());
    standings.first().map(|standing| format!("{} has or had it: it is a public root", standing.program.name))
}
