//! Formats as rows: names, what is lost, what is castore's own.

use super::*;
use crate::format::tests::{authority, of_no_date, undecodable};
use crate::format::{decode, openssl_trusted, pem, x509};
use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::model::{Body, Limited, Names, Purposes, Ruling, StoreId, Timestamp, Trust};
use std::collections::BTreeSet;
use std::sync::Arc;

fn kept(name: &str, trust: &[Trust]) -> Kept {
    Kept {
        certificate: Arc::new(x509::read(authority(name).into())),
        stores: (0..trust.len()).map(|n| StoreId::Path(format!("/{n}").into())).collect(),
        trust: trust.to_vec(),
    }
}

fn limited(limited: Limited) -> Trust {
    Trust::Limited(Box::new(limited))
}

fn after(seconds: i64) -> Trust {
    let (otherwise, distrusted_after) = (Ruling::Trusted, vec![(SERVER_AUTH, Timestamp::from_unix(seconds))]);
    limited(Limited { otherwise, distrusted_after, ..Limited::default() })
}

fn row(name: &str) -> &'static Row {
    ROWS.iter().find(|row| row.name == name).unwrap()
}

fn write(name: &str, kept: &[Kept]) -> Written {
    let password = Password::new("changeit");
    let options = Options {
        comments: &|_| vec!["a comment".to_owned()],
        purpose: SERVER_AUTH,
        hashes: Hashes::New,
        password: &password,
        profile: Profile::Modern,
        made: Timestamp::from_unix(0),
        names: ObjectNames { name: Some("roots"), namespace: None, key: "ca.crt", signer: None },
    };
    row(name).write(kept, &options).unwrap()
}

#[test]
fn rows_have_names_of_their_own_and_say_what_they_are() {
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), ROWS.len());
    for row in ROWS {
        assert!(!row.about.is_empty() && !row.about.ends_with('.'), "{}", row.name);
    }
}

#[test]
fn what_is_lost_depends_on_what_the_format_says() {
    let one = kept("a", &[Trust::Unstated, after(5)]);
    let names = Some(Names::Permitted { dns: vec![crate::model::Untrusted::new("example")], networks: vec![] });
    let two = kept("b", &[limited(Limited { otherwise: Ruling::Trusted, names, ..Limited::default() })]);
    let purposes = Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() };
    let three = kept("c", &[Trust::Purposes(Box::new(purposes)), Trust::Distrusted]);
    let set = [one, two, three, kept("d", &[Trust::Trusted])];
    let lost = |name: &str| write(name, &set).lost;
    let bare = vec![vec![Lost::After], vec![Lost::Names], vec![Lost::NotTrusted, Lost::Purposes], vec![]];
    for name in ["pem", "jks", "hash-dir", "edk2", "configmap", "pkcs7"] {
        assert_eq!(lost(name), bare, "{name}");
    }
    assert_eq!(lost("openssl-trusted"), [vec![Lost::After], vec![Lost::Names], vec![Lost::Purposes], vec![]]);
    let p11_kit = lost("p11-kit");
    assert_eq!(p11_kit[0], []);
    assert!(matches!(p11_kit[1][..], [Lost::Other(_)]), "{p11_kit:?}");
}

#[test]
fn of_several_statements_the_one_that_says_most_is_written() {
    let says = |trust: &[Trust]| kept("a", trust).says().clone();
    assert_eq!(says(&[Trust::Unstated, Trust::Trusted]), Trust::Trusted);
    assert_eq!(says(&[Trust::Trusted, after(1), after(2)]), after(1));
    assert_eq!(says(&[after(1), Trust::Distrusted]), Trust::Distrusted);
    assert_eq!(says(&[]), Trust::Unstated);
    // Of two days one is lost.
    assert_eq!(write("p11-kit", &[kept("a", &[after(1), after(2)])]).lost, [vec![Lost::After]]);
}

/// What OpenSSL then says of each purpose is what the store said.
#[test]
fn two_lists_say_what_a_list_of_rulings_says() {
    let mail = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
    let rulings = [Ruling::Trusted, Ruling::Present, Ruling::Distrusted];
    let mut cases = Vec::new();
    for server in rulings {
        for other in rulings {
            for purposes in [vec![(SERVER_AUTH, server)], vec![(SERVER_AUTH, server), (ANY_PURPOSE, other)]] {
                for otherwise in rulings {
                    cases.push(Limited { purposes: purposes.clone(), otherwise, ..Limited::default() });
                }
            }
        }
    }
    for case in cases {
        let Content::File(bytes) = write("openssl-trusted", &[kept("a", &[limited(case.clone())])]).content else {
            panic!("a file")
        };
        let entries = pem::read(&bytes).entries;
        let Trust::Purposes(purposes) = &entries[0].trust else { panic!("{:?}", entries[0].trust) };
        for purpose in [SERVER_AUTH, mail] {
            assert_eq!(purposes.allows(purpose), case.ruling(purpose) == Ruling::Trusted, "{case:?} {purposes:?}");
        }
    }
    // A root of which no store says anything is for what was asked for.
    let written = write("openssl-trusted", &[kept("a", &[Trust::Unstated])]).content;
    let Content::File(bytes) = written else { panic!("a file") };
    let expected = Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() };
    assert_eq!(pem::read(&bytes).entries[0].trust, Trust::Purposes(Box::new(expected.clone())));
    assert!(!openssl_trusted::encode(&expected).is_empty());
}

#[test]
fn only_what_is_to_the_octet_as_written_is_ones_own() {
    let set = [kept("a", &[Trust::Unstated]), kept("a", &[Trust::Unstated]), kept("../b", &[Trust::Unstated])];
    for name in ["der-dir", "hash-dir"] {
        let Content::Directory(files) = write(name, &set).content else { panic!("a directory") };
        assert_eq!(files.len(), 3);
        for (file, bytes) in &files {
            assert!(is_own(row(name), file, bytes), "{file}");
            assert!(!is_own(row(name), &format!("x{file}"), bytes), "{file}");
            assert!(!is_own(row(name), "", bytes) && !is_own(row("pem"), file, bytes));
            for more in [&b"\n"[..], b"x", b"# a\n", bytes] {
                assert!(!is_own(row(name), file, &[bytes, more].concat()), "{file}");
            }
            let spoilt = [&bytes[..bytes.len() - 3], b"\n"].concat();
            assert!(!is_own(row(name), file, &spoilt), "{file}");
            let other = files.iter().find(|(other, _)| other[..6] != file[..6]).map(|(other, _)| other);
            assert!(other.is_none_or(|other| !is_own(row(name), other, bytes)), "{file}");
        }
    }
}

#[test]
fn every_file_is_read_back() {
    let set = [kept("a", &[Trust::Unstated]), kept("b", &[Trust::Trusted])];
    for row in ROWS {
        let files = match write(row.name, &set).content {
            Content::File(bytes) => vec![bytes],
            Content::Directory(files) => files.into_iter().map(|(_, bytes)| bytes).collect(),
        };
        let entries = files.iter().flat_map(|bytes| decode(bytes).entries);
        let found: BTreeSet<Vec<u8>> = entries
            .filter_map(|entry| match entry.body {
                Body::Certificate(der) => Some(der.to_vec()),
                _ => None,
            })
            .collect();
        let expected: BTreeSet<Vec<u8>> = set.iter().map(|kept| kept.certificate.der().to_vec()).collect();
        assert_eq!(found, expected, "{}", row.name);
    }
}

/// Whoever reads a file as a whole or not at all would be left without any.
#[test]
fn what_would_spoil_a_file_is_not_held_by_its_format() {
    let of = |der: Vec<u8>| Kept { certificate: Arc::new(x509::read(der.into())), ..kept("a", &[Trust::Unstated]) };
    let refused = |kept: &Kept| -> Vec<&str> {
        let refused = |row: &&Row| row.refuses(kept, Timestamp::from_unix(1_800_000_000)).is_some();
        ROWS.iter().filter(refused).map(|row| row.name).collect()
    };
    assert_eq!(refused(&kept("a", &[Trust::Unstated])), Vec::<&str>::new());
    let by_openssl = refused(&of(undecodable("a")));
    for name in ["pem", "pkcs7", "pkcs7-der", "pkcs12", "openssl-trusted", "configmap", "trust-bundle"] {
        assert!(by_openssl.contains(&name), "{name}: {by_openssl:?}");
    }
    assert!(!by_openssl.contains(&"jks") && !by_openssl.contains(&"der-dir"), "{by_openssl:?}");
    let twice = of_no_date("a");
    assert_eq!(unread_by_gnutls(&[of(twice)]).len(), 1);
    assert!(refused(&of(b"\x30\x03\x02\x01\x00".to_vec())).contains(&"jks"));
}
