//! Certificates that strict parsers refuse, built field by field.

use super::*;
use crate::format::der::put;
use crate::format::tests::certificate;
use crate::model::{BasicConstraints, KeyUsage, PublicKey, Timestamp};
use proptest::prelude::*;

/// The fields of a certificate, each as DER; the signature is none.
struct Fields {
    version: Option<u8>,
    serial: Vec<u8>,
    algorithm: Vec<u8>,
    name: Vec<u8>,
    validity: Vec<u8>,
    spki: Vec<u8>,
    extensions: Option<Vec<Vec<u8>>>,
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, tag, &parts.concat());
    out
}

fn oid(text: &str) -> Vec<u8> {
    use der::Encode;
    crate::model::Oid::new_unwrap(text).to_der().unwrap()
}

fn algorithm(text: &str) -> Vec<u8> {
    element(tag::SEQUENCE, &[&oid(text)])
}

fn name(tag: u8, octets: &[u8]) -> Vec<u8> {
    let pair = element(tag::SEQUENCE, &[&oid("2.5.4.3"), &element(tag, &[octets])]);
    element(tag::SEQUENCE, &[&element(tag::SET, &[&pair])])
}

fn key(parameters: &[&[u8]], bits: &[u8]) -> Vec<u8> {
    let algorithm = element(tag::SEQUENCE, parameters);
    element(tag::SEQUENCE, &[&algorithm, &element(tag::BIT_STRING, &[&[0], bits])])
}

fn dates(tag: u8, from: &[u8], to: &[u8]) -> Vec<u8> {
    element(tag::SEQUENCE, &[&element(tag, &[from]), &element(tag, &[to])])
}

fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    element(tag::SEQUENCE, &[&oid(id), flag, &element(tag::OCTET_STRING, &[value])])
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            version: Some(2),
            serial: vec![5],
            algorithm: algorithm("1.2.840.10045.4.3.2"),
            name: name(tag::UTF8, b"root"),
            validity: dates(tag::UTC_TIME, b"200101000000Z", b"400101000000Z"),
            spki: key(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")], &[4, 1, 2]),
            extensions: None,
        }
    }
}

impl Fields {
    fn build(&self) -> Certificate {
        let version = self.version.map_or_else(Vec::new, |v| element(tag::context(0), &[&[2, 1, v]]));
        let serial = element(tag::INTEGER, &[&self.serial]);
        let extensions = self
            .extensions
            .as_ref()
            .map_or_else(Vec::new, |list| element(tag::context(3), &[&element(tag::SEQUENCE, &[&list.concat()])]));
        let parts: [&[u8]; 8] =
            [&version, &serial, &self.algorithm, &self.name, &self.validity, &self.name, &self.spki, &extensions];
        let tbs = element(tag::SEQUENCE, &parts);
        let signature = element(tag::BIT_STRING, &[&[0, 1]]);
        read(element(tag::SEQUENCE, &[&tbs, &self.algorithm, &signature]).into())
    }
}

#[test]
fn reads_what_rcgen_writes() {
    let certificate = read(certificate().into());
    let details = details(&certificate).unwrap();
    assert_eq!(details.subject.short().raw(), "castore test root");
    assert_eq!((details.version, certificate.is_self_issued()), (3, true));
    assert_eq!(details.key.to_string(), "EC P-256");
    assert_eq!(details.signature.to_string(), "ecdsa-with-SHA256");
    assert_eq!(details.basic_constraints, Some(BasicConstraints { ca: true, path_len: None, critical: true }));
    assert_eq!(details.key_usage.unwrap().names().collect::<Vec<_>>(), ["keyCertSign", "cRLSign"]);
    assert!(details.extensions.iter().all(|extension| extension.malformed.is_none()));
    assert!(details.subject_key_id.is_some());
}

#[test]
fn a_version_1_root_is_an_authority() {
    let certificate = Fields { version: None, ..Fields::default() }.build();
    let details = details(&certificate).unwrap();
    assert_eq!(details.version, 1);
    assert!(details.is_ca(certificate.is_self_issued()) && details.extensions.is_empty());
}

#[test]
fn odd_serial_numbers_are_kept_as_they_are() {
    for serial in [vec![], vec![0], vec![0xff], vec![0x80, 0, 1], vec![0, 0, 7], vec![0x5a; 40]] {
        let certificate = Fields { serial: serial.clone(), ..Fields::default() }.build();
        assert_eq!(details(&certificate).unwrap().serial, serial);
    }
}

#[test]
fn names_the_key_without_evaluating_it() {
    let spki = |spki| {
        let certificate = Fields { spki, ..Fields::default() }.build();
        details(&certificate).unwrap().key.clone()
    };
    assert_eq!(spki(key(&[&oid("1.3.101.112")], &[7; 32])).to_string(), "ED25519 256");
    assert_eq!(spki(key(&[&oid("2.16.840.1.101.3.4.3.18")], &[7; 1952])).to_string(), "ML-DSA-65");
    assert_eq!(spki(key(&[&oid("1.2.3.4")], &[7])).to_string(), "1.2.3.4");
    let ec = oid("1.2.840.10045.2.1");
    assert_eq!(spki(key(&[&ec, &[0x30, 3, 2, 1, 1]], &[4])), PublicKey::EcExplicit);
    assert_eq!(spki(key(&[&ec, &oid("1.2.3")], &[4])), PublicKey::Ec { curve: "1.2.3".into(), bits: None });
    assert_eq!(spki(key(&[&ec, &[5, 0]], &[4])).to_string(), "EC without parameters");
    let modulus = element(tag::SEQUENCE, &[&element(tag::INTEGER, &[&[0, 0x80], &[0; 127]]), &[2, 1, 3]]);
    assert_eq!(spki(key(&[&oid("1.2.840.113549.1.1.1"), &[5, 0]], &modulus)), PublicKey::Rsa { bits: 1024 });
}

#[test]
fn one_broken_extension_leaves_the_others() {
    let extensions = vec![
        extension("2.5.29.15", true, b"\x05\x00"),
        extension("2.5.29.19", true, &[0x30, 6, 1, 1, 0xff, 2, 1, 4]),
        extension("2.5.29.37", false, &element(tag::SEQUENCE, &[&oid("1.3.6.1.5.5.7.3.2"), &oid("1.3.6.1.5.5.7.3.1")])),
        extension("1.2.3.4", false, b"anything"),
        extension("2.5.29.14", false, &[4, 2, 0xab, 0xcd]),
        extension("2.5.29.35", false, &[0x30, 4, 0x80, 2, 1, 2]),
        extension("2.5.29.17", false, b"\xff"),
        element(tag::SEQUENCE, &[&[6, 1, 0x80]]),
    ];
    let certificate = Fields { extensions: Some(extensions), ..Fields::default() }.build();
    let details = details(&certificate).unwrap();
    let broken: Vec<bool> = details.extensions.iter().map(|extension| extension.malformed.is_some()).collect();
    assert_eq!(broken, [true, false, false, false, false, false, true, true]);
    assert_eq!(details.key_usage, None);
    assert_eq!(details.basic_constraints, Some(BasicConstraints { ca: true, path_len: Some(4), critical: true }));
    let purposes: Vec<String> = details.extended_key_usage.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(purposes, ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"]);
    assert_eq!(details.subject_key_id.as_deref(), Some(&[0xab, 0xcd][..]));
    assert_eq!(details.authority_key_id.as_deref(), Some(&[1, 2][..]));
}

#[test]
fn key_usage_bits_are_those_of_the_rfc() {
    for (value, bits) in [([3, 2, 1, 6], 0b0110_0000), ([3, 2, 7, 0x80], 1), ([3, 2, 0, 1], 0b1000_0000)] {
        let certificate =
            Fields { extensions: Some(vec![extension("2.5.29.15", true, &value)]), ..Fields::default() }.build();
        assert_eq!(details(&certificate).unwrap().key_usage, Some(KeyUsage(bits)));
    }
}

#[test]
fn a_bad_date_is_bad_alone() {
    let validity = dates(tag::UTC_TIME, b"2001010000Z", b"400101000000");
    let certificate = Fields { validity, ..Fields::default() }.build();
    assert_eq!(certificate.not_before(), "2020-01-01".parse::<Timestamp>().ok());
    let outline = certificate.outline().unwrap();
    assert_eq!(outline.not_after.as_ref().unwrap_err().found.raw(), "400101000000");
    assert!(details(&certificate).is_ok());
    let empty = Fields { validity: element(tag::SEQUENCE, &[]), ..Fields::default() }.build();
    assert!(empty.outline().unwrap().not_before.is_err());
}

#[test]
fn names_decode_as_their_types_say() {
    let bmp: Vec<u8> = "Zürich".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (tag, octets, expected) in [
        (tag::BMP, &bmp[..], "CN=Zürich"),
        (tag::TELETEX, b"Z\xfcrich", "CN=Zürich"),
        (tag::PRINTABLE, b"Zurich", "CN=Zurich"),
        (tag::OCTET_STRING, b"\x01\x02", "CN=#0102"),
    ] {
        let certificate = Fields { name: name(tag, octets), ..Fields::default() }.build();
        assert_eq!(details(&certificate).unwrap().subject.text().raw(), expected);
    }
    let certificate = Fields { name: name(tag::UTF8, b"a\xffb"), ..Fields::default() }.build();
    assert!(details(&certificate).unwrap().subject.text().is_lossy());
}

#[test]
fn what_is_no_certificate_still_has_a_fingerprint() {
    let certificate = read(vec![0x30, 0].into());
    assert!(certificate.outline().is_err() && details(&certificate).is_err());
    assert!(certificate.fingerprint().to_string().starts_with("e4f60d0a"));
}

proptest! {
    #[test]
    fn never_panics_on_a_spoilt_certificate(at: prop::sample::Index, octet: u8, cut: prop::sample::Index) {
        static DER: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(certificate);
        let mut der = DER.clone();
        *at.get_mut(&mut der) = octet;
        for der in [der[..cut.index(der.len())].to_vec(), der] {
            let certificate = read(der.into());
            let _ = details(&certificate);
            prop_assert_eq!(called(&certificate), subject(&certificate).map(|subject| subject.short()));
        }
    }
}

#[test]
fn in_brief_says_what_the_details_say() {
    for der in
        [crate::format::tests::certificate(), include_bytes!("../../../tests/data/certificates/one.der").to_vec()]
    {
        let certificate = read(der.into());
        let (brief, details) = (brief(&certificate).unwrap(), details(&certificate).unwrap());
        assert_eq!((&brief.issuer, &brief.subject), (&details.issuer, &details.subject));
        assert_eq!(brief.ca, Some(details.is_ca(certificate.is_self_issued())));
        assert_eq!(called(&certificate).unwrap(), brief.subject.short());
    }
}
