//! Hostile chains: every configuration answers in bounded time, whatever a server sends.

use super::configurations::CONFIGURATIONS;
use castore::chain::member::Member;
use castore::chain::{Held, Pool, Question, Trusted, Verdict, judge};
use castore::model::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, SerialNumber, date_time_ymd,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time for one verdict, unoptimised and on a busy machine. Without bounds these take hours.
const ENOUGH: Duration = Duration::from_secs(20);

fn key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap()
}

fn authority(name: &str, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.serial_number = Some(SerialNumber::from(serial));
    params
}

fn server(names: &[String]) -> CertificateParams {
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

fn member(certificate: &rcgen::Certificate) -> Arc<Member> {
    Arc::new(Member::new(Arc::new(castore::format::x509::read((&certificate.der()[..]).into()))).unwrap())
}

/// Asks every configuration, each in its time.
fn ask(what: &str, sent: Vec<Arc<Member>>, anchors: Vec<Arc<Member>>) -> Vec<Verdict> {
    let held = |member| Held { member, place: None, ends_chain: true, trust: Trusted::Unstated };
    let pool = Pool { anchors: anchors.into_iter().map(held).collect() };
    let at = Timestamp::from_civil(2026, 6, 1, 0, 0, 0).unwrap();
    let question = Question { sent, name: Some("localhost".parse().unwrap()), at, stapled: None };
    let mut verdicts = Vec::new();
    for configuration in CONFIGURATIONS {
        let policy = configuration.policy().unwrap();
        let start = Instant::now();
        let judged = judge(&question, &pool, &policy);
        let took = start.elapsed();
        assert!(took < ENOUGH, "{what}: {} took {took:?}", configuration.client);
        assert!(judged.steps.len() <= castore::limits::CHAIN_STEPS, "{what}: {}", configuration.client);
        assert!(judged.behind.len() <= 100, "{what}: {}", configuration.client);
        verdicts.push(judged.verdict);
    }
    verdicts
}

fn accepted(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| **verdict == Verdict::Accepts).count()
}

#[test]
fn ten_thousand_certificates_of_one_name() {
    let keys: Vec<KeyPair> = (0..20).map(|_| key()).collect();
    let issuer = Issuer::new(authority("Hostile", 1), &keys[0]);
    let leaf = server(&["localhost".to_owned()]).signed_by(&key(), &issuer).unwrap();
    let mut sent = vec![member(&leaf)];
    for serial in 0..10_000u64 {
        let wrong = &keys[usize::try_from(serial % 19).unwrap() + 1];
        let params = authority("Hostile", serial + 2);
        sent.push(member(&params.signed_by(wrong, &issuer).unwrap()));
    }
    let verdicts = ask("ten thousand", sent, Vec::new());
    assert_eq!(accepted(&verdicts), 0);
}

#[test]
fn authorities_that_all_issued_each_other() {
    const MANY: usize = 12;
    let keys: Vec<KeyPair> = (0..MANY).map(|_| key()).collect();
    let names: Vec<String> = (0..MANY).map(|at| format!("Authority {at}")).collect();
    let leaf = server(&["localhost".to_owned()]);
    let leaf = leaf.signed_by(&key(), &Issuer::new(authority(&names[0], 1), &keys[0])).unwrap();
    let mut sent = vec![member(&leaf)];
    let mut serial = 2;
    for (issuer, issuer_key) in names.iter().zip(&keys) {
        let issuer = Issuer::new(authority(issuer, 1), issuer_key);
        for (subject, subject_key) in names.iter().zip(&keys) {
            serial += 1;
            sent.push(member(&authority(subject, serial).signed_by(subject_key, &issuer).unwrap()));
        }
    }
    let other = key();
    let root = authority("Root elsewhere", 1).self_signed(&other).unwrap();
    let verdicts = ask("each other", sent, vec![member(&root)]);
    assert_eq!(accepted(&verdicts), 0);
}

#[test]
fn names_and_constraints_by_the_thousand() {
    let (root_key, middle_key) = (key(), key());
    let root = authority("Root", 1);
    let names =
        |count: usize, domain: &str| -> Vec<String> { (0..count).map(|at| format!("host{at}.{domain}")).collect() };
    let mut middle = authority("Middle", 2);
    let mut permitted: Vec<GeneralSubtree> =
        names(2_000, "elsewhere.example").into_iter().map(GeneralSubtree::DnsName).collect();
    permitted.push(GeneralSubtree::DnsName("localhost".to_owned()));
    permitted.push(GeneralSubtree::DnsName("here.example".to_owned()));
    let excluded = names(2_000, "nowhere.example").into_iter().map(GeneralSubtree::DnsName).collect();
    middle.name_constraints = Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded });
    let mut all = names(2_000, "here.example");
    all.push("localhost".to_owned());
    let leaf = server(&all).signed_by(&key(), &Issuer::from_params(&middle, &middle_key)).unwrap();
    let middle = middle.signed_by(&middle_key, &Issuer::from_params(&root, &root_key)).unwrap();
    let root = root.self_signed(&root_key).unwrap();
    ask("constraints", vec![member(&leaf), member(&middle)], vec![member(&root)]);
}
