//! Unix: what is replaced, by its descriptor, and what of it is given to its successor.

use super::super::error::Refusal;
use super::super::write::Stop;
use super::unix::Directory;
use super::{Attributes, Found};
use crate::host::native::kind_of;
use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};

/// Readable by anyone.
const OTHERS_READ: u32 = 0o004;

/// What tells one state of one file from another. The change time tells of a new mode or a new attribute, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Seen {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, u32),
    changed: (i64, u32),
}

impl Seen {
    #[allow(clippy::useless_conversion, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    #[allow(clippy::unnecessary_cast, reason = "the types of these differ by system")]
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as u32),
        }
    }

    /// Device and inode.
    pub(in super::super) fn identity(&self) -> Option<(u64, u64)> {
        Some((self.device, self.inode))
    }

    /// When content or attributes last changed.
    pub(in super::super) fn changed(&self) -> Option<(i64, u32)> {
        Some(self.changed)
    }

    pub(in super::super) fn size(&self) -> u64 {
        self.size
    }
}

/// A regular file, as it was opened.
pub(in super::super) struct Old {
    file: File,
    metadata: Metadata,
    seen: Seen,
}

/// A symbolic link.
pub(in super::super) struct OldLink {
    pub(in super::super) to: OsString,
    pub(in super::super) seen: Seen,
    pub(in super::super) attributes: Attributes,
}

impl Directory {
    /// What has the name. Of files only a regular one with one name will do.
    pub(in super::super) fn find(&self, name: &OsStr) -> Result<Found, Stop> {
        let stat = match self.stat(name) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(Found::Nothing),
            Err(error) => return Err(io::Error::from(error).into()),
        };
        if FileType::from_raw_mode(stat.st_mode as _) == FileType::Symlink {
            let to = rustix::fs::readlinkat(&self.0, name, Vec::new()).map_err(io::Error::from)?;
            let to = OsString::from_vec(to.into_bytes());
            return Ok(Found::Link(OldLink { to, seen: Seen::of(&stat), attributes: attributes_of_link(&stat) }));
        }
        self.open_old(name, &stat).map(Found::File)
    }

    fn open_old(&self, name: &OsStr, stat: &Stat) -> Result<Old, Stop> {
        regular(stat)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = self.open_quietly(name, flags).map_err(io::Error::from)?;
        let stat = rustix::fs::fstat(&file).map_err(io::Error::from)?;
        regular(&stat)?;
        let metadata = file.metadata()?;
        match metadata.nlink() {
            1 => Ok(Old { file, metadata, seen: Seen::of(&stat) }),
            names => Err(Refusal::HardLinked(names).into()),
        }
    }

    /// Opens without leaving a trace in the time of the last access, where that may be: it is restored, too.
    fn open_quietly(&self, name: &OsStr, flags: OFlags) -> Result<File, Errno> {
        #[cfg(target_os = "linux")]
        match rustix::fs::openat(&self.0, name, flags | OFlags::NOATIME, Mode::empty()) {
            Err(Errno::PERM) => {} // only its owner may (open(2))
            answer => return Ok(answer?.into()),
        }
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }
}

fn regular(stat: &Stat) -> Result<(), Refusal> {
    match FileType::from_raw_mode(stat.st_mode as _) {
        FileType::RegularFile => Ok(()),
        other => Err(Refusal::NotRegular(kind_of(other))),
    }
}

impl Old {
    /// Its octets: as many as it had when it was opened, and one more if it has grown.
    pub(in super::super) fn content(&self) -> io::Result<Vec<u8>> {
        let mut found = Vec::new();
        Positioned(&self.file, 0).take(self.seen.size.saturating_add(1)).read_to_end(&mut found)?;
        Ok(found)
    }

    /// The SHA-256 of its octets.
    pub(in super::super) fn sha256(&self) -> io::Result<[u8; 32]> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        let mut from = Positioned(&self.file, 0);
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return Ok(hash.finalize().into()),
                Ok(read) => hash.update(buffer.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The open file, at its beginning.
    #[allow(clippy::unnecessary_wraps, reason = "other systems open it here")]
    pub(in super::super) fn into_file(self) -> io::Result<File> {
        Ok(self.file)
    }

    /// Who alone may read it, user and group; nobody in particular where anyone may.
    pub(in super::super) fn only_reader(&self) -> Option<(u32, u32)> {
        (self.metadata.mode() & OTHERS_READ == 0).then(|| (self.metadata.uid(), self.metadata.gid()))
    }

    pub(in super::super) fn seen(&self) -> Seen {
        self.seen
    }

    /// Owner, group, mode, times and extended attributes.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds are below 10^9")]
    pub(in super::super) fn attributes(&self) -> io::Result<Attributes> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        let extended = super::xattr::all(&self.file)?;
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        let extended = BTreeMap::new();
        Ok(Attributes { extended, ..rights(&self.metadata) })
    }
}

/// Reads from a place of its own, so that a file is read twice from its beginning.
struct Positioned<'a>(&'a File, u64);

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read_at(buffer, self.1)?;
        self.1 += read as u64;
        Ok(read)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds are below 10^9")]
fn rights(metadata: &Metadata) -> Attributes {
    Attributes {
        owner: metadata.uid(),
        group: metadata.gid(),
        mode: metadata.mode() & 0o7777,
        modified: (metadata.mtime(), metadata.mtime_nsec() as u32),
        accessed: (metadata.atime(), metadata.atime_nsec() as u32),
        extended: BTreeMap::new(),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::unnecessary_cast)]
#[allow(clippy::useless_conversion, reason = "the types of these differ by system")]
fn attributes_of_link(stat: &Stat) -> Attributes {
    Attributes {
        owner: stat.st_uid,
        group: stat.st_gid,
        mode: 0, // of links nobody asks for it
        modified: (stat.st_mtime as i64, stat.st_mtime_nsec as u32),
        accessed: (stat.st_atime as i64, stat.st_atime_nsec as u32),
        extended: BTreeMap::new(),
    }
}

/// Gives a new file its permission bits, past the umask.
pub(in super::super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(PermissionsExt::from_mode(mode))
}

/// Gives `new` owner, group, mode and extended attributes, in this order: changing the owner takes set-id bits away,
/// and changing the mode changes the mask of an access control list. With `times`, those last.
pub(in super::super) fn give_attributes(wanted: &Attributes, new: &File, times: bool) -> io::Result<()> {
    let made = rights(&new.metadata()?);
    if (made.owner, made.group) != (wanted.owner, wanted.group) {
        let (owner, group) = (Uid::from_raw(wanted.owner), Gid::from_raw(wanted.group));
        rustix::fs::fchown(new, Some(owner), Some(group))?;
    }
    set_mode(new, wanted.mode)?;
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    super::xattr::give(&wanted.extended, new)?;
    if times {
        rustix::fs::futimens(new, &timestamps(wanted))?;
    }
    let found = rights(&new.metadata()?);
    match found.same_rights(wanted) {
        true => Ok(()),
        false => Err(io::Error::other(format!("expected {wanted}, found {found}"))),
    }
}

/// The times of a file, for a call.
fn timestamps(wanted: &Attributes) -> Timestamps {
    let spec = |(seconds, nanoseconds): (i64, u32)| Timespec { tv_sec: seconds, tv_nsec: nanoseconds.into() };
    Timestamps { last_access: spec(wanted.accessed), last_modification: spec(wanted.modified) }
}

impl Directory {
    /// Makes a symbolic link; with the owner and times of another, if there is one.
    pub(in super::super) fn link(&self, to: &OsStr, name: &OsStr, like: Option<(&Attributes, bool)>) -> io::Result<()> {
        rustix::fs::symlinkat(to, &self.0, name)?;
        let Some((wanted, times)) = like else { return Ok(()) };
        let made = self.stat(name)?;
        if (made.st_uid, made.st_gid) != (wanted.owner, wanted.group) {
            let (owner, group) = (Uid::from_raw(wanted.owner), Gid::from_raw(wanted.group));
            rustix::fs::chownat(&self.0, name, Some(owner), Some(group), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        if times {
            rustix::fs::utimensat(&self.0, name, &timestamps(wanted), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }
}
