//! An intermediate put among the anchors instead of its root: it works in the clients that let any certificate
//! end a chain, and fails in the others.

use super::issuers::{Unrooted, unrooted};
use super::{Check, Detail, Run, Scope, Severity, counted, with_count};
use crate::catalogue::client::{Ends, Judge};
use crate::discover::Use;
use crate::model::{Fingerprint, StoreId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "intermediate-anchor",
    title: "an intermediate stands in for its root",
    severity: Severity::Warning,
    about: "Some verifiers end a chain at any certificate of their store (Go, Java, curl, GnuTLS, Python since 3.13), others at \
            a self-issued one alone (OpenSSL without -partial_chain, Node.js, Ruby, Python before 3.13). An intermediate \
            without its root divides the clients of one machine into those where it works and those where it does not.",
    says: "https://docs.openssl.org/3.0/man1/openssl-verification-options/",
    since: None,
    remedy: "Add the self-signed root that issued it, and let servers send the intermediate.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let ids: Vec<StoreId> = scope.stores.iter().cloned().collect();
    let (found, _) = unrooted(scope, &ids);
    let mut places: BTreeMap<(&StoreId, Fingerprint), Vec<&Unrooted<'_>>> = BTreeMap::new();
    for one in &found {
        let judges =
            one.found.is_some_and(|found| !matches!(found.client.judge, Judge::Nothing) && !found.client.is_source);
        if judges {
            places.entry((one.store, one.certificate.fingerprint())).or_default().push(one);
        }
    }
    places.into_values().filter_map(|ones| detail(&ones)).collect()
}

/// A place whose clients do not agree.
fn detail(ones: &[&Unrooted<'_>]) -> Option<Detail> {
    let takes_any = |found: &&Use| (found.client.ends)(&found.installation) == Ends::AnyCertificate;
    let (takers, refusers): (Vec<&Use>, Vec<&Use>) = ones.iter().filter_map(|one| one.found).partition(takes_any);
    let (first, _) = (ones.first()?, refusers.first()?);
    let names = |uses: &[&Use]| counted(uses.iter().copied()).into_iter().map(with_count).collect::<Vec<_>>();
    let (takers, refusers) = (names(&takers), names(&refusers));
    (!takers.is_empty()).then(|| Detail {
        store: Some(first.store.clone()),
        slot: Some(first.entry.slot.clone()),
        certificate: Some(Arc::clone(first.certificate)),
        expected: "a self-issued root, which every client takes".to_owned(),
        found: format!("an intermediate: {} end no chain with it, {} do", refusers.join(", "), takers.join(", ")),
        remedy: "add the root that issued it to the same store".to_owned(),
        clients: refusers,
        ..Detail::default()
    })
}
