//! Roots in no public programme: a company's own, a developer's, or a stranger's. Listed, so that each is known.

use crate::anchors::anchors;
use crate::check::{Check, Detail, Run, Scope, Severity, counted, with_count};
use crate::discover::Use;
use crate::format::x509;
use crate::model::{Certificate, Fingerprint, Slot, StoreId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "no-program",
    title: "a local root",
    severity: Severity::Info,
    about: "A client here takes a self-issued authority as an anchor that no programme castore has tables of ever held: a \
            local root, as companies and developers add them. It is no fault; it is told so that each is known to whoever \
            answers for the machine. Roots that left before the tables begin are listed too.",
    says: "https://www.ccadb.org/rootstores/how",
    since: None,
    remedy: "Know whose it is; remove it where nobody does.",
    run: Run::Whole(look),
};

/// A root with who has it and where.
struct Local<'s> {
    certificate: Arc<Certificate>,
    first: (StoreId, Slot),
    stores: BTreeSet<StoreId>,
    uses: Vec<&'s Use>,
}

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut roots: BTreeMap<Fingerprint, Local<'_>> = BTreeMap::new();
    for found in scope.uses.iter().filter(|found| !found.client.is_source) {
        for (fingerprint, anchor) in anchors(found, scope.snapshot).certificates {
            if !roots.contains_key(&fingerprint) && !is_local_root(scope, anchor.certificate) {
                continue;
            }
            let root = roots.entry(fingerprint).or_insert_with(|| Local {
                certificate: Arc::clone(anchor.certificate),
                first: (anchor.store.id.clone(), anchor.slot.clone()),
                stores: BTreeSet::new(),
                uses: Vec::new(),
            });
            root.stores.insert(anchor.store.id.clone());
            root.uses.push(found);
        }
    }
    let programs: Vec<String> = scope.facts.programs().iter().map(|program| program.name.clone()).collect();
    let detail = |root: Local<'_>| {
        let stores = root.stores.len();
        let (store, slot) = root.first;
        Detail {
            store: Some(store),
            slot: Some(slot),
            certificate: Some(root.certificate),
            clients: counted(root.uses).into_iter().map(with_count).collect(),
            expected: "a root of a public programme, or one whose owner is known".to_owned(),
            found: format!(
                "a root that is in none ({}){}",
                programs.join(", "),
                if stores == 1 { String::new() } else { format!(", in {stores} stores") }
            ),
            remedy: "know whose it is; remove it where nobody does".to_owned(),
            ..Detail::default()
        }
    };
    roots.into_values().map(detail).collect()
}

/// Whether this is a self-issued authority that no programme ever held and that is no known interceptor.
fn is_local_root(scope: &Scope<'_>, certificate: &Certificate) -> bool {
    certificate.is_self_issued()
        && scope.facts.standings(&certificate.fingerprint()).is_empty()
        && x509::details(certificate).is_ok_and(|details| details.is_ca(true))
        && scope.facts.interceptor(certificate).is_none()
}
