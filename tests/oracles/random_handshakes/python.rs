//! Python: `ssl.create_default_context`, which is strict from 3.13 on (`chains_asked.py`).

use super::{Case, Tally, count, foretold, made_in, now};
use castore::model::Version;
use castore::policy::{Parts, Settings, python};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn hold(program: &Path, file: &Path, cases: &[Case]) {
    let asked = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/chains_asked.py");
    let output = Command::new(program).arg(asked).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let (python, openssl) = lines.next().unwrap().split_once(' ').unwrap();
    let said: BTreeMap<&str, &str> = lines.map(|line| line.split_once('\t').unwrap()).collect();
    let versions = [("python", python), ("openssl", openssl)];
    let components = versions.map(|(name, version)| (name, Version::parse(version).unwrap()));
    let parts = Parts { components: &components, settings: Settings::of_level(Some(2)), ..Parts::default() };
    let policy = (python::SSL.policy)(&parts).unwrap();
    let mut tally = Tally::of(format!("python {python} with OpenSSL {openssl}"));
    for case in cases {
        match said[case.id.as_str()] {
            "?" => {}
            "" => tally.note(case, foretold(case, &policy), Ok(())),
            message => tally.note(case, foretold(case, &policy), Err(message.to_owned())),
        }
    }
    tally.hold(1, 2);
}

#[test]
fn random_handshakes_have_the_verdict_of_python() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chains.json");
    let Some(cases) = made_in(&file, count(500, 3000), now()) else { return };
    hold(Path::new("python3"), &file, &cases);
    // Others, where pyenv has them.
    let all = std::env::home_dir().map(|home| home.join(".pyenv/versions"));
    let found = all.and_then(|all| fs::read_dir(all).ok()).into_iter().flatten().flatten();
    let of_3 = found.filter(|entry| entry.file_name().to_string_lossy().starts_with("3."));
    let programs: Vec<PathBuf> = of_3.map(|entry| entry.path().join("bin/python3")).collect();
    for program in programs.iter().filter(|program| crate::long() && program.exists()) {
        hold(program, &file, &cases);
    }
}
