//! What would no longer verify: certificates of the host that chain to a root that is to be removed.
//!
//! By name and key identifier, through the intermediates that some store holds; no signature is checked, since too
//! much is no harm here. A certificate that another root of the same key stands above is told all the same: where
//! that root is trusted too, nothing is lost.

use super::{Inspected, Need};
use crate::format::x509;
use crate::model::{Certificate, Entry, Fingerprint, StoreId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Certificates that are told for one root; a root of a public programme has some hundred below it in a store of
/// intermediates.
const TOLD: usize = 20;

/// What chains to which root.
#[derive(Debug, Default)]
pub(super) struct Needs {
    by_root: BTreeMap<Fingerprint, Vec<Need>>,
}

/// The certificates of a host that are no roots, by the name of their issuer.
type Issued<'s> = HashMap<&'s [u8], Vec<(&'s Arc<Certificate>, &'s StoreId)>>;

impl Needs {
    /// What chains to these roots.
    pub(super) fn of(inspected: Inspected<'_>, roots: &[Arc<Certificate>]) -> Self {
        let mut needs = Self::default();
        if roots.is_empty() {
            return needs;
        }
        let mut issued = Issued::new();
        let mut seen = BTreeSet::new();
        for store in inspected.snapshot.stores() {
            let issuers = store.entries.iter().filter_map(Entry::certificate).filter(|found| !found.is_self_issued());
            for certificate in issuers {
                if seen.insert(certificate.fingerprint())
                    && let Some(issuer) = certificate.issuer_der()
                {
                    issued.entry(issuer).or_default().push((certificate, &store.id));
                }
            }
        }
        for root in roots {
            needs.by_root.insert(root.fingerprint(), below(root, &issued));
        }
        needs
    }

    /// What chains to one of them.
    pub(super) fn of_root(&self, root: &Certificate) -> Vec<Need> {
        self.by_root.get(&root.fingerprint()).cloned().unwrap_or_default()
    }
}

fn below(root: &Arc<Certificate>, issued: &Issued<'_>) -> Vec<Need> {
    let mut found: Vec<Need> = Vec::new();
    let mut above = vec![root];
    while let Some(issuer) = above.pop() {
        let children = issuer.subject_der().and_then(|name| issued.get(name)).into_iter().flatten();
        for (certificate, store) in children.filter(|(certificate, _)| fits(issuer, certificate)) {
            if found.len() == TOLD {
                return found;
            }
            if !found.iter().any(|known| known.certificate == **certificate) {
                found.push(Need { certificate: Arc::clone(certificate), store: (*store).clone() });
                above.push(certificate);
            }
        }
    }
    found
}

/// Whether what a certificate says of its issuer's key speaks against this one.
fn fits(issuer: &Certificate, certificate: &Certificate) -> bool {
    let key = x509::details(issuer).ok().and_then(|details| details.subject_key_id.as_ref());
    let named = x509::details(certificate).ok().and_then(|details| details.authority_key_id.as_ref());
    key.zip(named).is_none_or(|(key, named)| key == named)
}
