//! Whether a program has a database open: Firefox and Thunderbird lock their profile, others only hold the file; who
//! writes has a journal beside it.

#![expect(clippy::disallowed_methods, reason = "looks for processes that have a file open")]

use super::super::error::Refusal;
use super::super::sys::{self, Directory, Found};
use super::{CERTIFICATES, KEYS, NssError, file};
use std::ffi::OsStr;
use std::path::Path;

/// What stands beside a database that is being written, or was when its writer was killed.
const JOURNALS: [&str; 4] = ["cert9.db-journal", "cert9.db-wal", "key4.db-journal", "key4.db-wal"];

/// What Firefox locks while it runs (`nsProfileLock::Lock`, toolkit/profile/nsProfileLock.cpp).
const PROFILE_LOCK: &str = ".parentlock";

/// Refuses to replace a file of a database that is in use now, whoever was asked before; other files are none.
pub(in super::super) fn may_be_replaced(open: &Directory, directory: &Path, name: &OsStr) -> Result<(), Refusal> {
    if name != CERTIFICATES && name != KEYS {
        return Ok(());
    }
    let free = journals(open, directory).and_then(|()| check(open, directory));
    free.map_err(|error| match error {
        NssError::Held { process, .. } => Refusal::InUse(format!("process {process} has the database open")),
        error => Refusal::InUse(error.to_string()),
    })
}

/// Refuses a database that has a journal.
pub(super) fn journals(open: &Directory, directory: &Path) -> Result<(), NssError> {
    for journal in JOURNALS {
        match file(open, directory, journal)? {
            // Emptied instead of removed (`journal_mode` persist, truncate), it holds nothing.
            Some((bytes, _)) if !bytes.is_empty() && bytes[0] != 0 => {
                return Err(NssError::Journal(directory.join(journal)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses a database that a process is seen to have open. Those of other users are seen by root alone.
///
/// Nothing is looked at by its path: the tree may be somebody else's, who could have put a link or a FIFO there. What is
/// no regular file is no lock.
pub(super) fn check(open: &Directory, directory: &Path) -> Result<(), NssError> {
    let held = |name: &str, process| NssError::Held { path: directory.join(name), process };
    if let Ok(Found::File(lock)) = open.find(OsStr::new(PROFILE_LOCK))
        && let Ok(Some(process)) = lock.into_file().and_then(|file| sys::lock_holder(&file))
    {
        return Err(held(PROFILE_LOCK, process));
    }
    for name in [CERTIFICATES, KEYS] {
        let identity = open.identity_of(OsStr::new(name));
        if let Some(process) = identity.and_then(|identity| holder(Path::new("/proc"), identity)) {
            return Err(held(name, process));
        }
    }
    Ok(())
}

/// Another process that has the file open, where the system shows what processes have open.
fn holder(processes: &Path, identity: (u64, u64)) -> Option<u32> {
    let numbers = std::fs::read_dir(processes).ok()?.flatten();
    let mut numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let this = std::process::id();
    numbers.find(|&number| {
        if number == this {
            return false;
        }
        let Ok(open) = std::fs::read_dir(processes.join(number.to_string()).join("fd")) else { return false };
        let opened =
            |entry: std::fs::DirEntry| std::fs::metadata(entry.path()).ok().and_then(|found| sys::identity(&found));
        open.flatten().any(|entry| opened(entry) == Some(identity))
    })
}
