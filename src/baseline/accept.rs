//! Changes that somebody accepted: who, why and until when.
//!
//! An accepted change is a part of the baseline from then on: a root that was accepted and disappears again is
//! a root that is gone. So an acceptance is kept as the change itself and is carried out over the inventory
//! when both are compared with a host. What is past its day is not carried out, and what it accepted differs
//! again.

use super::compare::Fate;
use super::{Baseline, ClientKey, ClientRecord, Comparison, How, Inventory, Said, StoreRecord};
use crate::model::{Fingerprint, FingerprintPrefix, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    /// Clients take other certificates as anchors, those that changed in the same way together.
    AnchorsChanged {
        /// The clients.
        clients: Vec<ClientKey>,
        /// What they take more.
        added: BTreeSet<Fingerprint>,
        /// What they take no more.
        removed: BTreeSet<Fingerprint>,
    },
}

/// What one change is about, in parts that a later acceptance may be about too.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'c> {
    Store(&'c str),
    Certificate(&'c str, Fingerprint),
    Reference(&'c str, &'c str),
    Client(&'c ClientKey),
    Anchor(&'c ClientKey, Fingerprint),
}

impl<'c> Part<'c> {
    /// The whole of which it is a part.
    const fn whole(&self) -> Self {
        match self {
            Self::Store(store) | Self::Certificate(store, _) | Self::Reference(store, _) => Self::Store(store),
            Self::Client(client) | Self::Anchor(client, _) => Self::Client(client),
        }
    }
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
        self.carried(at, None)
    }

    /// The inventory with every change that is accepted at this moment, other than those until a day that are
    /// undone in `now`: what was let be for a time may go before its day.
    #[must_use]
    pub fn effective_beside(&self, at: Timestamp, now: &Inventory) -> Inventory {
        self.carried(at, Some(now))
    }

    fn carried(&self, at: Timestamp, now: Option<&Inventory>) -> Inventory {
        let mut inventory = self.inventory.clone();
        let mut touched = BTreeSet::new();
        for acceptance in self.accepted.iter().filter(|acceptance| acceptance.is_in_force(at)) {
            for change in &acceptance.changes {
                let now = now.filter(|_| acceptance.until.is_some());
                let Some(left) = now.map_or(Some(change.clone()), |now| change.left(&inventory, now)) else { continue };
                left.carry_out(&mut inventory);
                touched.extend(change.store());
            }
        }
        inventory.unsettled = self.unsettled(&inventory, &touched);
        inventory
    }

    /// What changed in the stores of clients whose anchors are known by a digest that is older than that.
    fn unsettled(
        &self,
        inventory: &Inventory,
        touched: &BTreeSet<&String>,
    ) -> BTreeMap<ClientKey, BTreeMap<Fingerprint, bool>> {
        let mut unsettled = BTreeMap::new();
        for (key, record) in inventory.clients.iter().filter(|(_, record)| record.trusted.is_none()) {
            if self.inventory.clients.get(key) != Some(record) {
                continue;
            }
            let mut differ = BTreeMap::new();
            for name in record.stores.iter().filter(|name| touched.contains(name)) {
                let held = |inventory: &Inventory| {
                    inventory.stores.get(name).map(|store| store.certificates.clone()).unwrap_or_default()
                };
                let (then, now) = (held(&self.inventory), held(inventory));
                let all = then.keys().chain(now.keys()).filter(|one| then.get(one) != now.get(one));
                differ.extend(all.map(|one| (*one, record.is_given(one, &self.inventory))));
            }
            if !differ.is_empty() {
                unsettled.insert(key.clone(), differ);
            }
        }
        unsettled
    }

    /// The acceptances whose last day has passed, with what of them is still so and no later one accepted again.
    #[must_use]
    pub fn overdue(&self, at: Timestamp, now: &Inventory) -> Vec<Acceptance> {
        let mut later = BTreeSet::new();
        let mut overdue = Vec::new();
        for acceptance in self.accepted.iter().rev() {
            if !acceptance.is_in_force(at) {
                let is_again = |part: &Part<'_>| later.contains(part) || later.contains(&part.whole());
                let is_left = |change: &&Change| !change.parts().iter().all(is_again);
                let changes: Vec<Change> = acceptance.changes.iter().filter(is_left).cloned().collect();
                let left = Acceptance { changes, ..acceptance.clone() };
                if left.standing(now) > 0 {
                    overdue.push(left);
                }
            }
            later.extend(acceptance.changes.iter().flat_map(Change::parts));
        }
        overdue.reverse();
        overdue
    }

    /// How many acceptances a snapshot that is taken anew would lose: those that count, and those past their day
    /// of which something is still so.
    #[must_use]
    pub fn not_to_be_lost(&self, at: Timestamp, now: &Inventory) -> usize {
        let in_force = self.accepted.iter().filter(|acceptance| acceptance.is_in_force(at)).count();
        in_force + self.overdue(at, now).len()
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
            Self::ClientSet { record, .. } => record.trusted.iter().flat_map(|set| set.iter().copied()).collect(),
            Self::AnchorsChanged { added, removed, .. } => added.union(removed).copied().collect(),
            Self::ReferenceChanged { .. } | Self::StoreGone { .. } | Self::ClientGone { .. } => Vec::new(),
        }
    }

    /// What it is about.
    fn parts(&self) -> Vec<Part<'_>> {
        match self {
            Self::RootAdded { store, certificate, .. }
            | Self::RootRemoved { store, certificate }
            | Self::TrustChanged { store, certificate, .. } => vec![Part::Certificate(store, *certificate)],
            Self::ReferenceChanged { store, about, .. } => vec![Part::Reference(store, about)],
            Self::StoreSet { store, .. } | Self::StoreGone { store } => vec![Part::Store(store)],
            Self::ClientSet { client, .. } | Self::ClientGone { client } => vec![Part::Client(client)],
            Self::AnchorsChanged { clients, added, removed } => {
                let each = |client| added.union(removed).map(move |one| Part::Anchor(client, *one));
                clients.iter().flat_map(each).collect()
            }
        }
    }

    /// What of it is not undone in `now`, which is then again as it is in `before`; none where all of it is.
    fn left(&self, before: &Inventory, now: &Inventory) -> Option<Self> {
        let store_of = |inventory: &'_ Inventory, name: &String| {
            inventory.stores.get(name).filter(|record| record.reading != How::Absent).map(StoreRecord::digest)
        };
        let is_undone = match self {
            Self::RootAdded { store, certificate, .. }
            | Self::RootRemoved { store, certificate }
            | Self::TrustChanged { store, certificate, .. } => {
                match (before.stores.get(store), now.stores.get(store)) {
                    (Some(before), Some(now)) if now.reading.is_read() => {
                        before.certificates.get(certificate) == now.certificates.get(certificate)
                    }
                    _ => false,
                }
            }
            Self::ReferenceChanged { store, about, .. } => match (before.stores.get(store), now.stores.get(store)) {
                (Some(before), Some(now)) if now.reading.is_read() => {
                    before.references.get(about) == now.references.get(about)
                }
                _ => false,
            },
            Self::StoreSet { store, .. } | Self::StoreGone { store } => store_of(before, store) == store_of(now, store),
            Self::ClientSet { client, .. } | Self::ClientGone { client } => {
                match (before.clients.get(client), now.clients.get(client)) {
                    (Some(before), Some(now)) => (&before.stores, before.off) == (&now.stores, now.off),
                    (before, now) => before.is_none() && now.is_none(),
                }
            }
            Self::AnchorsChanged { clients, added, removed } => {
                return Self::anchors_left(clients, added, removed, now);
            }
        };
        (!is_undone).then(|| self.clone())
    }

    /// What of a change of anchors all its clients have undone.
    fn anchors_left(
        clients: &[ClientKey],
        added: &BTreeSet<Fingerprint>,
        removed: &BTreeSet<Fingerprint>,
        now: &Inventory,
    ) -> Option<Self> {
        let trusts = |client: &ClientKey, one: &Fingerprint| {
            let trusted = now.clients.get(client)?.trusted.as_ref()?;
            Some(trusted.contains(one))
        };
        let left = |all: &BTreeSet<Fingerprint>, undone: bool| {
            let is_left = |one: &&Fingerprint| clients.iter().any(|client| trusts(client, one) != Some(undone));
            all.iter().filter(is_left).copied().collect::<BTreeSet<_>>()
        };
        let (added, removed) = (left(added, false), left(removed, true));
        let is_left = !added.is_empty() || !removed.is_empty();
        is_left.then(|| Self::AnchorsChanged { clients: clients.to_vec(), added, removed })
    }

    /// The store of which it changes what is in it.
    fn store(&self) -> Option<&String> {
        match self {
            Self::RootAdded { store, .. }
            | Self::RootRemoved { store, .. }
            | Self::TrustChanged { store, .. }
            | Self::ReferenceChanged { store, .. }
            | Self::StoreSet { store, .. } => Some(store),
            Self::StoreGone { .. } | Self::ClientSet { .. } | Self::ClientGone { .. } | Self::AnchorsChanged { .. } => {
                None
            }
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
            Self::AnchorsChanged { clients, added, removed } => {
                for client in clients {
                    let Some(record) = inventory.clients.get_mut(client) else { continue };
                    let Some(trusted) = &record.trusted else { continue };
                    let trusted = trusted.union(added).filter(|one| !removed.contains(one)).copied().collect();
                    record.set_trusted(trusted);
                }
            }
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
                now.clients.get(client).is_some_and(|now| now.stores == record.stores && now.off == record.off)
            }
            Self::ClientGone { client } => !now.clients.contains_key(client),
            Self::AnchorsChanged { clients, added, removed } => {
                let trusted = clients.iter().filter_map(|client| now.clients.get(client)?.trusted.as_ref());
                let is_so = |set: &Arc<BTreeSet<Fingerprint>>| !set.is_disjoint(added) || !removed.is_subset(set);
                trusted.into_iter().any(is_so)
            }
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
    let mut is_set = BTreeSet::new();
    if chosen.is_empty() {
        for change in found.clients.iter().filter(|change| !change.is_of_anchors_alone()) {
            is_set.insert(&change.client);
            changes.push(match &change.now {
                Some(record) => Change::ClientSet { client: change.client.clone(), record: record.clone() },
                None => Change::ClientGone { client: change.client.clone() },
            });
        }
    }
    let mut alike: BTreeMap<_, Vec<ClientKey>> = BTreeMap::new();
    for change in found.anchors.iter().filter(|change| !is_set.contains(&change.client)) {
        let taken = |all: &BTreeSet<Fingerprint>| all.iter().filter(|one| takes(one)).copied().collect::<BTreeSet<_>>();
        let (added, removed) = (taken(&change.gained), taken(&change.lost));
        if !added.is_empty() || !removed.is_empty() {
            alike.entry((added, removed)).or_default().push(change.client.clone());
        }
    }
    let anchors = alike.into_iter();
    changes.extend(anchors.map(|((added, removed), clients)| Change::AnchorsChanged { clients, added, removed }));
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
