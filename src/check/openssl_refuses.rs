//! A bundle of which OpenSSL loads nothing, because one block in it is bad. Its default paths
//! say nothing about it: every handshake fails with "unable to get local issuer certificate".

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{OpensslLoad, Slot, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "openssl-refuses",
    title: "OpenSSL loads nothing from this file",
    severity: Severity::Error,
    about: "OpenSSL's file loader takes all of a file or nothing. One malformed block anywhere, or two blocks joined \
            on a line, and Python, Ruby, PHP and every other program on its default paths have no roots at all, \
            silently. Other readers keep the good blocks, so it works in some programs and not in others.",
    says: "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_file.c",
    since: None,
    remedy: "Repair or delete the block that is named, or write the bundle anew with castore export FILE --out \
             BUNDLE.",
    run: Run::Store(look),
};

fn look(_: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let Some(OpensslLoad::Refuses { because, line }) = &store.openssl else { return Vec::new() };
    let readable = store.entries.iter().filter(|entry| entry.certificate().is_some()).count();
    if readable == 0 {
        return Vec::new();
    }
    let block = store.entries.iter().map(|entry| &entry.slot).find(|slot| slot.line() == Some(*line));
    let slot = block.cloned().unwrap_or(Slot::Block(crate::model::Block { line: *line, offset: 0 }));
    vec![Detail {
        store: Some(store.id.clone()),
        slot: Some(slot),
        expected: if readable == 1 {
            "1 certificate loaded".to_owned()
        } else {
            format!("{readable} certificates loaded")
        },
        found: format!("none, because of line {line}: {because}"),
        remedy: "repair or delete that block; or write the bundle anew with castore export".to_owned(),
        ..Detail::default()
    }]
}
