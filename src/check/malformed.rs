//! Entries that should be certificates and cannot be read. castore reads their neighbours; other
//! readers drop the whole file.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Body, Entry, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "malformed",
    title: "an entry cannot be read",
    severity: Severity::Error,
    about: "A block or file that should hold a certificate does not. Go and rustls skip it, OpenSSL refuses every \
            certificate of the file, curl and requests stop with an error.",
    says: "https://www.rfc-editor.org/rfc/rfc7468#section-5",
    since: None,
    remedy: "Put the certificate in the place of the block, or delete the block. Where the certificate itself is \
             broken, its issuer has to issue another.",
    run: Run::Entry(look),
};

fn look(_: &Scope<'_>, _: &Store, entry: &Entry) -> Option<Detail> {
    let (why, remedy) = match &entry.body {
        Body::Malformed(why) => (&**why, "replace the block with the certificate, or delete it"),
        Body::Certificate(certificate) => {
            (certificate.outline().err()?, "the certificate itself is broken: ask its issuer for another")
        }
        _ => return None,
    };
    let at = why.offset.map_or_else(String::new, |offset| format!(" at offset {offset}"));
    Some(Detail {
        expected: why.expected.to_owned(),
        found: format!("{}{at}", why.found.raw()),
        remedy: remedy.to_owned(),
        ..Detail::default()
    })
}
