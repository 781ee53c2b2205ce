//! One certificate in a file, sound and not, and what is no certificate.

use super::*;
use crate::format::tests::vectors::{Vector, hold, one, two, vector};
use crate::format::tests::{certificate, malformation};

#[test]
fn takes_exactly_one_element() {
    let der = certificate();
    let mut longer = der.clone();
    longer.extend_from_slice(b"tail");
    let entry = &read(&longer)[0];
    assert_eq!(entry.body, Body::Certificate(der.clone().into()));
    assert_eq!(entry.notes, [Note::Trailing(4)]);
    assert!(read(&der)[0].notes.is_empty());
}

#[test]
fn takes_a_certificate_in_ber_as_it_is() {
    let der = certificate();
    let ber = [&[0x30, 0x80], &der[4..], &[0, 0]].concat();
    let entry = &read(&[&ber[..], b"tail"].concat())[0];
    assert_eq!(entry.body, Body::Certificate(ber.into()));
    assert_eq!(entry.notes, [Note::Trailing(4), Note::Ber]);
}

#[test]
fn says_how_much_is_missing() {
    let der = certificate();
    let found = malformation(&read(&der[..der.len() - 10])[0]);
    assert!(found.found.raw().ends_with(&format!("{} there", der.len() - 14)), "{found:?}");
}

#[test]
fn refuses_indefinite_length_and_other_structures() {
    let found = malformation(&read(&[0x30, 0x80, 0x02, 0x01, 0x05, 0, 0])[0]);
    assert_eq!((found.expected, found.offset), ("a definite length", Some(1)));
    let found = malformation(&read(&[0x30, 0x03, 0x02, 0x01, 0x05])[0]);
    assert_eq!(found.expected, "a certificate");
    let found = malformation(&read(&[0x30, 0x8f, 0xff, 0xff])[0]);
    assert_eq!(found.expected, "a length of at most four octets");
}

#[test]
fn writes_what_it_reads() {
    for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
        let mut out = Vec::new();
        put(&mut out, tag::OCTET_STRING, &vec![7; length]);
        assert_eq!(Walk::new(&out).next().unwrap().content.len(), length);
    }
}

/// A structure signed as a certificate is, around these fields.
fn signed(fields: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = sequence(&[oid(Oid::new_unwrap("1.2.840.10045.4.3.2"))]);
    sequence(&[sequence(fields), algorithm, element(tag::BIT_STRING, &[0, 1, 2, 3])])
}

fn vectors() -> Vec<Vector> {
    let (der, nothing) = (one(), || sequence(&[]));
    let content = || der[4..].to_vec();
    let behind = |head: &[u8], tail: &[u8]| [head, &content(), tail].concat();
    let mut negative = der.clone();
    // The first octet of the serial number, behind two headers, the version and one header (4, 4, 5, 2).
    negative[15] |= 0x80;
    vec![
        vector("clean", "none", der.clone()),
        vector("trailing", "text behind the certificate", [&der[..], b"tail"].concat()),
        vector("trailing-certificate", "another certificate behind it", [der.clone(), two()].concat()),
        vector("cut", "the last ten octets are missing", der[..der.len() - 10].to_vec()),
        vector("cut-in-the-first-field", "it ends in the TBSCertificate", der[..100].to_vec()),
        vector("length-indefinite", "a length that is found at the end", behind(&[0x30, 0x80], &[0, 0])),
        vector("length-indefinite-open", "and the end is missing", behind(&[0x30, 0x80], &[])),
        vector(
            "length-padded",
            "a length of three octets where two would do",
            behind(&[0x30, 0x83, 0, der[2], der[3]], &[]),
        ),
        vector("length-too-long", "a length beyond the end", behind(&[0x30, 0x82, 0xff, 0xff], &[])),
        vector("length-of-five-octets", "a length of more than 4 GiB", behind(&[0x30, 0x85, 1, 0, 0, 0, 0], &[])),
        vector("serial-negative", "a serial number below zero, which is read", negative),
        vector(
            "request",
            "a certificate request (RFC 2986)",
            signed(&[element(tag::INTEGER, &[0]), nothing(), nothing(), element(tag::context(0), &[])]),
        ),
        vector(
            "revocation-list",
            "a certificate list (RFC 5280, 5.1)",
            signed(&[element(tag::INTEGER, &[1]), nothing(), nothing(), element(tag::UTC_TIME, b"260101000000Z")]),
        ),
        vector(
            "signature-missing",
            "a TBSCertificate and no more",
            sequence(&[sequence(&[element(tag::INTEGER, &[1]), nothing(), nothing(), nothing()])]),
        ),
    ]
}

#[test]
fn malformed_files_are_read_as_far_as_they_go() {
    hold("der", &vectors());
}
