//! openssl, keytool, pk12util and Bouncy Castle: PKCS#7 and PKCS#12, read and written.

use crate::java::bouncy_castle;
use crate::{authority, long, numbers::Numbers, require, skip};
use castore::format::pkcs12::{self, Protection};
use castore::format::{Decoding, Means, decode_with, pem, pkcs7};
use castore::model::{Body, Format, Gap, Integrity, Note, Password, Slot, Trust, WhichPassword};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|octet| format!("{octet:02X}")).collect()
}

/// A directory with made-up authorities, and programs that see nothing of the machine's home.
pub(crate) struct Bench {
    directory: tempfile::TempDir,
}

pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) text: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs a program in the directory.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Said {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.directory.path())
            .env("HOME", self.directory.path())
            .env_remove("JAVA_TOOL_OPTIONS")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        Said { ok: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() }
    }

    pub(crate) fn must(&self, program: &str, arguments: &str) -> String {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let said = self.run(program, &arguments);
        assert!(said.ok, "{program} {arguments:?}: {}", said.text);
        said.text
    }

    /// Fingerprints of the certificates that a program prints as PEM.
    pub(crate) fn printed(text: &str) -> BTreeSet<String> {
        let entries = pem::read(text.as_bytes()).entries;
        let certificates = entries.iter().filter_map(|entry| match &entry.body {
            Body::Certificate(der) => Some(fingerprint(der)),
            _ => None,
        });
        certificates.collect()
    }
}

/// Authorities that are there once for all tests.
fn authorities(count: usize) -> Vec<(String, Vec<u8>)> {
    (0..count).map(|n| (format!("authority {n}"), authority(&format!("Authority {n}")))).collect()
}

fn listed(read: &Decoding) -> BTreeSet<String> {
    let certificates = read.entries.iter().filter_map(|entry| match &entry.body {
        Body::Certificate(der) => Some(fingerprint(der)),
        _ => None,
    });
    certificates.collect()
}

fn trusted(read: &Decoding) -> BTreeSet<String> {
    let certificates = read.entries.iter().filter_map(|entry| match &entry.body {
        Body::Certificate(der) if entry.trust == Trust::Trusted => Some(fingerprint(der)),
        _ => None,
    });
    certificates.collect()
}

fn decode(bytes: &[u8], passwords: &[&str]) -> Decoding {
    let passwords: Vec<Password> = passwords.iter().map(|text| Password::new(*text)).collect();
    decode_with(bytes, &Means { passwords: &passwords, ..Means::default() })
}

/// A bench with `two.pem`, a bundle of the fingerprints given.
fn two() -> (Bench, BTreeSet<String>) {
    let bench = Bench::new();
    let two = authorities(2);
    bench.write("two.pem", two.iter().map(|(_, der)| pem::write(der, &[])).collect::<String>());
    for (n, (_, der)) in two.iter().enumerate() {
        bench.write(&format!("{n}.pem"), pem::write(der, &[]));
    }
    (bench, two.iter().map(|(_, der)| fingerprint(der)).collect())
}

/// Ways in which `openssl pkcs12 -export` protects a file: what castore says of them.
const OPENSSL: [(&str, &str, &str); 22] = [
    ("default", "", "PBES2 AES-256, PBKDF2 HMAC-SHA-256, 2048 iterations"),
    ("nomac", "-nomac -certpbe NONE", ""),
    ("clear", "-certpbe NONE", "MAC HMAC-SHA-256, 2048 iterations"),
    ("no-iterations", "-noiter -nomaciter", "MAC HMAC-SHA-256, 1 iterations"),
    ("rc2-40", "-legacy -certpbe PBE-SHA1-RC2-40", "PBES1 RC2-40 SHA-1, 2048 iterations"),
    ("rc2-128", "-legacy -certpbe PBE-SHA1-RC2-128", "PBES1 RC2-128 SHA-1, 2048 iterations"),
    ("rc4-40", "-legacy -certpbe PBE-SHA1-RC4-40", "PBES1 RC4-40 SHA-1, 2048 iterations"),
    ("rc4-128", "-legacy -certpbe PBE-SHA1-RC4-128", "PBES1 RC4-128 SHA-1, 2048 iterations"),
    ("3des", "-certpbe PBE-SHA1-3DES", "PBES1 3DES SHA-1, 2048 iterations"),
    ("2des", "-certpbe PBE-SHA1-2DES", "PBES1 3DES with two keys SHA-1, 2048 iterations"),
    ("aes-128", "-certpbe AES-128-CBC", "PBES2 AES-128, PBKDF2 HMAC-SHA-256, 2048 iterations"),
    ("aes-192", "-certpbe AES-192-CBC", "PBES2 AES-192, PBKDF2 HMAC-SHA-256, 2048 iterations"),
    ("des-ede3", "-certpbe DES-EDE3-CBC", "PBES2 3DES, PBKDF2 HMAC-SHA-256, 2048 iterations"),
    ("mac-md5", "-macalg md5", "MAC HMAC-MD5, 2048 iterations"),
    ("mac-sha1", "-macalg sha1", "MAC HMAC-SHA-1, 2048 iterations"),
    ("mac-sha224", "-macalg sha224", "MAC HMAC-SHA-224, 2048 iterations"),
    ("mac-sha384", "-macalg sha384", "MAC HMAC-SHA-384, 2048 iterations"),
    ("mac-sha512", "-macalg sha512", "MAC HMAC-SHA-512, 2048 iterations"),
    ("mac-sha512-224", "-macalg sha512-224", "MAC HMAC-SHA-512/224, 2048 iterations"),
    ("mac-sha512-256", "-macalg sha512-256", "MAC HMAC-SHA-512/256, 2048 iterations"),
    ("other-iterations", "-iter 12345", "MAC HMAC-SHA-256, 12345 iterations"),
    ("legacy", "-legacy", "PBES1 RC2-40 SHA-1, 2048 iterations"),
];

#[test]
fn reads_what_openssl_exports() {
    if !require("openssl") {
        return;
    }
    let (bench, expected) = two();
    for (name, options, says) in OPENSSL {
        bench.must("openssl", &format!("pkcs12 -export -nokeys -in two.pem -passout pass:changeit -out x {options}"));
        let read = decode(&bench.read("x"), &[]);
        assert_eq!((read.format, listed(&read)), (Format::Pkcs12, expected.clone()), "{name}: {read:?}");
        assert_eq!(read.gaps, [], "{name}");
        let is_sealed = !options.contains("-nomac -");
        let integrity = if is_sealed { Integrity::Verified } else { Integrity::Unsealed };
        assert_eq!(read.container.integrity, integrity, "{name}");
        assert_eq!(read.container.password, is_sealed.then_some(WhichPassword::Changeit), "{name}");
        assert!(says.is_empty() || read.container.protection.iter().any(|p| p == says), "{name}: {read:?}");
        // Without Java's attribute, Java lists nothing.
        assert_eq!(read.container.owner.map(|owner| owner.lists), Some(0), "{name}");
        assert!(read.entries.iter().all(|entry| entry.trust == Trust::Present));
    }
}

#[test]
fn tries_the_passwords_that_openssl_was_given() {
    if !require("openssl") {
        return;
    }
    let (bench, expected) = two();
    for options in
        ["", "-legacy", "-nomac", "-nomac -certpbe AES-256-CBC", "-nomac -certpbe PBE-SHA1-3DES", "-certpbe NONE"]
    {
        for (password, which) in
            [("", WhichPassword::Empty), ("geheim", WhichPassword::Given), ("pässwörd€😀", WhichPassword::Given)]
        {
            let export = "pkcs12 -export -nokeys -in two.pem -out x -passout";
            let pass = format!("pass:{password}");
            let arguments: Vec<&str> = export.split(' ').chain([&*pass]).chain(options.split_whitespace()).collect();
            assert!(bench.run("openssl", &arguments).ok);
            let read = decode(&bench.read("x"), &["wrong", password]);
            assert_eq!(listed(&read), expected, "{password:?} {options}: {read:?}");
            // Where there is no key and no seal, OpenSSL 3.0 may leave the certificates in clear.
            let which = (!read.container.protection.is_empty()).then_some(which);
            assert_eq!(read.container.password, which, "{password:?} {options}");
            assert_eq!(read.gaps, [], "{password:?} {options}");
            if which.is_none() || password.is_empty() || options == "-certpbe NONE" {
                continue;
            }
            let read = decode(&bench.read("x"), &["wrong"]);
            assert!(matches!(&read.gaps[..], [Gap::Password { what }] if what == "1 part"), "{read:?}");
            let sealed = !options.starts_with("-nomac");
            let integrity = if sealed { Integrity::Mismatch } else { Integrity::Unsealed };
            assert_eq!(read.container.integrity, integrity);
        }
    }
}

#[test]
fn reads_every_container_of_pkcs7_as_openssl_does() {
    if !require("openssl") {
        return;
    }
    let (bench, expected) = two();
    let pem_text = String::from_utf8(bench.read("two.pem")).unwrap();
    bench.write("twice.pem", pem_text.repeat(2));
    bench.must("openssl", "crl2pkcs7 -nocrl -certfile two.pem -outform DER -out two.p7b");
    bench.must("openssl", "crl2pkcs7 -nocrl -certfile twice.pem -outform DER -out twice.p7b");
    bench.must("openssl", "crl2pkcs7 -nocrl -certfile two.pem -out pem.p7b");
    bench.write("message", "text");
    bench.must("openssl", "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out signer.pem -subj /CN=signer");
    let signer = Bench::printed(&String::from_utf8(bench.read("signer.pem")).unwrap());
    let sign = "cms -sign -binary -nodetach -in message -signer signer.pem -inkey key.pem -certfile two.pem";
    bench.must("openssl", &format!("{sign} -outform DER -out signed.p7b"));
    // Streamed: BER, of indefinite lengths, with the content in pieces.
    bench.must("openssl", &format!("{sign} -stream -outform DER -out stream.p7b"));
    bench.must("openssl", &format!("{sign} -stream -outform PEM -out cms.pem"));
    bench.must("openssl", "smime -sign -in message -signer signer.pem -inkey key.pem -outform PEM -out smime.pem");
    let trailing = [bench.read("two.p7b"), b"trailing".to_vec()].concat();
    bench.write("trailing.p7b", &trailing);
    let pkcs7 = String::from_utf8(bench.read("pem.p7b")).unwrap();
    bench.write("label.pem", pkcs7.replace("PKCS7", "PKCS #7 SIGNED DATA"));
    assert_eq!(bench.read("stream.p7b")[..2], [0x30, 0x80]);

    let all: BTreeSet<String> = expected.union(&signer).cloned().collect();
    let cases = [
        ("two.p7b", "DER", &expected, 2),
        ("twice.p7b", "DER", &expected, 4),
        ("pem.p7b", "PEM", &expected, 2),
        ("label.pem", "PEM", &expected, 2),
        ("trailing.p7b", "DER", &expected, 2),
        ("signed.p7b", "DER", &all, 3),
        ("stream.p7b", "DER", &all, 3),
        ("cms.pem", "CMS", &all, 3),
        ("smime.pem", "PEM", &signer, 1),
    ];
    for (name, form, expected, count) in cases {
        let read = decode(&bench.read(name), &[]);
        assert_eq!((read.entries.len(), listed(&read)), (count, expected.clone()), "{name}: {read:?}");
        assert_eq!(read.gaps, [], "{name}");
        let said = match form {
            "CMS" => {
                bench.must("openssl", &format!("cms -cmsout -print -inform PEM -in {name} -certsout c.pem -noout"))
            }
            form => bench.must("openssl", &format!("pkcs7 -print_certs -inform {form} -in {name}")),
        };
        let said = if form == "CMS" { String::from_utf8(bench.read("c.pem")).unwrap() } else { said };
        assert_eq!(Bench::printed(&said), *expected, "{name}");
        assert_eq!(read.format, if form == "DER" { Format::Pkcs7 } else { Format::Pem }, "{name}");
    }
    let read = decode(&trailing, &[]);
    assert_eq!(read.entries.last().unwrap().notes, [Note::Trailing(8)]);
    let read = decode(&bench.read("pem.p7b"), &[]);
    assert!(read.entries.iter().all(|entry| matches!(entry.slot, Slot::Block(block) if block.line == 1)));
    assert_eq!(read.entries[0].notes, [Note::Label("PKCS7".to_owned())]);
}

/// Whether a program can be started; the ones here have no word for their version in common.
fn is_here(program: &str) -> bool {
    let found = Command::new(program).arg("-help").stdin(Stdio::null()).output().is_ok();
    if !found {
        skip(&format!("{program} is not here"));
    }
    found
}

/// What Java says of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Java {
    refused: Option<String>,
    trusted: BTreeSet<String>,
    chains: BTreeSet<String>,
}

/// What Java says of files in the bench, each with its password.
fn java(bench: &Bench, files: &[(&str, &str)]) -> BTreeMap<String, Java> {
    let list: String = files.iter().map(|(name, password)| format!("{name}={password}\n")).collect();
    bench.write("list", list);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/Pkcs12.java");
    let said = bench.run("java", &["-XX:TieredStopAtLevel=1", program.to_str().unwrap(), "list"]);
    assert!(said.ok, "{}", said.text);
    let mut files: BTreeMap<String, Java> = BTreeMap::new();
    for line in said.text.lines() {
        let mut fields = line.split('\t');
        let (Some(name), Some(kind), Some(rest)) = (fields.next(), fields.next(), fields.next()) else {
            panic!("{line}")
        };
        let file = files.entry(name.to_owned()).or_default();
        match kind {
            "refused" => file.refused = Some(rest.to_owned()),
            "trusted" => drop(file.trusted.insert(rest.to_owned())),
            "chain" => drop(file.chains.insert(rest.to_owned())),
            _ => assert_eq!(kind, "loads"),
        }
    }
    files
}

/// Holds a reading against what Java says.
fn hold(name: &str, read: &Decoding, java: &Java) {
    let chained: BTreeSet<String> = {
        let chained = read.entries.iter().filter(|e| e.notes.iter().any(|note| matches!(note, Note::ChainOfKey(_))));
        let ders = chained.filter_map(|entry| match &entry.body {
            Body::Certificate(der) => Some(fingerprint(der)),
            _ => None,
        });
        ders.collect()
    };
    if let Some(owner) = read.container.owner.filter(|owner| owner.lists == 0 && java.refused.is_some()) {
        assert!(owner.because.contains("cannot read"), "{name}: {owner:?}, {java:?}");
        return;
    }
    assert_eq!(java.refused, None, "{name}: {read:?}");
    assert_eq!(trusted(read), java.trusted, "{name}: {read:?}");
    assert_eq!(chained, java.chains, "{name}: {read:?}");
    let all = java.trusted.union(&java.chains).count();
    assert_eq!(read.container.owner.map_or(listed(read).len(), |owner| owner.lists), all, "{name}: {read:?}");
}

/// Files that keytool makes: their names, and what castore says of their protection.
fn keytool(bench: &Bench) -> Vec<(&'static str, &'static str)> {
    let fast = "-J-XX:TieredStopAtLevel=1 -J-Xshare:auto";
    let import = |file: &str, options: &str| {
        for n in 0..2 {
            let to = format!("-storetype PKCS12 -keystore {file} -storepass changeit");
            bench.must("keytool", &format!("{fast} {options} -importcert -noprompt {to} -alias A{n} -file {n}.pem"));
        }
    };
    import("default.p12", "");
    import("legacy.p12", "-J-Dkeystore.pkcs12.legacy");
    import("none.p12", "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE");
    let store = "-storetype PKCS12 -storepass changeit -keystore";
    fs::copy(bench.path("default.p12"), bench.path("secret.p12")).unwrap();
    bench.must("keytool", &format!("{fast} -genseckey -keyalg AES -keysize 128 -alias secret {store} secret.p12"));
    fs::copy(bench.path("default.p12"), bench.path("key.p12")).unwrap();
    let pair = "-genkeypair -keyalg EC -groupname secp256r1 -alias pair -dname CN=pair";
    bench.must("keytool", &format!("{fast} {pair} {store} key.p12"));
    vec![
        ("default.p12", "PBES2 AES-256, PBKDF2 HMAC-SHA-256, 10000 iterations"),
        ("legacy.p12", "PBES1 RC2-40 SHA-1, 50000 iterations"),
        ("none.p12", ""),
        ("secret.p12", "MAC HMAC-SHA-256, 10000 iterations"),
        ("key.p12", "MAC HMAC-SHA-256, 10000 iterations"),
    ]
}

#[test]
fn lists_what_java_lists() {
    if !require("java") || !is_here("keytool") || !require("openssl") {
        return;
    }
    let (bench, expected) = two();
    let mut files = keytool(&bench);
    // OpenSSL's way with a key: the chain has no attribute of Java's.
    bench.must("openssl", "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out own.pem -subj /CN=own");
    let export = "pkcs12 -export -passout pass:changeit";
    bench.must("openssl", &format!("{export} -inkey key.pem -in own.pem -certfile two.pem -name own -out own.p12"));
    bench.must("openssl", &format!("{export} -inkey key.pem -in own.pem -nocerts -out lone.p12"));
    bench.must("openssl", &format!("{export} -nokeys -in two.pem -out present.p12"));
    files.extend([("own.p12", ""), ("lone.p12", ""), ("present.p12", "")]);
    chain(&bench);
    files.push(("chain.p12", ""));
    let asked: Vec<(&str, &str)> = files.iter().map(|(name, _)| (*name, "changeit")).collect();
    let said = java(&bench, &asked);
    for (name, protection) in files {
        let read = decode(&bench.read(name), &[]);
        assert_eq!(read.gaps, [], "{name}");
        assert!(protection.is_empty() || read.container.protection.iter().any(|p| p == protection), "{name}: {read:?}");
        hold(name, &read, &said[name]);
        let keys = read.entries.iter().filter(|entry| entry.body == Body::PrivateKey).count();
        assert_eq!(keys, usize::from(["key.p12", "own.p12", "lone.p12", "chain.p12"].contains(&name)), "{name}");
        let secrets = read.entries.iter().filter(|entry| matches!(entry.body, Body::Other(_))).count();
        assert_eq!(secrets, usize::from(name == "secret.p12"), "{name}");
        if !["own.p12", "lone.p12", "chain.p12"].contains(&name) {
            assert!(listed(&read).is_superset(&expected), "{name}");
        }
        if name == "default.p12" {
            let aliases: Vec<&Slot> = read.entries.iter().map(|entry| &entry.slot).collect();
            let is = |n: usize| matches!(aliases[n], Slot::Alias(name) if ["A0", "A1"].contains(&name.raw()));
            assert!(is(0) && is(1), "{aliases:?}");
        }
    }
    assert_eq!(said["present.p12"], Java::default());
    assert_eq!((said["own.p12"].chains.len(), said["chain.p12"].chains.len()), (1, 2));
}

/// `chain.p12`: a key, its certificate, and the authority that issued it.
fn chain(bench: &Bench) {
    bench.must("openssl", "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca");
    bench.must("openssl", "req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf");
    bench.must("openssl", "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem");
    let export = "pkcs12 -export -passout pass:changeit -inkey leaf.key -in leaf.pem -certfile ca.pem -name leaf";
    bench.must("openssl", &format!("{export} -out chain.p12"));
}

#[test]
fn says_of_every_vector_what_java_lists() {
    if !require("java") {
        return;
    }
    let bench = Bench::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed/pkcs12");
    let mut vectors = Vec::new();
    for file in fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        let bytes = fs::read(file.path()).unwrap();
        let head = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
        let name = file.file_name().into_string().unwrap();
        bench.write(&name, &bytes[head..]);
        vectors.push((name, bytes[head..].to_vec()));
    }
    let asked: Vec<(&str, &str)> = vectors.iter().map(|(name, _)| (&**name, "changeit")).collect();
    let said = java(&bench, &asked);
    let mut held = 0;
    for (name, bytes) in &vectors {
        let read = decode(bytes, &[]);
        let is_whole = read.gaps.is_empty() && read.container.integrity != Integrity::Mismatch;
        // Java 17 knows neither PBMAC1 nor scrypt; a certificate in BER it encodes anew.
        if is_whole && !["pbmac1", "scrypt", "certificate-ber"].contains(&&**name) {
            hold(name, &read, &said[name]);
            held += 1;
        } else if !is_whole && name != "bags-too-deep" {
            assert!(said[name].refused.is_some(), "{name}: {:?}", said[name]);
        }
    }
    assert!(held > 20, "{held}");
}

#[test]
fn reads_what_bouncy_castle_and_nss_write() {
    let (bench, expected) = two();
    if Path::new(&bouncy_castle()).exists() && is_here("keytool") {
        let provider = "-providername BC -provider org.bouncycastle.jce.provider.BouncyCastleProvider";
        for n in 0..2 {
            let to = "-storetype PKCS12 -keystore bc.p12 -storepass changeit";
            let import = format!("-importcert -noprompt {to} -alias a{n} -file {n}.pem");
            bench.must("keytool", &format!("{provider} -providerpath {} {import}", bouncy_castle()));
        }
        let read = decode(&bench.read("bc.p12"), &[]);
        assert_eq!((listed(&read), &read.gaps[..]), (expected, &[][..]), "{read:?}");
        assert_eq!(read.container.integrity, Integrity::Verified);
        hold("bc.p12", &read, &java(&bench, &[("bc.p12", "changeit")])["bc.p12"]);
    } else {
        skip("Bouncy Castle is not here");
    }
    if is_here("pk12util") && is_here("certutil") {
        bench.write("noise", [7; 64]);
        fs::create_dir(bench.path("db")).unwrap();
        bench.must("certutil", "-N -d sql:db --empty-password");
        bench.must("certutil", "-S -x -n leaf -s CN=leaf -t ,, -z noise -d sql:db");
        let own = Bench::printed(&bench.must("certutil", "-L -n leaf -a -d sql:db"));
        let old = ["-c", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC", "-C"];
        let old = [&old[..], &["PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC"]].concat();
        let ways = [(&[][..], "PBES2 AES-128, PBKDF2 HMAC-"), (&old, "PBES1 RC2-40 SHA-1, ")];
        // 600,000 rounds each.
        for (options, says) in ways.into_iter().take(if long() { 2 } else { 1 }) {
            let export = ["-o", "nss.p12", "-n", "leaf", "-d", "sql:db", "-W", "changeit"];
            let said = bench.run("pk12util", &[&export, options].concat());
            assert!(said.ok, "{}", said.text);
            assert_eq!(bench.read("nss.p12")[..2], [0x30, 0x80], "BER");
            let read = decode(&bench.read("nss.p12"), &[]);
            assert_eq!((listed(&read), &read.gaps[..]), (own.clone(), &[][..]), "{read:?}");
            assert_eq!(read.container.integrity, Integrity::Verified);
            assert!(read.container.protection.iter().any(|p| p.starts_with(says)), "{read:?}");
            assert!(read.entries.iter().any(|entry| entry.notes.contains(&Note::ChainOfKey(0))));
        }
    }
}

#[test]
fn openssl_and_java_read_back_what_is_written() {
    if !require("openssl") || !require("java") {
        return;
    }
    let bench = Bench::new();
    let pool = authorities(12);
    let password = Password::new("changeit");
    let protections = [Protection::Plain, Protection::Modern(&password), Protection::Legacy(&password)];
    let names = ["plain", "ROOT", "root", "", "Ä€😀", "two words", "=cmd|'", "\u{202e}back", "a\tb"];
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let mut below = |bound: usize| numbers.below(bound);
    let (mut written, mut listing) = (Vec::new(), Vec::new());
    for case in 0..if long() { 500 } else { 50 } {
        // Every set from none to all is as likely.
        let most = below(pool.len() + 1);
        let set: Vec<&[u8]> = pool.iter().filter(|_| below(pool.len()) < most).map(|(_, der)| &der[..]).collect();
        let expected: BTreeSet<String> = set.iter().map(|der| fingerprint(der)).collect();
        let named: Vec<(&str, &[u8])> = set.iter().map(|der| (names[below(names.len())], *der)).collect();
        for (kind, protection) in protections.iter().enumerate() {
            let name = format!("{case}-{kind}.p12");
            let bytes = pkcs12::write(&named, *protection);
            bench.write(&name, &bytes);
            assert_eq!(trusted(&decode(&bytes, &[])), expected, "{name}");
            let said = bench.must(
                "openssl",
                &format!(
                    "pkcs12 -in {name} -nokeys -passin pass:changeit{}",
                    if kind == 0 { " -nomacver" } else { "" }
                ),
            );
            assert_eq!(Bench::printed(&said), expected, "{name}");
            written.push((name, expected.clone()));
        }
        bench.write("set.p7b", pkcs7::write(&set));
        listing.push(Bench::printed(&bench.must("openssl", "pkcs7 -print_certs -inform DER -in set.p7b")));
        assert_eq!(listing.last(), Some(&expected));
        bench.write("set.p7b.pem", pkcs7::write_pem(&set));
        assert_eq!(Bench::printed(&bench.must("openssl", "pkcs7 -print_certs -in set.p7b.pem")), expected);
    }
    let asked: Vec<(&str, &str)> = written.iter().map(|(name, _)| (&**name, "changeit")).collect();
    let said = java(&bench, &asked);
    for (name, expected) in &written {
        assert_eq!(said[name], Java { trusted: expected.clone(), ..Java::default() }, "{name}");
    }
    // Without a password too, as Java opens its own cacerts.
    let plain: Vec<(&str, &str)> = written.iter().step_by(3).map(|(name, _)| (&**name, "")).collect();
    for (name, said) in java(&bench, &plain) {
        assert_eq!(said.trusted, trusted(&decode(&bench.read(&name), &[])), "{name}");
    }
}
