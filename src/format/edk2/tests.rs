//! What is read of signature lists, whole and damaged.

use super::*;
use crate::format::tests::vectors::{self, Vector, one, two, vector};
use crate::format::{decode, der::put, der::tag};
use crate::limits::Bounds;
use proptest::prelude::*;

fn list(kind: Guid, sizes: [u32; 3], rest: &[u8]) -> Vec<u8> {
    let sizes = sizes.map(u32::to_le_bytes).concat();
    [&kind[..], &sizes, rest].concat()
}

/// A list of signatures of one size.
fn signatures(kind: Guid, header: &[u8], signatures: &[Vec<u8>]) -> Vec<u8> {
    let size = OWNER + signatures.first().map_or(1, Vec::len);
    let body: Vec<u8> = signatures.iter().flat_map(|octets| [&P11_KIT[..], octets].concat()).collect();
    let whole = HEAD + header.len() + body.len();
    list(kind, [whole as u32, header.len() as u32, size as u32], &[header, &body].concat())
}

fn both() -> Vec<u8> {
    write(&[&one(), &two()]).unwrap()
}

fn read(bytes: &[u8]) -> Decoding {
    super::read(bytes, &Means::default())
}

#[test]
fn a_file_has_the_layout_of_the_specification() {
    let written = write(&[&one()]).unwrap();
    // As `trust extract --format=edk2-cacerts` of p11-kit 0.24.1 writes it.
    assert_eq!(written[..16], X509);
    let length = one().len() as u32;
    let sizes = [length + 44, 0, length + 16].map(u32::to_le_bytes).concat();
    assert_eq!(written[16..28], sizes);
    assert_eq!(written[28..44], guid(0xdcdd_3b50, 0xf405, 0x43fd, [0x96, 0xbe, 0xbd, 0x33, 0xb1, 0x73, 0x47, 0x76]));
    assert_eq!(written[44..], one());
}

#[test]
fn reads_what_it_writes() {
    let read = decode(&both());
    assert_eq!((read.format, read.container.owner), (Format::Edk2, None));
    let entry = |der: Vec<u8>, at| {
        let body = Body::Certificate(der.into());
        Decoded { trust: Trust::Trusted, ..Decoded::new(Slot::Offset(at), body) }
    };
    assert_eq!(read.entries, [entry(one(), 44), entry(two(), one().len() as u64 + 88)]);
    assert_eq!(write(&[]), Some(Vec::new()));
}

#[test]
fn bounds_are_kept() {
    let bounds = Bounds { entries: 1, ..Bounds::default() };
    let read = super::read(&both(), &Means { bounds, ..Means::default() });
    assert_eq!((read.entries.len(), read.gaps), (1, vec![Gap::Bound { what: "entries", bound: 1 }]));
}

#[test]
fn the_vectors_are_read_as_they_say() {
    vectors::hold("edk2", &made());
}

fn made() -> Vec<Vector> {
    let v = vector;
    let (first, second) = (write(&[&one()]).unwrap(), write(&[&two()]).unwrap());
    let hash = |kind| signatures(kind, &[], &[vec![7; 32], vec![8; 32]]);
    let with = |at: usize, value: u32| {
        let mut bytes = both();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let padded = |der: Vec<u8>| [der, vec![0; 3]].concat();
    let inside = |middle: Vec<u8>| [first.clone(), middle, second.clone()].concat();
    vec![
        v("plain", "none: two lists of one certificate each", both()),
        v("list-size-zero", "the first list has no octets", with(16, 0)),
        v("list-size-27", "the first list is shorter than its own head", with(16, 27)),
        v("list-size-28", "the first list ends after its head", with(16, 28)),
        v("list-size-beyond", "the first list is longer than the file", with(16, 0x0fff_ffff)),
        v("list-size-largest", "the first list has 4294967295 octets", with(16, u32::MAX)),
        v("header-beyond", "the header of the first list is longer than the list", with(20, u32::MAX)),
        v(
            "header-there",
            "a header of four octets, which edk2 does not take",
            inside(signatures(X509, b"head", &[one()])),
        ),
        v("signature-size-zero", "signatures of no octets", with(24, 0)),
        v("signature-size-15", "signatures shorter than their owner", with(24, 15)),
        v("signature-size-16", "signatures of an owner and nothing", with(24, 16)),
        v("signature-size-odd", "sizes that do not divide the list", with(24, 99)),
        v("signature-size-beyond", "a signature longer than its list", with(24, 0xffff)),
        v("two-in-a-list", "two certificates of one size in a list", signatures(X509, &[], &[one(), one()])),
        v("list-empty", "a list without signatures in between", inside(list(X509, [28, 0, 17], &[]))),
        v("hashes", "a list of SHA-256 hashes in between, which edk2 does not take", inside(hash(TYPES[0].1))),
        v("type-unknown", "a list of an unknown type in between", inside(hash([9; 16]))),
        v("not-der", "a signature that is no DER in between", inside(signatures(X509, &[], &[b"no".to_vec()]))),
        v(
            "not-a-certificate",
            "DER that is no certificate in between",
            inside(signatures(X509, &[], &[vec![0x30, 3, 2, 1, 5]])),
        ),
        v(
            "padded",
            "octets after the first certificate",
            [signatures(X509, &[], &[padded(one())]), second.clone()].concat(),
        ),
        v("cut-in-head", "the second list ends in its head", both()[..first.len() + 20].to_vec()),
        v("cut-in-signature", "the second list ends in its certificate", both()[..first.len() + 100].to_vec()),
        v("trailing", "an octet after the last list", [both(), vec![0]].concat()),
    ]
}

proptest! {
    #[test]
    fn any_certificates_are_read_back(lengths in proptest::collection::vec(0usize..300, 0..5)) {
        let der = |length: &usize| {
            let mut out = Vec::new();
            put(&mut out, tag::SEQUENCE, &vec![5; *length]);
            out
        };
        let ders: Vec<Vec<u8>> = lengths.iter().map(der).collect();
        let written = write(&ders.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let read = read(&written);
        prop_assert_eq!((read.entries.len(), read.gaps.len()), (ders.len(), 0));
        for (entry, der) in read.entries.iter().zip(&ders) {
            let Slot::Offset(at) = entry.slot else { panic!("{entry:?}") };
            prop_assert_eq!(&written[at as usize..at as usize + der.len()], &der[..]);
        }
    }

    #[test]
    fn any_octets_are_read_to_an_end(octets: Vec<u8>, at in 0usize..100, value: u32) {
        let mut bytes = both();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        for bytes in [octets.clone(), [&X509[..], &octets].concat(), bytes] {
            for entry in read(&bytes).entries {
                prop_assert!(matches!(entry.slot, Slot::Offset(at) if at <= bytes.len() as u64));
            }
        }
    }
}
