//! What is, what should be: the [`Plan`] between them, which a person reads before anything is written.
//!
//! Pure: making a plan reads the host and writes nothing. A plan holds everything that carrying it out needs, the new
//! octets of every file too, so that what was read is exactly what is done; and what each file was when the plan was
//! made ([`Was`]), so that one that changed since is refused and not overwritten.

pub mod export;
mod merge;
mod minimal;

pub use merge::{Include, Kept, LeftOut, Merge, merge, merge_for};
pub use minimal::{NoSet, Smallest, smallest};

use crate::model::{Certificate, Fingerprint, Format, StoreId, Timestamp};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// What is to be done so that stores hold what they should.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub struct StoreChange {
    /// The store.
    pub target: Target,
    /// Certificates that it will hold and does not.
    pub added: Vec<Moved>,
    /// Certificates that it holds and will not.
    pub removed: Vec<Moved>,
    /// How many certificates it holds before and after.
    pub kept: usize,
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
    pub consumers: Vec<Consumer>,
}

/// A certificate that a plan adds or removes.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The stores that it comes from.
    pub from: Vec<StoreId>,
    /// For one that is removed: what chains to it and is found on the host, by subject and place.
    pub needed_by: Vec<String>,
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
pub enum Consumer {
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
