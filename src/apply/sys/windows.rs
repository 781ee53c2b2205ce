//! Windows: the standard library's calls. `std::fs::rename` replaces in one step; the new file
//! takes the access control list of its directory, and there is no syncing of a directory.

use super::super::error::Refusal;
use super::super::write::Stop;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The directory that holds the file, by its path.
pub(in super::super) struct Directory(PathBuf);

impl Directory {
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

    pub(in super::super) fn old(&self, name: &OsStr) -> Result<Option<Old>, Stop> {
        let path = self.0.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => Ok(Some(Old { seen: Seen::at(&path)?, path })),
            Ok(found) if found.is_dir() => Err(Refusal::NotRegular("directory").into()),
            Ok(_) => Err(Refusal::NotRegular("reparse point").into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(in super::super) fn create(&self, name: &OsStr, _: bool) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(self.0.join(name))
    }

    pub(in super::super) fn rename(&self, from: &OsStr, to: &OsStr, _: bool) -> io::Result<()> {
        std::fs::rename(self.0.join(from), self.0.join(to))
    }

    /// NTFS logs names itself.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(self.0.join(name))
    }
}

/// Windows has no permission bits; the directory's access control list decides.
pub(in super::super) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// What tells one state of a file from another.
#[derive(PartialEq)]
struct Seen(u64, Option<SystemTime>, Option<SystemTime>);

impl Seen {
    fn at(path: &Path) -> io::Result<Self> {
        let found = std::fs::symlink_metadata(path)?;
        Ok(Self(found.len(), found.modified().ok(), found.created().ok()))
    }
}

/// The file that is to be replaced; not held open, since that can keep it from being replaced.
pub(in super::super) struct Old {
    path: PathBuf,
    seen: Seen,
}

impl Old {
    pub(in super::super) fn into_file(self) -> io::Result<File> {
        File::open(self.path)
    }

    pub(in super::super) fn only_reader(&self) -> Option<(u32, u32)> {
        None
    }

    pub(in super::super) fn holds(&self, bytes: &[u8]) -> io::Result<bool> {
        let mut found = Vec::with_capacity(bytes.len().saturating_add(1));
        File::open(&self.path)?.take(bytes.len() as u64 + 1).read_to_end(&mut found)?;
        Ok(found == bytes)
    }

    /// Access control lists are inherited from the directory.
    pub(in super::super) fn give_attributes(&self, _: &File) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn check(&self, directory: &Directory, name: &OsStr) -> Result<(), Stop> {
        let same = Seen::at(&directory.0.join(name))? == self.seen;
        if same { Ok(()) } else { Err(Refusal::Changed.into()) }
    }
}
