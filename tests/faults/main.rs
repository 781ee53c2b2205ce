//! Writers under fault: killed at any moment, told no by the system at any call, cut off from power, beside each
//! other, beside an attacker.
//!
//! Each writer of stores is one row in `writers`; each kind of fault is one file that goes over all rows, so that a
//! further writer is held to everything by being listed. What is judged is never what castore says of a store but
//! the certificates that another reader finds in it: the old ones, the new ones, or the store is torn.
//!
//! Counts are short in an ordinary run and long where `CASTORE_ORACLES_LONG=1`. Nothing is written outside temporary
//! directories but in a mount namespace of its own, and that only where `CASTORE_NAMESPACE_TESTS=1`.

#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests start and end programs, and say what came of them"
)]

mod apart;
mod attacker;
mod calls;
#[path = "../support/certificates.rs"]
mod certificates;
mod readers;
mod disk;
mod kill;
mod machine;
mod metadata;
mod mutation;
#[path = "../support/namespace.rs"]
mod namespace;
#[path = "../support/numbers.rs"]
mod numbers;
mod pairs;
mod place;
mod power;
mod trace;
mod undo;
mod world;
mod writers;

use std::process::Command;

/// Whether to run the many cases.
fn long() -> bool {
    std::env::var_os("CASTORE_ORACLES_LONG").is_some()
}

/// How many cases: in an ordinary run, or where the long ones are asked for; at most `CASTORE_FAULTS_COUNT`, for who
/// writes a test.
fn count(ordinary: usize, full: usize) -> usize {
    let most = std::env::var("CASTORE_FAULTS_COUNT").ok().and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
    most.min(if long() { full } else { ordinary })
}

/// Whether a writer is to be tested: all of them, or those whose name holds `CASTORE_FAULTS_ONLY`.
fn is_asked(name: &str) -> bool {
    name.contains(&std::env::var("CASTORE_FAULTS_ONLY").unwrap_or_default())
}

/// Says that something could not be tested here.
fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
    assert!(std::env::var("CASTORE_ORACLES").as_deref() != Ok("required"), "required: {why}");
}

/// Whether a program is there; where the environment requires it, it must be.
fn require(program: &str) -> bool {
    // That it starts: certutil, for one, knows neither `--help` nor `--version`.
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        skip(&format!("{program} is not here"));
    }
    found
}

/// Whether this is root, who may give files away and become others.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
