//! JKS and JCEKS: what is made by hand here, and what keytool made.

use super::*;
use crate::format::keystore::tests::{block, said, typed, utf};
use crate::format::tests::vectors::{Vector, hold, one, seed, summary, two, vector};
use crate::format::{decode, decode_with};
use crate::limits::Bounds;
use crate::model::{Note, Owner};
use proptest::prelude::*;

fn head(tag: u32, alias: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &utf(alias), &[0; 8]].concat()
}

fn trusted(alias: &str, der: &[u8]) -> Vec<u8> {
    [head(2, alias.as_bytes()), typed("X.509", der)].concat()
}

fn key(alias: &str, chain: &[Vec<u8>]) -> Vec<u8> {
    let count = (chain.len() as u32).to_be_bytes();
    let chain = chain.iter().flat_map(|der| typed("X.509", der));
    [head(1, alias.as_bytes()), block(&[0x30, 3, 2, 1, 0]), count.to_vec()].concat().into_iter().chain(chain).collect()
}

/// The sealed key that keytool wrote into a seed of the fuzzer.
fn sealed_key() -> Vec<u8> {
    let store = seed("jks/keytool.jceks");
    let start = memchr::memmem::find(&store, &[0xac, 0xed, 0, 5]).unwrap();
    // As the real program ends: the names of the two algorithms.
    let name = b"t\0\x16PBEWithMD5AndTripleDES";
    let end = memchr::memmem::rfind(&store, name).unwrap() + name.len();
    store[start..end].to_vec()
}

fn secret(alias: &str) -> Vec<u8> {
    [head(3, alias.as_bytes()), sealed_key()].concat()
}

/// A keystore of this head with these entries, whose digest is that of the password.
fn store(magic: [u8; 4], version: u32, count: u32, entries: &[Vec<u8>], password: &str) -> Vec<u8> {
    let mut out = [magic, version.to_be_bytes(), count.to_be_bytes()].concat();
    out.extend(entries.concat());
    let digest = digest_of(password, &out);
    out.extend(digest);
    out
}

fn jks(entries: &[Vec<u8>]) -> Vec<u8> {
    store(JKS, 2, entries.len() as u32, entries, "changeit")
}

fn jceks(entries: &[Vec<u8>]) -> Vec<u8> {
    store(JCEKS, 2, entries.len() as u32, entries, "changeit")
}

/// `octets` with those of `new` in place of the first of `old`.
fn replaced(octets: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = memchr::memmem::find(octets, old).unwrap();
    [&octets[..at], new, &octets[at + old.len()..]].concat()
}

/// The digest anew behind a body that was changed.
fn resealed(octets: &[u8]) -> Vec<u8> {
    let body = &octets[..octets.len() - DIGEST];
    [body, &digest_of("changeit", body)].concat()
}

fn vectors() -> Vec<Vector> {
    let both = jks(&[trusted("one", &one()), trusted("two", &two())]);
    let middle = trusted("one", &one()).len() + 12;
    let mut changed = both.clone();
    let last = both.len() - DIGEST - 1;
    changed[last] ^= 1;
    let odd = |kind: &str| jks(&[[head(2, b"one"), typed(kind, &one())].concat(), trusted("two", &two())]);
    let aliased = |alias: &[u8]| jks(&[[head(2, alias), typed("X.509", &one())].concat(), trusted("two", &two())]);
    let holding = |der: &[u8]| jks(&[trusted("one", der), trusted("two", &two())]);
    let plain = |der: &[u8], alias: &[u8]| [head(2, alias), block(der)].concat();
    let old = store(JKS, 1, 2, &[plain(&one(), b"one"), plain(&two(), b"two")], "changeit");
    let cut = |octets: &[u8], count: usize| octets[..octets.len() - count].to_vec();
    let counted = |count: u32| store(JKS, 2, count, &[trusted("one", &one()), trusted("two", &two())], "changeit");
    let chain = key("key", &[one(), two()]);
    let mut chain_long = chain.clone();
    let at = head(1, b"key").len() + block(&[0x30, 3, 2, 1, 0]).len();
    chain_long[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut key_long = head(1, b"key");
    key_long.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x30, 0x03]);
    vec![
        vector("version-1", "the format of before JDK 1.2: no names of types", old),
        vector("version-3", "a version that does not exist", store(JKS, 3, 1, &[trusted("one", &one())], "changeit")),
        vector("digest-missing", "the file ends where the digest should stand", cut(&both, DIGEST)),
        vector("digest-cut", "the file ends in the middle of the digest", cut(&both, 7)),
        vector("digest-differs", "the last octet of the last certificate is another", changed),
        vector(
            "password-empty",
            "the digest is that of the empty password",
            store(JKS, 2, 1, &[trusted("one", &one())], ""),
        ),
        vector(
            "password-other",
            "the digest is that of an unknown password",
            store(JKS, 2, 1, &[trusted("one", &one())], "other"),
        ),
        vector("trailing", "more octets behind the digest", [&both[..], b"more"].concat()),
        vector("count-zero", "no entry is declared and two are there", counted(0)),
        vector("count-less", "one entry is declared and two are there", counted(1)),
        vector("count-more", "three entries are declared and two are there", counted(3)),
        vector("count-most", "4,294,967,295 entries are declared", counted(u32::MAX)),
        vector("cut-in-certificate", "the file ends in the middle of the second certificate", cut(&both, DIGEST + 100)),
        vector("cut-in-alias", "the file ends in the middle of the second alias", both[..middle + 8].to_vec()),
        vector("cut-in-head", "the file ends in the count", both[..10].to_vec()),
        vector(
            "tag-unknown",
            "an entry of tag 9 between two certificates",
            jks(&[trusted("one", &one()), head(9, b"nine"), trusted("two", &two())]),
        ),
        vector("tag-secret", "a secret key, which JKS cannot hold", jks(&[trusted("one", &one()), secret("secret")])),
        vector("type-x509", "the type X509, another name of X.509", odd("X509")),
        vector("type-lower", "the type x.509, the same to Java", odd("x.509")),
        vector("type-other", "a type that Java does not know", odd("CVC")),
        vector("type-empty", "a type of no letters", odd("")),
        vector("certificate-empty", "a certificate of no octets", holding(b"")),
        vector("certificate-other", "a SEQUENCE that is no certificate", holding(&[0x30, 3, 2, 1, 5])),
        vector("certificate-cut", "a certificate that lacks its last octets", holding(&one()[..one().len() - 9])),
        vector(
            "certificate-trailing",
            "four octets behind a certificate, inside its length",
            holding(&[&one()[..], b"junk"].concat()),
        ),
        vector("certificate-ber", "a certificate of indefinite length, which Java reads", holding(&indefinite(&one()))),
        vector(
            "certificate-pem",
            "a certificate in PEM, which Java reads",
            holding(crate::format::pem::write(&one(), &[]).as_bytes()),
        ),
        vector(
            "certificate-length",
            "a length of 4,294,967,295 octets",
            replaced(&both, &block(&one())[..4], &[0xff; 4]),
        ),
        vector(
            "alias-repeated",
            "one alias twice: Java keeps the later",
            jks(&[trusted("one", &one()), trusted("one", &two())]),
        ),
        vector("alias-upper-case", "an alias with a capital letter: Java lists it and never finds it", aliased(b"One")),
        vector("alias-empty", "an alias of no letters", aliased(b"")),
        vector("alias-nul", "NUL in two octets", aliased(b"o\xc0\x80ne")),
        vector("alias-surrogates", "a character beyond 65,535 as two surrogates", aliased(b"\xed\xa0\xbd\xed\xb8\x80")),
        vector("alias-half-pair", "one surrogate alone", aliased(b"\xed\xa0\xbd")),
        vector(
            "alias-utf-8",
            "a character beyond 65,535 in UTF-8, which Java refuses",
            aliased("\u{1f600}".as_bytes()),
        ),
        vector("alias-overlong", "the letter a in two octets, which Java takes", aliased(b"\xc1\xa1")),
        vector("alias-control", "an escape sequence of terminals", aliased(b"\x1b[2Jone")),
        vector("key-chain", "a private key with its chain", jks(&[chain.clone(), trusted("two", &two())])),
        vector("key-chain-only", "a private key with its chain and nothing else", jks(std::slice::from_ref(&chain))),
        vector("key-alone", "a private key without a certificate", jks(&[key("key", &[]), trusted("two", &two())])),
        vector("key-chain-most", "a chain of 4,294,967,295 certificates is declared", jks(&[chain_long])),
        vector("key-length", "a private key of 4,294,967,295 octets is declared", jks(&[key_long])),
        vector(
            "key-repeated",
            "a certificate under the alias of a private key before it",
            jks(&[key("one", &[one()]), trusted("one", &two())]),
        ),
    ]
}

/// With indefinite length: 30 80, what was in it, 00 00.
fn indefinite(der: &[u8]) -> Vec<u8> {
    [&[0x30, 0x80], &der[4..], &[0, 0]].concat()
}

fn vectors_with_secrets() -> Vec<Vector> {
    let all = |sealed: Vec<u8>| {
        jceks(&[trusted("one", &one()), [head(3, b"secret"), sealed].concat(), trusted("two", &two())])
    };
    let sealed = sealed_key();
    let swap = |old: &[u8], new: &[u8]| all(replaced(&sealed, old, new));
    vec![
        vector("secret", "a secret key between two certificates", all(sealed.clone())),
        vector(
            "secret-last",
            "nothing behind the secret key but the digest",
            jceks(&[trusted("one", &one()), secret("secret")]),
        ),
        vector(
            "secret-in-version-1",
            "version 1 with a secret key",
            store(JCEKS, 1, 1, &[secret("secret")], "changeit"),
        ),
        vector(
            "secret-twice",
            "the second stream counts its references anew",
            jceks(&[secret("a"), secret("b"), trusted("two", &two())]),
        ),
        vector("stream-missing", "no object stream behind the secret key", all(Vec::new())),
        vector("stream-magic", "another version of the stream", swap(&[0xac, 0xed, 0, 5], &[0xac, 0xed, 0, 4])),
        vector(
            "class-other",
            "an object of a class that runs commands when read",
            swap(b"SealedObjectForKeyProtector", b"SealedObjectForKeyProtectoR"),
        ),
        vector(
            "superclass-other",
            "its superclass is another",
            swap(b"javax.crypto.SealedObject", b"javax.crypto.SealedObjecT"),
        ),
        vector("superclass-itself", "the class is its own superclass", swap(b"xr\0\x19javax", b"xq\0\x7e\0\0javax")),
        vector(
            "class-with-own-octets",
            "the class writes octets of its own (SC_WRITE_METHOD)",
            swap(&[0x30, 0xbb, 0x53, 0x02], &[0x30, 0xbb, 0x53, 0x03]),
        ),
        vector("class-annotated", "an annotation of the class", swap(b"\0\0xr\0\x19javax", b"\0\0pr\0\x19javax")),
        vector("field-of-other-type", "a field that is a number", swap(b"L\0\x09paramsAlg", b"J\0\x09paramsAlg")),
        vector(
            "fields-many",
            "65,535 fields are declared",
            swap(b"\x02\0\x04[\0\x0dencoded", b"\x02\xff\xff[\0\x0dencoded"),
        ),
        vector(
            "reference-to-nothing",
            "a reference to what has not been",
            swap(b"q\0\x7e\0\x02L", b"q\0\x7e\x7f\x02L"),
        ),
        vector("reference-below", "a reference below the first", swap(b"q\0\x7e\0\x02L", b"q\0\0\0\x02L")),
        vector(
            "array-of-other-class",
            "an array whose class is the sealed object's",
            swap(b"uq\0\x7e\0\x05", b"uq\0\x7e\0\0"),
        ),
        vector(
            "array-length",
            "an array of 4,294,967,295 octets",
            swap(b"uq\0\x7e\0\x05\0\0", b"uq\0\x7e\0\x05\xff\xff"),
        ),
        vector(
            "stream-cut",
            "the file ends in the stream",
            jceks(&[trusted("one", &one()), secret("secret")])[..700].to_vec(),
        ),
    ]
}

#[test]
fn malformed_files_are_read_as_far_as_they_go() {
    hold("jks", &vectors());
    hold("jceks", &vectors_with_secrets());
}

#[test]
fn reads_what_keytool_wrote() {
    let read = decode(&seed("jks/keytool.jks"));
    assert_eq!((read.format, read.container.version), (Format::Jks, Some(2)));
    assert_eq!(read.container.integrity, Integrity::Verified);
    assert_eq!(read.container.password, Some(WhichPassword::Changeit));
    assert_eq!((&read.gaps[..], read.container.owner), (&[][..], None));
    let listed = |read: &Decoding| {
        let mut listed: Vec<String> = read.entries.iter().map(said).collect();
        listed.sort();
        listed.join("; ")
    };
    assert_eq!(
        listed(&read),
        "a certificate Trusted []; key certificate Present [ChainOfKey(0)]; key private key Unstated []"
    );
    let read = decode(&seed("jks/keytool.jceks"));
    assert_eq!((read.format, read.container.integrity), (Format::Jceks, Integrity::Verified));
    assert_eq!((&read.gaps[..], read.container.owner), (&[][..], None));
    assert_eq!(
        listed(&read),
        "a certificate Trusted []; b certificate Trusted []; key certificate Present [ChainOfKey(0)]; \
         key private key Unstated []; secret other Unstated []"
    );
}

#[test]
fn tries_given_passwords_and_says_which_fits_only() {
    let octets = store(JKS, 2, 1, &[trusted("one", &one())], "gehëim");
    let read = decode(&octets);
    assert_eq!((read.container.integrity, read.container.password), (Integrity::Mismatch, None));
    let passwords = [Password::new("wrong"), Password::new("gehëim")];
    let read = decode_with(&octets, &Means { passwords: &passwords, ..Means::default() });
    assert_eq!((read.container.integrity, read.container.password), (Integrity::Verified, Some(WhichPassword::Given)));
    assert!(!format!("{read:?}").contains("gehëim"));
}

#[test]
fn what_java_does_not_list_is_counted_and_said() {
    let read = decode(&jks(&[trusted("One", &one()), trusted("two", &one()), trusted("two", &two())]));
    let owner = Owner { program: "Java", lists: 1, because: "Java looks for aliases in lower case only" };
    assert_eq!(read.container.owner, Some(owner));
    let notes: Vec<&[Note]> = read.entries.iter().map(|entry| &entry.notes[..]).collect();
    let replaced = [Note::NotListed("a later entry has the same alias"), Note::SameAlias];
    assert_eq!(notes, [&[Note::NotListed("Java looks for aliases in lower case only")][..], &replaced, &[]]);
}

#[test]
fn stops_at_the_bound() {
    let octets = jks(&[key("key", &[one(), two()]), trusted("two", &two())]);
    let bounds = Bounds { entries: 2, ..Bounds::default() };
    let read = decode_with(&octets, &Means { bounds, ..Means::default() });
    assert_eq!(read.entries.len(), 2);
    assert_eq!(read.gaps, [Gap::Bound { what: "entries", bound: 2 }]);
    assert_eq!((read.container.integrity, read.container.owner), (Integrity::Verified, None));
}

fn written(certificates: &[(String, Vec<u8>)], password: &str) -> Vec<u8> {
    write(certificates.iter().map(|(alias, der)| (alias.as_str(), &der[..])), &Password::new(password))
}

#[test]
fn writes_aliases_that_java_finds_each_its_own() {
    let named = |alias: &str, der: Vec<u8>| (alias.to_owned(), der);
    let octets = written(
        &[named("B", one()), named("b", two()), named("b-1", one()), named("b", one()), named("a\0\u{1f600}", one())],
        CHANGEIT,
    );
    let read = decode(&octets);
    let names: Vec<String> = read.entries.iter().map(said).collect();
    let expected = ["a\0\u{1f600}", "b", "b-1", "b-2"].map(|alias| format!("{alias} certificate Trusted []"));
    assert_eq!(names, expected);
    assert_eq!((read.container.owner, read.container.password), (None, Some(WhichPassword::Changeit)));
    // An alias too long for its length is cut at a character, numbers and all.
    let long = "ü".repeat(40_000);
    let read = decode(&written(&[named(&long, one()), named(&long, two())], CHANGEIT));
    let lengths: Vec<usize> = read.entries.iter().map(|entry| said(entry).split(' ').next().unwrap().len()).collect();
    assert_eq!(lengths, [65_534, 65_534]);
    assert_eq!(written(&[], CHANGEIT).len(), 12 + DIGEST);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_what_it_writes(
        wanted in prop::collection::vec((any::<String>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..4)), 0..8),
        password: String,
        rotated in 0usize..8,
    ) {
        // Octets behind a certificate make others of it, and are kept out of its DER.
        let certificates: Vec<(String, Vec<u8>)> = wanted
            .iter()
            .map(|(alias, first, tail)| (alias.clone(), [if *first { one() } else { two() }, tail.clone()].concat()))
            .collect();
        let octets = written(&certificates, &password);
        let mut other = certificates.clone();
        other.rotate_left(rotated.min(certificates.len()));
        prop_assert_eq!(&written(&other, &password), &octets);
        let read = decode_with(&octets, &Means { passwords: &[Password::new(password)], ..Means::default() });
        prop_assert_eq!(read.container.integrity, Integrity::Verified);
        prop_assert_eq!((&read.gaps[..], read.container.owner), (&[][..], None));
        let set = |list: Vec<(String, Vec<u8>)>| list.into_iter().collect::<std::collections::BTreeSet<_>>();
        let expected = set(certificates.into_iter().map(|(alias, der)| (alias.to_lowercase(), der)).collect());
        prop_assert_eq!(read.entries.len(), expected.len());
        let mut found: Vec<Vec<u8>> = read.entries.iter().map(|entry| match &entry.body {
            Body::Certificate(der) => der.to_vec(),
            other => panic!("{other:?}"),
        }).collect();
        let mut wanted: Vec<Vec<u8>> = expected.into_iter().map(|(_, der)| {
            let whole = crate::format::der::first_sequence(&der).unwrap();
            der[..whole].to_vec()
        }).collect();
        found.sort();
        wanted.sort();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn any_octets_are_read_to_an_end(octets: Vec<u8>, is_jceks: bool, version in 0u32..4) {
        let head = [if is_jceks { JCEKS } else { JKS }, version.to_be_bytes(), [0, 0, 0, 9]].concat();
        let read = decode(&[head, octets.clone()].concat());
        prop_assert!(read.entries.len() <= octets.len());
        let _ = super::read(&octets, &Means::default());
    }

    #[test]
    fn changed_octets_are_read_to_an_end(at: prop::sample::Index, to: u8, is_jceks: bool, cut: prop::sample::Index) {
        let mut octets = seed(if is_jceks { "jks/keytool.jceks" } else { "jks/keytool.jks" });
        let at = at.index(octets.len());
        octets[at] = to;
        octets.truncate(octets.len() - cut.index(octets.len()) / 4);
        let octets = if at % 2 == 0 && octets.len() > DIGEST { resealed(&octets) } else { octets };
        let _ = summary(&decode(&octets));
    }
}
