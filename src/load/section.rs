//! Certificates built into a program or library: one that a client names as its store, or one too large to be read
//! like other files.
//!
//! Such a file may be larger than any other that is read, so it is searched part by part, what its
//! headers call constants first: linkers put certificates there, half of a large binary is code.

use crate::format::elf::{HEADERS, Search, constants};
use crate::format::{self, Decoding};
use crate::host::{Host, OVERLAP, PART, Pieces, Resolved};
use crate::model::{Format, Unreadable};
use std::ops::Range;

/// What is built into the file.
pub(super) fn read(host: &Host, file: &Resolved) -> Result<Decoding, Unreadable> {
    host.pieces(file, host.program_size(), |pieces| search(pieces, file.size, host.bounds.entries))
}

/// Octets of a file that is searched whole, whatever its headers say, and of another that tell what it is.
const SMALL: u64 = 1024 * 1024;

/// What is built into a program that is too large to be read whole, wherever in it; nothing where the file is no
/// program. As [`elf`](crate::format::elf) does with one that was read, all of it is searched: nobody says where in it
/// its store is.
pub(super) fn program(host: &Host, file: &Resolved) -> Result<Option<Decoding>, Unreadable> {
    host.pieces(file, host.program_size(), |pieces| {
        let head = pieces.piece(0..SMALL)?;
        let format = format::sniff(&head);
        if !is_program(format) {
            return Ok(None);
        }
        let mut search = Search::new(&head, host.bounds.entries);
        range(pieces, 0..u64::MAX, &mut search)?;
        Ok(Some(search.finish(format)))
    })
}

const fn is_program(format: Format) -> bool {
    matches!(format, Format::Elf | Format::Pe | Format::MachO)
}

fn search(file: &mut dyn Pieces, size: u64, most: usize) -> Result<Decoding, Unreadable> {
    let mut head = file.piece(0..if size <= SMALL { SMALL } else { HEADERS })?;
    let places = if size <= SMALL { None } else { constants(&head, &mut |range| file.piece(range).ok()) };
    if size > SMALL && places.is_none() {
        head = file.piece(0..SMALL)?;
    }
    let format = format::sniff(&head);
    if !is_program(format) {
        // A wrapper script, a stub without anything in it: nothing is there, and that was read.
        return Ok(Decoding::new(format));
    }
    let mut search = Search::new(&head, most);
    if size <= SMALL {
        search.part(&head, 0, false);
        return Ok(search.finish(format));
    }
    let mut places = places.unwrap_or_default();
    // Where the headers have a segment of their own, it names symbols, 8 MB in what exports everything.
    if places.len() > 1 {
        places.retain(|place| place.start > 0);
    }
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut done = 0;
    for place in places {
        // Segments that overlap are searched once.
        let from = place.start.max(done);
        if from < place.end {
            range(file, from..place.end, &mut search)?;
            done = place.end;
        }
    }
    if search.is_empty() {
        search = Search::new(&head, most);
        range(file, 0..u64::MAX, &mut search)?;
    }
    Ok(search.finish(format))
}

/// Searches what stands in `range`, as far as the file goes. What holds nothing for certain is not read.
fn range(file: &mut dyn Pieces, range: Range<u64>, search: &mut Search) -> Result<(), Unreadable> {
    let mut next = Some(range.start);
    while let Some(from) = next.take().filter(|from| *from < range.end) {
        // What a part cut, which the next begins with; where it stands; how much of it comes again.
        let (mut cut, mut at, mut again) = (Vec::new(), from, 0);
        let mut rest = Vec::new();
        file.parts(from..range.end, &mut |part| {
            let view = joined(&mut cut, part, again);
            let done = search.part(view, at, true);
            let seen = at + view.len() as u64;
            at += done as u64;
            rest.clear();
            rest.extend_from_slice(&view[done..]);
            std::mem::swap(&mut cut, &mut rest);
            again = part.len().min(OVERLAP);
            if search.resume() > seen.saturating_add(PART as u64) {
                next = Some(search.resume());
            }
            next.is_none()
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
