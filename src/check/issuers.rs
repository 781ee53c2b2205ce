//! Chains of certificates in stores: whose issuer is in none of the stores that its client uses.

use super::{Scope, Users};
use crate::discover::Use;
use crate::format::hash_dir::canonical;
use crate::format::x509;
use crate::limits::CHAIN_STEPS;
use crate::model::{Certificate, Entry, Fingerprint, Store, StoreId};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet, hash_map};
use std::sync::Arc;

/// A name in canonical form, as verifiers compare names, by its SHA-256: the hash of hash directories has 32 bits, and
/// whoever makes one that collides with another's would be taken for its issuer.
type NameDigest = [u8; 32];

/// The digest of a Name, DER; nothing where it cannot be decoded.
pub(super) fn digest(name: &[u8]) -> Option<NameDigest> {
    Some(Sha256::digest(canonical(name)?).into())
}

/// Certificates by their subject.
pub(super) type BySubject<'s> = HashMap<NameDigest, Vec<&'s Arc<Certificate>>>;

/// Certificates by their subjects.
pub(super) fn by_subject<'s>(certificates: impl Iterator<Item = &'s Arc<Certificate>>) -> BySubject<'s> {
    let mut known = BySubject::new();
    for certificate in certificates {
        if let Some(name) = certificate.subject_der().and_then(digest) {
            known.entry(name).or_default().push(certificate);
        }
    }
    known
}

/// A certificate from which no chain leads to a self-issued one.
pub(super) struct Unrooted<'s> {
    /// The client in whose stores it stands; none where a file is judged by itself.
    pub(super) found: Option<&'s Use>,
    pub(super) store: &'s StoreId,
    pub(super) entry: &'s Entry,
    pub(super) certificate: &'s Arc<Certificate>,
    /// The last certificate of the chain, whose issuer is missing.
    pub(super) last: &'s Arc<Certificate>,
}

/// The certificates of a machine, by what they are looked up by.
#[derive(Default)]
pub(super) struct Known<'s> {
    by_subject: BySubject<'s>,
    /// Self-issued ones by subject and key, DER.
    roots: HashMap<(&'s [u8], &'s [u8]), &'s Arc<Certificate>>,
    /// A store that holds each: one that a client uses before others.
    holders: HashMap<Fingerprint, &'s Arc<Store>>,
}

impl<'s> Known<'s> {
    fn of(scope: &Scope<'s>) -> Self {
        let mut seen = HashSet::new();
        let all = scope.snapshot.stores().flat_map(|store| &store.entries).filter_map(Entry::certificate);
        let mut known =
            Self { by_subject: by_subject(all.filter(|one| seen.insert(one.fingerprint()))), ..Self::default() };
        for root in known.by_subject.values().flatten().filter(|certificate| certificate.is_self_issued()) {
            if let Some(key) = root.subject_der().zip(root.spki_der()) {
                known.roots.entry(key).or_insert(root);
            }
        }
        let (used, others): (Vec<_>, Vec<_>) = scope
            .snapshot
            .stores()
            .filter(|store| store.id.path().is_some())
            .partition(|store| scope.used.has(&store.id));
        for store in used.into_iter().chain(others) {
            for certificate in store.entries.iter().filter_map(Entry::certificate) {
                known.holders.entry(certificate.fingerprint()).or_insert(store);
            }
        }
        known
    }

    /// The certificates that could have issued one: their subject is its issuer and their key identifier is the one it
    /// names, where both say one (RFC 5280, 4.2.1.1).
    pub(super) fn issuers(&self, certificate: &Certificate) -> impl Iterator<Item = &'s Arc<Certificate>> {
        let name = certificate.issuer_der().and_then(digest);
        let wanted = authority(certificate);
        let named = name.and_then(|name| self.by_subject.get(&name)).into_iter().flatten().copied();
        named.filter(move |issuer| wanted.is_none() || identifier(issuer).is_none_or(|own| Some(own) == wanted))
    }

    /// The self-issued certificate of the same name and key, where there is one: then this is a cross-sign.
    pub(super) fn own_root(&self, certificate: &Certificate) -> Option<&'s Arc<Certificate>> {
        self.roots.get(&certificate.subject_der().zip(certificate.spki_der())?).copied()
    }

    /// A store of the machine that holds a certificate, one that a client uses before others.
    pub(super) fn holder(&self, certificate: &Certificate) -> Option<&'s Arc<Store>> {
        self.holders.get(&certificate.fingerprint()).copied()
    }
}

/// The key identifier of the issuer that a certificate names.
fn authority(certificate: &Certificate) -> Option<&[u8]> {
    x509::details(certificate).ok()?.authority_key_id.as_deref()
}

/// The key identifier that a certificate has itself.
fn identifier(certificate: &Certificate) -> Option<&[u8]> {
    x509::details(certificate).ok()?.subject_key_id.as_deref()
}

/// Every such certificate in scope, and all certificates of the machine.
pub(super) fn unrooted<'s>(scope: &Scope<'s>, ids: &'s [StoreId]) -> (Vec<Unrooted<'s>>, Known<'s>) {
    let effective =
        |found: &'s Use| found.effective().filter_map(|c| scope.snapshot.store(c.store.as_ref()?)).collect();
    let mut groups: Vec<(Option<&'s Use>, Vec<&'s Arc<Store>>)> =
        scope.uses.iter().map(|found| (Some(found), effective(found))).collect();
    // A file that the user names is judged by itself.
    let used = Users::new(scope.uses);
    let alone = ids.iter().filter(|id| !used.has(id)).filter_map(|id| scope.snapshot.store(id));
    groups.extend(alone.map(|store| (None, vec![store])));
    groups.retain(|(_, stores)| stores.iter().any(|store| has_others(store)));
    if groups.is_empty() {
        return (Vec::new(), Known::default());
    }
    let found = groups.iter().flat_map(|(found, stores)| of_group(*found, stores)).collect();
    (found, Known::of(scope))
}

/// Whether a store holds a certificate that is not self-issued.
fn has_others(store: &Store) -> bool {
    store.entries.iter().filter_map(Entry::certificate).any(|certificate| !certificate.is_self_issued())
}

fn of_group<'s>(found: Option<&'s Use>, stores: &[&'s Arc<Store>]) -> Vec<Unrooted<'s>> {
    let entries = || stores.iter().flat_map(|store| store.entries.iter().map(move |entry| (&store.id, entry)));
    let mut chains = Chains::of(entries().filter_map(|(_, entry)| entry.certificate()));
    let mut unrooted = Vec::new();
    let mut seen = HashSet::new();
    for (store, entry) in entries() {
        let Some(certificate) = entry.certificate().filter(|c| !c.is_self_issued()) else { continue };
        if seen.insert(certificate.fingerprint()) && !chains.is_rooted(certificate) {
            unrooted.push(Unrooted { found, store, entry, certificate, last: chains.end(certificate) });
        }
    }
    unrooted
}

/// What an issuer is known by: its subject, and its key identifier where it has one. Certificates that agree
/// in both issue the same others, so that chains lead from one such class to the next: that there are thousands of one
/// name in a store, each of which may have issued each, costs no more than that there are thousands.
type Class<'s> = (NameDigest, Option<&'s [u8]>);

/// The chains within some stores.
struct Chains<'s> {
    /// The classes of each name, in their order, and the first certificate of each class.
    named: HashMap<NameDigest, Vec<Option<&'s [u8]>>>,
    first: HashMap<Class<'s>, &'s Arc<Certificate>>,
    /// Classes from which a chain leads to a self-issued certificate, and their names.
    rooted: HashSet<Class<'s>>,
    rooted_names: HashSet<NameDigest>,
    /// Where chains from the others end.
    ends: HashMap<Class<'s>, &'s Arc<Certificate>>,
}

impl<'s> Chains<'s> {
    fn of(certificates: impl Iterator<Item = &'s Arc<Certificate>>) -> Self {
        let (named, first, rooted, rooted_names, ends) = Default::default();
        let mut chains = Self { named, first, rooted, rooted_names, ends };
        // Those that wait for an issuer: any of a name, one of a key identifier or without one.
        let mut by_name: HashMap<NameDigest, Vec<Class<'s>>> = HashMap::new();
        let mut by_key: HashMap<Class<'s>, Vec<Class<'s>>> = HashMap::new();
        let mut found = Vec::new();
        for certificate in certificates {
            let Some(class) = class(certificate) else { continue };
            if let hash_map::Entry::Vacant(place) = chains.first.entry(class) {
                place.insert(certificate);
                chains.named.entry(class.0).or_default().push(class.1);
            }
            if certificate.is_self_issued() {
                found.push(class);
            } else if let Some(issuer) = certificate.issuer_der().and_then(digest) {
                match authority(certificate) {
                    None => by_name.entry(issuer).or_default().push(class),
                    wanted => {
                        by_key.entry((issuer, wanted)).or_default().push(class);
                        by_key.entry((issuer, None)).or_default().push(class);
                    }
                }
            }
        }
        while let Some(class) = found.pop() {
            if chains.rooted.insert(class) {
                if chains.rooted_names.insert(class.0) {
                    found.extend(by_name.remove(&class.0).unwrap_or_default());
                }
                found.extend(by_key.remove(&class).unwrap_or_default());
            }
        }
        chains
    }

    /// Whether a chain leads from a certificate to a self-issued one.
    fn is_rooted(&self, certificate: &'s Certificate) -> bool {
        let Some(issuer) = certificate.issuer_der().and_then(digest) else { return false };
        match authority(certificate) {
            None => self.rooted_names.contains(&issuer),
            wanted => self.rooted.contains(&(issuer, wanted)) || self.rooted.contains(&(issuer, None)),
        }
    }

    /// The last certificate of a chain that leads to none, whose issuer is missing.
    fn end(&mut self, from: &'s Arc<Certificate>) -> &'s Arc<Certificate> {
        let own = class(from);
        let (mut current, mut passed) = (from, HashSet::new());
        while passed.len() < CHAIN_STEPS {
            let is_next = |class: &Class<'s>| Some(*class) != own && !passed.contains(class);
            let Some(next) = self.issuers(current).find(is_next) else { break };
            if let Some(end) = self.ends.get(&next) {
                current = end;
                break;
            }
            let Some(issuer) = self.first.get(&next) else { break };
            passed.insert(next);
            current = issuer;
        }
        self.ends.extend(passed.into_iter().map(|class| (class, current)));
        current
    }

    /// The classes that could have issued a certificate.
    fn issuers(&self, certificate: &'s Certificate) -> impl Iterator<Item = Class<'s>> {
        let name = certificate.issuer_der().and_then(digest);
        let wanted = authority(certificate);
        let named = name.and_then(|name| Some((name, self.named.get(&name)?)));
        let all = named.filter(|_| wanted.is_none()).into_iter();
        let all = all.flat_map(|(name, keys)| keys.iter().map(move |key| (name, *key)));
        let two = name.filter(|_| wanted.is_some()).into_iter().flat_map(move |name| [(name, wanted), (name, None)]);
        all.chain(two.filter(|class| self.first.contains_key(class)))
    }
}

fn class(certificate: &Certificate) -> Option<Class<'_>> {
    Some((certificate.subject_der().and_then(digest)?, identifier(certificate)))
}
