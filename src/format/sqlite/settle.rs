//! A database as the next program to open it would have it: the journal beside it applied.

use super::super::Journal;
use super::{rollback, wal};
use crate::model::{Gap, Malformation};
use std::borrow::Cow;

/// Octets of the header of a database (file format, 1.3).
pub(super) const HEADER: usize = 100;

/// A database and its journal, made one.
pub(super) struct Settled<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) gap: Option<Gap>,
}

/// Applies what stands beside a database. What is there and cannot be applied is a gap; what SQLite
/// itself passes over is not.
pub(super) fn settle<'a>(bytes: &'a [u8], journal: Option<Journal<'_>>) -> Settled<'a> {
    let settled = match journal {
        None => Ok(None),
        Some(Journal::Rollback(journal)) => rollback::apply(bytes, journal),
        Some(Journal::WriteAhead(log)) => wal::apply(bytes, log),
    };
    match settled {
        Ok(Some(settled)) => Settled { bytes: Cow::Owned(settled), gap: None },
        Ok(None) => Settled { bytes: Cow::Borrowed(bytes), gap: None },
        Err(gap) => Settled { bytes: Cow::Borrowed(bytes), gap: Some(gap) },
    }
}

/// The header as a database in memory needs it, and what is missing of the file. There is no
/// write-ahead log in memory, so octets 18 and 19 say that there is none; and of a file that was cut
/// short SQLite reads nothing unless its header says how many pages are there.
pub(super) fn head(bytes: &[u8]) -> (Vec<u8>, Option<Gap>) {
    let mut head = bytes.get(..HEADER).unwrap_or(bytes).to_vec();
    if let Some(versions @ [2, 2]) = head.get_mut(18..20) {
        versions.copy_from_slice(&[1, 1]);
    }
    let Some(page) = page_size(bytes) else { return (head, None) };
    let there = bytes.len() / page;
    let pages = u32_at(bytes, 28).unwrap_or_default();
    // The number counts only where it was written with the last change (file format, 1.3.7).
    let counts = pages > 0 && u32_at(bytes, 24) == u32_at(bytes, 92);
    match u32::try_from(there) {
        Ok(there) if counts && pages > there => {
            if let Some(size) = head.get_mut(28..32) {
                size.copy_from_slice(&there.to_be_bytes());
            }
            let found = format!("{pages} declared, {there} there");
            let missing = Malformation::new("as many pages as declared", found).at(bytes.len());
            (head, Some(Gap::Broken(missing)))
        }
        _ => (head, None),
    }
}

/// The size of a page that the header says.
pub(super) fn page_size(bytes: &[u8]) -> Option<usize> {
    match *bytes.get(16..18)? {
        [0, 1] => Some(65536),
        [high, low] => valid(usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// A size of a page, if pages may have it (`SQLITE_MAX_PAGE_SIZE`).
pub(super) fn valid(size: usize) -> Option<usize> {
    (size.is_power_of_two() && (512..=65536).contains(&size)).then_some(size)
}

/// Four octets as a number.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let octets = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(octets.try_into().ok()?))
}

/// A database of `pages` pages, from what is there of it. What a journal says of the size must be
/// covered by the file and the journal together.
pub(super) fn resized(bytes: &[u8], pages: u32, page: usize, journal: usize) -> Result<Vec<u8>, Gap> {
    let size = usize::try_from(pages).ok().and_then(|pages| pages.checked_mul(page));
    let Some(size) = size.filter(|size| *size <= bytes.len().saturating_add(journal)) else {
        let missing = Malformation::new("a journal that belongs to the database", format!("one of {pages} pages"));
        return Err(Gap::Broken(missing));
    };
    let mut settled = bytes.get(..size).unwrap_or(bytes).to_vec();
    settled.resize(size, 0);
    Ok(settled)
}

/// Puts a page in its place, if it is inside.
pub(super) fn put(database: &mut [u8], number: u32, page: &[u8]) {
    let place = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1)?.checked_mul(page.len()))
        .and_then(|start| database.get_mut(start..start.checked_add(page.len())?));
    if let Some(place) = place {
        place.copy_from_slice(page);
    }
}
