//! What differs by operating system when writing: a held directory, what has a name in it, and a place beside it for
//! what is not yet whole.

mod attributes;
#[cfg(unix)]
mod old;
#[cfg(unix)]
mod packages;
#[cfg(unix)]
mod stage;
#[cfg(all(test, unix))]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod xattr;

pub(super) use attributes::Attributes;
#[cfg(unix)]
pub(super) use old::{Old, OldLink, Seen, give, set_mode};
#[cfg(unix)]
pub(super) use packages::package_manager;
#[cfg(unix)]
pub(super) use stage::{Stage, sweep};
#[cfg(unix)]
pub(super) use unix::{Directory, is_private};
#[cfg(windows)]
pub(super) use windows::{Directory, Old, OldLink, Seen, Stage, give, is_private, package_manager, set_mode, sweep};

/// What has a name in a directory.
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A regular file.
    File(Old),
    /// A symbolic link.
    Link(OldLink),
}
