//! A host held against its baseline.

use super::{Acceptance, Baseline, ClientKey, ClientRecord, Comparison, Inventory, Taken, compare};
use crate::model::{StoreId, Timestamp};
use crate::select::Selector;
use std::collections::{BTreeMap, BTreeSet};

/// A host, its baseline with what is accepted of it, and how they differ.
#[derive(Debug, Clone)]
pub struct Against {
    /// The baseline, with the changes that are accepted at this moment.
    pub then: Inventory,
    /// The host now.
    pub now: Taken,
    /// How they differ.
    pub comparison: Comparison,
    /// Acceptances whose last day has passed.
    pub expired: Vec<Acceptance>,
}

impl Against {
    /// Compares a host with a baseline at a moment.
    #[must_use]
    pub fn new(baseline: &Baseline, now: Taken, at: Timestamp) -> Self {
        let then = baseline.effective(at);
        let comparison = compare(&then, &now.inventory);
        let expired = baseline.accepted.iter().filter(|acceptance| !acceptance.is_in_force(at)).cloned().collect();
        Self { then, now, comparison, expired }
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
        counts.collect()
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
    }
}
