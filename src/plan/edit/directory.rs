//! A directory whose files are read by their extension, or all of them: a file for each certificate.
//!
//! Nothing here has an order and no name means anything. A file goes only where it holds nothing but what is to be
//! removed: what else is in it is another's.

use super::names::{Names, behind, leads_to, unused};
use super::{CannotEdit, Operation, Wanted, is_anchor, refusal};
use crate::format::{p11kit, pem};
use crate::model::{Certificate, Entry, Fingerprint, Listed, Store, Target, Trust};
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// What the files of a directory are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PEM.
    Pem,
    /// DER.
    Der,
    /// What p11-kit keeps its objects in; it says that the certificate is trusted.
    P11Kit,
}

impl Kind {
    fn write(self, certificate: &Certificate) -> Vec<u8> {
        match self {
            Self::Pem => pem::write(certificate.der(), &[]).into_bytes(),
            Self::Der => certificate.der().to_vec(),
            Self::P11Kit => p11kit::write(&[(certificate.der(), &Trust::Trusted)]).text.into_bytes(),
        }
    }
}

/// What is done to a directory: new files get the extension, without a dot; `takes` says which names its reader
/// takes.
pub fn directory(
    store: &Store,
    kind: Kind,
    extension: &str,
    takes: &dyn Fn(&OsStr) -> bool,
    wanted: &Wanted<'_>,
) -> Result<Vec<Operation>, CannotEdit> {
    refusal::readable(store)?;
    let there = anchors(store, takes);
    let mut names = Names::of(store);
    let mut operations = Vec::new();
    for certificate in wanted.missing(&there) {
        if let Some(found) = distrusted(store, certificate.fingerprint(), takes) {
            return Err(CannotEdit::Distrusts(found));
        }
        let name = unused(&names, certificate, extension);
        let write = Operation::Write { name, bytes: kind.write(certificate) };
        names.apply(&write);
        operations.push(write);
    }
    // A link goes before the file that it leads to.
    let is_file = |listed: &&Listed| listed.target == Target::File;
    let taken = || store.listed.iter().filter(|listed| takes(&listed.name));
    for listed in taken().filter(|listed| !is_file(listed)).chain(taken().filter(is_file)) {
        match leads_to(store, listed, wanted.remove) {
            (false, _) => {}
            (true, true) => return Err(CannotEdit::Shared(listed.name.clone())),
            (true, false) => operations.push(Operation::Remove { name: listed.name.clone() }),
        }
    }
    operations.iter().for_each(|operation| names.apply(operation));
    let (expected, found) = (wanted.applied_to(there), anchors(&names.store(), takes));
    if expected == found {
        return Ok(operations);
    }
    let (missing, more) = (expected.difference(&found).count(), found.difference(&expected).count());
    Err(CannotEdit::NotExact { missing, more })
}

fn taken<'s>(store: &'s Store, takes: &'s dyn Fn(&OsStr) -> bool) -> impl Iterator<Item = &'s Entry> {
    store.listed.iter().filter(|listed| takes(&listed.name)).flat_map(|listed| behind(store, listed))
}

fn anchors(store: &Store, takes: &dyn Fn(&OsStr) -> bool) -> BTreeSet<Fingerprint> {
    let entries = taken(store, takes).filter(|entry| is_anchor(entry));
    entries.filter_map(|entry| Some(entry.certificate()?.fingerprint())).collect()
}

fn distrusted(store: &Store, wanted: Fingerprint, takes: &dyn Fn(&OsStr) -> bool) -> Option<Fingerprint> {
    let mut found = taken(store, takes).filter(|entry| entry.trust.distrusts_server());
    found.find_map(|entry| entry.certificate().map(|one| one.fingerprint()).filter(|one| *one == wanted))
}
