//! Unix: everything is opened relative to a descriptor of the root, link by link refused.
//!
//! The flags are the promise: `O_NONBLOCK` so that a FIFO nobody writes to does not hang,
//! `O_NOCTTY` so that a terminal does not become ours, `O_NOFOLLOW` and one part at a time so that
//! a link put in place after resolving leads nowhere, `O_CLOEXEC` so that no child inherits.

use super::super::{DirectoryEntry, Kind};
use super::{Facts, Want};
use crate::model::{Target, Unreadable};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{CStr, OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

/// The root that live paths start from.
pub(in super::super) const LIVE_ROOT: &str = "/";

/// Directories of the live machine that hold no stores and answer for the kernel, or show again
/// what stands elsewhere: /dev is a tmpfs to statfs(2), and macOS joins /System/Volumes/Data
/// into `/` by firmlinks.
#[cfg(target_os = "macos")]
pub(in super::super) const NEVER_WALKED: &[&str] = &["/dev", "/net", "/System/Volumes"];
/// Directories of the live machine that hold no stores and answer for the kernel: /dev is a tmpfs
/// to statfs(2), and the BSDs' procfs has no magic number.
#[cfg(not(target_os = "macos"))]
pub(in super::super) const NEVER_WALKED: &[&str] = &["/proc", "/sys", "/dev"];

#[cfg(target_os = "linux")]
pub(in super::super) use super::linux::is_pseudo_filesystem;
#[cfg(target_os = "linux")]
use super::linux::{each_entry, open_beneath};
#[cfg(not(target_os = "linux"))]
use step_by_step as open_beneath;

/// Whether `path` is on a file system that shows the kernel instead of storage; elsewhere than on
/// Linux the names in `NEVER_WALKED` say it.
#[cfg(not(target_os = "linux"))]
pub(in super::super) fn is_pseudo_filesystem(_: &Path) -> bool {
    false
}

const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// How a directory on the way is held: on Linux without asking to read it, since one may pass
/// through a directory whose names one may not list.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A descriptor of the root.
#[derive(Debug)]
pub(super) struct Root(OwnedFd);

impl Root {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::openat(CWD, root, PASS.difference(OFlags::NOFOLLOW), Mode::empty())?))
    }

    pub(super) fn open_beneath(&self, path: &Path, want: Want) -> io::Result<File> {
        let relative = path.strip_prefix("/").unwrap_or(path);
        let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
        let flags = match want {
            Want::File => READ,
            Want::Directory => READ.union(OFlags::DIRECTORY),
        };
        Ok(open_beneath(self.0.as_fd(), relative, flags)?.into())
    }

    pub(super) fn names(&self, directory: File, _: &Path, limit: usize) -> Result<Vec<OsString>, Unreadable> {
        let mut found = Vec::new();
        let mut too_many = false;
        let visit = &mut |name: &CStr, _| {
            too_many = found.len() == limit;
            if !too_many {
                found.push(OsString::from_vec(name.to_bytes().to_vec()));
            }
            !too_many
        };
        each_name(&directory, visit).map_err(said)?;
        if too_many { Err(Unreadable::TooMany(limit)) } else { Ok(found) }
    }

    pub(super) fn list(&self, directory: File, _: &Path, limit: usize) -> Result<Vec<DirectoryEntry>, Unreadable> {
        let mut entries = Vec::new();
        let mut too_many = false;
        let visit = &mut |name: &CStr, kind| {
            too_many = entries.len() == limit;
            if !too_many && let Some(target) = target(directory.as_fd(), name, kind) {
                entries.push(DirectoryEntry { name: OsString::from_vec(name.to_bytes().to_vec()), target });
            }
            !too_many
        };
        each_name(&directory, visit).map_err(said)?;
        if too_many { Err(Unreadable::TooMany(limit)) } else { Ok(entries) }
    }
}

/// Passes every name in a directory but `.` and `..` to `visit`, with what it is, until it returns false.
fn each_name(directory: &File, visit: &mut dyn FnMut(&CStr, FileType) -> bool) -> Result<(), Errno> {
    each_entry(directory, &mut |name, kind| matches!(name.to_bytes(), b"." | b"..") || visit(name, kind))
}

/// The same with `.` and `..`.
#[cfg(not(target_os = "linux"))]
fn each_entry(directory: &File, visit: &mut dyn FnMut(&CStr, FileType) -> bool) -> Result<(), Errno> {
    for entry in rustix::fs::Dir::read_from(directory)? {
        let entry = entry?;
        if !visit(entry.file_name(), entry.file_type()) {
            break;
        }
    }
    Ok(())
}

/// Opens `relative` one directory at a time, following no link: what `openat2` does in one call.
pub(super) fn step_by_step(root: BorrowedFd<'_>, relative: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let mut held: Option<OwnedFd> = None;
    let mut parts = relative.components().peekable();
    while let Some(part) = parts.next() {
        if !matches!(part, Component::Normal(_) | Component::CurDir) {
            return Err(Errno::XDEV); // what RESOLVE_BENEATH says of `..` and `/`
        }
        let here = held.as_ref().map_or(root, AsFd::as_fd);
        let flags = if parts.peek().is_some() { PASS } else { flags };
        held = Some(rustix::fs::openat(here, part.as_os_str(), flags, Mode::empty())?);
    }
    held.ok_or(Errno::NOENT)
}

/// What a name stands for; `None` when it is gone already.
fn target(directory: BorrowedFd<'_>, name: &CStr, listed: FileType) -> Option<Target> {
    let mut kind = listed;
    if kind == FileType::Symlink {
        match rustix::fs::readlinkat(directory, name, Vec::new()) {
            Ok(text) => return Some(Target::Link(PathBuf::from(OsString::from_vec(text.into_bytes())))),
            Err(_) => kind = FileType::Unknown, // it was replaced meanwhile
        }
    }
    if kind == FileType::Unknown {
        // Some file systems do not say with the name what it is (readdir(3), DT_UNKNOWN).
        let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        kind = FileType::from_raw_mode(stat.st_mode as _);
    }
    Some(match kind {
        FileType::RegularFile => Target::File,
        FileType::Symlink => {
            let text = rustix::fs::readlinkat(directory, name, Vec::new()).ok()?;
            Target::Link(PathBuf::from(OsString::from_vec(text.into_bytes())))
        }
        FileType::Directory => Target::Other("directory"),
        other => Target::Other(kind_of(other)),
    })
}

/// The name of a kind that is neither file, directory nor link.
pub(crate) fn kind_of(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "symbolic link",
        FileType::Fifo => "FIFO",
        FileType::Socket => "socket",
        FileType::CharacterDevice => "character device",
        FileType::BlockDevice => "block device",
        FileType::Unknown => "file of unknown kind",
        #[allow(unreachable_patterns, reason = "FreeBSD and others have further kinds")]
        _ => "file of unknown kind",
    }
}

/// What the metadata says.
pub(in super::super) fn facts(metadata: &Metadata) -> Facts {
    let kind = metadata.file_type();
    let kind = match () {
        () if kind.is_file() => Kind::File,
        () if kind.is_dir() => Kind::Directory,
        () if kind.is_symlink() => Kind::Other(kind_of(FileType::Symlink)),
        () if kind.is_fifo() => Kind::Other(kind_of(FileType::Fifo)),
        () if kind.is_socket() => Kind::Other(kind_of(FileType::Socket)),
        () if kind.is_char_device() => Kind::Other(kind_of(FileType::CharacterDevice)),
        () if kind.is_block_device() => Kind::Other(kind_of(FileType::BlockDevice)),
        () => Kind::Other(kind_of(FileType::Unknown)),
    };
    Facts {
        kind,
        size: metadata.size(),
        mode: Some(metadata.mode() & 0o7777),
        owner: Some(metadata.uid()),
        group: Some(metadata.gid()),
        identity: Some((metadata.dev(), metadata.ino())),
        changed: u32::try_from(metadata.ctime_nsec()).ok().map(|nanoseconds| (metadata.ctime(), nanoseconds)),
    }
}

/// Whether an open failed because a link, a mount or another kind of thing had taken the place of
/// what was resolved: ELOOP (EMLINK on FreeBSD) for a link, EXDEV for leaving the root, ENXIO for a
/// socket (open(2), openat2(2)).
pub(in super::super) fn is_redirection(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    [Errno::LOOP, Errno::MLINK, Errno::XDEV, Errno::NXIO].into_iter().any(|known| errno == Some(known))
}

/// Whether something of a process could not be read because the process has ended (ESRCH).
pub(in super::super) fn is_no_such_process(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::SRCH)
}

/// A text by its octets.
#[must_use]
pub fn text(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_owned()
}

/// The user this process acts as.
#[must_use]
pub fn live_user() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

/// What the machine calls itself (uname(2)).
#[must_use]
pub fn live_name() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

/// A part of an argument, by its octets.
#[must_use]
pub fn part(text: &OsStr, range: std::ops::Range<usize>) -> OsString {
    OsStr::from_bytes(text.as_bytes().get(range).unwrap_or_default()).to_owned()
}

fn said(errno: Errno) -> Unreadable {
    match errno {
        Errno::ACCESS | Errno::PERM => Unreadable::Denied,
        other => Unreadable::Io(io::Error::from(other).to_string()),
    }
}
