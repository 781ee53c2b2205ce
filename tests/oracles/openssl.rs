//! OpenSSL 3.0: what it loads, its subject hashes, its lookup in directories, its auxiliary
//! trust, and what it reads from a certificate.

use crate::{long, numbers::Numbers, require, skip};
use castore::format::hash_dir::{self, HashFault};
use castore::format::{openssl_trusted, pem, x509};
use castore::host::files::Tree;
use castore::host::{Host, System};
use castore::model::trust::SERVER_AUTH;
use castore::model::{
    Body, Certificate, Entry, Format, Listed, OpensslLoad, Purposes, Reading, Slot, Store, StoreId, Target, Trust,
    Unreadable, Untrusted,
};
use castore::settings::openssl_cnf::{self, Asked, OPENSSL_CONF};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// What the real loader says of each text, in order; nothing where it cannot be asked.
fn loads(texts: &[Vec<u8>]) -> Option<Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let mut names = String::new();
    for (n, text) in texts.iter().enumerate() {
        let path = directory.path().join(n.to_string());
        fs::write(&path, text).unwrap();
        names += &format!("{}\n", path.display());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/load.py");
    let mut python = Command::new("python3");
    python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = python.spawn().ok()?;
    child.stdin.take()?.write_all(names.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let said = String::from_utf8(output.stdout).unwrap();
    let mut lines = said.lines();
    match lines.next() {
        Some(version) if version.starts_with("OpenSSL 3.0.") => Some(lines.map(str::to_owned).collect()),
        other => {
            skip(&format!("expected libcrypto 3.0 through python3, found {other:?}"));
            None
        }
    }
}

fn predicted(text: &[u8]) -> String {
    let read = pem::read(text);
    if let OpensslLoad::Misses { count, unseen } = &read.openssl {
        let certificates = read.entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_))).count();
        assert_eq!(certificates, count + unseen.len(), "{}", String::from_utf8_lossy(text));
    }
    match read.openssl {
        OpensslLoad::Refuses { .. } => "refuses".to_owned(),
        load => format!("loads {}", load.count()),
    }
}

/// Holds the prediction for each text against OpenSSL.
fn hold(texts: &[(String, Vec<u8>)]) {
    if !require("python3") {
        return;
    }
    let bytes: Vec<Vec<u8>> = texts.iter().map(|(_, text)| text.clone()).collect();
    let Some(real) = loads(&bytes) else { return };
    assert_eq!(real.len(), texts.len());
    let mut wrong = Vec::new();
    for ((name, text), real) in texts.iter().zip(real) {
        let predicted = predicted(text);
        if predicted != real {
            wrong.push(format!("{name}: predicted {predicted}, OpenSSL {real}"));
            if let Some(directory) = std::env::var_os("CASTORE_ORACLES_KEEP") {
                fs::write(Path::new(&directory).join(name.replace('/', "_")), text).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}

pub(crate) fn vectors() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(data("malformed/pem")).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "pem"));
    files.sort();
    assert!(files.len() > 50);
    files
        .into_iter()
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&file).unwrap()))
        .collect()
}

#[test]
fn loads_what_castore_predicts_of_every_vector() {
    hold(&vectors());
}

/// Octets that matter to a reader of PEM.
const TOKENS: [&[u8]; 20] = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"=",
    b"-",
    b"-----",
    b"-----BEGIN ",
    b"-----END CERTIFICATE-----\n",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\x0c",
    b"A",
    b"!",
    b"-----BEGIN CERTIFICATE-----\n",
    b"\n\n",
    b"0123456789012345678901234567890123456789012345678901234567890123",
];

fn mutate(numbers: &mut Numbers, text: &mut Vec<u8>) {
    let at = numbers.below(text.len() + 1);
    let token = TOKENS[numbers.below(TOKENS.len())];
    match numbers.below(6) {
        0 => drop(text.splice(at..at, token.iter().copied())),
        1 => drop(text.drain(at..text.len().min(at + 1 + numbers.below(3)))),
        2 => drop(text.splice(at..text.len().min(at + token.len()), token.iter().copied())),
        3 => {
            let end = text.len().min(at + numbers.below(300));
            let piece = text[at..end].to_vec();
            let to = numbers.below(text.len() + 1);
            text.splice(to..to, piece);
        }
        4 => {
            let end = text[at..].iter().position(|&o| o == b'\n').map_or(text.len(), |n| at + n + 1);
            text.drain(at..end);
        }
        _ => {
            if let Some(newline) = text.iter().skip(at).position(|&o| o == b'\n') {
                text.splice(at + newline..at + newline + 1, token.iter().copied());
            }
        }
    }
}

/// As many texts, each a seed changed in one to three places.
pub(crate) fn mutated(seeds: &[(String, Vec<u8>)], mut numbers: Numbers, cases: usize) -> Vec<(String, Vec<u8>)> {
    let text = |case: usize| {
        let (name, text) = &seeds[case % seeds.len()];
        let mut text = text.clone();
        for _ in 0..1 + numbers.below(3) {
            mutate(&mut numbers, &mut text);
        }
        (format!("{name}/{case}"), text)
    };
    (0..cases).map(text).collect()
}

#[test]
fn loads_what_castore_predicts_of_mutated_text() {
    let seeds: Vec<_> = vectors().into_iter().filter(|(name, _)| !name.starts_with("utf")).collect();
    hold(&mutated(&seeds, Numbers(0x9e37_79b9_7f4a_7c15), if long() { 20_000 } else { 400 }));
}

/// An element of DER with a length of at most two octets.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        long @ 0x80..0x100 => vec![0x81, long as u8],
        longer => vec![0x82, (longer >> 8) as u8, longer as u8],
    };
    [&[tag][..], &length, content].concat()
}

/// Numbers in a sequence, as RSA and DSA keys are.
fn numbers_of(count: usize) -> Vec<u8> {
    element(0x30, &(0..count).flat_map(|n| element(2, &[u8::from(n > 0) * 7])).collect::<Vec<_>>())
}

/// Private keys, sound and not, with their labels.
fn keys() -> Vec<(&'static str, Vec<u8>)> {
    let scalar = element(4, &[1; 32]);
    let curve = element(0xa0, &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let unknown = element(0xa0, &[0x06, 3, 0x2a, 3, 4]);
    let ec = |version: u8, rest: &[&[u8]]| element(0x30, &[&[2, 1, version][..], &scalar, &rest.concat()].concat());
    let pkcs8 = |algorithm: &[u8], key: &[u8]| {
        element(0x30, &[&[2, 1, 0][..], &element(0x30, algorithm), &element(4, key)].concat())
    };
    let rsa = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let ed25519 = [0x06, 3, 0x2b, 0x65, 0x70];
    let elliptic = [0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let made = rcgen::KeyPair::generate().unwrap().serialize_der();
    vec![
        ("RSA PRIVATE KEY", numbers_of(8)),
        ("RSA PRIVATE KEY", numbers_of(9)),
        ("RSA PRIVATE KEY", numbers_of(10)),
        ("RSA PRIVATE KEY", [numbers_of(9), b"tail".to_vec()].concat()),
        ("PRIVATE KEY", numbers_of(9)),
        ("EC PRIVATE KEY", numbers_of(9)),
        ("DSA PRIVATE KEY", numbers_of(5)),
        ("DSA PRIVATE KEY", numbers_of(6)),
        ("EC PRIVATE KEY", ec(1, &[])),
        ("EC PRIVATE KEY", ec(1, &[&curve])),
        ("EC PRIVATE KEY", ec(1, &[&unknown])),
        ("PRIVATE KEY", pkcs8(&rsa, &numbers_of(9))),
        ("RSA PRIVATE KEY", pkcs8(&rsa, &numbers_of(9))),
        ("EC PRIVATE KEY", pkcs8(&rsa, &numbers_of(9))),
        ("PRIVATE KEY", pkcs8(&rsa, b"abc")),
        ("PRIVATE KEY", pkcs8(&elliptic, &ec(1, &[]))),
        ("PRIVATE KEY", pkcs8(&ed25519, &element(4, &[1; 32]))),
        ("PRIVATE KEY", pkcs8(&ed25519, &element(4, &[1; 31]))),
        ("PRIVATE KEY", pkcs8(&[0x06, 3, 0x2a, 3, 4], b"abc")),
        ("PRIVATE KEY", made[..made.len() - 3].to_vec()),
        ("PRIVATE KEY", made),
        ("ANY PRIVATE KEY", element(0x30, &[2, 1, 0])),
        ("ENCRYPTED PRIVATE KEY", b"anything".to_vec()),
        ("DH PARAMETERS", b"anything".to_vec()),
    ]
}

#[test]
fn loads_what_castore_predicts_beside_private_keys() {
    let certificate = pem::write(&fs::read(data("certificates/one.der")).unwrap(), &[]);
    let beside = |(n, (label, octets)): (usize, (&str, Vec<u8>))| {
        let key = ::pem::encode_config(
            &::pem::Pem::new(label, octets),
            ::pem::EncodeConfig::new().set_line_ending(::pem::LineEnding::LF),
        );
        (format!("{label} {n}"), format!("{certificate}{key}").into_bytes())
    };
    hold(&keys().into_iter().enumerate().map(beside).collect::<Vec<_>>());
}

/// Octets changed, mostly near the beginning, where most of the structure stands.
fn mutate_der(numbers: &mut Numbers, der: &mut Vec<u8>) {
    for _ in 0..1 + numbers.below(2) {
        let near = if numbers.below(2) == 0 { der.len().min(200) } else { der.len() };
        let at = numbers.below(near);
        match numbers.below(5) {
            0 => der[at] = numbers.below(256) as u8,
            1 => der[at] ^= 1 << numbers.below(8),
            2 => der[at] = der[at].wrapping_add(1),
            3 => der[at] = [0, 0x80, 0xff, 0x30, 0x05, 0x0c, 0x1e, 0x24][numbers.below(8)],
            _ => der.truncate(der.len() - numbers.below(3)),
        }
    }
}

#[test]
fn loads_what_castore_predicts_of_mutated_certificates() {
    let file = |name: &str| fs::read(data(name)).unwrap();
    let mut seeds = vec![file("certificates/one.der"), file("certificates/two.der")];
    seeds.extend(bundle().into_iter().take(20).map(|certificate| certificate.der().to_vec()));
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let cases = if long() { 40_000 } else { 600 };
    let texts: Vec<_> = (0..cases)
        .map(|case| {
            let mut der = seeds[case % seeds.len()].clone();
            mutate_der(&mut numbers, &mut der);
            let label = if case % 5 == 0 { "TRUSTED CERTIFICATE" } else { "CERTIFICATE" };
            (format!("der/{case}"), pem::write(&der, &[]).replace("CERTIFICATE", label).into_bytes())
        })
        .collect();
    hold(&texts);
}

/// A list of two revoked certificates.
fn revocations() -> Vec<u8> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.key_usages = vec![rcgen::KeyUsagePurpose::CrlSign];
    let key = rcgen::KeyPair::generate().unwrap();
    let revoked = |serial: u64| rcgen::RevokedCertParams {
        serial_number: serial.into(),
        revocation_time: rcgen::date_time_ymd(2026, 1, 1),
        reason_code: Some(rcgen::RevocationReason::KeyCompromise),
        invalidity_date: None,
    };
    let list = rcgen::CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 1, 1),
        next_update: rcgen::date_time_ymd(2027, 1, 1),
        crl_number: 7u64.into(),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked(1), revoked(2)],
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    list.signed_by(&rcgen::Issuer::new(parameters, key)).unwrap().der().to_vec()
}

#[test]
fn loads_what_castore_predicts_of_mutated_lists_and_trust() {
    let der = fs::read(data("certificates/one.der")).unwrap();
    let client: castore::model::Oid = "1.3.6.1.5.5.7.3.2".parse().unwrap();
    let purposes =
        Purposes { trust: Some(vec![SERVER_AUTH]), reject: Some(vec![client]), alias: Some(Untrusted::new("one")) };
    let (list, trust) = (revocations(), openssl_trusted::encode(&purposes));
    let certificate = pem::write(&der, &[]);
    let relabelled = |der: &[u8], label: &str| pem::write(der, &[]).replace("CERTIFICATE", label);
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let mut texts = vec![("list".to_owned(), (relabelled(&list, "X509 CRL") + &certificate).into_bytes())];
    for case in 0..if long() { 10_000 } else { 200 } {
        let (mut list, mut trust) = (list.clone(), trust.clone());
        mutate_der(&mut numbers, &mut list);
        mutate_der(&mut numbers, &mut trust);
        texts.push((format!("list/{case}"), (relabelled(&list, "X509 CRL") + &certificate).into_bytes()));
        let trusted = [&der[..], &trust].concat();
        texts.push((format!("trust/{case}"), relabelled(&trusted, "TRUSTED CERTIFICATE").into_bytes()));
    }
    hold(&texts);
}

/// The machine's certificates.
pub(crate) fn bundle() -> Vec<Certificate> {
    let places = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    let Some(text) = places.iter().find_map(|place| fs::read(place).ok()) else {
        skip("this machine has no bundle");
        return Vec::new();
    };
    let certificates = pem::read(&text).entries.into_iter().filter_map(|entry| match entry.body {
        Body::Certificate(der) => Some(x509::read(der)),
        _ => None,
    });
    certificates.collect()
}

/// What `openssl` prints, given `input`.
fn openssl(arguments: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

#[test]
fn reads_hashes_fingerprint_serial_and_dates_as_openssl_does() {
    if !require("openssl") {
        return;
    }
    let certificates = bundle();
    let cap = if long() { certificates.len() } else { 40 };
    for certificate in certificates.iter().take(cap) {
        let arguments = "x509 -inform DER -noout -subject_hash -subject_hash_old -serial -startdate -enddate -dateopt iso_8601 -fingerprint -sha256";
        let said = openssl(&arguments.split(' ').collect::<Vec<_>>(), certificate.der());
        let subject = certificate.subject_der().unwrap();
        let details = x509::details(certificate).unwrap();
        let fingerprint = certificate.fingerprint().as_bytes().iter().map(|o| format!("{o:02X}")).collect::<Vec<_>>();
        let serial = hex(&details.serial);
        let serial = serial.strip_prefix("00").filter(|rest| !rest.is_empty()).unwrap_or(&serial).to_owned();
        let date = |date: castore::model::Timestamp| date.to_string().replace('T', " ");
        let expected = format!(
            "{:08x}\n{:08x}\nserial={serial}\nnotBefore={}\nnotAfter={}\nsha256 Fingerprint={}\n",
            hash_dir::subject_hash(subject).unwrap(),
            hash_dir::subject_hash_old(subject),
            date(certificate.not_before().unwrap()),
            date(certificate.not_after().unwrap()),
            fingerprint.join(":"),
        );
        assert_eq!(said, expected, "{}", details.subject.text().raw());
    }
}

#[test]
fn reads_extensions_and_keys_as_openssl_does() {
    if !require("openssl") {
        return;
    }
    let certificates = bundle();
    let cap = if long() { certificates.len() } else { 30 };
    for certificate in certificates.iter().rev().take(cap) {
        let said = openssl(&["x509", "-inform", "DER", "-noout", "-text"], certificate.der());
        let details = x509::details(certificate).unwrap();
        let after = |heading: &str| {
            said.split_once(heading).map(|(_, rest)| rest.lines().nth(1).unwrap_or_default().trim().to_owned())
        };
        let name = details.subject.text();
        let key_id = details.subject_key_id.as_ref().map(|id| hex(id));
        assert_eq!(after("X509v3 Subject Key Identifier:").map(|id| id.replace(':', "")), key_id, "{}", name.raw());
        let authority = after("X509v3 Authority Key Identifier:").map(|id| id.replace(':', "").replace("keyid", ""));
        if let Some(authority) = authority.filter(|id| !id.starts_with("DirName")) {
            assert_eq!(details.authority_key_id.as_ref().map(|id| hex(id)), Some(authority), "{}", name.raw());
        }
        let constraints = details.basic_constraints.map(|found| match (found.ca, found.path_len) {
            (ca, Some(length)) => format!("CA:{}, pathlen:{length}", ca.to_string().to_uppercase()),
            (ca, None) => format!("CA:{}", ca.to_string().to_uppercase()),
        });
        assert_eq!(after("X509v3 Basic Constraints:"), constraints, "{}", name.raw());
        let usage = after("X509v3 Key Usage:").map_or(0, |text| text.split(", ").count());
        assert_eq!(details.key_usage.map_or(0, |usage| usage.names().count()), usage, "{}", name.raw());
        assert!(
            said.contains(&format!("Signature Algorithm: {}", details.signature)),
            "{}: {}",
            name.raw(),
            details.signature
        );
        let bits = match &details.key {
            castore::model::PublicKey::Rsa { bits } => Some(*bits),
            castore::model::PublicKey::Ec { bits, .. } => *bits,
            _ => None,
        };
        assert!(bits.is_some_and(|bits| said.contains(&format!("({bits} bit)"))), "{}: {:?}", name.raw(), details.key);
        assert!(said.contains(&format!("Version: {} ", details.version)));
    }
}

#[test]
fn reads_and_writes_auxiliary_trust_as_openssl_does() {
    if !require("openssl") {
        return;
    }
    let der = fs::read(data("certificates/one.der")).unwrap();
    let client: castore::model::Oid = "1.3.6.1.5.5.7.3.2".parse().unwrap();
    let cases: [(&[&str], Purposes); 4] = [
        (&["-addtrust", "serverAuth"], Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() }),
        (&["-addreject", "serverAuth"], Purposes { reject: Some(vec![SERVER_AUTH]), ..Purposes::default() }),
        (
            &[
                "-addtrust",
                "serverAuth",
                "-addtrust",
                "clientAuth",
                "-addreject",
                "clientAuth",
                "-setalias",
                "one root",
            ],
            Purposes {
                trust: Some(vec![SERVER_AUTH, client]),
                reject: Some(vec![client]),
                alias: Some(Untrusted::new("one root")),
            },
        ),
        (&["-setalias", "x"], Purposes { alias: Some(Untrusted::new("x")), ..Purposes::default() }),
    ];
    for (arguments, purposes) in cases {
        let arguments = [&["x509", "-inform", "DER", "-trustout"], arguments].concat();
        let said = openssl(&arguments, &der);
        assert_eq!(said, openssl_trusted::write(&der, &purposes, &[]));
        assert_eq!(pem::read(said.as_bytes()).entries[0].trust, Trust::Purposes(Box::new(purposes)));
    }
}

/// A directory as castore's host reads one.
fn store(directory: &Path) -> Store {
    let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let (mut entries, mut listed) = (Vec::new(), Vec::new());
    for name in names {
        let path = directory.join(&name);
        let target = fs::read_link(&path).map_or(Target::File, Target::Link);
        let from = entries.len();
        let read = fs::read(&path).ok().map(|bytes| castore::format::decode(&bytes));
        let unreadable = if read.is_none() { Some(Unreadable::Dangling) } else { None };
        let openssl = read.as_ref().and_then(|read| read.openssl.clone());
        for entry in read.into_iter().flat_map(|read| read.entries) {
            let Body::Certificate(der) = entry.body else { continue };
            let body = Body::Certificate(Arc::new(x509::read(der)));
            entries.push(Entry {
                slot: Slot::File(name.clone(), Box::new(entry.slot)),
                trust: entry.trust,
                body,
                notes: entry.notes,
            });
        }
        listed.push(Listed {
            name,
            target,
            format: castore::model::Format::Pem,
            unreadable,
            gaps: Vec::new(),
            openssl,
            gnutls: None,
            go: None,
            entries: from..entries.len(),
        });
    }
    Store {
        id: StoreId::Path(directory.to_owned()),
        format: Format::Directory,
        reading: Reading::Whole,
        size: None,
        entries,
        openssl: None,
        gnutls: None,
        go: None,
        listed,
        container: castore::model::Container::default(),
        gaps: Vec::new(),
    }
}

/// Authorities with a name of their own or in common, and a certificate each has issued.
struct Issued {
    root: Vec<u8>,
    leaf: String,
}

fn issue(name: &str) -> Issued {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.key_identifier_method = rcgen::KeyIdMethod::Sha256;
    let key = rcgen::KeyPair::generate().unwrap();
    let root = parameters.self_signed(&key).unwrap();
    let mut leaf = rcgen::CertificateParams::new(["leaf.test".to_owned()]).unwrap();
    leaf.use_authority_key_identifier_extension = true;
    let leaf_key = rcgen::KeyPair::generate().unwrap();
    let leaf = leaf.signed_by(&leaf_key, &rcgen::Issuer::new(parameters, key)).unwrap();
    Issued { root: root.der().to_vec(), leaf: leaf.pem() }
}

/// Whether `openssl verify -CApath` finds the issuer of a certificate.
fn verifies(directory: &Path, leaf: &str) -> bool {
    let path = directory.to_str().unwrap();
    let arguments = ["verify", "-no-CAfile", "-no-CAstore", "-CApath", path];
    openssl(&arguments, leaf.as_bytes()).contains(": OK")
}

/// Builds a directory, and holds what castore says is reachable against what OpenSSL verifies.
fn hold_directory(what: &str, issued: &[&Issued], build: impl Fn(&Path, &[String])) -> Vec<HashFault> {
    let directory = tempfile::tempdir().unwrap();
    let names: Vec<String> = issued
        .iter()
        .map(|issued| {
            let root = x509::read(issued.root.clone().into());
            format!("{:08x}", hash_dir::subject_hash(root.subject_der().unwrap()).unwrap())
        })
        .collect();
    build(directory.path(), &names);
    let store = store(directory.path());
    let examined = hash_dir::examine(&store);
    for (n, issued) in issued.iter().enumerate() {
        let reached =
            examined.reachable.iter().any(|&entry| *store.entries[entry].certificate().unwrap().der() == *issued.root);
        assert_eq!(reached, verifies(directory.path(), &issued.leaf), "{what}, {n}");
    }
    examined.faults
}

#[test]
fn looks_up_in_directories_as_openssl_does() {
    if !require("openssl") {
        return;
    }
    let (a, b, other) = (issue("same"), issue("same"), issue("other"));
    let pem = |issued: &Issued| pem::write(&issued.root, &[]);
    let put = |directory: &Path, name: &str, text: &[u8]| fs::write(directory.join(name), text).unwrap();
    let two = [&a, &b];

    let faults = hold_directory("in order", &two, |d, hash| {
        put(d, &format!("{}.0", hash[0]), pem(&a).as_bytes());
        put(d, &format!("{}.1", hash[0]), pem(&b).as_bytes());
    });
    assert_eq!(faults, []);
    let faults = hold_directory("gap", &two, |d, hash| {
        put(d, &format!("{}.0", hash[0]), pem(&a).as_bytes());
        put(d, &format!("{}.2", hash[0]), pem(&b).as_bytes());
    });
    assert!(matches!(faults[..], [HashFault::Gap { missing: 1, .. }]), "{faults:?}");
    let faults = hold_directory("gap at zero", &two, |d, hash| put(d, &format!("{}.1", hash[0]), pem(&a).as_bytes()));
    assert!(matches!(faults[..], [HashFault::Gap { missing: 0, .. }]), "{faults:?}");
    let faults = hold_directory("upper case", &[&other], |d, hash| {
        let upper = hash[0].to_uppercase();
        let name = if upper == hash[0] { format!("{}.R0", hash[0]) } else { format!("{upper}.0") };
        put(d, &name, pem(&other).as_bytes());
    });
    assert!(faults.len() <= 1, "{faults:?}");
    let faults = hold_directory("der", &two, |d, hash| {
        put(d, &format!("{}.0", hash[0]), &a.root);
        put(d, &format!("{}.1", hash[0]), pem(&b).as_bytes());
    });
    assert!(matches!(faults[..], [HashFault::NotPem { .. }]), "{faults:?}");
    let faults = hold_directory("wrong hash", &[&a, &other], |d, hash| {
        put(d, &format!("{}.0", hash[0]), pem(&other).as_bytes());
        put(d, &format!("{}.1", hash[0]), pem(&a).as_bytes());
    });
    assert!(matches!(faults[..], [HashFault::WrongHash { .. }]), "{faults:?}");
    let faults = hold_directory("several in one file", &two, |d, hash| {
        put(d, &format!("{}.0", hash[0]), (pem(&other) + &pem(&a) + &pem(&b)).as_bytes());
    });
    assert_eq!(faults, []);
    let faults = hold_directory("broken after a good one", &two, |d, hash| {
        put(
            d,
            &format!("{}.0", hash[0]),
            (pem(&a) + "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").as_bytes(),
        );
        put(d, &format!("{}.1", hash[0]), pem(&b).as_bytes());
    });
    assert!(matches!(faults[..], [HashFault::Malformed { .. }]), "{faults:?}");
    let faults = hold_directory("not linked", &[&a], |d, _| put(d, "a.pem", pem(&a).as_bytes()));
    assert!(matches!(faults[..], [HashFault::NotLinked { .. }]), "{faults:?}");
    #[cfg(unix)]
    {
        let faults = hold_directory("dangling", &two, |d, hash| {
            std::os::unix::fs::symlink("gone.pem", d.join(format!("{}.0", hash[0]))).unwrap();
            put(d, &format!("{}.1", hash[0]), pem(&b).as_bytes());
        });
        assert!(matches!(faults[..], [HashFault::Dangling { .. }]), "{faults:?}");
    }
}

/// Lines of `openssl.cnf`, by hand and of words at random, before the library: whether it takes the file or leaves all of
/// it alone is seen by the one provider that the end of each activates.
#[test]
fn what_makes_a_library_leave_its_configuration_alone() {
    if !require("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("openssl.cnf");
    let end = "\n[default]\nopenssl_conf = init\n[init]\nproviders = p\n[p]\nnull = n\n[n]\nactivate = 1\n";
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let words = [
        "a",
        "x",
        "$",
        "${",
        "$(",
        "}",
        ")",
        "::",
        ":",
        ".",
        "\\",
        "\"",
        "'",
        "#",
        "[",
        "]",
        "=",
        "=",
        " ",
        "\t",
        "\u{e9}",
        "ENV::",
        "NONE",
        "HOME",
        "default::",
        "$x",
        "${x}",
        "$(ENV::HOME)",
        "s",
        "\n",
        "%",
        "(",
        "{",
        "`",
        "~",
        "\u{feff}",
        "<",
    ];
    let most = format!("v0 = {}\nv1 = $v0${{v0}}", "a".repeat(32767));
    let texts = [
        &format!("{most}b"),
        &format!("{most}bb"),
        &format!("v = {}", "a".repeat(70_000)),
        ".pragma",
        ".pragma x",
        ".pragma x:y",
        ".pragma x:",
        ".pragma = :y",
        ".pragma dollarid:on\n$x = 1\ny = $none${$x}",
        ".pragma dollarid : on\ny = $none",
        ".pragma dollarid:yes",
        ".pragmas x:y",
        ".pragma=includedir: /none",
        ".pragma abspath:on\n.include none",
        ".pragma abspath:on\n.pragma includedir:/none\n.include none",
        ".include none",
        ".include",
        ".include =",
        ".includes = none",
        ".include $none",
        ".include openssl.cnf",
        "[ a b ]",
        "[",
        "[]",
        "[a] b",
        "x = 1\n.include ${x}",
    ];
    let random = (0..if long() { 5000 } else { 400 }).map(|_| {
        let count = 1 + numbers.below(9);
        let begin = numbers.of(&["", "", "a = ", "x = 1\ny = ", "["]).to_owned();
        (0..count).fold(begin, |text, _| text + numbers.of(&words))
    });
    let (mut taken, mut left, mut wrong) = (0, 0, Vec::new());
    for text in texts.iter().map(|text| (*text).to_owned()).chain(random) {
        // A backslash would draw the next line in.
        let text = format!("x = 0\n{text}{}", if text.ends_with('\\') { " " } else { "" });
        fs::write(&file, format!("{text}{end}")).unwrap();
        let mut openssl = Command::new("openssl");
        let openssl = openssl.args(["list", "-providers"]).env_clear().env("HOME", "/h").env("OPENSSL_CONF", &file);
        let output = openssl.current_dir(directory.path()).output().unwrap();
        let takes = String::from_utf8_lossy(&output.stdout).contains("null");
        let mut host = Host::new(Box::new(Tree::live().unwrap()), System::Linux);
        host.cwd = directory.path().to_owned();
        let host = host.with_environment([("HOME".into(), "/h".into())].into());
        let asked = Asked { names: OPENSSL_CONF, has_red_hats: &|| false };
        let fails = openssl_cnf::configured(&host, &file, asked).fails;
        *if takes { &mut taken } else { &mut left } += 1;
        if takes == fails {
            wrong.push(format!("{text:?}: the library {}", if takes { "takes it" } else { "leaves it alone" }));
        }
    }
    assert!(taken > 100 && left > 100, "{taken} taken, {left} left alone");
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), taken + left, wrong.join("\n"));
}
