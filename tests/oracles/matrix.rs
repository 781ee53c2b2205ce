//! Clients × cases × agreed: what the oracles held castore against, counted over the whole run.
//!
//! Each case is a line in a file of its process, which `.ci/run` adds up. A case in which castore and
//! the program differ fails the test, unless `disagreements.txt` lists it with its mechanism; a listed
//! case in which they agree fails as well, so that the list does not outlive its reasons.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

/// `client | case | mechanism`, one a line.
const DISAGREEMENTS: &str = include_str!("disagreements.txt");

/// The columns of a listed disagreement.
fn listed(client: &str, case: &str) -> Option<&'static str> {
    DISAGREEMENTS.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut columns = line.split('|').map(str::trim);
        let is_it = columns.next() == Some(client) && columns.next() == Some(case);
        is_it.then(|| columns.next().unwrap_or_default())
    })
}

/// Counts one case of a client, and fails where they differ.
pub fn agree(client: &str, case: &str, outcome: Result<(), String>) {
    let word = match (&outcome, listed(client, case)) {
        (Ok(()), None) => "agreed",
        (Err(_), Some(_)) => "listed",
        (Ok(()), Some(_)) => "stale",
        (Err(_), None) => "differs",
    };
    write(client, case, word);
    match (outcome, listed(client, case)) {
        (Err(why), None) => panic!("{client} under {case:?}: {why}"),
        (Ok(()), Some(mechanism)) => {
            panic!("{client} under {case:?} agrees by now: take it from disagreements.txt ({mechanism})")
        }
        (Err(_), Some(mechanism)) => eprintln!("LISTED: {client} under {case:?}: {mechanism}"),
        (Ok(()), None) => {}
    }
}

fn write(client: &str, case: &str, word: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join(format!("{}.tsv", std::process::id()));
    // A case is one line, whatever a setting in it spans.
    let case = case.replace(['\n', '\r', '\t'], " ");
    let mut file = fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    writeln!(file, "{client}\t{case}\t{word}").unwrap();
    drop(guard);
}

#[test]
fn every_disagreement_says_its_mechanism() {
    for line in DISAGREEMENTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        assert!(columns.len() == 3 && columns.iter().all(|column| !column.is_empty()), "{line}");
    }
}
