//! openssl, keytool, pk12util and Bouncy Castle: PKCS#7 and PKCS#12, read and written.

use crate::{long, require, skip};
use castore::format::pkcs12::{self, Protection};
use castore::format::{Decoding, Means, decode_with, pem, pkcs7};
use castore::model::{Body, Format, Gap, Integrity, Note, Password, Slot, Trust, WhichPassword};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Bouncy Castle, where Debian's libbcprov-java puts it.
const BOUNCY_CASTLE: &str = "/usr/share/java/bcprov.jar";

fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|octet| format!("{octet:02X}")).collect()
}

/// A directory with made-up authorities, and programs that see nothing of the machine's home.
struct Bench {
    directory: tempfile::TempDir,
}

struct Said {
    ok: bool,
    text: String,
}

impl Bench {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs a program in the directory.
    fn run(&self, program: &str, arguments: &[&str]) -> Said {
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

    fn must(&self, program: &str, arguments: &str) -> String {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let said = self.run(program, &arguments);
        assert!(said.ok, "{program} {arguments:?}: {}", said.text);
        said.text
    }

    /// Fingerprints of the certificates that a program prints as PEM.
    fn printed(text: &str) -> BTreeSet<String> {
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
    let make = |n: usize| {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, format!("Authority {n}"));
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        (format!("authority {n}"), parameters.self_signed(&key).unwrap().der().to_vec())
    };
    (0..count).map(make).collect()
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
    for options in ["", "-legacy", "-nomac", "-nomac -legacy", "-certpbe NONE"] {
        for (password, which) in
            [("", WhichPassword::Empty), ("geheim", WhichPassword::Given), ("pässwörd€😀", WhichPassword::Given)]
        {
            let export = "pkcs12 -export -nokeys -in two.pem -out x -passout";
            let pass = format!("pass:{password}");
            let arguments: Vec<&str> = export.split(' ').chain([&*pass]).chain(options.split_whitespace()).collect();
            assert!(bench.run("openssl", &arguments).ok);
            let read = decode(&bench.read("x"), &["wrong", password]);
            assert_eq!(listed(&read), expected, "{password:?} {options}: {read:?}");
            assert_eq!(read.container.password, Some(which), "{password:?} {options}");
            assert_eq!(read.gaps, [], "{password:?} {options}");
            if password.is_empty() || options == "-certpbe NONE" {
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
            "CMS" => bench.must("openssl", &format!("cms -cmsout -print -inform PEM -in {name} -certsout c.pem -noout")),
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
