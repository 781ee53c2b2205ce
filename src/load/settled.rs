//! Files that are written while they are read: each of one moment, a database with its journal.

use super::derivation::Turn;
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

/// Decodes a file when it is its turn, a database with what stands beside it; the size is that of the octets decoded.
pub(super) fn decode(
    host: &Host,
    file: &Resolved,
    bytes: &[u8],
    known: &dyn Fn(&[u8]) -> bool,
    mut turn: Turn<'_>,
) -> (Decoding, u64) {
    let mut settled = Settled { bytes: Cow::Borrowed(bytes), beside: None, gaps: Vec::new() };
    if bytes.starts_with(SQLITE) {
        settled.look(host, file);
    }
    let Settled { bytes, beside, gaps } = settled;
    let journal = beside.as_ref().map(Beside::journal);
    let passwords = host.passwords_to_try();
    let mut means = format::Means { passwords: &passwords, journal, known, bounds: host.bounds };
    let format = format::sniff(&bytes);
    let mut decoded = if format::derives_keys(format) {
        means.bounds.kdf_iterations = turn.allowance();
        let mut decoded = format::decode_as(format, &bytes, &means);
        turn.spend(decoded.rounds);
        let named = decoded.gaps.into_iter().map(|gap| turn.named(gap, means.bounds.kdf_iterations));
        decoded.gaps = named.collect();
        decoded
    } else {
        drop(turn);
        format::decode_as(format, &bytes, &means)
    };
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
            (self.beside, self.gaps) = match Beside::of(host, &file.path) {
                Ok(beside) => (beside, Vec::new()),
                Err(Unreadable::Changed) => {
                    self.beside = None;
                    continue;
                }
                Err(_) => (None, broken("a journal beside it that can be read")),
            };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::Memory;
    use crate::host::{DirectoryEntry, Files, System, Walked};
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const DATABASE: &[u8] = b"SQLite format 3\0 and more";

    /// Files of which one is read as written meanwhile, so many times.
    struct Busy(Memory, &'static str, AtomicUsize);

    impl Files for Busy {
        fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
            self.0.resolve(path)
        }

        fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
            let once = |left: usize| left.checked_sub(1);
            if resolved.path == Path::new(self.1)
                && self.2.fetch_update(Ordering::Relaxed, Ordering::Relaxed, once).is_ok()
            {
                return Err(Unreadable::Changed);
            }
            self.0.read_into(resolved, limit, bytes)
        }

        fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable> {
            self.0.list(resolved)
        }

        fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
            self.0.walk(path, visit);
        }
    }

    /// How much of a journal was read beside a database, and how many gaps there are.
    fn settled(busy: &'static str, times: usize) -> (Option<usize>, usize) {
        let files = Memory::new().file("/key4.db", DATABASE).file("/key4.db-wal", "a log");
        let host = Host::new(Box::new(Busy(files, busy, AtomicUsize::new(times))), System::Linux);
        let file = host.resolve(Path::new("/key4.db")).unwrap();
        let mut settled = Settled { bytes: Cow::Borrowed(DATABASE), beside: None, gaps: Vec::new() };
        settled.look(&host, &file);
        let length = settled.beside.map(|beside| match beside {
            Beside::Rollback(octets) | Beside::WriteAhead(octets) => octets.len(),
        });
        (length, settled.gaps.len())
    }

    #[test]
    fn a_journal_that_is_written_meanwhile_is_read_again() {
        assert_eq!(settled("", 0), (Some(5), 0));
        assert_eq!(settled("/key4.db-wal", 1), (Some(5), 0));
        assert_eq!(settled("/key4.db-wal", READ_AGAIN - 1), (Some(5), 0));
        assert_eq!(settled("/key4.db-wal", READ_AGAIN), (None, 1));
        assert_eq!(settled("/key4.db", READ_AGAIN - 1), (Some(5), 0));
    }
}
