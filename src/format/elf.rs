//! Certificates in programs and libraries: ELF, PE and Mach-O, found by their content.
//!
//! Node keeps its roots as PEM text, NSS' module and Go's fallback bundle as DER, a JavaScript program
//! as a string with `\n` written out. What is found is there; whether the program trusts it, the octets
//! do not say ([`Trust::Present`](crate::model::Trust::Present)). Nothing is executed.
//!
//! The whole file is searched, whatever its tables say: sections may be stripped, malformed or lie, and
//! packers append their payload after the last. Two things are left out: the signature over a Windows or
//! macOS program, which carries its signer's certificates, and ICU's tables of languages, two thirds of
//! what Node has in constants. Trust anchors that are no certificates (a
//! name and a key, as in webpki-roots) cannot be told from other data, and of DER only certificates of
//! 256 to 65,539 octets are looked for, which is the span of their opening octets.

mod icu;
mod image;
mod search;
mod sections;
mod text;

use super::{Decoding, Means};
use crate::model::Format;
use std::ops::Range;

pub(crate) use image::{constants, is_elf, segments_behind};
pub(crate) use search::Search;
pub(crate) use sections::Sections;

/// Octets of a file that hold its headers, as linkers write it.
pub(crate) const HEADERS: u64 = 4096;

/// Reads the octets of a file that stand in a range, as far as it goes.
pub(crate) type Read<'r> = dyn FnMut(Range<u64>) -> Option<Vec<u8>> + 'r;

/// Reads a program or library.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut search = Search::new(bytes, means.bounds.entries);
    search.part(bytes, 0, false);
    let format = match super::sniff(bytes) {
        program @ (Format::Pe | Format::MachO) => program,
        _ => Format::Elf,
    };
    search.finish(format)
}

#[cfg(test)]
mod tests;
