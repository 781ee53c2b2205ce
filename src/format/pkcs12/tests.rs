//! PKCS#12 that is sound, and read back; that is not is in [`vectors`].

mod vectors;

use super::*;
use crate::format::decode_with;
use crate::format::tests::authority;
use crate::format::tests::vectors::{one, two};
use crate::limits::Bounds;
use crate::model::{Body, Note, Password, Slot, Trust, WhichPassword};
use proptest::prelude::*;

fn ders(read: &Decoding) -> Vec<Vec<u8>> {
    let certificates = read.entries.iter().filter_map(|entry| match &entry.body {
        Body::Certificate(der) => Some(der.to_vec()),
        _ => None,
    });
    certificates.collect()
}

fn aliases(read: &Decoding) -> Vec<String> {
    let names = read.entries.iter().filter_map(|entry| match &entry.slot {
        Slot::Alias(name) => Some(name.raw().to_owned()),
        _ => None,
    });
    names.collect()
}

#[test]
fn reads_what_it_writes_under_each_protection() {
    let password = Password::new("changeit");
    let (one, two) = (one(), two());
    let certificates = [("eins", &one[..]), ("zwei", &two[..])];
    for protection in [Protection::Plain, Protection::Modern(&password), Protection::Legacy(&password)] {
        let bytes = write(&certificates, protection);
        assert_eq!(bytes, write(&certificates, protection), "the same octets each time");
        let read = decode_with(&bytes, &Means::default());
        assert_eq!((read.format, ders(&read)), (Format::Pkcs12, vec![one.clone(), two.clone()]));
        assert_eq!(aliases(&read), ["eins", "zwei"]);
        let notes: &[Note] = if matches!(protection, Protection::Plain) { &[] } else { &[Note::Encrypted] };
        assert!(read.entries.iter().all(|entry| entry.trust == Trust::Trusted && entry.notes == notes));
        assert_eq!((read.gaps, read.container.owner, read.container.version), (vec![], None, Some(3)));
        let is_plain = matches!(protection, Protection::Plain);
        let integrity = if is_plain { Integrity::Unsealed } else { Integrity::Verified };
        assert_eq!(read.container.integrity, integrity);
        assert_eq!(read.container.password, (!is_plain).then_some(WhichPassword::Changeit));
        assert_eq!(read.container.protection.len(), if is_plain { 0 } else { 2 });
    }
}

/// What one flipped bit makes of the first octet: Java opens it, and OpenSSL does not.
#[test]
fn a_set_in_the_place_of_the_outer_sequence_is_read_and_told() {
    let mut bytes = write(&[("a", &one())], Protection::Plain);
    bytes[0] = tag::SET;
    let read = decode_with(&bytes, &Means::default());
    assert_eq!((read.format, ders(&read)), (Format::Pkcs12, vec![one()]));
    assert!(matches!(&read.gaps[..], [Gap::Broken(why)] if why.found.raw() == "a SET, which Java takes for one"));
}

#[test]
fn says_how_it_is_protected() {
    let password = Password::new("changeit");
    let read = read(&write(&[("a", &one())], Protection::Modern(&password)), &Means::default());
    let said = ["MAC HMAC-SHA-256, 10000 iterations", "PBES2 AES-256, PBKDF2 HMAC-SHA-256, 10000 iterations"];
    assert_eq!(read.container.protection, said);
}

#[test]
fn gives_aliases_that_java_tells_apart() {
    let (one, two) = (one(), two());
    let names = ["a", "A", "a 2", "", "", "Ä€😀", "ä€😀"];
    let certificates: Vec<(&str, &[u8])> =
        names.iter().map(|name| (*name, if name.len() > 1 { &one[..] } else { &two[..] })).collect();
    let read = read(&write(&certificates, Protection::Plain), &Means::default());
    assert_eq!(aliases(&read), ["a", "A 2", "a 2 2", "", " 2", "Ä€😀", "ä€😀 2"]);
    assert!(read.entries.iter().all(|entry| !entry.notes.contains(&Note::SameAlias)));
}

#[test]
fn tries_given_passwords_and_says_when_none_fits() {
    let password = Password::new("pässwort");
    for protection in [Protection::Modern(&password), Protection::Legacy(&password)] {
        let bytes = write(&[("a", &one())], protection);
        let passwords = [Password::new("wrong"), password.clone()];
        let opened = read(&bytes, &Means { passwords: &passwords, ..Means::default() });
        assert_eq!((ders(&opened).len(), opened.container.integrity), (1, Integrity::Verified));
        assert_eq!(opened.container.password, Some(WhichPassword::Given));
        let locked = read(&bytes, &Means::default());
        assert_eq!((ders(&locked).len(), locked.container.integrity), (0, Integrity::Mismatch));
        assert_eq!(
            (&locked.gaps[..], locked.container.owner),
            (&[Gap::Password { what: "1 part".to_owned() }][..], None)
        );
    }
}

#[test]
fn keeps_to_bounds_of_the_whole_file() {
    let password = Password::new("changeit");
    let bytes = write(&[("a", &one()), ("b", &two())], Protection::Modern(&password));
    let read_within = |kdf_iterations, entries| {
        let bounds = Bounds { kdf_iterations, entries, ..Bounds::default() };
        read(&bytes, &Means { bounds, ..Means::default() })
    };
    // The seal costs a little more than 10,000 rounds, the part as much again.
    assert_eq!(ders(&read_within(20_010, 10)).len(), 2);
    let sealed = read_within(10_010, 10);
    assert_eq!((ders(&sealed).len(), sealed.container.integrity), (0, Integrity::Verified));
    assert_eq!(sealed.gaps, [Gap::Bound { what: "rounds of key derivation", bound: 10_010 }]);
    assert_eq!(read_within(9_999, 10).container.integrity, Integrity::Unverified);
    let few = read_within(1_000_000, 1);
    assert_eq!((ders(&few).len(), &few.gaps[..]), (1, &[Gap::Bound { what: "entries", bound: 1 }][..]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_it_writes(names in proptest::collection::vec(".{0,12}", 0..6)) {
        let made: Vec<Vec<u8>> = (0..names.len()).map(|n| authority(&n.to_string())).collect();
        let certificates: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(made.iter().map(Vec::as_slice)).collect();
        let read = read(&write(&certificates, Protection::Plain), &Means::default());
        prop_assert_eq!(ders(&read), made);
        prop_assert!(read.gaps.is_empty() && read.container.owner.is_none());
    }

    #[test]
    fn any_octets_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &Means::default());
        let _ = read(&[&[0x30, 0x80, 2, 1, 3][..], &bytes].concat(), &Means::default());
    }

    #[test]
    fn changed_octets_are_read_to_an_end(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = vectors::clean();
        for (at, octet) in changes {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        let bounds = Bounds { kdf_iterations: 1000, ..Bounds::default() };
        let _ = read(&bytes, &Means { bounds, ..Means::default() });
    }
}
