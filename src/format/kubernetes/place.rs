//! Lines of a file and the octets they begin at, counted as far as they are asked for.

use crate::limits::DOCUMENT_INDENT;
use crate::model::Block;
use memchr::{memchr, memchr_iter};

/// A line of the file, from 1, and the octet it begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    line: u64,
    start: usize,
}

impl Place {
    /// Its line, from 1.
    pub(super) fn line(self) -> u64 {
        self.line
    }

    /// The octet its line begins at.
    pub(super) fn offset(self) -> usize {
        self.start
    }

    /// The line, as the place of what stands on it.
    pub(super) fn block(self, source: &str) -> Block {
        let line = source.as_bytes().get(self.start..).unwrap_or_default();
        let indent = line.iter().take(DOCUMENT_INDENT).take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        Block { line: self.line, offset: (self.start + indent) as u64 }
    }
}

/// A file whose lines are counted. What is asked in the order of the file is counted once, also where all
/// of it stands on one line, as programs write JSON.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    source: &'a str,
    at: Place,
    /// The octet before which no other line begins than the one at `at`.
    counted: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: Place { line: 1, start: 0 }, counted: 0 }
    }

    /// The same file, counted from a place on.
    pub(super) fn from(source: &'a str, at: Place) -> Self {
        Self { source, at, counted: at.start }
    }

    /// The place of a line; the last line where there are fewer.
    pub(super) fn at_line(&mut self, line: u64) -> Place {
        if line < self.at.line {
            self.at = Place { line: 1, start: 0 };
            self.counted = 0;
        }
        while self.at.line < line {
            let rest = self.source.as_bytes().get(self.counted..).unwrap_or_default();
            let Some(end) = memchr(b'\n', rest) else {
                self.counted = self.source.len();
                break;
            };
            self.counted += end + 1;
            self.at = Place { line: self.at.line + 1, start: self.counted };
        }
        self.at
    }

    /// The place of a text, if it is a part of the file.
    pub(super) fn of(&mut self, text: &str) -> Option<Place> {
        let offset = (text.as_ptr() as usize).checked_sub(self.source.as_ptr() as usize)?;
        if (self.at.start..self.counted).contains(&offset) {
            return Some(self.at);
        }
        let passed = self.source.as_bytes().get(self.counted..offset)?;
        for newline in memchr_iter(b'\n', passed) {
            self.at = Place { line: self.at.line + 1, start: self.counted + newline + 1 };
        }
        self.counted = offset;
        Some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_not_counted_again() {
        let source = format!("[\n  {}\n]", "\"a\",".repeat(10));
        let mut lines = Lines::new(&source);
        let second = Place { line: 2, start: 2 };
        for (at, _) in source.match_indices('a') {
            assert_eq!((lines.of(&source[at..=at]), lines.counted), (Some(second), at));
        }
        // What stands before it on the line, and on a line before.
        assert_eq!(lines.of(&source[5..6]), Some(second));
        assert_eq!(lines.of(&source[..1]), None);
        let last = Place { line: 3, start: source.len() - 1 };
        assert_eq!((lines.at_line(3), lines.at_line(9), lines.counted), (last, last, source.len()));
        assert_eq!((lines.at_line(2), lines.at_line(1)), (second, Place { line: 1, start: 0 }));
    }

    #[test]
    fn a_line_of_white_space_is_not_passed_over_for_each_value() {
        let source = " ".repeat(5000);
        let place = Place { line: 1, start: 0 };
        assert_eq!(place.block(&source).offset, 1000);
    }
}
