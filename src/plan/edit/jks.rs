//! A Java keystore: entries of certificates are appended and cut out, all others are copied as they are.
//!
//! The digest at the end is made anew with the password it was made with, which is known only if the old digest fits:
//! with another one Java would call the keystore tampered with.

use super::{CannotEdit, Wanted, anchors, fingerprint, refusal};
use crate::format::jks::{Change, Frames};
use crate::format::{Decoding, directory};
use crate::model::{Decoded, Integrity, Note, Slot, Untrusted};

/// What a keystore becomes.
pub(super) fn edit(old: &[u8], read: &Decoding, wanted: &Wanted<'_>) -> Result<Vec<u8>, CannotEdit> {
    let missing = wanted.missing(&anchors(read));
    let is_removed =
        |entry: &Decoded| fingerprint(entry).is_some_and(|fingerprint| wanted.remove.contains(&fingerprint));
    if missing.is_empty() && !read.entries.iter().any(is_removed) {
        return Ok(old.to_vec());
    }
    of_key(&read.entries, wanted)?;
    let frames = Frames::read(old).map_err(|gap| refusal::unread(&gap))?;
    if frames.is_refused {
        return Err(CannotEdit::NotOpened("it has an entry that Java cannot read"));
    }
    if read.container.integrity != Integrity::Verified {
        return Err(CannotEdit::Password);
    }
    let stays = |entries: &[Decoded], is_certificate: bool| !is_certificate || !entries.iter().any(is_removed);
    let change = Change {
        stays: frames
            .all
            .iter()
            .map(|frame| stays(read.entries.get(frame.entries.clone()).unwrap_or_default(), frame.is_certificate))
            .collect(),
        added: missing.iter().map(|certificate| (directory::subject(certificate), certificate.der())).collect(),
        at: wanted.at,
    };
    if change.added.is_empty() && !change.stays.contains(&false) {
        return Ok(old.to_vec());
    }
    frames.changed(&change, wanted.passwords).ok_or(CannotEdit::Password)
}

/// Refuses to remove the certificate of a private key: Java takes the first of a chain for an anchor
/// (`getTrustedCerts`, sun.security.validator.TrustStoreUtil), and it goes with its key alone.
pub(super) fn of_key(entries: &[Decoded], wanted: &Wanted<'_>) -> Result<(), CannotEdit> {
    for entry in entries.iter().filter(|entry| entry.notes.contains(&Note::ChainOfKey(0))) {
        if let Some(fingerprint) = fingerprint(entry).filter(|found| wanted.remove.contains(found)) {
            let alias = match &entry.slot {
                Slot::Alias(alias) => alias.clone(),
                _ => Untrusted::default(),
            };
            return Err(CannotEdit::OfKey { fingerprint, alias });
        }
    }
    Ok(())
}
