//! Lines of a file and the octets they begin at, counted as far as they are asked for.

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
        let indent = line.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        Block { line: self.line, offset: (self.start + indent) as u64 }
    }
}

/// A file whose lines are counted. What is asked in the order of the file is counted once.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    source: &'a str,
    at: Place,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: Place { line: 1, start: 0 } }
    }

    /// The same file, counted from a place on.
    pub(super) fn from(source: &'a str, at: Place) -> Self {
        Self { source, at }
    }

    /// The place of a line; the last line where there are fewer.
    pub(super) fn at_line(&mut self, line: u64) -> Place {
        if line < self.at.line {
            self.at = Place { line: 1, start: 0 };
        }
        while self.at.line < line {
            let rest = self.source.as_bytes().get(self.at.start..).unwrap_or_default();
            let Some(end) = memchr(b'\n', rest) else { break };
            self.at = Place { line: self.at.line + 1, start: self.at.start + end + 1 };
        }
        self.at
    }

    /// The place of a text, if it is a part of the file.
    pub(super) fn of(&mut self, text: &str) -> Option<Place> {
        let offset = (text.as_ptr() as usize).checked_sub(self.source.as_ptr() as usize)?;
        let passed = self.source.as_bytes().get(self.at.start..offset)?;
        let mut start = self.at.start;
        let mut count = 0;
        for newline in memchr_iter(b'\n', passed) {
            start = self.at.start + newline + 1;
            count += 1;
        }
        self.at = Place { line: self.at.line + count, start };
        Some(self.at)
    }
}
