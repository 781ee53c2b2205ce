//! Private directories for programs to work in: copies go in, what was made comes out, all of it is gone afterwards.
//!
//! The reader of a store is never pointed at the live one. It runs as another user where castore is root, so the place
//! has to be one that this user can reach; and a run that was killed leaves a directory, so all of them stand in one
//! place that the next run clears.

#![expect(clippy::disallowed_methods, reason = "makes, fills and removes directories of castore's own")]

use super::super::sys::{self, Directory};
use super::super::write::Stop;
use super::Account;
use sha2::{Digest, Sha256};
use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The beginning of the names of private directories.
const PREFIX: &str = "work-";

/// Where private directories are made.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Where they are made best: for root where any user may pass and no user may write, and where nothing outlives
    /// a restart, one place for each state since that is what a lock is for; for others in their own state.
    #[must_use]
    pub fn place(state: &Path) -> PathBuf {
        let run = Path::new("/run");
        if !sys::is_superuser() || !sys::is_passable(run) {
            return state.join("scratch");
        }
        let hash = Sha256::digest(state.as_os_str().as_encoded_bytes());
        let digits = hash.iter().take(8).map(|octet| format!("{octet:02x}")).collect::<String>();
        run.join(format!("castore-{digits}"))
    }

    /// Makes the place if it is missing, and removes what a killed run left in it. Whoever calls this holds the lock:
    /// else what is removed may be in use.
    pub fn open(place: impl Into<PathBuf>) -> io::Result<Self> {
        let place = place.into();
        match sys::make_directory(&place, true) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        check(&place)?;
        for entry in std::fs::read_dir(&place)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                // A program that ran there could make directories, which are then in nobody's way.
                let _ = clear(&entry.path());
            }
        }
        Ok(Self(place))
    }

    /// Whether a run made the place and did not remove it: it is at work, or was killed.
    #[must_use]
    pub fn is_left(place: &Path) -> bool {
        std::fs::symlink_metadata(place).is_ok()
    }

    /// Removes the place, and what a killed run left in it: the next run may need no program. Whoever calls this holds
    /// the lock.
    pub fn sweep(place: &Path) {
        if Self::is_left(place) {
            // What is not castore's own is told when it is needed.
            drop(Self::open(place));
        }
    }

    /// Makes a private directory.
    pub fn room(&self) -> io::Result<Room> {
        let mut tries = 0;
        loop {
            let path = self.0.join(format!("{PREFIX}{:016x}", RandomState::new().hash_one(tries)));
            match sys::make_directory(&path, false) {
                Ok(()) => return Ok(Room { path, files: Vec::new() }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 8 => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Another that holds the lock makes it again. What is still in it goes with the next.
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// Refuses a place that others could have made or can write.
fn check(place: &Path) -> io::Result<()> {
    let refused = match Directory::open(place)?.check(place, &[], OsStr::new(PREFIX)) {
        Ok(()) => return Ok(()),
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Refused(refusal)) => refusal,
    };
    Err(io::Error::other(refused.to_string()))
}

/// A private directory: flat, and gone when it is dropped.
#[derive(Debug)]
pub struct Room {
    path: PathBuf,
    files: Vec<File>,
}

impl Room {
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file into it, which its owner may read and write; where it is.
    pub fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        let mut file = Directory::open(&self.path)?.create(OsStr::new(name), false)?;
        file.write_all(bytes)?;
        self.files.push(file);
        Ok(path)
    }

    /// Gives it to who is to work in it, files first: from then on all that stands there is theirs to change. Says as
    /// whom they then have to run: as castore, where they could not reach it.
    pub fn give(&mut self, account: Account) -> io::Result<Account> {
        let parent = self.path.parent().unwrap_or(&self.path);
        let Some(other) = account.other().filter(|_| sys::is_passable(parent)) else {
            self.files.clear();
            return Ok(Account::Own);
        };
        let given = self.files.drain(..).try_for_each(|file| sys::give(&file, other));
        match given.and_then(|()| sys::give_directory(&self.path, other)) {
            Ok(()) => Ok(account),
            // No such user here, as in a container that has only root.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(Account::Own),
            Err(error) => Err(error),
        }
    }

    /// Puts one more file into it for who works in it since it was given away.
    pub fn hand(&mut self, name: &str, bytes: &[u8], account: Account) -> io::Result<()> {
        self.put(name, bytes)?;
        let mut files = self.files.drain(..);
        account.other().map_or(Ok(()), |other| files.try_for_each(|file| sys::give(&file, other)))
    }

    /// Takes a file away from who works in it.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        Directory::open(&self.path)?.remove(OsStr::new(name))
    }

    /// What is in a file of it now: a regular one, with one name.
    pub fn take(&self, name: &str, bound: u64) -> io::Result<Vec<u8>> {
        let file = match Directory::open(&self.path)?.old(OsStr::new(name)) {
            Ok(Some(old)) => old.into_file()?,
            Ok(None) => return Err(io::ErrorKind::NotFound.into()),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Refused(refusal)) => return Err(io::Error::other(refusal.to_string())),
        };
        let mut bytes = Vec::new();
        file.take(bound.saturating_add(1)).read_to_end(&mut bytes)?;
        match bytes.len() as u64 > bound {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(bytes),
        }
    }

    /// Whether a file of it is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        std::fs::symlink_metadata(self.path.join(name)).is_ok()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What cannot be removed now is when the place is next opened.
        let _ = clear(&self.path);
    }
}

/// Removes a private directory and the files in it, and of what cannot be removed as little as can be. No link is
/// followed.
fn clear(path: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(path)?.flatten() {
        // Keys may be in the others.
        let _ = std::fs::remove_file(entry.path());
    }
    std::fs::remove_dir(path)
}
