//! From stores to anchors: the certificates one installation would accept as the end of a chain.
//!
//! This is the one answer that `list`, `which`, `diff` and `check` share. The same directory
//! means different sets to different clients, and one bad block empties a file for one reader
//! and not for another; so every certificate that does not count carries the reason.

mod distrust;
mod keystore;
mod looks;
mod overlooked;
mod reason;
mod sources;
mod spoilt;
mod taking;

use crate::catalogue::client::{JSSE, Look, Then};
use crate::discover::{Candidate, Outcome, Use};
use crate::load::Snapshot;
use crate::model::{Certificate, Entry, Fingerprint, Format, OpensslLoad, Reading, Slot, Store, StoreId, Trust};
use distrust::{block, overrule};
use keystore::refused;
pub use keystore::{Opened, Refused, knows_sha256, opened, resealed};
use looks::{is_bad, refusal};
use overlooked::{is_gnutls, sees_none};
pub use reason::Reason;
pub use sources::{brings_shipped, is_read_in_full, is_shipped, taken_out_by};
use spoilt::Spoilt;
pub use spoilt::{Lost, lost_by_gnutls};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use taking::Taking;

/// What one installation trusts.
#[derive(Debug, Clone, Default)]
pub struct Anchors<'s> {
    /// Every certificate that counts, once, by fingerprint.
    pub certificates: BTreeMap<Fingerprint, Anchor<'s>>,
    /// What is in its stores and does not count, with the reason.
    pub left_out: Vec<LeftOut<'s>>,
}

/// A certificate that counts.
#[derive(Debug, Clone, Copy)]
pub struct Anchor<'s> {
    /// The certificate.
    pub certificate: &'s Arc<Certificate>,
    /// The first store it was found in.
    pub store: &'s Arc<Store>,
    /// Where in it.
    pub slot: &'s Slot,
    /// What the store says of it.
    pub trust: &'s Trust,
    /// Whether a chain may end with it, or it only helps to reach another.
    pub ends_chain: bool,
}

/// A certificate or block that does not count.
#[derive(Debug, Clone)]
pub struct LeftOut<'s> {
    /// The store.
    pub store: &'s Arc<Store>,
    /// Where in it.
    pub slot: &'s Slot,
    /// The certificate, where it is one.
    pub certificate: Option<&'s Arc<Certificate>>,
    /// Why it does not count.
    pub because: Reason,
}

/// What the installation of `found` trusts, of the stores in `snapshot`.
#[must_use]
pub fn anchors<'s>(found: &Use, snapshot: &'s Snapshot) -> Anchors<'s> {
    let mut anchors = Anchors::default();
    let mut taking = Taking::new(found, snapshot);
    for candidate in found.effective() {
        taking.take(&mut anchors, candidate);
    }
    for candidate in beside_empty(found, &anchors) {
        taking.take(&mut anchors, candidate);
    }
    overrule(&mut anchors, found, snapshot);
    block(&mut anchors, found, snapshot);
    let counted: HashSet<Fingerprint> = anchors.certificates.keys().copied().collect();
    anchors.left_out.retain(|left| left.certificate.is_none_or(|c| !counted.contains(&c.fingerprint())));
    if stops(found, snapshot).is_some() {
        let unused = std::mem::take(&mut anchors.certificates).into_values().map(|anchor| LeftOut {
            store: anchor.store,
            slot: anchor.slot,
            certificate: Some(anchor.certificate),
            because: Reason::Stops,
        });
        anchors.left_out.extend(unused);
    }
    anchors
}

/// The places that are looked at too, since nothing came from the one before.
pub fn beside_empty<'u>(found: &'u Use, anchors: &Anchors<'_>) -> Vec<&'u Candidate> {
    let is_empty = |candidate: &Candidate| {
        let id = candidate.store.as_ref();
        candidate.outcome == Outcome::Used && anchors.certificates.values().all(|anchor| Some(&anchor.store.id) != id)
    };
    let pairs = found.candidates.iter().zip(found.candidates.iter().skip(1));
    let shadowed = pairs.filter(|(_, next)| next.leaf.if_empty && next.outcome == Outcome::Shadowed);
    shadowed.filter(|(before, _)| is_empty(before)).map(|(_, next)| next).collect()
}

/// Whether a store in effect leaves open what the client trusts: it was not read in full, or it is a
/// binary in which nothing was found, or which does not state what counts of what was.
#[must_use]
pub fn leaves_open(candidate: &Candidate, store: &Store) -> bool {
    let counts =
        |entry: &Entry| entry.certificate().is_some() && refusal(store, entry, candidate.leaf.look, None).is_none();
    let is_silent = || matches!(store.id, StoreId::Section(..)) && !store.entries.iter().any(counts);
    store.reading != Reading::Whole || is_silent()
}

/// The place at which the client stops with an error before it verifies anything: nothing is
/// there, or a file that its TLS library does not load.
#[must_use]
pub fn stops<'u>(found: &'u Use, snapshot: &Snapshot) -> Option<&'u Candidate> {
    found.refuses().or_else(|| found.effective().find(|candidate| is_fatal(found, candidate, snapshot)))
}

/// Whether a client stops at what one place has, where it reads it.
#[must_use]
pub fn is_fatal(found: &Use, candidate: &Candidate, snapshot: &Snapshot) -> bool {
    let leaf = candidate.leaf;
    let Some(store) = candidate.store.as_ref().and_then(|id| snapshot.store(id)) else { return false };
    match leaf.look {
        Look::Bundle | Look::BundleOrHash => {
            matches!(leaf.missing, Then::Refuse | Then::TurnOff) && not_loaded(found, store)
        }
        Look::Keystore => refuses_keystore(found, store).is_some(),
        Look::FirstBlock => {
            let first = first_block(store).and_then(|first| store.entries.get(first));
            let is_read = !matches!(store.reading, Reading::Unreadable(_));
            leaf.missing == Then::Refuse && is_read && first.is_none_or(is_bad)
        }
        _ => false,
    }
}

/// Why a keystore stops a client that runs on Java, where it does.
#[must_use]
pub fn refuses_keystore(found: &Use, store: &Store) -> Option<Refused> {
    found.installation.has(JSSE).then(|| refused(found, store)).flatten()
}

/// Whether loading a file fails: OpenSSL wants a certificate in it and every block sound; GnuTLS
/// takes one without certificates for an empty list.
fn not_loaded(found: &Use, store: &Store) -> bool {
    match (&store.openssl, &store.reading) {
        _ if store.format == Format::Directory => false,
        // What castore could not read the client may.
        (_, Reading::Unreadable(_)) => false,
        (load, _) if is_gnutls(found, Look::Bundle) => {
            load.is_some() && Spoilt::of(found, store, Look::Bundle).is_any()
        }
        (Some(OpensslLoad::Refuses { .. }), _) => true,
        (load, _) => {
            let has_none = load.as_ref().is_none_or(|load| load.count() == 0) || sees_none(found, store, Look::Bundle);
            has_none && !found.installation.has("gnutls")
        }
    }
}

/// Where the first block stands that says it is a certificate, whatever is in it.
fn first_block(store: &Store) -> Option<usize> {
    store.entries.iter().position(|entry| is_bad(entry) || refusal(store, entry, Look::FirstBlock, None).is_none())
}

#[cfg(test)]
mod tests;
