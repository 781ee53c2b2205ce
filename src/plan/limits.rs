//! How much one plan may take away: a slip of a selector must not empty a machine.
//!
//! A removal is told with what chains to it, at most five roots or five of a hundred
//! go by one plan unless more is allowed by number, and what no number allows is a store of public roots that is left
//! with fewer than twenty, or a file that is left with none: programs refuse every server then, or fall back on
//! something else.

use super::goals::{System, Way, targets};
use super::make::{SweptFor, swept};
use super::{After, Inspected, Moved, Plan, Refused, StoreChange, Sweep, Swept, Writer};
use crate::anchors::anchors;
use crate::model::{Fingerprint, Format, Reading, Store, StoreId};
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Roots that one plan may remove.
const REMOVED: usize = 5;
/// The part of a store, in hundredths, that one plan may remove where that is more.
const HUNDREDTHS: usize = 5;
/// Roots that a store of public ones is left with at least; the smallest that any program brings has some 100.
const LEFT: usize = 20;

/// What was allowed beyond the usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allow {
    /// How many roots may be removed, where that is more than usual.
    pub removals: usize,
}

/// What speaks against a plan: a limit that it is beyond, or that the stores as they are now do not become what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// It removes too much of a store.
    OfStore {
        /// The store.
        store: StoreId,
        /// How many certificates it would lose.
        removed: usize,
        /// How many it has.
        of: usize,
        /// How many it may lose.
        limit: usize,
    },
    /// The refresh drops what nobody named and nothing but the made store holds.
    Dropped {
        /// The store.
        store: StoreId,
        /// The certificates.
        certificates: Vec<Fingerprint>,
        /// How many roots the plan removes with them.
        removed: usize,
    },
    /// It removes too many different roots from all stores together.
    OfPlan {
        /// How many.
        removed: usize,
        /// How many it may remove.
        limit: usize,
    },
    /// It leaves a store of public roots with too few.
    TooFew {
        /// The store.
        store: StoreId,
        /// How many it would be left with.
        left: usize,
    },
    /// It leaves a store with nothing.
    Empty {
        /// The store.
        store: StoreId,
    },
    /// It was read, and changes what the system's store is made from in the name of another store.
    NotSystem {
        /// The store.
        store: StoreId,
    },
    /// It was read, and a store as it is now would gain or lose what it does not show.
    Unshown {
        /// The store.
        store: StoreId,
        /// The certificate.
        certificate: Fingerprint,
        /// Whether the store would gain it.
        is_gained: bool,
    },
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfStore { store, removed, of, limit } => {
                write!(f, "{}: expected at most {limit} removals of {of} certificates, found {removed}", name(store))
            }
            Self::Dropped { store, certificates, .. } => {
                let first = certificates.first().map(Fingerprint::short).unwrap_or_default();
                let more = match certificates.len() {
                    0 | 1 => String::new(),
                    all => format!(" and {} more", all - 1),
                };
                write!(
                    f,
                    "{}: expected all of it to be made from the system's anchors, found certificate {first}{more} in it \
                     alone, which the refresh drops",
                    name(store)
                )
            }
            Self::OfPlan { removed, limit } => {
                write!(f, "expected at most {limit} different roots to be removed by one plan, found {removed}")
            }
            Self::TooFew { store, left } => {
                write!(
                    f,
                    "{}: expected at least {LEFT} certificates to stay in a store of public roots, found {left}",
                    name(store)
                )
            }
            Self::Empty { store } => {
                write!(f, "{}: expected at least one certificate to stay, found none", name(store))
            }
            Self::NotSystem { store } => {
                write!(f, "{}: expected a store that is made of the system's anchors, found another", name(store))
            }
            Self::Unshown { store, certificate, is_gained } => {
                let what = if *is_gained { "gains" } else { "loses" };
                write!(
                    f,
                    "{}: it {what} certificate {}, which the plan does not show",
                    name(store),
                    certificate.short()
                )
            }
        }
    }
}

fn name(store: &StoreId) -> String {
    match store {
        StoreId::Path(path) | StoreId::Section(path, _) => path.display().to_string(),
        StoreId::Native(name) => (*name).to_owned(),
    }
}

impl Objection {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::OfStore { removed, .. } | Self::OfPlan { removed, .. } => {
                format!("--allow {removed} removes as many; several plans remove a few each")
            }
            Self::Dropped { certificates, removed, .. } => {
                /// Certificates that a command names.
                const NAMED: usize = 8;
                let named = match certificates.len() {
                    0..=NAMED => certificates.iter().map(Fingerprint::short).collect::<Vec<_>>().join(" "),
                    _ => "FILE…".to_owned(),
                };
                format!("castore add {named} puts among the anchors what is to stay; --allow {removed} lets it go")
            }
            Self::TooFew { .. } | Self::Empty { .. } => {
                "nothing allows that: remove what names the store, or export another in its place".to_owned()
            }
            Self::NotSystem { .. } | Self::Unshown { .. } => {
                "the store changed since, or the plan did: make it again with castore sync --save-plan FILE".to_owned()
            }
        }
    }
}

/// The limits that a plan is beyond.
pub(super) fn objections(inspected: Inspected<'_>, plan: &Plan, allow: Allow) -> Vec<Objection> {
    let limit = |of: usize| REMOVED.max(of * HUNDREDTHS / 100).max(allow.removals);
    let mut found = Vec::new();
    let mut all: BTreeSet<Fingerprint> = BTreeSet::new();
    let mut largest = 0;
    for change in plan.stores.iter().filter(|change| !change.removed.is_empty()) {
        all.extend(change.removes());
        let before = before(inspected, change);
        largest = largest.max(before.len());
        let store = || change.target.store.clone();
        let removed = change.removed.len();
        if removed > limit(before.len()) {
            found.push(Objection::OfStore { store: store(), removed, of: before.len(), limit: limit(before.len()) });
        }
        let left = left(change, &before);
        let is_public = |held: &&Fingerprint| !inspected.facts.standings(held).is_empty();
        if left.is_empty() && is_missed(inspected, change) {
            found.push(Objection::Empty { store: store() });
        } else if left.len() < LEFT && before.iter().filter(is_public).take(LEFT).count() == LEFT {
            found.push(Objection::TooFew { store: store(), left: left.len() });
        }
    }
    let mut dropped: BTreeMap<&StoreId, BTreeSet<Fingerprint>> = BTreeMap::new();
    for swept in plan.stores.iter().flat_map(|change| &change.swept).filter(|swept| swept.does == Sweep::Drops) {
        dropped.entry(&swept.store).or_default().insert(swept.certificate.fingerprint());
    }
    let removed = all.iter().chain(dropped.values().flatten()).collect::<BTreeSet<_>>().len();
    if removed > allow.removals {
        found.extend(dropped.into_iter().map(|(store, certificates)| Objection::Dropped {
            store: store.clone(),
            certificates: certificates.into_iter().collect(),
            removed,
        }));
    }
    if all.len() > limit(largest) {
        found.push(Objection::OfPlan { removed: all.len(), limit: limit(largest) });
    }
    found
}

/// Asks of a plan that was read what is asked of one that is made, of the stores as they are now; and whether they are
/// what it says, and gain and lose what it shows. One that cannot be read now is left to whoever carries the plan out.
///
/// # Errors
/// The limits that it is beyond.
pub fn recheck(inspected: Inspected<'_>, plan: &Plan, allow: Allow) -> Result<(), Refused> {
    let mut found = Vec::new();
    let system = LazyCell::new(|| of_system(inspected));
    for change in &plan.stores {
        if let After::AtLeast { with, without } = &change.after {
            match system.as_ref().filter(|system| system.store() == change.target.store) {
                None => found.push(Objection::NotSystem { store: change.target.store.clone() }),
                Some(system) => {
                    let takes_out = !without.is_empty() || change.steps.is_empty();
                    let asked = SweptFor { adds: with, removes: without, takes_out };
                    found.extend(unshown(change, &swept(inspected, system, &asked).0));
                }
            }
        }
        let is_read = |store: &&Arc<Store>| matches!(store.reading, Reading::Whole | Reading::Partial);
        let Some(store) = inspected.snapshot.store(&change.target.store).filter(is_read) else { continue };
        let After::Exactly(after) = &change.after else { continue };
        let before = super::held(store);
        let shows =
            |moved: &[Moved], one: &Fingerprint| moved.iter().any(|moved| moved.certificate.fingerprint() == *one);
        let gained = after.difference(&before).find(|one| !shows(&change.added, one)).map(|one| (one, true));
        let lost = || before.difference(after).find(|one| !shows(&change.removed, one)).map(|one| (one, false));
        if let Some((certificate, is_gained)) = gained.or_else(lost) {
            found.push(Objection::Unshown { store: change.target.store.clone(), certificate: *certificate, is_gained });
        }
    }
    found.extend(objections(inspected, plan, allow));
    if found.is_empty() { Ok(()) } else { Err(Refused::Objected { plan: Box::new(plan.clone()), objections: found }) }
}

/// What the refresh would now do that a plan does not show.
fn unshown(change: &StoreChange, now: &[Swept]) -> Option<Objection> {
    let is_shown = |one: &&Swept| {
        let same = |shown: &Swept| {
            let key = |swept: &Swept| (swept.does, swept.certificate.fingerprint());
            key(shown) == key(one) && shown.store == one.store
        };
        change.swept.iter().any(same)
    };
    let one = now.iter().find(|one| !is_shown(one))?;
    let (store, certificate) = (one.store.clone(), one.certificate.fingerprint());
    Some(Objection::Unshown { store, certificate, is_gained: one.does == Sweep::TakesUp })
}

/// The system's store, where castore changes it.
fn of_system(inspected: Inspected<'_>) -> Option<Box<System<'_>>> {
    let goals = targets(inspected, &[], Writer::default()).unwrap_or_default().goals;
    goals.into_iter().find_map(|goal| match goal.way {
        Way::System(system) => Some(system),
        _ => None,
    })
}

fn before(inspected: Inspected<'_>, change: &StoreChange) -> BTreeSet<Fingerprint> {
    inspected.snapshot.store(&change.target.store).map(|store| super::held(store)).unwrap_or_default()
}

fn left(change: &StoreChange, before: &BTreeSet<Fingerprint>) -> BTreeSet<Fingerprint> {
    match &change.after {
        After::Exactly(all) => all.clone(),
        After::AtLeast { with, without } => {
            let dropped = change.swept.iter().filter(|swept| swept.store == change.target.store);
            let dropped = dropped.filter(|swept| swept.does != Sweep::TakesUp);
            let goes: BTreeSet<_> = dropped.map(|swept| swept.certificate.fingerprint()).collect();
            before.union(with).filter(|held| !without.contains(held) && !goes.contains(held)).copied().collect()
        }
    }
}

/// Whether somebody is worse off with an empty store: a file without certificates is one that programs do not load; a
/// directory or a database beside other stores may be empty.
fn is_missed(inspected: Inspected<'_>, change: &StoreChange) -> bool {
    match change.target.format {
        Format::Nss => false,
        Format::Directory => inspected.uses.iter().any(|user| {
            let reads = user.effective().any(|candidate| candidate.store.as_ref() == Some(&change.target.store));
            let has_more = || {
                let trusted = anchors(user, inspected.snapshot);
                trusted.certificates.values().any(|anchor| anchor.store.id != change.target.store)
            };
            reads && !user.client.is_source && !has_more()
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
