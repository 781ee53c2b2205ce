//! Changes that somebody accepted: who, why and until when.
//!
//! An accepted change is a part of the baseline from then on: a root that was accepted and disappears again is
//! a root that is gone. So an acceptance is kept as the change itself and is carried out over the inventory
//! when both are compared with a host. What is past its day is not carried out, and what it accepted differs
//! again.

use super::compare::Fate;
use super::{Baseline, ClientKey, ClientRecord, Comparison, Inventory, Said, StoreRecord};
use crate::model::{Fingerprint, FingerprintPrefix, Timestamp};
use std::collections::BTreeSet;

/// What was accepted at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it counts, by its midnight; without one it always does.
    pub until: Option<Timestamp>,
    /// What.
    pub changes: Vec<Change>,
}

/// One change of an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A store holds a certificate.
    RootAdded {
        /// The store.
        store: String,
        /// The certificate.
        certificate: Fingerprint,
        /// What the store says of it.
        said: Said,
    },
    /// A store does not hold a certificate any more.
    RootRemoved {
        /// The store.
        store: String,
        /// The certificate.
        certificate: Fingerprint,
    },
    /// A store says something else of a certificate.
    TrustChanged {
        /// The store.
        store: String,
        /// The certificate.
        certificate: Fingerprint,
        /// What it says.
        said: Said,
    },
    /// A store says something else of a certificate that it does not hold.
    ReferenceChanged {
        /// The store.
        store: String,
        /// What names the certificate.
        about: String,
        /// What it says, if it says anything.
        said: Option<Said>,
    },
    /// A store is this.
    StoreSet {
        /// The store.
        store: String,
        /// What it is.
        record: StoreRecord,
    },
    /// A store is gone.
    StoreGone {
        /// The store.
        store: String,
    },
    /// A client is this.
    ClientSet {
        /// The client.
        client: ClientKey,
        /// What it is.
        record: ClientRecord,
    },
    /// A client is gone.
    ClientGone {
        /// The client.
        client: ClientKey,
    },
}

impl Acceptance {
    /// Whether it counts: to the end of its last day, UTC.
    #[must_use]
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until.plus_days(1))
    }

    /// How many of its changes are still so in an inventory.
    #[must_use]
    pub fn standing(&self, now: &Inventory) -> usize {
        self.changes.iter().filter(|change| change.stands(now)).count()
    }
}

impl Baseline {
    /// The inventory with every change that is accepted at this moment.
    #[must_use]
    pub fn effective(&self, at: Timestamp) -> Inventory {
        let mut inventory = self.inventory.clone();
        let in_force = self.accepted.iter().filter(|acceptance| acceptance.is_in_force(at));
        let changes: Vec<&Change> = in_force.flat_map(|acceptance| &acceptance.changes).collect();
        changes.iter().for_each(|change| change.carry_out(&mut inventory));
        let changed: BTreeSet<&String> = changes.iter().filter_map(|change| change.store()).collect();
        let uses_one = |record: &ClientRecord| record.stores.iter().any(|store| changed.contains(store));
        let unsettled = inventory.clients.iter().filter(|(_, record)| uses_one(record));
        inventory.unsettled = unsettled.map(|(key, _)| key.clone()).collect();
        inventory
    }

    /// Accepts changes, and keeps what they name.
    pub fn accept(&mut self, acceptance: Acceptance, now: &Inventory) {
        let named = acceptance.changes.iter().flat_map(Change::certificates).collect::<BTreeSet<_>>();
        for fingerprint in named {
            if let Some(record) = now.certificates.get(&fingerprint) {
                self.inventory.certificates.entry(fingerprint).or_insert_with(|| record.clone());
            }
        }
        self.accepted.push(acceptance);
    }
}

impl Change {
    /// The certificates that it names.
    #[must_use]
    pub fn certificates(&self) -> Vec<Fingerprint> {
        match self {
            Self::RootAdded { certificate, .. }
            | Self::RootRemoved { certificate, .. }
            | Self::TrustChanged { certificate, .. } => vec![*certificate],
            Self::StoreSet { record, .. } => record.certificates.keys().copied().collect(),
            _ => Vec::new(),
        }
    }

    /// The store of which it changes what is in it.
    fn store(&self) -> Option<&String> {
        match self {
            Self::RootAdded { store, .. }
            | Self::RootRemoved { store, .. }
            | Self::TrustChanged { store, .. }
            | Self::ReferenceChanged { store, .. }
            | Self::StoreSet { store, .. } => Some(store),
            Self::StoreGone { .. } | Self::ClientSet { .. } | Self::ClientGone { .. } => None,
        }
    }

    /// Makes an inventory so. What it is about may be missing there; then it changes nothing.
    fn carry_out(&self, inventory: &mut Inventory) {
        match self {
            Self::RootAdded { store, certificate, said } | Self::TrustChanged { store, certificate, said } => {
                if let Some(record) = inventory.stores.get_mut(store) {
                    record.certificates.insert(*certificate, said.clone());
                }
            }
            Self::RootRemoved { store, certificate } => {
                if let Some(record) = inventory.stores.get_mut(store) {
                    record.certificates.remove(certificate);
                }
            }
            Self::ReferenceChanged { store, about, said } => {
                let Some(record) = inventory.stores.get_mut(store) else { return };
                match said {
                    Some(said) => _ = record.references.insert(about.clone(), said.clone()),
                    None => _ = record.references.remove(about),
                }
            }
            Self::StoreSet { store, record } => _ = inventory.stores.insert(store.clone(), record.clone()),
            Self::StoreGone { store } => _ = inventory.stores.remove(store),
            Self::ClientSet { client, record } => _ = inventory.clients.insert(client.clone(), record.clone()),
            Self::ClientGone { client } => _ = inventory.clients.remove(client),
        }
    }

    /// Whether it is so in an inventory.
    fn stands(&self, now: &Inventory) -> bool {
        match self {
            Self::RootAdded { store, certificate, .. } => {
                now.stores.get(store).is_some_and(|record| record.certificates.contains_key(certificate))
            }
            Self::RootRemoved { store, certificate } => {
                now.stores.get(store).is_some_and(|record| !record.certificates.contains_key(certificate))
            }
            Self::TrustChanged { store, certificate, said } => {
                now.stores.get(store).is_some_and(|record| record.certificates.get(certificate) == Some(said))
            }
            Self::ReferenceChanged { store, about, said } => {
                now.stores.get(store).is_some_and(|record| record.references.get(about) == said.as_ref())
            }
            Self::StoreSet { store, .. } => now.stores.contains_key(store),
            Self::StoreGone { store } => !now.stores.contains_key(store),
            Self::ClientSet { client, record } => {
                now.clients.get(client).is_some_and(|now| now.stores == record.stores)
            }
            Self::ClientGone { client } => !now.clients.contains_key(client),
        }
    }
}

/// The changes that a comparison with `now` found: all of them, or those of the certificates that `chosen`
/// name. What cannot be read now cannot be accepted.
#[must_use]
pub fn changes(found: &Comparison, now: &Inventory, chosen: &[FingerprintPrefix]) -> Vec<Change> {
    let is_chosen = |fingerprint: &Fingerprint| chosen.iter().any(|prefix| prefix.matches(fingerprint));
    let takes = |fingerprint: &Fingerprint| chosen.is_empty() || is_chosen(fingerprint);
    let mut changes = Vec::new();
    for change in &found.stores {
        let store = &change.store;
        let record = now.stores.get(store).filter(|record| record.reading.is_read());
        let whole = |record: &StoreRecord| Change::StoreSet { store: store.clone(), record: record.clone() };
        match (&change.fate, record) {
            (Fate::Moved(from), Some(record)) if chosen.is_empty() => {
                changes.push(Change::StoreGone { store: from.clone() });
                changes.push(whole(record));
            }
            (Fate::Appeared | Fate::NotCompared, Some(record)) if chosen.is_empty() => changes.push(whole(record)),
            (Fate::Appeared, Some(record)) if change.added.iter().any(|added| is_chosen(&added.certificate)) => {
                // The store without what else is new in it.
                let mut record = record.clone();
                let others = change.added.iter().filter(|added| !is_chosen(&added.certificate));
                others.for_each(|added| _ = record.certificates.remove(&added.certificate));
                changes.push(whole(&record));
            }
            (Fate::Vanished, _) if chosen.is_empty() => changes.push(Change::StoreGone { store: store.clone() }),
            // By its old name it is in the baseline: what is chosen of a store that moved waits for the store.
            (Fate::Moved(from), Some(_)) => single(change, from, &takes, &mut changes),
            (Fate::Stayed, _) => single(change, store, &takes, &mut changes),
            _ => {}
        }
        if chosen.is_empty() && change.fate == Fate::Stayed {
            changes.extend(change.references.iter().map(|reference| Change::ReferenceChanged {
                store: store.clone(),
                about: reference.about.clone(),
                said: reference.now.clone(),
            }));
        }
    }
    if chosen.is_empty() {
        changes.extend(found.clients.iter().map(|change| match &change.now {
            Some(record) => Change::ClientSet { client: change.client.clone(), record: record.clone() },
            None => Change::ClientGone { client: change.client.clone() },
        }));
    }
    changes
}

/// What differs in a store, certificate by certificate, under the name that the baseline has for it.
fn single(
    change: &super::compare::StoreChange,
    name: &str,
    takes: &dyn Fn(&Fingerprint) -> bool,
    changes: &mut Vec<Change>,
) {
    for added in change.added.iter().filter(|added| takes(&added.certificate)) {
        let (store, certificate, said) = (name.to_owned(), added.certificate, added.said.clone());
        changes.push(Change::RootAdded { store, certificate, said });
    }
    for removed in change.removed.iter().filter(|removed| takes(&removed.certificate)) {
        changes.push(Change::RootRemoved { store: name.to_owned(), certificate: removed.certificate });
    }
    for trust in change.trust.iter().filter(|trust| takes(&trust.certificate)) {
        let (store, certificate, said) = (name.to_owned(), trust.certificate, trust.now.clone());
        changes.push(Change::TrustChanged { store, certificate, said });
    }
}
