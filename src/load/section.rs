//! Certificates built into a program or library that a client names as its store.
//!
//! Such a file may be larger than any other that is read, so it is searched part by part, what its
//! headers call constants first: linkers put certificates there, half of a large binary is code.

use crate::format::elf::{Search, constants};
use crate::format::{self, Decoding};
use crate::host::{Host, OVERLAP, PART, Resolved};
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
    // Where the headers have a segment of their own, it names symbols, 8 MB in what exports everything.
    if segments.len() > 1 {
        segments.retain(|(from, _)| *from > 0);
    }
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

/// Octets of a file that is searched whole, whatever its headers say: reading it twice costs more.
const SMALL: usize = 1024 * 1024;

/// The first octets of the file, with its headers: all of a small one, and of a large one no more than
/// it takes to know its constants.
fn head(host: &Host, file: &Resolved) -> Result<Vec<u8>, Unreadable> {
    let mut head: Vec<u8> = Vec::new();
    let mut again = 0;
    host.read_parts(file, BINARY_SIZE, 0, &mut |part| {
        head.extend_from_slice(part.get(again..).unwrap_or_default());
        again = part.len().min(OVERLAP);
        head.len() < SMALL && (file.size <= SMALL as u64 || constants(&head).is_none())
    })?;
    Ok(head)
}

/// Searches `length` octets from `from` on, as far as there are so many. What holds nothing for
/// certain is not read.
fn range(host: &Host, file: &Resolved, from: u64, length: u64, search: &mut Search) -> Result<(), Unreadable> {
    let end = from.saturating_add(length);
    let mut next = Some(from);
    while let Some(from) = next.take().filter(|&from| from < end) {
        // What a part cut, which the next begins with; where it stands; how much of it comes again.
        let (mut cut, mut at, mut again) = (Vec::new(), from, 0);
        host.read_parts(file, BINARY_SIZE, from, &mut |part| {
            let view = joined(&mut cut, part, again);
            let view = &view[..usize::try_from(end - at).map_or(view.len(), |left| left.min(view.len()))];
            let done = search.part(view, at, true);
            let seen = at + view.len() as u64;
            at += done as u64;
            let rest = view[done..].to_vec();
            cut = rest;
            again = part.len().min(OVERLAP);
            if search.resume() > seen.saturating_add(PART as u64) {
                next = Some(search.resume());
            }
            seen < end && next.is_none()
        })?;
        if next.is_none() {
            search.part(&cut, at, false);
        }
    }
    Ok(())
}

/// What was cut and the part after it, whose first `again` octets were in the part before: a copy is
/// made only where more was cut than comes again.
fn joined<'a>(cut: &'a mut Vec<u8>, part: &'a [u8], again: usize) -> &'a [u8] {
    match again.checked_sub(cut.len()) {
        Some(known) => part.get(known..).unwrap_or_default(),
        None => {
            cut.extend_from_slice(part.get(again..).unwrap_or_default());
            cut
        }
    }
}
