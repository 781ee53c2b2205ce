//! The write-ahead log: pages as they are after changes that ended.
//!
//! ```text
//! header   magic (4), version (4), page size (4), checkpoint (4), salt (8), checksum (8)
//! frame    page number (4), pages of the database if a change ends here (4), salt (8), checksum (8),
//!          the page
//! ```
//!
//! Checksums go on from frame to frame; the first that does not fit, and the first frame with other
//! salts, end the log, and frames after the last end of a change do not count. Source: wal.c
//! (`walIndexRecover`), file format, 4.

use super::settle::{page_size, put, resized, u32_at, valid};
use crate::model::{Gap, Malformation};

/// `WAL_MAGIC`, wal.c; the lowest bit says in which order checksums read their words.
const MAGIC: u32 = 0x377f_0682;
/// `WAL_MAX_VERSION`, wal.c.
const VERSION: u32 = 3_007_000;
/// Octets of the header of the log, of the header of a frame.
const HEADER: usize = 32;
const FRAME: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

/// What the database is after the changes in the log; nothing where there are none.
pub(super) fn apply(database: &[u8], log: &[u8]) -> Result<Option<Vec<u8>>, Gap> {
    let Some((order, page, mut sum)) = header(log)? else { return Ok(None) };
    let mut frames = Vec::new();
    let mut ended = None;
    for frame in log.get(HEADER..).unwrap_or_default().chunks_exact(FRAME + page) {
        let (head, data) = frame.split_at(FRAME);
        let number = u32_at(head, 0).unwrap_or_default();
        if number == 0 || head.get(8..16) != log.get(16..24) {
            break;
        }
        sum = checksum(order, checksum(order, sum, &head[..8]), data);
        if Some(sum) != u32_at(head, 16).zip(u32_at(head, 20)) {
            break;
        }
        frames.push((number, data));
        if let Some(pages @ 1..) = u32_at(head, 4) {
            ended = Some((frames.len(), pages));
        }
    }
    let Some((count, pages)) = ended else { return Ok(None) };
    let mut settled = resized(database, pages, page, log.len())?;
    for (number, data) in frames.iter().take(count) {
        put(&mut settled, *number, data);
    }
    if page_size(&settled) != Some(page) {
        let found = format!("one of pages of {page} octets");
        return Err(Gap::Broken(Malformation::new("a log of the database's page size", found)));
    }
    Ok(Some(settled))
}

/// The order of words, the size of pages, and the checksum of what came before.
type Header = (Order, usize, (u32, u32));

/// What the header says, where SQLite takes it for one.
fn header(log: &[u8]) -> Result<Option<Header>, Gap> {
    let words = |at| u32_at(log, at).unwrap_or_default();
    let order = match words(0) {
        magic if magic == MAGIC => Order::Little,
        magic if magic == MAGIC | 1 => Order::Big,
        _ => return Ok(None),
    };
    let Some(page) = usize::try_from(words(8)).ok().and_then(valid) else { return Ok(None) };
    let Some(head) = log.get(..HEADER) else { return Ok(None) };
    let sum = checksum(order, (0, 0), &head[..24]);
    if sum != (words(24), words(28)) {
        return Ok(None);
    }
    if words(4) != VERSION {
        return Err(Gap::Unsupported { what: format!("version {} of SQLite's write-ahead log", words(4)) });
    }
    Ok(Some((order, page, sum)))
}

/// Fibonacci-weighted sums of pairs of words (`walChecksumBytes`).
fn checksum(order: Order, (mut first, mut second): (u32, u32), octets: &[u8]) -> (u32, u32) {
    let word = |octets: &[u8]| {
        let octets = octets.try_into().unwrap_or_default();
        if order == Order::Big { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
    };
    for pair in octets.chunks_exact(8) {
        first = first.wrapping_add(word(&pair[..4])).wrapping_add(second);
        second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
    }
    (first, second)
}
