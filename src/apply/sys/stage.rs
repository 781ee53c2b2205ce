//! Unix: where new files are made whole before they get their name.
//!
//! A directory of our own inside the one that is changed: on the same file system, so that a rename moves from it; and
//! not the directory itself, since p11-kit takes every file of an anchors directory, dot or not, Go and GnuTLS every
//! file of a hash directory, and what a killed castore left there would be a root. None of them looks into
//! directories, and update-ca-certificates, which does, takes `*.crt` alone.
//!
//! It is locked while it is used; the kernel lets go of the lock of who was killed. So what was left is told from what
//! another castore is working in, and the next that comes removes it.

use super::unix::Directory;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::BuildHasher;
use std::io;
use std::os::unix::ffi::OsStrExt;

const PREFIX: &[u8] = b".castore-";
const SUFFIX: &[u8] = b".tmp";
/// How many directories below one that castore makes: a new directory, and in it one of the same kind.
const DEEP: usize = 2;

/// A directory for temporary files; gone again, with what is left in it, when it is dropped.
pub(in super::super) struct Stage {
    within: Directory,
    pub(in super::super) name: OsString,
    pub(in super::super) directory: Directory,
}

impl Stage {
    /// Makes one in `within`, and removes those of processes that were killed.
    pub(in super::super) fn make(within: &Directory) -> io::Result<Self> {
        sweep(within);
        let within = within.again()?;
        let mut tries = 0;
        loop {
            // It need not be secret, since only mkdir makes it; it is random so that one does not stand in the
            // way of the next.
            let name = OsString::from(format!(".castore-{:016x}.tmp", RandomState::new().hash_one(tries)));
            match make(&within, &name) {
                Ok(directory) => return Ok(Self { within, name, directory }),
                // Another castore took it for one that was left, before it was locked.
                Err(Errno::EXIST | Errno::NOENT | Errno::WOULDBLOCK) if tries < 8 => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed stands where nobody reads it.
        empty(&self.within, &self.name, &self.directory, DEEP);
    }
}

fn make(within: &Directory, name: &OsStr) -> Result<Directory, Errno> {
    rustix::fs::mkdirat(&within.0, name, Mode::RWXU)?;
    let made = match hold(within, name) {
        // Some file systems of a network have no such locks.
        Err(Errno::BADF | Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS | Errno::INVAL) => open(within, name)?,
        made => made?,
    };
    match (rustix::fs::fstat(&made.0)?, within.stat(name)?) {
        (open, named) if (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino) => Ok(made),
        _ => Err(Errno::NOENT),
    }
}

fn open(within: &Directory, name: &OsStr) -> Result<Directory, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(Directory(File::from(rustix::fs::openat(&within.0, name, flags, Mode::empty())?)))
}

/// Opens and locks it; fails when another process has it.
fn hold(within: &Directory, name: &OsStr) -> Result<Directory, Errno> {
    let opened = open(within, name)?;
    rustix::fs::flock(&opened.0, FlockOperation::NonBlockingLockExclusive)?;
    Ok(opened)
}

/// Whether what has this name is a stage, of whichever user.
pub(in super::super) fn is_stage(within: &Directory, name: &OsStr) -> bool {
    let octets = name.as_bytes();
    let is_directory = || {
        let stat = within.stat(name);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode as _) == FileType::Directory)
    };
    octets.starts_with(PREFIX) && octets.ends_with(SUFFIX) && is_directory()
}

/// Removes what killed processes of this user left in `within`.
pub(in super::super) fn sweep(within: &Directory) {
    let user = rustix::process::geteuid().as_raw();
    for name in within.names().unwrap_or_default() {
        let is_ours = is_stage(within, &name) && within.stat(&name).is_ok_and(|stat| stat.st_uid == user);
        if is_ours && let Ok(left) = hold(within, &name) {
            empty(within, &name, &left, DEEP);
        }
    }
}

fn empty(within: &Directory, name: &OsStr, directory: &Directory, deep: usize) {
    for inside in directory.names().unwrap_or_default() {
        let is_gone = rustix::fs::unlinkat(&directory.0, &inside, AtFlags::empty()).is_ok();
        if let (false, Some(deep), Ok(below)) = (is_gone, deep.checked_sub(1), open(directory, &inside)) {
            empty(directory, &inside, &below, deep);
        }
    }
    let _ = rustix::fs::unlinkat(&within.0, name, AtFlags::REMOVEDIR);
}
