//! A store that is one file: its new octets, read again before they are a step.

use super::{After, Made, Refusal, Root, Work, was};
use crate::format::{Means, decode_with};
use crate::model::{Body, Certificate, Fingerprint, StoreId, Unreadable};
use crate::plan::Step;
use crate::plan::edit::{self, CannotEdit, Edited, Wanted};
use crate::plan::target::Goal;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Permission bits of a new file of certificates: everybody reads it.
pub(super) const MODE: u32 = 0o644;

impl<'a> Work<'a> {
    pub(super) fn file(&self, goal: &Goal<'a>, lacking: &[&'a Root]) -> Result<(Made, After), Refusal> {
        let (StoreId::Path(path), Some(store)) = (&goal.target.store, goal.store) else {
            return Err(unread(&Unreadable::Absent));
        };
        let host = self.inspected.host;
        let old = was::file(host, path).map_err(|why| unread(&why))?;
        let passwords = host.passwords_to_try();
        let decoded = |bytes: &[u8]| -> BTreeSet<Fingerprint> {
            let means = Means { passwords: &passwords, bounds: host.bounds, ..Means::default() };
            let entries = decode_with(bytes, &means).entries;
            let der = entries.iter().filter_map(|entry| match &entry.body {
                Body::Certificate(der) => Some(Fingerprint::from_bytes(Sha256::digest(der).into())),
                _ => None,
            });
            der.collect()
        };
        if decoded(&old.bytes) != super::held(store) {
            return Err(unread(&Unreadable::Changed));
        }
        let add: Vec<Arc<Certificate>> = lacking.iter().map(|root| Arc::clone(&root.certificate)).collect();
        let wanted = Wanted { add: &add, remove: self.remove, passwords: &passwords, at: self.request.at };
        let mut made = Made::default();
        let after = match edit::file(store.format, &old.bytes, &wanted).map_err(|why| cannot(&why))? {
            Edited::Same => decoded(&old.bytes),
            Edited::Bytes(bytes) => {
                let after = decoded(&bytes);
                made.steps.push(Step::Write { path: old.path, bytes, was: old.was, mode: MODE });
                after
            }
        };
        for removed in self.remove.iter().filter(|removed| after.contains(removed)) {
            made.notes.push(format!("certificate {} stays in the chain of a private key", removed.short()));
        }
        Ok((made, After::Exactly(after)))
    }
}

/// A store that castore's editor leaves alone.
pub(super) fn cannot(why: &CannotEdit) -> Refusal {
    (why.to_string(), why.instead().map(str::to_owned))
}

/// A file that cannot be read now.
pub(super) fn unread(why: &Unreadable) -> Refusal {
    let instead = match why {
        Unreadable::Changed => "make the plan again",
        Unreadable::Denied => "run castore as a user who may read it",
        _ => return (format!("it cannot be read: {why}"), None),
    };
    (format!("it cannot be read: {why}"), Some(instead.to_owned()))
}
