//! `castore list`.

use crate::certificates::{self, expired, root};
use crate::harness::{Castore, Tree};
use crate::roots::{alpine, bundle, debian, fedora, freebsd, roots, uber, with_environment, with_programs};
use castore::format::{jks, pkcs12};
use castore::model::Password;
use insta::assert_snapshot;

/// The same, with what it is generated from.
const SYSTEM_AND_ANCHORS: [&str; 3] = ["list", "*system*", "*-anchors"];

/// The table without who uses each store: rows added to the catalogue later also use the system's.
fn table(tree: &Tree, arguments: &[&str]) -> String {
    let output = Castore::at(tree).run(arguments).exits(0).stdout();
    let at = output.find("USED BY").expect("a header");
    let lines = output.lines().map(|line| line.chars().take(at).collect::<String>().trim_end().to_owned() + "\n");
    lines.collect()
}

fn used_by(tree: &Tree, path: &str) -> Vec<(String, u64)> {
    let json = Castore::at(tree).run(["list", "--format", "json"]).exits(0).json();
    let store = json["stores"].as_array().expect("stores").iter().find(|store| store["path"] == path).cloned();
    let users = store.expect("the store")["used_by"].as_array().expect("users").clone();
    let user = |user: &serde_json::Value| {
        (user["client"].as_str().expect("an id").to_owned(), user["installations"].as_u64().expect("a number"))
    };
    users.iter().map(user).collect()
}

#[test]
fn debian_has_a_bundle_a_directory_and_its_sources() {
    assert_snapshot!(table(&debian(), &SYSTEM_AND_ANCHORS), @r"
    STORE                               FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY
    /etc/ssl/certs                      directory        9         3  2040-01-01
    /etc/ssl/certs/ca-certificates.crt  pem              3         3  2040-01-01
    /usr/local/share/ca-certificates    directory        1         1  2040-01-01
    /usr/share/ca-certificates/mozilla  directory        2         2  2040-01-01
    ");
}

#[test]
fn fedora_has_one_file_behind_many_names() {
    assert_snapshot!(table(&fedora(), &SYSTEM_AND_ANCHORS), @r"
    STORE                                              FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY
    /etc/pki/ca-trust/extracted/pem/directory-hash     directory        1         1  2040-01-01
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem  pem              3         3  2040-01-01
    /etc/pki/ca-trust/source                           directory        0         0  -
    /etc/pki/ca-trust/source/anchors                   directory        1         1  2040-01-01
    /etc/pki/tls/certs                                 directory        3         3  2040-01-01
    ");
}

#[test]
fn alpine_has_a_bundle_and_no_hash_links() {
    assert_snapshot!(table(&alpine(), &["list", "*system*"]), @r"
    STORE                               FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY
    /etc/ssl/certs                      directory        2         2  2040-01-01
    /etc/ssl/certs/ca-certificates.crt  pem              2         2  2040-01-01
    ");
}

#[test]
fn freebsd_has_a_directory() {
    assert_snapshot!(table(&freebsd(), &SYSTEM_AND_ANCHORS), @r"
    STORE                     FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY
    /etc/ssl/certs            directory        2         2  2040-01-01
    /usr/local/share/certs    directory        1         1  2040-01-01
    /usr/share/certs/trusted  directory        2         2  2040-01-01
    ");
    // What a tree says of itself is enough.
    let tree = freebsd().file("etc/os-release", "NAME=FreeBSD\nID=\"freebsd\"\n");
    let before = table(&tree, &SYSTEM_AND_ANCHORS);
    std::fs::remove_file(tree.path().join("bin/freebsd-version")).expect("it is removed");
    assert_eq!(table(&tree, &SYSTEM_AND_ANCHORS), before);
}

#[test]
fn nothing_is_an_answer() {
    let tree = Tree::new();
    assert_snapshot!(Castore::at(&tree).run(["list"]), @r"
    $ castore list --root @ROOT@
    no stores found
    stderr: castore: castore list --root @ROOT@ --all searches the whole tree
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "--all"]), @r"
    $ castore list --root @ROOT@ --all
    no stores found
    exit: 0
    ");
}

/// What one of several names asks in vain does not keep back the answer to the others.
#[test]
fn what_is_not_there_hides_nothing() {
    let tree = Tree::new().file("a.pem", roots()[0].pem());
    assert_snapshot!(Castore::at(&tree).run(["list", "certifi", "/a.pem", "/gone.pem"]), @r"
    $ castore list --root @ROOT@ certifi /a.pem /gone.pem
    STORE      FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /a.pem     pem           1         1  2040-01-01       (not in use)
    /gone.pem  -             -         -  -                (not in use) [nothing is there]
    stderr: castore: certifi: no such client or installation was found on this host
    stderr: castore: /gone.pem: nothing is there
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "certifi", "/gone.pem"]), @r"
    $ castore list --root @ROOT@ certifi /gone.pem
    stderr: castore: error: certifi: no such client or installation was found on this host
    stderr: hint: castore list --root @ROOT@ shows what was found; castore clients what is known
    exit: 2
    ");
    let which = Castore::at(&debian()).run(["which", "certifi", "system"]).exits(2);
    assert!(which.stdout().starts_with("system"), "{which}");
    assert_eq!(which.stderr(), "castore: certifi: no such client or installation was found on this host\n");
}

/// What a tree of another kind holds is not seen by the rules of this one, which is said.
#[test]
fn trees_of_another_kind_are_said() {
    let list = |tree: &Tree| Castore::at(tree).run(["list"]).exits(0).stderr();
    let windows = Tree::new().file("Windows/System32/ntdll.dll", "").file("git/ca-bundle.crt", roots()[0].pem());
    let said = "castore: this is a tree of Windows, whose own store and paths are looked at on Windows alone: castore \
                list --root @ROOT@ --all finds the files in it\n";
    if cfg!(unix) {
        assert_eq!(list(&windows), said);
    }
    let macos = Tree::new().file("System/Library/CoreServices/SystemVersion.plist", "");
    if cfg!(target_os = "linux") {
        let said = "castore: this is a tree of macOS: its keychains are looked at on macOS alone\n";
        assert_eq!(list(&macos), said);
    }
    let image = Tree::new().file("oci-layout", "{}").file("index.json", "{}").directory("blobs/sha256");
    let said = "castore: this is an image in the layout of OCI, whose files are in archives: unpack it, and name the \
                directory that it becomes\n";
    assert_eq!(list(&image), said);
}

#[test]
fn a_patched_certifi_is_the_system_bundle() {
    let tree = with_environment(with_programs(debian()));
    assert_snapshot!(table(&tree, &["list", "certifi"]), @r"
    STORE                                                      FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY
    /etc/ssl/certs/ca-certificates.crt                         pem           3         3  2040-01-01
    /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  pem           2         2  2040-01-01
    /usr/lib/python3/dist-packages/certifi/cacert.pem          pem           1         1  2040-01-01
    ");
}

/// `certifi.where()` names the bundle of the system whether it is there or not.
#[test]
fn a_patched_certifi_never_takes_its_own_file() {
    let tree = with_programs(Tree::new());
    assert_snapshot!(Castore::at(&tree).run(["which", "certifi"]), @r"
    $ castore which --root @ROOT@ certifi
    certifi  /usr/lib/python3/dist-packages/certifi  (python 3.11, openssl 3.0.19)
      unusable  built in  /etc/ssl/certs/ca-certificates.crt                 nothing is there; the client stops with an error
      shadowed  built in  /usr/lib/python3/dist-packages/certifi/cacert.pem  1 certificate
      the client stops with an error before it verifies anything
    exit: 0
    ");
    assert!(Castore::at(&tree).run(["list", "certifi"]).exits(0).stdout().contains("(not in use)"));
}

#[test]
fn a_format_not_read_is_said_and_is_not_empty() {
    let tree = alpine().file("usr/lib/jvm/x/lib/security/cacerts", uber());
    let output = Castore::at(&tree).run(["list", "java"]);
    assert_snapshot!(output, @r"
    $ castore list --root @ROOT@ java
    STORE                                FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /usr/lib/jvm/x/lib/security/cacerts  uber          -         -  -                java [it is encrypted as a whole, and castore cannot open it, 48 B]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
    let json = Castore::at(&tree).run(["list", "java", "--format", "json"]).json();
    let store = &json["stores"][0];
    assert_eq!(store["reading"], "unread-format");
    assert!(store["entries"].is_null() && store["distinct"].is_null(), "{store}");
}

#[test]
fn private_keys_of_a_keystore_are_counted() {
    let vector = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed/jks/key-chain");
    let vector = std::fs::read(vector).expect("a vector");
    let body = vector.windows(2).position(|two| two == b"\n\n").expect("its head") + 2;
    let tree = Tree::new().file("a.jks", &vector[body..]);
    let json = Castore::at(&tree).run(["list", "/a.jks", "--format", "json"]).json();
    assert_eq!(json["stores"][0]["container"]["keys"], 1);
    let text = Castore::at(&tree).run(["list", "/a.jks"]).exits(0).stdout();
    assert!(text.contains("1 private key]"), "{text}");
}

#[test]
fn a_directory_with_a_format_not_read_is_not_empty() {
    let tree = Tree::new().file("usr/share/pki/ca-trust-source/corp.bks", uber());
    assert_snapshot!(Castore::at(&tree).run(["list", "fedora-anchors"]), @r"
    $ castore list --root @ROOT@ fedora-anchors
    STORE                           FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /usr/share/pki/ca-trust-source  directory        0         0  -                fedora-anchors [read in part: corp.bks: uber: it is encrypted as a whole, and castore cannot open it]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["check", "/usr/share/pki/ca-trust-source"]), @r"
    $ castore check --root @ROOT@ /usr/share/pki/ca-trust-source
    info[unread-store]: a store was not read in full
      at /usr/share/pki/ca-trust-source  (used by fedora-anchors)
      expected every entry read, found corp.bks: uber: it is encrypted as a whole, and castore cannot open it
      hint: look at those files with the program they belong to
    1 info
    stderr: castore: not read in full, so there may be more: /usr/share/pki/ca-trust-source
    exit: 2
    ");
    let output = Castore::at(&tree.directory("none")).run(["diff", "/none", "/usr/share/pki/ca-trust-source"]);
    assert_snapshot!(output, @r"
    $ castore diff --root @ROOT@ /none /usr/share/pki/ca-trust-source
    A  0 certificates
       /none
    only one set to compare
    stderr: castore: not compared, because it was not read: /usr/share/pki/ca-trust-source
    stderr: castore: 1 store was not read in full, so there may be more
    exit: 2
    ");
}

#[test]
fn certificates_of_a_store() {
    let tree = Tree::new().file("x.pem", bundle(&roots()) + &expired().make().pem());
    assert_snapshot!(Castore::at(&tree).run(["list", "--certs", "/x.pem"]), @r"
    $ castore list --root @ROOT@ --certs /x.pem
    /x.pem  pem, 4 certificates
      5cc62d47  2040-01-01  line 1   Alpha Root
      90783156  2040-01-01  line 10  Beta Root
      892f1c6d  2040-01-01  line 19  Corp Root
      eac26c5a  2025-07-01  line 28  Expired Root
    exit: 0
    ");
}

#[test]
fn certificates_of_a_directory_are_named_by_their_files() {
    let output = Castore::at(&debian()).run(["list", "--certs", "system-directory"]).exits(0).stdout();
    let below = output.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_snapshot!(below, @r"
    892f1c6d  2040-01-01  06c77894.0           Corp Root
    5cc62d47  2040-01-01  3383f1ab.0           Alpha Root
    90783156  2040-01-01  8a3be2fe.0           Beta Root
    5cc62d47  2040-01-01  Alpha_Root.pem       Alpha Root
    90783156  2040-01-01  Beta_Root.pem        Beta Root
    5cc62d47  2040-01-01  ca-certificates.crt  Alpha Root
    90783156  2040-01-01  ca-certificates.crt  Beta Root
    892f1c6d  2040-01-01  ca-certificates.crt  Corp Root
    892f1c6d  2040-01-01  corp.pem             Corp Root
    ");
}

#[test]
fn a_store_read_in_part_is_marked() {
    let [alpha, beta, _] = roots();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tree = Tree::new().file("x.pem", alpha.pem() + broken + &beta.pem());
    assert_snapshot!(Castore::at(&tree).run(["list", "/x.pem"]), @r"
    $ castore list --root @ROOT@ /x.pem
    STORE   FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /x.pem  pem           3         2  2040-01-01       - [read in part: 1 entry cannot be read, at line 10; OpenSSL refuses it: line 10: the block holds no certificate that OpenSSL can decode]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "--certs", "/x.pem"]), @r"
    $ castore list --root @ROOT@ --certs /x.pem
    /x.pem  pem, 2 certificates  [read in part: 1 entry cannot be read, at line 10; OpenSSL refuses it: line 10: the block holds no certificate that OpenSSL can decode]
      5cc62d47  2040-01-01  line 1   Alpha Root
      90783156  2040-01-01  line 13  Beta Root
      -         -           line 10  cannot be read: expected a SEQUENCE (0x30), found tag 0x00 at offset 0
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
}

#[test]
fn an_empty_file_is_empty_and_a_text_is_unknown() {
    let tree = Tree::new().file("empty.pem", "").file("notes.txt", "buy milk\n").directory("none");
    assert_snapshot!(Castore::at(&tree).run(["list", "/empty.pem", "/notes.txt", "/none"]), @r"
    $ castore list --root @ROOT@ /empty.pem /notes.txt /none
    STORE       FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /empty.pem  empty            0         0  -                - [empty]
    /none       directory        0         0  -                - [empty]
    /notes.txt  unknown          -         -  -                - [no format of certificates that castore knows, 9 B]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
}

/// A serialised store of Windows is read; what a property limits is said of it. A keychain's file is not.
#[test]
fn stores_of_windows_and_of_macos() {
    let tree = Tree::new()
        .file("roots.sst", include_bytes!("../fuzz/seeds/sst/wine.sst"))
        .file("login.keychain-db", b"kych\0\x01\0\0\0\0\0\x10");
    assert_snapshot!(Castore::at(&tree).run(["list", "--certs", "/roots.sst"]), @r"
    $ castore list --root @ROOT@ --certs /roots.sst
    /roots.sst  sst, 2 certificates
      439ddc97  4096-01-01  Second Root, byte 90  castore test two [trusted for serverAuth, clientAuth]
      ca8129ba  4096-01-01  byte 487              castore test one
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "/login.keychain-db"]), @r"
    $ castore list --root @ROOT@ /login.keychain-db
    STORE               FORMAT    ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /login.keychain-db  keychain        -         -  -                - [the keychain's private format; security export -t certs -f pemseq writes what castore reads, 12 B]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
}

#[test]
fn a_search_finds_what_no_client_uses() {
    let [alpha, beta, _] = roots();
    let tree = alpine()
        .file("srv/app/trust.inc", alpha.pem() + &beta.pem())
        .file("var/backup/cert.der", beta.der())
        .file("srv/app/key.pem", alpha.private_key_pem())
        .link("srv/app/same", "trust.inc");
    let found = Castore::at(&tree).run(["list", "--all", "--format", "json"]).exits(0).json();
    let by_search: Vec<_> = found["stores"]
        .as_array()
        .expect("stores")
        .iter()
        .filter(|store| store["found_by_search"] == true)
        .map(|store| store["path"].as_str().expect("a path"))
        .collect();
    assert_eq!(by_search, ["/srv/app/trust.inc", "/var/backup/cert.der"]);
    let output = Castore::at(&tree).run(["list", "--all"]).exits(0).stdout();
    let row = output.lines().find(|line| line.starts_with("/srv/app/trust.inc")).expect("a row");
    assert_snapshot!(row, @"/srv/app/trust.inc                  pem              2         2  2040-01-01       (found by search; no known client)");
}

/// A store that only a search finds is read and told like any other.
#[test]
fn what_a_search_finds_is_told_in_full() {
    let [alpha, beta, _] = roots();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tree = Tree::new()
        .file("srv/a.pem", alpha.pem() + &beta.pem() + &alpha.pem())
        .file("srv/broken.pem", beta.pem() + broken)
        .file("srv/cacerts", java_of_nothing())
        .file("srv/key.pem", alpha.pem() + &alpha.private_key_pem())
        .file("srv/uber", uber());
    assert_snapshot!(Castore::at(&tree).run(["list", "--all"]), @r"
    $ castore list --root @ROOT@ --all
    STORE            FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /srv/a.pem       pem           3         2  2040-01-01       (found by search; no known client)
    /srv/broken.pem  pem           2         1  2040-01-01       (found by search; no known client) [read in part: 1 entry cannot be read, at line 10; OpenSSL refuses it: line 10: the block holds no certificate that OpenSSL can decode]
    /srv/cacerts     jks           0         0  -                (found by search; no known client) [empty; its seal fits no password that was tried]
    /srv/key.pem     pem           2         1  2040-01-01       (found by search; no known client)
    /srv/uber        uber          -         -  -                (found by search; no known client) [it is encrypted as a whole, and castore cannot open it, 48 B]
    stderr: castore: 2 stores were not read in full: see the remarks
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "--all", "--certs"]), @r"
    $ castore list --root @ROOT@ --all --certs
    /srv/a.pem  pem, 3 certificates  (found by search; no known client)
      5cc62d47  2040-01-01  line 1   Alpha Root
      90783156  2040-01-01  line 10  Beta Root
      5cc62d47  2040-01-01  line 19  Alpha Root
    /srv/broken.pem  pem, 1 certificate  (found by search; no known client) [read in part: 1 entry cannot be read, at line 10; OpenSSL refuses it: line 10: the block holds no certificate that OpenSSL can decode]
      90783156  2040-01-01  line 1   Beta Root
      -         -           line 10  cannot be read: expected a SEQUENCE (0x30), found tag 0x00 at offset 0
    /srv/cacerts  jks, 0 certificates  (found by search; no known client) [empty; its seal fits no password that was tried]
    /srv/key.pem  pem, 1 certificate  (found by search; no known client)
      5cc62d47  2040-01-01  line 1  Alpha Root
    /srv/uber  uber, 0 certificates  (found by search; no known client) [it is encrypted as a whole, and castore cannot open it, 48 B]
    stderr: castore: 2 stores were not read in full: see the remarks
    exit: 0
    ");
    let json = Castore::at(&tree).run(["list", "--all", "--certs", "--format", "json"]).exits(0).json();
    assert_eq!(json["distinct"], 2);
    assert_eq!(json["gaps"], serde_json::json!(["/srv/broken.pem", "/srv/uber"]));
    assert_eq!(json["unsearched"], serde_json::json!([]));
    let store = |path: &str| {
        let stores = json["stores"].as_array().expect("stores");
        stores.iter().find(|store| store["path"] == path).cloned().expect("the store")
    };
    assert_eq!(store("/srv/cacerts")["container"]["version"], 2);
    assert_eq!(store("/srv/broken.pem")["malformed"][0]["place"]["line"], 10);
    assert_eq!(store("/srv/a.pem")["certificates"].as_array().map(Vec::len), Some(3));
}

/// A JKS of version 2 with no entry, and a seal that no password made.
fn java_of_nothing() -> Vec<u8> {
    [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 0][..], &[7; 20]].concat()
}

/// The password of a keystore is learned from the settings of who uses it, of which a search does not know.
#[test]
fn a_search_does_not_spoil_what_a_client_knows_a_password_of() {
    let [alpha, ..] = roots();
    let password = Password::new("s3cret");
    let sealed = pkcs12::write(&[("alpha", alpha.der())], pkcs12::Protection::Modern(&password));
    let tree = debian()
        .file("usr/lib/jvm/x/lib/security/cacerts", jks::write([("alpha", alpha.der())], &password))
        .file("usr/lib/jvm/x/release", "JAVA_VERSION=\"17.0.15\"\n")
        .file("corp.p12", sealed);
    let options = "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/corp.p12 -Djavax.net.ssl.trustStorePassword=s3cret";
    let told = |arguments: &[&str]| {
        let json = Castore::at(&tree).with(["--env", options, "--format", "json"]).run(arguments).exits(0).json();
        let stores = json["stores"].as_array().expect("stores").clone();
        stores.into_iter().find(|store| store["path"] == "/corp.p12").expect("the store")
    };
    let plain = told(&["list"]);
    assert_eq!((&plain["distinct"], &plain["container"]["integrity"]), (&1.into(), &"verified".into()));
    assert_eq!(told(&["list", "--all"]), plain);
}

#[test]
fn what_could_not_be_searched_is_named() {
    let [alpha, beta, corp] = roots();
    let tree = Tree::new().file("a.pem", alpha.pem()).file("b.pem", bundle(&[beta, corp]));
    assert_snapshot!(Castore::at(&tree).run(["list", "--all", "--file-size", "600"]), @r"
    $ castore list --root @ROOT@ --all --file-size 600
    STORE   FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /a.pem  pem           1         1  2040-01-01       (found by search; no known client)
    stderr: castore: /b.pem: larger than the limit of 600 bytes
    exit: 0
    ");
    let list = |arguments: &[&str]| Castore::at(&tree).run(arguments).exits(0).json();
    let json = list(&["list", "--all", "--file-size", "600", "--format", "json"]);
    let why = "larger than the limit of 600 bytes";
    assert_eq!(json["unsearched"], serde_json::json!([{ "path": "/b.pem", "why": why }]));
    assert_eq!(list(&["list", "--format", "json"])["unsearched"], serde_json::json!([]));
    let many = (0..11).fold(Tree::new(), |tree, number| tree.file(format!("{number}.pem"), alpha.pem()));
    assert_snapshot!(Castore::at(&many).run(["list", "--all", "--file-size", "10"]), @r"
    $ castore list --root @ROOT@ --all --file-size 10
    no stores found
    stderr: castore: 11 files or directories could not be searched: --format json names them
    exit: 0
    ");
    let json = Castore::at(&many).run(["list", "--all", "--file-size", "10", "--format", "json"]).exits(0).json();
    assert_eq!(json["unsearched"].as_array().map(Vec::len), Some(11));
}

#[test]
fn a_search_finds_an_environment_away_from_the_usual_places() {
    let tree = Tree::new()
        .file("data/app/site-packages/certifi/core.py", "")
        .file("data/app/site-packages/certifi/cacert.pem", bundle(&roots()));
    assert_snapshot!(Castore::at(&tree).run(["list", "certifi"]), @r"
    $ castore list --root @ROOT@ certifi
    stderr: castore: error: certifi: no such client or installation was found on this host
    stderr: hint: castore list --root @ROOT@ shows what was found; castore clients what is known
    exit: 2
    ");
    let output = Castore::at(&tree).run(["list", "--all"]).exits(0).stdout();
    let row = output.lines().find(|line| line.contains("cacert.pem")).expect("a row");
    assert_snapshot!(row, @"/data/app/site-packages/certifi/cacert.pem  pem           3         3  2040-01-01       certifi");
}

#[test]
fn who_uses_a_store_is_counted() {
    let tree = with_environment(with_programs(debian()));
    let directory = used_by(&tree, "/etc/ssl/certs");
    for expected in [("system-directory", 1), ("curl", 1), ("python", 2)] {
        let is_it = |(client, number): &(String, u64)| (client.as_str(), *number) == expected;
        assert!(directory.iter().any(is_it), "{expected:?} in {directory:?}");
    }
    assert!(used_by(&tree, "/usr/lib/python3/dist-packages/certifi/cacert.pem").is_empty());
    // Naming one client does not hide the others.
    let output = Castore::at(&tree).run(["list", "curl", "--format", "json"]).exits(0).json();
    assert!(output["stores"][0]["used_by"].as_array().expect("users").len() > 2, "{output}");
}

#[test]
fn a_file_that_is_not_there_is_trouble() {
    assert_snapshot!(Castore::at(&Tree::new()).run(["list", "/gone.pem"]), @r"
    $ castore list --root @ROOT@ /gone.pem
    stderr: castore: error: /gone.pem: nothing is there
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
    exit: 2
    ");
    assert_snapshot!(Castore::at(&Tree::new()).run(["list", "systm"]), @r#"
    $ castore list --root @ROOT@ systm
    stderr: castore: error: no client is called "systm"
    stderr: hint: did you mean system? write file:systm for a file
    exit: 2
    "#);
    assert_snapshot!(Castore::at(&Tree::new()).run(["list", "certifi"]), @r"
    $ castore list --root @ROOT@ certifi
    stderr: castore: error: certifi: no such client or installation was found on this host
    stderr: hint: castore list --root @ROOT@ shows what was found; castore clients what is known
    exit: 2
    ");
}

#[test]
fn a_relative_path_is_where_the_user_stands() {
    let home = Tree::new().file("corp.pem", root("Corp").make().pem());
    let output = Castore::here().home(home).run(["list", "file:corp.pem", "--format", "json"]).exits(0);
    assert_eq!(output.json()["distinct"], 1);
    let tree = Tree::new().file("corp.pem", root("Corp").make().pem());
    assert_snapshot!(Castore::at(&tree).with(["--at", certificates::NOW]).run(["list", "./corp.pem"]), @r"
    $ castore list --root @ROOT@ --at 2026-01-01T00:00:00Z ./corp.pem
    STORE      FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /corp.pem  pem           1         1  2040-01-01       -
    exit: 0
    ");
}
