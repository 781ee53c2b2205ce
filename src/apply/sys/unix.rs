//! Unix: one descriptor of the directory, and everything relative to it.

#![expect(clippy::disallowed_methods, reason = "the only writer")]

use super::super::error::Refusal;
use super::super::write::Stop;
use crate::host::native::{Root, Want, kind_of};
use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Writable by the group or by anyone. An access control list that lets others write shows here
/// too: its mask stands in the place of the group's bits (acl(5)).
const OTHERS_WRITE: u32 = 0o022;
/// Writable by anyone. Where each user has a group of their own (umask 002, the default of
/// Debian, Fedora and others for login shells) every directory of theirs is writable by that
/// group; what a user does with files of their own is theirs to risk, what root does is not.
const ANYONE_WRITES: u32 = 0o002;
/// Readable by anyone.
const OTHERS_READ: u32 = 0o004;
/// Only the owner of a file may rename or remove it in such a directory.
const STICKY: u32 = 0o1000;

/// The directory that holds the file, held open.
pub(in super::super) struct Directory(File);

impl Directory {
    /// Opens a path that has no links left.
    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        Root::open(Path::new("/"))?.open_beneath(path, Want::Directory).map(Self)
    }

    /// Refuses unless only root and this user can change what is on the way: the directory,
    /// those above it, and those above every link that led here. Whoever can rename one of them
    /// can put the file of their choice in the place of the one that was shown to the user.
    pub(in super::super) fn check(&self, path: &Path, links: &[PathBuf], name: &OsStr) -> Result<(), Stop> {
        let user = rustix::process::geteuid().as_raw();
        let this = self.0.metadata()?;
        for link in links {
            // Anyone may put a link into /tmp; it is not followed for them.
            belongs(link, &std::fs::symlink_metadata(link)?, user)?;
        }
        let above = links.iter().filter_map(|link| link.parent()).chain(path.parent()).flat_map(Path::ancestors);
        for directory in above {
            let metadata = std::fs::symlink_metadata(directory)?;
            belongs(directory, &metadata, user)?;
            only_owner_writes(directory, &metadata, user)?;
        }
        belongs(path, &this, user)?;
        only_owner_writes(path, &this, user)?;
        match self.stat(name) {
            Ok(stat) if this.mode() & STICKY != 0 && stat.st_uid != user => {
                Err(Refusal::ForeignOwner { path: path.join(name), owner: stat.st_uid, user }.into())
            }
            Ok(_) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(io::Error::from(error).into()),
        }
    }

    /// Opens what has the name, if anything has; only a regular file with one name will do.
    pub(in super::super) fn old(&self, name: &OsStr) -> Result<Option<Old>, Stop> {
        match self.stat(name) {
            Ok(stat) => regular(&stat)?,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.0, name, flags, Mode::empty()).map_err(io::Error::from)?);
        let stat = rustix::fs::fstat(&file).map_err(io::Error::from)?;
        regular(&stat)?;
        let metadata = file.metadata()?;
        match metadata.nlink() {
            1 => Ok(Some(Old { file, metadata, stat })),
            names => Err(Refusal::HardLinked(names).into()),
        }
    }

    /// Creates an empty file. For a `new` target it is opened with 0666, so that the umask of the
    /// user gives it the mode that any other program's file would have; the umask cannot be read
    /// without changing it for all threads. Otherwise nobody else sees it before it has the mode
    /// of the old file.
    pub(in super::super) fn create(&self, name: &OsStr, new: bool) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = if new { 0o666 } else { 0o600 };
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(mode))?.into())
    }

    /// Gives `from` the name `to`; a `new` one only if nothing has it.
    pub(in super::super) fn rename(&self, from: &OsStr, to: &OsStr, new: bool) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        if new {
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&self.0, from, &self.0, to, flags) {
                // Some file systems do not know the flag (rename(2)); the name was free a moment ago.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
                answer => return Ok(answer?),
            }
        }
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        let _ = new;
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Its descriptor.
    pub(super) fn into_file(self) -> File {
        self.0
    }

    /// Brings the names in the directory to the disk.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    pub(in super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    fn stat(&self, name: &OsStr) -> Result<Stat, Errno> {
        rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)
    }
}

/// Gives a new file its permission bits, past the umask.
pub(in super::super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(PermissionsExt::from_mode(mode))
}

pub(super) fn belongs(path: &Path, metadata: &Metadata, user: u32) -> Result<(), Refusal> {
    match metadata.uid() {
        0 => Ok(()),
        owner if owner == user => Ok(()),
        owner => Err(Refusal::ForeignOwner { path: path.to_path_buf(), owner, user }),
    }
}

pub(super) fn only_owner_writes(path: &Path, metadata: &Metadata, user: u32) -> Result<(), Refusal> {
    let mode = metadata.mode() & 0o7777;
    let writers = if user == 0 || metadata.uid() == 0 { OTHERS_WRITE } else { ANYONE_WRITES };
    let safe = mode & writers == 0 || mode & STICKY != 0;
    if safe { Ok(()) } else { Err(Refusal::WritableByOthers { path: path.to_path_buf(), mode }) }
}

fn regular(stat: &Stat) -> Result<(), Refusal> {
    match FileType::from_raw_mode(stat.st_mode as _) {
        FileType::RegularFile => Ok(()),
        other => Err(Refusal::NotRegular(kind_of(other))),
    }
}

/// The file that is to be replaced, as it was opened.
pub(in super::super) struct Old {
    file: File,
    metadata: Metadata,
    stat: Stat,
}

impl Old {
    /// The open file, at its beginning.
    pub(in super::super) fn into_file(self) -> io::Result<File> {
        Ok(self.file)
    }

    /// Who alone may read it, user and group; nobody in particular where anyone may.
    pub(in super::super) fn only_reader(&self) -> Option<(u32, u32)> {
        (self.metadata.mode() & OTHERS_READ == 0).then(|| (self.metadata.uid(), self.metadata.gid()))
    }

    /// Whether its content is `bytes`.
    pub(in super::super) fn holds(&self, bytes: &[u8]) -> io::Result<bool> {
        let mut found = Vec::with_capacity(bytes.len().saturating_add(1));
        (&self.file).take(bytes.len() as u64 + 1).read_to_end(&mut found)?;
        Ok(found == bytes)
    }

    /// Gives `new` owner, group, mode and extended attributes, in this order: changing the owner
    /// takes set-id bits away, and changing the mode changes the mask of an access control list.
    pub(in super::super) fn give_attributes(&self, new: &File) -> io::Result<()> {
        let (wanted, made) = (Attributes::of(&self.metadata), Attributes::of(&new.metadata()?));
        if (made.owner, made.group) != (wanted.owner, wanted.group) {
            let (owner, group) = (Uid::from_raw(wanted.owner), Gid::from_raw(wanted.group));
            rustix::fs::fchown(new, Some(owner), Some(group))?;
        }
        new.set_permissions(PermissionsExt::from_mode(wanted.mode))?;
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        super::xattr::copy(&self.file, new)?;
        let found = Attributes::of(&new.metadata()?);
        match found == wanted {
            true => Ok(()),
            false => Err(io::Error::other(format!("expected {wanted}, found {found}"))),
        }
    }

    /// Refuses unless the open file is unchanged and still has the name. The change time is
    /// compared as well: it tells of a new mode or a new attribute, which would be lost.
    pub(in super::super) fn check(&self, directory: &Directory, name: &OsStr) -> Result<(), Stop> {
        let named = match directory.stat(name) {
            Ok(named) => named,
            Err(Errno::NOENT) => return Err(Refusal::Changed.into()),
            Err(error) => return Err(io::Error::from(error).into()),
        };
        let open = rustix::fs::fstat(&self.file).map_err(io::Error::from)?;
        let same = seen(&self.stat) == seen(&open) && seen(&open) == seen(&named);
        if same { Ok(()) } else { Err(Refusal::Changed.into()) }
    }
}

/// Who may do what with a file, as far as every Unix knows it.
#[derive(PartialEq, Eq)]
struct Attributes {
    owner: u32,
    group: u32,
    mode: u32,
}

impl Attributes {
    fn of(metadata: &Metadata) -> Self {
        Self { owner: metadata.uid(), group: metadata.gid(), mode: metadata.mode() & 0o7777 }
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "owner {} group {} mode {:04o}", self.owner, self.group, self.mode)
    }
}

/// What tells one state of one file from another.
fn seen(stat: &Stat) -> impl PartialEq + use<> {
    let times = (stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec);
    (stat.st_dev, stat.st_ino, stat.st_size, times)
}
