//! `castore export`.

use crate::certificates::{HOSTILE_NAMES, NOW, expired, leaf, root};
use crate::harness::{Castore, Output, Tree, oracle};
use crate::roots::{bundle, debian, roots};
use insta::assert_snapshot;
use std::collections::BTreeSet;
use std::process::Command;

fn castore(tree: &Tree) -> Castore {
    Castore::at(tree).with(["--at", NOW])
}

/// Two stores that share a certificate, and one store of what an export leaves out.
fn stores() -> Tree {
    let [alpha, beta, corp] = roots();
    let key = alpha.private_key_pem();
    Tree::new()
        .file("one.pem", beta.pem() + &alpha.pem())
        .file("two.pem", corp.pem() + &key + &beta.pem())
        .file("odd.pem", expired().make().pem() + &leaf("www.example").make().pem())
}

fn fingerprints(tree: &Tree, path: &str) -> BTreeSet<String> {
    let json = Castore::at(tree).run(["list", "--certs", path, "--format", "json"]).exits(0).json();
    let certificates = json["stores"][0]["certificates"].as_array().expect("certificates").iter();
    certificates.map(|certificate| certificate["sha256"].as_str().expect("hex").to_owned()).collect()
}

#[test]
fn the_union_is_written_with_subject_and_source() {
    let tree = stores();
    let output = castore(&tree).run(["export", "--from", "/one.pem", "--from", "/two.pem", "--out", "-"]);
    assert!(!output.to_string().contains(roots()[0].private_key_pem().lines().nth(1).expect("base64")));
    let comments: String =
        output.stdout().lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    assert_snapshot!(comments, @r"
    # CN=Alpha Root, O=Example
    # sha256 5cc62d47ec4c9966f336d5aec5b82fb8fe67662652cf7bc6ad9ff325db14941f
    # from /one.pem
    # CN=Beta Root, O=Example
    # sha256 9078315634c6ddd3e5bb3bac4cbc8c00a48b39d92cce769e7b2dd791648b0797
    # from /one.pem
    # from /two.pem
    # CN=Corp Root, O=Example
    # sha256 892f1c6d2d6aab830da70a63aa3620693788083ed79f18339b1242bd4d8914cc
    # from /two.pem
    ");
    assert_snapshot!(output.stderr(), @"castore: wrote 3 certificates to standard output");
    _ = output.exits(0);
}

#[test]
fn what_was_written_is_read_back_as_the_union() {
    let (tree, home) = (stores(), Tree::new());
    let target = home.path().join("bundle.pem");
    let output = castore(&tree)
        .run(["export", "--from", "/one.pem", "--from", "/two.pem", "--out", target.to_str().expect("UTF-8")])
        .exits(0);
    assert!(output.raw_stdout().is_empty(), "{output}");
    let expected: BTreeSet<String> = roots().iter().map(|root| root.fingerprint()).collect();
    assert_eq!(fingerprints(&home, "/bundle.pem"), expected);
}

#[test]
fn the_order_is_not_that_of_the_input() {
    let tree = stores()
        .file("turned.pem", bundle(&roots().into_iter().rev().collect::<Vec<_>>()))
        .file("same.pem", bundle(&roots()));
    let write =
        |from: &str| castore(&tree).run(["export", "--from", from, "--out", "-", "--no-comments"]).exits(0).stdout();
    assert_eq!(write("/turned.pem"), write("/same.pem"));
    assert!(write("/same.pem").starts_with("-----BEGIN CERTIFICATE-----\n"));
}

#[test]
fn what_is_left_out_is_said_and_can_be_asked_for() {
    let tree = stores();
    let run = |arguments: &[&str]| {
        castore(&tree).run(
            ["export", "--from", "/one.pem", "--from", "/odd.pem", "--out", "-", "--no-comments"]
                .iter()
                .chain(arguments),
        )
    };
    assert_snapshot!(run(&[]).exits(0).stderr(), @r"
    castore: left out www.example (2ab10e29): not a certification authority  /odd.pem
    castore: left out Expired Root (eac26c5a): expired on 2025-07-01  /odd.pem
    castore: wrote 2 certificates to standard output
    ");
    let count = |arguments: &[&str]| run(arguments).exits(0).stdout().matches("BEGIN").count();
    assert_eq!(count(&["--include-expired"]), 3);
    assert_eq!(count(&["--include-not-ca"]), 3);
    assert_eq!(count(&["--include-expired", "--include-not-ca"]), 4);
    let json: serde_json::Value = serde_json::from_str(&run(&["--report", "json"]).exits(0).stderr()).expect("JSON");
    assert_eq!(json["left_out"][0]["because"], "not a certification authority");
}

#[test]
fn what_a_store_says_of_a_second_copy_counts() {
    let [alpha, ..] = roots();
    let reject = [0x30, 12, 0xa0, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1]; // serverAuth
    let rejected = crate::certificates::pem("TRUSTED CERTIFICATE", &[alpha.der(), &reject[..]].concat());
    let tree = Tree::new().file("a.pem", alpha.pem() + &rejected);
    let output = Castore::at(&tree).run(["export", "--from", "/a.pem", "--out", "-"]).exits(2);
    assert_eq!(output.stdout(), "", "{output}");
}

#[test]
fn what_a_store_does_not_trust_is_left_out() {
    let [alpha, beta, corp] = roots();
    // SEQUENCE { [0] { serverAuth } }: rejected for TLS servers (X509_CERT_AUX).
    let reject = [0x30, 12, 0xa0, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let rejected = crate::certificates::pem("TRUSTED CERTIFICATE", &[alpha.der(), &reject[..]].concat());
    let tree = Tree::new().file("some.pem", alpha.pem() + &beta.pem()).file("rules.pem", rejected + &corp.pem());
    let run = |more: &[&str]| {
        let arguments = ["export", "--from", "/some.pem", "--from", "/rules.pem", "--out", "-"];
        castore(&tree).run(arguments.iter().chain(more).copied())
    };
    let output = run(&[]).exits(0);
    assert_snapshot!(output.stderr(), @r"
    castore: left out Alpha Root (5cc62d47): a store it is in distrusts it  /some.pem, /rules.pem
    castore: wrote 2 certificates to standard output
    ");
    assert_eq!(output.stdout().matches("BEGIN").count(), 2);
    assert_eq!(run(&["--include-untrusted"]).exits(0).stdout().matches("BEGIN").count(), 3);
}

#[test]
fn what_a_store_distrusts_without_holding_it_is_left_out() {
    let [alpha, beta, corp] = roots();
    let octets = |der: &[u8]| der.iter().map(|octet| format!("%{octet:02x}")).collect::<String>();
    let (_, parsed) = x509_parser::parse_x509_certificate(beta.der()).expect("a certificate");
    let (serial, key) = (parsed.raw_serial(), x509_parser::parse_x509_certificate(corp.der()).expect("one").1);
    let serial = octets(&[&[2, serial.len() as u8], serial].concat());
    let list = format!(
        "[p11-kit-object-v1]\nclass: certificate\nx-distrusted: true\nissuer: \"{}\"\nserial-number: \"{serial}\"\n\
         [p11-kit-object-v1]\nclass: certificate\nx-distrusted: true\npublic-key-info: \"{}\"\n",
        octets(parsed.issuer().as_raw()),
        octets(key.public_key().raw),
    );
    let tree = Tree::new().file("all.pem", crate::roots::bundle(&[alpha, beta, corp])).file("blocklist", list);
    let arguments = ["export", "--from", "/all.pem", "--from", "/blocklist", "--out", "-"];
    let output = castore(&tree).run(arguments).exits(0);
    assert_snapshot!(output.stderr(), @r"
    castore: left out Corp Root (892f1c6d): a store that does not hold it distrusts it  /all.pem
    castore: left out Beta Root (90783156): a store that does not hold it distrusts it  /all.pem
    castore: wrote 1 certificate to standard output
    ");
    assert_eq!(output.stdout().matches("BEGIN").count(), 1);
}

#[test]
fn an_empty_bundle_is_never_written() {
    let (tree, home) = (stores().file("empty.pem", ""), Tree::new().file("bundle.pem", "untouched"));
    let target = home.path().join("bundle.pem");
    let run = |from: &str| -> Output {
        let output = castore(&tree).run(["export", "--from", from, "--out", target.to_str().expect("UTF-8")]).exits(2);
        assert_eq!(home.read("bundle.pem"), b"untouched");
        output
    };
    assert_snapshot!(run("/odd.pem").stderr(), @r"
    castore: error: all 2 certificates would be left out
    hint: nothing was written; see --include-expired, --include-not-ca and --include-untrusted
    ");
    assert_snapshot!(run("/empty.pem").stderr(), @r"
    castore: error: /empty.pem: no certificate in it
    hint: nothing was written; castore list --root @ROOT@ shows what was read of it
    ");
    assert_snapshot!(run("/gone.pem").stderr(), @r"
    castore: error: /gone.pem: nothing is there
    hint: check the path; castore list --root @ROOT@ shows the stores there are
    ");
}

#[test]
fn what_was_not_read_in_full_is_said() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tree = Tree::new().file("x.pem", roots()[0].pem() + broken);
    let output = castore(&tree).run(["export", "--from", "/x.pem", "--out", "-"]);
    assert_snapshot!(output.stderr(), @r"
    castore: not read in full /x.pem: certificates may be missing
    castore: wrote 1 certificate to standard output
    ");
    assert_eq!(output.exits(2).stdout().matches("BEGIN").count(), 1);
    // What is written anew of itself is mended so.
    let out = tree.path().join("x.pem");
    let output = castore(&tree).run(["export", "--from", "/x.pem", "--out", out.to_str().expect("UTF-8")]);
    assert!(output.exits(0).stderr().contains("not read in full"));
    _ = castore(&tree).run(["export", "--from", "/x.pem", "--out", "-"]).exits(0);
}

/// A name that leads to what a shell has open is none of a file's: the shell would write on into a file without a name.
#[test]
#[cfg(target_os = "linux")]
fn what_a_process_has_open_is_not_replaced() {
    let tree = stores();
    for path in ["/dev/stdout", "/proc/self/fd/0"] {
        let output = Castore::at(&tree).run(["export", "--from", "/one.pem", "--out", path]).exits(2);
        assert!(!output.stdout().contains("BEGIN"), "{output}");
    }
    let home = Tree::new().file("log", "one\n");
    let link = home.path().join("link");
    std::os::unix::fs::symlink(format!("/proc/{}/fd/0", std::process::id()), &link).expect("a link");
    let output = Castore::at(&tree).run(["export", "--from", "/one.pem", "--out", link.to_str().expect("UTF-8")]);
    assert!(!output.exits(2).stdout().contains("BEGIN"));
}

/// `file:$UNSET` is not the working directory.
#[test]
fn a_path_of_nothing_is_refused() {
    let output = Castore::at(&stores()).run(["export", "--from", "file:", "--out", "-"]).exits(2);
    assert!(output.stderr().contains("expected a path behind \"file:\", found nothing"), "{output}");
}

#[test]
fn options_of_a_server_are_for_what_is_fetched() {
    let output = Castore::at(&stores()).run(["export", "--from", "/one.pem", "--out", "-", "--no-sni"]).exits(2);
    assert!(output.stderr().contains("--no-sni: expected --minimal"), "{output}");
}

#[test]
#[cfg(unix)]
fn a_link_stays_a_link_and_a_mode_a_mode() {
    use std::os::unix::fs::PermissionsExt;
    let tree = stores();
    let home = Tree::new().file("real/bundle.pem", "old").link("bundle.pem", "real/bundle.pem");
    let real = home.path().join("real/bundle.pem");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    let castore = Castore::here().with(["--at", NOW]).directory(home.path());
    let from = tree.path().join("one.pem");
    _ = castore.run(["export", "--from", from.to_str().expect("UTF-8"), "--out", "bundle.pem"]).exits(0);
    assert!(home.path().join("bundle.pem").is_symlink());
    assert_eq!(std::fs::metadata(&real).expect("a file").permissions().mode() & 0o777, 0o640);
    assert_eq!(home.read("bundle.pem").matches_of(b"BEGIN CERTIFICATE"), 2);
    let names: Vec<_> = std::fs::read_dir(home.path().join("real")).expect("a directory").collect();
    assert_eq!(names.len(), 1, "nothing is left beside it: {names:?}");
}

trait MatchesOf {
    fn matches_of(&self, text: &[u8]) -> usize;
}

impl MatchesOf for Vec<u8> {
    fn matches_of(&self, text: &[u8]) -> usize {
        self.windows(text.len()).filter(|window| *window == text).count()
    }
}

#[test]
fn a_directory_that_is_not_there_is_trouble() {
    let (tree, home) = (stores(), Tree::new());
    let castore = castore(&tree).directory(home.path());
    assert_snapshot!(castore.run(["export", "--from", "/one.pem", "--out", "no/such/bundle.pem"]).exits(2).stderr().replace(&home.path().display().to_string(), "@DIR@"), @r"
    castore: error: @DIR@/no/such/bundle.pem: nothing is there
    hint: make the directory first
    ");
    assert_snapshot!(castore.run(["export", "--from", "/one.pem"]), @r"
    $ castore export --root @ROOT@ --at 2026-01-01T00:00:00Z --from /one.pem
    stderr: castore: error: the following required arguments were not provided:
    stderr:   --out <PATH>
    stderr: Usage: castore export --out <PATH> --root <DIR> --at <TIME> --from <SELECTOR>
    stderr: hint: see --help
    exit: 2
    ");
}

/// A newline in a subject would end the comment, and what follows would be read as PEM.
#[test]
fn a_subject_cannot_leave_its_comment() {
    let breakout = format!("Good\n{}Root", root("Smuggled").key(9).make().pem());
    let names = HOSTILE_NAMES.iter().copied().chain([breakout.as_str(), "-----BEGIN CERTIFICATE-----"]);
    let all: String = names.map(|name| root(name).make().pem()).collect();
    let tree = Tree::new().file("x.pem", all);
    let output = castore(&tree).run(["export", "--from", "/x.pem", "--out", "-"]).exits(0);
    let text = output.stdout();
    assert_eq!(text.matches("-----BEGIN").count(), HOSTILE_NAMES.len() + 2, "{text}");
    let mut inside = false;
    for line in output.raw_stdout().split(|byte| *byte == b'\n') {
        let line = std::str::from_utf8(line).expect("ASCII");
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line:?}");
        inside |= line == "-----BEGIN CERTIFICATE-----";
        assert!(inside || line.is_empty() || line.starts_with("# "), "{line:?}");
        inside &= line != "-----END CERTIFICATE-----";
    }
}

/// Oracles: the programs that will read it.
#[test]
fn openssl_and_python_load_exactly_the_union() {
    let (tree, home) = (debian().file("corp.pem", root("Other").key(6).make().pem()), Tree::new());
    let target = home.path().join("bundle.pem");
    let path = target.to_str().expect("UTF-8");
    _ = castore(&tree).run(["export", "--from", "system", "--from", "/corp.pem", "--out", path]).exits(0);
    let expected: BTreeSet<String> =
        roots().iter().map(|root| root.fingerprint()).chain([root("Other").key(6).make().fingerprint()]).collect();
    let mut asked = 0;
    if let Some(text) = ask("openssl", &["storeutl", "-noout", "-certs", path]) {
        assert!(text.contains("Total found: 4"), "{text}");
        asked += 1;
    }
    let script = "import hashlib, ssl, sys\n\
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n\
        context.load_verify_locations(sys.argv[1])\n\
        for der in context.get_ca_certs(True): print(hashlib.sha256(der).hexdigest())";
    if let Some(text) = ask("python3", &["-I", "-c", script, path]) {
        assert_eq!(text.lines().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
        asked += 1;
    }
    eprintln!("asked {asked} of 2 programs");
}

/// What a program of this machine says; `None` where it is not installed.
fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(oracle(program)?).args(arguments).output().expect("a program that starts");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
