//! The program as it is run: one file per command, each call with its whole transcript beside it.
//!
//! Prefer the lower-level test; one here shows the wiring. A test names one thing: a snapshot of a
//! whole report breaks whenever a row is added.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::disallowed_types,
    reason = "makes trees of files and servers, runs the program on them, and says what it had to skip"
)]

#[path = "../support/certificates.rs"]
mod certificates;
mod baseline;
mod check;
mod check_allow;
#[cfg(feature = "network")]
mod check_hosts;
mod check_drift;
mod check_health;
mod check_issuers;
mod check_overrides;
mod check_scope;
mod clients;
#[cfg(unix)]
mod commands;
mod compiled_in;
mod config;
mod diff;
mod exit;
mod export;
mod export_choice;
mod export_directory;
mod export_forms;
mod facts;
mod fixtures;
mod harness;
mod help;
mod hostile;
mod list;
#[path = "../support/names.rs"]
mod names;
mod outputs;
mod outputs_hostile;
mod passwords;
mod process;
#[path = "../support/readers.rs"]
mod readers;
mod readme;
mod reads_only;
mod roots;
mod scan;
mod schedule;
mod schema;
mod secrets;
#[cfg(feature = "network")]
#[allow(dead_code, reason = "what a test of the handshake needs")]
#[path = "../handshake/servers.rs"]
mod servers;
mod service;
mod show;
mod standard_input;
mod state;
mod sync;
mod sync_env;
mod sync_plan;
mod trace;
#[path = "../support/schema.rs"]
mod validator;
mod which;
mod why;
mod why_mends;

use std::collections::BTreeSet;
use std::path::Path;

/// A file without its `mod` line would be a test that never runs.
#[test]
fn no_forgotten_test_files() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let files: BTreeSet<String> = std::fs::read_dir(directory)
        .expect("the directory of this file")
        .filter_map(|entry| entry.expect("a directory entry").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "main")
        .collect();
    let declared: BTreeSet<String> = include_str!("main.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned))
        .filter(|name| !["certificates", "names", "readers", "servers", "validator"].contains(&name.as_str()))
        .collect();
    assert_eq!(files, declared);
}
