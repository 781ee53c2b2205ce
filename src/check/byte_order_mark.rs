//! A byte order mark before BEGIN: what editors of Windows put there, and half of all readers stumble over in silence.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Entry, Note, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "byte-order-mark",
    title: "a byte order mark stands before a certificate",
    severity: Severity::Warning,
    about: "A file saved as \"UTF-8 with BOM\" has three octets before its first BEGIN, and so has what cat made of such \
            files. OpenSSL 3 and GnuTLS read the block behind them. Go, rustls, Bun and what else is made with BoringSSL, and \
            OpenSSL before 3.0 go past it without a word: the certificate is in the file, and they do not trust it.",
    says: "https://github.com/openssl/openssl/pull/10112",
    since: None,
    remedy: "Take the mark away (sed -i 's/^\\xEF\\xBB\\xBF//' FILE), or write the file anew with castore export.",
    run: Run::Store(look),
};

fn look(_: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let is_marked = |entry: &&Entry| {
        let has = |note: &Note| entry.notes.contains(note);
        entry.certificate().is_some() && has(&Note::ByteOrderMark) && !has(&Note::Utf16)
    };
    let detail = |entry: &Entry| Detail {
        store: Some(store.id.clone()),
        slot: Some(entry.slot.clone()),
        certificate: entry.certificate().cloned(),
        expected: "BEGIN at the beginning of its line".to_owned(),
        found: "a byte order mark before it".to_owned(),
        remedy: "take the mark away, or write the file anew with castore export".to_owned(),
        ..Detail::default()
    };
    store.entries.iter().filter(is_marked).map(detail).collect()
}
