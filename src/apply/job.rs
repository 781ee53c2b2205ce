//! What is done in one run: the paths that change, what is to stand there, and what must stand there now.

use super::carry::now;
use super::change::{Is, New};
use super::journal::Shape;
use super::made::Wanted;
use super::nss::{self, Changed};
use super::programs::Programs;
use super::run::ApplyError;
use crate::host::files::Tree;
use crate::model::Timestamp;
use crate::plan::{Plan, Refresh, Step, StoreChange, Was};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the files of NSS databases become, by directory.
pub(super) type Databases = BTreeMap<PathBuf, Vec<Changed>>;

pub(super) fn databases(plan: &Plan, tree: &Tree, programs: &Programs<'_>) -> Result<Databases, ApplyError> {
    let mut databases = Databases::new();
    for step in plan.stores.iter().flat_map(|store| &store.steps) {
        if let Step::Nss { directory, was, add, remove } = step {
            let path = directory.join(nss::CERTIFICATES);
            if !Must::Was(was).is(&now(tree, &path)?) {
                return Err(ApplyError::Changed(path));
            }
            databases.insert(directory.clone(), programs.nss(directory, add, remove)?);
        }
    }
    Ok(databases)
}

/// What is done in one run.
pub(super) struct Job<'a> {
    pub(super) items: Vec<Item<'a>>,
    /// How many stores it changes, for who is told.
    pub(super) stores: usize,
    pub(super) refreshes: Vec<Refresh>,
    /// What they shall make.
    pub(super) made: Wanted,
    pub(super) undoes: Option<u64>,
    /// When it was planned.
    pub(super) at: Timestamp,
}

/// One path that changes.
pub(super) struct Item<'a> {
    pub(super) path: PathBuf,
    pub(super) new: New<'a>,
    pub(super) must: Must<'a>,
    /// The number of its store, and the store, where a plan says what must be in the new octets.
    pub(super) store: (usize, Option<&'a StoreChange>),
}

/// What must be there.
#[derive(Clone, Copy)]
pub(super) enum Must<'a> {
    /// What was there when the plan was made.
    Was(&'a Was),
    /// What a run left there.
    Shape(&'a Shape),
    /// These octets, or nothing.
    Octets(Option<&'a [u8]>),
}

impl Must<'_> {
    pub(super) fn is(&self, is: &Is) -> bool {
        match self {
            Self::Shape(shape) => shape.is_exactly(is),
            Self::Octets(None) => matches!(is, Is::Nothing),
            Self::Octets(Some(octets)) => match is {
                Is::File { sha256, .. } => *sha256 == <[u8; 32]>::from(Sha256::digest(octets)),
                _ => false,
            },
            Self::Was(was) => match (was, is) {
                (Was::Absent, Is::Nothing) => true,
                (Was::Link(to), Is::Link { to: found, .. }) => to == found,
                (Was::File(facts), Is::File { seen, sha256, .. }) => {
                    let unless_unknown = |wanted: bool, found: bool, same: bool| !wanted || !found || same;
                    let (identity, changed) = (seen.identity(), seen.changed());
                    facts.sha256 == *sha256
                        && facts.size == seen.size()
                        && unless_unknown(facts.identity.is_some(), identity.is_some(), facts.identity == identity)
                        && unless_unknown(facts.changed.is_some(), changed.is_some(), facts.changed == changed)
                }
                _ => false,
            },
        }
    }
}

impl<'a> Item<'a> {
    pub(super) fn of(step: &'a Step, number: usize, store: &'a StoreChange, databases: &'a Databases) -> Vec<Self> {
        let (new, must) = match step {
            Step::Write { bytes, was, mode, .. } => (New::File { bytes, mode: Some(*mode), like: None }, was),
            Step::Link { to, was, .. } => (New::Link { to, like: None }, was),
            Step::Remove { was, .. } => (New::Nothing, was),
            Step::Nss { directory, .. } => {
                let files = databases.get(directory).into_iter().flatten();
                let item = |file: &'a Changed| Self {
                    path: directory.join(file.name),
                    // Keys are for their owner alone.
                    new: New::File { bytes: &file.after, mode: Some(0o600), like: None },
                    must: Must::Octets(file.before.as_deref()),
                    store: (number, None),
                };
                return files.map(item).collect();
            }
        };
        vec![Self { path: step.path().to_path_buf(), new, must: Must::Was(must), store: (number, Some(store)) }]
    }
}
