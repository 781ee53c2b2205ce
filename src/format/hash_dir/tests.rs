//! Directories of files and links, with every fault once.

use super::*;
use crate::format::der::{put, tag};
use crate::format::tests::authority;
use crate::format::x509;
use crate::format::{self, pem};
use crate::model::{Format, Reading, Slot, StoreId};
use proptest::prelude::*;
use std::sync::Arc;

/// A directory of files and links, as `load` makes one.
fn directory(files: &[(&str, Option<Vec<u8>>)]) -> Store {
    let (mut entries, mut listed) = (Vec::new(), Vec::new());
    let mut files = files.to_vec();
    files.sort();
    for (name, bytes) in files {
        let from = entries.len();
        let read = bytes.as_deref().map(format::decode);
        let openssl = read.as_ref().and_then(|read| read.openssl.clone());
        let target = if read.is_some() { Target::File } else { Target::Link("gone".into()) };
        let unreadable = if read.is_some() { None } else { Some(Unreadable::Dangling) };
        for entry in read.into_iter().flat_map(|read| read.entries) {
            let slot = Slot::File(name.into(), Box::new(entry.slot.clone()));
            entries.push(Entry { slot, ..entry.with(|der| Arc::new(x509::read(der))) });
        }
        listed.push(Listed {
            name: name.into(),
            target,
            format: Format::Pem,
            unreadable,
            gaps: Vec::new(),
            openssl,
            gnutls: None,
            go: None,
            entries: from..entries.len(),
        });
    }
    Store {
        id: StoreId::Path("/certs".into()),
        format: Format::Directory,
        reading: Reading::Whole,
        size: None,
        entries,
        openssl: None,
        gnutls: None,
        go: None,
        listed,
        container: crate::model::Container::default(),
        gaps: Vec::new(),
    }
}

fn hashes(der: &[u8]) -> (String, String) {
    let certificate = x509::read(der.into());
    let subject = certificate.subject_der().unwrap();
    (format!("{:08x}", subject_hash(subject).unwrap()), format!("{:08x}", subject_hash_old(subject)))
}

fn block(der: &[u8]) -> Option<Vec<u8>> {
    Some(pem::write(der, &[]).into_bytes())
}

#[test]
fn both_kinds_of_link_are_in_order() {
    let der = authority("one");
    let (new, old) = hashes(&der);
    let store = directory(&[
        ("one.pem", block(&der)),
        (&format!("{new}.0"), block(&der)),
        (&format!("{old}.0"), block(&der)),
        (&format!("{new}.r0"), Some(b"a list".to_vec())),
        ("README", Some(b"text".to_vec())),
    ]);
    let examined = examine(&store);
    assert_eq!((examined.faults, examined.reachable.len()), (vec![], 1));
}

/// The store lookup takes names in any case and with any number, and no others.
#[test]
fn what_is_listed_by_hash_has_a_hash_and_a_number() {
    let der = authority("one");
    let (new, _) = hashes(&der);
    let found = |name: &str| listed_by_hash(&directory(&[(name, block(&der))])).len();
    for name in [format!("{new}.0"), format!("{new}.7"), format!("{new}.007"), format!("{}.0", new.to_uppercase())] {
        assert_eq!(found(&name), 1, "{name}");
    }
    for name in [format!("{new}."), format!("{new}.r0"), format!("{new}.0x"), format!("+{}.0", &new[1..]), new] {
        assert_eq!(found(&name), 0, "{name}");
    }
    // Of which `from_str_radix` makes the same number.
    let signed = (0..).map(|n| authority(&format!("signed {n}"))).find(|der| hashes(der).0.starts_with('0')).unwrap();
    let name = format!("+{}.0", &hashes(&signed).0[1..]);
    assert!(listed_by_hash(&directory(&[(&name, block(&signed))])).is_empty());
}

#[test]
fn every_fault_is_named() {
    let (one, two) = (authority("one"), authority("two"));
    let ((new, _), (other, _)) = (hashes(&one), hashes(&two));
    let at = |index: &str| format!("{new}.{index}");
    let faults = |files: &[(&str, Option<Vec<u8>>)]| {
        let examined = examine(&directory(files));
        (examined.faults, examined.reachable.len())
    };
    let name = |text: &str| OsString::from(text);
    let hash = u32::from_str_radix(&new, 16).unwrap();

    let dangling = HashFault::Dangling { name: name(&at("0")), target: "gone".into() };
    assert_eq!(faults(&[(&at("0"), None), (&at("1"), block(&one))]), (vec![dangling], 0));
    let gap = HashFault::Gap { hash, missing: 0 };
    assert_eq!(faults(&[(&at("1"), block(&one))]), (vec![gap], 0));
    let wrong = HashFault::WrongHash { name: name(&at("0")), expected: u32::from_str_radix(&other, 16).unwrap() };
    assert_eq!(faults(&[(&at("0"), block(&two))]), (vec![wrong], 0));
    let not_pem = HashFault::NotPem { name: name(&at("0")) };
    assert_eq!(faults(&[(&at("0"), Some(one.clone()))]), (vec![not_pem], 0));
    let mut bad = block(&one).unwrap();
    bad.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
    let malformed = HashFault::Malformed { name: name(&at("0")) };
    assert_eq!(faults(&[(&at("0"), Some(bad))]), (vec![malformed], 1));
    let not_linked = HashFault::NotLinked { name: name("one.crt"), entries: vec![0], among: 1 };
    assert_eq!(faults(&[("one.crt", block(&one))]), (vec![not_linked], 0));
    let both = Some([block(&one).unwrap(), block(&two).unwrap()].concat());
    let one_of_two = HashFault::NotLinked { name: name("two.crt"), entries: vec![2], among: 2 };
    assert_eq!(faults(&[(&at("0"), block(&one)), ("two.crt", both.clone())]), (vec![one_of_two], 1));
    assert_eq!(faults(&[("two.crt", both)]), (vec![], 0));
    let upper = HashFault::UpperCase { name: name("ABCDEF01.0") };
    assert_eq!(faults(&[("ABCDEF01.0", block(&one))]), (vec![upper], 0));
}

#[test]
fn reads_names_as_openssl_writes_them() {
    let name = |hash, index, crl, uppercase| Some(HashName { hash, index, crl, uppercase });
    for (text, expected) in [
        ("eea339da.0", name(0xeea3_39da, 0, false, false)),
        ("0000000a.12", name(10, 12, false, false)),
        ("eea339da.r1", name(0xeea3_39da, 1, true, false)),
        ("EEA339da.0", name(0xeea3_39da, 0, false, true)),
        ("eea339da.00", None),
        ("eea339da.", None),
        ("eea339da.pem", None),
        ("eea339d.0", None),
        ("eea339da.-1", None),
        ("eea339da.99999999999", None),
    ] {
        assert_eq!(parse_name(OsStr::new(text)), expected, "{text}");
    }
}

#[test]
fn the_canonical_form_folds_what_openssl_folds() {
    let name = |tag: u8, octets: &[u8]| {
        let (mut value, mut pair, mut set, mut out) = (vec![6, 3, 0x55, 4, 3], Vec::new(), Vec::new(), Vec::new());
        put(&mut value, tag, octets);
        put(&mut pair, tag::SEQUENCE, &value);
        put(&mut set, tag::SET, &pair);
        put(&mut out, tag::SEQUENCE, &set);
        subject_hash(&out).unwrap()
    };
    let plain = name(tag::UTF8, b"the root");
    assert_eq!(name(tag::PRINTABLE, b"  The \t ROOT "), plain);
    assert_eq!(name(tag::BMP, b"\0T\0h\0e\0 \0R\0o\0o\0t"), plain);
    assert_eq!(name(tag::TELETEX, b"\xc4"), name(tag::UTF8, "Ä".as_bytes()));
    assert_ne!(name(tag::UTF8, "ä".as_bytes()), name(tag::UTF8, "Ä".as_bytes()));
    assert_ne!(name(tag::OCTET_STRING, b"the root"), plain);
    // SHA-1 of nothing begins da39a3ee.
    assert_eq!(subject_hash(&[0x30, 0]), Some(0xeea3_39da));
    assert_eq!(subject_hash(b"none"), None);
}

#[test]
fn names_count_up_for_other_certificates_only() {
    let (a, b) = (x509::read(authority("same").into()), x509::read(authority("same").into()));
    let none = x509::read(vec![0x30, 0].into());
    let (hash, _) = hashes(a.der());
    let name = |index: u32| Some(format!("{hash}.{index}"));
    assert_eq!(names_for(&[&a, &b, &a, &none]), [name(0), name(1), name(0), None]);
}

#[test]
fn a_layout_is_a_directory_without_fault() {
    let roots: Vec<Certificate> =
        ["same", "same", "other", "same"].iter().map(|name| x509::read(authority(name).into())).collect();
    let roots: Vec<&Certificate> = roots.iter().chain(roots.first()).collect();
    for (hashes, each) in [(Hashes::New, 1), (Hashes::Old, 1), (Hashes::Both, 2)] {
        let made = layout(&roots, hashes);
        assert_eq!((made.files.len(), made.links.len(), made.unlinked.len()), (4, 4 * each, 0));
        assert_eq!(made, layout(&roots.iter().rev().copied().collect::<Vec<_>>(), hashes));
        let file = |name: &str| made.files.iter().find(|(known, _)| known == name).map(|(_, octets)| octets.clone());
        let links = made.links.iter().map(|(link, target)| (link.as_str(), file(target)));
        let files = made.files.iter().map(|(name, octets)| (name.as_str(), Some(octets.clone())));
        let store = directory(&files.chain(links).collect::<Vec<_>>());
        let examined = examine(&store);
        let is_new = hashes != Hashes::Old;
        assert_eq!(examined.faults.is_empty(), is_new, "{:?}", examined.faults);
        assert_eq!(examined.reachable.is_empty(), !is_new);
    }
    let none = x509::read(vec![0x30, 0].into());
    let made = layout(&[&none], Hashes::Both);
    assert_eq!((made.files.len(), made.links.len(), made.unlinked), (1, 0, vec![none.fingerprint()]));
}

#[test]
fn no_more_than_256_share_a_hash() {
    let roots: Vec<Certificate> = (0..258).map(|_| x509::read(authority("same").into())).collect();
    let made = layout(&roots.iter().collect::<Vec<_>>(), Hashes::New);
    assert_eq!((made.files.len(), made.links.len(), made.unlinked.len()), (258, 256, 2));
    assert!(made.links.iter().any(|(name, _)| name.ends_with(".255")));
}

proptest! {
    #[test]
    fn any_name_is_a_hash_name_or_none(text in "[0-9a-fA-F]{7,9}\\.r?[0-9]{0,3}") {
        if let Some(name) = parse_name(OsStr::new(&text)) {
            let again = format!("{:08x}.{}{}", name.hash, if name.crl { "r" } else { "" }, name.index);
            prop_assert_eq!(again, text.to_ascii_lowercase());
        }
    }

    #[test]
    fn hashing_any_octets_never_panics(octets: Vec<u8>) {
        let _ = (subject_hash(&octets), subject_hash_old(&octets));
    }
}
