//! What a verdict costs: one chain before one policy, and the whole command beside `which`.

use crate::certificates::{NOW, intermediate, leaf, root};
use crate::{Contender, Goal, castore, take_turns};
use castore::chain::member::Member;
use castore::chain::{Held, Pool, Question, Trusted, judge};
use castore::format::{pem, x509};
use castore::model::{Body, Version};
use castore::policy::{POLICIES, Parts, Settings};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const SUITE: &str = include_str!("../data/limbo/limbo.json");

/// When a case of the suite names no moment.
const MOMENT: &str = "2026-11-21T20:15:00Z";

/// The clients of this machine before a chain that most refuse, so that a remedy is looked for in each.
pub fn command(directory: &Path) -> Vec<Goal> {
    let authority = root("Bench Root").make();
    let between = intermediate("Bench Issuing").issued_by(&authority);
    let server = leaf("bench.example").issued_by(&between);
    let (chain, only) = (directory.join("chain.pem"), directory.join("root.pem"));
    fs::write(&chain, server.pem() + &between.pem()).expect("a chain is written");
    fs::write(&only, authority.pem()).expect("a root is written");
    // That clients refuse is no failure of the run.
    let script = "\"$0\" why \"$1\" --name bench.example --at \"$2\" --env CURL_CA_BUNDLE=\"$3\"; test $? -le 1";
    let arguments = ["-c".into(), script.into(), castore().into(), chain.into_os_string(), NOW.into(), only.into()];
    let contenders = [
        Contender::new("castore which", castore(), ["which"]).printing(3),
        Contender::new("castore why", "sh", arguments).printing(3),
    ];
    let costs = take_turns(&contenders, 21);
    vec![Goal::of("castore why / castore which", (&costs[1], &costs[0]), 4.0)]
}

/// Every chain of x509-limbo before every policy: milliseconds of processor time for one of each.
#[cfg(unix)]
pub fn verdict(_: &Path) -> Vec<Goal> {
    let suite: serde_json::Value = serde_json::from_str(SUITE).expect("the suite");
    let version = |text: &str| Version::parse(text).expect("a version");
    let components: Vec<(&'static str, Version)> = [
        ("python", "3.13.0"),
        ("openssl", "3.5.0"),
        ("urllib3", "2.4.0"),
        ("curl", "8.14.1"),
        ("node", "24.1.0"),
        ("go", "1.24.3"),
        ("java", "21.0.8"),
        ("ruby", "3.4.0"),
        ("php", "8.4.0"),
        ("nss", "3.110"),
        ("gnutls", "3.8.9"),
    ]
    .map(|(component, text)| (component, version(text)))
    .into();
    let parts = Parts { components: &components, marks: &[], settings: Settings::default() };
    let policies: Vec<_> = POLICIES.iter().filter_map(|row| (row.policy)(&parts).ok()).collect();
    assert!(policies.len() > POLICIES.len() / 2, "{} of {} policies", policies.len(), POLICIES.len());
    let cases = suite["testcases"].as_array().expect("cases");
    let started = processor();
    let mut judged = 0_u32;
    for case in cases.iter().filter(|case| case["validation_kind"] == "SERVER") {
        let all = |value: &serde_json::Value| -> Vec<Arc<Member>> {
            value.as_array().into_iter().flatten().filter_map(|text| member(text.as_str()?)).collect()
        };
        let mut sent: Vec<Arc<Member>> = case["peer_certificate"].as_str().and_then(member).into_iter().collect();
        sent.extend(all(&case["untrusted_intermediates"]));
        let name = case["expected_peer_name"]["value"].as_str().and_then(|name| name.parse().ok());
        let at = case["validation_time"].as_str().unwrap_or(MOMENT).parse().expect("a moment");
        let held = |member| Held { member, place: None, ends_chain: true, trust: Trusted::Unstated };
        let pool = Pool { anchors: all(&case["trusted_certs"]).into_iter().map(held).collect() };
        let question = Question { sent, name, at, stapled: None };
        for policy in &policies {
            std::hint::black_box(judge(&question, &pool, policy));
            judged += 1;
        }
    }
    let each = (processor() - started) / f64::from(judged);
    println!("  {judged} verdicts by {} policies, {each:.4} ms each", policies.len());
    vec![Goal { what: "milliseconds for a chain and policy", measured: each, by_turn: None, at_most: 0.3 }]
}

#[cfg(not(unix))]
pub fn verdict(_: &Path) -> Vec<Goal> {
    Vec::new()
}

/// Milliseconds of processor time that this process has taken.
#[cfg(unix)]
fn processor() -> f64 {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a known kind of usage");
    let times = [usage.user_time(), usage.system_time()];
    times.iter().map(|time| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3).sum()
}

fn member(text: &str) -> Option<Arc<Member>> {
    let entry = pem::read(text.as_bytes()).entries.into_iter().next()?;
    let Body::Certificate(der) = entry.body else { return None };
    Member::new(Arc::new(x509::read(der))).ok().map(Arc::new)
}
