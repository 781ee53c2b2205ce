//! What a store's files become: their old octets, the certificates to add and the ones to remove, to new octets.
//!
//! Pure, and as little as possible: what is not the certificates that were asked for stays octet for octet, the
//! comments of a bundle, the order of a keystore, the private keys in it. Whatever a format's own function makes is
//! then read again; where that is not exactly what was there, with what was to be added and without what
//! was to be removed, nothing is made at all.
//!
//! | file | what it changes |
//! |---|---|
//! | `pem` | a bundle: blocks behind the last one, blocks and their own comments cut out |
//! | `jks` | a Java keystore: entries appended and cut out, the digest made anew |
//! | `pkcs12` | a PKCS#12 file: the bags of one part, which is encrypted as before, and the seal |
//! | `hash_dir` | a directory that OpenSSL looks into by hash: files and links, without a gap |
//! | `directory` | a directory whose every file is read |
//! | `names` | a directory on which operations are tried |
//! | `refusal` | what cannot be changed here, why, and what to do |

mod directory;
mod hash_dir;
mod jks;
mod names;
mod pem;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod refusal;

pub use directory::{Kind, directory};
pub use hash_dir::hash_directory;
pub use refusal::CannotEdit;

use crate::format::{Decoding, Means, decode_with};
use crate::model::{
    Body, Certificate, Decoded, Entry, Fingerprint, Format, Note, OpensslLoad, Password, Store, Timestamp, Trust,
};
use names::Names;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;

/// What is wanted of a store.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Certificates that it shall hold, as anchors. One that is to be removed too is removed.
    pub add: &'a [Arc<Certificate>],
    /// Certificates that it shall not hold as anchors.
    pub remove: &'a BTreeSet<Fingerprint>,
    /// Passwords that may be the store's, beside `changeit` and the empty one.
    pub passwords: &'a [Password],
    /// The time that new entries say they were made at.
    pub at: Timestamp,
}

impl<'a> Wanted<'a> {
    /// What is to be added and is not there yet, each once.
    fn missing(self, there: &BTreeSet<Fingerprint>) -> Vec<&'a Arc<Certificate>> {
        let mut seen = BTreeSet::new();
        let is_new = |certificate: &&Arc<Certificate>| {
            let found = certificate.fingerprint();
            !there.contains(&found) && !self.remove.contains(&found) && seen.insert(found)
        };
        self.add.iter().filter(is_new).collect()
    }

    /// What holds these anchors shall hold.
    fn applied_to(self, mut anchors: BTreeSet<Fingerprint>) -> BTreeSet<Fingerprint> {
        anchors.extend(self.add.iter().map(|certificate| certificate.fingerprint()));
        anchors.retain(|anchor| !self.remove.contains(anchor));
        anchors
    }
}

/// What a file becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// These octets.
    Bytes(Vec<u8>),
    /// It is what it should be.
    Same,
}

/// One change to a directory, by names in it. They are made in their order: whoever looks a certificate up meanwhile
/// finds it, if it was there before and is afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A regular file gets these octets: it is new, or one that is there.
    Write {
        /// Its name.
        name: OsString,
        /// What it holds then.
        bytes: Vec<u8>,
    },
    /// A symbolic link leads there: it is new, or one that is there.
    Link {
        /// Its name.
        name: OsString,
        /// What is written in it.
        to: OsString,
    },
    /// A regular file or a link goes.
    Remove {
        /// Its name.
        name: OsString,
    },
}

impl Operation {
    /// The name that it changes.
    #[must_use]
    pub fn name(&self) -> &OsString {
        match self {
            Self::Write { name, .. } | Self::Link { name, .. } | Self::Remove { name } => name,
        }
    }
}

/// The directory that operations leave, with the files that they leave alone.
#[must_use]
pub fn after(store: &Store, operations: &[Operation]) -> Store {
    let mut names = Names::of(store);
    operations.iter().for_each(|operation| names.apply(operation));
    names.store()
}

/// What a file in this format becomes. One that is empty, or all comments, is one of PEM.
pub fn file(format: Format, old: &[u8], wanted: &Wanted<'_>) -> Result<Edited, CannotEdit> {
    let read = reading(old, wanted);
    let is_blank = matches!(read.format, Format::Empty | Format::Unknown) && pem::is_blank(old);
    let edit = match (format, read.format) {
        (Format::Pem | Format::Empty | Format::Unknown, _) if is_blank => pem::edit,
        (Format::Pem, Format::Pem) => pem::edit,
        (Format::Der, Format::Der) => return der(old, wanted),
        (Format::Jks | Format::Jceks, Format::Jks | Format::Jceks) => jks::edit,
        #[cfg(feature = "pkcs12")]
        (Format::Pkcs12, Format::Pkcs12) => pkcs12::edit,
        (_, found) => return Err(CannotEdit::Format(found)),
    };
    if let Some(gap) = read.gaps.first() {
        return Err(refusal::unread(gap));
    }
    let new = edit(old, &read, wanted)?;
    if new == old {
        return Ok(Edited::Same);
    }
    proven(&read, &reading(&new, wanted), wanted)?;
    Ok(Edited::Bytes(new))
}

/// One certificate is a file of DER: nothing can be added to it, and it cannot be emptied.
fn der(old: &[u8], wanted: &Wanted<'_>) -> Result<Edited, CannotEdit> {
    let anchors = anchors(&reading(old, wanted));
    if wanted.applied_to(anchors.clone()) == anchors { Ok(Edited::Same) } else { Err(CannotEdit::OneCertificate) }
}

fn reading(bytes: &[u8], wanted: &Wanted<'_>) -> Decoding {
    decode_with(bytes, &Means { passwords: wanted.passwords, ..Means::default() })
}

fn fingerprint(entry: &Decoded) -> Option<Fingerprint> {
    match &entry.body {
        Body::Certificate(der) => Some(Fingerprint::of(der)),
        _ => None,
    }
}

/// Whether whoever reads the store takes an entry of it for an anchor: it is listed, not for a key's sake alone, and
/// nothing speaks against it.
#[must_use]
pub fn is_anchor<C>(entry: &Entry<C>) -> bool {
    let is_unlisted = |note: &Note| match note {
        Note::NotListed(_) | Note::SameAlias => true,
        Note::Label(label) => !pem::is_loaded(label),
        _ => false,
    };
    matches!(entry.body, Body::Certificate(_))
        && entry.trust != Trust::Present
        && entry.trust.allows_server()
        && !entry.notes.iter().any(is_unlisted)
}

/// The anchors of a file that its readers see.
fn anchors(read: &Decoding) -> BTreeSet<Fingerprint> {
    let is_missed = |entry: usize| read.openssl.as_ref().is_some_and(|load| load.misses(entry));
    let seen = read.entries.iter().enumerate().filter(|(index, entry)| is_anchor(entry) && !is_missed(*index));
    seen.filter_map(|(_, entry)| fingerprint(entry)).collect()
}

/// Those that are there, whoever sees them.
fn hidden_too(read: &Decoding) -> BTreeSet<Fingerprint> {
    read.entries.iter().filter(|entry| is_anchor(entry)).filter_map(fingerprint).collect()
}

/// Holds what a changed store is read as against what was wanted of it. What a broken block before it hid may be seen
/// when that is gone.
fn proven(old: &Decoding, new: &Decoding, wanted: &Wanted<'_>) -> Result<(), CannotEdit> {
    let (expected, found) = (wanted.applied_to(anchors(old)), anchors(new));
    let most = wanted.applied_to(hidden_too(old));
    // In a key's chain one may stay that is no anchor.
    let is_of_key = |entry: &Decoded| entry.notes.iter().any(|note| matches!(note, Note::ChainOfKey(_)));
    let is_left =
        |entry: &Decoded| !is_of_key(entry) && fingerprint(entry).is_some_and(|found| wanted.remove.contains(&found));
    let others = |read: &Decoding| read.entries.iter().filter(|entry| fingerprint(entry).is_none()).count();
    let is_refused = |read: &Decoding| read.openssl.as_ref().map(OpensslLoad::is_refused);
    let is_lost = is_refused(old) == Some(false) && is_refused(new) == Some(true);
    let is_whole = new.gaps.is_empty() && !new.entries.iter().any(is_left);
    if expected.is_subset(&found) && found.is_subset(&most) && others(old) == others(new) && !is_lost && is_whole {
        return Ok(());
    }
    let (missing, more) = (expected.difference(&found).count(), found.difference(&most).count());
    Err(CannotEdit::NotExact { missing, more })
}

#[cfg(test)]
pub(super) mod tests;
