//! Certificates that packages and programs bring: no private root is among them.

use super::Scope;
use super::generated::is_shipped;
use super::wheels::{Recorded, State, recorded};
use crate::model::{Entry, Fingerprint, Slot, StoreId};
use std::collections::{HashMap, HashSet};

/// As many make a store one of public roots: the smallest that a program brings has some 100.
pub(super) const PUBLIC: usize = 20;

/// Every certificate that is compiled into a program, stands in a wheel's bundle as it was installed, or is
/// shipped by the distribution. `None` where that is too little to tell what is public.
pub(super) fn shipped(scope: &Scope<'_>) -> Option<HashSet<Fingerprint>> {
    let wheels = wheels(scope);
    let from_system = scope.users.iter().filter(|found| found.client.is_source).flat_map(|found| &found.candidates);
    let from_system: HashSet<&StoreId> =
        from_system.filter_map(|c| c.store.as_ref().filter(|id| id.path().is_some_and(is_shipped))).collect();
    let mut found = HashSet::new();
    for store in scope.snapshot.stores() {
        let is_brought = matches!(store.id, StoreId::Section(..)) || from_system.contains(&store.id);
        let wheel = wheels.get(&store.id);
        let brought =
            store.entries.iter().filter(|entry| is_brought || wheel.is_some_and(|(_, s)| is_of_wheel(entry, *s)));
        found.extend(brought.filter_map(|entry| Some(entry.certificate()?.fingerprint())));
    }
    (found.len() >= PUBLIC).then_some(found)
}

/// Whether an entry of a file is part of what its wheel installed.
pub(super) fn is_of_wheel(entry: &Entry, state: State) -> bool {
    match (state, &entry.slot) {
        (State::Installed, _) => true,
        (State::Appended(size), Slot::Block(block)) => block.offset < size,
        (State::Appended(_) | State::Other, _) => false,
    }
}

/// What wheels say of the stores in the snapshot, and how those stand to it.
pub(super) fn wheels<'s>(scope: &Scope<'s>) -> HashMap<&'s StoreId, (Recorded, State)> {
    let mut found = HashMap::new();
    for used in scope.users {
        let Some(site) = used.installation.place("site") else { continue };
        for id in used.candidates.iter().filter_map(|candidate| candidate.store.as_ref()) {
            // Taken while it was read, because there is a RECORD.
            let Some(digests) = scope.snapshot.digests(id).filter(|_| !found.contains_key(id)) else { continue };
            if let Some(wheel) = id.path().and_then(|path| recorded(scope.host, site, path)) {
                let state = wheel.state(digests);
                found.insert(id, (wheel, state));
            }
        }
    }
    found
}
