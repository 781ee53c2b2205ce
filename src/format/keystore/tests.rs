//! What the keystores that tests make by hand have in common, and what is said of an entry read.

use crate::model::{Body, Decoded, Slot};

pub(crate) fn utf(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text].concat()
}

pub(crate) fn block(octets: &[u8]) -> Vec<u8> {
    [&(octets.len() as u32).to_be_bytes(), octets].concat()
}

/// A certificate behind the name of its type.
pub(crate) fn typed(kind: &str, der: &[u8]) -> Vec<u8> {
    [utf(kind.as_bytes()), block(der)].concat()
}

pub(crate) fn said(entry: &Decoded) -> String {
    let Slot::Alias(alias) = &entry.slot else { panic!("{entry:?}") };
    let body = match &entry.body {
        Body::Certificate(_) => "certificate",
        Body::PrivateKey => "private key",
        Body::Other(_) => "other",
        other => panic!("{other:?}"),
    };
    format!("{} {body} {:?} {:?}", alias.raw(), entry.trust, entry.notes)
}
