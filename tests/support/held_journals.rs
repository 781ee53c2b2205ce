//! What holds for every database with a journal beside it, whatever octets they are of: in replays and fuzzing alike.

use castore::format::{Journal, Means, chromium, nss};

/// Octets of the header of a log, of the header of a frame (file format of SQLite, 4.1).
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// Octets of the header of a rollback journal as fuzzers make it: one sector (3).
const SECTOR: usize = 512;

/// One input as a database and what stands beside it: an octet whose first bit asks for a log and whose second for
/// checksums that are right, two octets that say how long the database is, the database, the journal.
fn parts(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (database, journal) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    Some((kind, database, journal))
}

/// Reads a database as a program left it that wrote it, by both readers that such files have.
pub fn hold_journals(bytes: &[u8], means: &Means<'_>) {
    let Some((kind, database, journal)) = parts(bytes) else { return };
    let journal = match kind & 2 {
        0 => journal.to_vec(),
        _ if kind & 1 == 0 => rollback_resealed(journal),
        _ => log_resealed(journal),
    };
    let journal = if kind & 1 == 0 { Journal::Rollback(&journal) } else { Journal::WriteAhead(&journal) };
    let means = Means { journal: Some(journal), ..*means };
    // Places are those of the database after what the journal brings.
    drop(nss::read(database, &means));
    drop(chromium::read(database, &means));
    assert!(nss::read(database, &means) == nss::read(database, &means), "read otherwise the second time");
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |word| u32::from_be_bytes(word.try_into().unwrap()))
}

/// A rollback journal whose records have the sums that they should (3): the nonce and every 200th octet from the end.
fn rollback_resealed(journal: &[u8]) -> Vec<u8> {
    let mut out = journal.to_vec();
    let (nonce, page) = (word(journal, 12), word(journal, 24) as usize);
    if !(512..=65536).contains(&page) {
        return out;
    }
    for record in out.get_mut(SECTOR..).unwrap_or_default().chunks_exact_mut(page + 8) {
        let (data, seal) = record[4..].split_at_mut(page);
        let octets = (1..).map_while(|step| page.checked_sub(200 * step)).filter(|at| *at > 0).map(|at| data[at]);
        let sum = octets.fold(nonce, |sum, octet| sum.wrapping_add(u32::from(octet)));
        seal.copy_from_slice(&sum.to_be_bytes());
    }
    out
}

/// A log whose frames have the salts and the sums that they should (4.2).
fn log_resealed(log: &[u8]) -> Vec<u8> {
    let mut out = log.to_vec();
    let (is_big, page) = (word(log, 0) & 1 == 1, word(log, 8) as usize);
    if out.len() < LOG_HEADER || !(512..=65536).contains(&page) {
        return out;
    }
    let mut sum = summed((0, 0), &out[..24], is_big);
    let seal = |sum: (u32, u32)| [sum.0.to_be_bytes(), sum.1.to_be_bytes()].concat();
    out[24..32].copy_from_slice(&seal(sum));
    let (head, frames) = out.split_at_mut(LOG_HEADER);
    for frame in frames.chunks_exact_mut(FRAME_HEADER + page) {
        frame[8..16].copy_from_slice(&head[16..24]);
        sum = summed(summed(sum, &frame[..8], is_big), &frame[FRAME_HEADER..], is_big);
        frame[16..24].copy_from_slice(&seal(sum));
    }
    out
}

fn summed(mut sum: (u32, u32), bytes: &[u8], is_big: bool) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let word = |at: usize| {
            let octets = pair[at..at + 4].try_into().unwrap();
            if is_big { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
        };
        sum.0 = sum.0.wrapping_add(word(0)).wrapping_add(sum.1);
        sum.1 = sum.1.wrapping_add(word(4)).wrapping_add(sum.0);
    }
    sum
}
