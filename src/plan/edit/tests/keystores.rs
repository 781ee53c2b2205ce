//! Keystores of Java: certificates come and go, keys stay.

use super::super::*;
use super::{certificate, edited};
use crate::format::{decode_with, jks};
use crate::model::{Integrity, Slot, Untrusted};
use sha1::{Digest, Sha1};
use std::slice::from_ref;

/// A JKS or JCEKS with a key of two certificates and a trusted certificate, in either version.
pub(in crate::plan) fn with_key(
    magic: u32,
    version: u32,
    chain: [&Certificate; 2],
    trusted: &Certificate,
    password: &str,
) -> Vec<u8> {
    let mut out = [magic, version, 2].map(u32::to_be_bytes).concat();
    let utf = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u16).to_be_bytes());
        out.extend(text.as_bytes());
    };
    let block = |out: &mut Vec<u8>, octets: &[u8]| {
        out.extend((octets.len() as u32).to_be_bytes());
        out.extend(octets);
    };
    let encoded = |out: &mut Vec<u8>, certificate: &Certificate| {
        if version == 2 {
            utf(out, "X.509");
        }
        block(out, certificate.der());
    };
    out.extend(1u32.to_be_bytes());
    utf(&mut out, "server");
    out.extend(5u64.to_be_bytes());
    block(&mut out, b"sealed as it is");
    out.extend(2u32.to_be_bytes());
    chain.iter().for_each(|certificate| encoded(&mut out, certificate));
    out.extend(2u32.to_be_bytes());
    utf(&mut out, "new");
    out.extend(6u64.to_be_bytes());
    encoded(&mut out, trusted);
    let sealed = password.encode_utf16().flat_map(u16::to_be_bytes).chain(*b"Mighty Aphrodite").chain(out.clone());
    let digest = Sha1::digest(sealed.collect::<Vec<u8>>());
    out.extend(digest);
    out
}

fn listed(read: &Decoding) -> BTreeSet<Fingerprint> {
    anchors(read)
}

fn changed(format: Format, old: &[u8], add: &[Arc<Certificate>], remove: &[&Certificate]) -> Vec<u8> {
    match edited(format, old, add, remove).unwrap() {
        Edited::Bytes(bytes) => bytes,
        Edited::Same => old.to_vec(),
    }
}

#[test]
fn entries_of_jks_come_and_go_and_keys_stay() {
    let [leaf, root, old, new, also] = ["leaf", "root", "old", "new", "also"].map(certificate);
    for (magic, format) in [(0xfeed_feed, Format::Jks), (0xcece_cece, Format::Jceks)] {
        for version in [1, 2] {
            let store = with_key(magic, version, [&leaf, &root], &old, "changeit");
            let more = changed(format, &store, &[new.clone(), root.clone()], &[]);
            let read = decode_with(&more, &Means::default());
            assert_eq!((read.container.integrity, read.container.version), (Integrity::Verified, Some(version)));
            assert_eq!(listed(&read), [&old, &new, &root].map(|one| one.fingerprint()).into());
            // The alias that it would have is taken.
            let slots: Vec<_> = read.entries.iter().map(|entry| entry.slot.clone()).collect();
            let alias = |text: &str| Slot::Alias(Untrusted::new(text));
            assert_eq!(slots[..4], [alias("server"), alias("server"), alias("server"), alias("new")]);
            assert_eq!(slots[4..], [alias("new-2"), alias("root")]);
            // Java's time, in milliseconds.
            let time = 1_700_000_000_000u64.to_be_bytes();
            assert_eq!(memchr::memmem::find_iter(&more, &time).count(), 2);
            let body = &store[12..store.len() - 20];
            assert_eq!(memchr::memmem::find(&more, body), Some(12), "what was there is there as it was");

            assert_eq!(changed(format, &more, &[], &[&new, &root]), store);
            assert_eq!(edited(format, &more, from_ref(&new), &[]), Ok(Edited::Same));
            assert_eq!(edited(format, &store, &[], &[&also]), Ok(Edited::Same));
            let less = changed(format, &store, from_ref(&also), &[&old]);
            assert_eq!(listed(&decode_with(&less, &Means::default())), [also.fingerprint()].into());
            // The root is behind the key's own certificate, and is no anchor there.
            assert_eq!(edited(format, &store, &[], &[&root]), Ok(Edited::Same));
            let refused = edited(format, &store, &[], &[&leaf]);
            assert!(matches!(refused, Err(CannotEdit::OfKey { alias, .. }) if alias.raw() == "server"));
        }
    }
}

#[test]
fn a_seal_that_does_not_fit_is_not_made_anew() {
    let [leaf, root, old, new] = ["leaf", "root", "old", "new"].map(certificate);
    let store = with_key(0xfeed_feed, 2, [&leaf, &root], &old, "of its own");
    assert_eq!(edited(Format::Jks, &store, from_ref(&new), &[]), Err(CannotEdit::Password));
    assert_eq!(edited(Format::Jks, &store, from_ref(&old), &[]), Ok(Edited::Same));
    let (remove, passwords) = (BTreeSet::new(), [Password::new("another"), Password::new("of its own")]);
    let wanted = Wanted { add: from_ref(&new), remove: &remove, passwords: &passwords, at: Timestamp::from_unix(-1) };
    let Ok(Edited::Bytes(bytes)) = file(Format::Jks, &store, &wanted) else { panic!("not edited") };
    let read = decode_with(&bytes, &Means { passwords: &passwords, ..Means::default() });
    assert_eq!(read.container.integrity, Integrity::Verified);
    let cut = &store[..store.len() - 1];
    assert!(matches!(edited(Format::Jks, cut, &[new], &[]), Err(CannotEdit::Unread(_))));
}

#[test]
fn what_an_alias_hides_is_not_brought_to_light() {
    let [a, b] = ["a", "b"].map(certificate);
    let plain = jks::write([("x", a.der()), ("y", b.der())], &Password::new("changeit"));
    let at = memchr::memmem::find(&plain, b"\0\x01y").unwrap();
    let mut twice = plain[..plain.len() - 20].to_vec();
    twice[at + 2] = b'x';
    let mut sealed: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    sealed.extend(b"Mighty Aphrodite");
    sealed.extend(&twice);
    twice.extend(Sha1::digest(sealed));
    assert_eq!(listed(&decode_with(&twice, &Means::default())).len(), 1);
    assert!(matches!(edited(Format::Jks, &twice, &[], &[&b]), Err(CannotEdit::NotExact { missing: 0, more: 1 })));
    assert!(matches!(edited(Format::Jks, &twice, &[], &[&a, &b]), Ok(Edited::Bytes(_))));
}

#[cfg(feature = "pkcs12")]
#[test]
fn bags_of_pkcs12_come_and_go_under_the_same_protection() {
    use crate::format::pkcs12::{self, Protection};
    let [a, b, c] = ["a", "b", "c"].map(certificate);
    let password = Password::new("changeit");
    for protection in [Protection::Plain, Protection::Modern(&password), Protection::Legacy(&password)] {
        let store = pkcs12::write(&[("a", a.der()), ("b", b.der())], protection);
        let said = |bytes: &[u8]| {
            let read = decode_with(bytes, &Means::default());
            assert!(read.gaps.is_empty() && read.container.owner.is_none(), "{read:?}");
            (listed(&read), read.container.protection, read.container.integrity)
        };
        let (_, words, seal) = said(&store);
        let more = changed(Format::Pkcs12, &store, from_ref(&c), &[]);
        assert_eq!(said(&more), ([&a, &b, &c].map(|one| one.fingerprint()).into(), words.clone(), seal));
        let less = changed(Format::Pkcs12, &more, &[], &[&a, &c]);
        assert_eq!(said(&less), ([b.fingerprint()].into(), words.clone(), seal));
        assert_eq!(said(&changed(Format::Pkcs12, &less, &[], &[&b])), (BTreeSet::new(), words, seal));
        // Salts are made of what is encrypted: the same file again.
        assert_eq!(changed(Format::Pkcs12, &more, &[], &[&c]), store);
        assert_eq!(edited(Format::Pkcs12, &more, from_ref(&c), &[]), Ok(Edited::Same));
        assert!(store != more);
    }
    let other = pkcs12::write(&[("a", a.der())], Protection::Modern(&Password::new("another")));
    assert_eq!(edited(Format::Pkcs12, &other, &[c], &[]), Err(CannotEdit::Password));
}
