//! Windows: the standard library's calls, a reparse point at the end never followed.
//!
//! There is no opening relative to a directory in the standard library, so a link put in the
//! middle of a path after resolving is followed. The last part is not, and what was opened is
//! looked at.

use super::super::{DirectoryEntry, Kind};
use super::{Facts, Want};
use crate::model::{Target, Unreadable};
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

/// Live paths have drives of their own: there is no root before them.
pub(in super::super) const LIVE_ROOT: &str = "";

/// Nothing: Windows shows its kernel in no directory.
pub(in super::super) const NEVER_WALKED: &[&str] = &[];

/// `FILE_FLAG_OPEN_REPARSE_POINT` and `FILE_FLAG_BACKUP_SEMANTICS` (winbase.h): open the link
/// itself, and let a directory be opened.
const NO_FOLLOW: u32 = 0x0020_0000 | 0x0200_0000;

/// The root by its path.
#[derive(Debug)]
pub(super) struct Root(PathBuf);

impl Root {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        if !root.as_os_str().is_empty() && !std::fs::metadata(root)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self(root.to_path_buf()))
    }

    pub(super) fn open_beneath(&self, path: &Path, _: Want) -> io::Result<File> {
        std::fs::OpenOptions::new().read(true).custom_flags(NO_FOLLOW).open(self.on_disk(path))
    }

    pub(super) fn list(&self, _: File, path: &Path, limit: usize) -> Result<Vec<DirectoryEntry>, Unreadable> {
        let said = |error: io::Error| Unreadable::Io(error.to_string());
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.on_disk(path)).map_err(said)? {
            let entry = entry.map_err(said)?;
            if entries.len() == limit {
                return Err(Unreadable::TooMany(limit));
            }
            let kind = entry.file_type().map_err(said)?;
            let target = match () {
                () if kind.is_symlink() => Target::Link(std::fs::read_link(entry.path()).unwrap_or_default()),
                () if kind.is_file() => Target::File,
                () if kind.is_dir() => Target::Other("directory"),
                () => Target::Other("file of unknown kind"),
            };
            entries.push(DirectoryEntry { name: entry.file_name(), target });
        }
        Ok(entries)
    }

    pub(super) fn names(&self, file: File, path: &Path, limit: usize) -> Result<Vec<OsString>, Unreadable> {
        Ok(self.list(file, path, limit)?.into_iter().map(|entry| entry.name).collect())
    }

    fn on_disk(&self, path: &Path) -> PathBuf {
        if self.0.as_os_str().is_empty() {
            return path.to_path_buf();
        }
        let inside = path.components().filter(|part| matches!(part, Component::Normal(_)));
        self.0.components().chain(inside).collect()
    }
}

/// What the metadata says. The standard library does not yet tell a file's index.
pub(in super::super) fn facts(metadata: &Metadata) -> Facts {
    let kind = match () {
        () if metadata.is_file() => Kind::File,
        () if metadata.is_dir() => Kind::Directory,
        () => Kind::Other("reparse point"),
    };
    Facts { kind, size: metadata.len(), mode: None, owner: None, group: None, identity: None, changed: None }
}

/// Never: every path is storage.
pub(in super::super) fn is_pseudo_filesystem(_: &Path) -> bool {
    false
}

/// Never: a link is opened itself, and then seen not to be a file.
pub(in super::super) fn is_redirection(_: &io::Error) -> bool {
    false
}

/// Never: processes are no files.
pub(in super::super) fn is_no_such_process(_: &io::Error) -> bool {
    false
}

/// A text by its octets; what is no Unicode is replaced.
#[must_use]
pub fn text(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// None: users have no number.
#[must_use]
pub fn live_user() -> Option<u32> {
    None
}

/// What the machine calls itself is in its environment.
#[must_use]
pub fn live_name() -> Option<String> {
    None
}

/// A part of an argument, cut at ASCII; what is no Unicode is replaced.
#[must_use]
pub fn part(text: &std::ffi::OsStr, range: std::ops::Range<usize>) -> OsString {
    String::from_utf8_lossy(text.as_encoded_bytes().get(range).unwrap_or_default()).into_owned().into()
}
