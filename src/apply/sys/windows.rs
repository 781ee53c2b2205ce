//! Windows: the standard library's calls. `std::fs::rename` replaces in one step; the new file
//! takes the access control list of its directory, and there is no syncing of a directory.

#![expect(clippy::disallowed_methods, reason = "the only writer")]

use super::super::error::{Refusal, Step};
use super::super::write::Stop;
use super::{Attributes, Found};
use crate::host::files::Tree;
use sha2::{Digest, Sha256};
use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::{File, FileTimes, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The directory that holds the file, by its path.
pub(in super::super) struct Directory(PathBuf);

impl Directory {
    pub(in super::super) fn within(tree: &Tree, path: &Path) -> io::Result<Self> {
        Self::open(&tree.on_disk(path))
    }

    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        match std::fs::symlink_metadata(path)?.is_dir() {
            true => Ok(Self(path.to_path_buf())),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// The standard library does not tell who may write a directory.
    pub(in super::super) fn check(&self, _: &Path, _: &[PathBuf], _: &OsStr) -> Result<(), Stop> {
        Ok(())
    }

    pub(in super::super) fn check_within(&self, _: &Tree, _: &Path, _: &[PathBuf], _: &OsStr) -> Result<(), Stop> {
        Ok(())
    }

    pub(in super::super) fn check_links(&self, _: &Tree, _: &[PathBuf]) -> Result<(), Stop> {
        Ok(())
    }

    /// Nobody is refused for who may write a directory, so that a report is written as a store is.
    pub(in super::super) fn put_new(
        &self,
        _: &OsStr,
        _: &[u8],
        _: u32,
        _: &mut dyn FnMut(Step) -> io::Result<()>,
    ) -> Result<(), Stop> {
        Err(io::Error::from(io::ErrorKind::Unsupported).into())
    }

    /// Nor whether this user may.
    pub(in super::super) fn may_change(&self, _: &Path, _: &OsStr) -> Result<(), Stop> {
        Ok(())
    }

    pub(in super::super) fn is_writable(&self) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn find(&self, name: &OsStr) -> Result<Found, Stop> {
        let path = self.0.join(name);
        let found = match std::fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error.into()),
        };
        let seen = Seen { size: found.len(), modified: found.modified().ok(), created: found.created().ok() };
        match () {
            () if found.is_symlink() => {
                let to = std::fs::read_link(&path)?.into_os_string();
                Ok(Found::Link(OldLink { to, seen, attributes: Attributes::default() }))
            }
            () if found.is_file() => Ok(Found::File(Old { seen, path })),
            () if found.is_dir() => Err(Refusal::NotRegular("directory").into()),
            () => Err(Refusal::NotRegular("reparse point").into()),
        }
    }

    pub(in super::super) fn create(&self, name: &OsStr, _: bool) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(self.0.join(name))
    }

    pub(in super::super) fn open_or_create(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.0.join(name))
    }

    pub(in super::super) fn make_directory(&self, name: &OsStr) -> io::Result<()> {
        match std::fs::create_dir(self.0.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            answer => answer,
        }
    }

    /// Links take a right that few have, and no store of Windows is one.
    pub(in super::super) fn link(&self, _: &OsStr, _: &OsStr, _: Option<(&Attributes, bool)>) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "castore makes no links on Windows"))
    }

    pub(in super::super) fn take(&self, source: &Self, from: &OsStr, to: &OsStr, _: bool) -> io::Result<()> {
        std::fs::rename(source.0.join(from), self.0.join(to))
    }

    /// NTFS logs names itself.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(self.0.join(name))
    }

    pub(in super::super) fn remove_directory(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_dir(self.0.join(name))
    }

    pub(in super::super) fn identity(&self) -> io::Result<Option<(u64, u64)>> {
        Ok(None)
    }

    pub(in super::super) fn identity_of(&self, _: &OsStr) -> Option<(u64, u64)> {
        None
    }

    pub(in super::super) fn names(&self) -> io::Result<Vec<OsString>> {
        std::fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name())).collect()
    }
}

/// Windows has no permission bits; the directory's access control list decides.
pub(in super::super) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// Access control lists are inherited from the directory.
pub(in super::super) fn give_attributes(wanted: &Attributes, new: &File, times: bool) -> io::Result<()> {
    let moment = |(seconds, nanoseconds): (i64, u32)| {
        let seconds = u64::try_from(seconds).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
    };
    match moment(wanted.modified) {
        Some(modified) if times => new.set_times(FileTimes::new().set_modified(modified)),
        _ => Ok(()),
    }
}

/// A profile's own directories are open to their owner and to administrators.
pub(in super::super) fn is_private(path: &Path) -> Result<(), Stop> {
    let metadata = std::fs::symlink_metadata(path)?;
    match metadata.is_dir() {
        true => Ok(()),
        false => Err(Refusal::NotDirectory("file").into()),
    }
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Seen {
    size: u64,
    modified: Option<SystemTime>,
    created: Option<SystemTime>,
}

impl Seen {
    /// The standard library does not yet tell a file's index.
    pub(in super::super) fn identity(&self) -> Option<(u64, u64)> {
        None
    }

    pub(in super::super) fn changed(&self) -> Option<(i64, u32)> {
        None
    }

    pub(in super::super) fn size(&self) -> u64 {
        self.size
    }
}

/// A link.
pub(in super::super) struct OldLink {
    pub(in super::super) to: OsString,
    pub(in super::super) seen: Seen,
    pub(in super::super) attributes: Attributes,
}

/// The file that is to be replaced; not held open, since that can keep it from being replaced.
pub(in super::super) struct Old {
    path: PathBuf,
    seen: Seen,
}

impl Old {
    pub(in super::super) fn content(&self) -> io::Result<Vec<u8>> {
        let mut found = Vec::new();
        File::open(&self.path)?.take(self.seen.size.saturating_add(1)).read_to_end(&mut found)?;
        Ok(found)
    }

    pub(in super::super) fn sha256(&self) -> io::Result<[u8; 32]> {
        Ok(Sha256::digest(self.content()?).into())
    }

    pub(in super::super) fn into_file(self) -> io::Result<File> {
        File::open(self.path)
    }

    pub(in super::super) fn only_reader(&self) -> Option<(u32, u32)> {
        None
    }

    pub(in super::super) fn seen(&self) -> Seen {
        self.seen
    }

    pub(in super::super) fn attributes(&self) -> io::Result<Attributes> {
        let since = |moment: Option<SystemTime>| {
            let since = moment.and_then(|moment| moment.duration_since(SystemTime::UNIX_EPOCH).ok());
            since.map_or((0, 0), |since| (i64::try_from(since.as_secs()).unwrap_or(0), since.subsec_nanos()))
        };
        Ok(Attributes { modified: since(self.seen.modified), ..Attributes::default() })
    }
}

/// A directory for temporary files; gone again, with what is left in it, when it is dropped.
pub(in super::super) struct Stage {
    pub(in super::super) name: OsString,
    pub(in super::super) directory: Directory,
}

impl Stage {
    pub(in super::super) fn make(within: &Directory) -> io::Result<Self> {
        let name = OsString::from(format!(".castore-{:016x}.tmp", RandomState::new().hash_one(0)));
        let path = within.0.join(&name);
        std::fs::create_dir(&path)?;
        Ok(Self { name, directory: Directory(path) })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed stands where nobody reads it.
        let _ = std::fs::remove_dir_all(&self.directory.0);
    }
}

/// Whether what has this name is a stage.
pub(in super::super) fn is_stage(within: &Directory, name: &OsStr) -> bool {
    let text = name.to_string_lossy();
    text.starts_with(".castore-") && text.ends_with(".tmp") && within.0.join(name).is_dir()
}

/// Nothing tells what was left from what another castore is working in.
pub(in super::super) fn sweep(_: &Directory) {}

/// The package managers of Windows change no stores.
pub(in super::super) fn package_manager() -> Option<(PathBuf, Option<u32>)> {
    None
}
