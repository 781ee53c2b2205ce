//! An intermediate whose issuer is in none of the stores its client uses: as an anchor it works
//! only for clients that let any certificate end a chain.

use super::{Check, Detail, Run, Scope, Severity, merge_clients};
use crate::catalogue::client::Ends;
use crate::discover::Use;
use crate::format::hash_dir::subject_hash;
use crate::format::x509;
use crate::model::{Certificate, Entry, Store, StoreId};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "missing-issuer",
    title: "an issuer is missing",
    severity: Severity::Warning,
    about: "A certificate that is not self-issued stands in a store, and following its issuers from store to store of \
            the same client ends at one that none of them holds. OpenSSL, Node and Python before 3.13 then say \
            \"unable to get issuer certificate\"; Go, Java, curl and Python 3.13 take the intermediate as an anchor.",
    says: "https://docs.openssl.org/3.0/man1/openssl-verification-options/",
    since: None,
    remedy: "Add the root that issued it to the same store, or remove the intermediate.",
    run: Run::Whole(look),
};

pub(super) type Certificates<'s> = HashMap<u32, Vec<&'s Arc<Certificate>>>;

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let elsewhere = OnceCell::new();
    let mut details: Vec<Detail> = Vec::new();
    for found in scope.uses {
        let stores: Vec<_> = found.effective().filter_map(|c| scope.snapshot.store(c.store.as_ref()?)).collect();
        let of = Chains { scope, found: Some(found), stores, elsewhere: &elsewhere };
        details.extend(of.broken());
    }
    // A file that the user names is judged by itself.
    let is_used = |id: &&StoreId| scope.uses.iter().flat_map(Use::effective).any(|c| c.store.as_ref() == Some(id));
    for id in scope.stores.iter().filter(|id| !is_used(id)) {
        let stores = scope.snapshot.store(id).into_iter().collect();
        details.extend(Chains { scope, found: None, stores, elsewhere: &elsewhere }.broken());
    }
    merge_clients(details)
}

/// The stores of one installation, or one store by itself.
struct Chains<'s> {
    scope: &'s Scope<'s>,
    found: Option<&'s Use>,
    stores: Vec<&'s Arc<Store>>,
    /// Every certificate of the snapshot, when it is first asked for.
    elsewhere: &'s OnceCell<Certificates<'s>>,
}

impl<'s> Chains<'s> {
    fn broken(&self) -> Vec<Detail> {
        let entries = || self.stores.iter().flat_map(|store| store.entries.iter().map(move |entry| (&store.id, entry)));
        if entries().all(|(_, entry)| entry.certificate().is_none_or(|c| c.is_self_issued())) {
            return Vec::new();
        }
        let known = by_subject(entries().filter_map(|(_, entry)| entry.certificate()));
        let mut details = Vec::new();
        let mut seen = HashSet::new();
        for (store, entry) in entries() {
            let Some(certificate) = entry.certificate().filter(|c| !c.is_self_issued()) else { continue };
            if !seen.insert(certificate.fingerprint()) {
                continue;
            }
            if let Some(last) = end_of_chain(certificate, &known) {
                details.push(self.detail(store, entry, certificate, &last));
            }
        }
        details
    }

    fn detail(&self, store: &StoreId, entry: &Entry, certificate: &Arc<Certificate>, last: &Certificate) -> Detail {
        let issuer = x509::details(last).map(|details| details.issuer.text().raw().to_owned()).unwrap_or_default();
        let elsewhere = self.elsewhere.get_or_init(|| {
            by_subject(self.scope.snapshot.stores().flat_map(|store| &store.entries).filter_map(Entry::certificate))
        });
        let place = issuers(last, elsewhere).next().and_then(|issuer| {
            let holds = |store: &&Arc<Store>| store.entries.iter().any(|e| e.certificate() == Some(issuer));
            let store = self.scope.snapshot.stores().find(holds)?;
            Some(format!("add {}, which {} holds", issuer.fingerprint().short(), store.id.path()?.display()))
        });
        let (whose, effect) = match self.found.map(|found| (found.client.ends)(&found.installation)) {
            Some(Ends::AnyCertificate) => ("a store of the client", "this client takes it as an anchor all the same"),
            Some(Ends::SelfIssued) => ("a store of the client", "no chain can end with it here"),
            None => ("the same store", "what takes only self-issued anchors cannot end a chain with it"),
        };
        Detail {
            store: Some(store.clone()),
            slot: Some(entry.slot.clone()),
            certificate: Some(Arc::clone(certificate)),
            clients: self.found.map(Use::name).into_iter().collect(),
            expected: format!("its issuer {issuer} in {whose}"),
            found: format!("none; {effect}"),
            remedy: place.unwrap_or_else(|| "add the issuer's root, or remove the intermediate".to_owned()),
            ..Detail::default()
        }
    }
}

/// Certificates by the hashes of their subjects.
pub(super) fn by_subject<'s>(certificates: impl Iterator<Item = &'s Arc<Certificate>>) -> Certificates<'s> {
    let mut known = Certificates::new();
    for certificate in certificates {
        if let Some(hash) = certificate.subject_der().and_then(subject_hash) {
            known.entry(hash).or_default().push(certificate);
        }
    }
    known
}

/// The certificate of the chain whose issuer is missing; `None` where a self-issued one is reached.
fn end_of_chain(from: &Arc<Certificate>, known: &Certificates<'_>) -> Option<Arc<Certificate>> {
    let mut current = from;
    let mut passed = HashSet::from([from.fingerprint()]);
    while !current.is_self_issued() {
        let issuer = issuers(current, known).find(|issuer| !passed.contains(&issuer.fingerprint()));
        let Some(issuer) = issuer else { return Some(Arc::clone(current)) };
        passed.insert(issuer.fingerprint());
        current = issuer;
    }
    None
}

/// The certificates that could have issued one: their subject is its issuer and their key
/// identifier is the one it names, where both say one (RFC 5280, 4.2.1.1).
fn issuers<'s>(certificate: &Certificate, known: &'s Certificates<'_>) -> impl Iterator<Item = &'s Arc<Certificate>> {
    let hash = certificate.issuer_der().and_then(subject_hash);
    let wanted = x509::details(certificate).ok().and_then(|details| details.authority_key_id.clone());
    let named = hash.and_then(|hash| known.get(&hash)).into_iter().flatten().copied();
    named.filter(move |issuer| {
        let own = x509::details(issuer).ok().and_then(|details| details.subject_key_id.as_ref());
        !matches!((&wanted, own), (Some(wanted), Some(own)) if wanted != own)
    })
}
