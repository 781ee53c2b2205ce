//! SQLite databases, read from their octets and never by their path.
//!
//! SQLite opens the journal beside a database, writes to both, takes locks and follows whatever a
//! schema says. None of that may happen to a file under inspection, so the octets are settled first,
//! as the next program to open them would settle them (`rollback`, `wal`), and then deserialised into
//! memory, read-only. Only tables that are real are asked, by row number: a view, a virtual table or
//! a generated column would run what the author of the file wrote.

mod connect;
mod rollback;
mod settle;
mod wal;

use super::{Decoding, Journal, Means, chromium, nss, sniff};
use crate::limits::{DATABASE_STEPS, DATABASE_VALUE};
use crate::model::{Format, Gap, Malformation, Slot};
use connect::connect;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Result, Row};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing, or a number that is not whole.
    Nothing,
    /// A whole number.
    Integer(i64),
    /// Octets, or text in UTF-8.
    Octets(Vec<u8>),
}

impl Value {
    /// The octets.
    pub(super) fn octets(&self) -> Option<&[u8]> {
        match self {
            Self::Octets(octets) => Some(octets),
            _ => None,
        }
    }

    /// The number.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

/// A database, open.
pub(super) struct Database {
    connection: Connection,
    exhausted: Arc<AtomicBool>,
    /// Octets of values that may still be taken. Honest rows share none, so all of them together
    /// are no more than the file.
    left: usize,
    /// What could not be read so far.
    pub(super) gaps: Vec<Gap>,
}

/// A real table.
pub(super) struct Table {
    name: &'static str,
    columns: Vec<String>,
}

/// Reads a database in which no certificates were seen, after its journal was applied: all of it may
/// stand there.
pub(super) fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let settled = settle::settle(bytes, means.journal);
    let rest = Means { journal: None, ..*means };
    let mut decoding = match sniff(&settled.bytes) {
        Format::Nss => nss::read(&settled.bytes, &rest),
        Format::Chromium => chromium::read(&settled.bytes, &rest),
        _ => Decoding::new(Format::Sqlite),
    };
    if decoding.format != Format::Sqlite {
        decoding.gaps.splice(0..0, settled.gap);
    }
    decoding
}

impl Table {
    /// Whether it has a column of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }
}

impl Database {
    /// Opens a database with what stands beside it.
    pub(super) fn open(bytes: &[u8], journal: Option<Journal<'_>>) -> Result<Self, Gap> {
        let settled = settle::settle(bytes, journal);
        let (head, truncated) = settle::head(&settled.bytes);
        let gaps = settled.gap.into_iter().chain(truncated).collect();
        let exhausted = Arc::new(AtomicBool::new(false));
        let connection = connect(&head, &settled.bytes, &exhausted).map_err(|why| broken("a SQLite database", &why))?;
        Ok(Self { connection, exhausted, left: settled.bytes.len(), gaps })
    }

    /// A table of this name, if there is one and it is real.
    pub(super) fn table(&mut self, name: &'static str) -> Option<Table> {
        match find(&self.connection, name) {
            Ok(found) => found,
            Err(why) => {
                self.gap(broken("the schema of a SQLite database", &why));
                None
            }
        }
    }

    /// Calls `take` with the values of each row of a table, at most `bound` rows: one for each of
    /// `wanted`; a column the table lacks holds nothing.
    ///
    /// A row is named by its number, and by its place among them if it cannot be read: a damaged
    /// cell that runs over its page has its number from memory that nobody wrote.
    pub(super) fn each(
        &mut self,
        table: &Table,
        wanted: &[&str],
        bound: usize,
        mut take: impl FnMut(Slot, Result<Vec<Value>, Malformation>),
    ) {
        let rows = self.rows(table, bound);
        let mut left = self.left;
        let ended = read_rows(&self.connection, table, wanted, &rows, |place, number, values| {
            if self.exhausted.load(Ordering::Relaxed) {
                return Some(Gap::Bound { what: "steps of SQLite", bound: DATABASE_STEPS });
            }
            let octets = values.iter().flatten().filter_map(Value::octets).map(<[u8]>::len).sum();
            match left.checked_sub(octets) {
                Some(rest) => left = rest,
                None => return Some(Gap::Broken(Malformation::new("rows of their own octets", "shared octets"))),
            }
            let slot = if values.is_ok() { Slot::Row(number) } else { Slot::Index(place) };
            take(slot, values.map_err(|why| Malformation::new("a row of a database", said(&why))));
            None
        });
        self.left = left;
        match ended {
            Ok(None) => {}
            Ok(Some(gap)) => self.gap(gap),
            Err(why) => self.gap(broken("the rows of a table", &why)),
        }
    }

    /// The numbers of the rows of a table, at most `bound`, in order. Where a page cannot be read,
    /// the rows behind it are reached from the other end.
    fn rows(&mut self, table: &Table, bound: usize) -> Vec<i64> {
        let (mut rows, failed) = walk(&self.connection, table, Direction::Up, bound.saturating_add(1), i64::MIN);
        if let Some(why) = failed {
            self.gap(broken("the rows of a table", &why));
            let above = rows.last().map_or(Some(i64::MIN), |last| last.checked_add(1));
            if let Some(above) = above {
                let room = bound.saturating_sub(rows.len());
                let (down, _) = walk(&self.connection, table, Direction::Down, room, above);
                rows.extend(down.into_iter().rev());
            }
        }
        if rows.len() > bound {
            rows.truncate(bound);
            self.gap(Gap::Bound { what: "entries", bound: bound as u64 });
        }
        rows
    }

    fn gap(&mut self, gap: Gap) {
        let gap = if self.exhausted.load(Ordering::Relaxed) {
            Gap::Bound { what: "steps of SQLite", bound: DATABASE_STEPS }
        } else {
            gap
        };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }
}

/// What SQLite says of a failure, in its own words; of a message nothing that is in the file.
fn said(why: &rusqlite::Error) -> String {
    match why {
        rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => match error.code {
            ErrorCode::DatabaseCorrupt => "a page that is damaged".to_owned(),
            ErrorCode::NotADatabase => "another file".to_owned(),
            ErrorCode::TooBig => format!("a value of more than {DATABASE_VALUE} octets"),
            code => format!("{code:?} from SQLite"),
        },
        rusqlite::Error::QueryReturnedNoRows => "none".to_owned(),
        _ => "another type of value".to_owned(),
    }
}

fn broken(expected: &'static str, why: &rusqlite::Error) -> Gap {
    Gap::Broken(Malformation::new(expected, said(why)))
}

fn find(connection: &Connection, name: &'static str) -> Result<Option<Table>> {
    // A view has no root page, a virtual table page 0.
    let select = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
    let root: Option<Option<i64>> = connection.query_row(select, [name], |row| row.get(0)).optional()?;
    if root.flatten().is_none_or(|root| root <= 0) {
        return Ok(None);
    }
    // Generated columns are not among those that this names.
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns = statement.query_map([name], |row| row.get(0))?.collect::<Result<Vec<String>>>()?;
    Ok(Some(Table { name, columns }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// Row numbers from one end, at most `room`, as long as they are in order, not below `from`.
fn walk(
    connection: &Connection,
    table: &Table,
    direction: Direction,
    room: usize,
    from: i64,
) -> (Vec<i64>, Option<rusqlite::Error>) {
    let order = if direction == Direction::Up { "ASC" } else { "DESC" };
    let select = format!("SELECT _rowid_ FROM \"{}\" NOT INDEXED ORDER BY _rowid_ {order}", table.name);
    let mut rows: Vec<i64> = Vec::new();
    let mut go = || {
        let mut statement = connection.prepare(&select)?;
        let mut found = statement.query([])?;
        while rows.len() < room
            && let Some(row) = found.next()?
        {
            let row: i64 = row.get(0)?;
            let in_order =
                rows.last().is_none_or(|last| if direction == Direction::Up { row > *last } else { row < *last });
            if direction == Direction::Down && row < from {
                break;
            }
            if !in_order {
                return Err(rusqlite::Error::InvalidQuery);
            }
            rows.push(row);
        }
        Ok(())
    };
    let failed = go().err();
    (rows, failed)
}

/// Reads rows by their numbers until `take` says why no more of them.
fn read_rows(
    connection: &Connection,
    table: &Table,
    wanted: &[&str],
    rows: &[i64],
    mut take: impl FnMut(usize, i64, Result<Vec<Value>>) -> Option<Gap>,
) -> Result<Option<Gap>> {
    // Columns are named as the table spells them, and only those it has.
    let there = |name: &&str| table.columns.iter().find(|column| column.eq_ignore_ascii_case(name));
    let quoted = |column: &String| format!("\"{}\"", column.replace('"', "\"\""));
    let names: Vec<String> = wanted.iter().map(|name| there(name).map_or_else(|| "NULL".to_owned(), quoted)).collect();
    let select = format!("SELECT {} FROM \"{}\" NOT INDEXED WHERE _rowid_ = ?1", names.join(", "), table.name);
    let mut statement = connection.prepare(&select)?;
    for (place, &number) in rows.iter().enumerate() {
        let read = statement.query_row([number], |row| (0..wanted.len()).map(|column| value(row, column)).collect());
        if let Some(gap) = take(place, number, read) {
            return Ok(Some(gap));
        }
    }
    Ok(None)
}

fn value(row: &Row<'_>, column: usize) -> Result<Value> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null | ValueRef::Real(_) => Value::Nothing,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(octets) | ValueRef::Blob(octets) => Value::Octets(octets.to_vec()),
    })
}

#[cfg(test)]
pub(super) mod tests;
