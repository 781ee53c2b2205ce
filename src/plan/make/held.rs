//! How often each certificate stands in a store before and after an edit: what the edit did, and what it left.

use super::{Made, Root};
use crate::model::{Body, Certificate, Entry, Fingerprint, Note};
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often each certificate stands in a store.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<Fingerprint, usize>);

impl Counts {
    /// Of what is parsed already.
    pub fn of(entries: &[Entry]) -> Self {
        let mut counts = Self::default();
        entries.iter().filter_map(Entry::certificate).for_each(|found| counts.add(found.fingerprint()));
        counts
    }

    /// Of what a file was just read as.
    pub fn decoded<D: Borrow<[u8]>>(entries: &[Entry<D>]) -> Self {
        let mut counts = Self::default();
        for entry in entries {
            if let Body::Certificate(der) = &entry.body {
                counts.add(Fingerprint::of(der.borrow()));
            }
        }
        counts
    }

    fn add(&mut self, fingerprint: Fingerprint) {
        *self.0.entry(fingerprint).or_default() += 1;
    }

    fn get(&self, fingerprint: Fingerprint) -> usize {
        self.0.get(&fingerprint).copied().unwrap_or_default()
    }

    pub fn held(&self) -> BTreeSet<Fingerprint> {
        self.0.keys().copied().collect()
    }
}

impl Made {
    /// Tells what an edit did not add, since it is there, and what it did not take out, in the words of `stays`.
    pub fn compare(
        &mut self,
        (before, after): (&Counts, &Counts),
        (entries, lacking): (&[Entry], &[&Root]),
        losing: &[Arc<Certificate>],
        stays: &dyn Fn(Fingerprint) -> String,
    ) {
        for root in lacking {
            let count = before.get(root.fingerprint());
            if count > 0 && after.get(root.fingerprint()) == count {
                self.skipped.push((Arc::clone(&root.certificate), as_it_is(entries, &root.certificate)));
            }
        }
        for certificate in losing {
            let fingerprint = certificate.fingerprint();
            match (before.get(fingerprint), after.get(fingerprint)) {
                (_, 0) => {}
                (before, after) if after < before => self.notes.push(stays(fingerprint)),
                _ => self.stays.push((fingerprint, stays(fingerprint))),
            }
        }
    }
}

/// Why a root that is in a store is none for its reader.
fn as_it_is(entries: &[Entry], certificate: &Arc<Certificate>) -> String {
    let notes = entries.iter().filter(|entry| entry.certificate() == Some(certificate)).flat_map(|entry| &entry.notes);
    let label = notes.filter_map(|note| match note {
        Note::Label(label) => Some(label),
        _ => None,
    });
    match label.into_iter().next() {
        Some(label) => format!("it is there as {}, which not every reader takes", label.to_ascii_uppercase()),
        None => "it is there already, in a way that not every reader takes".to_owned(),
    }
}
