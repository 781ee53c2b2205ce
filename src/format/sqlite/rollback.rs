//! The rollback journal: pages as they were before a change that did not end.
//!
//! ```text
//! header   magic (8), records (4, all ones: as many as fit), nonce (4), pages before (4),
//!          sector (4), page (4), filled to a sector
//! record   page number (4), the page, checksum (4)
//! ```
//!
//! Headers and records may follow again, each header at the next sector. Source: pager.c
//! (`readJournalHdr`, `pager_playback`), file format, 3. A journal that begins with zeros was ended
//! and kept; one without its magic was never begun.

use super::settle::{page_size, put, resized, u32_at, valid};
use crate::model::Gap;

/// `aJournalMagic`, pager.c.
const MAGIC: &[u8] = &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/// The sector that SQLite presumes before it has read a header, on a file system that keeps what
/// stands beside a write (`setSectorSize`, pager.c).
const SECTOR: usize = 512;
/// Where locks are taken, in a page that holds no data (`PENDING_BYTE`, os.h).
const PENDING: usize = 0x4000_0000;

struct Header {
    records: usize,
    nonce: u32,
    pages: u32,
}

/// What the first header says for all of the journal.
#[derive(Clone, Copy)]
struct Sizes {
    sector: usize,
    page: usize,
}

/// What the database was before; nothing where the journal changes nothing.
pub(super) fn apply(database: &[u8], journal: &[u8]) -> Result<Option<Vec<u8>>, Gap> {
    if journal.len() < SECTOR {
        return Ok(None);
    }
    let Some(sizes) = sizes(database, journal) else { return Ok(None) };
    let Some(first) = header(journal, 0, sizes) else { return Ok(None) };
    if names_another(journal) {
        // It counts as long as the journal it names is there, in a place that only the machine knows.
        return Err(Gap::Unsupported { what: "a change over several databases in its journal".to_owned() });
    }
    let Sizes { sector, page } = sizes;
    let mut settled = resized(database, first.pages, page, journal.len())?;
    let pages = first.pages;
    let mut at = sector;
    let mut next = Some(first);
    while let Some(header) = next {
        for _ in 0..header.records {
            let Some(after) = record(&mut settled, journal, at, &header, page, pages) else {
                return Ok(Some(settled));
            };
            at = after;
        }
        at = at.div_ceil(sector).saturating_mul(sector);
        next = self::header(journal, at, sizes);
        at = at.saturating_add(sector);
    }
    Ok(Some(settled))
}

/// The sizes of sectors and pages, where SQLite takes them for such.
fn sizes(database: &[u8], journal: &[u8]) -> Option<Sizes> {
    let sector = usize::try_from(u32_at(journal, 20)?).ok()?;
    let page = match u32_at(journal, 24)? {
        // Before release 3.5.8.
        0 => page_size(database)?,
        page => usize::try_from(page).ok().and_then(valid)?,
    };
    (sector.is_power_of_two() && (32..=65536).contains(&sector)).then_some(Sizes { sector, page })
}

/// The header at `at`, if a complete one stands there.
fn header(journal: &[u8], at: usize, sizes: Sizes) -> Option<Header> {
    let head = journal.get(at..)?.strip_prefix(MAGIC)?;
    if journal.len() < at.checked_add(sizes.sector)? {
        return None;
    }
    let fit = (journal.len() - sizes.sector) / (sizes.page + 8);
    let records = match u32_at(head, 0)? {
        u32::MAX => fit,
        records => usize::try_from(records).unwrap_or(fit).min(fit),
    };
    Some(Header { records, nonce: u32_at(head, 4)?, pages: u32_at(head, 8)? })
}

/// Puts back the page of the record at `at`; where the next one begins, if it is sound.
fn record(settled: &mut [u8], journal: &[u8], at: usize, header: &Header, page: usize, pages: u32) -> Option<usize> {
    let number = u32_at(journal, at)?;
    let data = journal.get(at.checked_add(4)?..)?.get(..page)?;
    let sum = u32_at(journal, at + 4 + page)?;
    if number == 0 || usize::try_from(number).ok()? == PENDING / page + 1 {
        return None;
    }
    if number <= pages {
        if checksum(data, header.nonce) != sum {
            return None;
        }
        put(settled, number, data);
    }
    Some(at + page + 8)
}

/// Every two-hundredth octet from the end, added to the nonce (`pager_cksum`).
fn checksum(page: &[u8], nonce: u32) -> u32 {
    let picked = (1..page.len()).rev().skip(199).step_by(200).filter_map(|at| page.get(at));
    picked.fold(nonce, |sum, octet| sum.wrapping_add(u32::from(*octet)))
}

/// Whether the journal ends in the name of another that decides over it (`readSuperJournal`).
fn names_another(journal: &[u8]) -> bool {
    let Some(rest) = journal.strip_suffix(MAGIC) else { return false };
    let Some(tail) = rest.len().checked_sub(8) else { return false };
    let (length, sum) = (u32_at(rest, tail), u32_at(rest, tail + 4));
    let name = length
        .and_then(|length| usize::try_from(length).ok())
        .filter(|length| *length > 0)
        .and_then(|length| rest.get(tail.checked_sub(length)?..tail));
    // The octets are added as C's char, which is signed where SQLite mostly runs.
    name.is_some_and(|name| {
        let added = name.iter().fold(0u32, |added, octet| added.wrapping_add_signed(i32::from(octet.cast_signed())));
        Some(added) == sum
    })
}
