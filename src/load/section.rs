//! Certificates built into a program or library that a client names as its store.
//!
//! Such a file may be larger than any other that is read, so it is searched part by part, what its
//! headers call constants first: linkers put certificates there, half of a large binary is code.

use crate::format::elf::{Search, constants};
use crate::format::{self, Decoding};
use crate::host::{Host, OVERLAP, Resolved};
use crate::limits::BINARY_SIZE;
use crate::model::{Format, Unreadable};

/// What is built into the file.
pub(super) fn read(host: &Host, file: &Resolved) -> Result<Decoding, Unreadable> {
    let head = head(host, file)?;
    let format = match format::sniff(&head) {
        // A wrapper script, a stub without anything in it: nothing is there, and that was read.
        program @ (Format::Elf | Format::Pe | Format::MachO) => program,
        other => return Ok(Decoding::new(other)),
    };
    let mut search = Search::new(&head, host.bounds.entries);
    if file.size <= head.len() as u64 {
        search.part(&head, 0, false);
        return Ok(search.finish(format));
    }
    let mut segments = constants(&head).unwrap_or_default();
    segments.sort_unstable();
    let mut done = 0;
    for (from, length) in segments {
        // Segments that overlap are searched once.
        let (from, end) = (from.max(done), from.saturating_add(length));
        if from < end {
            range(host, file, from, end - from, &mut search)?;
            done = end;
        }
    }
    if search.is_empty() {
        search = Search::new(&head, host.bounds.entries);
        range(host, file, 0, u64::MAX, &mut search)?;
    }
    Ok(search.finish(format))
}

/// The first part of the file, which holds its headers.
fn head(host: &Host, file: &Resolved) -> Result<Vec<u8>, Unreadable> {
    let mut head = Vec::new();
    host.read_parts(file, BINARY_SIZE, 0, &mut |part| {
        head.extend_from_slice(part);
        false
    })?;
    Ok(head)
}

/// Searches `length` octets from `from` on, as far as there are so many.
fn range(host: &Host, file: &Resolved, from: u64, length: u64, search: &mut Search) -> Result<(), Unreadable> {
    let (mut waiting, mut at, mut left, mut again) = (Vec::new(), from, length, 0);
    host.read_parts(file, BINARY_SIZE, from, &mut |part| {
        let new = part.get(again..).unwrap_or_default();
        let taken = usize::try_from(left).map_or(new.len(), |left| left.min(new.len()));
        waiting.extend_from_slice(&new[..taken]);
        left -= taken as u64;
        again = part.len().min(OVERLAP);
        let done = search.part(&waiting, at, true);
        waiting.drain(..done);
        at += done as u64;
        left > 0
    })?;
    search.part(&waiting, at, false);
    Ok(())
}
