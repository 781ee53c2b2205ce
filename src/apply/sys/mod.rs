//! What differs by operating system when writing: a held directory, and the old file in it.

#[cfg(unix)]
mod programs;
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

#[cfg(unix)]
pub(super) use programs::{
    NOBODY, check_program, end, give, give_directory, has_ended, identity, is_passable, is_superuser, lock_holder,
    make_directory, start,
};
#[cfg(unix)]
pub(super) use unix::{Directory, Old, set_mode};
#[cfg(windows)]
pub(super) use windows::{Directory, Old, set_mode};
#[cfg(windows)]
pub(super) use windows_programs::{
    NOBODY, check_program, end, give, give_directory, has_ended, identity, is_passable, is_superuser, lock_holder,
    make_directory, start,
};
