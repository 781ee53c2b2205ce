//! Unix: whether a package manager is at work, which changes the stores of the system itself.

#![expect(clippy::disallowed_methods, reason = "looks at the locks of package managers")]

use rustix::fs::FlockOperation;
use rustix::process::{Flock, FlockType};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Locks of records (fcntl(2)): dpkg's and that of its front ends (dpkg(1), apt.conf(5)); rpm's (rpmlock.c), which
/// readers share, at both places of its database.
const RECORDS: [&str; 4] =
    ["var/lib/dpkg/lock-frontend", "var/lib/dpkg/lock", "var/lib/rpm/.rpm.lock", "usr/lib/sysimage/rpm/.rpm.lock"];
/// Locks of files (flock(2)): apk's (`apk_db_open`, database.c of apk-tools).
const FILES: [&str; 2] = ["lib/apk/db/lock", "usr/lib/apk/db/lock"];
/// Files that are there as long as someone has the lock: pacman's (pacman(8)).
const MARKS: [&str; 1] = ["var/lib/pacman/db.lck"];

/// The lock that one holds, and the process that has it. What this user may not open they cannot change stores beside.
pub(in super::super) fn package_manager() -> Option<(PathBuf, Option<u32>)> {
    held(Path::new("/"))
}

fn held(root: &Path) -> Option<(PathBuf, Option<u32>)> {
    let place = |path: &&str| root.join(path);
    let open = |path: PathBuf| File::open(&path).ok().map(|file| (path, file));
    for (path, file) in RECORDS.iter().map(place).filter_map(open) {
        if let Ok(Some(held)) = rustix::process::fcntl_getlk(&file, &Flock::from(FlockType::ReadLock)) {
            return Some((path, held.pid.map(|pid| pid.as_raw_nonzero().get().unsigned_abs())));
        }
    }
    for (path, file) in FILES.iter().map(place).filter_map(open) {
        // Given up at once, with the descriptor.
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK) {
            return Some((path, None));
        }
    }
    MARKS.iter().map(place).find(|path| path.exists()).map(|path| (path, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    #[test]
    fn a_lock_of_another_process_is_seen() {
        let root = tempfile::tempdir().unwrap();
        for path in RECORDS.iter().chain(&FILES) {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        assert_eq!(held(root.path()), None);
        for (path, call) in RECORDS.iter().map(|path| (path, "lockf")).chain(FILES.iter().map(|path| (path, "flock"))) {
            let path = root.path().join(path);
            let script = "import fcntl, sys\nf = open(sys.argv[1], 'r+')\ngetattr(fcntl, sys.argv[2])(f, fcntl.LOCK_EX)\n\
                          print('locked', flush=True)\nsys.stdin.read()";
            let mut python = Command::new("python3");
            let python = python.args(["-c", script]).arg(&path).arg(call).stdin(Stdio::piped()).stdout(Stdio::piped());
            let Ok(mut other) = python.spawn() else {
                #[expect(clippy::disallowed_macros, reason = "says what it skips")]
                {
                    eprintln!("skipped: python3 is not here");
                }
                return;
            };
            BufReader::new(other.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
            let expected = if call == "lockf" { Some(other.id()) } else { None };
            assert_eq!(held(root.path()), Some((path, expected)));
            drop(other.stdin.take());
            other.wait().unwrap();
        }
        let mark = root.path().join(MARKS[0]);
        std::fs::create_dir_all(mark.parent().unwrap()).unwrap();
        std::fs::write(&mark, "").unwrap();
        assert_eq!(held(root.path()), Some((mark, None)));
    }
}
