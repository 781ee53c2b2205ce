//! *castore says accepted, my program fails*: each line that `castore why` tells of programs of Python, held against
//! the real Pythons.

use crate::{matrix, require, skip};
use castore::policy::advice::advice;
use castore::policy::python;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is checked of a line, by words that it holds.
const CHECKED: &[(&str, &str)] = &[
    ("load_default_certs()", "bare"),
    ("Purpose.CLIENT_AUTH", "purpose"),
    ("cafile=", "cafile"),
    ("when a module is imported", "late"),
    ("VERIFY_X509_STRICT", "strict"),
    ("Session.verify", "session"),
    ("replaces certifi", "replaces"),
    // An adapter's context is one of `ssl`.
    ("an adapter with an SSLContext", "bare"),
];

fn said(python: &Path) -> Option<BTreeMap<String, bool>> {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab/certs");
    let mut command = Command::new(python);
    command.arg("-c").arg(include_str!("why_advice.py")).arg(lab);
    let output = command.output().ok()?;
    if !output.status.success() {
        skip(&format!("{}: {}", python.display(), String::from_utf8_lossy(&output.stderr)));
        return None;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Some(lines.map(|(name, holds)| (name.to_owned(), holds == "yes")).collect())
}

/// Pythons that pyenv keeps from 3.8 on, else the one of the path.
fn pythons() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let kept = |version: &str| {
        let all = std::fs::read_dir(home.join(".pyenv/versions")).into_iter().flatten().flatten();
        let of = all.filter(|entry| entry.file_name().to_string_lossy().starts_with(version));
        of.map(|entry| entry.path().join("bin/python3")).find(|path| path.exists())
    };
    let mut found: Vec<PathBuf> = ["3.8.", "3.12.", "3.13."].into_iter().filter_map(kept).collect();
    if found.is_empty() {
        found.push("python3".into());
    }
    found
}

#[test]
fn every_line_for_python_holds() {
    if !require("python3") {
        return;
    }
    for path in pythons() {
        let Some(said) = said(&path) else { continue };
        let mut wrong = Vec::new();
        for line in advice(&python::SSL).iter().chain(advice(&python::URLLIB3)) {
            let check = CHECKED.iter().find(|(words, _)| line.contains(words));
            match check.and_then(|(_, name)| said.get(*name)) {
                Some(true) => {}
                Some(false) => wrong.push(format!("does not hold: {line}")),
                None => wrong.push(format!("not checked: {line}")),
            }
        }
        let outcome = if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) };
        matrix::agree("why", &format!("advice for {}", path.display()), outcome);
    }
}
