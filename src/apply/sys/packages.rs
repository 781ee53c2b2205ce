//! Unix: whether a package manager is at work, which changes the stores of the system itself.

#![expect(clippy::disallowed_methods, reason = "looks at the locks of package managers")]

use rustix::fs::FlockOperation;
use rustix::process::{Flock, FlockType};
use std::fs::File;
use std::path::PathBuf;

/// Locks of records (fcntl(2)): dpkg's and that of its front ends (dpkg(1), apt.conf(5)); rpm's (rpmlock.c), which
/// readers share, at both places of its database.
const RECORDS: [&str; 4] =
    ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"];
/// Locks of files (flock(2)): apk's (`apk_db_open`, database.c of apk-tools).
const FILES: [&str; 2] = ["/lib/apk/db/lock", "/usr/lib/apk/db/lock"];
/// Files that are there as long as someone has the lock: pacman's (pacman(8)).
const MARKS: [&str; 1] = ["/var/lib/pacman/db.lck"];

/// The lock that one holds, and the process that has it. What this user may not open they cannot change stores beside.
pub(in super::super) fn package_manager() -> Option<(PathBuf, Option<u32>)> {
    let open = |path: &&str| Some((PathBuf::from(*path), File::open(path).ok()?));
    for (path, file) in RECORDS.iter().filter_map(open) {
        if let Ok(Some(held)) = rustix::process::fcntl_getlk(&file, &Flock::from(FlockType::ReadLock)) {
            return Some((path, held.pid.and_then(|pid| u32::try_from(pid.as_raw_pid()).ok())));
        }
    }
    for (path, file) in FILES.iter().filter_map(open) {
        // Given up at once, with the descriptor.
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK) {
            return Some((path, None));
        }
    }
    MARKS.iter().map(PathBuf::from).find(|path| path.exists()).map(|path| (path, None))
}
