//! The protocol: what is new made whole beside the old, made safe on disk, then renamed over it.
//!
//! Each step defends against something seen in practice. A link stays a link, since
//! `/usr/lib/ssl/cert.pem` of Debian is one and packages share what is behind it. The directory
//! is opened once and everything is named relative to that descriptor, so that moving the
//! directory away moves nothing else into its place. The temporary file stands in a directory of
//! its own, where no reader of stores looks (`sys`): what a killed castore left behind must not
//! become a root. It is synced before the rename, or a power cut leaves an empty file under the
//! real name; and the directory after it, or the old one may come back after success was told.

use super::change::{Change, Is, New, Sites, Watch};
use super::error::{Refusal, Step, WriteError};
use crate::host::files::Tree;
use crate::model::Unreadable;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// What must stand at the target for the change to make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect<'a> {
    /// Anything or nothing.
    #[default]
    Anything,
    /// Nothing: the file is to be made.
    Absent,
    /// A file of these octets, from which the new ones were computed.
    Bytes(&'a [u8]),
}

/// How a file is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteOptions<'a> {
    /// What must be there.
    pub expect: Expect<'a>,
    /// Permission bits of a file that was not there, whatever the umask; an old file keeps its own. Without
    /// them the umask decides. Windows has none.
    pub mode: Option<u32>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file, behind all links.
    pub path: PathBuf,
    /// The links that lead to it, which were left as they are.
    pub links: Vec<PathBuf>,
    /// Whether nothing was there before.
    pub created: bool,
}

/// Makes `bytes` the content of the file that the absolute path `target` leads to.
///
/// Either the old file or the new one stands there at every moment, also after a power cut, and
/// `Ok` means that the new one is on disk. Owner, mode, access control lists and other extended
/// attributes of an old file are kept, or nothing is written. Hard links, directories that
/// others can write, and anything that changed meanwhile are refused.
pub fn replace(target: &Path, bytes: &[u8], options: WriteOptions<'_>) -> Result<Written, WriteError> {
    replace_watched(target, bytes, options, &mut |_| Ok(()))
}

/// `replace`, telling `before` each step; tests change the disk there, or make the step fail.
pub(super) fn replace_watched(
    target: &Path,
    bytes: &[u8],
    options: WriteOptions<'_>,
    before: &mut dyn FnMut(Step) -> io::Result<()>,
) -> Result<Written, WriteError> {
    let tree = Tree::live().map_err(|why| Stop::from(why).at(target, Step::Resolve))?;
    let mut sites = Sites::new(&tree);
    let new = New::File { bytes, mode: options.mode, like: None };
    let watch = &mut Watch::new(target, before);
    let mut run = || {
        let mut change = Change::following(&mut sites, target, new, watch)?;
        expected(options.expect, &change.is)?;
        change.stage(watch)?;
        change.rename(watch)?;
        change.sync(watch)?;
        change.read_back(&tree, watch)?;
        Ok(Written { created: matches!(change.is, Is::Nothing), path: change.path, links: change.links })
    };
    run().map_err(|stop: Stop| stop.at(&watch.path, watch.step))
}

/// `replace` for many files of one directory, which is opened once: their names are brought to the disk together, after
/// the last.
pub(super) fn replace_all(directory: &Path, files: &[(&str, &[u8], Expect<'_>)]) -> Result<(), WriteError> {
    let tree = Tree::live().map_err(|why| Stop::from(why).at(directory, Step::Resolve))?;
    let mut sites = Sites::new(&tree);
    let before = &mut |_| Ok(());
    let watch = &mut Watch::new(directory, before);
    let mut run = || {
        let mut changes = Vec::new();
        for (name, bytes, expect) in files {
            let new = New::File { bytes, mode: None, like: None };
            let mut change = Change::following(&mut sites, &directory.join(name), new, watch)?;
            expected(*expect, &change.is)?;
            change.stage(watch)?;
            change.rename(watch)?;
            changes.push(change);
        }
        if let Some(last) = changes.last() {
            last.sync(watch)?;
        }
        changes.iter().try_for_each(|change| change.read_back(&tree, watch))
    };
    run().map_err(|stop: Stop| stop.at(&watch.path, watch.step))
}

/// Why a run ended; where is in the run.
#[derive(Debug)]
pub(super) enum Stop {
    Failed(io::Error),
    Refused(Refusal),
}

impl Stop {
    /// The error with the place.
    pub(super) fn at(self, path: &Path, step: Step) -> WriteError {
        let path = path.to_path_buf();
        match self {
            Self::Failed(source) => WriteError::Failed { path, step, source },
            Self::Refused(refusal) => WriteError::Refused { path, step, refusal },
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unreadable> for Stop {
    fn from(why: Unreadable) -> Self {
        Self::Refused(match why {
            Unreadable::NotRegular(kind) | Unreadable::WrongKind(kind) => Refusal::NotRegular(kind),
            Unreadable::Changed => Refusal::Changed,
            why => Refusal::Unreadable(why),
        })
    }
}

/// Compares what is there with what the change was computed from.
fn expected(expect: Expect<'_>, is: &Is) -> Result<(), Stop> {
    let unexpected = |expected: &str, found: &str| {
        Err(Refusal::Unexpected { expected: expected.to_owned(), found: found.to_owned() }.into())
    };
    match (expect, is) {
        (Expect::Anything, _) | (Expect::Absent, Is::Nothing) => Ok(()),
        (Expect::Absent, _) => unexpected("no file", "one"),
        (Expect::Bytes(bytes), Is::File { sha256, .. }) if *sha256 == <[u8; 32]>::from(Sha256::digest(bytes)) => Ok(()),
        (Expect::Bytes(bytes), Is::File { .. }) => {
            unexpected(&format!("the {} bytes that were read before", bytes.len()), "others")
        }
        (Expect::Bytes(_), _) => unexpected("the file that was read before", "none"),
    }
}
