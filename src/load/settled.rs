//! Files that are written while they are read: each of one moment, a database with its journal.

use crate::format::{self, Decoding};
use crate::host::{Host, Resolved};
use crate::model::{Gap, Malformation, Unreadable};
use std::borrow::Cow;
use std::path::Path;

/// How often a file that is written meanwhile is read: 5 times. A change of NSS or Chromium takes
/// milliseconds.
const READ_AGAIN: usize = 5;

/// Puts the octets of a file at a moment at which nobody wrote it into `bytes`, whose room is used again.
pub(super) fn read_quiet(host: &Host, file: &Resolved, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
    let mut read = host.read_into(file, host.file_size, bytes);
    for _ in 1..READ_AGAIN {
        if read != Err(Unreadable::Changed) {
            break;
        }
        read = host.read_into(file, host.file_size, bytes);
    }
    read
}

/// Decodes a file, a database with what stands beside it; the size is that of the octets decoded.
pub(crate) fn decode(host: &Host, file: &Resolved, bytes: &[u8], known: &dyn Fn(&[u8]) -> bool) -> (Decoding, u64) {
    let mut settled = Settled { bytes: Cow::Borrowed(bytes), beside: None, gaps: Vec::new() };
    if bytes.starts_with(SQLITE) {
        settled.look(host, file);
    }
    let Settled { bytes, beside, gaps } = settled;
    let journal = beside.as_ref().map(Beside::journal);
    let passwords = host.passwords_to_try();
    let means = format::Means { passwords: &passwords, journal, known, bounds: host.bounds };
    let mut decoded = format::decode_with(&bytes, &means);
    decoded.gaps.splice(0..0, gaps);
    (decoded, bytes.len() as u64)
}

/// The first octets of a SQLite database.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What stands beside a database and belongs to it, by SQLite's names.
enum Beside {
    Rollback(Vec<u8>),
    WriteAhead(Vec<u8>),
}

/// A database and what stands beside it, of one moment.
struct Settled<'a> {
    bytes: Cow<'a, [u8]>,
    beside: Option<Beside>,
    gaps: Vec<Gap>,
}

impl Settled<'_> {
    /// Reads what stands beside the database. castore takes no lock, so the two may be of different
    /// moments: they are of one where the database did not change from before to after. It is read a
    /// second time only for that.
    fn look(&mut self, host: &Host, file: &Resolved) {
        let broken = |expected| vec![Gap::Broken(Malformation::new(expected, "another"))];
        for _ in 0..READ_AGAIN {
            match Beside::of(host, &file.path) {
                Ok(beside) => self.beside = beside,
                Err(_) => self.gaps = broken("a journal beside it that can be read"),
            }
            let mut again = Vec::new();
            match read_quiet(host, file, &mut again) {
                Ok(()) if *again == *self.bytes => return,
                Ok(()) => self.bytes = Cow::Owned(again),
                Err(_) => break,
            }
        }
        self.gaps.extend(broken("a database that is not written while it is read"));
    }
}

impl Beside {
    /// A journal that begins with a zero was ended and kept (`hasHotJournal`, pager.c).
    fn of(host: &Host, database: &Path) -> Result<Option<Self>, Unreadable> {
        let read = |suffix: &str| {
            let mut name = database.as_os_str().to_owned();
            name.push(suffix);
            match host.read(Path::new(&name)) {
                Ok(octets) => Ok(Some(octets).filter(|octets| octets.first().is_some_and(|octet| *octet != 0))),
                Err(Unreadable::Absent) => Ok(None),
                Err(why) => Err(why),
            }
        };
        Ok(match read("-journal")? {
            Some(journal) => Some(Self::Rollback(journal)),
            None => read("-wal")?.map(Self::WriteAhead),
        })
    }

    fn journal(&self) -> format::Journal<'_> {
        match self {
            Self::Rollback(octets) => format::Journal::Rollback(octets),
            Self::WriteAhead(octets) => format::Journal::WriteAhead(octets),
        }
    }
}
