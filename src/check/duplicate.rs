//! The same certificate twice in one file: a bundle that was appended to again and again.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Fingerprint, Slot, Store};
use std::collections::HashMap;

/// The row.
pub const CHECK: Check = Check {
    id: "duplicate",
    title: "a certificate stands twice in a store",
    severity: Severity::Info,
    about: "The same certificate, octet for octet, stands more than once in one file. No reader minds but Python, \
            whose ssl module needs time with the square of their number; it is a sign of a script that appends at \
            every run.",
    says: "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/x509_lu.c",
    since: None,
    remedy: "Delete the later copy, and look for the script that appends at every run.",
    run: Run::Store(look),
};

fn look(_: &Scope<'_>, store: &Store) -> Vec<Detail> {
    // In a directory a file and its hash link are the same certificate by design.
    if !store.listed.is_empty() {
        return Vec::new();
    }
    let mut first: HashMap<Fingerprint, &Slot> = HashMap::new();
    let mut details = Vec::new();
    for entry in &store.entries {
        let Some(certificate) = entry.certificate() else { continue };
        match first.get(&certificate.fingerprint()) {
            None => {
                first.insert(certificate.fingerprint(), &entry.slot);
            }
            Some(earlier) => details.push(Detail {
                store: Some(store.id.clone()),
                slot: Some(entry.slot.clone()),
                certificate: Some(certificate.clone()),
                expected: "each certificate once".to_owned(),
                found: earlier.line().map_or("another".to_owned(), |line| format!("the same at line {line}")),
                remedy: "delete the later copy".to_owned(),
                ..Detail::default()
            }),
        }
    }
    details
}
