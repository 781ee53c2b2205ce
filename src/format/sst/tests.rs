//! What is read of serialised stores, whole and damaged.

use super::*;
use crate::format::decode;
use crate::format::der::put;
use crate::format::tests::vectors::{self, Vector, one, seed, two, vector};
use crate::limits::Bounds;
use crate::model::Ruling;
use crate::model::trust::SERVER_AUTH;
use proptest::prelude::*;

fn raw(id: u32, encoding: u32, size: u32, octets: &[u8]) -> Vec<u8> {
    let head: Vec<u8> = [id, encoding, size].into_iter().flat_map(u32::to_le_bytes).collect();
    [head, octets.to_vec()].concat()
}

fn record(id: u32, octets: &[u8]) -> Vec<u8> {
    raw(id, 1, octets.len() as u32, octets)
}

fn store(records: &[Vec<u8>]) -> Vec<u8> {
    [&b"\0\0\0\0CERT"[..], &records.concat(), &raw(0, 0, 0, &[])].concat()
}

fn friendly(name: &str) -> Vec<u8> {
    record(11, &name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

fn usages(purposes: &[&str]) -> Vec<u8> {
    let mut list = Vec::new();
    for purpose in purposes {
        put(&mut list, tag::OID, crate::model::Oid::new_unwrap(purpose).as_bytes());
    }
    let mut out = Vec::new();
    put(&mut out, tag::SEQUENCE, &list);
    record(9, &out)
}

/// 2020-01-01, as a FILETIME.
fn filetime() -> [u8; 8] {
    ((1_577_836_800u64 + 134_774 * 86_400) * 10_000_000).to_le_bytes()
}

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const MAIL: &str = "1.3.6.1.5.5.7.3.4";

fn both() -> Vec<u8> {
    store(&[record(32, &one()), record(32, &two())])
}

fn read(bytes: &[u8]) -> Decoding {
    super::read(bytes, &Means::default())
}

/// `CertSaveStore` of Wine 8.0 wrote it: one certificate, another with a name and two purposes, a list of revoked ones.
/// Its own reader of that version takes nothing of it: it wants properties after what they belong to, where Windows and
/// MS-OSHARED have them in front.
#[test]
fn a_store_that_wine_wrote() {
    let read = decode(&seed("sst/wine.sst"));
    assert_eq!((read.format, &read.gaps[..]), (Format::Sst, &[][..]));
    // Its stores in memory list first what was added last.
    let [second, first, third] = &read.entries[..] else { panic!("{:?}", read.entries) };
    assert_eq!((&first.body, &first.trust), (&Body::Certificate(one().into()), &Trust::Unstated));
    assert!(matches!(first.slot, Slot::Offset(_)));
    assert_eq!(second.body, Body::Certificate(two().into()));
    assert!(
        matches!(&second.slot, Slot::Inside(name, at) if name.raw() == "Second Root" && matches!(**at, Slot::Offset(_)))
    );
    let Trust::Limited(limited) = &second.trust else { panic!("{:?}", second.trust) };
    let client = crate::model::Oid::new_unwrap("1.3.6.1.5.5.7.3.2");
    assert_eq!(limited.purposes, [(SERVER_AUTH, Ruling::Trusted), (client, Ruling::Trusted)]);
    assert_eq!((limited.otherwise, limited.distrusted_after.len()), (Ruling::Present, 0));
    assert_eq!(third.body, Body::Other(Untrusted::new("X509 CRL")));
}

#[test]
fn properties_limit_what_comes_next_alone() {
    let trust = |properties: &[Vec<u8>]| {
        let read = read(&store(&[properties.concat(), record(32, &one()), record(32, &two())]));
        assert_eq!((read.entries.len(), read.gaps.len(), &read.entries[1].trust), (2, 0, &Trust::Unstated));
        read.entries[0].trust.clone()
    };
    assert_eq!(trust(&[record(2, b"a container"), record(0xffff, &[])]), Trust::Unstated);
    assert!(trust(&[usages(&[SERVER])]).allows_server());
    assert!(!trust(&[usages(&[MAIL])]).allows_server());
    // Disabled for all purposes, as certmgr does it.
    assert!(!trust(&[usages(&[])]).allows_server());
    assert!(trust(&[record(104, &filetime())]).distrusts_server());
    assert!(trust(&[record(122, &usages(&[SERVER])[12..])]).distrusts_server());
    let Trust::Limited(limited) = trust(&[record(126, &filetime())]) else { panic!("no limit") };
    assert_eq!(limited.server_distrusted_after(), Some(Timestamp::from_unix(1_577_836_800)));
    assert_eq!(limited.ruling(SERVER_AUTH), Ruling::Trusted);
}

#[test]
fn bounds_are_kept() {
    let bounded = |bytes: &[u8], entries| {
        let bounds = Bounds { entries, ..Bounds::default() };
        let read = super::read(bytes, &Means { bounds, ..Means::default() });
        (read.entries.len(), read.gaps)
    };
    assert_eq!(bounded(&both(), 1), (1, vec![Gap::Bound { what: "entries", bound: 1 }]));
    assert_eq!(bounded(&both(), 2), (2, vec![]));
    let orphan = store(&[record(32, &one()), usages(&[SERVER])]);
    assert_eq!(bounded(&orphan, 1), (1, vec![Gap::Bound { what: "entries", bound: 1 }]));
}

#[test]
fn the_vectors_are_read_as_they_say() {
    vectors::hold("sst", &made());
}

fn made() -> Vec<Vector> {
    let v = vector;
    let (first, second) = (record(32, &one()), record(32, &two()));
    let inside = |middle: Vec<u8>| store(&[first.clone(), middle, second.clone()]);
    let with = |at: usize, value: u32| {
        let mut bytes = both();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let whole = both();
    let half = 8 + first.len();
    let list = vectors::load(&vectors::data().join("malformed/ctl/twice"));
    let list = &list[memchr::memmem::find(&list, b"\n\n").unwrap() + 2..];
    vec![
        v("plain", "none: two certificates", whole.clone()),
        v("nothing", "none: a store without certificates", store(&[])),
        v(
            "properties",
            "none: a name, purposes and a hash",
            store(&[
                friendly("Root"),
                usages(&[SERVER]),
                record(3, &Sha1::digest(one())),
                first.clone(),
                second.clone(),
            ]),
        ),
        v("purposes-none", "none: no purpose is left to the first", store(&[usages(&[]), first.clone()])),
        v(
            "disallowed-since",
            "none: the first is refused from a date on",
            store(&[record(104, &filetime()), first.clone()]),
        ),
        v("trust-list", "none: a trust list in between", inside(record(34, list))),
        v("revoked", "none: a list of revoked certificates in between", inside(record(33, &[0x30, 0]))),
        v("hash-of-another", "a SHA-1 that is another's", store(&[record(3, &Sha1::digest(two())), first.clone()])),
        v("hash-short", "a SHA-1 of four octets", store(&[record(3, b"abcd"), first.clone()])),
        v("name-odd", "a name that ends in the middle of a character", store(&[record(11, b"R\0o"), first.clone()])),
        v(
            "name-surrogate",
            "a name with half a pair of UTF-16",
            store(&[record(11, b"R\0\x00\xd8\0\0"), first.clone()]),
        ),
        v("purposes-not-der", "purposes that are no DER", store(&[record(9, b"no"), first.clone(), second.clone()])),
        v("date-short", "a date of four octets", store(&[record(104, b"abcd"), first.clone()])),
        v("properties-of-nothing", "properties in front of the end", store(&[first.clone(), friendly("Root")])),
        v("encoding-of-certificate", "a certificate in encoding 2 in between", inside(raw(32, 2, 2, b"no"))),
        v(
            "encoding-of-property",
            "a property in encoding 0",
            store(&[raw(9, 0, 2, b"no"), first.clone(), second.clone()]),
        ),
        v("certificate-empty", "a certificate of no octets in between", inside(record(32, &[]))),
        v("not-der", "a certificate that is no DER in between", inside(record(32, b"no"))),
        v("not-a-certificate", "DER that is no certificate in between", inside(record(32, &[0x30, 3, 2, 1, 5]))),
        v(
            "padded",
            "octets after the first certificate, in its record",
            store(&[record(32, &[one(), vec![0; 3]].concat()), second.clone()]),
        ),
        v("trust-list-broken", "a trust list that is none in between", inside(record(34, b"no"))),
        v("size-beyond", "the first record is longer than the file", with(16, 0x0fff_ffff)),
        v("size-largest", "the first record has 4294967295 octets", with(16, u32::MAX)),
        v("size-one-more", "the last certificate reaches into the end mark", with(half + 8, two().len() as u32 + 1)),
        v("size-short", "the first record is shorter than its certificate", with(16, 20)),
        v("end-early", "the end mark stands in between", inside(raw(0, 0, 0, &[]))),
        v("end-with-size", "the end mark has a size", [&whole[..whole.len() - 4], &[9, 0, 0, 0]].concat()),
        v("no-end", "no end mark", whole[..whole.len() - 12].to_vec()),
        v("cut-in-end", "the file ends in its end mark", whole[..whole.len() - 5].to_vec()),
        v("cut-in-head", "the file ends in the head of the second record", whole[..half + 7].to_vec()),
        v("cut-in-certificate", "the file ends in the second certificate", whole[..half + 100].to_vec()),
        v("cut-after-magic", "the file ends after its first octets", whole[..8].to_vec()),
        v("trailing", "an octet after the end mark", [whole, vec![7]].concat()),
    ]
}

proptest! {
    #[test]
    fn any_octets_are_read_to_an_end(octets: Vec<u8>, at in 0usize..100, value: u32) {
        let mut bytes = both();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        for bytes in [octets.clone(), [&b"\0\0\0\0CERT"[..], &octets].concat(), bytes] {
            for entry in read(&bytes).entries {
                prop_assert!(!matches!(entry.slot, Slot::Offset(at) if at > bytes.len() as u64));
            }
        }
    }
}
