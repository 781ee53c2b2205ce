//! Lists as Microsoft writes them, made here, and the faults in them.

use super::*;
use crate::format::decode;
use crate::format::der::put;
use crate::format::tests::vectors::{Vector, hold, one, two, vector};
use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::model::{Fingerprint, Reference, Ruling, Trust};
use proptest::prelude::*;
use sha1::Digest;

fn node(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, tag, &parts.concat());
    out
}

fn oid(text: &str) -> Vec<u8> {
    node(tag::OID, &[Oid::new_unwrap(text).as_bytes()])
}

fn usage(purposes: &[&str]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = purposes.iter().map(|purpose| oid(purpose)).collect();
    node(tag::SEQUENCE, &[&list.concat()])
}

/// 2026-01-01 plus some days, as a FILETIME.
fn filetime(days: i64) -> Vec<u8> {
    let seconds = u64::try_from(1_767_225_600 + 134_774 * 86_400 + days * 86_400).unwrap();
    (seconds * 10_000_000).to_le_bytes().to_vec()
}

fn attribute(number: u32, value: &[u8]) -> Vec<u8> {
    let kind = oid(&format!("1.3.6.1.4.1.311.10.11.{number}"));
    node(tag::SEQUENCE, &[&kind, &node(tag::SET, &[&node(tag::OCTET_STRING, &[value])])])
}

fn name(text: &str) -> Vec<u8> {
    attribute(11, &text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

fn subject(der: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let id = node(tag::OCTET_STRING, &[&sha1::Sha1::digest(der)]);
    let sha256 = attribute(98, &sha2::Sha256::digest(der));
    node(tag::SEQUENCE, &[&id, &node(tag::SET, &[&sha256, &attributes.concat()])])
}

/// A message with a list of this usage and algorithm, made on 2026-01-01.
fn message(list_usage: &str, algorithm: &str, subjects: &[Vec<u8>]) -> Vec<u8> {
    let list = node(
        tag::SEQUENCE,
        &[
            &usage(&[list_usage]),
            &node(tag::INTEGER, &[&[1, 2, 3]]),
            &node(tag::UTC_TIME, &[b"260101000000Z"]),
            &node(tag::SEQUENCE, &[&oid(algorithm), &[5, 0]]),
            &node(tag::SEQUENCE, &[&subjects.concat()]),
        ],
    );
    let content = node(tag::SEQUENCE, &[&oid("1.3.6.1.4.1.311.10.1"), &node(tag::context(0), &[&list])]);
    let signed = node(tag::SEQUENCE, &[&[tag::INTEGER, 1, 1], &node(tag::SET, &[]), &content, &node(tag::SET, &[])]);
    node(tag::SEQUENCE, &[&oid("1.2.840.113549.1.7.2"), &node(tag::context(0), &[&signed])])
}

const SHA1: &str = "1.3.14.3.2.26";
const ROOT_LIST: &str = "1.3.6.1.4.1.311.10.3.9";
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CODE: &str = "1.3.6.1.5.5.7.3.3";

fn roots(subjects: &[Vec<u8>]) -> Vec<u8> {
    message(ROOT_LIST, SHA1, subjects)
}

fn trust_of(attributes: &[Vec<u8>]) -> Trust {
    let read = decode(&roots(&[subject(&one(), attributes)]));
    assert!(read.gaps.is_empty(), "{read:?}");
    read.entries[0].trust.clone()
}

#[test]
fn names_each_certificate_by_all_it_has() {
    let read = decode(&roots(&[subject(&one(), &[name("Wurzel ä")]), subject(&two(), &[])]));
    assert_eq!((read.format, read.container.integrity), (Format::Ctl, Integrity::Unverified));
    let sha1: [u8; 20] = sha1::Sha1::digest(one()).into();
    let sha256 = Fingerprint::from_bytes(sha2::Sha256::digest(one()).into());
    let label = Some(crate::model::Untrusted::new("Wurzel ä"));
    let wanted = Reference { label, sha1: Some(sha1), sha256: Some(sha256), ..Reference::default() };
    assert_eq!(read.entries[0].body, Body::Reference(Box::new(wanted)));
    assert!(matches!(read.entries[1].slot, Slot::Offset(_)));
}

#[test]
fn trust_is_what_the_properties_say() {
    assert_eq!(trust_of(&[]), Trust::Trusted);
    let limited = |attributes: &[Vec<u8>]| match trust_of(attributes) {
        Trust::Limited(limited) => *limited,
        other => panic!("{other:?}"),
    };
    let code = Oid::new_unwrap(CODE);
    // Purposes: only those.
    let found = limited(&[attribute(9, &usage(&[CODE]))]);
    assert_eq!((found.ruling(code), found.ruling(SERVER_AUTH)), (Ruling::Trusted, Ruling::Present));
    // Disabled by the date of the list, or later.
    let found = limited(&[attribute(104, &filetime(-1)), attribute(9, &usage(&[CODE, SERVER]))]);
    assert_eq!((found.ruling(code), found.ruling(SERVER_AUTH)), (Ruling::Distrusted, Ruling::Distrusted));
    let found = limited(&[attribute(104, &filetime(30))]);
    assert_eq!((found.ruling(code), found.distrusted_after.len()), (Ruling::Trusted, 1));
    // Disabled for some purposes, with a date and without.
    for attributes in
        [vec![attribute(104, &filetime(0)), attribute(122, &usage(&[SERVER]))], vec![attribute(122, &usage(&[SERVER]))]]
    {
        let found = limited(&attributes);
        assert_eq!((found.ruling(code), found.ruling(SERVER_AUTH)), (Ruling::Trusted, Ruling::Distrusted));
    }
    // Certificates issued later, for all purposes or some.
    let moment = Timestamp::from_unix(1_767_225_600);
    let found = limited(&[attribute(126, &filetime(0)), attribute(9, &usage(&[SERVER]))]);
    assert_eq!((found.ruling(SERVER_AUTH), found.distrusted_after), (Ruling::Trusted, vec![(ANY_PURPOSE, moment)]));
    let found = limited(&[attribute(126, &filetime(0)), attribute(127, &usage(&[CODE]))]);
    assert_eq!(found.server_distrusted_after(), None);
    assert_eq!(found.distrusted_after, [(code, moment)]);
    // Taken back, and nothing at all granted.
    assert_eq!(trust_of(&[attribute(104, &[]), attribute(126, &[])]), Trust::Trusted);
    assert_eq!(limited(&[attribute(9, &usage(&[]))]).ruling(SERVER_AUTH), Ruling::Present);
}

#[test]
fn a_list_of_the_disallowed_refuses() {
    let id = node(tag::OCTET_STRING, &[&[0xab; 32]]);
    let read = decode(&message("1.3.6.1.4.1.311.10.3.30", "1.3.6.1.4.1.311.10.11.15", &[node(tag::SEQUENCE, &[&id])]));
    assert_eq!(read.entries[0].trust, Trust::Distrusted);
    let Body::Reference(reference) = &read.entries[0].body else { panic!("{read:?}") };
    assert_eq!((reference.sha1, reference.sha256), (None, None));
    assert_eq!(reference.label.as_ref().unwrap().raw(), format!("hash {}", "ab".repeat(32)));
}

fn good() -> Vec<u8> {
    let first = [name("One"), attribute(9, &usage(&[SERVER, CODE])), attribute(126, &filetime(5))];
    roots(&[subject(&one(), &first), subject(&two(), &[name("Two"), attribute(104, &filetime(-9))])])
}

fn made() -> Vec<Vector> {
    let second = subject(&two(), &[name("Two")]);
    let with = |first: Vec<u8>| roots(&[first, second.clone()]);
    let bad = |attribute: Vec<u8>| with(subject(&one(), &[attribute]));
    let whole = good();
    let ber = {
        let mut bytes = vec![0x30, 0x80];
        bytes.extend_from_slice(&whole[4..]);
        bytes.extend_from_slice(&[0, 0]);
        bytes
    };
    let set_only = node(tag::SEQUENCE, &[&node(tag::SET, &[])]);
    let short_id = node(tag::SEQUENCE, &[&node(tag::OCTET_STRING, &[&[1; 19]])]);
    let mut longer = roots(&[subject(&one(), &[]), second.clone()]);
    let at = longer.windows(20).position(|window| window == sha1::Sha1::digest(two()).as_slice()).unwrap();
    longer[at - 1] = 0x7f;
    vec![
        vector("cut", "the file ends in the middle of the second subject", whole[..whole.len() - 100].to_vec()),
        vector("cut-before-signature", "the file ends where the list does", whole[..whole.len() - 2].to_vec()),
        vector("ber", "the outermost length is indefinite", ber),
        vector("id-missing", "the first subject has no hash", with(set_only)),
        vector("id-short", "the first subject's hash has 19 octets", with(short_id)),
        vector("id-too-long", "the second subject's hash declares more octets than there are", longer),
        vector("subject-not-a-sequence", "the first subject is an integer", with(node(tag::INTEGER, &[&[1]]))),
        vector("filetime-short", "a date has seven octets", bad(attribute(104, &[0; 7]))),
        vector("filetime-empty", "a date is empty, which takes an earlier one back", bad(attribute(104, &[]))),
        vector("filetime-last", "a date is the last that a FILETIME can say", bad(attribute(126, &[0xff; 8]))),
        vector("purposes-not-a-list", "the purposes are no list", bad(attribute(9, &[4, 1, 0]))),
        vector("purposes-none", "the list of purposes is empty", bad(attribute(9, &usage(&[])))),
        vector(
            "purposes-cut",
            "the list of purposes declares more octets than there are",
            bad(attribute(122, &[0x30, 9, 6, 1, 42])),
        ),
        vector("sha256-short", "the SHA-256 has 31 octets", bad(attribute(98, &[7; 31]))),
        vector("name-odd", "the name has an odd number of octets", bad(attribute(11, &[0x41, 0, 0x42]))),
        vector(
            "name-surrogate",
            "the name has half of a pair of surrogates",
            bad(attribute(11, &[0, 0xd8, 0x41, 0, 0, 0])),
        ),
        vector(
            "attribute-without-value",
            "an attribute has no value",
            bad(node(tag::SEQUENCE, &[&oid("1.3.6.1.4.1.311.10.11.104")])),
        ),
        vector(
            "attribute-unknown",
            "an attribute is not Microsoft's",
            bad(node(tag::SEQUENCE, &[&oid("1.2.3"), &node(tag::SET, &[])])),
        ),
        vector(
            "usage-unknown",
            "the list is of something else",
            message("1.2.3.4", SHA1, std::slice::from_ref(&second)),
        ),
        vector(
            "algorithm-unknown",
            "the hashes are of an unknown algorithm",
            message(ROOT_LIST, "1.2.3.4", std::slice::from_ref(&second)),
        ),
        vector("date-bad", "the date of the list is none", {
            let mut bytes = roots(std::slice::from_ref(&second));
            let at = memchr::memmem::find(&bytes, b"260101").unwrap();
            bytes[at + 2] = b'9';
            bytes
        }),
        vector("no-subjects", "the list is empty", roots(&[])),
        vector(
            "twice",
            "a subject stands twice, and is said to be two things",
            roots(&[second.clone(), subject(&two(), &[attribute(104, &filetime(-1))])]),
        ),
    ]
}

#[test]
fn vectors_are_read_as_they_should_be() {
    hold("ctl", &made());
}

#[test]
fn bounds_are_kept() {
    let means = Means { bounds: limits::Bounds { entries: 1, ..Default::default() }, ..Means::default() };
    let read = read(&good(), &means);
    assert_eq!((read.entries.len(), &read.gaps[..]), (1, &[Gap::Bound { what: "entries", bound: 1 }][..]));
}

proptest! {
    #[test]
    fn never_panics_on_octets(bytes: Vec<u8>) {
        let _ = read(&bytes, &Means::default());
    }

    #[test]
    fn never_panics_on_spoilt_lists(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut: prop::sample::Index) {
        let mut bytes = good();
        for (at, octet) in edits {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        let whole = read(&bytes, &Means::default());
        prop_assert!(whole.entries.len() <= bytes.len());
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = read(&bytes, &Means::default());
    }
}
