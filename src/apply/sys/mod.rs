//! What differs by operating system when writing: a held directory, and the old file in it.

#[cfg(all(test, unix))]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod xattr;

#[cfg(unix)]
pub(super) use unix::{Directory, Old, set_mode};
#[cfg(windows)]
pub(super) use windows::{Directory, Old, set_mode};
