//! Anchors of stores as each client reads them; Java's against vectors that Java itself was held to.

#![allow(clippy::disallowed_methods, reason = "a test reads its data")]

use super::keystore::not_in_keystore;
use super::overlooked::overlooked;
use super::*;
use crate::catalogue::client::{Installation, Leaf, Look, Rule};
use crate::catalogue::clients;
use crate::catalogue::survey::{Searched, Survey};
use crate::discover::{Use, discover};
use crate::format::pem;
use crate::format::tests::authority;
use crate::format::tests::vectors::{one, two};
use crate::host::memory::Memory;
use crate::host::{Host, System};
use crate::load::{load, wanted};
use crate::model::{Body, Note, Trust, Version};
use std::path::Path;

/// What Java takes of a file as its `cacerts`, and why not the rest.
fn java(cacerts: Vec<u8>) -> (String, Vec<String>) {
    let files = Memory::new().file("/usr/lib/jvm/x/lib/security/cacerts", cacerts);
    let host = Host::new(Box::new(files), System::Linux);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|client| client.id == "java"));
    let snapshot = load(&host, &wanted(&uses));
    let found = anchors(&uses[0], &snapshot);
    let names = [("one", one()), ("two", two())];
    let has = |der: &[u8]| found.certificates.values().any(|anchor| anchor.certificate.der() == der);
    let taken: Vec<&str> = names.iter().filter(|(_, der)| has(der)).map(|(name, _)| *name).collect();
    assert_eq!(taken.len(), found.certificates.len());
    let left = found.left_out.iter().map(|left| left.because.to_string()).collect();
    (taken.join(" "), left)
}

/// A file of the vectors, by format and name.
fn vector(name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed");
    let file = std::fs::read(directory.join(name)).unwrap();
    let body = memchr::memmem::find(&file, b"\n\n").unwrap() + 2;
    file[body..].to_vec()
}

/// Held against Java itself by `tests/oracles/java.rs`.
#[test]
fn java_trusts_entries_and_the_first_certificate_of_each_key() {
    let jks = |name: &str| java(vector(&format!("jks/{name}")));
    assert_eq!(jks("version-1").0, "one two");
    assert_eq!(jks("password-other").0, "one");
    assert_eq!(jks("alias-repeated"), ("two".to_owned(), vec!["a later entry has the same alias".to_owned()]));
    assert_eq!(jks("alias-upper-case").0, "two");
    assert_eq!(jks("key-chain").0, "one two");
    assert_eq!(jks("key-chain-only").0, "one");
    assert_eq!(jks("key-repeated").0, "two");
    assert_eq!(jks("type-other").0, "");
    assert_eq!(jks("count-less").0, "one");
    assert_eq!(jks("count-more").0, "");
}

#[test]
fn java_opens_no_trust_store_of_another_format() {
    let refused = |name: &str| {
        let (taken, left) = java(vector(name));
        assert_eq!((taken.as_str(), left[0].as_str()), ("", "Java does not open a trust store in this format"));
    };
    refused("jceks/secret");
    refused("bks/version-1");
    assert_eq!(java(one()), (String::new(), vec!["it is no keystore".to_owned()]));
}

/// Without the attribute, hidden by encryption, or part of a chain alone.
#[test]
fn java_asks_for_what_pkcs12_says_of_an_entry() {
    let certificate = Arc::new(crate::format::x509::read(one().into()));
    let takes = |trust: Trust, notes: &[Note]| {
        let body = Body::Certificate(Arc::clone(&certificate));
        let entry = Entry { trust, notes: notes.to_vec(), ..Entry::new(Slot::Index(0), body) };
        let store = Store {
            id: crate::model::StoreId::Path("/cacerts".into()),
            format: Format::Pkcs12,
            reading: Reading::Whole,
            size: None,
            entries: vec![entry.clone()],
            openssl: None,
            gnutls: None,
            go: None,
            listed: Vec::new(),
            container: crate::model::Container::default(),
            gaps: Vec::new(),
        };
        not_in_keystore(&store, &entry, None).is_none()
    };
    assert!(takes(Trust::Trusted, &[]));
    assert!(takes(Trust::Trusted, &[Note::ChainOfKey(1)]));
    assert!(takes(Trust::Present, &[Note::ChainOfKey(0)]));
    assert!(!takes(Trust::Present, &[Note::ChainOfKey(1)]));
    assert!(!takes(Trust::Present, &[]));
    assert!(!takes(Trust::Trusted, &[Note::Encrypted]));
    assert!(!takes(Trust::Present, &[Note::ChainOfKey(0), Note::Encrypted]));
    assert!(!takes(Trust::Trusted, &[Note::SameAlias]));
}

/// How many of one, something bad and two a client takes of the file of `NODE_EXTRA_CA_CERTS`, when
/// `between` stands in the middle.
fn extra(client: &str, program: &str, between: &str) -> usize {
    let block = |der: Vec<u8>| ::pem::encode(&::pem::Pem::new("CERTIFICATE", der));
    let file = block(one()) + between + &block(two());
    let name = format!("/usr/bin/{client}");
    let files = Memory::new().file(name, program.to_owned()).file("/extra.pem", file);
    let variables = [("NODE_EXTRA_CA_CERTS".into(), "/extra.pem".into())].into();
    let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|row| row.id == client));
    let snapshot = load(&host, &wanted(&uses));
    anchors(&uses[0], &snapshot).certificates.len()
}

/// What it is called here, its client, how that looks at a file, its marks, and its version of OpenSSL.
type Taker = (&'static str, &'static str, Look, &'static [&'static str], Option<&'static str>);

/// Who takes the one certificate of a file: clients by their reader of PEM.
fn takers(file: Vec<u8>) -> String {
    let host = Host::new(Box::new(Memory::new().file("/x.pem", file)), System::Linux);
    let id = crate::model::StoreId::Path("/x.pem".into());
    let snapshot = load(&host, &[id.clone()].into());
    let store = snapshot.store(&id).unwrap();
    let takes = |(_, client, look, marks, openssl): &Taker| {
        let components = openssl.map(|version| ("openssl", Version::parse(version).unwrap())).into_iter().collect();
        let installation = Installation { marks: marks.to_vec(), components, ..Installation::default() };
        let client = clients().find(|row| row.id == *client).unwrap();
        let found = Use { client, installation: installation.into(), candidates: Vec::new(), account: None };
        let is_seen = overlooked(&found, store, (0, &store.entries[0]), *look).is_none();
        assert!(is_seen || sees_none(&found, store, *look));
        is_seen && Spoilt::of(&found, store, *look).because(0).is_none()
    };
    let all: [Taker; 7] = [
        ("openssl", "python", Look::Bundle, &[], Some("3.0.2")),
        ("1.1.1", "python", Look::Bundle, &[], Some("1.1.1w")),
        ("bun", "bun", Look::UntilBad, &[], None),
        ("go", "go", Look::Blocks, &[], None),
        ("rustls", "rust-native-certs", Look::Blocks, &[], None),
        ("others", "system", Look::Blocks, &[], None),
        ("gnutls", "wget", Look::Bundle, &["gnutls"], None),
    ];
    all.iter().filter(|one| takes(one)).map(|one| one.0).collect::<Vec<_>>().join(" ")
}

/// As OpenSSL 3.0 and 1.1.1, Bun 1.4, Go 1.21 and 1.27, rustls-native-certs 0.8 and certtool of GnuTLS 3.7 do
/// (`tests/oracles`: `openssl`, `node`, `go`, `rust`, `gnutls`).
#[test]
fn a_block_that_a_reader_does_not_see_is_not_trusted() {
    let plain = pem::write(&one(), &[]);
    let utf16 = "\u{feff}".encode_utf16().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let lines =
        |before: &str, after: &str| plain.lines().map(|line| format!("{before}{line}{after}")).collect::<String>();
    let everyone = "openssl 1.1.1 bun go rustls others gnutls";
    assert_eq!(takers(plain.clone().into()), everyone);
    assert_eq!(takers(utf16), "");
    assert_eq!(takers(lines("  ", "\n").into()), "gnutls");
    assert_eq!(takers(format!("text {plain}").into()), "gnutls");
    assert_eq!(takers(lines("", "").into()), "gnutls");
    assert_eq!(takers(lines("", "\r").into()), "rustls others gnutls");
    assert_eq!(takers(plain.replace("-----", "------").into()), "");
    assert_eq!(takers(plain.replacen("-----B", "----B", 1).into()), "");
    assert_eq!(takers(format!("\u{feff}{plain}").into()), "openssl others gnutls");
    // What is odd within a block that begins and ends as it should is another matter.
    assert_eq!(takers(plain.replace('\n', "\r\n").into()), everyone);
}

#[test]
fn a_bad_block_ends_the_file_for_one_and_empties_it_for_another() {
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(extra("node", "node.js/v22.15.0", ""), 2);
    assert_eq!(extra("node", "node.js/v22.15.0", bad), 1);
    assert_eq!(extra("bun", "Bun/1.1.45", bad), 1);
    assert_eq!(extra("bun", "Bun/1.4.5", bad), 0);
    assert_eq!(extra("bun", "Bun/1.4.5", ""), 2);
    // A block that castore reads and OpenSSL does not is the end as well; one that is no certificate is not.
    let block = ::pem::encode(&::pem::Pem::new("CERTIFICATE", authority("Between")));
    for broken in [block.replace("-----END CERTIFICATE", "-----END X"), block.trim_end().to_owned()] {
        assert_eq!(extra("node", "node.js/v22.15.0", &broken), 1, "{broken}");
    }
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(extra("node", "node.js/v22.15.0", key), 2);
}

/// What an OpenSSL of a version takes, given files and variables; and why not the rest.
fn openssl_with_reasons(version: &str, files: Memory, variables: &[(&str, &str)]) -> (Vec<String>, Vec<Reason>) {
    let program = format!("\0OpenSSL {version} 1 Jan 2024\0OPENSSLDIR: \"/usr/lib/ssl\"\0");
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let files = files.file("/usr/lib64/libcrypto.so.3", program);
    let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|row| row.id == "openssl"));
    let snapshot = load(&host, &wanted(&uses));
    let found = anchors(&uses[0], &snapshot);
    let name = |anchor: &Anchor<'_>| crate::format::x509::subject(anchor.certificate).unwrap().short().raw().to_owned();
    let mut names: Vec<String> = found.certificates.values().map(name).collect();
    names.sort();
    (names, found.left_out.into_iter().map(|left| left.because).collect())
}

fn openssl(version: &str, files: Memory, variables: &[(&str, &str)]) -> Vec<String> {
    openssl_with_reasons(version, files, variables).0
}

/// As OpenSSL 3.0 does with each (`tests/oracles`: `openssl`).
#[test]
fn a_directory_by_hash_has_what_openssl_reads_of_each_file() {
    let (a, b) = (authority("A"), authority("B"));
    let text = |der: &[u8]| pem::write(der, &[]);
    let broken = text(&b).replace("-----END CERTIFICATE", "-----END X");
    let directory = [("SSL_CERT_DIR", "/d")];
    let of = |file: String| {
        let a = crate::format::x509::read(a.clone().into());
        let names = crate::format::hash_dir::names_for(&[&a]);
        openssl("3.0.17", Memory::new().file(format!("/d/{}", names[0].as_ref().unwrap()), file), &directory)
    };
    assert_eq!(of(text(&a)), ["A"]);
    assert_eq!(of(text(&a).replace("-----END CERTIFICATE", "-----END X")), Vec::<String>::new());
    assert_eq!(of(broken.clone() + &text(&a)), Vec::<String>::new());
    assert_eq!(of(text(&a) + &broken), ["A"]);
}

/// `X509_STORE_add_cert` leaves what is there as it is.
#[test]
fn openssl_keeps_the_first_of_a_certificate() {
    let a = authority("A");
    let purposes = crate::model::Purposes {
        trust: Some(vec![crate::model::Oid::new_unwrap("1.3.6.1.5.5.7.3.4")]),
        ..crate::model::Purposes::default()
    };
    let limited = crate::format::openssl_trusted::write(&a, &purposes, &[]);
    let of = |file: String| openssl("3.0.17", Memory::new().file("/x.pem", file), &[("SSL_CERT_FILE", "/x.pem")]);
    let plain = pem::write(&a, &[]);
    assert_eq!(of(plain.clone() + &limited), ["A"]);
    assert_eq!(of(limited + &plain), Vec::<String>::new());
}

/// The lookup of stores is given a list as it is.
#[test]
fn a_list_is_no_place_of_a_store() {
    let a = authority("A");
    let files = || Memory::new().file("/a.pem", pem::write(&a, &[]));
    assert_eq!(openssl("3.0.17", files(), &[("SSL_CERT_DIR", "/a.pem")]), ["A"]);
    let listed = openssl_with_reasons("3.0.17", files(), &[("SSL_CERT_DIR", "/none:/a.pem")]);
    assert_eq!(listed, (vec![], vec![Reason::InList]));
    assert_eq!(openssl("3.5.1", files(), &[("SSL_CERT_DIR", "/a.pem")]), Vec::<String>::new());
}

/// How many certificates a Java takes of a file as its `cacerts`, and whether it ends there instead.
fn java_of(version: &str, options: &str, cacerts: Vec<u8>) -> (usize, bool) {
    let files = Memory::new()
        .file("/usr/lib/jvm/x/lib/security/cacerts", cacerts)
        .file("/usr/lib/jvm/x/release", format!("JAVA_VERSION=\"{version}\"\n"));
    let host = Host::new(Box::new(files), System::Linux)
        .with_environment([("JAVA_TOOL_OPTIONS".into(), options.into())].into());
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|client| client.id == "java"));
    let snapshot = load(&host, &wanted(&uses));
    (anchors(&uses[0], &snapshot).certificates.len(), stops(&uses[0], &snapshot).is_some())
}

/// As Java 17 and 25 do with what keytool made of each type.
#[test]
fn java_opens_the_type_that_it_is_told() {
    let jceks = |cacerts: Vec<u8>| java_of("17.0.17", "-Djavax.net.ssl.trustStoreType=jceks", cacerts);
    let secret = || vector("jceks/secret");
    assert_eq!(java_of("17.0.17", "", secret()), (0, true));
    assert!(matches!(jceks(secret()), (1.., false)), "{:?}", jceks(secret()));
    assert_eq!(jceks(vector("jks/version-1")), (2, false));
    let pkcs12 = made("tests/fuzz/seeds/pkcs12/keytool.p12");
    assert!(!java_of("17.0.17", "", pkcs12.clone()).1);
    assert_eq!(jceks(pkcs12), (0, true));
}

/// What keytool and openssl made, by its path in the repository.
fn made(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn java_opens_what_is_encrypted_with_the_password_that_fits() {
    let opened = |name: &str, property: &str| {
        java_of("21.0.8", &format!("-Djavax.net.ssl.trustStorePassword={property}"), made(name))
    };
    let (encrypted, clear) = ("tests/fuzz/seeds/pkcs12/keytool.p12", "tests/fuzz/seeds/jks/keytool.jks");
    assert_eq!([opened(encrypted, ""), opened(clear, "")], [(0, false), (2, false)]);
    assert_eq!([opened(encrypted, "changeit"), opened(clear, "changeit")], [(2, false), (2, false)]);
    assert_eq!([opened(encrypted, "other"), opened(clear, "other")], [(0, true), (0, true)]);
}

/// Held against Java itself by `tests/oracles/java.rs`.
#[test]
fn java_opens_what_is_sealed_in_a_way_that_its_release_knows() {
    let with = "-Djavax.net.ssl.trustStorePassword=changeit";
    let sealed = |version: &str, options: &str, file: &[u8]| java_of(version, options, file.to_vec());
    let sha2 = made("tests/fuzz/seeds/pkcs12/keytool.p12");
    for old in ["1.8.0_292", "11.0.11", "9.0.4"] {
        assert_eq!(sealed(old, with, &sha2), (0, true), "{old}");
        assert_eq!(sealed(old, "", &sha2), (0, false), "{old} checks no seal without a password");
    }
    for new in ["1.8.0_301", "1.8.0", "11.0.12", "12.0.1", "17.0.15"] {
        assert_eq!(sealed(new, with, &sha2), (2, false), "{new}");
    }
    let pbmac1 = vector("pkcs12/pbmac1");
    assert_eq!([sealed("25.0.3", with, &pbmac1), sealed("26", with, &pbmac1)], [(0, true), (1, false)]);
    assert_eq!(sealed("25.0.3", "", &pbmac1), (1, false));
}

/// The first leaf of a rule that is of this kind.
fn leaf(rule: &'static Rule, is_it: &dyn Fn(&Leaf) -> bool) -> Option<&'static Leaf> {
    match rule {
        Rule::All(rules) | Rule::First(rules) => rules.iter().find_map(|rule| leaf(rule, is_it)),
        Rule::Each(_, rule) => leaf(rule, is_it),
        Rule::Leaf(found) => is_it(found).then_some(found),
    }
}

/// As wget 1.21 of Debian does where one certificate makes GnuTLS take nothing of the system's bundle.
#[test]
fn wget_reads_the_directory_where_the_bundle_gives_nothing() {
    let client = clients().find(|row| row.id == "wget").unwrap();
    let bundle = leaf(&client.rule, &|leaf| leaf.look == Look::Bundle).unwrap();
    let directory = leaf(&client.rule, &|leaf| leaf.if_empty).unwrap();
    let taken = |text: String| {
        let two = pem::write(&two(), &[]);
        let files = Memory::new().file("/etc/ssl/certs/ca-certificates.crt", text).file("/etc/ssl/certs/two.pem", two);
        let host = Host::new(Box::new(files), System::Linux);
        let candidate = |leaf, path: &str, outcome| {
            let store = Some(crate::model::StoreId::Path(path.into()));
            Candidate { leaf, named: crate::discover::Named::BuiltIn, path: Some(path.into()), store, outcome }
        };
        let candidates = vec![
            candidate(bundle, "/etc/ssl/certs/ca-certificates.crt", Outcome::Used),
            candidate(directory, "/etc/ssl/certs", Outcome::Shadowed),
        ];
        let installation = Installation { marks: vec!["gnutls", "gnutls-trust-file"], ..Installation::default() };
        let found = Use { client, installation: installation.into(), candidates, account: None };
        let snapshot = load(&host, &found.candidates.iter().filter_map(|one| one.store.clone()).collect());
        let found = anchors(&found, &snapshot);
        let has = |der: &[u8]| found.certificates.values().any(|anchor| anchor.certificate.der() == der);
        (has(&one()), has(&crate::format::tests::vectors::two()))
    };
    let one = pem::write(&one(), &[]);
    assert_eq!(taken(one.clone()), (true, false));
    assert_eq!(taken(format!("between -----BEGIN CERTIFICATE----- and its END:\n{one}")), (false, true));
    assert_eq!(taken(String::new()), (false, true));
}
