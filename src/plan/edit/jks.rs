//! Not written yet.
use super::{CannotEdit, Wanted};
use crate::format::Decoding;
pub(super) fn edit(_: &[u8], read: &Decoding, _: &Wanted<'_>) -> Result<Vec<u8>, CannotEdit> {
    Err(CannotEdit::Format(read.format))
}
