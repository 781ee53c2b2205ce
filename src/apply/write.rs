//! The protocol: a complete file beside the old one, made safe on disk, then renamed over it.
//!
//! Each step defends against something seen in practice. A link stays a link, since
//! `/usr/lib/ssl/cert.pem` of Debian is one and packages share what is behind it. The directory
//! is opened once and everything is named relative to that descriptor, so that moving the
//! directory away moves nothing else into its place. The temporary file starts with a dot and
//! ends in `.tmp`: update-ca-certificates takes every `*.crt` and OpenSSL every hash name, and
//! what a killed castore left behind must not become a root. (p11-kit takes every file of an
//! anchors directory, dot or not; there a tool of the distribution writes, not this.) It is
//! synced before the rename, or a power cut leaves an empty file under the real name; and the
//! directory after it, or the old one may come back after success was told.

#![expect(clippy::disallowed_methods, reason = "the only writer")]

use super::error::{Refusal, Step, WriteError};
use super::sys::{Directory, Old, set_mode};
use crate::host::files::Tree;
use crate::host::{Files, Kind, Resolved};
use crate::model::Unreadable;
use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, Write};
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
    let mut run = Run { path: target.to_path_buf(), step: Step::Resolve, before };
    match run.replace(bytes, options) {
        Ok(written) => Ok(written),
        Err(Stop::Failed(source)) => Err(WriteError::Failed { path: run.path, step: run.step, source }),
        Err(Stop::Refused(refusal)) => Err(WriteError::Refused { path: run.path, step: run.step, refusal }),
    }
}

/// Why a run ended; where is in the run.
pub(super) enum Stop {
    Failed(io::Error),
    Refused(Refusal),
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

/// One write, and how far it is.
struct Run<'a> {
    path: PathBuf,
    step: Step,
    before: &'a mut dyn FnMut(Step) -> io::Result<()>,
}

impl Run<'_> {
    fn at(&mut self, step: Step) -> io::Result<()> {
        self.step = step;
        (self.before)(step)
    }

    fn replace(&mut self, bytes: &[u8], options: WriteOptions<'_>) -> Result<Written, Stop> {
        self.at(Step::Resolve)?;
        if !self.path.is_absolute() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected an absolute path").into());
        }
        let tree = Tree::live()?;
        let place = Place::find(&tree, &self.path)?;
        self.path = place.path();
        self.at(Step::OpenDirectory)?;
        let directory = Directory::open(&place.directory)?;
        self.at(Step::CheckDirectory)?;
        directory.check(&place.directory, &place.links, &place.name)?;
        self.at(Step::OpenOld)?;
        let old = directory.old(&place.name)?;
        expected(options.expect, old.as_ref())?;

        self.at(Step::CreateTemporary)?;
        let mut temporary = Temporary::create(&directory, old.is_none())?;
        self.at(Step::Write)?;
        temporary.file.write_all(bytes)?;
        self.at(Step::KeepAttributes)?;
        match (&old, options.mode) {
            (Some(old), _) => old.give_attributes(&temporary.file)?,
            (None, Some(mode)) => set_mode(&temporary.file, mode)?,
            (None, None) => {}
        }
        self.at(Step::SyncFile)?;
        temporary.file.sync_all()?;

        self.at(Step::Recheck)?;
        match &old {
            Some(old) => old.check(&directory, &place.name)?,
            None if directory.old(&place.name)?.is_some() => return Err(Refusal::Changed.into()),
            None => {}
        }
        self.at(Step::Rename)?;
        temporary.rename(&place.name, old.is_none())?;
        self.at(Step::SyncDirectory)?;
        directory.sync()?;
        self.at(Step::ReadBack)?;
        read_back(&self.path, bytes)?;
        Ok(Written { path: place.path(), links: place.links, created: old.is_none() })
    }
}

/// Where the file is, behind all links.
struct Place {
    directory: PathBuf,
    name: OsString,
    links: Vec<PathBuf>,
}

impl Place {
    fn find(tree: &Tree, target: &Path) -> Result<Self, Stop> {
        match tree.resolve(target) {
            Ok(found) => Self::of(found),
            // A new file: its directory is there, and nothing, not even a dangling link, in it.
            Err(why @ (Unreadable::Absent | Unreadable::Dangling)) => {
                let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else { return Err(why.into()) };
                let found = tree.resolve(parent)?;
                if found.kind != Kind::Directory {
                    return Err(Unreadable::WrongKind("file").into());
                }
                if std::fs::symlink_metadata(found.path.join(name)).is_ok() {
                    return Err(why.into());
                }
                Ok(Self { directory: found.path, name: name.to_owned(), links: found.links })
            }
            Err(why) => Err(why.into()),
        }
    }

    fn of(found: Resolved) -> Result<Self, Stop> {
        match (found.kind, found.path.parent(), found.path.file_name()) {
            (Kind::File, Some(directory), Some(name)) => {
                Ok(Self { directory: directory.to_path_buf(), name: name.to_owned(), links: found.links })
            }
            (Kind::Other(kind), ..) => Err(Refusal::NotRegular(kind).into()),
            _ => Err(Refusal::NotRegular("directory").into()),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(&self.name)
    }
}

/// Compares what is there with what the change was computed from.
fn expected(expect: Expect<'_>, old: Option<&Old>) -> Result<(), Stop> {
    let unexpected = |expected: &str, found: &str| {
        Err(Refusal::Unexpected { expected: expected.to_owned(), found: found.to_owned() }.into())
    };
    match (expect, old) {
        (Expect::Anything, _) | (Expect::Absent, None) => Ok(()),
        (Expect::Absent, Some(_)) => unexpected("no file", "one"),
        (Expect::Bytes(_), None) => unexpected("the file that was read before", "none"),
        (Expect::Bytes(bytes), Some(old)) if old.holds(bytes)? => Ok(()),
        (Expect::Bytes(bytes), Some(_)) => {
            unexpected(&format!("the {} bytes that were read before", bytes.len()), "others")
        }
    }
}

/// What stands at the path now, asked anew, is what was written.
fn read_back(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let tree = Tree::live()?;
    let found = tree.read(&tree.resolve(path)?, bytes.len() as u64);
    match found {
        Ok(found) if found == bytes => Ok(()),
        Ok(_) | Err(Unreadable::TooLarge(_)) => Err(Refusal::Unexpected {
            expected: format!("the {} bytes that were written", bytes.len()),
            found: "others".to_owned(),
        }
        .into()),
        Err(why) => Err(why.into()),
    }
}

/// A temporary file, gone again unless it was renamed.
struct Temporary<'a> {
    directory: &'a Directory,
    name: OsString,
    file: File,
    renamed: bool,
}

impl<'a> Temporary<'a> {
    /// Creates a file that was not there. Its name need not be secret, since only `O_EXCL` makes
    /// it; it is random so that one left behind does not stand in the way of the next.
    fn create(directory: &'a Directory, new: bool) -> io::Result<Self> {
        let mut tries = 0;
        loop {
            let name = OsString::from(format!(".castore-{:016x}.tmp", RandomState::new().hash_one(tries)));
            match directory.create(&name, new) {
                Ok(file) => return Ok(Self { directory, name, file, renamed: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 8 => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(&mut self, name: &OsStr, new: bool) -> Result<(), Stop> {
        match self.directory.rename(&self.name, name, new) {
            Err(error) if new && error.kind() == io::ErrorKind::AlreadyExists => Err(Refusal::Changed.into()),
            Err(error) => Err(error.into()),
            Ok(()) => {
                self.renamed = true;
                Ok(())
            }
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // It failed already; what cannot be removed is named so that nobody reads it.
            let _ = self.directory.remove(&self.name);
        }
    }
}
