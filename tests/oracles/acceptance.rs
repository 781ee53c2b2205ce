//! What castore holds against authorities by themselves (`castore check --only acceptance/…`), held against the real
//! `openssl verify` and the real Pythons on the chains of the lab: where an authority of a chain is held against, the
//! program must refuse it, and where the program blames an authority, that must be held against it.

use crate::{matrix, require, skip};
use castore::chain::acceptance::{Place, faults};
use castore::chain::member::Member;
use castore::chain::{From, Held, Judged, Pool, Question, Trusted, judge};
use castore::format::{pem, x509};
use castore::model::{Body, Timestamp, Version};
use castore::policy::openssl::OpenSsl;
use castore::policy::{self, Fault, Parts, Policy, Settings};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// When the lab was made.
const MOMENT: &str = "2026-11-21T20:15:00Z";

fn lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab/certs")
}

fn members(path: &Path) -> Vec<Arc<Member>> {
    let entries = pem::read(&fs::read(path).unwrap()).entries;
    let certificates = entries.into_iter().filter_map(|entry| match entry.body {
        Body::Certificate(der) => Some(Arc::new(x509::read(der))),
        _ => None,
    });
    certificates.map(|certificate| Arc::new(Member::new(certificate).unwrap())).collect()
}

/// One chain of the lab.
struct Chain {
    name: String,
    question: Question,
    pool: Pool,
}

/// Every chain, judged at a moment.
fn chains(at: Timestamp) -> Vec<Chain> {
    let mut names: Vec<String> =
        fs::read_dir(lab()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 75);
    let held = |member| Held { member, place: None, ends_chain: true, trust: Trusted::Unstated };
    let chain = |name: String| Chain {
        question: Question { sent: members(&lab().join(&name).join("server.pem")), name: None, at, stapled: None },
        pool: Pool { anchors: members(&lab().join(&name).join("roots.pem")).into_iter().map(held).collect() },
        name,
    };
    names.into_iter().map(chain).collect()
}

/// What is held against the authorities of the path that was gone, by depth.
fn held_against(judged: &Judged, at: Timestamp, policy: &Policy) -> Vec<(usize, Fault)> {
    let mut all = Vec::new();
    for (depth, hop) in judged.path.iter().enumerate().skip(1) {
        let ends = depth + 1 == judged.path.len() && matches!(hop.from, From::Pool(_));
        let place = if ends { Place::Anchor } else { Place::Between };
        let found = faults(&hop.member, place, Trusted::Unstated, at, policy);
        all.extend(found.into_iter().map(|fault| (depth, fault)));
    }
    all
}

/// The version of libcrypto that a program names: `OpenSSL 3.0.19 …`.
fn version(said: &str) -> Option<Version> {
    Version::parse(said.split_whitespace().nth(1)?)
}

fn settings(level: u8) -> Settings {
    Settings { level: Some(level), ..Settings::default() }
}

/// What `openssl verify` says: nothing where it accepts, else the number of its first error and its depth.
fn verified(chain: &Chain, strict: bool, level: u8) -> Result<(), (i32, usize)> {
    let at = lab().join(&chain.name);
    let mut openssl = Command::new("openssl");
    openssl.args(["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver"]);
    openssl.args(["-auth_level", &level.to_string(), "-attime", &chain.question.at.unix().to_string()]);
    if strict {
        openssl.arg("-x509_strict");
    }
    openssl
        .arg("-CAfile")
        .arg(at.join("roots.pem"))
        .arg("-untrusted")
        .arg(at.join("server.pem"))
        .arg(at.join("leaf.pem"));
    let output = openssl.output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // `error 89 at 1 depth lookup: …`
    let numbers = text.lines().find_map(|line| {
        let (code, rest) = line.strip_prefix("error ")?.split_once(" at ")?;
        Some((code.parse().ok()?, rest.split_once(' ')?.0.parse().ok()?))
    });
    Err(numbers.unwrap_or_default())
}

/// The numbers of 3.0 and later that blame a certificate itself: its critical extensions, what it may do, its key,
/// its digest, and the strict requirements.
fn blames_itself(code: i32) -> bool {
    matches!(code, 26 | 34 | 67 | 68 | 79..=94)
}

#[test]
fn openssl_strict_and_at_every_level() {
    if !require("openssl") {
        return;
    }
    let said = Command::new("openssl").arg("version").output().unwrap();
    let Some(library) = version(&String::from_utf8_lossy(&said.stdout)) else { return };
    if !library.is_between("3.0", "") {
        return skip(&format!("expected openssl 3.0 or later, found {library}"));
    }
    let chains = chains(MOMENT.parse().unwrap());
    let (mut agreed, mut flagged, mut wrong) = (0, 0, Vec::new());
    for strict in [false, true] {
        for level in 0..=3 {
            let components = [("openssl", library.clone())];
            let parts = Parts { components: &components, marks: &[], settings: settings(level) };
            let policy = Policy::OpenSsl(OpenSsl { strict, ..OpenSsl::of(&parts).unwrap() });
            for chain in &chains {
                let held = held_against(&judge(&chain.question, &chain.pool, &policy), chain.question.at, &policy);
                let at = format!("{} strict {strict} level {level}", chain.name);
                flagged += usize::from(!held.is_empty());
                match verified(chain, strict, level) {
                    Ok(()) if !held.is_empty() => wrong.push(format!("{at}: accepted, and held against it: {held:?}")),
                    Err((code, depth))
                        if depth > 0 && blames_itself(code) && !held.iter().any(|(of, _)| *of == depth) =>
                    {
                        wrong.push(format!("{at}: error {code} at {depth}, and held against it: {held:?}"));
                    }
                    _ => agreed += 1,
                }
            }
        }
    }
    println!(
        "openssl {library}: {agreed} agreed, {} disagreed, an authority is held against in {flagged}",
        wrong.len()
    );
    assert!(flagged > 50, "{flagged}");
    let outcome = if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) };
    matrix::agree("acceptance", "openssl verify -x509_strict -auth_level", outcome);
}

/// The Pythons of this machine: those in the path, and those beside them that pyenv keeps.
fn pythons() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let kept = fs::read_dir(home.join(".pyenv/versions")).into_iter().flatten().flatten();
    found.extend(kept.map(|entry| entry.path().join("bin/python3")).filter(|path| path.exists()));
    found.sort();
    if found.is_empty() {
        found.push("python3".into());
    }
    found
}

/// What a Python says of every chain by `ssl.create_default_context`: its version, its library's, and by chain the
/// number of the error.
fn handshakes(python: &Path) -> Option<(Version, Version, BTreeMap<String, i64>)> {
    let mut command = Command::new(python);
    command.arg("-c").arg(include_str!("lab_handshakes.py")).arg(lab());
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let python = Version::parse(lines.next()?)?;
    let library = version(lines.next()?)?;
    let said = lines.filter_map(|line| {
        let (name, code) = line.split_once(' ')?;
        Some((name.to_owned(), code.parse().ok()?))
    });
    Some((python, library, said.collect()))
}

#[test]
fn pythons_strict_from_3_13_on() {
    if !require("python3") {
        return;
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let chains = chains(Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap()));
    let (mut is_strict, mut count) = (false, 0);
    for path in pythons() {
        let Some((python, library, said)) = handshakes(&path) else { continue };
        let components = [("python", python.clone()), ("openssl", library.clone())];
        let parts = Parts { components: &components, marks: &[], settings: settings(2) };
        let Ok(policy) = (policy::python::SSL.policy)(&parts) else { continue };
        let (mut agreed, mut flagged, mut wrong) = (0, 0, Vec::new());
        for chain in &chains {
            // A chain that this Python cannot serve is not heard.
            let Some(&code) = said.get(&chain.name) else { continue };
            let judged = judge(&chain.question, &chain.pool, &policy);
            let held = held_against(&judged, chain.question.at, &policy);
            flagged += usize::from(!held.is_empty());
            // Errors that only an authority can have: CA key, CA, its constraints, key usage, key identifier.
            let blames = matches!(code, 67 | 79 | 86 | 89 | 92);
            let accepts = code == 0;
            if accepts && !held.is_empty() || blames && held.is_empty() {
                wrong.push(format!("{}: {code}, and held against it: {held:?}", chain.name));
            } else {
                agreed += 1;
            }
        }
        println!(
            "python {python} on OpenSSL {library}: {agreed} agreed, {} disagreed, an authority is held against in \
             {flagged}",
            wrong.len()
        );
        is_strict |= policy.is_strict();
        count += 1;
        let outcome = if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) };
        matrix::agree("acceptance", &format!("python {python}"), outcome);
    }
    if count == 0 || !is_strict {
        skip("no Python 3.13 or later that serves the lab");
    }
}
