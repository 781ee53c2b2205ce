//! Databases with one defect, and both kinds of trust.

use super::*;
use crate::format::sqlite::tests::make;
use crate::format::tests::vectors::{Vector, hold, one, two, vector};
use crate::format::{decode, decode_with};
use crate::limits::Bounds;
use crate::model::trust::SERVER_AUTH;
use crate::model::{Gap, Ruling};
use proptest::prelude::*;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const SCHEMA: &str = "CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a3, a11, a80, a81, a82, a8c, \
                      a62c, a62d, a62e, a62f, a635, ace534373, ace534374, ace536358, ace536359, ace53635a, ace53635b, \
                      ace536360, ace5363b4)";

const CERTIFICATE: u32 = 1;
const TRUST: u32 = 0x0b;
const NSS_TRUST: u32 = 0xce53_4353;

type Columns = Vec<(&'static str, Sql)>;

fn blob(octets: &[u8]) -> Sql {
    Sql::Blob(octets.to_vec())
}

fn number(number: u32) -> Sql {
    blob(&number.to_be_bytes())
}

/// A certificate as NSS puts it down.
fn certificate(id: i64, label: &str, der: &[u8]) -> Columns {
    let (issuer, serial) = object::name_of(der).unwrap();
    vec![
        ("id", Sql::Integer(id)),
        ("a0", number(CERTIFICATE)),
        ("a3", blob(if label.is_empty() { b"\xa5\0\x5a" } else { label.as_bytes() })),
        ("a11", blob(der)),
        ("a80", number(0)),
        ("a81", blob(&issuer)),
        ("a82", blob(&serial)),
    ]
}

/// NSS' own object of trust: server, client, code, email.
fn nss(id: i64, der: &[u8], levels: [u32; 4]) -> Columns {
    let (issuer, serial) = object::name_of(der).unwrap();
    let columns = ["ace536358", "ace536359", "ace53635a", "ace53635b"];
    let head = vec![
        ("id", Sql::Integer(id)),
        ("a0", number(NSS_TRUST)),
        ("a81", blob(&issuer)),
        ("a82", blob(&serial)),
        ("ace5363b4", blob(&Sha1::digest(der))),
        ("ace536360", blob(&[0])),
    ];
    head.into_iter().chain(columns.into_iter().zip(levels.map(|level| number(0xce53_4350 + level)))).collect()
}

/// The object of trust of PKCS#11 3.2.
fn pkcs11(id: i64, der: &[u8], levels: [u32; 4]) -> Columns {
    let (issuer, serial) = object::name_of(der).unwrap();
    let head = vec![
        ("id", Sql::Integer(id)),
        ("a0", number(TRUST)),
        ("a81", blob(&issuer)),
        ("a82", blob(&serial)),
        ("a635", blob(&Sha256::digest(der))),
        ("a8c", number(0x250)),
    ];
    head.into_iter().chain(["a62c", "a62d", "a62e", "a62f"].into_iter().zip(levels.map(number))).collect()
}

/// The columns with one of them replaced.
fn with(mut columns: Columns, name: &'static str, value: Sql) -> Columns {
    columns.retain(|(column, _)| *column != name);
    columns.push((name, value));
    columns
}

fn insert(connection: &Connection, rows: &[Columns]) {
    for row in rows {
        let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
        let marks = vec!["?"; row.len()].join(", ");
        let statement = format!("INSERT INTO nssPublic ({}) VALUES ({marks})", names.join(", "));
        connection.execute(&statement, params_from_iter(row.iter().map(|(_, value)| value))).unwrap();
    }
}

fn database(rows: &[Columns]) -> Vec<u8> {
    make(|connection| {
        connection.execute_batch(&format!("PRAGMA page_size = 1024; {SCHEMA}")).unwrap();
        insert(connection, rows);
    })
}

/// A database with one certificate, and what it says of it for servers, clients, code and mail: 2 that it is an anchor,
/// 3 that its issuer decides, 10 that it is refused.
pub(crate) fn saying(label: &str, der: &[u8], levels: [u32; 4]) -> Vec<u8> {
    database(&[certificate(1, label, der), nss(2, der, levels)])
}

/// A database of another make.
fn other(schema: &str, rows: &[Columns]) -> Vec<u8> {
    make(|connection| {
        connection.execute_batch(&format!("PRAGMA page_size = 1024; {schema}")).unwrap();
        insert(connection, rows);
    })
}

fn read_one(rows: &[Columns]) -> Decoded {
    let mut read = decode(&database(rows));
    assert_eq!((read.format, read.entries.len(), read.gaps.len()), (Format::Nss, 1, 0), "{read:?}");
    read.entries.remove(0)
}

fn server(trust: &Trust) -> Ruling {
    match trust {
        Trust::Limited(limited) => limited.ruling(SERVER_AUTH),
        Trust::Distrusted => Ruling::Distrusted,
        Trust::Present => Ruling::Present,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_every_value_of_both_kinds_of_trust() {
    let of = |object| server(&read_one(&[certificate(1, "one", &one()), object]).trust);
    for (level, ruling) in [
        (1, Ruling::Present),
        (2, Ruling::Trusted),
        (3, Ruling::Present),
        (5, Ruling::Present),
        (10, Ruling::Distrusted),
        (11, Ruling::Present),
        (99, Ruling::Present),
    ] {
        assert_eq!(of(nss(2, &one(), [level, 3, 3, 3])), ruling, "{level}");
    }
    for (level, ruling) in [
        (0, Ruling::Present),
        (1, Ruling::Present),
        (2, Ruling::Trusted),
        (3, Ruling::Distrusted),
        (4, Ruling::Present),
    ] {
        assert_eq!(of(pkcs11(2, &one(), [level, 4, 4, 4])), ruling, "{level}");
    }
    let entry = read_one(&[certificate(1, "one", &one()), nss(2, &one(), [10, 10, 10, 10])]);
    assert_eq!(entry.trust, Trust::Distrusted);
    let entry = read_one(&[certificate(1, "", &one())]);
    assert_eq!((entry.slot, entry.trust), (Slot::Row(1), Trust::Present));
}

#[test]
fn the_later_kind_of_trust_counts_and_each_with_its_hash() {
    let both = |first, second| read_one(&[first, certificate(1, "one", &one()), second]);
    let entry = both(nss(2, &one(), [2, 2, 2, 2]), pkcs11(3, &one(), [3, 0, 0, 0]));
    assert_eq!(server(&entry.trust), Ruling::Distrusted);
    let entry = both(pkcs11(2, &one(), [3, 0, 0, 0]), nss(3, &one(), [2, 2, 2, 2]));
    assert_eq!(server(&entry.trust), Ruling::Distrusted);
    // NSS does not go on to the other where the hash of the first differs.
    let entry = both(with(pkcs11(2, &one(), [2; 4]), "a635", blob(&[9; 32])), nss(3, &one(), [2; 4]));
    assert_eq!((entry.trust, entry.notes), (Trust::Present, vec![Note::HashDiffers]));
    for (mechanism, hash) in [(0x220, Sha1::digest(one()).to_vec()), (0x270, sha2::Sha512::digest(one()).to_vec())] {
        let object = with(pkcs11(2, &one(), [2; 4]), "a8c", number(mechanism));
        let entry = read_one(&[certificate(1, "one", &one()), with(object, "a635", blob(&hash))]);
        assert_eq!(server(&entry.trust), Ruling::Trusted);
    }
}

#[test]
fn trust_without_a_certificate_is_a_reference() {
    let read = decode(&database(&[nss(5, &one(), [10, 10, 10, 10]), pkcs11(6, &two(), [2, 0, 0, 0])]));
    let references: Vec<&Reference> = read
        .entries
        .iter()
        .map(|entry| match &entry.body {
            Body::Reference(reference) => &**reference,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(references[0].sha1, Some(Sha1::digest(one()).into()));
    assert_eq!(references[1].sha256, Some(crate::model::Fingerprint::from_bytes(Sha256::digest(two()).into())));
    assert_eq!(references[0].issuer.as_deref(), Some(&object::name_of(&one()).unwrap().0[..]));
    assert_eq!((&read.entries[0].trust, server(&read.entries[1].trust)), (&Trust::Distrusted, Ruling::Trusted));
    assert_eq!(read.container.integrity, Integrity::Unverified);
}

#[test]
fn reads_distrust_after_a_date() {
    let row = with(certificate(1, "one", &one()), "ace534373", blob(b"241130235959Z"));
    let entry = read_one(&[with(row, "ace534374", blob(&[0])), nss(2, &one(), [2, 3, 3, 3])]);
    let Trust::Limited(limited) = &entry.trust else { panic!("{entry:?}") };
    let when = crate::model::Timestamp::from_civil(2024, 11, 30, 23, 59, 59);
    assert_eq!((limited.server_distrusted_after(), limited.distrusted_after.len()), (when, 1));
    assert!(entry.trust.allows_server());
}

fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = memchr::memmem::rfind(&bytes, from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

fn plain() -> Vec<Columns> {
    vec![certificate(1, "one", &one()), nss(2, &one(), [2, 11, 3, 3]), certificate(3, "two", &two())]
}

fn objects() -> Vec<Vector> {
    let first = || certificate(1, "one", &one());
    let last = || certificate(9, "two", &two());
    let trusted = || nss(2, &one(), [2, 11, 3, 3]);
    let file = |rows: &[Columns]| database(&[rows, &[last()]].concat());
    let cut = one()[..300].to_vec();
    let longer = [&one()[..], b"tail"].concat();
    let key = {
        let whole = crate::format::x509::read(one().into());
        let spki = whole.outline().unwrap().spki.clone();
        one()[spki].to_vec()
    };
    vec![
        vector("certificate-cut", "the value of a certificate ends early", file(&[with(first(), "a11", blob(&cut))])),
        vector("certificate-longer", "octets follow the certificate", file(&[with(first(), "a11", blob(&longer))])),
        vector("certificate-without-value", "a certificate has no value", file(&[with(first(), "a11", Sql::Null)])),
        vector(
            "certificate-empty-value",
            "the value is the mark of an empty one",
            file(&[with(first(), "a11", blob(b"\xa5\0\x5a"))]),
        ),
        vector("certificate-is-a-key", "the value is a public key", file(&[with(first(), "a11", blob(&key))])),
        vector(
            "certificate-is-text",
            "the value is text, as SQL would have it",
            file(&[with(first(), "a11", Sql::Text("MIIB".to_owned()))]),
        ),
        vector(
            "certificate-of-another-type",
            "the type of the certificate is not X.509",
            file(&[with(first(), "a80", number(1))]),
        ),
        vector(
            "issuer-missing",
            "no issuer in its column; the certificate has one",
            file(&[with(first(), "a81", Sql::Null), trusted()]),
        ),
        vector("class-missing", "an object has no class", file(&[with(first(), "a0", Sql::Null)])),
        vector(
            "class-as-a-number",
            "the class is a number of SQL, not four octets",
            file(&[with(first(), "a0", Sql::Integer(1))]),
        ),
        vector(
            "label-no-utf8",
            "a nickname is no UTF-8 and sends escapes",
            file(&[with(first(), "a3", blob(b"\x1b[2J\xff"))]),
        ),
        vector("private-key", "a private key among what is public", file(&[with(first(), "a0", number(3))])),
        vector(
            "trust-hash-of-another",
            "the trust names the hash of another certificate",
            file(&[first(), with(trusted(), "ace5363b4", blob(&[7; 20]))]),
        ),
        vector(
            "trust-hash-cut",
            "the hash has nineteen octets",
            file(&[first(), with(trusted(), "ace5363b4", blob(&Sha1::digest(one())[..19]))]),
        ),
        vector(
            "trust-without-hash",
            "trust that names no hash does not count",
            file(&[first(), with(trusted(), "ace5363b4", Sql::Null)]),
        ),
        vector(
            "distrust-without-hash",
            "distrust that names no hash counts",
            file(&[first(), with(nss(2, &one(), [10; 4]), "ace5363b4", Sql::Null)]),
        ),
        vector(
            "trust-hash-unknown",
            "the hash is of an algorithm that is not known",
            file(&[first(), with(pkcs11(2, &one(), [2; 4]), "a8c", number(0x999))]),
        ),
        vector(
            "trust-twice",
            "two objects of trust contradict each other, the first counts",
            file(&[first(), trusted(), nss(4, &one(), [10; 4])]),
        ),
        vector(
            "trust-of-both-kinds",
            "the older trusts and the later does not",
            file(&[first(), trusted(), pkcs11(4, &one(), [3, 3, 3, 3])]),
        ),
        vector(
            "trust-without-issuer",
            "trust that names no issuer",
            file(&[first(), with(trusted(), "a81", Sql::Null)]),
        ),
        vector(
            "trust-of-two-octets",
            "a value of trust has two octets",
            file(&[first(), with(trusted(), "ace536358", blob(&[0, 2]))]),
        ),
        vector(
            "trust-unknown",
            "a value of trust is not known",
            file(&[first(), with(trusted(), "ace536358", number(77))]),
        ),
        vector(
            "trust-of-none",
            "trust of a certificate that is not there, and again",
            file(&[trusted(), nss(4, &one(), [10; 4])]),
        ),
        vector(
            "distrust-after-no-time",
            "the moment of distrust is no time",
            file(&[with(first(), "ace534373", blob(b"241330235959Z")), trusted()]),
        ),
    ]
}

fn files() -> Vec<Vector> {
    let whole = database(&plain());
    let few = "CREATE TABLE nssPublic (id, a0, a11)";
    let row = |columns: Columns| {
        columns.into_iter().filter(|(name, _)| ["id", "a0", "a11"].contains(name)).collect::<Columns>()
    };
    let rows = [row(certificate(1, "", &one())), row(certificate(2, "", &two()))];
    let mut log = whole.clone();
    log[18..20].fill(2);
    let view = "CREATE TABLE t (id, a0, a11); CREATE VIEW nssPublic AS SELECT * FROM t";
    let generated = "CREATE TABLE nssPublic (id, a0, a3, b, a11 AS (b))";
    let hidden = other(generated, &[]);
    let odd = "CREATE TABLE nssPublic (id PRIMARY KEY, a0, a11) WITHOUT ROWID";
    // castore's own SQLite may have no such module: a schema can say what it likes.
    let virtually = "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('table', 'nssPublic', 'nssPublic',
         0, 'CREATE VIRTUAL TABLE nssPublic USING fts5(id, a0, a11)')";
    let virtually = make(|c| c.execute_batch(virtually).unwrap());
    let sql = patched(whole.clone(), b"CREATE TABLE nssPublic (id PRIMARY", b"CREATE TABLE nssPublic )id PRIMARY");
    let size = patched(whole.clone(), b"SQLite format 3\0\x04\0", b"SQLite format 3\0\x04\x01");
    let damaged = patched(whole.clone(), &one()[..4], &[0xff; 4]);
    let cut = whole.len() - 512;
    let half = whole[..cut].to_vec();
    vec![
        vector("columns-few", "a table of only three columns", other(few, &rows)),
        vector(
            "columns-in-capitals",
            "columns are named in capitals",
            other("CREATE TABLE NSSPUBLIC /* nssPublic */ (ID, A0, A11)", &rows),
        ),
        vector("column-computed", "the certificate is a generated column", hidden),
        vector("table-is-a-view", "the table is a view of another", other(view, &[])),
        vector("table-is-virtual", "the table is a virtual one", virtually),
        vector("table-without-rows-numbered", "the table has no row numbers", other(odd, &rows)),
        vector(
            "table-missing",
            "only the name stands in another table",
            make(|c| c.execute_batch("CREATE TABLE history (nssPublic)").unwrap()),
        ),
        vector("schema-damaged", "the schema is no SQL", sql),
        vector("page-size-odd", "pages of 1025 octets", size),
        vector("certificate-damaged", "the beginning of a certificate was overwritten", damaged),
        vector("file-cut", "the file ends in the middle of a page", half),
        vector("header-alone", "the file ends after its header", [&whole[..100], b"nssPublic"].concat()),
        vector("log-missing", "the header says that there is a write-ahead log", log),
    ]
}

#[test]
fn malformed_vectors() {
    let made: Vec<Vector> = objects().into_iter().chain(files()).collect();
    hold("nss", &made);
}

/// A Berkeley DB with one page, filled from its end with these keys and values.
fn berkeley(magic: [u8; 4], pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = [&magic[..], &[0, 0, 0, 2, 0, 0, 4, 0xd2]].concat();
    bytes.resize(512, 0);
    let page: Vec<u8> = pairs.iter().rev().flat_map(|(key, value)| [*value, *key].concat()).collect();
    bytes.resize(1024 - page.len(), 0xff);
    bytes.extend(page);
    bytes
}

#[test]
fn malformed_vectors_of_older_databases() {
    const BIG: [u8; 4] = [0, 6, 0x15, 0x61];
    let version: (&[u8], &[u8]) = (b"\0Version\0", b"\x08\0\0");
    let nickname: (&[u8], &[u8]) = (b"\x02Version\0", b"\x02\0\0\0\x02\x30\0");
    let certificates = berkeley(BIG, &[version, nickname]);
    let made = [
        vector("magic-alone", "the file ends after its magic", BIG.to_vec()),
        vector("cut-before-version", "the page with the version is not there", certificates[..1024 - 40].to_vec()),
        vector(
            "order-of-another-machine",
            "the header is in the other order of octets",
            berkeley([0x61, 0x15, 6, 0], &[version]),
        ),
        vector("version-older", "the database is of version 7", berkeley(BIG, &[(version.0, b"\x07\0\0")])),
        vector("version-unknown", "the database is of version 99", berkeley(BIG, &[(version.0, b"\x63\0\0")])),
        vector("nickname-version", "only a nickname is the word Version", berkeley(BIG, &[nickname])),
        vector(
            "keys",
            "a database of keys, whose version has another key",
            berkeley(BIG, &[(b"Version", b"\x03"), (b"global-salt", &[7; 20])]),
        ),
        vector(
            "modules",
            "a database of modules, which has no version",
            berkeley(BIG, &[(b"NSS Internal PKCS #11 Module", b"library=")]),
        ),
    ];
    hold("cert8", &made);
}

#[test]
fn stops_at_the_bound_of_entries() {
    let bounds = Bounds { entries: 2, ..Bounds::default() };
    let read = decode_with(&database(&plain()), &Means { bounds, ..Means::default() });
    assert_eq!((read.entries.len(), read.gaps), (1, vec![Gap::Bound { what: "entries", bound: 2 }]));
}

proptest! {
    #[test]
    fn never_panics(octets in proptest::collection::vec(any::<u8>(), 0..400), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12)) {
        let _ = read(&octets, &Means::default());
        let mut file = database(&plain());
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] = octet;
        }
        let read = read(&file, &Means::default());
        prop_assert!(read.entries.len() < 1000);
    }
}
