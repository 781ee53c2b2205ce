//! What a crash left, against the real library; databases made to harm.

#![allow(clippy::disallowed_methods, reason = "tests write databases and open them with the real library")]

#[path = "../../../tests/support/numbers.rs"]
mod numbers;

use super::settle::settle;
use super::*;
use crate::model::Format;
use numbers::Numbers;
use std::path::Path;

/// A database made in memory, the same octets with every release of SQLite.
pub(crate) fn make(build: impl FnOnce(&Connection)) -> Vec<u8> {
    let mut connection = Connection::open_in_memory().unwrap();
    build(&connection);
    let mut bytes = connection.serialize("main").unwrap().to_vec();
    // The release that wrote last (file format, 1.3.18).
    bytes[96..100].fill(0);
    bytes
}

fn beside(database: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Some changes, the last of which may not end.
fn change(connection: &Connection, numbers: &mut Numbers) {
    for _ in 0..1 + numbers.below(30) {
        let (key, length) = (numbers.below(60) as i64, numbers.below(6000) as i64);
        let statement = match numbers.below(4) {
            0 => "DELETE FROM t WHERE a = ?1 AND ?2 >= 0",
            _ => "INSERT OR REPLACE INTO t VALUES (?1, randomblob(?2))",
        };
        connection.execute(statement, [key, length]).unwrap();
    }
}

/// A database as it stands on disk while a program writes it: the file and what is beside it.
fn crashed(directory: &Path, numbers: &mut Numbers) -> (Vec<u8>, Vec<u8>, &'static str) {
    let path = directory.join("writing");
    let connection = Connection::open(&path).unwrap();
    let page = [512, 1024, 4096, 65536][numbers.below(4)];
    let mode = ["delete", "truncate", "persist", "wal"][numbers.below(4)];
    let vacuum = numbers.below(3);
    let synchronous = ["off", "normal", "full"][numbers.below(3)];
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = {page}; PRAGMA auto_vacuum = {vacuum}; PRAGMA journal_mode = {mode};
             PRAGMA synchronous = {synchronous}; PRAGMA cache_size = 4; PRAGMA wal_autocheckpoint = 7;
             CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB);"
        ))
        .unwrap();
    for _ in 0..numbers.below(5) {
        connection.execute_batch("BEGIN").unwrap();
        change(&connection, numbers);
        connection.execute_batch(if numbers.below(4) == 0 { "ROLLBACK" } else { "COMMIT" }).unwrap();
    }
    connection.execute_batch("BEGIN").unwrap();
    change(&connection, numbers);
    let suffix = if mode == "wal" { "-wal" } else { "-journal" };
    let journal = std::fs::read(beside(&path, suffix)).unwrap_or_default();
    (std::fs::read(&path).unwrap(), journal, suffix)
}

/// What the real library makes of the two files.
fn recovered(directory: &Path, database: &[u8], journal: &[u8], suffix: &str) -> Option<Vec<u8>> {
    let path = directory.join("found");
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(&path, suffix));
    }
    std::fs::write(&path, database).unwrap();
    std::fs::write(beside(&path, suffix), journal).unwrap();
    let connection = Connection::open(&path).unwrap();
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    drop(connection);
    // A damaged number of pages makes SQLite fill the disk with holes.
    let is_small = std::fs::metadata(&path).unwrap().len() < 100_000_000;
    read.ok().filter(|_| is_small).map(|_| std::fs::read(&path).unwrap())
}

#[test]
fn settles_what_a_crash_left_as_sqlite_does() {
    let cases = std::env::var("CASTORE_CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(25);
    let mut numbers = Numbers(0x5eed_0001);
    let (mut changed, mut refused) = (0, 0);
    for case in 0..cases {
        let directory = tempfile::tempdir().unwrap();
        let (database, whole, suffix) = crashed(directory.path(), &mut numbers);
        for damage in 0..4 {
            let mut journal = whole.clone();
            match damage {
                0 => {}
                1 => journal.truncate(numbers.below(whole.len() + 1)),
                2 if !journal.is_empty() => {
                    let at = numbers.below(journal.len());
                    journal[at] ^= 1 << numbers.below(8);
                }
                3 if journal.len() > 64 => {
                    let at = numbers.below(64);
                    journal[at] ^= 1 << numbers.below(8);
                }
                _ => continue,
            }
            let Some(real) = recovered(directory.path(), &database, &journal, suffix) else {
                refused += 1;
                continue;
            };
            let beside = if suffix == "-wal" { Journal::WriteAhead(&journal) } else { Journal::Rollback(&journal) };
            let settled = settle(&database, Some(beside));
            assert!(
                settled.gap.is_some() || *settled.bytes == real,
                "case {case}, damage {damage}, {suffix} of {}: {} octets, SQLite {}",
                journal.len(),
                settled.bytes.len(),
                real.len()
            );
            assert!(settled.gap.is_none() || damage > 1, "case {case}: {:?}", settled.gap);
            changed += usize::from(*settled.bytes != database);
        }
    }
    assert!(changed > cases / 4, "{changed} changed, {refused} refused");
}

#[test]
fn a_journal_of_several_databases_is_not_judged() {
    let database = make(|connection| connection.execute_batch("CREATE TABLE t (a)").unwrap());
    let mut journal = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\x02\0\0\0\x10\0".to_vec();
    journal.resize(512, 0);
    assert!(settle(&database, Some(Journal::Rollback(&journal))).gap.is_none());
    journal.extend_from_slice(b"\x40\0\0\x01name\0\0\0\x04\0\0\x01\xa1\xd9\xd5\x05\xf9\x20\xa1\x63\xd7");
    let gap = settle(&database, Some(Journal::Rollback(&journal))).gap.unwrap();
    assert_eq!(gap.to_string(), "a change over several databases in its journal is not supported");
}

#[test]
fn a_journal_cannot_make_a_database_of_any_size() {
    let database = make(|connection| connection.execute_batch("CREATE TABLE t (a)").unwrap());
    let mut journal = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\x02\0\0\0\x10\0".to_vec();
    journal.resize(512, 0);
    assert!(settle(&database, Some(Journal::Rollback(&journal))).gap.is_some());
}

#[test]
fn what_stands_in_the_log_alone_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cert9.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = wal; CREATE TABLE nssPublic (id, a0, a3);
             INSERT INTO nssPublic VALUES (7, x'00000003', x'6b6579')",
        )
        .unwrap();
    let (file, log) = (std::fs::read(&path).unwrap(), std::fs::read(beside(&path, "-wal")).unwrap());
    assert_eq!(sniff(&file), Format::Sqlite);
    let means = Means { journal: Some(Journal::WriteAhead(&log)), ..Means::default() };
    let read = crate::format::decode_with(&file, &means);
    assert_eq!((read.format, read.entries.len(), read.gaps), (Format::Nss, 1, vec![]));
    assert_eq!(crate::format::decode(&file).format, Format::Sqlite);
}

fn open(bytes: &[u8]) -> Database {
    Database::open(bytes, None).unwrap()
}

#[test]
fn asks_only_real_tables_and_columns() {
    let bytes = make(|connection| {
        connection
            .execute_batch(
                "CREATE TABLE real (a, b AS (a || 'x'), c AS (a || 'y') STORED);
                 INSERT INTO real (a) VALUES ('v'), (x'00'), (5), (1.5), (NULL);
                 CREATE VIEW view AS SELECT 1 AS a;",
            )
            .unwrap();
    });
    let mut database = open(&bytes);
    assert!(database.table("view").is_none() && database.table("none").is_none());
    let table = database.table("real").unwrap();
    assert!(table.has("A") && !table.has("b") && !table.has("c"));
    let mut rows = Vec::new();
    database.each(&table, &["a", "b"], 4, |row, values| rows.push((row, values.unwrap())));
    let octets = |octets: &[u8]| Value::Octets(octets.to_vec());
    let expected = [octets(b"v"), octets(b"\0"), Value::Integer(5), Value::Nothing];
    assert!(rows.iter().map(|(slot, _)| slot).eq(&[1, 2, 3, 4].map(Slot::Row)));
    assert!(rows.iter().zip(expected).all(|((_, values), expected)| *values == [expected, Value::Nothing]));
    assert_eq!(database.gaps, [Gap::Bound { what: "entries", bound: 4 }]);
}

#[test]
fn a_damaged_page_hides_no_others() {
    let mut bytes = make(|connection| {
        connection.execute_batch("PRAGMA page_size = 512; CREATE TABLE t (a)").unwrap();
        for n in 0..200 {
            connection.execute("INSERT INTO t VALUES (?1)", [format!("{n:0100}")]).unwrap();
        }
    });
    let at = memchr::memmem::find(&bytes, format!("{:0100}", 100).as_bytes()).unwrap() / 512 * 512;
    bytes[at..at + 512].fill(0xaa);
    let mut database = open(&bytes);
    let table = database.table("t").unwrap();
    let mut rows = Vec::new();
    database.each(&table, &["a"], 1000, |row, values| rows.push((row, values.is_ok())));
    assert!(rows.len() > 190 && rows.len() < 200 && rows.iter().all(|(_, read)| *read), "{}", rows.len());
    assert!([1, 200].iter().all(|row| rows.contains(&(Slot::Row(*row), true))));
    assert!(matches!(database.gaps[..], [Gap::Broken(_)]), "{:?}", database.gaps);
}

#[test]
fn a_row_that_cannot_be_read_is_named_by_its_place() {
    let mut bytes = make(|connection| {
        connection.execute_batch("PRAGMA page_size = 512; CREATE TABLE t (a)").unwrap();
        for (number, octet) in [(10, "a"), (20, "b"), (30, "c")] {
            connection.execute("INSERT INTO t (_rowid_, a) VALUES (?1, ?2)", (number, octet.repeat(2000))).unwrap();
        }
    });
    // The first four octets of a page of overflow name the next: of the second row's, one beyond the file.
    let page = bytes.chunks_exact_mut(512).find(|page| page[4..].iter().all(|octet| *octet == b'b')).unwrap();
    page[..4].fill(0x7f);
    let mut database = open(&bytes);
    let table = database.table("t").unwrap();
    let mut rows = Vec::new();
    database.each(&table, &["a"], 1000, |slot, values| rows.push((slot, values.is_ok())));
    assert_eq!(rows, [(Slot::Row(10), true), (Slot::Index(1), false), (Slot::Row(30), true)]);
}

#[test]
fn rows_that_share_their_octets_end_the_reading() {
    let long = vec![7u8; 100_000];
    let mut bytes = make(|connection| {
        connection.execute_batch("PRAGMA page_size = 512; CREATE TABLE t (a)").unwrap();
        for _ in 0..4 {
            connection.execute("INSERT INTO t VALUES (?1)", [&long]).unwrap();
        }
    });
    // Without the pages of the others, whose pointers then lead to the first.
    let cells: Vec<usize> = memchr::memmem::find_iter(&bytes, &[7, 0, 0]).map(|at| at + 1).collect();
    let first: [u8; 4] = bytes[cells[0]..cells[0] + 4].try_into().unwrap();
    for at in &cells {
        bytes[*at..*at + 4].copy_from_slice(&first);
    }
    bytes.truncate(bytes.len() / 2 / 512 * 512);
    let mut database = open(&bytes);
    let table = database.table("t").unwrap();
    let mut taken = 0;
    database.each(&table, &["a"], 1000, |_, values| taken += values.map_or(0, |v| v[0].octets().unwrap().len()));
    assert!(taken <= bytes.len(), "{taken} of {}", bytes.len());
}

#[test]
fn an_endless_schema_ends() {
    let bytes = make(|connection| {
        connection
            .execute_batch(
                "CREATE TABLE nssPublic (id, a0);
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                 INSERT INTO nssPublic SELECT i, NULL FROM n;",
            )
            .unwrap();
    });
    let bounds = crate::limits::Bounds { entries: 10, ..Default::default() };
    let read = nss::read(&bytes, &Means { bounds, ..Means::default() });
    assert_eq!((read.entries.len(), read.gaps), (10, vec![Gap::Bound { what: "entries", bound: 10 }]));
}
