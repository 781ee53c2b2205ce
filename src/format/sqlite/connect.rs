//! A connection to octets that somebody may have written to harm: nothing in them is run, and what it
//! may take is bounded.

use crate::limits::{DATABASE_STEPS, DATABASE_VALUE};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, Result};
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps between two looks at how many were taken.
const STEPS_AT_ONCE: i32 = 1000;

/// Opens a database whose first octets are `head` and the rest those of `bytes`; says in `exhausted` that
/// it took more than it may.
pub(super) fn connect(head: &[u8], bytes: &[u8], exhausted: &Arc<AtomicBool>) -> Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    let rest = bytes.get(head.len()..).unwrap_or_default();
    connection.deserialize_read_exact("main", Cursor::new(head).chain(rest), head.len() + rest.len(), true)?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    // NSS makes a table of some 130 columns in 1.5 kB of SQL; nothing here needs the rest.
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, i32::try_from(DATABASE_VALUE).unwrap_or(i32::MAX)),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (Limit::SQLITE_LIMIT_COLUMN, 500),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 50),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 2),
        (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 8),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    let exhausted = Arc::clone(exhausted);
    let mut rounds = DATABASE_STEPS / STEPS_AT_ONCE.unsigned_abs() as u64;
    let stop = move || {
        rounds = rounds.saturating_sub(1);
        if rounds == 0 {
            exhausted.store(true, Ordering::Relaxed);
        }
        rounds == 0
    };
    connection.progress_handler(STEPS_AT_ONCE, Some(stop))?;
    connection.execute_batch("PRAGMA cell_size_check = ON")?;
    Ok(connection)
}
