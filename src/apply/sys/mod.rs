//! What differs by operating system when writing: a held directory, what has a name in it, and a place beside it for
//! what is not yet whole.

mod attributes;
#[cfg(unix)]
mod new;
#[cfg(unix)]
mod old;
#[cfg(unix)]
mod packages;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod stage;
#[cfg(all(test, unix))]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
mod windows_programs;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod xattr;

pub(super) use attributes::Attributes;
#[cfg(unix)]
pub(super) use old::{Old, OldLink, Seen, give_attributes, set_mode};
#[cfg(unix)]
pub(super) use packages::package_manager;
#[cfg(unix)]
pub(super) use programs::{
    NOBODY, check_program, end, give, give_directory, has_ended, identity, is_no_such_user, is_passable, is_superuser,
    lock_holder, make_directory, start,
};
#[cfg(unix)]
pub(super) use stage::{Stage, is_stage, sweep};
#[cfg(unix)]
pub(super) use unix::{Directory, is_private};
#[cfg(windows)]
pub(super) use windows::{
    Directory, Old, OldLink, Seen, Stage, give_attributes, is_private, is_stage, package_manager, set_mode, sweep,
};
#[cfg(windows)]
pub(super) use windows_programs::{
    NOBODY, check_program, end, give, give_directory, has_ended, identity, is_no_such_user, is_passable, is_superuser,
    lock_holder, make_directory, start,
};

use super::error::Refusal;
use super::write::Stop;

impl Directory {
    /// The regular file of this name, if anything has it.
    pub(super) fn old(&self, name: &std::ffi::OsStr) -> Result<Option<Old>, Stop> {
        match self.find(name)? {
            Found::Nothing => Ok(None),
            Found::File(old) => Ok(Some(old)),
            Found::Link(_) => Err(Refusal::NotRegular("symbolic link").into()),
        }
    }
}

/// What has a name in a directory.
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A regular file.
    File(Old),
    /// A symbolic link.
    Link(OldLink),
}
