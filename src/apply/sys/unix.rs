//! Unix: one descriptor of the directory, and everything relative to it.

#![expect(clippy::disallowed_methods, reason = "the only writer")]

use super::super::error::Refusal;
use super::super::write::Stop;
use super::old::Seen;
use crate::host::files::Tree;
use crate::host::native::{Root, Want};
use crate::host::rights::{Rights, Who};
use rustix::fs::{Access, AtFlags, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The directory that holds the file, held open.
pub(in super::super) struct Directory(pub(super) File);

impl Directory {
    /// Opens a path of this machine that has no links left.
    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        Root::open(Path::new("/"))?.open_beneath(path, Want::Directory).map(Self)
    }

    /// Opens a path of `tree` that has no links left.
    pub(in super::super) fn within(tree: &Tree, path: &Path) -> io::Result<Self> {
        tree.open_directory(path).map(Self)
    }

    /// Its descriptor.
    pub(super) fn into_file(self) -> File {
        self.0
    }

    /// The same directory, held once more.
    pub(super) fn again(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// Refuses unless only root and this user can change what is on the way: the directory,
    /// those above it, and those above every link that led here. Whoever can rename one of them
    /// can put the file of their choice in the place of the one that was shown to the user.
    pub(in super::super) fn check(&self, path: &Path, links: &[PathBuf], name: &OsStr) -> Result<(), Stop> {
        self.check_all(&Path::to_path_buf, path, links, name)
    }

    /// The same for a directory of a tree.
    pub(in super::super) fn check_within(
        &self,
        tree: &Tree,
        path: &Path,
        links: &[PathBuf],
        name: &OsStr,
    ) -> Result<(), Stop> {
        self.check_all(&|inside| tree.on_disk(inside), path, links, name)
    }

    fn check_all(
        &self,
        on_disk: &dyn Fn(&Path) -> PathBuf,
        path: &Path,
        links: &[PathBuf],
        name: &OsStr,
    ) -> Result<(), Stop> {
        let user = rustix::process::geteuid().as_raw();
        let this = self.0.metadata()?;
        only_ours_lead(on_disk, links, user)?;
        only_ours_above(on_disk, path.parent(), user)?;
        let path = on_disk(path);
        belongs(&path, &this, user)?;
        only_owner_writes(&path, &this, user)?;
        match self.stat(name) {
            Ok(stat) if rights(&this).keeps_names() && stat.st_uid != user => {
                Err(Refusal::ForeignOwner { path: path.join(name), owner: stat.st_uid, user }.into())
            }
            Ok(_) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(io::Error::from(error).into()),
        }
    }

    /// Refuses links on the way to a path of a tree that others made, or could exchange.
    pub(in super::super) fn check_links(&self, tree: &Tree, links: &[PathBuf]) -> Result<(), Stop> {
        only_ours_lead(&|inside| tree.on_disk(inside), links, rustix::process::geteuid().as_raw())
    }

    /// Refuses what a rename would fail at, or what it would do away with: said before anything is written.
    pub(in super::super) fn may_change(&self, path: &Path, name: &OsStr) -> Result<(), Stop> {
        #[cfg(target_os = "linux")]
        self.is_movable(path, name)?;
        #[cfg(not(target_os = "linux"))]
        let _ = (path, name);
        Ok(())
    }

    /// Whether this user may change the directory: asked where nothing is made in it before something is removed.
    pub(in super::super) fn is_writable(&self) -> io::Result<()> {
        match rustix::fs::accessat(&self.0, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
            Ok(()) | Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses what `chattr` has made immutable, and what something is mounted on.
    #[cfg(target_os = "linux")]
    fn is_movable(&self, path: &Path, name: &OsStr) -> Result<(), Stop> {
        use rustix::fs::{StatxAttributes, StatxFlags};
        let attributes = |name: &OsStr| {
            let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
            let found = rustix::fs::statx(&self.0, name, flags, StatxFlags::empty());
            found.map_or(StatxAttributes::empty(), |found| found.stx_attributes)
        };
        let fixed = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
        if attributes(OsStr::new(".")).intersects(fixed) {
            return Err(Refusal::Immutable(path.to_path_buf()).into());
        }
        let named = attributes(name);
        if named.intersects(fixed) {
            return Err(Refusal::Immutable(path.join(name)).into());
        }
        if named.contains(StatxAttributes::MOUNT_ROOT) {
            return Err(Refusal::MountPoint(path.join(name)).into());
        }
        Ok(())
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

    /// Opens a file for reading and writing, and makes it where it is missing, for its owner alone.
    pub(in super::super) fn open_or_create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Makes a directory for its owner alone, if there is none.
    pub(in super::super) fn make_directory(&self, name: &OsStr) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.0, name, Mode::RWXU) {
            Err(Errno::EXIST) => Ok(()),
            answer => Ok(answer?),
        }
    }

    /// Gives `from` in the directory `source` the name `to` here; a `new` one only if nothing has it.
    pub(in super::super) fn take(&self, source: &Self, from: &OsStr, to: &OsStr, new: bool) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        if new {
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&source.0, from, &self.0, to, flags) {
                // Some file systems do not know the flag (rename(2)); the name was free a moment ago.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
                answer => return Ok(answer?),
            }
        }
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        let _ = new;
        Ok(rustix::fs::renameat(&source.0, from, &self.0, to)?)
    }

    /// Brings the names in the directory to the disk.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    /// Removes a file or link.
    pub(in super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub(in super::super) fn remove_directory(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// The names in it.
    pub(in super::super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }

    /// Device and inode of the directory.
    #[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
    pub(in super::super) fn identity(&self) -> io::Result<Option<(u64, u64)>> {
        let metadata = self.0.metadata()?;
        Ok(Some((metadata.dev(), metadata.ino())))
    }

    /// Device and inode of what has the name, a link itself where it is one.
    pub(in super::super) fn identity_of(&self, name: &OsStr) -> Option<(u64, u64)> {
        Seen::of(&self.stat(name).ok()?).identity()
    }

    pub(super) fn stat(&self, name: &OsStr) -> Result<Stat, Errno> {
        rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)
    }
}

/// Refuses a link that others made, or could exchange. Paths are named as this machine does: `/` of a tree is not its
/// own.
fn only_ours_lead(on_disk: &dyn Fn(&Path) -> PathBuf, links: &[PathBuf], user: u32) -> Result<(), Stop> {
    for link in links.iter().map(|link| on_disk(link)) {
        // Anyone may put a link into /tmp; it is not followed for them.
        belongs(&link, &std::fs::symlink_metadata(&link)?, user)?;
    }
    links.iter().try_for_each(|link| only_ours_above(on_disk, link.parent(), user))
}

/// Refuses a directory that others own or can write, and one below such.
fn only_ours_above(on_disk: &dyn Fn(&Path) -> PathBuf, path: Option<&Path>, user: u32) -> Result<(), Stop> {
    for directory in path.into_iter().flat_map(Path::ancestors).map(on_disk) {
        let metadata = std::fs::symlink_metadata(&directory)?;
        belongs(&directory, &metadata, user)?;
        only_owner_writes(&directory, &metadata, user)?;
    }
    Ok(())
}

/// Refuses a directory that is a link, belongs to someone else, or that others may write: as sudo does its own.
pub(in super::super) fn is_private(path: &Path) -> Result<(), Stop> {
    let metadata = std::fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        let kind = if metadata.is_symlink() { "symbolic link" } else { "file" };
        return Err(Refusal::NotDirectory(kind).into());
    }
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        return Err(Refusal::ForeignOwner { path: path.to_path_buf(), owner: metadata.uid(), user }.into());
    }
    let rights = rights(&metadata);
    match rights.let_others_write() {
        true => Err(Refusal::WritableByOthers { path: path.to_path_buf(), mode: rights.mode }.into()),
        false => Ok(()),
    }
}

fn rights(metadata: &Metadata) -> Rights {
    Rights {
        owner: metadata.uid(),
        group: Some(metadata.gid()),
        mode: metadata.mode() & 0o7777,
        is_directory: metadata.is_dir(),
    }
}

pub(super) fn belongs(path: &Path, metadata: &Metadata, user: u32) -> Result<(), Refusal> {
    match metadata.uid() {
        0 => Ok(()),
        owner if owner == user => Ok(()),
        owner => Err(Refusal::ForeignOwner { path: path.to_path_buf(), owner, user }),
    }
}

pub(super) fn only_owner_writes(path: &Path, metadata: &Metadata, user: u32) -> Result<(), Refusal> {
    let rights = rights(metadata);
    // Where each user has a group of their own (umask 002, the default of Debian, Fedora and others for login shells)
    // every directory of theirs is writable by that group; what a user does with files of their own is theirs to risk,
    // what root does is not.
    let is_of_root = user == 0 || rights.owner == 0;
    let lets = |who: Who| who == Who::Everyone || is_of_root && matches!(who, Who::Group(_));
    match rights.who().any(lets) {
        true => Err(Refusal::WritableByOthers { path: path.to_path_buf(), mode: rights.mode }),
        false => Ok(()),
    }
}
