//! Databases with one defect, and every wish.

use super::*;
use crate::format::decode;
use crate::format::sqlite::tests::make;
use crate::format::tests::vectors::{Vector, hold, one, two, vector};
use crate::model::trust::Names;
use proptest::prelude::*;

const SCHEMA: &str = "PRAGMA page_size = 1024;
    CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
    INSERT INTO meta VALUES ('version', '1'), ('last_compatible_version', '1');
    CREATE TABLE certificates(sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB NOT NULL, trust_settings BLOB NOT NULL)";

const TRUSTED: &[u8] = b"\x0a\x02\x08\x03";

fn hash(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn database(rows: &[(&str, &[u8], &[u8])]) -> Vec<u8> {
    make(|connection| {
        connection.execute_batch(SCHEMA).unwrap();
        for row in rows {
            connection.execute("INSERT INTO certificates VALUES (?1, ?2, ?3)", *row).unwrap();
        }
    })
}

fn wanting(settings: &[u8]) -> Decoded {
    let mut read = decode(&database(&[(&hash(&one()), &one(), settings)]));
    assert_eq!((read.format, read.container.version, &read.gaps[..]), (Format::Chromium, Some(1), &[][..]));
    read.entries.remove(0)
}

#[test]
fn reads_what_is_wanted() {
    let entry = wanting(TRUSTED);
    assert_eq!((&entry.body, entry.trust.allows_server()), (&Body::Certificate(one().into()), true));
    assert!(entry.notes.is_empty());
    assert_eq!(wanting(b"\x0a\x02\x08\x02").trust, Trust::Distrusted);
    assert_eq!(wanting(b"\x0a\x02\x08\x01").trust, Trust::Present);
    // The later counts, messages in parts are one, and fields of another number or type are passed over.
    assert_eq!(wanting(b"\x0a\x02\x08\x02\x0a\x02\x08\x01").trust, Trust::Present);
    assert_eq!(
        wanting(b"\x0a\x02\x08\x02\x0a\x00\x1d\0\0\0\0\x21\0\0\0\0\0\0\0\0\x28\xff\x01").trust,
        Trust::Distrusted
    );
}

#[test]
fn reads_names() {
    let constraints = b"\x0a\x0bexample.com\x1a\x08\x0a\x04\x0a\x00\x00\x00\x10\x08\x1a\x14\x0a\x10\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\x07";
    let settings = [TRUSTED, &[0x12, constraints.len() as u8], &constraints[..]].concat();
    let Trust::Limited(limited) = wanting(&settings).trust else { panic!() };
    let networks = vec!["10.0.0.0/8".to_owned(), "fd00::/7".to_owned()];
    assert_eq!(
        limited.names,
        Some(Names::Permitted { dns: vec![crate::model::Untrusted::new("example.com")], networks })
    );
    let Trust::Limited(limited) = wanting(&[TRUSTED, b"\x12\x00"].concat()).trust else { panic!() };
    assert_eq!(limited.names, None);
}

#[test]
fn a_certificate_of_no_authority_and_no_host_is_not_used() {
    let make = |names: Vec<String>| {
        let mut parameters = rcgen::CertificateParams::new(names).unwrap();
        parameters.is_ca = rcgen::IsCa::ExplicitNoCa;
        parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    };
    let read = |der: &[u8]| decode(&database(&[(&hash(der), der, TRUSTED)])).entries.remove(0);
    let entry = read(&make(Vec::new()));
    assert_eq!((entry.trust, entry.notes), (Trust::Present, vec![Note::NotListed(NO_ANCHOR)]));
    assert!(read(&make(vec!["example.com".to_owned()])).trust.allows_server());
    assert!(read(&make(vec!["192.0.2.1".to_owned()])).trust.allows_server());
}

fn vectors() -> Vec<Vector> {
    let (first, second) = (hash(&one()), hash(&two()));
    let settings = |octets: &[u8]| database(&[(&first, &one(), octets), (&second, &two(), TRUSTED)]);
    let value = |text: &str, der: &[u8]| database(&[(text, der, TRUSTED), (&second, &two(), TRUSTED)]);
    let named = |octets: &[u8]| settings(&[TRUSTED, octets].concat());
    let longer = [&one()[..], b"tail"].concat();
    let newer = make(|connection| {
        connection.execute_batch(&SCHEMA.replace("('version', '1')", "('version', '2')")).unwrap();
        connection.execute("INSERT INTO certificates VALUES (?1, ?2, ?3)", (&first, one(), TRUSTED)).unwrap();
    });
    let view = make(|c| c.execute_batch("CREATE VIEW certificates AS SELECT 1 AS sha256hash_hex").unwrap());
    let lacking = make(|c| c.execute_batch("CREATE TABLE certificates (sha256hash_hex, der_cert)").unwrap());
    vec![
        vector("hash-of-another", "the hash is that of another certificate", value(&second.replace('a', "b"), &one())),
        vector("hash-in-capitals", "the hash is in capitals", value(&first.to_uppercase(), &one())),
        vector("hash-empty", "there is no hash", value("", &one())),
        vector("certificate-cut", "the certificate ends early", value(&first, &one()[..200])),
        vector("certificate-empty", "there is no certificate", value(&first, b"")),
        vector("certificate-longer", "octets follow the certificate", value(&hash(&longer), &longer)),
        vector("settings-empty", "nothing is said of trust", settings(b"")),
        vector("settings-cut", "a message ends in the middle", settings(b"\x0a\x07\x08\x03")),
        vector(
            "settings-number-endless",
            "a number has more than ten octets",
            settings(b"\x0a\x0c\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        ),
        vector("settings-group", "a group, as no message has", settings(b"\x0b\x08\x03\x0c")),
        vector("settings-field-zero", "a field of number zero", settings(b"\x0a\x02\x08\x03\x02\x00")),
        vector("settings-unknown", "a wish of a later day", settings(b"\x0a\x02\x08\x04")),
        vector("settings-of-another-type", "the wish is text", settings(b"\x0a\x03\x0a\x01\x03")),
        vector("name-no-utf8", "a DNS name is no UTF-8", named(b"\x12\x04\x0a\x02\xff\xfe")),
        vector(
            "network-of-three-octets",
            "the address of a network has three octets",
            named(b"\x12\x09\x1a\x07\x0a\x03\x0a\x00\x00\x10\x08"),
        ),
        vector(
            "network-too-long",
            "the prefix of a network is longer than the address",
            named(b"\x12\x0a\x1a\x08\x0a\x04\x0a\x00\x00\x00\x10\x21"),
        ),
        vector("version-newer", "the database says a version that is not known", newer),
        vector("table-is-a-view", "the table is a view", view),
        vector("column-missing", "the table has no column of settings", lacking),
    ]
}

#[test]
fn malformed_vectors() {
    hold("chromium", &vectors());
}

proptest! {
    #[test]
    fn never_panics(octets in proptest::collection::vec(any::<u8>(), 0..80), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12)) {
        let _ = settings::read(&octets);
        let mut file = database(&[(&hash(&one()), &one(), &octets)]);
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] = octet;
        }
        let _ = read(&file, &Means::default());
    }
}
