//! `castore export` in every format: read back as the same set, the same octets each time, nothing secret, nothing lost
//! in silence.

use crate::certificates::{Certificate, HOSTILE_NAMES, NOW, root};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, roots};
use castore::render::escape::is_unsafe;
use insta::assert_snapshot;
use std::collections::{BTreeMap, BTreeSet};

const FORMATS: [&str; 13] = [
    "pem",
    "der-dir",
    "hash-dir",
    "pkcs7",
    "pkcs7-der",
    "jks",
    "pkcs12",
    "p11-kit",
    "openssl-trusted",
    "edk2",
    "clustertrustbundle",
    "configmap",
    "trust-bundle",
];

/// Roots of hostile names, two of one subject, and one that two stores hold.
fn held() -> Vec<Certificate> {
    let hostile = HOSTILE_NAMES.iter().map(|name| root(name).make());
    let twin = root("Alpha Root").key(8).make();
    roots().into_iter().chain([twin]).chain(hostile).collect()
}

fn stores() -> Tree {
    let held = held();
    let turned: Vec<Certificate> = self::held().into_iter().rev().collect();
    Tree::new()
        .file("a.pem", bundle(&held) + &held[0].private_key_pem())
        .file("b.pem", bundle(&held[..2]))
        .file("turned.pem", bundle(&turned))
}

fn castore(tree: &Tree, home: &Tree) -> Castore {
    Castore::at(tree).with(["--at", NOW]).directory(home.path())
}

fn export(tree: &Tree, home: &Tree, more: &[&str]) -> Output {
    castore(tree, home).run([&["export", "--from", "/a.pem", "--from", "/b.pem"], more].concat())
}

/// The fingerprints castore reads in a file or directory of the home.
fn fingerprints(home: &Tree, path: &str) -> BTreeSet<String> {
    let json = Castore::at(home).run(["list", "--certs", path, "--format", "json"]).exits(0).json();
    let certificates = json["stores"][0]["certificates"].as_array().expect("certificates").iter();
    certificates.map(|certificate| certificate["sha256"].as_str().expect("hex").to_owned()).collect()
}

fn of(certificates: &[Certificate]) -> BTreeSet<String> {
    certificates.iter().map(Certificate::fingerprint).collect()
}

/// The files at a path of the home, by name.
fn files(home: &Tree, path: &str) -> BTreeMap<String, Vec<u8>> {
    let at = home.path().join(path);
    if at.is_file() {
        return [(String::new(), home.read(path))].into();
    }
    let names = std::fs::read_dir(&at).expect("a directory").map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| {
            let bytes = std::fs::read(at.join(&name)).expect("a file");
            (name.into_string().expect("ASCII"), bytes)
        })
        .collect()
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn each_format_is_read_back_as_exactly_the_set() {
    let (tree, home) = (stores(), Tree::new());
    let key = held()[0].private_key_pem();
    let key = (key.lines().nth(1).expect("base64").to_owned(), ::pem::parse(&key).expect("PEM").into_contents());
    for format in FORMATS {
        let output = export(&tree, &home, &["--out", format, "--format", format]).exits(0);
        assert!(output.raw_stdout().is_empty(), "{output}");
        let text = std::str::from_utf8(output.raw_stderr()).expect("UTF-8");
        assert_eq!(text.chars().find(|c| *c != '\n' && is_unsafe(*c)), None, "{format}");
        assert_eq!(fingerprints(&home, &format!("/{format}")), of(&held()), "{format}");
        for (name, bytes) in files(&home, format) {
            assert!(name.bytes().all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')), "{name}");
            let is_text = bytes.iter().all(|octet| matches!(octet, b' '..=b'~' | b'\n'));
            assert!(is_text || ["der-dir", "pkcs7-der", "jks", "pkcs12", "edk2"].contains(&format), "{format}");
            // No key, in whatever coding, and no name as a certificate has it.
            assert!(!has(&bytes, key.0.as_bytes()) && !has(&bytes, &key.1), "{format}");
        }
    }
}

#[test]
fn the_same_set_gives_the_same_octets() {
    let (tree, one, two) = (stores(), Tree::new(), Tree::new());
    for format in FORMATS {
        let arguments = ["--no-comments", "--out", format, "--format", format];
        if matches!(format, "p11-kit" | "openssl-trusted" | "pem" | "hash-dir") {
            _ = export(&tree, &one, &arguments).exits(0);
            _ = export(&tree, &two, &arguments).exits(0);
            assert_eq!(files(&one, format), files(&two, format), "{format}");
            std::fs::remove_dir_all(two.path().join(format))
                .or_else(|_| std::fs::remove_file(two.path().join(format)))
                .expect("gone");
        } else {
            _ = export(&tree, &one, &arguments[1..]).exits(0);
        }
        // Neither does the order of the sources show, nor which of them hold a certificate.
        let turned = [&["export", "--from", "/turned.pem"][..], &arguments].concat();
        _ = castore(&tree, &two).run(turned).exits(0);
        assert_eq!(files(&one, format), files(&two, format), "{format}");
    }
}

/// The moment of a build stands for now, and in a keystore for the day of its entries.
#[test]
fn source_date_epoch_is_the_time_of_all() {
    let tree = Tree::new().file("a.pem", bundle(&roots()) + &crate::certificates::expired().make().pem());
    let home = Tree::new();
    let run = |epoch: &str, out: &str| {
        let castore = Castore::at(&tree).directory(home.path()).env("SOURCE_DATE_EPOCH", epoch);
        castore.run(["export", "--from", "/a.pem", "--out", out, "--format", "jks"])
    };
    // 2025-06-01, before the end of the one that has expired since.
    let said = run("1748736000", "early.jks").exits(0).stderr();
    let said = said.replace(&home.path().display().to_string(), "@DIR@");
    assert_snapshot!(said, @r"
    castore: what has expired is judged at 2025-06-01T00:00:00Z, which SOURCE_DATE_EPOCH says
    castore: wrote 4 certificates to @DIR@/early.jks (jks; sealed with changeit, as no password was given)
    ");
    _ = run("1767225600", "late.jks").exits(0);
    assert_eq!(fingerprints(&home, "/early.jks").len(), 4);
    assert_eq!(fingerprints(&home, "/late.jks").len(), 3);
    let milliseconds = |seconds: u64| (seconds * 1000).to_be_bytes();
    assert!(has(&home.read("early.jks"), &milliseconds(1_748_736_000)));
    assert!(has(&home.read("late.jks"), &milliseconds(1_767_225_600)));
    assert_snapshot!(run("yesterday", "none.jks"), @r"
    $ castore export --root @ROOT@ --from /a.pem --out none.jks --format jks
    stderr: castore: error: SOURCE_DATE_EPOCH: expected seconds since 1970, found yesterday
    stderr: hint: set it to the time of the last change, or unset it
    exit: 2
    ");
    // What is asked for by an option counts more, and says nothing of the time of entries.
    let castore = Castore::at(&tree).directory(home.path()).env("SOURCE_DATE_EPOCH", "1748736000").with(["--at", NOW]);
    let output = castore.run(["export", "--from", "/a.pem", "--out", "both.jks", "--format", "jks"]).exits(0);
    assert!(output.stderr().contains("left out Expired Root") && !output.stderr().contains("EPOCH"), "{output}");
    assert!(has(&home.read("both.jks"), &milliseconds(1_748_736_000)));
}

#[test]
fn a_keystore_is_sealed_with_the_password_that_was_given() {
    let tree = stores();
    let home = Tree::new()
        .file("seal", "correct horse\nsecond\n")
        .file("reading", "battery staple\n")
        .file("umlaut", "p\u{e4}sswort\n");
    for file in ["seal", "reading", "umlaut"] {
        #[cfg(unix)]
        std::fs::set_permissions(home.path().join(file), std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("a mode");
        let _ = file;
    }
    let told = |more: &[&str]| {
        let output = export(&tree, &home, &[&["--out", "store"], more].concat()).exits(0);
        assert!(!output.stderr().contains("horse") && !output.stderr().contains("staple"), "{output}");
        output.stderr().lines().last().expect("a line").replace(&home.path().display().to_string(), "@DIR@")
    };
    let opens = |file: &str| {
        let arguments = ["list", "--certs", "/store", "--format", "json", "--password-file", file];
        let json = Castore::at(&home).directory(home.path()).run(arguments).exits(0).json();
        json["stores"][0]["container"]["password"].as_str() == Some("given")
    };
    for format in ["jks", "pkcs12"] {
        let form = ["--format", format];
        assert!(told(&form).ends_with(&format!("({format}; sealed with changeit, as no password was given)")));
        let sealed = [&form[..], &["--out-password-file", "seal", "--password-file", "reading"]].concat();
        assert!(told(&sealed).ends_with(&format!("({format}; sealed with the password that was given)")));
        assert!(opens("seal") && !opens("reading"), "{format}");
        assert!(told(&[&form[..], &["--password-file", "reading"]].concat()).contains("that was given"));
        assert!(opens("reading") && !opens("seal"), "{format}");
    }
    assert_snapshot!(told(&["--format", "pkcs12", "--profile", "plain"]), @"castore: wrote 9 certificates to @DIR@/store (pkcs12)");
    let list = |json: &str| {
        let report = Castore::at(&home).run(["list", "--certs", "/store", "--format", "json"]).exits(0).json();
        report["stores"][0]["container"][json].to_string()
    };
    assert_eq!(list("integrity"), "\"unsealed\"");
    _ = told(&["--format", "pkcs12", "--profile", "legacy"]);
    assert_snapshot!(list("protection"), @r#"["MAC HMAC-SHA-1, 10000 iterations","PBES1 3DES SHA-1, 10000 iterations"]"#);
    _ = told(&["--format", "pkcs12"]);
    assert_snapshot!(list("protection"), @r#"["MAC HMAC-SHA-256, 10000 iterations","PBES2 AES-256, PBKDF2 HMAC-SHA-256, 10000 iterations"]"#);
    // Java opens no PKCS#12 with another password than one of ASCII; JKS has no such bound.
    let umlaut = ["--out", "store", "--format", "pkcs12", "--password-file", "umlaut"];
    assert_snapshot!(export(&tree, &home, &umlaut).exits(2).stderr(), @"castore: error: pkcs12: expected a password of ASCII, as Java opens no other PKCS#12, found other characters");
    _ = export(&tree, &home, &["--out", "store", "--format", "jks", "--password-file", "umlaut"]).exits(0);
}

#[test]
fn an_option_is_of_its_formats() {
    let (tree, home) = (stores(), Tree::new());
    let said = |more: &[&str]| export(&tree, &home, &[&["--out", "x"], more].concat()).exits(2).stderr();
    assert_snapshot!(said(&["--profile", "legacy", "--format", "jks"]), @r"
    castore: error: --profile: expected the format pkcs12, found jks
    hint: castore export --help tells which option is of which format
    ");
    assert_snapshot!(said(&["--hashes", "old", "--format", "der-dir"]), @r"
    castore: error: --hashes: expected the format hash-dir, found der-dir
    hint: castore export --help tells which option is of which format
    ");
    assert_snapshot!(said(&["--key", "ca.crt"]), @r"
    castore: error: --key: expected the format configmap, trust-bundle, found pem
    hint: castore export --help tells which option is of which format
    ");
    assert_snapshot!(said(&["--format", "configmap", "--name", "Not A Name"]), @r#"castore: error: configmap: expected a lower-case DNS name, found "Not A Name""#);
    let signed = ["--format", "clustertrustbundle", "--signer", "example.com/s", "--name", "castore"];
    assert_snapshot!(said(&signed), @r#"castore: error: clustertrustbundle: expected the name of the signer with ':' for '/', ':' and a lower-case DNS name, found "castore""#);
    assert_snapshot!(said(&["--format", "clustertrustbundle", "--signer", "s"]), @r#"castore: error: clustertrustbundle: expected a signer such as example.com/signer, found "s""#);
    assert_snapshot!(export(&tree, &home, &["--format", "hash-dir", "--out", "-"]).exits(2).stderr(), @r"
    castore: error: hash-dir: expected a directory, found standard output
    hint: name one with --out
    ");
    assert_snapshot!(said(&["--format", "json"]), @r"
    castore: error: invalid value 'json' for '--format <FORMAT>'
      [possible values: pem, der-dir, hash-dir, pkcs7, pkcs7-der, jks, pkcs12, p11-kit, openssl-trusted, edk2, clustertrustbundle, configmap, trust-bundle]
    hint: a similar value exists: 'jks'
    hint: see --help
    ");
    assert!(!home.path().join("x").exists());
}

#[test]
fn objects_have_the_names_that_were_given() {
    let (tree, home) = (stores(), Tree::new());
    let head = |more: &[&str]| {
        let output = export(&tree, &home, &[&["--only", "Beta", "--out", "-", "--format"], more].concat()).exits(0);
        let text = output.stdout();
        text.split("    -----BEGIN").next().expect("a head").trim_end().to_owned()
    };
    assert_snapshot!(head(&["trust-bundle", "--name", "corp", "--key", "roots.pem"]), @r#"
    apiVersion: trust.cert-manager.io/v1alpha1
    kind: Bundle
    metadata:
      name: "corp"
    spec:
      target:
        configMap:
          key: "roots.pem"
      sources:
      - inLine: |
    "#);
    assert_snapshot!(head(&["configmap", "--namespace", "web"]), @r#"
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: "castore"
      namespace: "web"
    data:
      "ca.crt": |
    "#);
    assert_snapshot!(head(&["clustertrustbundle", "--signer", "example.com/s"]), @r#"
    apiVersion: certificates.k8s.io/v1beta1
    kind: ClusterTrustBundle
    metadata:
      name: "example.com:s:castore"
    spec:
      signerName: "example.com/s"
      trustBundle: |
    "#);
    let signer = ["clustertrustbundle", "--signer", "example.com/s", "--name", "example.com:s:v1"];
    assert_snapshot!(head(&signer), @r#"
    apiVersion: certificates.k8s.io/v1beta1
    kind: ClusterTrustBundle
    metadata:
      name: "example.com:s:v1"
    spec:
      signerName: "example.com/s"
      trustBundle: |
    "#);
}

/// Kubernetes refuses a bundle as a whole for one certificate that it does not take.
#[test]
fn what_spoils_an_object_is_left_out_of_it() {
    let silent = root("Old Root").key(6).silent().make();
    // A negative serial number, which Go since 1.23 does not read: the octet before it in the TBSCertificate.
    let mut negative = root("Negative Root").key(7).make().der().to_vec();
    let at = negative.windows(2).position(|pair| pair == [2, 8]).expect("a serial number") + 2;
    negative[at] |= 0x80;
    let negative = crate::certificates::pem("CERTIFICATE", &negative);
    let tree = Tree::new().file("a.pem", bundle(&roots()) + &silent.pem() + &negative);
    let home = Tree::new();
    let told = |format: &str| {
        let arguments = ["export", "--from", "/a.pem", "--include-not-ca", "--out", "-", "--format", format];
        let output = castore(&tree, &home).run(arguments).exits(0);
        format!("{}{}", output.stderr(), output.stdout().matches("BEGIN CERTIFICATE").count())
    };
    assert_snapshot!(told("clustertrustbundle"), @r"
    castore: left out Negative Root (721261c0): Kubernetes cannot read it, as it is built with Go: one such certificate spoils the object  /a.pem
    castore: left out Old Root (844b7207): Kubernetes takes no certificate without CA:TRUE  /a.pem
    castore: wrote 3 certificates to standard output (clustertrustbundle)
    3
    ");
    assert_snapshot!(told("trust-bundle"), @r"
    castore: left out Negative Root (721261c0): Kubernetes cannot read it, as it is built with Go: one such certificate spoils the object  /a.pem
    castore: wrote 4 certificates to standard output (trust-bundle)
    4
    ");
    assert_snapshot!(told("configmap"), @r"
    castore: wrote 5 certificates to standard output (configmap)
    5
    ");
}

/// A root with a day, one with names, one with purposes: what p11-kit says of them.
fn limited() -> Tree {
    let [alpha, beta, corp] = roots();
    let constraints = "[p11-kit-object-v1]\nclass: x-certificate-extension\nobject-id: 2.5.29.30\nvalue: \"0%19%06%03U%1d%1e%01%01%ff%04%0f0%0d%a0%0b0%09%82%07example\"\n";
    let key = |certificate: &Certificate| {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate.der()).expect("a certificate");
        crate::certificates::pem("PUBLIC KEY", parsed.public_key().raw)
    };
    let usage = "[p11-kit-object-v1]\nclass: x-certificate-extension\nobject-id: 2.5.29.37\nvalue: \"0%16%06%03U%1d%25%01%01%ff%04%0c0%0a%06%08%2b%06%01%05%05%07%03%01\"\n";
    let head = "[p11-kit-object-v1]\ntrusted: true\n";
    let text = format!(
        "{head}nss-server-distrust-after: \"250101000000Z\"\n{}{head}{}{constraints}{}{head}{}{usage}{}",
        alpha.pem(),
        beta.pem(),
        key(&beta),
        corp.pem(),
        key(&corp),
    );
    Tree::new().file("limited", text)
}

#[test]
fn what_a_format_cannot_say_is_told() {
    let (tree, home) = (limited(), Tree::new());
    let run = |format: &str, more: &[&str]| {
        let arguments = ["export", "--from", "/limited", "--format", format, "--out", format];
        castore(&tree, &home).run([&arguments, more].concat())
    };
    let told = |format: &str, more: &[&str]| {
        let text = run(format, more).exits(0).stderr();
        text.replace(&home.path().display().to_string(), "@DIR@")
    };
    assert_snapshot!(told("pem", &[]), @r"
    castore: limits are lost Alpha Root (5cc62d47): trusted for other; not if issued after 2025-01-01 for serverAuth
    castore: limits are lost Beta Root (90783156): trusted for other; name constraints beside its own
    castore: purposes are lost: pem cannot say which purposes one certificate is limited to
    castore: wrote 3 certificates to @DIR@/pem
    ");
    assert_snapshot!(told("openssl-trusted", &[]), @r"
    castore: limits are lost Alpha Root (5cc62d47): trusted for other; not if issued after 2025-01-01 for serverAuth
    castore: limits are lost Beta Root (90783156): trusted for other; name constraints beside its own
    castore: wrote 3 certificates to @DIR@/openssl-trusted (openssl-trusted)
    ");
    assert_snapshot!(told("p11-kit", &[]), @"castore: wrote 3 certificates to @DIR@/p11-kit (p11-kit)");
    assert_snapshot!(told("jks", &["--no-limits-lost"]), @r"
    castore: left out Alpha Root (5cc62d47): limited by its store in a way that the format cannot say  /limited
    castore: left out Beta Root (90783156): limited by its store in a way that the format cannot say  /limited
    castore: purposes are lost: jks cannot say which purposes one certificate is limited to
    castore: wrote 1 certificate to @DIR@/jks (jks; sealed with changeit, as no password was given)
    ");
    assert_eq!(fingerprints(&home, "/jks"), of(&roots()[2..]));
    // What can be said is said: read again it is the same.
    let trust = |tree: &Tree, path: &str| {
        let json = Castore::at(tree).run(["list", "--certs", path, "--format", "json"]).exits(0).json();
        let certificates = json["stores"][0]["certificates"].as_array().expect("certificates").clone();
        let said = certificates.iter().map(|found| (found["sha256"].to_string(), found["trust"].to_string()));
        said.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(trust(&tree, "/limited"), trust(&home, "/p11-kit"));
    let report = run("pem", &["--report", "json"]).exits(0).json();
    let lost: Vec<&str> = report["certificates"]
        .as_array()
        .expect("certificates")
        .iter()
        .flat_map(|found| found["lost"].as_array().expect("what is lost"))
        .map(|lost| lost["what"].as_str().expect("words"))
        .collect();
    assert_eq!(
        lost,
        [
            "the day after which what it issues is refused",
            "the names that it is limited to",
            "the purposes that it is limited to"
        ]
    );
}

#[test]
fn a_name_of_a_directory_and_a_password_without_a_seal_are_refused() {
    let tree = stores().file("password", "secret");
    for (arguments, message) in [
        (&["--out", "x.pem/"][..], "expected the name of a file"),
        (
            &["--out", "x.p12", "--format", "pkcs12", "--profile", "plain", "--out-password-file", "password"],
            "found plain",
        ),
    ] {
        let castore = Castore::here().directory(tree.path());
        let output = castore.run(["export", "--from", "./a.pem"].iter().chain(arguments)).exits(2);
        assert!(output.stderr().contains(message), "{output}");
        assert!(!tree.path().join("x.pem").exists() && !tree.path().join("x.p12").exists());
    }
}
