//! Certificates made here, and values of extensions octet by octet.

use super::extension::*;
use super::*;
use crate::format::x509;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};

fn member(der: &[u8]) -> Member {
    Member::new(Arc::new(x509::read(der.into()))).expect("a certificate")
}

/// A certificate made by rcgen, changed by `change`.
fn made(change: impl FnOnce(&mut CertificateParams)) -> Member {
    let mut params = CertificateParams::new(["one.example".to_owned(), "192.0.2.7".to_owned()]).expect("names");
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    member(params.self_signed(&key).expect("a certificate").der())
}

#[test]
fn a_leaf_is_read_whole() {
    let leaf = made(|params| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    assert_eq!(leaf.version, 3);
    let names: Vec<_> = leaf.alt_names().cloned().collect();
    let expected = [GeneralName::Dns(b"one.example".as_slice().into()), GeneralName::Ip([192, 0, 2, 7].into())];
    assert_eq!(names, expected);
    assert_eq!(leaf.key_usage.value(), Some(&KeyUsage(1)));
    assert_eq!(leaf.extended_key_usage.value(), Some(&vec![crate::model::trust::SERVER_AUTH]));
    assert_eq!(leaf.basic_constraints, Found::Absent);
    assert!(leaf.not_before.plain && leaf.not_after.plain);
    assert!(leaf.is_self_issued() && leaf.algorithms_agree() && !leaf.is_ca());
    assert_eq!(leaf.authority_fits(&leaf), Ok(()));
    // The signature of P-256 is a SEQUENCE of two INTEGERs.
    assert_eq!(leaf.octets(&leaf.signature)[0], 0x30);
    assert_eq!(leaf.octets(&leaf.tbs)[0], 0x30);
}

#[test]
fn an_authority_is_read_whole() {
    let root = made(|params| params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(1)));
    assert_eq!(root.basic_constraints.value(), Some(&Constraint { ca: true, path_len: Some(1) }));
    assert!(root.basic_constraints.is_critical());
    assert!(root.subject_key_id.value().is_some());
}

#[test]
fn what_is_there_twice_says_nothing_and_keeps_the_first() {
    let mut found = Found::Absent;
    found.take(false, Some(1));
    assert_eq!(found, Found::Present { value: 1, critical: false });
    found.take(true, Some(2));
    assert_eq!(found, Found::Repeated { critical: true, first: Some(1) });
    assert!(found.is_broken() && found.value().is_none());
}

#[test]
fn values_are_decoded_as_openssl_does() {
    // Trailing octets behind the value are passed over, within it they are an error.
    assert_eq!(basic_constraints(&[0x30, 0, 0xff]), Some(Constraint { ca: false, path_len: None }));
    assert_eq!(basic_constraints(&[0x30, 2, 0x05, 0]), None);
    assert_eq!(basic_constraints(&[0x30, 3, 1, 1, 1]).map(|found| found.ca), Some(true));
    assert_eq!(basic_constraints(&[0x30, 3, 2, 1, 0xff]).and_then(|found| found.path_len), Some(-1));
    // A needless octet.
    assert_eq!(basic_constraints(&[0x30, 4, 2, 2, 0, 1]), None);
    assert_eq!(key_usage(&[3, 2, 1, 0x06]), Some(KeyUsage(0x60)));
    assert_eq!(key_usage(&[3, 3, 7, 0, 0x80]), Some(KeyUsage(0x100)));
    assert_eq!(key_usage(&[3, 1, 0]), Some(KeyUsage(0)));
    assert_eq!(key_usage(&[3, 2, 8, 0x06]), None);
    assert_eq!(extended_key_usage(&[0x30, 0]), Some(Vec::new()));
    assert_eq!(extended_key_usage(&[0x30, 3, 6, 1, 0x80]), None);
    assert_eq!(alt_names(&[0x30, 3, 0x82, 1, b'a']), Some(vec![GeneralName::Dns([b'a'].into())]));
    // An address of any length is an OCTET STRING; a constructed one must hold strings.
    assert!(alt_names(&[0x30, 5, 0x87, 3, 1, 2, 3]).is_some());
    assert!(alt_names(&[0x30, 5, 0xa7, 3, 1, 2, 3]).is_none());
    assert_eq!(alt_names(&[0x30, 5, 0xa7, 3, 4, 1, 9]), Some(vec![GeneralName::Ip([9].into())]));
    assert!(alt_names(&[0x30, 2, 0x90, 0]).is_none());
}

#[test]
fn constraints_keep_their_two_lists() {
    let value = [0x30, 12, 0xa0, 5, 0x30, 3, 0x82, 1, b'a', 0xa1, 3, 0x30, 1, 0x82];
    assert_eq!(name_constraints(&value), None);
    let value = [0x30, 17, 0xa0, 5, 0x30, 3, 0x82, 1, b'a', 0xa1, 8, 0x30, 6, 0x82, 1, b'b', 0x80, 1, 1];
    let found = name_constraints(&value).expect("constraints");
    let subtree = |name: u8, plain| Subtree { base: GeneralName::Dns([name].into()), plain };
    assert_eq!(found, NameConstraints { permitted: vec![subtree(b'a', true)], excluded: vec![subtree(b'b', false)] });
}

#[test]
fn serial_numbers_are_numbers() {
    assert!(same_number(&[0, 1], &[1]));
    assert!(same_number(&[0xff, 0xff, 0x80], &[0x80]));
    assert!(!same_number(&[0, 0x80], &[0x80]));
}

proptest::proptest! {
    #[test]
    fn any_octets_are_read_or_refused(value: Vec<u8>) {
        let _ = (basic_constraints(&value), key_usage(&value), extended_key_usage(&value), octet_string(&value));
        let _ = (authority_key_id(&value), alt_names(&value), name_constraints(&value), policies(&value));
        let _ = (policy_mappings(&value), policy_constraints(&value), integer(&value), proxy(&value));
        let _ = (netscape_type(&value), anything(&value));
        let _ = Member::new(Arc::new(x509::read(value.into())));
    }
}
