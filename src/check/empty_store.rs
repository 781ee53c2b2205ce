//! A file in use that holds no certificate: an image built before its bundle was filled, a
//! mount over it, a script that wrote nothing. Programs start, and every handshake fails.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Format, Reading, Store, StoreId};

/// The row.
pub const CHECK: Check = Check {
    id: "empty-store",
    title: "a file in use holds no certificate",
    severity: Severity::Error,
    about: "A bundle is there, was read in full, and holds no certificate. OpenSSL's default paths say nothing about it \
            and trust nothing; curl and requests stop with an error when it is named. A directory may be empty where a \
            bundle stands beside it, so directories are left alone.",
    says: "https://docs.openssl.org/3.0/man3/SSL_CTX_load_verify_locations/",
    since: None,
    remedy: "Fill it again: with the system's refresh command, by installing its package anew, or with castore \
             export.",
    run: Run::Store(look),
};

fn look(_: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let is_file = matches!(store.id, StoreId::Path(_)) && store.format != Format::Directory;
    let is_empty = store.reading == Reading::Whole && store.entries.iter().all(|entry| entry.certificate().is_none());
    if !is_file || !is_empty {
        return Vec::new();
    }
    vec![Detail {
        store: Some(store.id.clone()),
        expected: "at least one certificate".to_owned(),
        found: match store.entries.len() {
            0 => "none".to_owned(),
            others => format!("none among its {others} entries"),
        },
        remedy: "fill it again: with the system's refresh command, by installing its package anew, or by what made it"
            .to_owned(),
        ..Detail::default()
    }]
}
