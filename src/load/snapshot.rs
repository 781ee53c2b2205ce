//! What was loaded: every store, and what is asked of one again and again.

use crate::format::hash_dir::{self, HashDirectory};
use crate::model::{Body, Entry, Listed, Store, StoreId, Unreadable};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Every store that was asked for, at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    stores: BTreeMap<StoreId, Arc<Store>>,
    hashes: Mutex<HashMap<StoreId, Arc<HashDirectory>>>,
    listed: Mutex<HashMap<StoreId, Arc<Vec<usize>>>>,
    /// The paths, behind all links, of the files that were read for these stores.
    files: BTreeSet<PathBuf>,
    pub(super) digests: HashMap<StoreId, Digests>,
}

/// The SHA-256 of a file, and of its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// Of all of it.
    pub whole: [u8; 32],
    /// Of as many octets as were asked for, where it has more.
    pub beginning: Option<[u8; 32]>,
}

impl Digests {
    pub(super) fn of(bytes: &[u8], beginning: u64) -> Self {
        let mut hash = Sha256::new();
        let cut = usize::try_from(beginning).ok().and_then(|length| bytes.split_at_checked(length));
        let Some((first, rest)) = cut.filter(|(_, rest)| !rest.is_empty()) else {
            return Self { whole: Sha256::digest(bytes).into(), beginning: None };
        };
        hash.update(first);
        let beginning = Some(hash.clone().finalize().into());
        hash.update(rest);
        Self { whole: hash.finalize().into(), beginning }
    }
}

/// What was made of a store, made when first asked for.
fn once<T>(known: &Mutex<HashMap<StoreId, Arc<T>>>, store: &Store, make: impl Fn(&Store) -> T) -> Arc<T> {
    if let Some(known) = known.lock().ok().and_then(|known| known.get(&store.id).cloned()) {
        return known;
    }
    let made = Arc::new(make(store));
    if let Ok(mut known) = known.lock() {
        known.insert(store.id.clone(), Arc::clone(&made));
    }
    made
}

impl Snapshot {
    /// Of the stores that were loaded, the files that were read for them, and digests of some.
    pub(super) fn of(
        stores: BTreeMap<StoreId, Arc<Store>>,
        files: BTreeSet<PathBuf>,
        digests: HashMap<StoreId, Digests>,
    ) -> Self {
        Self { stores, files, digests, ..Self::default() }
    }

    /// A store by its id.
    #[must_use]
    pub fn store(&self, id: &StoreId) -> Option<&Arc<Store>> {
        self.stores.get(id)
    }

    /// What OpenSSL's lookup finds in a directory store, worked out when first asked.
    #[must_use]
    pub fn hash_directory(&self, store: &Store) -> Arc<HashDirectory> {
        once(&self.hashes, store, hash_dir::examine)
    }

    /// What the store lookup of OpenSSL finds there, see [`hash_dir::listed_by_hash`], likewise: a dozen clients ask,
    /// and each answer takes a hash of every name.
    #[must_use]
    pub fn listed_by_hash(&self, store: &Store) -> Arc<Vec<usize>> {
        once(&self.listed, store, hash_dir::listed_by_hash)
    }

    /// The SHA-256 of a store's file, where [`load_with_digests`](super::load_with_digests) was asked for it.
    #[must_use]
    pub fn digests(&self, id: &StoreId) -> Option<&Digests> {
        self.digests.get(id)
    }

    /// Whether the file at `path`, which is no link, is a store or was read for one.
    #[must_use]
    pub fn covers(&self, path: &Path) -> bool {
        self.files.contains(path)
            || self.stores.keys().any(|id| matches!(id, StoreId::Section(file, _) if file == path))
    }

    /// A snapshot of some of these stores.
    #[must_use]
    pub fn part(&self, ids: &BTreeSet<StoreId>) -> Self {
        let stores = ids.iter().filter_map(|id| Some((id.clone(), Arc::clone(self.stores.get(id)?))));
        Self { stores: stores.collect(), ..Self::default() }
    }

    /// Takes over the stores of another snapshot that this one lacks.
    pub fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.digests.extend(other.digests);
        for (id, store) in other.stores {
            self.stores.entry(id).or_insert(store);
        }
    }

    /// Every store, in the order of their ids.
    pub fn stores(&self) -> impl Iterator<Item = &Arc<Store>> {
        self.stores.values()
    }
}

/// Files of a directory that could not be read and are named, before the rest is counted.
const NAMED: usize = 3;

/// What of a store that was read in part could not be read, in words.
#[must_use]
pub fn unread_parts(store: &Store) -> String {
    let is_malformed = |entry: &&Entry| matches!(entry.body, Body::Malformed(_));
    let mut malformed = store.entries.iter().filter(is_malformed);
    let first = malformed.next().and_then(|entry| entry.slot.line().filter(|_| store.listed.is_empty()));
    let count = store.entries.iter().filter(is_malformed).count();
    let line = |word: &str| first.map_or_else(String::new, |line| format!("{word}{line}"));
    let entries = match count {
        0 => None,
        1 => Some(format!("1 entry cannot be read{}", line(", at line "))),
        _ => Some(format!("{count} entries cannot be read{}", line(", the first at line "))),
    };
    let gaps = || store.listed.iter().filter_map(|listed| Some((listed, unread(listed)?)));
    let files = gaps().take(NAMED).map(|(listed, why)| format!("{}: {why}", listed.name.to_string_lossy()));
    let more = gaps().count().checked_sub(NAMED + 1).map(|rest| format!("{} files more", rest + 1));
    let whole = store.gaps.iter().map(ToString::to_string);
    let parts: Vec<String> = entries.into_iter().chain(whole).chain(files).chain(more).collect();
    parts.join("; ")
}

/// A directory below, a dangling link: part of a directory's life, and named by checks. A file that
/// could not be read may hide an anchor: that makes the view partial.
fn gap(unreadable: Option<&Unreadable>) -> Option<&Unreadable> {
    unreadable.filter(|why| why.may_hide())
}

/// Why a file of a directory gave less than it may hold; unread is not empty.
pub(super) fn unread(listed: &Listed) -> Option<String> {
    let unread = listed.format.why_unread().filter(|_| listed.format.is_unread_store());
    let format = unread.map(|why| format!("{}: {why}", listed.format));
    let gaps = listed.gaps.iter().map(ToString::to_string).reduce(|before, gap| format!("{before}; {gap}"));
    gap(listed.unreadable.as_ref()).map(ToString::to_string).or(format).or(gaps)
}
