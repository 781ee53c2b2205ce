//! The entries of stores by their certificates: a store may hold a hundred thousand, and as many may be asked for.

use crate::model::{Entry, Fingerprint, Store, StoreId};
use std::collections::HashMap;

/// Looks entries up; each store is gone through once, when it is asked for.
#[derive(Default)]
pub(super) struct Held<'s>(HashMap<&'s StoreId, HashMap<Fingerprint, Vec<&'s Entry>>>);

impl<'s> Held<'s> {
    /// The entries of a store that hold a certificate, in their order.
    pub(super) fn entries(&mut self, store: &'s Store, certificate: Fingerprint) -> &[&'s Entry] {
        let of_store = self.0.entry(&store.id).or_insert_with(|| {
            let mut found: HashMap<Fingerprint, Vec<&Entry>> = HashMap::new();
            for entry in &store.entries {
                if let Some(held) = entry.certificate() {
                    found.entry(held.fingerprint()).or_default().push(entry);
                }
            }
            found
        });
        of_store.get(&certificate).map_or(&[], Vec::as_slice)
    }
}
