//! A file of which pieces are read, through one descriptor.
//!
//! What counts in a program of a hundred megabytes is a header, a table that it points to, and a few
//! megabytes of constants. Opening the file for each would check three times that it is the same.

use crate::model::Unreadable;
use std::ops::Range;

/// Octets of a file that are looked at together where it is read in parts: enough to keep calls
/// rare, few enough to stay in a processor's cache and to be had without asking the system for memory.
pub const PART: usize = 96 * 1024;
/// Octets that come again with the next part, so that no text shorter than this is cut.
pub const OVERLAP: usize = 4096;

/// A regular file that is open.
pub trait Pieces {
    /// The octets that stand in `range`, as far as the file goes.
    fn piece(&mut self, range: Range<u64>) -> Result<Vec<u8>, Unreadable>;

    /// Passes the octets that stand in `range` to `visit` in parts of some [`PART`] octets, each
    /// beginning with the last [`OVERLAP`] of the one before, until it returns false.
    fn parts(&mut self, range: Range<u64>, visit: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Unreadable>;
}

/// A file whose octets are all there: its parts are one.
pub(super) struct Whole<'b>(pub(super) &'b [u8]);

impl Whole<'_> {
    fn within(&self, range: Range<u64>) -> &[u8] {
        let place = |at: u64| usize::try_from(at).map_or(self.0.len(), |at| at.min(self.0.len()));
        self.0.get(place(range.start)..place(range.end)).unwrap_or_default()
    }
}

impl Pieces for Whole<'_> {
    fn piece(&mut self, range: Range<u64>) -> Result<Vec<u8>, Unreadable> {
        Ok(self.within(range).to_vec())
    }

    fn parts(&mut self, range: Range<u64>, visit: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Unreadable> {
        visit(self.within(range));
        Ok(())
    }
}
