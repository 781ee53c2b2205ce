//! Stores that stand at another path now: told by what they hold.

use super::{Closed, is_there};
use crate::baseline::{Inventory, StoreRecord};
use crate::limits::MOVED_PAIRS;
use crate::model::Fingerprint;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Of two stores at different places, the parts in a hundred of the larger one that both must hold to be one
/// store that moved: 50, as with files that git takes for renamed (`-M`, git-diff(1)).
const ALIKE: usize = 50;

/// A store by its name.
type Named<'i> = (&'i str, &'i StoreRecord);

/// Stores that are at another place: by their old names, the new ones.
pub(super) fn moved<'i>(then: &'i Inventory, now: &'i Inventory) -> BTreeMap<&'i str, &'i str> {
    let mut gone = only_in(then, now);
    let mut new = only_in(now, then);
    let mut moved = the_same(&mut gone, &mut new);
    if gone.len().saturating_mul(new.len()) <= MOVED_PAIRS {
        let mut taken = BTreeSet::new();
        for (_, _, old, new) in alike(&gone, &new) {
            if !moved.contains_key(old) && taken.insert(new) {
                moved.insert(old, new);
            }
        }
    }
    moved
}

/// The stores with certificates that one inventory has and the other has not.
fn only_in<'i>(one: &'i Inventory, other: &Inventory) -> Vec<Named<'i>> {
    let counts = |record: &StoreRecord| record.reading.is_read() && !record.certificates.is_empty();
    let closed = Closed::of(other);
    let own = one.stores.iter().filter(|(name, record)| counts(record) && !is_there(other.stores.get(*name)));
    let own = own.filter(|(name, _)| !closed.has(name));
    own.map(|(name, record)| (name.as_str(), record)).collect()
}

/// The last part of a path.
pub(super) fn file(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Takes the pairs out that hold the very same, files of one name first.
fn the_same<'i>(gone: &mut Vec<Named<'i>>, new: &mut Vec<Named<'i>>) -> BTreeMap<&'i str, &'i str> {
    let mut by_content: HashMap<Fingerprint, BTreeSet<&str>> = HashMap::new();
    for (name, record) in gone.iter() {
        by_content.entry(record.digest()).or_default().insert(name);
    }
    let mut moved = BTreeMap::new();
    for same_file in [true, false] {
        new.retain(|(name, record)| {
            let Some(names) = by_content.get_mut(&record.digest()) else { return true };
            let old = names.iter().find(|old| !same_file || file(old) == file(name)).copied();
            let Some(old) = old else { return true };
            names.remove(old);
            moved.insert(old, *name);
            false
        });
    }
    gone.retain(|(name, _)| !moved.contains_key(name));
    moved
}

/// The pairs that hold enough of each other, the most alike first: how much, whether the files have one name, the
/// old name, the new one.
fn alike<'i>(gone: &[Named<'i>], new: &[Named<'i>]) -> Vec<(usize, bool, &'i str, &'i str)> {
    let mut pairs = Vec::new();
    for (name, record) in new {
        for (old, before) in gone {
            let (one, other) = (&record.certificates, &before.certificates);
            let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
            if few.len() * 100 < many.len() * ALIKE {
                continue;
            }
            let common = few.keys().filter(|fingerprint| many.contains_key(fingerprint)).count();
            let alike = common * 100 / many.len();
            if alike >= ALIKE {
                pairs.push((alike, file(old) == file(name), *old, *name));
            }
        }
    }
    pairs.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    pairs
}
