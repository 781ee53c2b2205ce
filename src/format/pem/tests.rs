//! The vectors of `tests/data/malformed`, each named by its defect, and properties.
//!
//! The vectors are made here: `CASTORE_MAKE_VECTORS=1 cargo test --lib vectors_are_made` writes
//! them from the two certificates of `tests/data/certificates`.

mod vectors;

use super::*;
use crate::format::tests::{authority, certificate};
use crate::model::{Body, Note};
use proptest::prelude::*;

fn ders(bytes: &[u8]) -> Vec<Vec<u8>> {
    let certificates = read(bytes).entries.into_iter().filter_map(|entry| match entry.body {
        Body::Certificate(der) => Some(der.into_vec()),
        _ => None,
    });
    certificates.collect()
}

#[test]
fn places_blocks_by_line_and_octet() {
    let der = certificate();
    let block = write(&der, &["one", "two"]);
    let read = read(format!("{block}\n{block}").as_bytes());
    let slots: Vec<Slot> = read.entries.iter().map(|entry| entry.slot.clone()).collect();
    let lines = block.lines().count() as u64;
    let first = Block { line: 3, offset: 12 };
    let second = Block { line: 3 + lines + 1, offset: 12 + block.len() as u64 + 1 };
    assert_eq!(slots, [Slot::Block(first), Slot::Block(second)]);
    assert_eq!(&block.as_bytes()[12..22], b"-----BEGIN");
}

#[test]
fn places_are_those_of_the_file_whatever_its_encoding() {
    let text = format!("# one\n{}", write(&certificate(), &[]));
    let place = |bytes: &[u8]| read(bytes).entries[0].slot.clone();
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_eq!(place(&wide), Slot::Block(Block { line: 2, offset: 2 + 2 * 6 }));
    assert_eq!(place(text.replace('\n', "\r").as_bytes()), Slot::Block(Block { line: 2, offset: 6 }));
    assert_eq!(place(text.replace('\n', "\r\n").as_bytes()), Slot::Block(Block { line: 2, offset: 7 }));
}

#[test]
fn reads_what_it_writes_at_every_length() {
    // Base64 ends differently for each remainder of three, lines for each of forty-eight.
    let written: Vec<Vec<u8>> = (0..100).map(|length| authority(&"x".repeat(length / 2))).collect();
    let text: String = written.iter().map(|der| write(der, &["root"])).collect();
    assert_eq!(ders(text.as_bytes()), written);
    assert_eq!(ders(text.replace('\n', "\r\n").as_bytes()), written);
    assert_eq!(ders(text.replace('\n', " \n").as_bytes()), written);
    assert_eq!(read(text.as_bytes()).openssl, OpensslLoad::Loads(written.len()));
}

/// `openssl crl2pkcs7` makes one of a bundle of any length.
#[test]
fn a_block_of_pkcs7_is_as_long_as_a_bundle() {
    let all: Vec<Vec<u8>> = (0..4000).map(|n| authority(&format!("Root {n} {}", "x".repeat(100)))).collect();
    let text = crate::format::pkcs7::write_pem(&all.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert!(text.len() > crate::limits::PEM_BLOCK);
    let found = read(text.as_bytes());
    assert_eq!((found.entries.len(), found.gaps), (4000, Vec::new()));
}

#[test]
fn comments_cannot_forge_a_block() {
    let der = certificate();
    let text = write(&der, &["-----BEGIN CERTIFICATE-----\n\u{1b}[31mÄ", &"x".repeat(1000)]);
    assert!(text.is_ascii() && text.ends_with("-----END CERTIFICATE-----\n"));
    assert!(text.lines().all(|line| line.len() < 254));
    assert_eq!(text.matches("BEGIN").count(), 2);
    assert_eq!(ders(text.as_bytes()), [der]);
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).map(str::len).max(), Some(64));
}

#[test]
fn a_private_key_is_not_kept() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let read = read(key.as_bytes());
    assert_eq!(read.entries.len(), 1);
    assert_eq!(read.entries[0].body, Body::PrivateKey);
    assert!(!format!("{read:?}").contains(key.lines().nth(1).unwrap()));
}

#[test]
fn stops_at_the_limit_of_a_block_and_reads_on() {
    let der = certificate();
    let long = "A".repeat(crate::limits::PEM_BLOCK + 10);
    let text = format!("-----BEGIN CERTIFICATE-----\n{long}\n-----END CERTIFICATE-----\n{}", write(&der, &[]));
    let read = read(text.as_bytes());
    assert_eq!(read.gaps, [Gap::Bound { what: "bytes in a block", bound: crate::limits::PEM_BLOCK as u64 }]);
    assert!(matches!(read.entries[0].body, Body::Malformed(_)));
    assert_eq!(ders(text.as_bytes()), [der]);
}

/// One way to spoil a block that stands between others.
fn spoil(block: &str, kind: usize, place: usize) -> Vec<u8> {
    let lines: Vec<&str> = block.lines().collect();
    let place = 1 + place % (lines.len() - 2);
    let without =
        |n: usize| lines.iter().enumerate().filter(|(i, _)| *i != n).map(|(_, l)| format!("{l}\n")).collect::<String>();
    match kind % 9 {
        0 => without(lines.len() - 1),
        1 => without(0),
        2 => without(place),
        3 => block.replacen(lines[place], &lines[place].replacen(|c: char| c != '!', "!", 1), 1),
        4 => block.replace("END CERTIFICATE", "END X509 CRL"),
        5 => block.replacen('\n', "\n\n", place),
        6 => block.trim_end().to_owned(),
        7 => block.replace("CERTIFICATE", "SOMETHING"),
        _ => block.replacen(lines[place], "Proc-Type: 4,ENCRYPTED", 1),
    }
    .into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn never_panics_and_terminates(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read(&bytes).entries.len() <= bytes.len());
        prop_assert!(crate::format::decode(&bytes).gaps.is_empty());
    }

    #[test]
    fn never_panics_on_what_looks_like_pem(parts in proptest::collection::vec(0usize..14, 0..40)) {
        const PARTS: [&[u8]; 14] = [
            b"-----", b"BEGIN ", b"END ", b"CERTIFICATE", b"\n", b"\r", b" ", b"MIIB", b"=", b"\0", b":", b"------",
            b"X509 CRL", b"\xef\xbb\xbf",
        ];
        let bytes: Vec<u8> = parts.iter().flat_map(|&part| PARTS[part].iter().copied()).collect();
        let read = read(&bytes);
        prop_assert!(read.entries.len() <= bytes.len() / 8);
    }

    #[test]
    fn one_bad_block_hides_no_other(kind in 0usize..9, place: usize, at in 0usize..4) {
        static BLOCKS: std::sync::LazyLock<Vec<Vec<u8>>> =
            std::sync::LazyLock::new(|| (0..4).map(|n| authority(&format!("root {n}"))).collect());
        let mut text = Vec::new();
        for (n, der) in BLOCKS.iter().enumerate() {
            let block = write(der, &["a comment"]);
            text.extend(if n == at { spoil(&block, kind, place) } else { block.into_bytes() });
        }
        let found = ders(&text);
        for (n, der) in BLOCKS.iter().enumerate() {
            prop_assert!(n == at || found.contains(der), "lost {n} with {at} spoilt by {kind}");
        }
    }
}

#[test]
fn joined_blocks_are_both_read() {
    let (one, two) = (authority("one"), authority("two"));
    let text = format!("{}{}", write(&one, &[]).trim_end(), write(&two, &[]));
    let read = read(text.as_bytes());
    assert_eq!(ders(text.as_bytes()), [one, two]);
    assert_eq!(read.entries[1].notes, [Note::Joined]);
    assert!(matches!(read.openssl, OpensslLoad::Refuses { line: 1, .. }));
}
