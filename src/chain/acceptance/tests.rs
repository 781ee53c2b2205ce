//! Roots made here, before one verifier of each family.

use super::*;
use crate::format::x509;
use crate::model::Version;
use crate::policy::{self, Parts, Row};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};

fn at() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}

fn root(change: impl FnOnce(&mut CertificateParams)) -> Arc<Member> {
    let mut params = CertificateParams::new(Vec::new()).expect("names");
    params.distinguished_name.push(rcgen::DnType::CommonName, "root");
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    change(&mut params);
    let der = params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").der().to_vec();
    Arc::new(Member::new(Arc::new(x509::read(der.into()))).expect("readable"))
}

const VERIFIERS: &[(&str, &Row)] = &[
    ("openssl", &policy::openssl_programs::DEFAULTS),
    ("python", &policy::python::SSL),
    ("go", &policy::go::GO),
    ("java", &policy::java::JAVA),
    ("rustls", &policy::rustls::RUSTLS),
    ("gnutls", &policy::gnutls::CLI),
    ("nss", &policy::nss::CLASSIC),
    ("libpkix", &policy::nss::PKIX),
    ("pyca", &policy::pyca::PYCA),
];

fn policy(row: &Row) -> Policy {
    let parts = [("openssl", "3.0.19"), ("python", "3.13.0"), ("go", "1.27.3"), ("java", "25.0.3")];
    let components = parts.map(|(name, version)| (name, Version::parse(version).expect("a version")));
    (row.policy)(&Parts { components: &components, ..Parts::default() }).expect("a policy")
}

/// Who holds something against a root as an anchor, and what.
fn held(root: &Arc<Member>) -> Vec<(&'static str, Vec<Fault>)> {
    let of = |(name, row): &(&'static str, &Row)| {
        (*name, faults(root, Place::Anchor, Trusted::Unstated, at(), &policy(row)))
    };
    VERIFIERS.iter().map(of).filter(|(_, found)| !found.is_empty()).collect()
}

fn names(root: &Arc<Member>, fault: Fault) -> Vec<&'static str> {
    held(root).into_iter().filter(|(_, found)| found.contains(&fault)).map(|(name, _)| name).collect()
}

#[test]
fn nobody_refuses_a_sound_root_whatever_its_dates() {
    assert_eq!(held(&root(|_| {})), []);
    let gone = root(|params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    assert_eq!(held(&gone), []);
}

#[test]
fn a_purpose_counts_for_some() {
    let for_clients = root(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]);
    assert_eq!(names(&for_clients, Fault::PurposeUnsuitable), ["openssl", "python", "go", "pyca"]);
    // What the store says goes before it with OpenSSL.
    let openssl = policy(&policy::openssl_programs::DEFAULTS);
    assert_eq!(faults(&for_clients, Place::Anchor, Trusted::Yes, at(), &openssl), []);
    let sound = root(|_| {});
    assert!(faults(&sound, Place::Anchor, Trusted::Rejected, at(), &openssl).contains(&Fault::AnchorRejected));
}

#[test]
fn a_key_usage_without_certificates_counts_for_most() {
    let of_lists = root(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let all = names(&of_lists, Fault::KeyUsageNoCertSign);
    assert_eq!(all, ["openssl", "python", "go", "java", "gnutls", "libpkix", "pyca"]);
}

#[test]
fn a_root_without_key_usage_is_for_who_is_not_strict() {
    let silent = root(|params| params.key_usages.clear());
    assert_eq!(names(&silent, Fault::CaKeyUsageMissing), ["python", "pyca"]);
    assert_eq!(held(&silent).len(), 2);
}

#[test]
fn between_others_it_is_asked_more() {
    let sound = root(|_| {});
    let go = policy(&policy::go::GO);
    assert_eq!(faults(&sound, Place::Between, Trusted::Unstated, at(), &go), []);
    let none = root(|params| params.is_ca = IsCa::NoCa);
    assert!(faults(&none, Place::Between, Trusted::Unstated, at(), &go).contains(&Fault::NotCa));
}
