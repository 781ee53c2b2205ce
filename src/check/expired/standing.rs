//! What still hangs on an authority that has expired: nothing that is known here, an authority that has another
//! path, or one that has none.
//!
//! A store may hold an expired root for years and nobody notices, or every chain of a company fails on one day. What
//! tells the two apart is what it issued: an authority that is still valid and is in some store of this machine, and
//! whether a client that uses the expired one has another way up from it, through a renewal with the same name and
//! key, or a cross-sign. Signatures are tried, names alone prove nothing.

use super::super::Scope;
use crate::anchors::anchors;
use crate::chain::clients::policy;
use crate::chain::member::Member;
use crate::chain::pool::Members;
use crate::chain::signature::Signature;
use crate::discover::Use;
use crate::limits;
use crate::model::{Certificate, Entry, Fingerprint, Store, Timestamp};
use crate::policy::Policy;
use crate::policy::openssl::Library;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What hangs on an expired authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Standing {
    /// Nothing that is valid and known here was issued by it.
    Nobody,
    /// So many name issuers of its name that it was not tried which of them it issued.
    NotTried,
    /// Everything known that it issued leads to another anchor, at every client that has it.
    OtherPath(Through),
    /// A valid authority that it issued has no other path.
    Needed {
        /// That authority.
        by: Arc<Certificate>,
        /// The clients that are left without a path to it; nobody where no client uses the store.
        clients: Vec<String>,
    },
}

/// What serves in the place of an expired authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Through {
    /// A valid certificate of the same name and key.
    Renewal(Arc<Certificate>),
    /// An authority that it issued, and the anchor of the same name and key.
    Issued(Arc<Certificate>, Arc<Certificate>),
}

/// A subject and a SubjectPublicKeyInfo, DER.
type NameAndKey<'s> = (&'s [u8], Box<[u8]>);

/// The certificates of a machine by their names, and what the clients of one store end paths with.
pub(in crate::check) struct Standings<'s> {
    /// Valid authorities of every store, by subject and by issuer.
    by_subject: HashMap<&'s [u8], Vec<Arc<Member>>>,
    by_key: HashMap<NameAndKey<'s>, Vec<Arc<Member>>>,
    /// Those that are not self-issued.
    by_issuer: HashMap<&'s [u8], Vec<Arc<Member>>>,
    /// The clients that use the store.
    clients: Vec<Client>,
    members: Members,
    /// Signatures that may still be tried.
    tries: Cell<usize>,
}

impl<'s> Standings<'s> {
    /// For the expired certificates of one store.
    pub(in crate::check) fn of(scope: &'s Scope<'_>, store: &Store) -> Self {
        let mut members = Members::default();
        let (mut by_subject, mut by_issuer): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        let mut by_key: HashMap<_, Vec<_>> = HashMap::new();
        let mut seen = HashSet::new();
        for certificate in scope.snapshot.stores().flat_map(|store| &store.entries).filter_map(Entry::certificate) {
            let valid = is_valid(certificate, scope.at) && seen.insert(certificate.fingerprint());
            let names = certificate.subject_der().zip(certificate.issuer_der());
            let (true, Some((subject, issuer)), Some(member)) = (valid, names, members.get(certificate)) else {
                continue;
            };
            // One of version 1 issues others where nothing forbids it.
            if member.is_ca() || member.version == 1 {
                by_subject.entry(subject).or_default().push(Arc::clone(&member));
                by_key.entry((subject, member.spki().into())).or_default().push(Arc::clone(&member));
                if !member.is_self_issued() {
                    by_issuer.entry(issuer).or_default().push(member);
                }
            }
        }
        Self {
            by_subject,
            by_key,
            by_issuer,
            clients: clients(scope, store),
            members,
            tries: Cell::new(limits::STANDING_SIGNATURES),
        }
    }

    /// What hangs on an expired certificate of the store.
    pub(in crate::check) fn standing(&mut self, expired: &Arc<Certificate>) -> Standing {
        let (Some(subject), Some(member)) = (expired.subject_der(), self.members.get(expired)) else {
            return Standing::Nobody;
        };
        let renewals = self.twins(subject, member.spki());
        if let Some(twin) = renewals.iter().find(|twin| self.clients.iter().all(|client| client.takes(twin))) {
            return Standing::OtherPath(Through::Renewal(Arc::clone(twin.certificate())));
        }
        let named = self.by_issuer.get(subject).into_iter().flatten();
        let mut issued = Vec::new();
        for named in named {
            match self.tried(named, &member) {
                None => return Standing::NotTried,
                Some(Signature::Good) => issued.push(named),
                Some(_) => {}
            }
        }
        let mut through = None;
        for issued in &issued {
            let mut without = Vec::new();
            for client in &self.clients {
                let is_renewed = renewals.iter().any(|twin| client.holds(twin));
                match self.way(issued, client, &mut vec![expired.fingerprint()]) {
                    Way::Anchor(anchor) => through = Some(Through::Issued(Arc::clone(issued.certificate()), anchor)),
                    Way::Perhaps => return Standing::Nobody,
                    Way::None if is_renewed => {}
                    Way::None => without.push(client),
                }
            }
            if !without.is_empty() {
                let clients = without.into_iter().filter_map(|client| client.name.clone()).collect();
                return Standing::Needed { by: Arc::clone(issued.certificate()), clients };
            }
        }
        through.map_or(Standing::Nobody, Standing::OtherPath)
    }

    /// Whether one signed the other, while signatures are still tried.
    fn tried(&self, issued: &Member, issuer: &Member) -> Option<Signature> {
        self.tries.set(self.tries.get().checked_sub(1)?);
        Some(issued.signed_by(issuer))
    }

    /// Valid authorities of a name and key.
    fn twins(&self, subject: &[u8], spki: &[u8]) -> Vec<Arc<Member>> {
        self.by_key.get(&(subject, spki.into())).cloned().unwrap_or_default()
    }

    /// The way that a client has up from an authority. That one of its name and key is an anchor serves whatever a
    /// server sends; a cross-sign that leads to another serves those that send it or search for it.
    fn way(&self, from: &Arc<Member>, client: &Client, passed: &mut Vec<Fingerprint>) -> Way {
        let Some(subject) = from.certificate().subject_der() else { return Way::None };
        let twins = self.twins(subject, from.spki());
        if let Some(anchor) = twins.iter().find(|twin| client.takes(twin)) {
            return Way::Anchor(Arc::clone(anchor.certificate()));
        }
        if twins.iter().any(|twin| client.holds(twin)) {
            return Way::Perhaps;
        }
        for twin in twins {
            if passed.contains(&twin.fingerprint()) {
                continue;
            }
            passed.push(twin.fingerprint());
            let issuer = twin.certificate().issuer_der().and_then(|name| self.by_subject.get(name));
            let mut above = issuer.into_iter().flatten().filter(|it| self.tried(&twin, it) != Some(Signature::Bad));
            let leads = |issuer: &Arc<Member>, passed: &mut Vec<_>| self.way(issuer, client, passed) != Way::None;
            if passed.len() > limits::CHAIN_STEPS || above.any(|issuer| client.holds(issuer) || leads(issuer, passed)) {
                return Way::Perhaps;
            }
        }
        Way::None
    }
}

/// Where an authority leads at one client.
#[derive(PartialEq)]
enum Way {
    /// To an anchor of its own name and key.
    Anchor(Arc<Certificate>),
    /// To one that servers have to send something for, or that this verifier may not find.
    Perhaps,
    /// Nowhere, as far as is known here.
    None,
}

/// A client that uses the store; without a name where nobody does.
struct Client {
    name: Option<String>,
    /// Its anchors that are valid.
    valid: HashSet<Fingerprint>,
    /// Whether its verifier may stay with an expired certificate though a valid one is there.
    stays: bool,
}

impl Client {
    fn holds(&self, member: &Member) -> bool {
        self.valid.contains(&member.fingerprint())
    }

    /// Whether it is found, whatever expired one stands beside it or is sent.
    fn takes(&self, member: &Member) -> bool {
        !self.stays && self.holds(member)
    }
}

/// The clients of a store whose verifiers look at the dates of an anchor.
fn clients(scope: &Scope<'_>, store: &Store) -> Vec<Client> {
    let uses_it = |found: &&Use| found.effective().any(|candidate| candidate.store.as_ref() == Some(&store.id));
    let mut clients = Vec::new();
    let mut is_used = false;
    for found in scope.users.iter().filter(uses_it) {
        is_used = true;
        let stays = match policy(found, (scope.settings)(found)) {
            // An anchor is a name and a key to these, whatever its dates.
            Ok(Policy::Java(_) | Policy::Rustls(_)) => continue,
            // Before 1.1.0 what was sent came first, and the first of a name was taken.
            Ok(Policy::OpenSsl(policy)) => !policy.trusted_first || policy.library < Library::V1_1_1,
            _ => false,
        };
        let anchors = anchors(found, scope.snapshot).certificates;
        let valid = anchors.values().filter(|anchor| anchor.ends_chain && is_valid(anchor.certificate, scope.at));
        let valid = valid.map(|anchor| anchor.certificate.fingerprint()).collect();
        clients.push(Client { name: Some(found.name()), valid, stays });
    }
    if !is_used {
        let own = store.entries.iter().filter_map(Entry::certificate).filter(|own| is_valid(own, scope.at));
        clients.push(Client { name: None, valid: own.map(|own| own.fingerprint()).collect(), stays: false });
    }
    clients
}

/// Whether a moment is within the dates of a certificate.
fn is_valid(certificate: &Certificate, at: Timestamp) -> bool {
    let dates = certificate.not_before().zip(certificate.not_after());
    dates.is_some_and(|(from, until)| from <= at && at <= until)
}
