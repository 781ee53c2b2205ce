//! A PKCS#12 file: the certificates of one part change, keys and all other parts stay as they are.
//!
//! Java lists a certificate that has its own attribute, and of the others those in the chain of a private key. What
//! is added gets that attribute; what is in a chain goes only where the chain can do without it.

use super::{CannotEdit, Wanted, anchors, fingerprint, jks};
use crate::format::pkcs12::{Change, Frames};
use crate::format::{Decoding, Means, directory, x509};
use crate::model::{Body, Decoded, Integrity, Note, Slot, Trust, Untrusted};
use std::collections::HashSet;

/// What a file becomes.
pub(super) fn edit(old: &[u8], read: &Decoding, wanted: &Wanted<'_>) -> Result<Vec<u8>, CannotEdit> {
    let missing = wanted.missing(&anchors(read));
    jks::of_key(&read.entries, wanted)?;
    let stays = read.entries.iter().map(|entry| Ok(!is_cut(entry, wanted)?)).collect::<Result<Vec<_>, _>>()?;
    if missing.is_empty() && !stays.contains(&false) {
        return Ok(old.to_vec());
    }
    if !matches!(read.container.integrity, Integrity::Verified | Integrity::Unsealed) {
        return Err(CannotEdit::Password);
    }
    let means = Means { passwords: wanted.passwords, ..Means::default() };
    let frames = Frames::read(old, &means).map_err(CannotEdit::Layout)?.ok_or(CannotEdit::Password)?;
    if frames.bags() != stays.len() {
        return Err(CannotEdit::Layout("bags that are no entries".to_owned()));
    }
    let added = missing.iter().map(|certificate| (directory::subject(certificate), certificate.der())).collect();
    let change = Change { stays, added, aliases: aliases(&read.entries) };
    frames.changed(change).ok_or_else(|| CannotEdit::Layout("its encryption or its seal".to_owned()))
}

/// Whether an entry is cut out. One that a key's chain passes through stays, if it is no entry of its own; if it is,
/// it goes where it is the end of the chain, which servers need not send (RFC 8446, 4.4.2).
fn is_cut(entry: &Decoded, wanted: &Wanted<'_>) -> Result<bool, CannotEdit> {
    let Some(fingerprint) = fingerprint(entry).filter(|found| wanted.remove.contains(found)) else { return Ok(false) };
    let is_in_chain = entry.notes.iter().any(|note| matches!(note, Note::ChainOfKey(_)));
    let is_end = match &entry.body {
        Body::Certificate(der) => x509::read(der.clone()).is_self_issued(),
        _ => false,
    };
    match (is_in_chain, entry.trust == Trust::Trusted) {
        (false, _) => Ok(true),
        (true, false) => Ok(false),
        (true, true) if is_end => Ok(true),
        (true, true) => Err(CannotEdit::OfKey { fingerprint, alias: alias(entry).unwrap_or_default() }),
    }
}

fn alias(entry: &Decoded) -> Option<Untrusted> {
    match &entry.slot {
        Slot::Alias(alias) => Some(alias.clone()),
        _ => None,
    }
}

/// The aliases in use; Java numbers bags that have none (`getUnfriendlyName`, sun.security.pkcs12.PKCS12KeyStore).
fn aliases(entries: &[Decoded]) -> HashSet<String> {
    let numbers = (1..=entries.len()).map(|number| number.to_string());
    entries.iter().filter_map(alias).map(|alias| alias.raw().to_lowercase()).chain(numbers).collect()
}
