//! Signatures that OpenSSL made, and what is none.

use super::*;
use crate::format::{pem, x509};
use crate::model::Body;
use std::sync::Arc;

/// Certificates made by OpenSSL, one for each algorithm; each is named after it.
const VECTORS: &str = include_str!("../../../tests/data/chain/signatures.pem");

fn vectors() -> Vec<(String, Member)> {
    let entries = pem::read(VECTORS.as_bytes()).entries;
    let certificates = entries.into_iter().map(|entry| match entry.body {
        Body::Certificate(der) => Member::new(Arc::new(x509::read(der))).expect("a certificate"),
        other => panic!("{other:?}"),
    });
    certificates.map(|member| (super::super::name::common_names(&member).concat(), member)).collect()
}

/// The octets with one bit of the place turned over.
fn turned(octets: &[u8], place: usize) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[place] ^= 1;
    octets
}

#[test]
fn what_openssl_signed_is_good_and_nothing_else() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 42);
    for (name, member) in vectors {
        let (algorithm, signature) = (member.octets(&member.outer_algorithm), member.octets(&member.signature));
        let tbs = member.octets(&member.tbs);
        let said = |message: &[u8], signature: &[u8]| verify(member.spki(), algorithm, message, signature);
        // No crate here has this curve.
        if name == "ed448" {
            assert_eq!(said(tbs, signature), Signature::Unsupported(member.algorithm), "{name}");
            continue;
        }
        assert_eq!(said(tbs, signature), Signature::Good, "{name}");
        assert_eq!(said(&turned(tbs, tbs.len() / 2), signature), Signature::Bad, "{name}");
        assert_eq!(said(tbs, &turned(signature, signature.len() - 1)), Signature::Bad, "{name}");
        assert_eq!(said(tbs, &[]), Signature::Bad, "{name}");
        assert_eq!(member.signed_by(&member), Signature::Good, "{name}");
    }
}

#[test]
fn another_key_or_algorithm_made_none_of_it() {
    let vectors = vectors();
    // Those that cost milliseconds are tried with their neighbours only.
    let slow = |name: &str| ["brainpool", "prime192", "p-224", "dsa"].iter().any(|kind| name.starts_with(kind));
    for (place, (name, member)) in vectors.iter().enumerate() {
        for (other_place, (other_name, other)) in vectors.iter().enumerate() {
            let is_near = place.abs_diff(other_place) == 1;
            let is_tried = is_near || !slow(name) || !slow(other_name);
            if name != other_name && is_tried && name != "ed448" && other_name != "ed448" {
                assert_eq!(member.signed_by(other), Signature::Bad, "{name} by {other_name}");
            }
        }
    }
}

#[test]
fn ml_dsa_is_verified() {
    use aws_lc_rs::signature::{KeyPair, ML_DSA_65_SIGNING, PqdsaKeyPair};
    let pair = PqdsaKeyPair::generate(&ML_DSA_65_SIGNING).expect("a key");
    let mut signature = vec![0; ML_DSA_65_SIGNING.signature_len()];
    pair.sign(b"message", &mut signature).expect("a signature");
    let oid = crate::format::der::oid(Oid::new_unwrap("2.16.840.1.101.3.4.3.18"));
    let algorithm = crate::format::der::sequence(&[oid]);
    let bits = [&[0], pair.public_key().as_ref()].concat();
    let bits = crate::format::der::element(crate::format::der::tag::BIT_STRING, &bits);
    let spki = crate::format::der::sequence(&[algorithm.clone(), bits]);
    assert_eq!(verify(&spki, &algorithm, b"message", &signature), Signature::Good);
    assert_eq!(verify(&spki, &algorithm, b"massage", &signature), Signature::Bad);
}

proptest::proptest! {
    #[test]
    fn any_octets_are_judged(key: Vec<u8>, algorithm: Vec<u8>, signature: Vec<u8>) {
        let _ = verify(&key, &algorithm, b"message", &signature);
        for (_, member) in vectors().into_iter().step_by(7) {
            let _ = verify(member.spki(), &algorithm, b"message", &signature);
            let _ = verify(&key, member.octets(&member.outer_algorithm), b"message", &signature);
        }
    }
}
