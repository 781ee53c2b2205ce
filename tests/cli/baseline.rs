//! `castore snapshot`, `diff` of snapshots and `check --baseline`.

use crate::certificates::{HOSTILE_NAMES, NOW, expired, root};
use crate::check::is_clean;
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, hash_name, roots, with_environment, with_programs};
use insta::assert_snapshot;
use std::path::Path;

const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";

/// The machine of most tests, its baseline taken into a directory of its own.
fn taken(tree: &Tree) -> Tree {
    let home = Tree::new();
    let output = Castore::at(tree).directory(home.path()).run(["snapshot", "--out", "baseline.json"]);
    _ = output.exits(0);
    home
}

fn put(tree: &Tree, path: &str, content: impl AsRef<[u8]>) {
    std::fs::write(tree.path().join(path), content).expect("a file is written");
}

fn remove(tree: &Tree, path: &str) {
    std::fs::remove_file(tree.path().join(path)).expect("a file is removed");
}

fn run(tree: &Tree, home: &Tree, arguments: &[&str]) -> Output {
    Castore::at(tree).with(["--at", NOW]).directory(home.path()).run(arguments)
}

/// The checks against a baseline.
const OWN_CHECKS: [&str; 14] = [
    "--only",
    "root-added",
    "--only",
    "root-removed",
    "--only",
    "trust-changed",
    "--only",
    "store-moved",
    "--only",
    "store-changed-client",
    "--only",
    "not-compared",
    "--only",
    "accepted-until",
];

/// What `check` says of the baseline alone.
fn check(tree: &Tree, home: &Tree) -> Output {
    let castore = Castore::at(tree).with(["--at", NOW]).directory(home.path());
    castore.run(["check", "--baseline", "baseline.json"].into_iter().chain(OWN_CHECKS))
}

/// Rows for queries over many hosts: each store, then each certificate in it once, whatever number of names a
/// directory has for it.
#[test]
fn rows_of_a_host() {
    let tree = debian().file("etc/hostname", "box\n");
    let rows = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let all = ["snapshot", "--format", "ndjson", "--out", "-"].iter().chain(arguments);
        let text = Castore::at(&tree).with(["--at", NOW]).run(all).exits(0).stdout().to_owned();
        text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
    };
    let found = rows(&[]);
    let of = |kind: &str| found.iter().filter(|row| row["kind"] == kind).count();
    let stores: std::collections::BTreeSet<&str> = found.iter().filter_map(|row| row["store"].as_str()).collect();
    assert_eq!((of("store"), of("store") + of("certificate")), (stores.len(), found.len()));
    for row in &found {
        assert_eq!((&row["schema"], &row["host"]), (&"castore.row/1".into(), &"box".into()));
        assert_eq!(row["at"], "2026-01-01T00:00:00Z");
    }
    let of_bundle = |row: &&serde_json::Value| row["store"] == format!("/{BUNDLE}") && row["kind"] == "certificate";
    assert_eq!(found.iter().filter(of_bundle).count(), roots().len());
    let in_directory = |row: &&serde_json::Value| row["store"] == "/etc/ssl/certs" && row["kind"] == "certificate";
    assert_eq!(found.iter().filter(in_directory).count(), roots().len());
    assert!(rows(&["--host-name", "other", "system"]).iter().all(|row| row["host"] == "other"));
}

/// Rows are written anew every day; another file is not overwritten by mistake.
#[test]
fn rows_take_the_place_of_rows_alone() {
    let tree = Tree::new().file("x.pem", roots()[0].pem());
    let home = Tree::new().file("notes.txt", "mine\n");
    let write =
        |file: &str, format: &str| run(&tree, &home, &["snapshot", "--format", format, "--out", file, "/x.pem"]);
    _ = write("rows.ndjson", "ndjson").exits(0);
    _ = write("rows.ndjson", "ndjson").exits(0);
    _ = write("rows.ndjson", "json").exits(2);
    assert!(write("notes.txt", "ndjson").exits(2).stderr().contains("expected rows of castore or no file"));
}

#[test]
fn a_snapshot_of_one_store() {
    let tree = Tree::new().file("x.pem", roots()[0].pem()).file("etc/hostname", "box\n");
    assert_snapshot!(Castore::at(&tree).run(["snapshot", "/x.pem", "--out", "-"]), @r#"
    $ castore snapshot --root @ROOT@ /x.pem --out -
    {
      "schema": "castore.snapshot/1",
      "castore": "0.1.0",
      "host": {
        "name": "box",
        "system": "linux",
        "release": null
      },
      "scope": [
        "file:/x.pem"
      ],
      "redacted": false,
      "view": {
        "accounts": "one",
        "variables": "present"
      },
      "certificates": [
        {
          "sha256": "5cc62d47ec4c9966f336d5aec5b82fb8fe67662652cf7bc6ad9ff325db14941f",
          "subject": "CN=Alpha Root, O=Example",
          "issuer": "CN=Alpha Root, O=Example",
          "serial": "544c601293b4bd7a",
          "not_before": "2020-01-01T00:00:00Z",
          "not_after": "2040-01-01T00:00:00Z",
          "spki_sha256": "fd110d301d2f077de1414b8f99f441b1403fab207b2052fbd2c065e4ee8e7dc2",
          "self_issued": true,
          "ca": true,
          "key": "ED25519 256"
        }
      ],
      "stores": [
        {
          "id": "/x.pem",
          "format": "pem",
          "reading": "whole",
          "sha256": "826e6dd8799315b0a85523bf1ed30e9cb456950f4721554617626bc77f93faed",
          "certificates": [
            "5cc62d47ec4c9966f336d5aec5b82fb8fe67662652cf7bc6ad9ff325db14941f"
          ]
        }
      ],
      "clients": [],
      "anchors": [],
      "accepted": []
    }
    exit: 0
    "#);
}

#[test]
fn the_same_machine_gives_the_same_octets() {
    let tree = with_environment(with_programs(debian()));
    let run = || Castore::at(&tree).run(["snapshot", "--out", "-"]).exits(0).raw_stdout().to_vec();
    let first = run();
    assert_eq!(first, run());
    let (home, again) = (taken(&tree), taken(&tree));
    assert_eq!(home.read("baseline.json"), first);
    assert_eq!(again.read("baseline.json"), first);
    is_clean(check(&tree, &home));
    let second = again.path().join("baseline.json");
    let second = format!("snapshot:{}", second.to_str().expect("UTF-8"));
    let arguments = ["diff", "snapshot:baseline.json", &second];
    let diff = Castore::at(&tree).directory(home.path()).run(arguments).exits(0);
    assert!(diff.stdout().ends_with("\nno difference\n"), "{diff}");
}

#[test]
fn order_encoding_comments_and_times_are_no_change() {
    let tree = with_environment(with_programs(debian()));
    let home = taken(&tree);
    let [alpha, beta, corp] = roots();
    let commented = |certificate: &crate::certificates::Certificate| {
        castore::format::pem::write(certificate.der(), &["# a comment", "Ünïcode"])
    };
    put(&tree, BUNDLE, [&corp, &alpha, &beta].map(commented).concat() + &alpha.pem());
    put(&tree, "usr/local/share/ca-certificates/corp.crt", commented(&corp).repeat(2));
    put(
        &tree,
        "opt/venv/lib/python3.11/site-packages/certifi/cacert.pem",
        beta.pem().replace('\n', "\r\n") + &alpha.pem(),
    );
    is_clean(check(&tree, &home));
    assert!(run(&tree, &home, &["diff", "snapshot:baseline.json"]).exits(0).stdout().ends_with("no difference\n"));
}

/// A file of this machine is found from a tree that has none of that name; one of the tree comes first.
#[test]
fn a_snapshot_is_named_by_its_file_beside_a_tree_too() {
    let tree = with_environment(with_programs(debian()));
    let home = taken(&tree);
    let diff = |words: &[&str]| run(&tree, &home, &[&["diff"], words].concat());
    for word in ["baseline.json", "./baseline.json", "file:baseline.json"] {
        assert!(diff(&[word]).exits(0).stdout().ends_with("no difference\n"), "{word}");
        assert!(diff(&[word, word]).exits(0).stdout().ends_with("no difference\n"), "{word}");
    }
    put(&home, "bundle.pem", roots()[0].pem());
    let hint = "castore: error: ./bundle.pem: nothing is there\n";
    assert!(
        diff(&["./bundle.pem"]).exits(2).stderr().starts_with(hint),
        "what is no snapshot is looked for in the tree"
    );
    // Another state, by the same name in the tree.
    put(&tree, BUNDLE, bundle(&roots()[..1]));
    put(&tree, "baseline.json", taken(&tree).read("baseline.json"));
    assert!(diff(&["baseline.json"]).exits(0).stdout().ends_with("no difference\n"));
    _ = diff(&["snapshot:baseline.json"]).exits(1);
    put(&tree, "baseline.json", "{}");
    _ = diff(&["baseline.json"]).exits(2);
}

/// A snapshot that was cut to nothing is a file like any other, and nothing of it differs from nothing.
#[test]
fn a_snapshot_beside_a_file_that_neither_side_has_is_no_comparison() {
    let tree = with_environment(with_programs(debian())).file("empty.json", "").file("x.pem", roots()[0].pem());
    let home = taken(&tree);
    let diff = |words: &[&str]| run(&tree, &home, &[&["diff"], words].concat());
    for words in [["/empty.json", "baseline.json"], ["baseline.json", "/empty.json"], ["/x.pem", "baseline.json"]] {
        let output = diff(&words).exits(2);
        assert!(output.stderr().contains(": neither a store in baseline.json nor one in use here\n"), "{words:?}");
    }
    assert!(diff(&[format!("/{BUNDLE}").as_str(), "baseline.json"]).exits(0).stdout().ends_with("no difference\n"));
    assert!(diff(&["baseline.json", "openssl"]).exits(0).stdout().ends_with("no difference\n"));
}

#[test]
fn a_new_root_is_an_alarm() {
    let tree = with_environment(with_programs(debian()));
    let home = taken(&tree);
    let evil = root("Evil Root").key(9).make();
    put(&tree, BUNDLE, bundle(&roots()) + &evil.pem());
    put(&tree, "usr/local/share/ca-certificates/evil.crt", evil.pem());
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    error[root-added]: a root is new since the baseline: Evil Root (36bf6e8e)
      at /etc/ssl/certs/ca-certificates.crt:28  (used by curl, go, libcurl, rust-native-certs and 3 more)
      at /usr/local/share/ca-certificates/evil.crt:1  (used by debian-anchors)
      expected the certificates of the baseline, found one that no store held then
      hint: find out who added it; remove it, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE 36bf6e8e
    1 error (2 places)
    exit: 1
    ");
    assert_snapshot!(run(&tree, &home, &["diff", "snapshot:baseline.json"]), @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z snapshot:baseline.json
    A  baseline.json: 3 certificates, 6 stores, 15 clients
    B  this host: 4 certificates, 6 stores, 15 clients

    /etc/ssl/certs  (used by boringssl, curl, go, libcurl and 5 more)
      +  36bf6e8e  2040-01-01  CN=Evil Root, O=Example  in no store before
    /etc/ssl/certs/ca-certificates.crt  (used by certifi, curl, go, libcurl and 3 more)
      +  36bf6e8e  2040-01-01  CN=Evil Root, O=Example  in no store before
    /usr/local/share/ca-certificates  (used by debian-anchors)
      +  36bf6e8e  2040-01-01  CN=Evil Root, O=Example  in no store before

    3 stores and 0 clients differ: 3 added, 0 removed, 0 trusted otherwise
    exit: 1
    ");
    // In the scope of selectors alone.
    let limited =
        |selector: &str| run(&tree, &home, &["check", "--only", "root-added", "--baseline", "baseline.json", selector]);
    _ = limited("curl").exits(1);
    is_clean(limited("certifi:/opt/venv"));
    // A file that nobody uses and the baseline does not know is no part of the comparison.
    put(&tree, "other.pem", root("Other").make().pem());
    is_clean(limited("/other.pem"));
}

#[test]
fn what_is_gone_moved_or_not_to_be_read_is_told() {
    let tree = with_environment(with_programs(debian()));
    let home = taken(&tree);
    let [alpha, beta, _] = roots();
    put(&tree, BUNDLE, alpha.pem() + &beta.pem());
    let (old, new) = ("opt/venv/lib/python3.11/site-packages/certifi/cacert.pem", "opt/other.pem");
    let content = tree.read(old);
    remove(&tree, old);
    put(&tree, new, content);
    remove(&tree, "usr/share/ca-certificates/mozilla/Alpha_Root.crt");
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    warning[store-changed-client]: a client trusts by other stores since the baseline
      at /etc/ssl/certs  (used by boringssl, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, python:/opt/venv/bin/python, python:/usr/bin/python3.11 and 1 more)
      expected 3 anchors, found 2 anchors of the same stores, without CN=Alpha Root, O=Example (5cc62d47)
      hint: see castore which --root @ROOT@ boringssl --explain; set it back, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE
    warning[store-changed-client]: a client trusts by other stores since the baseline
      at /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  (used by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected 2 anchors, with /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem, found 0 anchors
      hint: see castore which --root @ROOT@ certifi --explain; set it back, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE
    warning[root-removed]: a root is gone since the baseline
      at /etc/ssl/certs/ca-certificates.crt  (used by certifi, curl, go, libcurl and 3 more)
      expected the certificates of the baseline, found no CN=Corp Root, O=Example (892f1c6d); /etc/ssl/certs and 1 more still hold it
      hint: find out what removed it; add it again, or accept that: castore snapshot accept --root @ROOT@ --baseline FILE
    warning[root-removed]: a root is gone since the baseline
      at /usr/share/ca-certificates/mozilla  (used by debian-anchors)
      expected the certificates of the baseline, found no CN=Alpha Root, O=Example (5cc62d47); /etc/ssl/certs and 2 more still hold it
      hint: find out what removed it; add it again, or accept that: castore snapshot accept --root @ROOT@ --baseline FILE
    warning[store-moved]: a store is at another place, new or gone since the baseline
      at /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  (used by certifi, requests)
      expected a store with 2 certificates, found it is gone; other stores hold all of them
      hint: where that is as it should be, accept it: castore snapshot accept --root @ROOT@ --baseline FILE
    5 warnings
    exit: 1
    ");
    assert_snapshot!(run(&tree, &home, &["diff", "snapshot:baseline.json"]), @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z snapshot:baseline.json
    A  baseline.json: 3 certificates, 6 stores, 15 clients
    B  this host: 3 certificates, 5 stores, 15 clients

    /etc/ssl/certs/ca-certificates.crt  (used by certifi, curl, go, libcurl and 3 more)
      -  892f1c6d  2040-01-01  CN=Corp Root, O=Example  still in /etc/ssl/certs, /usr/local/share/ca-certificates
    /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  is gone, with 2 certificates  (used by certifi, requests)
    /usr/share/ca-certificates/mozilla  (used by debian-anchors)
      -  5cc62d47  2040-01-01  CN=Alpha Root, O=Example  still in /etc/ssl/certs, /etc/ssl/certs/ca-certificates.crt and 1 more

    boringssl  2 anchors instead of 3
      -  5cc62d47  2040-01-01  CN=Alpha Root, O=Example  it trusted
    certifi:/opt/venv/lib/python3.11/site-packages/certifi  uses /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem no more  0 anchors instead of 2
    openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3  2 anchors instead of 3
      -  5cc62d47  2040-01-01  CN=Alpha Root, O=Example  it trusted
    python:/opt/venv/bin/python  2 anchors instead of 3
      -  5cc62d47  2040-01-01  CN=Alpha Root, O=Example  it trusted
    python:/usr/bin/python3.11  2 anchors instead of 3
      -  5cc62d47  2040-01-01  CN=Alpha Root, O=Example  it trusted
    requests:/opt/venv/lib/python3.11/site-packages/requests  uses /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem no more  0 anchors instead of 2
    system-directory  2 anchors instead of 3
      -  5cc62d47  2040-01-01  CN=Alpha Root, O=Example  it trusted

    3 stores and 7 clients differ: 0 added, 2 removed, 2 trusted otherwise
    exit: 1
    ");
}

#[test]
fn a_client_that_looks_elsewhere() {
    let tree = with_programs(debian()).file("corp.pem", roots()[2].pem());
    let home = taken(&tree);
    let variable = ["--env", "CURL_CA_BUNDLE=/corp.pem"];
    let castore = Castore::at(&tree).with(["--at", NOW]).with(variable).directory(home.path());
    let only = ["--only", "store-changed-client", "--only", "root-added", "--only", "store-moved"];
    assert_snapshot!(castore.run(["check", "--baseline", "baseline.json"].iter().chain(&only)), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --env CURL_CA_BUNDLE=/corp.pem --baseline baseline.json --only store-changed-client --only root-added --only store-moved
    info[store-moved]: a store is at another place, new or gone since the baseline
      at /corp.pem  (used by curl)
      expected the stores of the baseline, found one more, 1 certificate in it
      hint: where that is as it should be, accept it: castore snapshot accept --root @ROOT@ --env 'CURL_CA_BUNDLE=/corp.pem' --baseline FILE
    info[store-changed-client]: a client trusts by other stores since the baseline
      at /corp.pem  (used by curl:/usr/bin/curl)
      expected 3 anchors, with /etc/ssl/certs/ca-certificates.crt, found 3 anchors, with /corp.pem
      hint: see castore which --root @ROOT@ --env 'CURL_CA_BUNDLE=/corp.pem' curl --explain; set it back, or accept it: castore snapshot accept --root @ROOT@ --env 'CURL_CA_BUNDLE=/corp.pem' --baseline FILE
    2 info
    exit: 1
    ");
    assert_snapshot!(castore.run(["diff", "snapshot:baseline.json", "curl"]), @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z --env CURL_CA_BUNDLE=/corp.pem snapshot:baseline.json curl
    A  baseline.json: 3 certificates, 5 stores, 12 clients
    B  this host: 3 certificates, 6 stores, 12 clients

    /corp.pem  is new, with 1 certificate  (used by curl)

    curl:/usr/bin/curl  uses /corp.pem instead of /etc/ssl/certs/ca-certificates.crt  the same 3 anchors

    1 store and 1 client differ: 0 added, 0 removed, 0 trusted otherwise
    exit: 1
    ");
    let off = Castore::at(&tree).with(["--at", NOW, "--env", "NODE_TLS_REJECT_UNAUTHORIZED=0"]).directory(home.path());
    is_clean(off.run(["check", "--baseline", "baseline.json", "--only", "store-changed-client"]));
}

#[test]
fn trust_that_changed() {
    use castore::format::openssl_trusted;
    use castore::model::Purposes;
    use castore::model::trust::SERVER_AUTH;
    let [alpha, ..] = roots();
    let refused = Purposes { reject: Some(vec![SERVER_AUTH]), ..Purposes::default() };
    let distrusted = openssl_trusted::write(alpha.der(), &refused, &[]);
    let tree = Tree::new().file(BUNDLE, &distrusted);
    let home = taken(&tree);
    put(&tree, BUNDLE, alpha.pem());
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    error[trust-changed]: a store says something else of a certificate since the baseline: Alpha Root (5cc62d47)
      at /etc/ssl/certs/ca-certificates.crt:1  (used by boringssl, go, rust-native-certs, rust-native-tls and 2 more)
      expected refused for TLS servers, found trusted for TLS servers
      hint: find out who changed it; set it back, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE
    1 error
    exit: 1
    ");
    let back = taken(&tree);
    put(&tree, BUNDLE, distrusted);
    assert_snapshot!(check(&tree, &back), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    warning[trust-changed]: a store says something else of a certificate since the baseline: Alpha Root (5cc62d47)
      at /etc/ssl/certs/ca-certificates.crt:1  (used by boringssl, go, rust-native-certs, rust-native-tls and 2 more)
      expected trusted for TLS servers, found refused for TLS servers
      hint: find out who changed it; set it back, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE
    1 warning
    exit: 1
    ");
}

/// A certificate that waited in a hash directory gets its name, beside a root that is told or was accepted: OpenSSL
/// trusts it from then on.
#[test]
fn a_certificate_that_gets_its_hash_name_is_an_alarm() {
    let rogue = root("Rogue Root").key(9).make();
    let tree = with_programs(debian()).file("etc/ssl/certs/zz.pem", rogue.pem());
    let home = taken(&tree);
    let other = root("Other Root").key(8).make();
    put(&tree, "etc/ssl/certs/other.pem", other.pem());
    _ = run(&tree, &home, &["snapshot", "accept", "--baseline", "baseline.json", &other.fingerprint()[..8]]).exits(0);
    is_clean(check(&tree, &home));
    put(&tree, &format!("etc/ssl/certs/{}", hash_name(&rogue, 0)), rogue.pem());
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    error[root-added]: a root is new since the baseline: Rogue Root (cafa3446)
      at /etc/ssl/certs/659918ee.0:1  (used by boringssl, curl, libcurl, openssl and 3 more)
      expected the anchors of the baseline, found one that the store held then, and that these clients did not trust
      hint: find out who added it; remove it, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE cafa3446
    1 error
    exit: 1
    ");
    assert_snapshot!(run(&tree, &home, &["diff", "baseline.json", "openssl"]), @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z baseline.json openssl
    A  baseline.json: 5 certificates, 5 stores, 12 clients
    B  this host: 5 certificates, 5 stores, 12 clients

    openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3  4 anchors instead of 3
      +  cafa3446  2040-01-01  CN=Rogue Root, O=Example  it did not trust

    0 stores and 1 client differ: 0 added, 0 removed, 1 trusted otherwise
    exit: 1
    ");
    let metrics = run(&tree, &home, &["check", "--baseline", "baseline.json", "--format", "prometheus"]);
    let of_directory = "castore_store_roots_added{store=\"/etc/ssl/certs\"} 1";
    assert!(metrics.stdout().contains(of_directory), "{metrics}");
    let accept = run(&tree, &home, &["snapshot", "accept", "--baseline", "baseline.json", &rogue.fingerprint()[..8]]);
    assert_snapshot!(accept, @r"
    $ castore snapshot accept --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json cafa3446
    + CN=Rogue Root, O=Example (cafa3446) as an anchor of boringssl, curl:/usr/bin/curl, libcurl:/usr/lib/x86_64-linux-gnu/libcurl.so.4 and 4 more
    stderr: castore: 1 change accepted in baseline.json
    exit: 0
    ");
    is_clean(check(&tree, &home));
}

/// A baseline of an earlier castore has the digests of anchors alone, and is read; what comes to another digest than
/// what is told is no less an alarm.
#[test]
fn an_older_baseline_is_compared_by_digests() {
    let rogue = root("Rogue Root").key(9).make();
    let tree = with_programs(debian()).file("etc/ssl/certs/zz.pem", rogue.pem());
    let home = taken(&tree);
    let mut older: serde_json::Value = serde_json::from_slice(&home.read("baseline.json")).expect("JSON");
    for field in ["anchors", "view"] {
        assert!(older.as_object_mut().expect("an object").remove(field).is_some());
    }
    put(&home, "baseline.json", older.to_string());
    is_clean(check(&tree, &home));
    let other = root("Other Root").key(8).make();
    put(&tree, &format!("etc/ssl/certs/{}", hash_name(&other, 0)), other.pem());
    assert!(check(&tree, &home).exits(1).stdout().ends_with("\n1 error\n"));
    _ = run(&tree, &home, &["snapshot", "accept", "--baseline", "baseline.json", &other.fingerprint()[..8]]).exits(0);
    is_clean(check(&tree, &home));
    put(&tree, &format!("etc/ssl/certs/{}", hash_name(&rogue, 0)), rogue.pem());
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    error[store-changed-client]: a client trusts by other stores since the baseline
      at /etc/ssl/certs  (used by boringssl, curl:/usr/bin/curl, libcurl:/usr/lib/x86_64-linux-gnu/libcurl.so.4, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3 and 3 more)
      expected 3 anchors, found 5 anchors of the same stores, which nothing told of them explains
      hint: see castore which --root @ROOT@ boringssl --explain; set it back, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE
    1 error
    exit: 1
    ");
}

/// A store that refuses a certificate in one block has a plain one as well now: who reads only that trusts it.
#[test]
fn a_plain_block_beside_one_that_refuses_is_an_alarm() {
    use castore::format::openssl_trusted;
    use castore::model::Purposes;
    use castore::model::trust::SERVER_AUTH;
    let [alpha, beta, _] = roots();
    let refused = Purposes { reject: Some(vec![SERVER_AUTH]), ..Purposes::default() };
    let distrusted = openssl_trusted::write(alpha.der(), &refused, &[]);
    let tree = Tree::new().file(BUNDLE, distrusted.clone() + &beta.pem());
    let home = taken(&tree);
    put(&tree, BUNDLE, distrusted + &beta.pem() + &alpha.pem());
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    error[root-added]: a root is new since the baseline: Alpha Root (5cc62d47)
      at /etc/ssl/certs/ca-certificates.crt:20  (used by go, rust-native-certs, system)
      expected the anchors of the baseline, found one that the store held then, and that these clients did not trust
      hint: find out who added it; remove it, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE 5cc62d47
    1 error
    exit: 1
    ");
}

#[test]
fn what_is_accepted_is_told_no_more_until_its_day() {
    let tree = with_programs(debian());
    let home = taken(&tree);
    let evil = root("Proxy Root").key(9).make();
    put(&tree, BUNDLE, bundle(&roots()) + &evil.pem());
    put(&tree, "usr/local/share/ca-certificates/proxy.crt", evil.pem());
    let short = &evil.fingerprint()[..8];
    let accept = |more: &[&str]| {
        run(&tree, &home, &[&["snapshot", "accept", "--baseline", "baseline.json", "--by", "ann"], more].concat())
    };
    assert_snapshot!(accept(&["--until", "2025-12-31"]), @r"
    $ castore snapshot accept --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --by ann --until 2025-12-31
    stderr: castore: error: --until: expected 2026-01-01 or later, found 2025-12-31
    stderr: hint: an acceptance counts to the end of that day
    exit: 2
    ");
    assert_snapshot!(accept(&["deadbeef"]), @r"
    $ castore snapshot accept --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --by ann deadbeef
    stderr: castore: error: no change since baseline.json is of a certificate deadbeef
    stderr: hint: castore diff --root @ROOT@ FILE shows what changed; nothing was written
    exit: 2
    ");
    assert_snapshot!(accept(&["--reason", "TLS inspection, CHG-12", "--until", "2026-02-01", short]), @r"
    $ castore snapshot accept --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --by ann --reason 'TLS inspection, CHG-12' --until 2026-02-01 d038b4b6
    + CN=Proxy Root, O=Example (d038b4b6) in /etc/ssl/certs
    + CN=Proxy Root, O=Example (d038b4b6) in /etc/ssl/certs/ca-certificates.crt
    + CN=Proxy Root, O=Example (d038b4b6) in /usr/local/share/ca-certificates
    + CN=Proxy Root, O=Example (d038b4b6) as an anchor of certifi:/usr/lib/python3/dist-packages/certifi, curl:/usr/bin/curl, debian-anchors and 5 more
    stderr: castore: 4 changes accepted in baseline.json
    exit: 0
    ");
    is_clean(check(&tree, &home));
    assert_snapshot!(accept(&[]), @r"
    $ castore snapshot accept --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --by ann
    stderr: castore: nothing changed that could be accepted; nothing was written
    exit: 0
    ");
    // It cannot be lost by a new snapshot.
    assert_snapshot!(run(&tree, &home, &["snapshot", "--out", "baseline.json"]), @r"
    $ castore snapshot --root @ROOT@ --at 2026-01-01T00:00:00Z --out baseline.json
    stderr: castore: error: baseline.json: 1 acceptance in it would be lost
    stderr: hint: nothing was written; go on with castore snapshot accept --root @ROOT@, or name another file
    exit: 2
    ");
    let later = ["--at", "2026-02-02", "--only", "accepted-until", "--only", "root-added"];
    let later =
        Castore::at(&tree).directory(home.path()).run(["check", "--baseline", "baseline.json"].iter().chain(&later));
    assert_snapshot!(later, @r"
    $ castore check --root @ROOT@ --baseline baseline.json --at 2026-02-02 --only accepted-until --only root-added
    error[root-added]: a root is new since the baseline: Proxy Root (d038b4b6)
      at /etc/ssl/certs/ca-certificates.crt:28  (used by curl, go, libcurl, rust-native-certs and 3 more)
      at /usr/local/share/ca-certificates/proxy.crt:1  (used by debian-anchors)
      expected the certificates of the baseline, found one that no store held then
      hint: find out who added it; remove it, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE d038b4b6
    warning[accepted-until]: an acceptance in the baseline has run out
      expected what was accepted by ann on 2026-01-01, until 2026-02-01 (TLS inspection, CHG-12) undone by 2026-02-02, found 4 of its 4 changes still so
      hint: undo it, or accept it anew: castore snapshot accept --root @ROOT@ --baseline FILE
    1 error, 1 warning (3 places)
    exit: 1
    ");
    // Once it is undone, past its day or before it, nothing is to be done, and the baseline can be taken anew.
    put(&tree, BUNDLE, bundle(&roots()));
    remove(&tree, "usr/local/share/ca-certificates/proxy.crt");
    let undone = |at: &str| {
        Castore::at(&tree)
            .directory(home.path())
            .with(["--at", at])
            .run(["check", "--baseline", "baseline.json"].iter().chain(&OWN_CHECKS))
    };
    is_clean(undone("2026-01-02"));
    is_clean(undone("2026-02-02"));
    let anew = |at: &str| {
        Castore::at(&tree).directory(home.path()).with(["--at", at]).run(["snapshot", "--out", "baseline.json"])
    };
    _ = anew("2026-01-02").exits(2);
    let first = home.read("baseline.json");
    _ = anew("2026-02-02").exits(0);
    put(&home, "baseline.json", first);
    // One that was accepted anew is told no more.
    put(&tree, BUNDLE, bundle(&roots()) + &evil.pem());
    put(&tree, "usr/local/share/ca-certificates/proxy.crt", evil.pem());
    let again = |more: &[&str]| {
        let arguments = [&["snapshot", "accept", "--at", "2026-02-02", "--baseline", "baseline.json"], more].concat();
        Castore::at(&tree).directory(home.path()).run(arguments).exits(0)
    };
    _ = again(&["--until", "2026-03-01"]);
    is_clean(undone("2026-02-02"));
    // What was accepted for good and is gone is gone.
    let once = Castore::at(&tree).directory(home.path()).with(["--at", "2026-03-02"]);
    _ = once.run(["snapshot", "accept", "--baseline", "baseline.json"]).exits(0);
    put(&tree, BUNDLE, bundle(&roots()));
    let gone = Castore::at(&tree).directory(home.path()).with(["--at", "2026-03-02"]);
    assert_snapshot!(gone.run(["check", "--baseline", "baseline.json"].iter().chain(&OWN_CHECKS)), @r"
    $ castore check --root @ROOT@ --at 2026-03-02 --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    warning[root-removed]: a root is gone since the baseline
      at /etc/ssl/certs  (used by boringssl, curl, go, libcurl and 5 more)
      at /etc/ssl/certs/ca-certificates.crt  (used by certifi, curl, go, libcurl and 3 more)
      expected the certificates of the baseline, found no CN=Proxy Root, O=Example (d038b4b6); /usr/local/share/ca-certificates still holds it
      hint: find out what removed it; add it again, or accept that: castore snapshot accept --root @ROOT@ --baseline FILE
    1 warning (2 places)
    exit: 1
    ");
}

#[test]
fn mistakes_are_explained() {
    let tree = debian();
    let home = taken(&tree);
    put(&home, "other.json", "{\"a\": 1}\n");
    put(&home, "newer.json", "{\n  \"schema\": \"castore.snapshot/2\",\n  \"more\": []\n}\n");
    put(&home, "cut.json", &home.read("baseline.json")[..1000]);
    let baseline = |file: &str| run(&tree, &home, &["check", "--baseline", file]).exits(2).stderr();
    assert_snapshot!(baseline("gone.json"), @r"
    castore: error: gone.json: nothing is there
    hint: castore snapshot --root @ROOT@ --out FILE writes one
    ");
    assert_snapshot!(baseline("other.json"), @r"
    castore: error: other.json: expected a snapshot (castore.snapshot/1), found JSON without a schema
    hint: castore snapshot --root @ROOT@ --out FILE writes one
    ");
    assert_snapshot!(baseline("newer.json"), @r"
    castore: error: newer.json: expected a snapshot of version 1 (castore.snapshot/1), found version 2
    hint: read it with the castore that wrote it, or take it anew with castore snapshot --root @ROOT@
    ");
    assert_snapshot!(baseline("cut.json"), @r"
    castore: error: cut.json: line 34, column 14: EOF while parsing a string
    hint: it was changed by hand or damaged: restore it, or take it anew with castore snapshot --root @ROOT@
    ");
    put(&home, "bundle.pem", roots()[0].pem());
    assert_snapshot!(run(&tree, &home, &["snapshot", "--out", "bundle.pem"]), @r"
    $ castore snapshot --root @ROOT@ --at 2026-01-01T00:00:00Z --out bundle.pem
    stderr: castore: error: bundle.pem: expected a snapshot or no file, found another file
    stderr: hint: nothing was written; name another file, or remove this one
    exit: 2
    ");
    assert_eq!(home.read("bundle.pem"), roots()[0].pem().as_bytes());
    assert_snapshot!(run(&tree, &home, &["list", "snapshot:baseline.json"]), @r"
    $ castore list --root @ROOT@ --at 2026-01-01T00:00:00Z snapshot:baseline.json
    stderr: castore: error: snapshot:baseline.json: a snapshot holds no certificates, only which there were
    stderr: hint: castore diff --root @ROOT@ and castore check --root @ROOT@ --baseline read it
    exit: 2
    ");
    assert_snapshot!(run(&tree, &home, &["snapshot"]), @r"
    $ castore snapshot --root @ROOT@ --at 2026-01-01T00:00:00Z
    stderr: castore: error: the following required arguments were not provided:
    stderr:   --out <FILE>
    stderr: Usage: castore snapshot --out <FILE> --root <DIR> --at <TIME> [SELECTOR]...
    stderr: hint: see --help
    exit: 2
    ");
    assert_snapshot!(run(&tree, &home, &["diff", "snapshot:baseline.json", "snapshot:baseline.json", "curl"]), @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z snapshot:baseline.json snapshot:baseline.json curl
    stderr: castore: error: expected two sides, found 2 snapshots and 1 selectors
    stderr: hint: name two snapshots, or one and selectors of this host
    exit: 2
    ");
    assert_snapshot!(run(&tree, &home, &["snapshot", "/gone.pem", "--out", "-"]), @r"
    $ castore snapshot --root @ROOT@ --at 2026-01-01T00:00:00Z /gone.pem --out -
    stderr: castore: error: /gone.pem: nothing is there
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
    exit: 2
    ");
}

#[test]
fn a_snapshot_of_some_is_compared_with_the_same() {
    let tree = with_environment(with_programs(debian())).file("corp.pem", roots()[2].pem());
    let home = Tree::new();
    _ = run(&tree, &home, &["snapshot", "certifi:/opt/venv", "/corp.pem", "--out", "baseline.json"]).exits(0);
    is_clean(check(&tree, &home));
    put(&tree, BUNDLE, "");
    is_clean(check(&tree, &home));
    put(&tree, "corp.pem", roots()[2].pem() + &root("New").make().pem());
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    warning[root-added]: a root is new since the baseline: New (3f176ae4)
      at /corp.pem:10
      expected the certificates of the baseline, found one that no store held then, which no client found here takes from it
      hint: find out who added it; remove it, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE 3f176ae4
    1 warning
    exit: 1
    ");
}

#[test]
fn nobody_is_named_where_that_is_asked_for() {
    let passwd = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice Smith,,,:/home/alice:/bin/sh\n";
    let own = root("mkcert alice@laptop (Alice Smith)").make();
    let tree = debian()
        .file("etc/passwd", passwd)
        .file("etc/hostname", "laptop\n")
        .file("home/alice/.gitconfig", "[http]\n\tsslCAInfo = /home/alice/own.pem\n")
        .file("home/alice/own.pem", own.pem())
        .file("usr/bin/git", crate::roots::elf(&[], ""));
    let home = Tree::new();
    let castore = Castore::at(&tree).with(["--user", "alice", "--at", NOW]).directory(home.path());
    _ = castore.run(["snapshot", "--redact", "--out", "baseline.json"]).exits(0);
    let text = String::from_utf8(home.read("baseline.json")).expect("UTF-8");
    for name in ["alice", "Alice", "Smith", "laptop"] {
        assert!(!text.contains(name), "{name} in\n{text}");
    }
    assert!(text.contains("/home/user-1000/own.pem") && text.contains("mkcert user-1000@host (user-1000)"), "{text}");
    assert_snapshot!(castore.run(["snapshot", "--redact", "/home/alice/own.pem", "--out", "-"]), @r"
    $ castore snapshot --root @ROOT@ --user alice --at 2026-01-01T00:00:00Z --redact /home/alice/own.pem --out -
    stderr: castore: error: --redact: /home/alice/own.pem names a person or this host
    stderr: hint: take the whole host, or leave --redact out
    exit: 2
    ");
    // It is compared in the same way.
    is_clean(castore.run(["check", "--baseline", "baseline.json", "--only", "root-added", "--only", "store-moved"]));
    put(&tree, "home/alice/own.pem", own.pem() + &root("Evil").make().pem());
    let found = castore.run(["check", "--baseline", "baseline.json", "--only", "root-added", "--only", "store-moved"]);
    assert!(found.exits(1).stdout().contains("/home/alice/own.pem"));
}

#[test]
fn hostile_names_stay_text() {
    let tree = debian();
    let home = taken(&tree);
    let hostile: String = HOSTILE_NAMES.iter().map(|name| root(name).make().pem()).collect();
    put(&tree, BUNDLE, hostile + &expired().make().pem());
    for arguments in [
        &["diff", "snapshot:baseline.json"][..],
        &["diff", "snapshot:baseline.json", "--format", "json"],
        &["check", "--baseline", "baseline.json"],
        &["snapshot", "--out", "-"],
    ] {
        let output = run(&tree, &home, arguments);
        let shown = String::from_utf8(output.raw_stdout().to_vec()).expect("UTF-8");
        assert!(!shown.contains(|c| c != '\n' && castore::render::escape::is_unsafe(c)), "{shown}");
    }
    // A file that holds them is read, and they are in what is told of it.
    let later = taken(&tree);
    put(&tree, BUNDLE, bundle(&roots()));
    let output = run(&tree, &later, &["diff", "snapshot:baseline.json"]).exits(1);
    assert!(output.stdout().contains("Clear\\u{1b}[2J"), "{output}");
}

/// A directory that one account may read and another not is not compared, and not an alarm.
#[test]
#[cfg(unix)]
fn what_is_closed_is_not_compared() {
    use std::os::unix::fs::PermissionsExt;
    let tree = with_programs(debian());
    let home = taken(&tree);
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    for directory in [tree.path(), home.path()] {
        mode(directory, 0o755);
    }
    mode(&tree.path().join(BUNDLE), 0o000);
    let Some(castore) = Castore::at(&tree).with(["--at", NOW]).directory(home.path()).without_rights() else { return };
    let arguments = ["check", "--baseline", "baseline.json", "--only", "not-compared", "--only", "root-removed"];
    assert_snapshot!(castore.run(arguments), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only not-compared --only root-removed
    warning[not-compared]: a store cannot be compared with the baseline
      at /etc/ssl/certs/ca-certificates.crt  (used by certifi, curl, go, libcurl and 3 more)
      expected one with 3 certificates that could be read, found one that could not be read (permission denied)
      hint: run castore as an account that can read it
    1 warning
    stderr: castore: not read in full, so there may be more: /etc/ssl/certs, /etc/ssl/certs/ca-certificates.crt
    exit: 2
    ");
}

/// A home that is closed is told by its place, and a store that is no certificates any more is no matter of rights.
#[test]
#[cfg(unix)]
fn what_is_not_compared_has_a_place_and_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let tree = debian()
        .file("etc/passwd", "ann:x:1000:1000::/srv/own:/bin/sh\n")
        .file("srv/own/.gitconfig", "[http]\n\tsslCAInfo = /srv/own/own.pem\n")
        .file("srv/own/own.pem", root("Own").make().pem())
        .file("usr/bin/git", crate::roots::elf(&[], ""));
    let home = Tree::new();
    let all = |castore: Castore| castore.with(["--at", NOW, "--all-users"]).directory(home.path());
    _ = all(Castore::at(&tree)).run(["snapshot", "--out", "baseline.json"]).exits(0);
    put(&tree, BUNDLE, [0; 40]);
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    for directory in [tree.path(), home.path()] {
        mode(directory, 0o755);
    }
    mode(&tree.path().join("srv/own"), 0o000);
    let Some(castore) = all(Castore::at(&tree)).without_rights() else { return };
    let arguments =
        ["check", "--baseline", "baseline.json", "--only", "not-compared", "--only", "store-changed-client"];
    assert_snapshot!(castore.run(arguments), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --all-users --baseline baseline.json --only not-compared --only store-changed-client
    warning[not-compared]: a store cannot be compared with the baseline
      at /etc/ssl/certs/ca-certificates.crt  (used by go, rust-native-certs, rust-native-tls, system)
      expected one with 3 certificates that could be read, found one of a format that is not read (no format of certificates that castore knows)
      hint: see what stands there now, and put back what is to be there
    warning[not-compared]: a store cannot be compared with the baseline
      at /srv/own/own.pem
      expected one with 1 certificate that could be read, found one that could not be read
      hint: run castore as an account that can read it
    info[not-compared]: a store cannot be compared with the baseline
      at /srv/own
      expected nothing there, found one that could not be read (permission denied)
      hint: run castore as an account that can read it
    2 warnings, 1 info
    stderr: castore: permission denied, so not known what these accounts use: ann
    stderr: castore: permission denied, so clients there are not known: /srv/own
    stderr: castore: not read in full, so there may be more: /etc/ssl/certs/ca-certificates.crt
    exit: 2
    ");
    mode(&tree.path().join("srv/own"), 0o755);
}

/// What other accounts can change says nothing of what this one accepted.
#[test]
#[cfg(unix)]
fn a_baseline_that_others_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let tree = debian();
    let home = taken(&tree);
    let file = home.path().join("baseline.json");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).expect("a mode");
    assert_snapshot!(run(&tree, &home, &["check", "--baseline", "baseline.json"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json
    stderr: castore: error: baseline.json: expected a baseline that no other account can change: every account may write it
    stderr: hint: let none but root and this account write it, or copy it to where that is so
    exit: 2
    ");
    _ = run(&tree, &home, &["snapshot", "accept", "--baseline", "baseline.json"]).exits(2);
    _ = run(&tree, &home, &["diff", "baseline.json"]).exits(0);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    is_clean(check(&tree, &home));
}

/// What a baseline of one account did not look at is neither new nor gone.
#[test]
fn a_baseline_is_of_those_who_are_looked_at() {
    let tree = debian()
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
        .file("home/ann/.gitconfig", "[http]\n\tsslCAInfo = /home/ann/own.pem\n")
        .file("home/ann/own.pem", root("Own").make().pem())
        .file("usr/bin/git", crate::roots::elf(&[], ""));
    let home = taken(&tree);
    let all = Castore::at(&tree).with(["--all-users", "--login-environment"]).directory(home.path());
    let only = ["check", "--only", "root-added", "--only", "store-moved", "--baseline"];
    assert_snapshot!(all.run(only.iter().chain(&["baseline.json"])), @r"
    $ castore check --root @ROOT@ --all-users --login-environment --only root-added --only store-moved --baseline baseline.json
    stderr: castore: error: baseline.json: expected a baseline of every account, found one of one account
    stderr: hint: take it for those who are looked at here: castore snapshot --root @ROOT@ --all-users --login-environment --out FILE
    exit: 2
    ");
    _ = all.run(["snapshot", "accept", "--baseline", "baseline.json"]).exits(2);
    assert!(all.run(["diff", "baseline.json"]).exits(1).stderr().contains("looked at every account"));
    _ = all.run(["snapshot", "--out", "all.json"]).exits(0);
    is_clean(all.run(only.iter().chain(&["all.json"])));
    assert_snapshot!(run(&tree, &home, &only.iter().chain(&["all.json"]).copied().collect::<Vec<_>>()), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only root-added --only store-moved --baseline all.json
    stderr: castore: error: all.json: expected a baseline of one account, found one of every account
    stderr: hint: look with --all-users --login-environment as it did, or take another: castore snapshot --root @ROOT@ --out FILE
    exit: 2
    ");
    // Other variables are said, and compared.
    let without = Castore::at(&tree).with(["--all-users"]).directory(home.path());
    let output = without.run(only.iter().chain(&["all.json"])).exits(0);
    assert!(output.stderr().contains("was taken with --login-environment, and this looks without it"), "{output}");
    // Of files nobody's account is asked.
    _ = run(&tree, &home, &["snapshot", &format!("/{BUNDLE}"), "--out", "file.json"]).exits(0);
    is_clean(all.run(only.iter().chain(&["file.json"])));
}

#[test]
fn a_store_emptied_is_one_finding() {
    let many: Vec<_> = (1..=9).map(|number| root(&format!("Root {number}")).make()).collect();
    let tree = Tree::new().file(BUNDLE, bundle(&many));
    let home = taken(&tree);
    put(&tree, BUNDLE, bundle(&many[..1]));
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    warning[root-removed]: a root is gone since the baseline
      at /etc/ssl/certs  (used by boringssl, go, rust-native-certs, rust-native-tls and 1 more)
      at /etc/ssl/certs/ca-certificates.crt  (used by go, rust-native-certs, rust-native-tls, system)
      expected the certificates of the baseline, found 8 fewer, 1 are left: no CN=Root 5, O=Example (20a8f506); CN=Root 6, O=Example (35692138); CN=Root 7, O=Example (56b609fc); and 5 more
      hint: find out what removed it; add it again, or accept that: castore snapshot accept --root @ROOT@ --baseline FILE
    1 warning (2 places)
    exit: 1
    ");
}

#[test]
fn a_directory_is_compared_by_what_is_in_it() {
    let tree = with_programs(debian());
    let home = taken(&tree);
    // Hash names and links made anew are no change; one more certificate is.
    let [alpha, ..] = roots();
    remove(&tree, &format!("etc/ssl/certs/{}", hash_name(&alpha, 0)));
    put(&tree, &format!("etc/ssl/certs/{}", hash_name(&alpha, 0)), alpha.pem());
    is_clean(check(&tree, &home));
    let evil = root("Evil Root").key(9).make();
    put(&tree, &format!("etc/ssl/certs/{}", hash_name(&evil, 0)), evil.pem());
    assert_snapshot!(check(&tree, &home), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --baseline baseline.json --only root-added --only root-removed --only trust-changed --only store-moved --only store-changed-client --only not-compared --only accepted-until
    error[root-added]: a root is new since the baseline: Evil Root (36bf6e8e)
      at /etc/ssl/certs/53824869.0:1  (used by boringssl, curl, go, libcurl and 5 more)
      expected the certificates of the baseline, found one that no store held then
      hint: find out who added it; remove it, or accept it: castore snapshot accept --root @ROOT@ --baseline FILE 36bf6e8e
    1 error
    exit: 1
    ");
}

/// What leaves the machine is named as the user says.
#[test]
fn a_snapshot_is_of_the_host_as_it_is_called() {
    let tree = debian().file("etc/hostname", "box\n");
    let home = Tree::new();
    let run = |more: &[&str]| Castore::at(&tree).directory(home.path()).run([&["snapshot", "--out"], more].concat());
    let name = |output: Output| output.exits(0).json()["host"]["name"].clone();
    assert_eq!(name(run(&["-"])), "box");
    assert_eq!(name(run(&["-", "--host-name", "other"])), "other");
    assert_snapshot!(run(&["-", "--host-name", "other", "--redact"]), @r"
    $ castore snapshot --root @ROOT@ --out - --host-name other --redact
    stderr: castore: error: --host-name: with --redact the host has no name
    stderr: hint: leave one of them out
    exit: 2
    ");
}
