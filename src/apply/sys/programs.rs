//! Unix: which programs may be run, as whom, and how a group of processes is ended.

#![expect(clippy::disallowed_methods, reason = "looks at programs before they are run")]

use super::super::error::Refusal;
use super::super::write::Stop;
use super::unix::{Directory, belongs, only_owner_writes};
use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The user and group of nobody: 65534 where Linux and the BSDs have accounts at all (`nobody` of base-passwd and
/// of FreeBSD's master.passwd, `DEFAULT_OVERFLOWUID`), -2 on macOS.
#[cfg(not(target_os = "macos"))]
pub(in super::super) const NOBODY: u32 = 65_534;
#[cfg(target_os = "macos")]
pub(in super::super) const NOBODY: u32 = u32::MAX - 1;

/// What others may do with what a program makes: read it. castore's own mask may be stricter (077 in a hardened
/// unit), and a keystore that nobody can read is a service that trusts nobody.
const MASK: u32 = 0o022;

/// Anyone may pass through the directory.
const OTHERS_PASS: u32 = 0o001;
/// Anyone may execute the file.
const EXECUTABLE: u32 = 0o111;

/// Whether this process may become any user.
pub(in super::super) fn is_superuser() -> bool {
    rustix::process::geteuid().is_root()
}

/// Refuses a program that others than root, or this user, could exchange or write.
pub(in super::super) fn check_program(path: &Path, links: &[PathBuf]) -> Result<(), Stop> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Refusal::NotRegular("directory").into());
    };
    Directory::open(parent)?.check(parent, links, name)?;
    let metadata = std::fs::symlink_metadata(path)?;
    let user = rustix::process::geteuid().as_raw();
    belongs(path, &metadata, user)?;
    only_owner_writes(path, &metadata, user)?;
    match metadata.mode() & EXECUTABLE {
        0 => Err(io::Error::from(io::ErrorKind::PermissionDenied).into()),
        _ => Ok(()),
    }
}

/// Held while the umask is another. It is of the whole process: of two threads that start programs at once the second
/// would find the first one's, and leave it behind.
static UMASK: Mutex<()> = Mutex::new(());

/// Starts a program in a process group of its own; as another user, if one is given, without any of the groups that
/// this process is in (the standard library drops them where root becomes another). Where a time is given
/// to bound it, the system ends it if castore was killed: of a certutil whose database is gone it is known that it never
/// ends by itself.
pub(in super::super) fn start(
    command: &mut Command,
    account: Option<(u32, u32)>,
    bound: Option<Duration>,
) -> io::Result<Child> {
    command.process_group(0);
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    let child = {
        let _held = UMASK.lock().unwrap_or_else(PoisonError::into_inner);
        let before = rustix::process::umask(Mode::from_raw_mode(MASK as _));
        let child = command.spawn();
        rustix::process::umask(before);
        child?
    };
    #[cfg(target_os = "linux")]
    if let Some(time) = bound {
        bound_time(&child, time);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = bound;
    Ok(child)
}

/// Bounds the processor time of a program, and of each that it starts, by what could be used in a time on all
/// processors (setrlimit(2), `RLIMIT_CPU`). Where it cannot be bounded it is ended by castore alone.
#[cfg(target_os = "linux")]
fn bound_time(child: &Child, time: Duration) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let seconds = Some((time.as_secs() + 1).saturating_mul(processors));
    let _ = prlimit(Some(Pid::from_child(child)), Resource::Cpu, Rlimit { current: seconds, maximum: seconds });
}

/// Whether a program was not started since this process may not become that user, or there is none: EPERM without the
/// right to, EINVAL where the user has no number here (setuid(2), user_namespaces(7)).
pub(in super::super) fn is_no_such_user(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    [Errno::PERM, Errno::INVAL].into_iter().any(|known| errno == Some(known))
}

/// Whether the program has ended. It is left to be waited for, so that its number stays its own.
pub(in super::super) fn has_ended(child: &mut Child) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(rustix::process::waitid(WaitId::Pid(Pid::from_child(child)), options)?.is_some())
}

/// Ends the program and all it started in its group.
pub(in super::super) fn end(child: &mut Child) {
    // Whoever has ended already cannot be ended.
    let _ = rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL);
}

/// Gives an open file or directory to an account.
pub(in super::super) fn give(file: &File, (user, group): (u32, u32)) -> io::Result<()> {
    Ok(rustix::fs::fchown(file, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))?)
}

/// Gives a directory that no other user can exchange to an account.
pub(in super::super) fn give_directory(path: &Path, account: (u32, u32)) -> io::Result<()> {
    give(&Directory::open(path)?.into_file(), account)
}

/// Makes a directory that others may pass through, or not, and may not list.
pub(in super::super) fn make_directory(path: &Path, passable: bool) -> io::Result<()> {
    let mode: u32 = if passable { 0o711 } else { 0o700 };
    match rustix::fs::mkdir(path, Mode::from_raw_mode(mode as _)) {
        Ok(()) => std::fs::set_permissions(path, PermissionsExt::from_mode(mode)),
        Err(error) => Err(error.into()),
    }
}

/// Whether anyone may pass through the directory and all above it.
pub(in super::super) fn is_passable(path: &Path) -> bool {
    path.ancestors().all(|above| std::fs::metadata(above).is_ok_and(|found| found.mode() & OTHERS_PASS != 0))
}

/// Which process holds a lock (`fcntl`) on the file, without taking it.
pub(in super::super) fn lock_holder(file: &File) -> io::Result<Option<u32>> {
    let lock = rustix::process::Flock::from(rustix::process::FlockType::WriteLock);
    let held = rustix::process::fcntl_getlk(file, &lock)?;
    Ok(held.and_then(|held| held.pid).map(|pid| pid.as_raw_nonzero().get().unsigned_abs()))
}

/// Device and inode.
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(in super::super) fn identity(metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    Some((metadata.dev(), metadata.ino()))
}
