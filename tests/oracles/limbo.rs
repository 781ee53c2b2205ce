//! x509-limbo before OpenSSL's path builder and before the real `openssl verify`: the verdict and the number
//! of the error, case by case.
//!
//! The suite says what a verifier should do; that is not asked here. What counts is what this machine's
//! OpenSSL does, with its defaults for TLS servers at level 2 and as Python 3.13 sets it.

use crate::require;
use castore::chain::member::Member;
use castore::chain::name::ServerName;
use castore::chain::openssl::judge;
use castore::chain::{Held, Judged, Pool, Question, Trusted, Verdict};
use castore::format::{pem, x509};
use castore::model::{Body, Timestamp, Version};
use castore::policy::openssl::OpenSsl;
use castore::policy::{Parts, Settings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const SUITE: &str = include_str!("../data/limbo/limbo.json");
const DISAGREEMENTS: &str = include_str!("../data/limbo/disagreements.txt");

/// When a case does not say: a moment within the validity of what it does not want to have expired.
const MOMENT: &str = "2026-11-21T20:15:00Z";

/// One case of the suite.
pub struct Case {
    pub id: String,
    pub trusted: Vec<String>,
    pub sent: Vec<String>,
    pub name: Option<String>,
    at: Timestamp,
}

/// The cases that verify a server.
fn cases() -> Vec<Case> {
    cases_of(SUITE)
}

pub fn cases_of(suite: &str) -> Vec<Case> {
    let suite: Value = serde_json::from_str(suite).unwrap();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let case = |case: &Value| {
        let mut sent = vec![case["peer_certificate"].as_str().unwrap().to_owned()];
        sent.extend(texts(&case["untrusted_intermediates"]));
        Case {
            id: case["id"].as_str().unwrap().to_owned(),
            trusted: texts(&case["trusted_certs"]),
            sent,
            name: case["expected_peer_name"]["value"].as_str().map(str::to_owned),
            at: case["validation_time"].as_str().unwrap_or(MOMENT).parse().unwrap(),
        }
    };
    let all = suite["testcases"].as_array().unwrap();
    all.iter().filter(|case| case["validation_kind"] == "SERVER").map(case).collect()
}

/// Nothing where castore cannot decode a certificate that the verifier has to decode.
fn member(text: &str) -> Option<Arc<Member>> {
    let entry = pem::read(text.as_bytes()).entries.into_iter().next()?;
    let Body::Certificate(der) = entry.body else { return None };
    Member::new(Arc::new(x509::read(der))).ok().map(Arc::new)
}

impl Case {
    /// What is asked, and of which anchors.
    pub fn asked(&self) -> (Question, Pool) {
        let held = |text: &String| {
            Some(Held { member: member(text)?, place: None, ends_chain: true, trust: Trusted::Unstated })
        };
        let question = Question {
            sent: self.sent.iter().filter_map(|text| member(text)).collect(),
            name: self.name.as_ref().map(|name| name.parse::<ServerName>().unwrap()),
            at: self.at,
            // Libraries are asked without a handshake, in which no response can be missing.
            stapled: Some(true),
        };
        (question, Pool { anchors: self.trusted.iter().filter_map(held).collect() })
    }
}

/// What castore foretells: the number of the error, or that all is well; nothing where it cannot tell.
fn foretold(case: &Case, policy: &OpenSsl) -> (Option<Result<(), i32>>, Judged) {
    let (question, pool) = case.asked();
    let judged = judge(&question, &pool, policy);
    let told = match &judged.verdict {
        Verdict::Accepts => Some(Ok(())),
        Verdict::Refuses { printed, .. } => Some(Err(printed.code.unwrap_or_default())),
        Verdict::Depends(_) | Verdict::NotPredicted(_) => None,
    };
    (told, judged)
}

/// What the program says: the number of its first error, 0 where it gives none.
fn said(case: &Case, strict: bool, directory: &Path) -> Result<(), i32> {
    let write = |name: &str, texts: &[String]| {
        let path = directory.join(name);
        fs::write(&path, texts.concat()).unwrap();
        path
    };
    let mut command = Command::new("openssl");
    command.args(["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-auth_level", "2"]);
    command.args(["-attime", &case.at.unix().to_string()]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if strict {
        command.args(["-x509_strict", "-partial_chain"]);
    }
    match case.name.as_ref().map(|name| (name, name.parse::<ServerName>().unwrap())) {
        Some((name, ServerName::Dns(_))) => drop(command.args(["-verify_hostname", name])),
        Some((name, ServerName::Ip(_))) => drop(command.args(["-verify_ip", name])),
        None => {}
    }
    match case.trusted.is_empty() {
        true => command.arg("-no-CAfile"),
        false => command.arg("-CAfile").arg(write("trusted.pem", &case.trusted)),
    };
    if case.sent.len() > 1 {
        command.arg("-untrusted").arg(write("untrusted.pem", &case.sent[1..]));
    }
    let output = command.arg(write("leaf.pem", &case.sent[..1])).output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let number = text.lines().find_map(|line| line.strip_prefix("error ")?.split(' ').next()?.parse().ok());
    Err(number.unwrap_or_default())
}

fn version() -> Version {
    let said = Command::new("openssl").arg("version").output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    Version::parse(text.split(' ').nth(1).unwrap()).unwrap()
}

fn policy(version: &Version, strict: bool) -> OpenSsl {
    let components = [("openssl", version.clone())];
    let settings = Settings::of_level(Some(2));
    let mut policy = OpenSsl::of(&Parts { components: &components, settings, ..Parts::default() }).unwrap();
    policy.strict = strict;
    policy.partial_chain = strict;
    policy
}

/// Differences by case, as the file has them for this verifier.
fn known(verifier: &str) -> BTreeMap<&'static str, &'static str> {
    let lines = DISAGREEMENTS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let fields = lines.map(|line| line.split(" | ").collect::<Vec<_>>());
    let own = fields.filter(|fields| fields[0] == verifier);
    own.map(|fields| (fields[1], fields[2])).collect()
}

fn compare(strict: bool) {
    if !require("openssl") {
        return;
    }
    let verifier = if strict { "openssl strict" } else { "openssl" };
    let version = version();
    let policy = policy(&version, strict);
    let directory = tempfile::tempdir().unwrap();
    let known = known(verifier);
    let (mut agreed, mut refused, mut same, mut untold) = (0, 0, 0, 0);
    let (mut different, mut complaints) = (Vec::new(), Vec::new());
    let cases = cases();
    assert_eq!(cases.len(), 198);
    for case in &cases {
        let real = said(case, strict, directory.path());
        let (told, judged) = foretold(case, &policy);
        let Some(told) = told else {
            untold += 1;
            different.push(format!("{}: not told, really {real:?}: {:?}", case.id, judged.verdict));
            continue;
        };
        let differs = told.is_ok() != real.is_ok();
        agreed += usize::from(!differs);
        if let (Err(told), Err(real)) = (told, real) {
            refused += 1;
            same += usize::from(told == real);
        }
        if told != real {
            different.push(format!("{}: {told:?}, really {real:?}: {:?}", case.id, judged.verdict));
        }
        match known.contains_key(case.id.as_str()) {
            true if !differs => complaints.push(format!("{}: the difference is gone", case.id)),
            false if differs => complaints.push(format!("{}: told {told:?}, really {real:?}", case.id)),
            _ => {}
        }
    }
    for line in &different {
        eprintln!("{verifier}: {line}");
    }
    eprintln!(
        "{verifier} {version}: {agreed} of {} verdicts, {same} of {refused} codes, {untold} not told",
        cases.len()
    );
    assert!(complaints.is_empty(), "tests/data/limbo/disagreements.txt:\n{}", complaints.join("\n"));
    assert!(known.len() <= 4 && untold + (cases.len() - agreed) <= 4, "{verifier}: too many differences");
    assert!(same * 100 >= refused * 98, "{verifier}: {same} codes of {refused}");
}

#[test]
fn openssl_by_its_defaults() {
    compare(false);
}

#[test]
fn openssl_as_python_3_13_sets_it() {
    compare(true);
}

/// Chains made at random (`chains.py`), before the default and the strict policy: every verdict and number.
#[test]
fn random_chains_have_the_verdict_of_openssl() {
    let python = Command::new("python3").args(["-c", "import cryptography"]).output();
    if !crate::long() || !require("openssl") || !python.is_ok_and(|output| output.status.success()) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chains.json");
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/chains.py");
    let made = Command::new("python3").args([program, "1", "1500"]).arg(&file).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let cases = cases_of(&fs::read_to_string(&file).unwrap());
    let version = version();
    let mut different = Vec::new();
    for strict in [false, true] {
        let policy = policy(&version, strict);
        for case in &cases {
            let (told, real) = (foretold(case, &policy).0, said(case, strict, directory.path()));
            if told != Some(real) {
                different.push(format!("{} strict {strict}: {told:?}, really {real:?}", case.id));
            }
        }
    }
    for line in &different {
        eprintln!("{line}");
    }
    // The keys are made anew in each run, so one chain in a thousand may be one that was never seen.
    assert!(different.len() * 500 <= cases.len(), "{} of {} differ", different.len(), cases.len());
}

/// What a chain costs, its certificates read once and each policy asked from the start, is little.
#[test]
#[cfg(unix)]
fn a_chain_and_policy_cost_less_than_a_third_of_a_millisecond() {
    use nix::time::{ClockId, clock_gettime};
    let policies = ["1.1.1w", "3.0.19", "3.5.5", "4.0.3"].map(|version| Version::parse(version).unwrap());
    let policies: Vec<_> =
        policies.iter().flat_map(|version| [policy(version, false), policy(version, true)]).collect();
    let cases = cases();
    let spent = || {
        let now = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
        u128::try_from(now.tv_sec()).unwrap() * 1_000_000_000 + u128::try_from(now.tv_nsec()).unwrap()
    };
    let pass = || {
        let before = spent();
        for case in &cases {
            for policy in &policies {
                let _ = foretold(case, policy);
            }
        }
        (spent() - before) / u128::try_from(cases.len() * policies.len()).unwrap()
    };
    // The least of some passes: what else the machine does at the time only adds to it.
    let each = (0..5).map(|_| pass()).min().unwrap();
    eprintln!("{each} ns a chain and policy, certificates read anew for each");
    // Unoptimised, and reading certificates each time, it may cost ten times what it does in a release.
    let most = if cfg!(debug_assertions) { 3_000_000 } else { 300_000 };
    assert!(each <= most, "{each} ns");
}

/// A source of numbers that is the same in every run (xorshift64, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }
}

/// Certificates in which one octet of the signed part is another: what cannot be decoded any more, what is
/// taken for another thing, and what only breaks the signature must be so for both.
#[test]
fn mutated_certificates_are_read_as_openssl_reads_them() {
    if !require("openssl") {
        return;
    }
    let count = if crate::long() { 4000 } else { 300 };
    let directory = tempfile::tempdir().unwrap();
    let version = version();
    let policies = [false, true].map(|strict| (strict, policy(&version, strict)));
    let cases = cases();
    let cases: Vec<_> = cases.iter().filter(|case| case.sent.len() > 1 && case.sent.len() < 5).collect();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut different, mut asked) = (Vec::new(), 0);
    for round in 0..count {
        let case = cases[numbers.next(cases.len())];
        let place = numbers.next(case.sent.len());
        let mut der = ::pem::parse(&case.sent[place]).unwrap().into_contents();
        // The signature is some seventy octets at the end.
        let at = numbers.next(der.len() - 80);
        let bit = 1 << numbers.next(8);
        der[at] ^= bit;
        let mut sent = case.sent.clone();
        sent[place] = ::pem::encode(&::pem::Pem::new("CERTIFICATE", der));
        let mutated =
            Case { id: case.id.clone(), trusted: case.trusted.clone(), sent, name: case.name.clone(), at: case.at };
        let (strict, policy) = &policies[round % 2];
        let real = said(&mutated, *strict, directory.path());
        // What the program cannot load has no number; beside the server's certificate it leaves that out, and
        // wants one that it can load.
        let is_loaded = |text: &&String| member(text).is_some_and(|member| member.is_decodable);
        let loaded: Vec<_> = mutated.sent.iter().filter(is_loaded).cloned().collect();
        let told = match loaded.first() == mutated.sent.first() && loaded.len() > 1 {
            false => Some(Err(0)),
            true => foretold(&Case { sent: loaded, ..mutated }, policy).0,
        };
        asked += 1;
        if told != Some(real) {
            different.push(format!("{} certificate {place} octet {at} bit {bit}: {told:?}, really {real:?}", case.id));
        }
    }
    for line in &different {
        eprintln!("{line}");
    }
    assert!(different.len() * 200 <= asked, "{} of {asked} differ", different.len());
}
