//! A private key among certificates: whoever reads the bundle has the key.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Body, Entry, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "private-key",
    title: "a private key stands in a trust store",
    severity: Severity::Error,
    about: "Trust stores are readable by everyone, copied into images and attached to tickets. A private key among \
            the certificates goes along. castore never prints, copies or exports it; only its place is told.",
    says: "https://www.rfc-editor.org/rfc/rfc7468#section-10",
    since: None,
    remedy: "Move the key to a file of its own that only its user can read. If others could read the store, have a \
             new key and certificate made.",
    run: Run::Entry(look),
};

fn look(_: &Scope<'_>, _: &Store, entry: &Entry) -> Option<Detail> {
    matches!(entry.body, Body::PrivateKey).then(|| Detail {
        expected: "certificates only".to_owned(),
        found: "a private key".to_owned(),
        remedy: "move the key to a file of its own that only its user can read; if others could read it, replace it"
            .to_owned(),
        ..Detail::default()
    })
}
