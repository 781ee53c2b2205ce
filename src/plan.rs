//! What is, what should be: the [`Plan`] between them, which a person reads before anything is written.
//!
//! Pure: making a plan reads the host and writes nothing. A plan holds everything that carrying it out needs, the new
//! octets of every file too, so that what was read is exactly what is done; and what each file was when the plan was
//! made ([`Was`]), so that one that changed since is refused and not overwritten.

pub mod advice;
pub mod edit;
pub mod export;
pub mod goals;
pub mod limits;
mod make;
mod merge;
mod minimal;
mod needed;
pub mod owned;
pub mod saved;

pub use limits::{Allow, Objection};
pub use make::{Only, Refused, Request, make};
pub use merge::{Include, Kept, LeftOut, Merge, merge, merge_for};
pub use minimal::{NoSet, Smallest, smallest};

use crate::discover::Use;
use crate::facts::Facts;
use crate::host::Host;
use crate::load::Snapshot;
use crate::model::{Certificate, Entry, Fingerprint, Format, Store, StoreId, Timestamp};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was found on a host, from which a plan is made.
#[derive(Debug, Clone, Copy)]
pub struct Inspected<'a> {
    /// The host, whose files are read again.
    pub host: &'a Host,
    /// Every client on it: who else reads a store is told.
    pub uses: &'a [Use],
    /// Their stores, and those that selectors name.
    pub snapshot: &'a Snapshot,
    /// What the world says of roots.
    pub facts: &'a Facts,
}

/// What a writer says of a path as it was named, before anything is planned there, or, where it is a directory, of a new
/// file in it: where it leads behind all links, nothing where that cannot be told; or why nothing would be written.
/// Without one nothing is refused.
#[derive(Clone, Copy, Default)]
pub struct Writer<'a>(pub Option<&'a MayWrite<'a>>);

/// See [`Writer`].
pub type MayWrite<'a> = dyn Fn(&Path, WrittenBy) -> Result<Option<PathBuf>, Unwritable> + 'a;

/// Who writes at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenBy {
    /// castore puts a file there.
    Castore,
    /// A command makes it of what castore writes elsewhere.
    Command,
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

/// Why nothing would be written at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    /// `expected one name for the file, found 2 hard links`.
    pub because: String,
    /// What to do.
    pub instead: Option<String>,
}

/// What is to be done so that stores hold what they should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// When it was made.
    pub at: Timestamp,
    /// The stores that change, each once however many links lead to it, in the order of their paths.
    pub stores: Vec<StoreChange>,
    /// What makes the system take changes up, after all of them, each once.
    pub refreshes: Vec<Refresh>,
    /// Stores that were asked for and already hold what they should.
    pub unchanged: Vec<Target>,
    /// Stores that were asked for and are not changed here: why, and what is the right place.
    pub declined: Vec<Declined>,
    /// Certificates of the sources that are added nowhere, or not to one store.
    pub left_out: Vec<NotAdded>,
}

/// A certificate of the sources that is not added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAdded {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The stores that it comes from.
    pub from: Vec<StoreId>,
    /// The store that it is not added to; none where it is added to none.
    pub to: Option<StoreId>,
    /// Why: `expired on 2021-09-30`.
    pub because: String,
}

/// A store that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which one.
    pub store: StoreId,
    /// The links that lead to it, as they were named.
    pub links: Vec<PathBuf>,
    /// Who reads it, as users call them: `certifi:/opt/venv`.
    pub readers: Vec<String>,
    /// The format it is in.
    pub format: Format,
}

/// What changes in one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreChange {
    /// The store.
    pub target: Target,
    /// Certificates that it will hold and does not.
    pub added: Vec<Moved>,
    /// Certificates that it holds and will not.
    pub removed: Vec<Moved>,
    /// What the refresh does beside what was asked for, to the stores that it makes.
    pub swept: Vec<Swept>,
    /// How many certificates it holds before and after.
    pub kept: usize,
    /// What else a person should know before it is done.
    pub notes: Vec<String>,
    /// How it is changed, in words: `rewrite the file`, `a file in /usr/local/share/ca-certificates`.
    pub how: String,
    /// What the change does not outlive, in words: `the next upgrade of certifi replaces it`.
    pub lost_by: Option<String>,
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// What the store then holds, asked of it anew. For a store that a refresh makes: what it then must hold, and
    /// more is no fault.
    pub after: After,
    /// Who is asked afterwards whether it reads the same.
    pub asks: Vec<Reader>,
}

impl StoreChange {
    /// What it adds.
    #[must_use]
    pub fn adds(&self) -> BTreeSet<Fingerprint> {
        self.added.iter().map(|moved| moved.certificate.fingerprint()).collect()
    }

    /// What it removes.
    #[must_use]
    pub fn removes(&self) -> BTreeSet<Fingerprint> {
        self.removed.iter().map(|moved| moved.certificate.fingerprint()).collect()
    }

    /// All that it says of certificates: what is added and removed, what is then there and what is not.
    #[must_use]
    pub fn named(&self) -> BTreeSet<Fingerprint> {
        let mut named: BTreeSet<_> = self.adds().union(&self.removes()).copied().collect();
        match &self.after {
            After::Exactly(all) => named.extend(all),
            After::AtLeast { with, without } => named.extend(with.union(without)),
        }
        named
    }
}

/// A certificate that a plan adds or removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The stores that it comes from.
    pub from: Vec<StoreId>,
    /// For one that is removed: what chains to it and is found on the host.
    pub needed_by: Vec<Need>,
}

/// A certificate that a refresh takes up or drops though nobody asked for it: the command makes its stores anew of all
/// that is among the sources by then, and of nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// What the refresh does with it.
    pub does: Sweep,
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The store that gains or loses it.
    pub store: StoreId,
    /// Why: `waits in …: the refresh takes it up`.
    pub because: String,
}

/// What a refresh does with a certificate that was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sweep {
    /// It waits among the sources, and becomes trusted.
    TakesUp,
    /// Somebody put it into what is made, and nothing that is made from holds it: it is lost, which needs leave.
    Drops,
    /// What it was made from is gone or deselected, and it follows.
    TakesOut,
}

impl Sweep {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TakesUp, Self::Drops, Self::TakesOut];

    /// What it is called in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TakesUp => "takes-up",
            Self::Drops => "drops",
            Self::TakesOut => "takes-out",
        }
    }
}

/// A certificate that chains to one that is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Where it was found first.
    pub store: StoreId,
}

/// What a store holds after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Exactly these certificates.
    Exactly(BTreeSet<Fingerprint>),
    /// These, and none of those; the rest is not the plan's.
    AtLeast {
        /// What it must hold.
        with: BTreeSet<Fingerprint>,
        /// What it must not hold.
        without: BTreeSet<Fingerprint>,
    },
}

impl After {
    /// What is not among these certificates and should be, and what is and should not.
    #[must_use]
    pub fn differs<'a>(&'a self, held: &'a BTreeSet<Fingerprint>) -> (Vec<&'a Fingerprint>, Vec<&'a Fingerprint>) {
        match self {
            Self::Exactly(all) => (all.difference(held).collect(), held.difference(all).collect()),
            Self::AtLeast { with, without } => (with.difference(held).collect(), without.intersection(held).collect()),
        }
    }

    /// Whether a store, read anew, holds this; else what is wrong, in words. What counts is that a certificate is in
    /// it, whatever the store says of it.
    ///
    /// # Errors
    /// What it lacks, and what it holds and should not.
    pub fn met_by(&self, store: &Store) -> Result<(), String> {
        let held = held(store);
        let (missing, unwanted) = self.differs(&held);
        let said = |what: &str, which: &[&Fingerprint]| {
            let first = which.first().map(|first| first.short())?;
            let more = which.len() - 1;
            Some(format!("{what} {first}{}", if more == 0 { String::new() } else { format!(" and {more} more") }))
        };
        let wrong: Vec<String> =
            [said("it lacks", &missing), said("it holds", &unwanted)].into_iter().flatten().collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

/// Every certificate in a store.
pub(crate) fn held(store: &Store) -> BTreeSet<Fingerprint> {
    store.entries.iter().filter_map(Entry::certificate).map(|certificate| certificate.fingerprint()).collect()
}

/// One thing that is done to a disk. Paths are absolute inside the host's root and behind all links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Makes these octets the content of the file.
    Write {
        /// The file.
        path: PathBuf,
        /// Its new octets.
        bytes: Vec<u8>,
        /// What is there.
        was: Was,
        /// Permission bits of a file that was not there.
        mode: u32,
    },
    /// Makes a symbolic link, or leads one elsewhere.
    Link {
        /// The link.
        path: PathBuf,
        /// Where it leads, as written in it.
        to: OsString,
        /// What is there: nothing or a link.
        was: Was,
    },
    /// Removes a file or a symbolic link.
    Remove {
        /// The file or link.
        path: PathBuf,
        /// What is there.
        was: Was,
    },
    /// Changes an NSS database: certutil works on a copy, which then replaces it.
    Nss {
        /// The directory of the database.
        directory: PathBuf,
        /// `cert9.db` as it is.
        was: Was,
        /// What is added, as a CA trusted for TLS servers, each under a nickname of its own.
        add: Vec<(String, Arc<Certificate>)>,
        /// What is deleted, by nickname.
        remove: Vec<(String, Arc<Certificate>)>,
    },
}

impl Step {
    /// The file or directory that it changes.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        match self {
            Self::Write { path, .. } | Self::Link { path, .. } | Self::Remove { path, .. } => path,
            Self::Nss { directory, .. } => directory,
        }
    }
}

/// What was at a path when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Was {
    /// Nothing.
    Absent,
    /// A regular file.
    File(FileFacts),
    /// A symbolic link, with what is written in it.
    Link(OsString),
}

/// What tells a file from another and from itself changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// The SHA-256 of its octets.
    pub sha256: [u8; 32],
    /// How many octets.
    pub size: u64,
    /// Device and inode, where the system has them.
    pub identity: Option<(u64, u64)>,
    /// When its content or attributes last changed (`st_ctime`): seconds and nanoseconds since 1970, where the system
    /// says so.
    pub changed: Option<(i64, u32)>,
}

/// A command that makes the system take changes up: run without a shell, with a clean environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refresh {
    /// The name of the program and its arguments.
    pub command: Vec<String>,
    /// Directories in which the program is looked for, in this order.
    pub directories: Vec<PathBuf>,
    /// Stores that it makes anew, as far as they are known.
    pub makes: Vec<StoreId>,
    /// Why: `Debian makes /etc/ssl/certs from …`.
    pub because: String,
}

/// The real reader of a store, asked whether it reads what the plan says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    /// `openssl`: loads a bundle, finds by hash in a directory.
    Openssl,
    /// Python's `ssl`.
    Python,
    /// `keytool -list`.
    Keytool,
    /// `node`, with the bundle as `NODE_EXTRA_CA_CERTS`.
    Node,
    /// `certutil -L`.
    Certutil,
    /// `trust list`.
    Trust,
}

impl Reader {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Openssl, Self::Python, Self::Keytool, Self::Node, Self::Certutil, Self::Trust];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Openssl => "openssl",
            Self::Python => "python",
            Self::Keytool => "keytool",
            Self::Node => "node",
            Self::Certutil => "certutil",
            Self::Trust => "trust",
        }
    }
}

/// A store that was asked for and is not changed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// The store.
    pub target: Target,
    /// Why not: `it belongs to the package ca-certificates, whose next upgrade replaces it`.
    pub because: String,
    /// What to do in its place, in words or as a command.
    pub instead: Option<String>,
}
