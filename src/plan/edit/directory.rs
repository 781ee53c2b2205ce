//! Not written yet.
use super::{CannotEdit, Operation, Wanted};
use crate::model::{Format, Store};
use std::ffi::OsStr;
/// What the files of a directory are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PEM.
    Pem,
    /// DER.
    Der,
    /// p11-kit's own format, which says that they are trusted.
    P11Kit,
}
/// What is done to the directory: new files get the extension; `takes` says which names its reader takes.
pub fn directory(
    _store: &Store,
    _kind: Kind,
    _extension: &str,
    _takes: &dyn Fn(&OsStr) -> bool,
    _wanted: &Wanted<'_>,
) -> Result<Vec<Operation>, CannotEdit> {
    Err(CannotEdit::Format(Format::Directory))
}
