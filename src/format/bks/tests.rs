//! BKS and UBER: what is made by hand here, and what Bouncy Castle made.

use super::*;
use crate::format::keystore::tests::{block, said, typed, utf};
use crate::format::tests::vectors::{Vector, hold, one, seed, summary, two, vector};
use crate::format::{decode, decode_with};
use crate::limits::Bounds;
use proptest::prelude::*;

const SALT: [u8; 20] = *b"twenty octets a salt";

fn entry(kind: u8, alias: &str, chain: &[Vec<u8>], own: &[u8]) -> Vec<u8> {
    let count = (chain.len() as u32).to_be_bytes();
    let chain: Vec<u8> = chain.iter().flat_map(|der| typed("X.509", der)).collect();
    [&[kind][..], &utf(alias.as_bytes()), &[0; 8], &count, &chain, own].concat()
}

fn trusted(alias: &str, der: &[u8]) -> Vec<u8> {
    entry(1, alias, &[], &typed("X.509", der))
}

fn key(kind: u8) -> Vec<u8> {
    [&[kind][..], &utf(b"PKCS#8"), &utf(b"RSA"), &block(b"a key")].concat()
}

/// A keystore with so many rounds, whose MAC is that of the password.
fn store(version: u32, iterations: u32, entries: &[Vec<u8>], password: &str) -> Vec<u8> {
    let body = [entries.concat(), vec![0]].concat();
    let head = [&version.to_be_bytes()[..], &block(&SALT), &iterations.to_be_bytes()].concat();
    let key_length = if version == 2 { OUTPUT } else { WEAK };
    let mac = mac::of(password, &Sealed { salt: &SALT, iterations, key_length, body: &body });
    [&head[..], &body, &mac].concat()
}

fn bks(entries: &[Vec<u8>]) -> Vec<u8> {
    store(2, 3, entries, "changeit")
}

fn vectors() -> Vec<Vector> {
    let plain = [trusted("one", &one()), trusted("two", &two())];
    let both = bks(&plain);
    let cut = |count: usize| both[..both.len() - count].to_vec();
    let changed = |at: usize, to: u8| {
        let mut octets = both.clone();
        octets[at] = to;
        octets
    };
    let holding = |der: &[u8]| bks(&[trusted("one", der), trusted("two", &two())]);
    let odd = |kind: &str| bks(&[entry(1, "one", &[], &typed(kind, &one())), trusted("two", &two())]);
    let mut chain_long = entry(4, "key", &[one(), two()], &block(b"sealed"));
    let count = 1 + utf(b"key").len() + 8;
    chain_long[count..count + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let aliased = |alias: &[u8]| {
        let own = [&[1][..], &utf(alias), &[0; 12], &typed("X.509", &one())].concat();
        bks(&[own, trusted("two", &two())])
    };
    vec![
        vector("version-0", "the first version, whose MAC has a key of 16 bits", store(0, 3, &plain, "changeit")),
        vector("version-1", "a MAC with a key of 16 bits (CVE-2018-5382)", store(1, 3, &plain, "changeit")),
        vector("empty", "no entry", bks(&[])),
        vector("password-empty", "the MAC is that of the empty password", store(2, 3, &plain, "")),
        vector("password-other", "the MAC is that of an unknown password", store(2, 3, &plain, "other")),
        vector("iterations-none", "no round of key derivation", store(2, 0, &plain, "changeit")),
        vector("iterations-most", "4,294,967,295 rounds of key derivation are asked for", changed_iterations(&both)),
        vector("certificate-changed", "one octet of a certificate is another", changed(both.len() - 22, 9)),
        vector("mac-missing", "the file ends where the MAC should stand", cut(20)),
        vector("mac-cut", "the file ends in the middle of the MAC", cut(7)),
        vector("end-missing", "the file ends behind the last entry", cut(21)),
        vector("trailing", "more octets behind the MAC", [&both[..], b"more"].concat()),
        vector(
            "kind-unknown",
            "an entry of kind 9 between two certificates",
            bks(&[trusted("one", &one()), entry(9, "nine", &[], b""), trusted("two", &two())]),
        ),
        vector(
            "kind-unknown-first",
            "the first entry is of kind 9",
            [bks(&[entry(9, "nine", &[], b""), trusted("two", &two())]), vec![0; 3]].concat(),
        ),
        vector("cut-in-certificate", "the file ends in the middle of the second certificate", cut(100)),
        vector(
            "certificate-length",
            "a length of 4,294,967,295 octets",
            bks(&[trusted("one", &one()), [&entry(1, "two", &[], &utf(b"X.509"))[..], &[0xff; 4], &two()].concat()]),
        ),
        vector("certificate-empty", "a certificate of no octets", holding(b"")),
        vector("certificate-other", "a SEQUENCE that is no certificate", holding(&[0x30, 3, 2, 1, 5])),
        vector(
            "certificate-trailing",
            "four octets behind a certificate, inside its length",
            holding(&[&one()[..], b"junk"].concat()),
        ),
        vector("type-other", "a type that nobody knows", odd("CVC")),
        vector("type-x509", "the type X509, another name of X.509", odd("X509")),
        vector(
            "alias-repeated",
            "one alias twice: the later counts",
            bks(&[trusted("one", &one()), trusted("one", &two())]),
        ),
        vector("alias-upper-case", "an alias with a capital letter, which is found as it is", aliased(b"One")),
        vector(
            "alias-utf-8",
            "a character beyond 65,535 in UTF-8, which Java refuses",
            aliased("\u{1f600}".as_bytes()),
        ),
        vector("alias-nul", "NUL in two octets", aliased(b"o\xc0\x80ne")),
        vector(
            "key-sealed",
            "a sealed private key with its chain",
            bks(&[entry(4, "key", &[one(), two()], &block(b"sealed"))]),
        ),
        vector(
            "key-sealed-alone",
            "a sealed key without a chain, mostly a secret one",
            bks(&[entry(4, "key", &[], &block(b"sealed")), trusted("two", &two())]),
        ),
        vector(
            "key-in-the-clear",
            "a private key in the clear",
            bks(&[entry(2, "key", &[one()], &key(0)), trusted("two", &two())]),
        ),
        vector(
            "key-public",
            "a public key, then a secret one",
            bks(&[entry(2, "public", &[], &key(1)), entry(2, "secret", &[], &key(2))]),
        ),
        vector(
            "key-cut",
            "the length of a key leads out of the file; its chain stands before",
            bks(&[entry(4, "key", &[one(), two()], &[0xff; 4])]),
        ),
        vector("key-chain-most", "a chain of 4,294,967,295 certificates is declared", bks(&[chain_long])),
        vector(
            "secret",
            "a sealed value between two certificates",
            bks(&[trusted("one", &one()), entry(3, "secret", &[], &block(b"value")), trusted("two", &two())]),
        ),
    ]
}

fn changed_iterations(store: &[u8]) -> Vec<u8> {
    [&store[..28], &[0xff; 4], &store[32..]].concat()
}

#[test]
fn malformed_files_are_read_as_far_as_they_go() {
    hold("bks", &vectors());
}

#[test]
fn reads_what_bouncy_castle_wrote() {
    let read = decode(&seed("bks/version-2.bks"));
    assert_eq!((read.format, read.container.version, &read.gaps[..]), (Format::Bks, Some(2), &[][..]));
    assert_eq!(read.container.integrity, Integrity::Verified);
    assert_eq!(read.container.password, Some(WhichPassword::Changeit));
    assert_eq!(read.container.protection, ["MAC HMAC-SHA-1 with a key of 160 bits, 1715 iterations"]);
    let mut found: Vec<String> = read.entries.iter().map(said).collect();
    found.sort();
    let expected = [
        "A certificate Trusted []",
        "key certificate Present [ChainOfKey(0)]",
        "key private key Unstated []",
        "secret other Unstated []",
    ];
    assert_eq!(found, expected);
    let read = decode(&seed("bks/version-1.bks"));
    assert_eq!((read.container.version, read.container.integrity), (Some(1), Integrity::Verified));
    assert!(read.container.protection[0].starts_with("MAC HMAC-SHA-1 with a key of 16 bits, which proves nothing, "));
    let mut found: Vec<String> = read.entries.iter().map(said).collect();
    found.sort();
    assert_eq!(found, ["a certificate Trusted []", "Ünïcode\u{1f600}\0x certificate Trusted []"]);
}

#[test]
fn an_encrypted_store_is_recognised() {
    let read = decode(&seed("bks/uber"));
    assert_eq!((read.format, read.container.version), (Format::Uber, Some(1)));
    assert_eq!((&read.entries[..], &read.gaps[..]), (&[][..], &[][..]));
}

#[test]
fn rounds_are_counted_over_all_passwords() {
    let octets = store(2, 40, &[trusted("one", &one())], "third");
    let read = |rounds: u64, passwords: &[Password]| {
        let bounds = Bounds { kdf_iterations: rounds, ..Bounds::default() };
        decode_with(&octets, &Means { passwords, bounds, ..Means::default() })
    };
    let third = [Password::new("third")];
    assert_eq!(read(120, &third).container.password, Some(WhichPassword::Given));
    let found = read(119, &third);
    assert_eq!((found.container.integrity, found.entries.len()), (Integrity::Unverified, 1));
    assert_eq!(found.gaps, [Gap::Bound { what: "rounds of key derivation", bound: 119 }]);
    assert_eq!(read(119, &[]).container.integrity, Integrity::Mismatch);
}

#[test]
fn stops_at_the_bound() {
    let chain = [one(), two(), one(), two(), one()];
    for length in [2, 5] {
        for entry in [
            entry(4, "key", &chain[..length], &block(b"sealed")),
            entry(1, "a", &chain[..length], &typed("X.509", &one())),
        ] {
            let octets = bks(&[entry, trusted("two", &two())]);
            let bounds = Bounds { entries: 2, ..Bounds::default() };
            let read = decode_with(&octets, &Means { bounds, ..Means::default() });
            assert_eq!((read.entries.len(), read.container.owner), (2, None));
            assert_eq!(read.gaps, [Gap::Bound { what: "entries", bound: 2 }]);
        }
    }
}

fn few_rounds() -> Bounds {
    Bounds { kdf_iterations: 100, ..Bounds::default() }
}

proptest! {
    #[test]
    fn any_octets_are_read_to_an_end(octets: Vec<u8>, version in 0u32..4) {
        let head = [&version.to_be_bytes()[..], &block(&SALT), &[0, 0, 0, 1]].concat();
        let means = Means { bounds: few_rounds(), ..Means::default() };
        let read = super::read(&[head, octets.clone()].concat(), &means);
        prop_assert!(read.entries.len() <= octets.len());
        let _ = super::read(&octets, &means);
    }

    #[test]
    fn changed_octets_are_read_to_an_end(at: prop::sample::Index, to: u8, is_old: bool, cut: prop::sample::Index) {
        let mut octets = seed(if is_old { "bks/version-1.bks" } else { "bks/version-2.bks" });
        let at = at.index(octets.len());
        octets[at] = to;
        octets.truncate(octets.len() - cut.index(octets.len()) / 4);
        let _ = summary(&decode_with(&octets, &Means { bounds: few_rounds(), ..Means::default() }));
    }
}
