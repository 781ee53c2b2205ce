//! Whether a program has a database open: Firefox and Thunderbird lock their profile, others only hold the file.

#![expect(clippy::disallowed_methods, reason = "looks for processes that have a file open")]

use super::super::sys;
use super::{CERTIFICATES, KEYS, NssError};
use std::path::Path;

/// What Firefox locks while it runs (`nsProfileLock::Lock`, toolkit/profile/nsProfileLock.cpp).
const PROFILE_LOCK: &str = ".parentlock";

/// Refuses a database that a process is seen to have open. Those of other users are seen by root alone.
pub(super) fn check(directory: &Path) -> Result<(), NssError> {
    let held = |name: &str, process| NssError::Held { path: directory.join(name), process };
    if let Ok(Some(process)) = sys::lock_holder(&directory.join(PROFILE_LOCK)) {
        return Err(held(PROFILE_LOCK, process));
    }
    for name in [CERTIFICATES, KEYS] {
        let Ok(metadata) = std::fs::symlink_metadata(directory.join(name)) else { continue };
        if let Some(process) = holder(Path::new("/proc"), &metadata) {
            return Err(held(name, process));
        }
    }
    Ok(())
}

/// Another process that has the file open, where the system shows what processes have open.
fn holder(processes: &Path, file: &std::fs::Metadata) -> Option<u32> {
    let identity = sys::identity(file)?;
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
