//! Windows: no program is run. The standard library does not tell who may write one, and no trust store of Windows
//! is changed by one.

use super::super::write::Stop;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

pub(in super::super) const NOBODY: u32 = 0;

pub(in super::super) fn is_superuser() -> bool {
    false
}

pub(in super::super) fn check_program(_: &Path, _: &[PathBuf]) -> Result<(), Stop> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}

pub(in super::super) fn start(_: &mut Command, _: Option<(u32, u32)>, _: Option<Duration>) -> io::Result<Child> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(in super::super) fn has_ended(child: &mut Child) -> io::Result<bool> {
    Ok(child.try_wait()?.is_some())
}

pub(in super::super) fn end(child: &mut Child) {
    // Whoever has ended already cannot be ended.
    let _ = child.kill();
}

pub(in super::super) fn give(_: &File, _: (u32, u32)) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(in super::super) fn give_directory(_: &Path, _: (u32, u32)) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(in super::super) fn make_directory(path: &Path, _: bool) -> io::Result<()> {
    std::fs::create_dir(path)
}

pub(in super::super) fn is_passable(_: &Path) -> bool {
    true
}

pub(in super::super) fn lock_holder(_: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

pub(in super::super) fn identity(_: &std::fs::Metadata) -> Option<(u64, u64)> {
    None
}

pub(in super::super) fn is_no_such_user(_: &io::Error) -> bool {
    false
}
