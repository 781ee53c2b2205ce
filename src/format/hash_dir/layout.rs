//! A hash directory as `openssl rehash` makes one: files of PEM, and links by subject hash.

use super::{subject_hash, subject_hash_old};
use crate::format::directory::{self, File};
use crate::format::pem;
use crate::limits;
use crate::model::{Certificate, Fingerprint};
use std::collections::BTreeMap;

/// Which hashes lead to a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashes {
    /// The hash of OpenSSL since 1.0.0: what `openssl rehash` makes.
    New,
    /// That of before 1.0.0: `openssl rehash -old`.
    Old,
    /// Both, as c_rehash, `openssl rehash -compat` and p11-kit make them.
    Both,
}

/// A hash directory, to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Files, by their names.
    pub files: Vec<File>,
    /// Symbolic links: their names, and the files beside them that they lead to. Where there are no
    /// links, copies do.
    pub links: Vec<(String, String)>,
    /// Certificates to which no name leads: their subject cannot be read, or more than
    /// [`limits::HASH_COLLISIONS`] share its hash. They have files all the same.
    pub unlinked: Vec<Fingerprint>,
}

/// Lays out certificates, each once. Those with one hash count up in the order of their file names, as
/// `openssl rehash` has it.
#[must_use]
pub fn layout(certificates: &[&Certificate], hashes: Hashes) -> Layout {
    let mut layout = Layout::default();
    let mut taken: BTreeMap<u32, u32> = BTreeMap::new();
    for (name, certificate) in directory::named(certificates, "pem") {
        layout.files.push((name.clone(), pem::write(certificate.der(), &[]).into_bytes()));
        let mut linked = false;
        for hash in both(certificate, hashes).into_iter().flatten() {
            let index = taken.entry(hash).or_default();
            if *index < limits::HASH_COLLISIONS {
                layout.links.push((format!("{hash:08x}.{index}"), name.clone()));
                *index += 1;
                linked = true;
            }
        }
        if !linked {
            layout.unlinked.push(certificate.fingerprint());
        }
    }
    layout.links.sort();
    layout
}

/// The hashes that lead to a certificate, each once.
fn both(certificate: &Certificate, hashes: Hashes) -> [Option<u32>; 2] {
    let Some(subject) = certificate.subject_der() else { return [None, None] };
    let new = subject_hash(subject).filter(|_| hashes != Hashes::Old);
    let old = Some(subject_hash_old(subject)).filter(|_| hashes != Hashes::New);
    [new, old.filter(|_| old != new)]
}
