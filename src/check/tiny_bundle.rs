//! One or two certificates where all public roots should be, with no override that says so: a volume mounted over
//! the system's bundle, a script that wrote with `>` and meant `>>`.

use super::{Check, Detail, Run, Scope, Severity};
use crate::discover::{Candidate, Named};
use crate::model::{Fingerprint, Format, Reading, Store, StoreId};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "tiny-bundle",
    title: "a bundle of public roots holds one or two",
    severity: Severity::Error,
    about: "The place is that of all public roots, some 120 to 150, and one or two are there: a bundle with the company's \
            root alone was mounted or written over it. Every server outside the company fails, with an error that speaks \
            of the server's certificate.",
    says: "https://curl.se/docs/sslcerts.html",
    since: None,
    remedy: "Make the bundle again with the system's refresh command or by installing its package anew, and add your own root \
             as an anchor beside the public ones.",
    run: Run::Whole(look),
};

/// As many make a bundle tiny.
const FEW: usize = 2;

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut seen: BTreeSet<&StoreId> = BTreeSet::new();
    let of_public = scope.uses.iter().filter(|found| found.client.roots.are_public());
    let own = |candidate: &&Candidate| candidate.named == Named::BuiltIn;
    for candidate in of_public.flat_map(|found| found.effective()).filter(own) {
        seen.extend(&candidate.store);
    }
    let stores = seen.into_iter().filter_map(|id| scope.snapshot.store(id));
    stores.filter_map(detail).collect()
}

fn detail(store: &Arc<Store>) -> Option<Detail> {
    let is_file = matches!(store.id, StoreId::Path(_)) && store.format != Format::Directory;
    let entries = store.entries.iter().filter_map(|entry| entry.certificate());
    let held: HashSet<Fingerprint> = entries.map(|certificate| certificate.fingerprint()).collect();
    if !is_file || store.reading != Reading::Whole || !(1..=FEW).contains(&held.len()) {
        return None;
    }
    Some(Detail {
        store: Some(store.id.clone()),
        certificate: store.entries.iter().find_map(|entry| entry.certificate()).filter(|_| held.len() == 1).cloned(),
        expected: "public roots, some 120 to 150".to_owned(),
        found: if held.len() == 1 { "one certificate".to_owned() } else { format!("{} certificates", held.len()) },
        remedy:
            "make it again with the system's refresh command or by installing its package anew, and add the root as an \
                 anchor beside the public ones"
                .to_owned(),
        ..Detail::default()
    })
}
