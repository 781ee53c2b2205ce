//! A host held against its baseline.

use super::{Acceptance, Baseline, ClientKey, ClientRecord, Comparison, Inventory, Taken, compare};
use crate::model::{Fingerprint, Store, StoreId, Timestamp};
use crate::select::Selector;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A certificate that stood in a store and is an anchor of clients only now.
#[derive(Debug, Clone)]
pub struct NewlyTrusted<'a> {
    /// The certificate.
    pub certificate: Fingerprint,
    /// The store.
    pub store: &'a Arc<Store>,
    /// The clients that take it from there and did not.
    pub clients: Vec<&'a ClientKey>,
}

/// A host, its baseline with what is accepted of it, and how they differ.
#[derive(Debug, Clone)]
pub struct Against {
    /// The baseline, with the changes that are accepted at this moment.
    pub then: Inventory,
    /// The host now.
    pub now: Taken,
    /// How they differ.
    pub comparison: Comparison,
    /// Acceptances whose last day has passed, with what of them is still so.
    pub overdue: Vec<Acceptance>,
}

impl Against {
    /// Compares a host with a baseline at a moment.
    #[must_use]
    pub fn new(baseline: &Baseline, now: Taken, at: Timestamp) -> Self {
        let then = baseline.effective_beside(at, &now.inventory);
        let comparison = compare(&then, &now.inventory);
        let overdue = baseline.overdue(at, &now.inventory);
        Self { then, now, comparison, overdue }
    }

    /// The store that a name of the inventory stands for now.
    #[must_use]
    pub fn store(&self, name: &str) -> Option<&StoreId> {
        self.now.stores.get(name)
    }

    /// How many certificates each store holds now and did not then, and the reverse. What is not named did not
    /// change.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<StoreId, (usize, usize)> {
        let counts = self.comparison.stores.iter().filter_map(|change| {
            Some((self.store(&change.store)?.clone(), (change.added.len(), change.removed.len())))
        });
        let mut counts: BTreeMap<StoreId, (usize, usize)> = counts.collect();
        for newly in self.newly_trusted() {
            counts.entry(newly.store.id.clone()).or_default().0 += 1;
        }
        counts
    }

    /// What a store held and clients take as an anchor only now, by store and certificate, with those clients. What
    /// is told of a store that changed is not among it, nor what a client takes since it looks elsewhere.
    #[must_use]
    pub fn newly_trusted(&self) -> Vec<NewlyTrusted<'_>> {
        let mut found: BTreeMap<(&StoreId, Fingerprint), NewlyTrusted<'_>> = BTreeMap::new();
        for change in self.comparison.clients.iter().filter(|change| change.is_of_anchors_alone()) {
            let sources = self.now.sources.get(&change.client);
            for certificate in &change.trusts {
                let Some(store) = sources.and_then(|sources| sources.get(certificate)) else { continue };
                let new = || NewlyTrusted { certificate: *certificate, store, clients: Vec::new() };
                found.entry((&store.id, *certificate)).or_insert_with(new).clients.push(&change.client);
            }
        }
        found.into_values().collect()
    }

    /// Whether they are of two hosts, as far as their names tell.
    #[must_use]
    pub fn is_of_another_host(&self) -> bool {
        let (then, now) = (&self.then.host.name, &self.now.inventory.host.name);
        then.is_some() && now.is_some() && then != now
    }
}

impl Against {
    /// Leaves differences out that selectors do not name; without selectors everything stays. `named` are the
    /// stores that selectors of paths name, by their names in an inventory.
    pub fn limit(&mut self, selectors: &[Selector], named: &BTreeSet<String>) {
        if selectors.is_empty() {
            return;
        }
        let takes = |key: &ClientKey, record: &ClientRecord| {
            let version = record.versions.first().and_then(|version| version.split_once(' '));
            let version = version.map(|(_, version)| version);
            selectors.iter().any(|selector| selector.takes_recorded(&key.client, &key.at, version))
        };
        let clients = [&self.then, &self.now.inventory].into_iter().flat_map(|inventory| &inventory.clients);
        let taken = clients.filter(|(key, record)| takes(key, record));
        let used: BTreeSet<String> = taken.flat_map(|(_, record)| record.stores.iter().cloned()).collect();
        self.comparison.stores.retain(|change| used.contains(&change.store) || named.contains(&change.store));
        self.comparison.clients.retain(|change| {
            let record = change.now.as_ref().or(change.then.as_ref());
            record.is_some_and(|record| takes(&change.client, record))
        });
        let inventory = &self.now.inventory;
        self.comparison
            .anchors
            .retain(|change| inventory.clients.get(&change.client).is_some_and(|record| takes(&change.client, record)));
    }
}
