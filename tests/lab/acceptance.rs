//! What is held against authorities by themselves, held against what sixty configurations said of chains with them.

use crate::chains;
use crate::configurations::{CONFIGURATIONS, Configuration};
use crate::recorded::{self, Heard};
use castore::chain::acceptance::{Place, faults, is_no_authority};
use castore::chain::member::Member;
use castore::chain::{From, Held, Judged, Pool, Question, Trusted, Verdict, judge};
use castore::model::Body;
use castore::policy::{Fault, Policy};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The authorities of the path that was gone, each with its place and what is held against it.
fn held_against(judged: &Judged, chain: &chains::Chain, policy: &Policy) -> Vec<(usize, Vec<Fault>)> {
    let asked = |(depth, hop): (usize, &castore::chain::Hop)| {
        let place = if depth + 1 == judged.path.len() && matches!(hop.from, From::Pool(_)) {
            Place::Anchor
        } else {
            Place::Between
        };
        let trust = Trusted::Unstated;
        (depth, faults(&hop.member, place, trust, chain.question.at, policy))
    };
    judged.path.iter().enumerate().skip(1).map(asked).collect()
}

/// Whether every anchor of the store is refused, so that no path can end there.
fn has_no_anchor(chain: &chains::Chain, policy: &Policy) -> bool {
    let Some(leaf) = chain.question.sent.first() else { return false };
    let trust = Trusted::Unstated;
    chain.pool.anchors.iter().all(|held| {
        // A server's own certificate in the store is judged as no issuer.
        !held.member.is(leaf) && !faults(&held.member, Place::Anchor, trust, chain.question.at, policy).is_empty()
    })
}

/// Where a verdict contradicts what is held against the authorities of its path.
fn contradiction(of: &Configuration, chain: &chains::Chain, heard: &Heard, policy: &Policy) -> Option<String> {
    let judged = judge(&chain.question, &chain.pool, policy);
    let accepted = heard.accepts.contains(&chain.name);
    if judged.verdict == Verdict::Accepts
        && let Some((depth, against)) = held_against(&judged, chain, policy).into_iter().find(|(_, f)| !f.is_empty())
    {
        return Some(format!("{}: {}: accepted, and held against {depth}: {against:?}", of.client, chain.name));
    }
    let nobody = has_no_anchor(chain, policy);
    (accepted && nobody).then(|| format!("{}: {}: recorded as accepted, and no anchor serves", of.client, chain.name))
}

#[test]
fn what_is_refused_by_itself_is_in_no_path_that_was_accepted() {
    let (chains, recorded) = (chains::all(), recorded::all());
    let (mut asked, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for of in CONFIGURATIONS {
        let Ok(policy) = of.policy() else { continue };
        for chain in &chains {
            asked += 1;
            wrong.extend(contradiction(of, chain, &recorded[of.client], &policy));
            refused += usize::from(has_no_anchor(chain, &policy));
        }
    }
    println!(
        "{asked} chains and clients, in {refused} of which every anchor is refused by itself: {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 200, "{refused}");
}

/// The cases of x509-limbo that verify a server, as chains.
fn limbo() -> Vec<chains::Chain> {
    let suite: serde_json::Value = serde_json::from_str(include_str!("../data/limbo/limbo.json")).unwrap();
    let member = |text: &serde_json::Value| {
        let entry = castore::format::pem::read(text.as_str()?.as_bytes()).entries.into_iter().next()?;
        let Body::Certificate(der) = entry.body else { return None };
        Member::new(Arc::new(castore::format::x509::read(der))).ok().map(Arc::new)
    };
    let held = |member| Held { member, place: None, ends_chain: true, trust: Trusted::Unstated };
    let all = suite["testcases"].as_array().unwrap().iter().filter(|case| case["validation_kind"] == "SERVER");
    let chain = |case: &serde_json::Value| {
        let sent = std::iter::once(&case["peer_certificate"]);
        let sent = sent.chain(case["untrusted_intermediates"].as_array().unwrap()).filter_map(member).collect();
        let anchors = case["trusted_certs"].as_array().unwrap().iter().filter_map(member).map(held).collect();
        let at = case["validation_time"].as_str().unwrap_or("2026-11-21T20:15:00Z").parse().unwrap();
        let name = case["expected_peer_name"]["value"].as_str().map(|name| name.parse().unwrap());
        let question = Question { sent, name, at, stapled: None };
        chains::Chain { name: case["id"].as_str().unwrap().to_owned(), question, pool: Pool { anchors } }
    };
    all.map(chain).collect()
}

fn octets(chain: &chains::Chain) -> usize {
    let held = chain.pool.anchors.iter().map(|held| &held.member);
    chain.question.sent.iter().chain(held).map(|member| member.certificate().der().len()).sum()
}

#[test]
fn nor_in_one_that_an_engine_accepts_of_limbo() {
    let cases = limbo();
    assert_eq!(cases.len(), 198);
    let nobody = Heard { accepts: BTreeSet::new(), refuses: BTreeMap::new() };
    let (mut refused, mut wrong) = (0, Vec::new());
    // One of each row: its versions differ little in what is asked of an authority.
    let mut rows = BTreeSet::new();
    for of in CONFIGURATIONS.iter().filter(|of| rows.insert(of.row.id)) {
        let Ok(policy) = of.policy() else { continue };
        // Those made to cost much say nothing of authorities.
        for case in cases.iter().filter(|case| octets(case) < 10_000) {
            wrong.extend(contradiction(of, case, &nobody, &policy));
            refused += usize::from(has_no_anchor(case, &policy));
        }
    }
    println!("of limbo every anchor is refused by itself in {refused}: {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 100, "{refused}");
}

/// Faults that are of one authority and of nothing else in a path.
fn is_of_itself(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::NotCa
            | Fault::AnchorNotCa
            | Fault::CaKeyWeak
            | Fault::CriticalUnknown
            | Fault::PurposeUnsuitable
            | Fault::KeyUsageNoCertSign
            | Fault::VersionUnsupported
            | Fault::SubjectKeyIdMissing
            | Fault::BasicConstraintsNotCritical
            | Fault::CaKeyUsageMissing
    )
}

#[test]
fn what_a_verdict_blames_an_authority_for_is_held_against_it() {
    let chains = chains::all();
    let (mut told, mut missing) = (0, Vec::new());
    for of in CONFIGURATIONS {
        let Ok(policy) = of.policy() else { continue };
        for chain in &chains {
            let judged = judge(&chain.question, &chain.pool, &policy);
            let Verdict::Refuses { fault, .. } = judged.verdict.clone() else { continue };
            if fault.depth == 0 || fault.depth >= judged.path.len() || !is_of_itself(fault.fault) {
                continue;
            }
            told += 1;
            let against = held_against(&judged, chain, &policy);
            // Programs have several words for what is no authority.
            let no_authority = is_no_authority(fault.fault) || fault.fault == Fault::PurposeUnsuitable;
            let is_meant = |found: &Fault| *found == fault.fault || no_authority && is_no_authority(*found);
            let same = against.iter().any(|(depth, found)| *depth == fault.depth && found.iter().any(is_meant));
            if !same {
                missing.push(format!("{}: {}: {fault:?} not in {against:?}", of.client, chain.name));
            }
        }
    }
    println!("{told} verdicts blame an authority: {} of them are not held against it", missing.len());
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(told > 200, "{told}");
}
