//! `castore check`: what it looks at, which findings count, and how they are told.

use crate::certificates::{NOW, expired, leaf, numbered_bundle, root};
use crate::check::{file, is_clean, only};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, hash_name, roots, uber, with_environment, with_programs};
use insta::assert_snapshot;

/// The text without who uses a store: rows added to the catalogue later also use the system's.
fn without_users(output: &Output) -> String {
    let line = |line: &str| line.split("  (used by ").next().unwrap_or_default().to_owned() + "\n";
    output.stdout().lines().map(line).collect()
}

#[test]
fn an_override_that_gives_nothing() {
    let tree = with_environment(with_programs(debian())).file("empty.pem", "").file("notes.txt", "buy milk\n");
    let run = |client: &str, variable: &str| {
        Castore::at(&tree).run(["check", "--only", "override-broken", client, "--env", variable])
    };
    assert_snapshot!(run("curl", "CURL_CA_BUNDLE=/gone.pem"), @r"
    $ castore check --root @ROOT@ --only override-broken curl --env CURL_CA_BUNDLE=/gone.pem
    error[override-broken]: an override gives no certificates
      at /gone.pem  (used by curl:/usr/bin/curl)
      expected certificates where $CURL_CA_BUNDLE points, found nothing: the client stops with an error
      hint: correct $CURL_CA_BUNDLE, or remove it to use the default store
    1 error
    exit: 1
    ");
    assert_snapshot!(run("python:/opt/venv", "SSL_CERT_FILE=/empty.pem"), @r"
    $ castore check --root @ROOT@ --only override-broken python:/opt/venv --env SSL_CERT_FILE=/empty.pem
    error[override-broken]: an override gives no certificates
      at /empty.pem  (used by python:/opt/venv/bin/python)
      expected certificates where $SSL_CERT_FILE points, found no certificate in what is there: the client trusts nothing from there and does not fall back
      hint: correct $SSL_CERT_FILE, or remove it to use the default store
    1 error
    exit: 1
    ");
    assert_snapshot!(run("requests", "REQUESTS_CA_BUNDLE=/notes.txt"), @r"
    $ castore check --root @ROOT@ --only override-broken requests --env REQUESTS_CA_BUNDLE=/notes.txt
    error[override-broken]: an override gives no certificates
      at /notes.txt  (used by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected certificates where $REQUESTS_CA_BUNDLE points, found no certificate in what is there: the client stops with an error
      hint: correct $REQUESTS_CA_BUNDLE, or remove it to use the default store
    1 error
    stderr: castore: not read in full, so there may be more: /notes.txt
    exit: 2
    ");
    assert_snapshot!(run("requests", "REQUESTS_CA_BUNDLE=/empty.pem"), @r"
    $ castore check --root @ROOT@ --only override-broken requests --env REQUESTS_CA_BUNDLE=/empty.pem
    error[override-broken]: an override gives no certificates
      at /empty.pem  (used by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected certificates where $REQUESTS_CA_BUNDLE points, found no certificate in what is there: the client stops with an error
      hint: correct $REQUESTS_CA_BUNDLE, or remove it to use the default store
    1 error
    exit: 1
    ");
    is_clean(run("requests", "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt"));
    is_clean(run("requests", "REQUESTS_CA_BUNDLE="));
}

/// Anchors that may not be listed or opened are not missing: the bundle may well be made of them.
#[cfg(unix)]
#[test]
fn anchors_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    for (path, mode) in
        [("usr/local/share/ca-certificates", 0o711), ("usr/local/share/ca-certificates/corp.crt", 0o000)]
    {
        let tree = debian().file("etc/ca-certificates.conf", "mozilla/Alpha_Root.crt\nmozilla/Beta_Root.crt\n");
        for (path, mode) in [("", 0o755), (path, mode)] {
            std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
        }
        let Some(castore) = Castore::at(&tree).with(["--at", NOW]).without_rights() else { return };
        let output = castore.run(["check", "--only", "bundle-*,unread-store"]).exits(2);
        let told = output.stdout();
        assert!(told.contains("[unread-store]") && !told.contains("[bundle-"), "{path}: {told}");
    }
}

/// What castore may not open is not without certificates.
#[cfg(unix)]
#[test]
fn an_override_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let tree = with_environment(with_programs(debian()))
        .file("closed.pem", bundle(&roots()))
        .file("closed/all.pem", bundle(&roots()));
    for (path, mode) in [("", 0o755), ("closed.pem", 0o000), ("closed", 0o000)] {
        std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let Some(castore) = Castore::at(&tree).with(["--at", NOW]).without_rights() else { return };
    let run =
        |client: &str, variable: &str| castore.run(["check", "--only", "override-broken", client, "--env", variable]);
    let told = ["SSL_CERT_FILE=/closed.pem", "SSL_CERT_DIR=/closed"].map(|set| run("python:/opt/venv", set).stdout());
    let [file, directory] = told;
    assert_snapshot!(file, @r"
    error[override-broken]: an override gives no certificates
      at /closed.pem  (used by python:/opt/venv/bin/python)
      expected certificates where $SSL_CERT_FILE points, found permission denied for this account: the client trusts nothing from there and does not fall back
      hint: let the account that the client runs as read it (its mode, and those of the directories above), or correct $SSL_CERT_FILE
    1 error
    ");
    assert_eq!(directory, file.replace("SSL_CERT_FILE", "SSL_CERT_DIR").replace("/closed.pem", "/closed"));
    assert_snapshot!(run("requests", "REQUESTS_CA_BUNDLE=/closed/all.pem").stdout(), @r"
    error[override-broken]: an override gives no certificates
      at /closed/all.pem  (used by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected certificates where $REQUESTS_CA_BUNDLE points, found permission denied for this account: the client stops with an error
      hint: let the account that the client runs as read it (its mode, and those of the directories above), or correct $REQUESTS_CA_BUNDLE
    1 error
    ");
}

#[test]
fn a_hash_directory_with_faults() {
    let [alpha, beta, corp] = roots();
    let tree = debian()
        .file("etc/ssl/certs/unlinked.pem", root("Unlinked").key(7).make().pem())
        .link("etc/ssl/certs/0123abcd.0", "gone.pem")
        .file("etc/ssl/certs/89abcdef.0", beta.pem())
        .file(format!("etc/ssl/certs/{}", hash_name(&alpha, 2)), corp.pem());
    assert_snapshot!(without_users(&only(&tree, "hash-directory", "system-directory").exits(1)), @r"
    warning[hash-directory]: a hash directory is at odds with itself: 5 findings in 1 store
      - /etc/ssl/certs/0123abcd.0: expected a file, found a link to gone.pem, where nothing is
      - /etc/ssl/certs/3383f1ab.2, Corp Root (892f1c6d): expected the name 06c77894.N, found 3383f1ab.2
      - /etc/ssl/certs/89abcdef.0, Beta Root (90783156): expected the name 8a3be2fe.N, found 89abcdef.0
      - /etc/ssl/certs: expected 3383f1ab.1, found a later index without it: the search stops there
      - /etc/ssl/certs/unlinked.pem, Unlinked (79ffddff): expected a hash name that leads to it, found none, so OpenSSL never finds it
      hint: run the system's refresh command, or openssl rehash, on the directory
    5 warnings; --explain names every place
    ");
    is_clean(only(&debian(), "hash-directory", "system-directory"));
}

#[test]
fn a_bundle_and_a_directory_that_disagree() {
    let tree = debian().file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()[..2]));
    let output = Castore::at(&tree).run(["check", "--only", "bundle-directory-drift", "system*"]).exits(1);
    assert_snapshot!(without_users(&output), @r"
    warning[bundle-directory-drift]: the system's bundle and its hash directory disagree: Corp Root (892f1c6d)
      at /etc/ssl/certs/06c77894.0:1
      expected in the bundle too, found in the hash directory alone
      hint: run the system's refresh command; if it stays, it was put there by hand: add it as an anchor, or remove its file and links
    1 warning
    ");
    is_clean(only(&debian(), "bundle-directory-drift", "system*"));
}

#[test]
fn a_store_not_read_is_not_clean() {
    let tree = Tree::new().file("usr/lib/jvm/x/lib/security/cacerts", uber());
    assert_snapshot!(only(&tree, "unread-store", "java"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only unread-store java
    info[unread-store]: a store was not read in full
      at /usr/lib/jvm/x/lib/security/cacerts  (used by java)
      expected every entry read, found format uber: it is encrypted as a whole, and castore cannot open it
      hint: look at it with the program it belongs to
    1 info
    stderr: castore: not read in full, so there may be more: /usr/lib/jvm/x/lib/security/cacerts
    exit: 2
    ");
    // Nothing is reported and it still is not clean.
    assert_snapshot!(only(&tree, "expired", "java"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired java
    no findings in what could be read
    stderr: castore: not read in full, so there may be more: /usr/lib/jvm/x/lib/security/cacerts
    exit: 2
    ");
}

#[test]
fn findings_are_chosen_by_id_and_severity() {
    let tree = file(expired().make().pem() + &expired().make().pem() + &leaf("www.example").make().pem());
    let ids = |arguments: &[&str]| -> Vec<String> {
        let all = ["check", "/x.pem", "--format", "json", "--at", NOW].iter().chain(arguments);
        let json = Castore::at(&tree).run(all).json();
        let found = json["findings"].as_array().expect("findings").iter();
        found.map(|finding| finding["check"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids(&[]), ["expired", "expired", "expiring", "not-a-ca", "duplicate"]);
    assert_eq!(ids(&["--skip", "expired"]), ["expiring", "not-a-ca", "duplicate"]);
    assert_eq!(ids(&["--only", "duplicate", "--only", "not-a-ca"]), ["not-a-ca", "duplicate"]);
    assert_eq!(ids(&["--min-severity", "warning"]), ["expired", "expired", "expiring", "not-a-ca"]);
    is_clean(Castore::at(&tree).with(["--at", NOW]).run(["check", "/x.pem", "--min-severity", "error"]));
    assert_snapshot!(Castore::at(&tree).run(["check", "--only", "exipred"]), @r#"
    $ castore check --root @ROOT@ --only exipred
    stderr: castore: error: --only: no check is called "exipred"
    stderr: hint: did you mean expired? castore checks lists them
    exit: 2
    "#);
    assert_snapshot!(Castore::at(&tree).run(["check", "/x.pem", "--min-severity", "fatal"]), @r"
    $ castore check --root @ROOT@ /x.pem --min-severity fatal
    stderr: castore: error: invalid value 'fatal' for '--min-severity <SEVERITY>'
    stderr:   [possible values: info, warning, error]
    stderr: hint: see --help
    exit: 2
    ");
}

#[test]
fn a_certificate_in_many_places_is_one_paragraph() {
    let [alpha, ..] = roots();
    let gone = expired().make();
    let tree = Tree::new()
        .file("etc/ssl/certs/ca-certificates.crt", alpha.pem() + &gone.pem())
        .file("opt/corp.pem", gone.pem() + &alpha.pem());
    let output = Castore::at(&tree)
        .with(["--at", NOW])
        .run(["check", "--only", "expired", "system", "/opt/corp.pem"])
        .exits(1)
        .stdout();
    assert_eq!(output.matches("Expired Root").count(), 1, "{output}");
    assert!(output.contains("  at /etc/ssl/certs/ca-certificates.crt:10"), "{output}");
    assert!(output.contains("  at /opt/corp.pem:1\n"), "{output}");
}

#[test]
fn ten_thousand_findings_are_said_at_once() {
    let tree = file(numbered_bundle(10_000).repeat(2));
    let started = std::time::Instant::now();
    let output = Castore::at(&tree).run(["check", "/x.pem", "--at", "2050-01-01"]).exits(1).stdout();
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    let last = "10000 warnings, 10000 info (30000 places); --explain names every place";
    assert_eq!(output.lines().last(), Some(last));
    let started = std::time::Instant::now();
    let explained = Castore::at(&tree).run(["check", "/x.pem", "--at", "2050-01-01", "--explain"]).exits(1).stdout();
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    assert_eq!(explained.matches("\n  at ").count(), 30_000);
}
