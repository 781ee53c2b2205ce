//! PKCS#7, sound and not: `tests/data/malformed/pkcs7`.

use super::*;
use crate::format::decode_with;
use crate::format::tests::authority;
use crate::format::tests::vectors::{Vector, hold, one, two, vector};
use proptest::prelude::*;

fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

fn version() -> Vec<u8> {
    element(tag::INTEGER, &[1])
}

fn info(data: Vec<u8>) -> Vec<u8> {
    sequence(&[oid(SIGNED_DATA), element(0xa0, &data)])
}

/// SignedData with these elements after the content.
fn signed(rest: &[Vec<u8>]) -> Vec<u8> {
    let head = [version(), element(tag::SET, &[]), sequence(&[oid(DATA)])];
    info(sequence(&[head.concat(), rest.concat()]))
}

fn signers() -> Vec<u8> {
    element(tag::SET, &[])
}

fn with(certificates: &[Vec<u8>]) -> Vec<u8> {
    signed(&[element(0xa0, &certificates.concat()), signers()])
}

fn clean() -> Vec<u8> {
    with(&[one(), two()])
}

fn frames() -> Vec<Vector> {
    let head = [version(), element(tag::SET, &[]), indefinite(0x30, &oid(DATA))].concat();
    let data = [head, indefinite(0xa0, &[one(), two()].concat()), signers()].concat();
    let ber = indefinite(0x30, &[oid(SIGNED_DATA), indefinite(0xa0, &indefinite(0x30, &data))].concat());
    let content = element(0x24, &[0x30, 0x80].repeat(40));
    let deep = sequence(&[oid(DATA), element(0xa0, &content)]);
    let deep = info(sequence(&[version(), signers(), indefinite(0x30, &deep), element(0xa0, &one()), signers()]));
    vec![
        vector("clean", "nothing is wrong", clean()),
        vector("trailing", "octets follow the file", [clean(), b"tail".to_vec()].concat()),
        vector("cut", "the file ends in the middle of the second certificate", clean()[..clean().len() - 20].to_vec()),
        vector("cut-signers", "the file ends before the signers", clean()[..clean().len() - 2].to_vec()),
        vector("ber", "lengths are indefinite", ber.clone()),
        vector("ber-unclosed", "no end of contents is there", ber[..ber.len() - 8].to_vec()),
        vector("deep", "the content is forty elements deep", deep),
        vector("content-missing", "the content is missing", sequence(&[oid(SIGNED_DATA)])),
        vector("version-missing", "the version is missing", {
            info(sequence(&[element(tag::SET, &[]), sequence(&[oid(DATA)]), element(0xa0, &one()), signers()]))
        }),
        vector("version-negative", "the version is negative", {
            info(sequence(&[element(tag::INTEGER, &[0xff]), element(tag::SET, &[]), sequence(&[oid(DATA)])]))
        }),
        vector("signers-missing", "the signers are missing", signed(&[element(0xa0, &one())])),
    ]
}

fn members() -> Vec<Vector> {
    let attribute = element(0xa2, &sequence(&[]));
    let others = [0xa0, 0xa1, 0xa3].map(|tag| element(tag, &sequence(&[])));
    let mut long = two();
    long[3] = long[3].wrapping_add(1);
    let list = element(0xa1, &sequence(&[]));
    vec![
        vector("certificate-twice", "a certificate is there twice", with(&[one(), two(), one()])),
        vector("unsorted", "the certificates are not in the order of their octets", with(&[two(), one()])),
        vector("no-certificates", "there are no certificates", signed(&[signers()])),
        vector("attribute-certificate", "an attribute certificate is among them", with(&[one(), attribute, two()])),
        vector("other-choices", "certificates of other formats are among them", with(&[others.concat(), two()])),
        vector("not-a-certificate", "a SEQUENCE among them is no certificate", with(&[one(), sequence(&[]), two()])),
        vector("integer", "an INTEGER is among them", with(&[version(), two()])),
        vector(
            "end-of-contents",
            "two NULs stand among them, and the length is known",
            with(&[one(), vec![0, 0], two()]),
        ),
        vector("certificate-ber", "the first certificate is BER", with(&[indefinite(0x30, &one()[4..]), two()])),
        vector("certificate-too-long", "the last declares an octet too many, and a list follows", {
            signed(&[element(0xa0, &[one(), long].concat()), list.clone(), signers()])
        }),
        vector("lists", "two certificate lists follow", {
            signed(&[element(0xa0, &one()), element(0xa1, &[sequence(&[]), others[1].clone()].concat()), signers()])
        }),
        vector("list-only", "there is nothing but a list", signed(&[list, signers()])),
    ]
}

#[test]
fn vectors_are_read_as_they_say() {
    hold("pkcs7", &[frames(), members()].into_iter().flatten().collect::<Vec<_>>());
}

fn ders(read: &Decoding) -> Vec<Vec<u8>> {
    let certificates = read.entries.iter().filter_map(|entry| match &entry.body {
        Body::Certificate(der) => Some(der.to_vec()),
        _ => None,
    });
    certificates.collect()
}

#[test]
fn writes_each_certificate_once_in_order() {
    let (one, two) = (one(), two());
    let bytes = write(&[&two, &one, &two]);
    assert_eq!(bytes, write(&[&one, &two]));
    let read = decode_with(&bytes, &Means::default());
    let mut sorted = vec![one.clone(), two];
    sorted.sort();
    assert_eq!((read.format, ders(&read), read.gaps), (Format::Pkcs7, sorted, vec![]));
    assert_eq!(read.container.version, Some(1));
    assert_eq!(decode_with(write_pem(&[&one]).as_bytes(), &Means::default()).entries.len(), 1);
    assert_eq!(decode_with(&write(&[]), &Means::default()).entries, []);
}

#[test]
fn keeps_to_the_bound_of_entries() {
    let bag = bag(&clean(), 1, Slot::Index);
    assert_eq!((bag.entries.len(), &bag.gaps[..]), (1, &[Gap::Bound { what: "entries", bound: 1 }][..]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_it_writes(count in 0usize..6) {
        let mut made: Vec<Vec<u8>> = (0..count).map(|n| authority(&n.to_string())).collect();
        let slices: Vec<&[u8]> = made.iter().map(Vec::as_slice).collect();
        let read = read(&write(&slices), &Means::default());
        made.sort();
        prop_assert_eq!(ders(&read), made);
        prop_assert!(read.gaps.is_empty());
    }

    #[test]
    fn any_octets_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &Means::default());
        let _ = read(&[&[0x30, 0x80][..], &oid(SIGNED_DATA), &[0xa0, 0x80, 0x30, 0x80, 2, 1, 1], &bytes].concat(), &Means::default());
    }

    #[test]
    fn changed_octets_are_read_to_an_end(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = clean();
        for (at, octet) in changes {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        let read = read(&bytes, &Means::default());
        prop_assert!(read.entries.len() <= bytes.len());
    }
}
