//! A run of the checks as every format sees it: what was found, the stores that were looked at, and how far.
//!
//! Formats for people and code scanners are about findings; formats for monitoring also need to know that
//! there was a store and that all is well with it. So all of them get the same value.

use super::escape;
use super::report::store_name;
use super::text::Colour;
use crate::check::{Check, Finding, Severity, Users, with_count};
use crate::facts::Facts;
use crate::load::Snapshot;
use crate::model::{Format as Kind, Reading, Store, StoreId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// The version of castore.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is said where nothing was found that could have been looked at.
pub const NO_STORE: &str = "no store of certificates was found";

/// Who was looked at, and when: what a row needs that leaves its machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What the host calls itself, or what the user calls it.
    pub host: Option<String>,
    /// The moment that counted as now.
    pub at: Timestamp,
}

/// What became of a store since a baseline that was accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Roots that it holds now and did not then.
    pub added: usize,
    /// Roots that it held then and does not now.
    pub removed: usize,
}

/// One row: a format of the answer of `castore check`.
pub struct Format {
    /// What users write after `--format`.
    pub name: &'static str,
    /// Who reads it, in a few words.
    pub about: &'static str,
    /// Where the format is defined.
    pub says: &'static str,
    /// The whole file or text.
    pub render: fn(&Checked<'_>, &Options) -> String,
}

/// What a user may choose of how an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether text is coloured.
    pub colour: Colour,
    /// Columns of the terminal, where text goes to one.
    pub width: Option<usize>,
    /// Whether text names every place, and says why each check is.
    pub explain: bool,
    /// Whether cells of CSV stay as they are where a spreadsheet would run them.
    pub csv_raw: bool,
    /// Whether metrics are written of each certificate, too.
    pub per_certificate: bool,
    /// The severity from which a finding is a failure; none where no finding is.
    pub fail_on: Option<Severity>,
    /// Whether text shows what is known and does not count.
    pub show_allowed: bool,
}

impl Options {
    /// Whether a finding is a failure.
    #[must_use]
    pub fn fails(&self, finding: &Finding) -> bool {
        self.fail_on.is_some_and(|least| finding.severity() >= least)
    }
}

/// A run of the checks.
pub struct Checked<'c> {
    /// Who and when.
    pub about: About,
    /// Whether the host is a directory or another process' view, whose paths are not those of this machine.
    pub is_tree: bool,
    /// The checks that ran.
    pub checks: Vec<&'static Check>,
    /// What was found and counts, in the order of the checks.
    pub findings: &'c [Finding],
    /// What was found and is known, which does not count: each with [`Finding::allowed`].
    pub allowed: &'c [Finding],
    /// The stores in scope.
    pub stores: &'c BTreeSet<StoreId>,
    /// How many servers were asked for their chains.
    pub servers: usize,
    /// What was read of them.
    pub snapshot: &'c Snapshot,
    /// Which clients of the host use which stores.
    pub used: &'c Users<'c>,
    /// The tables that findings may stand on.
    pub facts: &'c Facts,
    /// Stores in scope that were not read in full.
    pub gaps: &'c BTreeSet<StoreId>,
    /// Homes of accounts in scope that were closed to castore.
    pub homes: &'c [PathBuf],
    /// Directories that were closed to castore while it looked for clients, those homes among them.
    pub closed: usize,
    /// What changed in each store since the baseline; a store that is not named did not. None where the run
    /// had no baseline.
    pub changes: Option<&'c BTreeMap<StoreId, Changes>>,
}

impl<'c> Checked<'c> {
    /// The stores in scope that were loaded.
    pub fn loaded(&self) -> impl Iterator<Item = &'c Arc<Store>> {
        self.stores.iter().filter_map(|id| self.snapshot.store(id))
    }

    /// The clients that use a store, `python (9)` where several installations do.
    #[must_use]
    pub fn users_of(&self, store: &StoreId) -> Vec<String> {
        self.used.of(store).into_iter().map(with_count).collect()
    }

    /// The clients that use a store, joined by `, `; none where nobody does.
    #[must_use]
    pub fn clients(&self, store: &StoreId) -> Option<String> {
        let ids: Vec<&str> = self.used.of(store).into_iter().map(|(id, _)| id).collect();
        (!ids.is_empty()).then(|| ids.join(", "))
    }

    /// What was not looked at in full: stores, then homes of accounts.
    #[must_use]
    pub fn unread(&self) -> Vec<String> {
        let homes = self.homes.iter().map(|home| escape::path(home));
        let blind = self.is_blind().then(|| format!("this host: {NO_STORE}"));
        self.gaps.iter().map(store_name).chain(homes).chain(blind).collect()
    }

    /// Whether nothing was there that could have been looked at: the root of an image that was not unpacked, a disk that
    /// is not mounted, a directory that was named and is empty. That nothing is wrong with it says nothing.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        let is_silent = self.servers == 0 && self.findings.is_empty() && self.allowed.is_empty();
        is_silent && self.stores.iter().all(|id| self.is_empty_directory(id))
    }

    /// Whether a store is an empty directory that no client uses; one of a client may be empty beside a bundle.
    fn is_empty_directory(&self, id: &StoreId) -> bool {
        let is_empty = |store: &Arc<Store>| {
            store.format == Kind::Directory && store.reading == Reading::Whole && store.entries.is_empty()
        };
        self.snapshot.store(id).is_some_and(is_empty) && !self.used.has(id)
    }

    /// Whether all in scope was looked at in full.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty() && self.homes.is_empty() && !self.is_blind()
    }

    /// How many stores were not read in full, by how far they were read: nothing of them, a part, or nothing
    /// because castore does not read their format. Always all three.
    #[must_use]
    pub fn gaps_by_reading(&self) -> [(&'static str, usize); 3] {
        let (mut unreadable, mut partial, mut format) = (0, 0, 0);
        for id in self.gaps {
            match self.snapshot.store(id).map(|store| &store.reading) {
                Some(Reading::Partial | Reading::Whole) => partial += 1,
                Some(Reading::UnreadFormat) => format += 1,
                Some(Reading::Unreadable(_)) | None => unreadable += 1,
            }
        }
        [("unreadable", unreadable), ("partial", partial), ("unread_format", format)]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::load::load;

    /// A root that is valid, as DER.
    pub(crate) fn root() -> Vec<u8> {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "Root");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    /// A run over files that hold one root each, which no client uses.
    pub(crate) fn checked(
        paths: &[&str],
        changes: Option<&BTreeMap<StoreId, Changes>>,
        test: impl FnOnce(&Checked<'_>),
    ) {
        let text = crate::format::pem::write(&root(), &[]);
        let files = paths.iter().fold(Memory::new(), |files, path| files.file(path, text.as_str()));
        let host = Host::new(Box::new(files), System::Linux);
        let stores: BTreeSet<StoreId> = paths.iter().map(|path| StoreId::Path(path.into())).collect();
        let snapshot = load(&host, &stores);
        test(&Checked {
            about: About { host: Some("here".to_owned()), at: Timestamp::from_unix(0) },
            is_tree: true,
            checks: Vec::new(),
            findings: &[],
            allowed: &[],
            facts: &crate::facts::Facts::built_in(),
            stores: &stores,
            servers: 0,
            snapshot: &snapshot,
            used: &Users::default(),
            gaps: &BTreeSet::new(),
            homes: &[],
            closed: 0,
            changes,
        });
    }

    #[test]
    fn gaps_are_counted_by_how_far_was_read() {
        checked(&["/a"], None, |whole| {
            let gone = BTreeSet::from([StoreId::Path("/gone".into())]);
            let with = Checked { gaps: &gone, about: whole.about.clone(), checks: Vec::new(), ..*whole };
            assert_eq!(with.gaps_by_reading(), [("unreadable", 1), ("partial", 0), ("unread_format", 0)]);
            assert_eq!(with.loaded().count(), 1);
        });
    }
}
