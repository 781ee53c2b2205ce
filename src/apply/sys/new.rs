//! Unix: a new file in a directory that another account may own.
//!
//! All is done by descriptors and by names in the one directory that is open. No directory is made and none is emptied,
//! as a [`Stage`](super::Stage) is: the owner of this one could put another, with files of root's in it, in its place.

use super::super::error::{Refusal, Step};
use super::super::write::Stop;
use super::old::set_mode;
use super::unix::Directory;
use rustix::fs::{FileType, FlockOperation, Gid, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

const PREFIX: &[u8] = b".castore-";
const SUFFIX: &[u8] = b".tmp";
/// Bits that a new file may take over: those of its owner, and for others that of reading. With more, whoever owned the
/// old file could have content of their own in a file of root's, or have it run.
const TAKEN_OVER: u32 = 0o644;
/// Attempts to have a temporary file to itself.
const TRIES: usize = 8;

impl Directory {
    /// Makes `bytes` the content of a new file of this user that has the name `name`, whatever but a directory had it.
    pub(in super::super) fn put_new(
        &self,
        name: &OsStr,
        bytes: &[u8],
        mode: u32,
        before: &mut dyn FnMut(Step) -> io::Result<()>,
    ) -> Result<(), Stop> {
        before(Step::OpenOld)?;
        let old = self.old_bits(name)?;
        before(Step::CreateTemporary)?;
        sweep(self);
        let mut new = Temporary::make(self)?;
        before(Step::Write)?;
        new.file.write_all(bytes)?;
        before(Step::KeepAttributes)?;
        if let Some((_, group)) = old {
            // Whoever may not give it to a group leaves it with its own.
            let _ = rustix::fs::fchown(&new.file, None, Some(Gid::from_raw(group)));
        }
        set_mode(&new.file, old.map_or(mode, |(bits, _)| bits))?;
        before(Step::SyncFile)?;
        new.file.sync_all()?;
        before(Step::Rename)?;
        rustix::fs::renameat(&self.0, &new.name, &self.0, name).map_err(io::Error::from)?;
        new.has_name = true;
        before(Step::SyncDirectory)?;
        self.sync()?;
        before(Step::ReadBack)?;
        let named = self.stat(name).map_err(io::Error::from)?;
        match is_same(&named, &rustix::fs::fstat(&new.file).map_err(io::Error::from)?) {
            true => Ok(()),
            false => Err(Refusal::Changed.into()),
        }
    }

    /// Permission bits and group of a regular file of root's or of this user's that has the name: what others made says
    /// nothing of who may read the report.
    fn old_bits(&self, name: &OsStr) -> io::Result<Option<(u32, u32)>> {
        let stat = match self.stat(name) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let user = rustix::process::geteuid().as_raw();
        let is_taken = is_regular(&stat) && (stat.st_uid == 0 || stat.st_uid == user);
        #[allow(clippy::useless_conversion, reason = "the type differs by system")]
        Ok(is_taken.then(|| (u32::from(stat.st_mode) & TAKEN_OVER, stat.st_gid)))
    }
}

/// A temporary file, locked while it is written, so that what was left is told from what is in use.
struct Temporary<'d> {
    within: &'d Directory,
    name: OsString,
    file: File,
    has_name: bool,
}

impl<'d> Temporary<'d> {
    fn make(within: &'d Directory) -> io::Result<Self> {
        let mut tries = 0;
        loop {
            let name = OsString::from(format!(".castore-{:016x}.tmp", RandomState::new().hash_one(tries)));
            match create(within, &name) {
                Ok(file) => return Ok(Self { within, name, file, has_name: false }),
                // Another castore took it for one that was left, before it was locked.
                Err(Errno::EXIST | Errno::NOENT | Errno::WOULDBLOCK) if tries < TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.has_name {
            // What cannot be removed is removed by the next.
            let _ = self.within.remove(&self.name);
        }
    }
}

fn create(within: &Directory, name: &OsStr) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(&within.0, name, flags, Mode::RUSR | Mode::WUSR)?);
    lock(&file)?;
    match is_same(&within.stat(name)?, &rustix::fs::fstat(&file)?) {
        true => Ok(file),
        false => Err(Errno::NOENT),
    }
}

fn lock(file: &File) -> Result<(), Errno> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        // Some file systems of a network have no such locks.
        Err(Errno::BADF | Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS | Errno::INVAL) => Ok(()),
        answer => answer,
    }
}

/// Removes what killed processes of this user left: files that nobody has locked.
fn sweep(within: &Directory) {
    let user = rustix::process::geteuid().as_raw();
    for name in within.names().unwrap_or_default() {
        let octets = name.as_bytes();
        if !octets.starts_with(PREFIX) || !octets.ends_with(SUFFIX) {
            continue;
        }
        let Ok(stat) = within.stat(&name) else { continue };
        if !is_regular(&stat) || stat.st_uid != user || stat.st_nlink != 1 {
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let Ok(left) = rustix::fs::openat(&within.0, &name, flags, Mode::empty()) else { continue };
        let is_free = rustix::fs::flock(&left, FlockOperation::NonBlockingLockExclusive).is_ok();
        if is_free && rustix::fs::fstat(&left).is_ok_and(|open| is_same(&open, &stat)) {
            let _ = within.remove(&name);
        }
    }
}

fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode as _) == FileType::RegularFile
}
