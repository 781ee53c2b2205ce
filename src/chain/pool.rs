//! The anchors of one client in the order in which it meets them.
//!
//! [`crate::anchors`] says which certificates count; here they get their order back, because a verifier
//! that follows one path takes the first that fits.

use super::member::Member;
use super::{Held, Pool, Trusted};
use crate::anchors::{Anchors, beside_empty};
use crate::discover::Use;
use crate::load::Snapshot;
use crate::model::{Certificate, Fingerprint, ForServers, Store, Trust};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Certificates read for verifying, each distinct one once: the stores of a machine repeat them.
#[derive(Debug, Default)]
pub struct Members {
    read: HashMap<Fingerprint, Option<Arc<Member>>>,
}

impl Members {
    /// The certificate as verifiers read it; `None` where none of them can decode it.
    pub fn get(&mut self, certificate: &Arc<Certificate>) -> Option<Arc<Member>> {
        let read = || Member::new(Arc::clone(certificate)).ok().map(Arc::new);
        self.read.entry(certificate.fingerprint()).or_insert_with(read).clone()
    }
}

impl Pool {
    /// What the installation of `found` has: its stores in the order of its rule, and each in its own.
    #[must_use]
    pub fn of(found: &Use, anchors: &Anchors<'_>, snapshot: &Snapshot, members: &mut Members) -> Self {
        let mut seen = HashSet::new();
        let mut pool = Self::default();
        let looked_at = found.effective().chain(beside_empty(found, anchors));
        let stores = looked_at.filter_map(|candidate| snapshot.store(candidate.store.as_ref()?));
        for store in stores {
            for entry in &store.entries {
                let Some(certificate) = entry.certificate() else { continue };
                let Some(anchor) = anchors.certificates.get(&certificate.fingerprint()) else { continue };
                if !Arc::ptr_eq(anchor.store, store) || *anchor.slot != entry.slot {
                    continue;
                }
                if seen.insert(certificate.fingerprint())
                    && let Some(member) = members.get(certificate)
                {
                    let place = Some((Arc::clone(store), entry.slot.clone()));
                    let trust = Trusted::of(anchor.trust);
                    pool.anchors.push(Held { member, place, ends_chain: anchor.ends_chain, trust });
                }
            }
        }
        pool
    }
}

impl Pool {
    /// A store as the only one, every certificate of which may end a path.
    #[must_use]
    pub fn only(store: &Arc<Store>, members: &mut Members) -> Self {
        let certificates = store.entries.iter().filter_map(|entry| Some((entry, entry.certificate()?)));
        let anchors = certificates.filter_map(|(entry, certificate)| {
            let member = members.get(certificate)?;
            let place = Some((Arc::clone(store), entry.slot.clone()));
            Some(Held { member, place, ends_chain: true, trust: Trusted::of(&entry.trust) })
        });
        Self { anchors: anchors.collect() }
    }
}

impl Trusted {
    /// What the words of a store come to for TLS servers.
    #[must_use]
    pub fn of(trust: &Trust) -> Self {
        match (trust, trust.for_servers()) {
            (_, ForServers::Refused | ForServers::OtherPurposes) => Self::Rejected,
            // An absent list of trusted purposes says nothing (`obj_trust`, crypto/x509/x509_trust.c).
            (Trust::Purposes(purposes), ForServers::Open) if purposes.trust.is_some() => Self::Yes,
            (_, ForServers::Open) => Self::Unstated,
        }
    }
}
