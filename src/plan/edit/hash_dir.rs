//! Not written yet.
use super::{CannotEdit, Operation, Wanted};
use crate::model::{Format, Store};
use std::ffi::OsStr;
/// What is done to the directory; `octets` gives what its regular files hold.
pub fn hash_directory(
    _store: &Store,
    _octets: &dyn Fn(&OsStr) -> Option<Vec<u8>>,
    _wanted: &Wanted<'_>,
) -> Result<Vec<Operation>, CannotEdit> {
    Err(CannotEdit::Format(Format::Directory))
}
