//! One castore writes at a time.
//!
//! The lock is the kernel's, so one that was killed holds none, and nobody has to guess whether a file that says so is
//! old. The number of the process in it is for the message alone.

#![expect(clippy::disallowed_methods, reason = "waits for the other to end, and says which process this is")]

use super::run::ApplyError;
use super::sys::Directory;
use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// How often one looks whether the other has ended: what a person does not notice.
const PAUSE: Duration = Duration::from_millis(50);

/// Takes the lock in the state directory, and waits for it.
pub(super) fn take(
    directory: &Directory,
    path: &Path,
    wait: Duration,
    waiting: &mut dyn FnMut(),
) -> Result<File, ApplyError> {
    let failed = |error: std::io::Error| ApplyError::State { path: path.join("lock"), because: error.to_string() };
    let mut file = directory.open_or_create(OsStr::new("lock")).map_err(failed)?;
    let mut left = wait;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if left.is_zero() => return Err(ApplyError::Locked(holder(&mut file))),
            Err(TryLockError::WouldBlock) => {}
        }
        if !std::mem::replace(&mut is_told, true) {
            waiting();
        }
        let pause = PAUSE.min(left);
        std::thread::sleep(pause);
        left = left.saturating_sub(pause);
    }
    // Whether it can be written does not matter: the kernel has the lock.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}

/// The process that says that it has the lock.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
