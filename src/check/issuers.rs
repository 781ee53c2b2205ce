//! Chains of certificates in stores: whose issuer is in none of the stores that its client uses.

use super::Scope;
use crate::discover::Use;
use crate::format::hash_dir::subject_hash;
use crate::format::x509;
use crate::model::{Certificate, Entry, Fingerprint, Store, StoreId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Certificates by the hash of their subject.
pub(super) type BySubject<'s> = HashMap<u32, Vec<&'s Arc<Certificate>>>;

/// Certificates by the hashes of their subjects.
pub(super) fn by_subject<'s>(certificates: impl Iterator<Item = &'s Arc<Certificate>>) -> BySubject<'s> {
    let mut known = BySubject::new();
    for certificate in certificates {
        if let Some(hash) = certificate.subject_der().and_then(subject_hash) {
            known.entry(hash).or_default().push(certificate);
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

/// Every such certificate in scope, and all certificates of the machine.
pub(super) fn unrooted<'s>(scope: &Scope<'s>, ids: &'s [StoreId]) -> (Vec<Unrooted<'s>>, BySubject<'s>) {
    let effective =
        |found: &'s Use| found.effective().filter_map(|c| scope.snapshot.store(c.store.as_ref()?)).collect();
    let mut groups: Vec<(Option<&'s Use>, Vec<&'s Arc<Store>>)> =
        scope.uses.iter().map(|found| (Some(found), effective(found))).collect();
    // A file that the user names is judged by itself.
    let is_used = |id: &StoreId| scope.uses.iter().flat_map(Use::effective).any(|c| c.store.as_ref() == Some(id));
    let alone = ids.iter().filter(|id| !is_used(id)).filter_map(|id| scope.snapshot.store(id));
    groups.extend(alone.map(|store| (None, vec![store])));
    groups.retain(|(_, stores)| stores.iter().any(|store| has_others(store)));
    if groups.is_empty() {
        return (Vec::new(), BySubject::new());
    }
    let mut seen = HashSet::new();
    let all = scope.snapshot.stores().flat_map(|store| &store.entries).filter_map(Entry::certificate);
    let known = by_subject(all.filter(|certificate| seen.insert(certificate.fingerprint())));
    let found = groups.iter().flat_map(|(found, stores)| of_group(*found, stores, &known)).collect();
    (found, known)
}

/// Whether a store holds a certificate that is not self-issued.
fn has_others(store: &Store) -> bool {
    store.entries.iter().filter_map(Entry::certificate).any(|certificate| !certificate.is_self_issued())
}

fn of_group<'s>(found: Option<&'s Use>, stores: &[&'s Arc<Store>], known: &BySubject<'s>) -> Vec<Unrooted<'s>> {
    let entries = || stores.iter().flat_map(|store| store.entries.iter().map(move |entry| (&store.id, entry)));
    let own: HashSet<Fingerprint> =
        entries().filter_map(|(_, entry)| Some(entry.certificate()?.fingerprint())).collect();
    let mut unrooted = Vec::new();
    let mut seen = HashSet::new();
    for (store, entry) in entries() {
        let Some(certificate) = entry.certificate().filter(|c| !c.is_self_issued()) else { continue };
        if seen.insert(certificate.fingerprint())
            && let Some(last) = end_of_chain(certificate, known, &own)
        {
            unrooted.push(Unrooted { found, store, entry, certificate, last });
        }
    }
    unrooted
}

/// The certificate of the chain whose issuer is missing among `own`; `None` where a self-issued one is reached.
fn end_of_chain<'s>(
    from: &'s Arc<Certificate>,
    known: &BySubject<'s>,
    own: &HashSet<Fingerprint>,
) -> Option<&'s Arc<Certificate>> {
    let mut current = from;
    let mut passed = HashSet::from([from.fingerprint()]);
    while !current.is_self_issued() {
        let is_next = |issuer: &&&'s Arc<Certificate>| {
            own.contains(&issuer.fingerprint()) && !passed.contains(&issuer.fingerprint())
        };
        let Some(issuer) = issuers(current, known).iter().find(is_next).copied() else { return Some(current) };
        passed.insert(issuer.fingerprint());
        current = issuer;
    }
    None
}

/// The certificates that could have issued one: their subject is its issuer and their key
/// identifier is the one it names, where both say one (RFC 5280, 4.2.1.1).
pub(super) fn issuers<'s>(certificate: &Certificate, known: &BySubject<'s>) -> Vec<&'s Arc<Certificate>> {
    let hash = certificate.issuer_der().and_then(subject_hash);
    let wanted = x509::details(certificate).ok().and_then(|details| details.authority_key_id.as_ref());
    let named = hash.and_then(|hash| known.get(&hash)).into_iter().flatten().copied();
    let fits = |issuer: &&'s Arc<Certificate>| {
        let own = x509::details(issuer).ok().and_then(|details| details.subject_key_id.as_ref());
        !matches!((wanted, own), (Some(wanted), Some(own)) if wanted != own)
    };
    named.filter(fits).collect()
}

/// The self-issued certificate of the same name and key, where there is one: then this is a cross-sign.
pub(super) fn own_root<'s>(certificate: &Certificate, known: &BySubject<'s>) -> Option<&'s Arc<Certificate>> {
    let hash = certificate.subject_der().and_then(subject_hash)?;
    let same = |other: &&&'s Arc<Certificate>| {
        other.is_self_issued()
            && other.subject_der() == certificate.subject_der()
            && other.spki_der().is_some()
            && other.spki_der() == certificate.spki_der()
    };
    known.get(&hash)?.iter().find(same).copied()
}

/// A store of the machine that holds a certificate, one that a client uses before others.
pub(super) fn holder<'s>(scope: &Scope<'s>, certificate: &Certificate) -> Option<&'s Arc<Store>> {
    let holds = |store: &&'s Arc<Store>| {
        let mut held = store.entries.iter().filter_map(Entry::certificate);
        store.id.path().is_some() && held.any(|held| held.fingerprint() == certificate.fingerprint())
    };
    let is_used = |store: &&&'s Arc<Store>| !scope.users(&store.id).is_empty();
    let stores: Vec<&'s Arc<Store>> = scope.snapshot.stores().filter(holds).collect();
    stores.iter().find(is_used).or(stores.first()).copied()
}
