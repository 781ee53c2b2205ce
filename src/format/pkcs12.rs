//! PKCS#12.

use super::{Decoding, Means};
use crate::model::Format;

/// Reads a file.
#[must_use]
pub fn read(_bytes: &[u8], _means: &Means<'_>) -> Decoding {
    Decoding::new(Format::Pkcs12)
}
