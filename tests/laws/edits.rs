//! read(edit(x, A, R)) == (read(x) ∪ A) \ R, and every octet that is not about A or R is where it was.

use crate::numbers::Numbers;
use crate::{certificates, noise, pool, some};
use castore::format::{Means, decode_with, jks, pem, x509};
use castore::model::{Body, Certificate, Decoded, Fingerprint, Format, Integrity, Password, Timestamp, Trust};
use castore::plan::edit::{CannotEdit, Edited, Wanted, file};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

fn parsed(index: usize) -> Arc<Certificate> {
    Arc::new(x509::read(pool()[index].clone().into()))
}

fn edited(format: Format, old: &[u8], add: &[usize], remove: &[usize]) -> Result<Vec<u8>, CannotEdit> {
    let add: Vec<Arc<Certificate>> = add.iter().copied().map(parsed).collect();
    let remove = remove.iter().map(|index| parsed(*index).fingerprint()).collect();
    let wanted = Wanted { add: &add, remove: &remove, passwords: &[], at: Timestamp::from_unix(1_700_000_000) };
    Ok(match file(format, old, &wanted)? {
        Edited::Bytes(bytes) => bytes,
        Edited::Same => old.to_vec(),
    })
}

fn is_same(format: Format, old: &[u8], add: &[usize], remove: &[usize]) -> bool {
    edited(format, old, add, remove).as_deref() == Ok(old)
}

fn fingerprints(indexes: impl IntoIterator<Item = usize>) -> BTreeSet<Fingerprint> {
    indexes.into_iter().map(|index| parsed(index).fingerprint()).collect()
}

fn read(bytes: &[u8], counts: fn(&Decoded) -> bool) -> BTreeSet<Fingerprint> {
    let entries = decode_with(bytes, &Means::default()).entries;
    let certificates = entries.into_iter().filter(counts).filter_map(|entry| match entry.body {
        Body::Certificate(der) => Some(x509::read(der).fingerprint()),
        _ => None,
    });
    certificates.collect()
}

/// (held ∪ add) \ remove.
fn expected(held: &[usize], add: &[usize], remove: &[usize]) -> BTreeSet<Fingerprint> {
    let all = held.iter().chain(add).copied().filter(|index| !remove.contains(index));
    fingerprints(all)
}

/// How the lines of a bundle end, and whether its last one does.
fn styles() -> impl Strategy<Value = (bool, bool)> {
    (any::<bool>(), any::<bool>())
}

fn styled(text: &str, (is_crlf, is_ended): (bool, bool)) -> String {
    let text = if is_crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text.to_owned() };
    if is_ended { text } else { text.trim_end().to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bundle_holds_what_was_wanted_and_the_rest_is_where_it_was(
        held in some(),
        between in proptest::collection::vec(noise(), 20),
        style in styles(),
        add in some(),
        remove in some(),
    ) {
        // A block that OpenSSL stumbles over has its own test.
        let noise = |index: usize| between[index % between.len()].as_str();
        let is_sound = |text: &str| !text.contains("AAAA") && !text.contains("MAA=");
        let of = |kept: &dyn Fn(usize) -> bool| -> String {
            let block = |(place, index): (usize, &usize)| {
                let noise = noise(place);
                let noise = if is_sound(noise) { noise } else { "" };
                let block = if kept(*index) { certificates::pem("CERTIFICATE", &pool()[*index]) } else { String::new() };
                format!("{noise}{block}")
            };
            held.iter().enumerate().map(block).collect()
        };
        let old = styled(&of(&|_| true), style);
        let new = edited(Format::Pem, old.as_bytes(), &[], &remove);
        if held.is_empty() {
            return Ok(());
        }
        let new = new.expect("a bundle without some");
        let kept = styled(&of(&|index| !remove.contains(&index)), style);
        prop_assert_eq!(new.trim_ascii_end(), kept.trim_end().as_bytes());
        prop_assert!(!style.1 || new == kept.as_bytes());
        let new = edited(Format::Pem, old.as_bytes(), &add, &remove).expect("a bundle with more");
        prop_assert_eq!(read(&new, |_| true), expected(&held, &add, &remove));
        prop_assert!(is_same(Format::Pem, &new, &add, &remove) || new.is_empty());
        let more: Vec<usize> = add.iter().copied().filter(|index| !held.contains(index)).collect();
        let with = edited(Format::Pem, old.as_bytes(), &more, &[]).expect("a bundle with more");
        prop_assert!(with.starts_with(old.as_bytes()));
        prop_assert_eq!(edited(Format::Pem, &with, &[], &more).expect("as it was"), old.into_bytes());
    }

    #[test]
    fn keystores_hold_what_was_wanted(held in some(), add in some(), remove in some(), seed: u64) {
        let aliases: Vec<String> = held.iter().map(|index| format!("alias {index} {}", Numbers(seed | 1).next())).collect();
        let named: Vec<(&str, &[u8])> =
            aliases.iter().map(String::as_str).zip(held.iter().map(|index| pool()[*index].as_slice())).collect();
        let password = Password::new("changeit");
        let mut stores = vec![(Format::Jks, jks::write(named.clone(), &password))];
        #[cfg(feature = "pkcs12")]
        {
            use castore::format::pkcs12::{Protection, write};
            // Deriving keys of the encrypted ones takes long in a test.
            stores.push((Format::Pkcs12, write(&named, Protection::Plain)));
        }
        for (format, old) in stores {
            let new = edited(format, &old, &add, &remove).expect("a keystore");
            let is_entry: fn(&Decoded) -> bool = |entry| entry.trust == Trust::Trusted;
            prop_assert_eq!(read(&new, is_entry), expected(&held, &add, &remove));
            let container = decode_with(&new, &Means::default()).container;
            prop_assert!(container.owner.is_none() && container.integrity != Integrity::Mismatch);
            prop_assert!(is_same(format, &new, &add, &remove));
            let more: Vec<usize> = add.iter().copied().filter(|index| !held.contains(index)).collect();
            let with = edited(format, &old, &more, &[]).expect("a keystore with more");
            prop_assert_eq!(edited(format, &with, &[], &more).expect("as it was"), old);
        }
    }
}

/// A bundle of which nobody loads anything gets nothing, whatever it is; what it holds can be taken out.
#[test]
fn a_broken_bundle_loses_and_gets_nothing() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for at in 0..4 {
        let blocks: Vec<String> = (0..4).map(|index| pem::write(&pool()[index], &[])).collect();
        let old = format!("{}{broken}{}", blocks[..at].concat(), blocks[at..].concat());
        assert!(matches!(edited(Format::Pem, old.as_bytes(), &[5], &[0]), Err(CannotEdit::Broken { .. })));
        let new = edited(Format::Pem, old.as_bytes(), &[], &[at]).expect("a bundle without one");
        assert_eq!(String::from_utf8(new).expect("text"), old.replace(&blocks[at], ""));
    }
}
