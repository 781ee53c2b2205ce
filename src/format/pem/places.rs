//! Where blocks begin and end in a file, for whoever takes one out and leaves the rest as it is.

use super::Scanner;
use crate::model::Slot;
use std::ops::Range;

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its octets, from the first dash of BEGIN to the last of END, or the end of that line.
    pub(crate) octets: Range<usize>,
    /// The line of its BEGIN, from 1.
    pub(crate) line: u64,
    /// Which of the file's entries are in it.
    pub(crate) entries: Range<usize>,
}

/// The blocks of a file, in its order; nothing where its octets are not its characters (UTF-16).
pub(crate) fn places(bytes: &[u8]) -> Option<Vec<Place>> {
    let mut scanner = Scanner::new(bytes, usize::MAX);
    if scanner.unit != 1 {
        return None;
    }
    let mut places = Vec::new();
    loop {
        let from = scanner.entries.len();
        if !scanner.step() {
            return Some(places);
        }
        if let Some(Slot::Block(block)) = scanner.entries.get(from).map(|entry| &entry.slot) {
            let start = usize::try_from(block.offset).unwrap_or(usize::MAX);
            let entries = from..scanner.entries.len();
            places.push(Place { octets: start..scanner.at, line: block.line, entries });
        }
    }
}
