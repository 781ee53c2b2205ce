//! Chains at random (`odd_chains.py`, `chains.py`) before the verifiers themselves: Go's `crypto/x509`, GnuTLS and
//! pyca/cryptography. Every verdict, and what is printed where they refuse.

use crate::go::toolchains;
use crate::limbo::{Case, cases_of};
use crate::{long, skip};
use castore::chain::{Verdict, judge};
use castore::model::Version;
use castore::policy::{Parts, Policy, Row, Settings, gnutls, go, pyca};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles");

/// What castore foretells: "ok" or what is printed; nothing where it does not tell.
fn foretold(case: &Case, policy: &Policy) -> Option<String> {
    let (question, pool) = case.asked();
    match judge(&question, &pool, policy).verdict {
        Verdict::Accepts => Some("ok".to_owned()),
        Verdict::Refuses { printed, .. } => Some(printed.text),
        Verdict::Depends(_) | Verdict::NotPredicted(_) => None,
    }
}

/// A file of chains and the cases in it; more of them in a long run.
struct Chains {
    _directory: tempfile::TempDir,
    files: Vec<PathBuf>,
}

impl Chains {
    fn new(python: &Path) -> Option<Self> {
        let has = Command::new(python).args(["-c", "import cryptography"]).output();
        if !has.is_ok_and(|output| output.status.success()) {
            skip("there is no Python with cryptography, which makes chains");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let made: &[(&str, &str, &str)] = if long() {
            &[("odd_chains.py", "1", "3000"), ("odd_chains.py", "2", "3000"), ("chains.py", "1", "1500")]
        } else {
            &[("odd_chains.py", "1", "250")]
        };
        let make = |(at, (program, seed, count)): (usize, &(&str, &str, &str))| {
            let file = directory.path().join(format!("{at}.json"));
            let mut command = Command::new(python);
            let output = command.arg(format!("{HERE}/{program}")).args([*seed, *count]).arg(&file).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            file
        };
        let files = made.iter().enumerate().map(make).collect();
        Some(Self { _directory: directory, files })
    }

    /// What `verifier` says of each, one line a chain, before what castore says by `policy`.
    fn compare(&self, what: &str, policy: &Policy, verifier: impl Fn(&Path) -> Command, reads: fn(&str, &str) -> bool) {
        let (mut asked, mut untold, mut verdicts, mut texts) = (0, 0, 0, 0);
        for file in &self.files {
            let cases = cases_of(&fs::read_to_string(file).unwrap());
            let output = verifier(file).output().unwrap();
            assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
            let said = String::from_utf8(output.stdout).unwrap();
            let said: Vec<&str> = said.lines().collect();
            assert_eq!(said.len(), cases.len(), "{what}");
            for (case, said) in cases.iter().zip(said) {
                asked += 1;
                let Some(told) = foretold(case, policy) else {
                    untold += 1;
                    continue;
                };
                let kind = match (told == "ok", said == "ok") {
                    (one, other) if one != other => {
                        verdicts += 1;
                        "verdict"
                    }
                    (false, _) if !reads(&told, said) => {
                        texts += 1;
                        "text"
                    }
                    _ => continue,
                };
                eprintln!("{what}: {kind} of {} {}: told {told:?}, really {said:?}", file.display(), case.id);
            }
        }
        eprintln!("{what}: {asked} chains: {verdicts} verdicts and {texts} texts differ, {untold} are not told");
        // Keys are made anew in each run, so one chain in a thousand may be one that was never seen.
        assert!(verdicts * 1000 <= asked, "{what}: {verdicts} of {asked} verdicts differ");
        assert!(texts * 100 <= asked, "{what}: {texts} of {asked} texts differ");
        // Ed448 is what castore does not verify.
        assert!(untold * 50 <= asked, "{what}: {untold} of {asked} are not told");
    }
}

fn policy(row: &Row, component: &'static str, version: &str) -> Policy {
    let components = [(component, Version::parse(version).unwrap())];
    (row.policy)(&Parts { components: &components, marks: &["gnutls"], settings: Settings::default() }).unwrap()
}

/// A Python with cryptography, which pyOpenSSL needs.
fn python() -> Option<PathBuf> {
    crate::python::venv().map(|venv| venv.join("bin/python"))
}

#[test]
fn random_chains_have_the_verdict_of_go() {
    // A toolchain builds its own library first, which takes half a minute.
    if !long() {
        eprintln!("SKIPPED: Go's verifier is asked in a long run");
        return;
    }
    let all = toolchains();
    if all.is_empty() {
        return;
    }
    let Some(chains) = python().and_then(|python| Chains::new(&python)) else { return };
    let directory = tempfile::tempdir().unwrap();
    for go in all {
        let said = String::from_utf8(Command::new(&go).arg("version").output().unwrap().stdout).unwrap();
        let version = said.split_whitespace().nth(2).unwrap().trim_start_matches("go").to_owned();
        let module = directory.path().join(&version);
        fs::create_dir(&module).unwrap();
        let language: Vec<&str> = version.split('.').take(2).collect();
        fs::write(module.join("go.mod"), format!("module verdicts\n\ngo {}\n", language.join("."))).unwrap();
        fs::copy(format!("{HERE}/verdicts.go"), module.join("main.go")).unwrap();
        let cache = directory.path().join("cache");
        let mut build = Command::new(&go);
        build.args(["build", "-o", "verdicts", "."]).current_dir(&module).env("HOME", directory.path());
        build.env("GOCACHE", &cache).env("GOPATH", &cache).env("GOFLAGS", "-mod=mod").env("GOTOOLCHAIN", "local");
        let output = build.output().unwrap();
        if !output.status.success() {
            skip(&format!("go cannot build: {}", String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        let policy = policy(&go::GO, "go", &version);
        let run = |file: &Path| {
            let mut command = Command::new(module.join("verdicts"));
            command.arg(file);
            command
        };
        // Toolchains before 1.24 panic at a key of DSA that is twice in a path.
        chains
            .compare(&format!("go {version}"), &policy, run, |told, said| told == said || said.starts_with("panic: "));
    }
}

#[test]
fn random_chains_have_the_verdict_of_gnutls() {
    let Some(python) = python() else { return };
    let asked = "import ctypes; f = ctypes.CDLL('libgnutls.so.30').gnutls_check_version; \
                 f.restype = ctypes.c_char_p; print(f(None).decode())";
    let said = Command::new(&python).args(["-c", asked]).output();
    let Some(said) = said.ok().filter(|output| output.status.success()) else {
        return skip("there is no libgnutls.so.30, or no Python to ask it");
    };
    let version = String::from_utf8(said.stdout).unwrap().trim().to_owned();
    let Some(chains) = Chains::new(&python) else { return };
    let rows =
        [("cli", &gnutls::CLI), ("certtool", &gnutls::CERTTOOL), ("curl", &gnutls::CURL), ("wget2", &gnutls::WGET2)];
    for (how, row) in rows {
        let run = |file: &Path| {
            let mut command = Command::new(&python);
            command.arg(format!("{HERE}/verdicts_gnutls.py")).arg(file).arg(how);
            command
        };
        let reads = |told: &str, said: &str| match said {
            "host" => told.contains("does not match target host name"),
            _ => {
                let told = told.strip_prefix("Not verified. ").unwrap_or(told);
                let curl =
                    told == "server certificate verification failed" && said.starts_with("The certificate is NOT");
                curl || told == said.strip_prefix("error: ").unwrap_or(said)
            }
        };
        chains.compare(&format!("gnutls {version} {how}"), &policy(row, "gnutls", &version), run, reads);
    }
}

#[test]
fn random_chains_have_the_verdict_of_pyca() {
    let Some(python) = python() else { return };
    let mut pythons = vec![python];
    // Other versions, a list of interpreters as `PATH` is one of directories.
    if let Some(all) = std::env::var_os("CASTORE_ORACLES_CRYPTOGRAPHY") {
        pythons.extend(std::env::split_paths(&all));
    }
    let Some(chains) = Chains::new(&pythons[0]) else { return };
    for python in pythons {
        let said = Command::new(&python).args(["-c", "import cryptography; print(cryptography.__version__)"]).output();
        let version = String::from_utf8(said.unwrap().stdout).unwrap().trim().to_owned();
        if !Version::parse(&version).is_some_and(|version| version.is_between("48", "")) {
            skip(&format!("castore has no rules for cryptography {version}"));
            continue;
        }
        let run = |file: &Path| {
            let mut command = Command::new(&python);
            command.arg(format!("{HERE}/verdicts_pyca.py")).arg(file);
            command
        };
        // What is not read or not asked at all has no text of the verifier.
        let reads = |told: &str, said: &str| {
            let told_part = told.strip_prefix("validation failed: ").unwrap_or(told);
            said.starts_with(told)
                || said.contains(told_part)
                || said.starts_with("unread")
                || said.starts_with("raised")
        };
        chains.compare(&format!("pyca {version}"), &policy(&pyca::PYCA, "cryptography", &version), run, reads);
    }
}
