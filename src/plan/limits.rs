//! How much one plan may take away: a slip of a selector must not empty a machine.
//!
//! Threat T23 of castore's model: a removal is told with what chains to it, at most five roots or five of a hundred
//! go by one plan unless more is allowed by number, and what no number allows is a store of public roots that is left
//! with fewer than twenty, or a file that is left with none: programs refuse every server then, or fall back on
//! something else.

use super::{After, Inspected, Plan, StoreChange};
use crate::anchors::anchors;
use crate::model::{Fingerprint, Format, StoreId};
use std::collections::BTreeSet;
use std::fmt;

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

/// A limit that a plan is beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exceeded {
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
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfStore { store, removed, of, limit } => {
                write!(f, "{}: expected at most {limit} removals of {of} certificates, found {removed}", name(store))
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
        }
    }
}

fn name(store: &StoreId) -> String {
    match store {
        StoreId::Path(path) | StoreId::Section(path, _) => path.display().to_string(),
        StoreId::Native(name) => (*name).to_owned(),
    }
}

impl Exceeded {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::OfStore { removed, .. } | Self::OfPlan { removed, .. } => {
                format!("--allow {removed} removes as many; several plans remove a few each")
            }
            Self::TooFew { .. } | Self::Empty { .. } => {
                "nothing allows that: remove what names the store, or export another in its place".to_owned()
            }
        }
    }
}

/// The limits that a plan is beyond.
pub(super) fn exceeded(inspected: Inspected<'_>, plan: &Plan, allow: Allow) -> Vec<Exceeded> {
    let limit = |of: usize| REMOVED.max(of * HUNDREDTHS / 100).max(allow.removals);
    let mut found = Vec::new();
    let mut all: BTreeSet<Fingerprint> = BTreeSet::new();
    let mut largest = 0;
    for change in plan.stores.iter().filter(|change| !change.removed.is_empty()) {
        all.extend(change.removed.iter().map(|moved| moved.certificate.fingerprint()));
        let before = before(inspected, change);
        largest = largest.max(before.len());
        let store = || change.target.store.clone();
        let removed = change.removed.len();
        if removed > limit(before.len()) {
            found.push(Exceeded::OfStore { store: store(), removed, of: before.len(), limit: limit(before.len()) });
        }
        let left = left(change, &before);
        let is_public = |held: &&Fingerprint| !inspected.facts.standings(held).is_empty();
        if left.is_empty() && is_missed(inspected, change) {
            found.push(Exceeded::Empty { store: store() });
        } else if left.len() < LEFT && before.iter().filter(is_public).take(LEFT).count() == LEFT {
            found.push(Exceeded::TooFew { store: store(), left: left.len() });
        }
    }
    if all.len() > limit(largest) {
        found.push(Exceeded::OfPlan { removed: all.len(), limit: limit(largest) });
    }
    found
}

fn before(inspected: Inspected<'_>, change: &StoreChange) -> BTreeSet<Fingerprint> {
    inspected.snapshot.store(&change.target.store).map(|store| super::held(store)).unwrap_or_default()
}

fn left(change: &StoreChange, before: &BTreeSet<Fingerprint>) -> BTreeSet<Fingerprint> {
    match &change.after {
        After::Exactly(all) => all.clone(),
        After::AtLeast { with, without } => {
            before.union(with).filter(|held| !without.contains(held)).copied().collect()
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
