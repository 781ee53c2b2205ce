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

use crate::catalogue::client::{Ends, JSSE, Look, Then};
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::format::pem::labels;
use crate::host::is_list;
use crate::load::Snapshot;
use crate::model::{
    Body, Certificate, Entry, Fingerprint, Format, OpensslLoad, Reading, Slot, Store, StoreId, Trust, WhichPassword,
};
use distrust::{block, overrule};
pub use keystore::{Opened, Refused, knows_sha256, opened, resealed};
use keystore::{behind_key, is_opened, password, refused};
use looks::{is_bad, is_listed, reachable, refusal};
use overlooked::{is_gnutls, overlooked, sees_none};
pub use reason::Reason;
pub use sources::{brings_shipped, is_read_in_full, is_shipped, taken_out_by};
use spoilt::Spoilt;
pub use spoilt::{Lost, lost_by_gnutls};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

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
    let ends = (found.client.ends)(&found.installation);
    let password = password(&found.installation);
    let mut anchors = Anchors::default();
    let mut taking = Taking { found, snapshot, ends, password, kept: HashSet::new() };
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

/// Whether OpenSSL asks its default directory by the lookup of stores as well, which finds files past a gap in the
/// hash names.
fn has_store_lookup(found: &Use) -> bool {
    found.installation.version("openssl").is_some_and(|version| version.is_between("3.0.0", "3.4.0"))
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

/// What is taken for one installation, store by store in its order.
struct Taking<'a, 's> {
    found: &'a Use,
    snapshot: &'s Snapshot,
    ends: Ends,
    password: Option<WhichPassword>,
    /// Certificates that OpenSSL has, and not for servers: of one that comes again it keeps the first, with what that
    /// says of itself (`X509_STORE_add_cert`, crypto/x509/x509_lu.c).
    kept: HashSet<Fingerprint>,
}

impl<'s> Taking<'_, 's> {
    /// Adds what the client takes from one place.
    fn take(&mut self, anchors: &mut Anchors<'s>, candidate: &Candidate) {
        let (found, snapshot) = (self.found, self.snapshot);
        let Some(store) = candidate.store.as_ref().and_then(|id| snapshot.store(id)) else { return };
        let is_directory = store.format == Format::Directory;
        let look = match candidate.leaf.look {
            Look::BundleOrHash if is_directory => Look::HashLazy,
            Look::BundleOrHash => Look::Bundle,
            Look::HashDefault if has_store_lookup(found) => Look::HashStore,
            Look::HashDefault => Look::HashLazy,
            // The store's lookup is given the whole value, which is the name of nothing where it is a list
            // (`X509_STORE_set_default_paths_ex`, crypto/x509/x509_d2.c of 3.0 to 3.3).
            Look::HashStore if is_one_of_several(candidate) && !is_directory => return,
            Look::HashStore if is_one_of_several(candidate) => Look::HashLazy,
            // Its file loader goes past what is no certificate.
            other => other,
        };
        let reachable = reachable(snapshot, store, look);
        let spoilt = Spoilt::of(found, store, look);
        let bad =
            matches!(look, Look::UntilBad | Look::UnlessBad).then(|| store.entries.iter().position(is_bad)).flatten();
        let first = (look == Look::FirstBlock).then(|| first_block(store)).flatten();
        let is_gnutls = is_gnutls(found, look);
        let keeps_first = matches!(look, Look::Bundle | Look::HashLazy | Look::HashStore) && !is_gnutls;
        for (index, entry) in store.entries.iter().enumerate() {
            let by_look = || {
                // GnuTLS reads a directory file by file, each as it reads any.
                let is_label = |why: &Reason| matches!(why, Reason::Label(label) if label == labels::LEGACY);
                refusal(store, entry, look, self.password)
                    .filter(|why| !(is_gnutls && look == Look::EveryFile && is_label(why)))
                    .filter(|why| !(*why == Reason::NotOfJava && is_opened(&found.installation, store.format)))
                    .or_else(|| behind_key(store, entry).filter(|_| look == Look::Keystore))
            };
            let refused = match &reachable {
                _ if bad.is_some() && look == Look::UnlessBad => Some(Reason::BesideBad),
                _ if bad.is_some_and(|bad| bad < index) => Some(Reason::BehindBad),
                _ if first.is_some_and(|first| first < index) => Some(Reason::BehindFirst),
                Some(reachable) if !reachable.contains(&index) => Some(Reason::NoHashName),
                _ if look == Look::Listed && !is_listed(found, store, entry) => Some(Reason::NotChosen),
                _ => spoilt
                    .because(index)
                    .cloned()
                    .or_else(by_look)
                    .or_else(|| overlooked(found, store, (index, entry), look)),
            };
            let is_kept = |certificate: &Certificate| keeps_first && self.kept.contains(&certificate.fingerprint());
            let refused = match &entry.body {
                Body::Certificate(certificate) if refused.is_none() && is_kept(certificate) => {
                    Some(Reason::KeptAsNotForServers)
                }
                _ => refused,
            };
            match (&entry.body, refused) {
                (Body::Certificate(certificate), None) => {
                    let ends_chain = self.ends == Ends::AnyCertificate || certificate.is_self_issued();
                    let anchor = Anchor { certificate, store, slot: &entry.slot, trust: &entry.trust, ends_chain };
                    anchors.certificates.entry(certificate.fingerprint()).or_insert(anchor);
                }
                (Body::Certificate(certificate), Some(because)) => {
                    if keeps_first
                        && because == Reason::NotForServers
                        && !anchors.certificates.contains_key(&certificate.fingerprint())
                    {
                        self.kept.insert(certificate.fingerprint());
                    }
                    let (slot, certificate) = (&entry.slot, Some(certificate));
                    anchors.left_out.push(LeftOut { store, slot, certificate, because });
                }
                (Body::Malformed(why), _) => {
                    let because = Reason::Malformed(why.expected);
                    anchors.left_out.push(LeftOut { store, slot: &entry.slot, certificate: None, because });
                }
                _ => {}
            }
        }
    }
}

/// Whether a place is one of several that one value lists.
fn is_one_of_several(candidate: &Candidate) -> bool {
    matches!(&candidate.named, Named::Variable(_, value) if is_list(value))
}

#[cfg(test)]
mod tests;
