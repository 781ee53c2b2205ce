//! `castore check`: each check with what it finds and with what it leaves alone.

use crate::certificates::{
    Certificate, NOW, expired, expiring, intermediate, leaf, not_yet_valid, numbered_bundle, root,
};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, hash_name, roots, with_environment, with_programs};
use insta::assert_snapshot;

fn only(tree: &Tree, id: &str, selector: &str) -> Output {
    Castore::at(tree).with(["--at", NOW]).run(["check", "--only", id, selector])
}

/// The text without who uses a store: rows added to the catalogue later also use the system's.
fn without_users(output: &Output) -> String {
    let line = |line: &str| line.split("  (used by ").next().unwrap_or_default().to_owned() + "\n";
    output.stdout().lines().map(line).collect()
}

fn file(content: impl AsRef<[u8]>) -> Tree {
    Tree::new().file("x.pem", content)
}

#[track_caller]
fn is_clean(output: Output) {
    let output = output.exits(0);
    assert_eq!(output.stdout(), "no findings\n");
    assert_eq!(output.stderr(), "");
}

#[test]
fn a_sound_machine_is_clean() {
    let tree = with_environment(with_programs(debian()));
    is_clean(Castore::at(&tree).with(["--at", NOW]).run(["check"]));
    is_clean(Castore::at(&Tree::new()).run(["check"]));
}

#[test]
fn expired_ones() {
    let tree = file(roots()[0].pem() + &expired().make().pem());
    assert_snapshot!(only(&tree, "expired", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired /x.pem
    warning[expired]: a certificate has expired: Expired Root (eac26c5a)
      at /x.pem:10
      expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago
      hint: remove it where the store is kept by hand; else update the package the store comes from
    1 warning
    exit: 1
    ");
    is_clean(only(&file(bundle(&roots())), "expired", "/x.pem"));
    // Valid until that second.
    is_clean(Castore::at(&tree).run(["check", "--only", "expired", "/x.pem", "--at", "2025-07-01T00:00:00Z"]));
    _ = Castore::at(&tree).run(["check", "--only", "expired", "/x.pem", "--at", "2025-07-01T00:00:01Z"]).exits(1);
}

#[test]
fn expiring_ones() {
    let tree = file(expiring().make().pem());
    assert_snapshot!(only(&tree, "expiring", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expiring /x.pem
    warning[expiring]: a certificate expires soon: Expiring Root (2f560d18)
      at /x.pem:1
      expected valid on 2026-04-01, found valid until 2026-02-01, 31 days from now
      hint: find its successor and add it to the same stores before that day
    1 warning
    exit: 1
    ");
    let within = |days: &str| {
        Castore::at(&tree).with(["--at", NOW]).run(["check", "--only", "expiring", "/x.pem", "--expires-within", days])
    };
    is_clean(within("31"));
    _ = within("32").exits(1);
    is_clean(within("0"));
    assert_snapshot!(within("soon"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expiring /x.pem --expires-within soon
    stderr: castore: error: invalid value 'soon' for '--expires-within <DAYS>': expected a number of days from 0 to 36500
    stderr: hint: see --help
    exit: 2
    ");
}

#[test]
fn ones_that_are_not_valid_yet() {
    assert_snapshot!(only(&file(not_yet_valid().make().pem()), "not-yet-valid", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only not-yet-valid /x.pem
    warning[not-yet-valid]: a certificate is not valid yet: Future Root (a241cdc9)
      at /x.pem:1
      expected valid on 2026-01-01, found valid from 2027-01-01, 365 days from now
      hint: compare this machine's clock; if it is right, wait, or remove the certificate
    1 warning
    exit: 1
    ");
    is_clean(only(&file(roots()[0].pem()), "not-yet-valid", "/x.pem"));
}

fn chain() -> (Certificate, Certificate) {
    let top = root("Top").key(9).make();
    let between = intermediate("Between").issued_by(&top);
    (top, between)
}

#[test]
fn a_missing_issuer_is_named_with_the_store_that_holds_it() {
    let (top, between) = chain();
    let tree = with_programs(debian()).file("srv/corp.pem", between.pem()).file("top.pem", top.pem());
    let run = |arguments: &[&str]| {
        Castore::at(&tree).with(["--at", NOW]).run(["check", "--only", "missing-issuer"].iter().chain(arguments))
    };
    assert_snapshot!(run(&["/srv/corp.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only missing-issuer /srv/corp.pem
    warning[missing-issuer]: an issuer is missing: Between (1b1cfe79)
      at /srv/corp.pem:1
      expected its issuer CN=Top, O=Example in the same store, found none; what takes only self-issued anchors cannot end a chain with it
      hint: add the issuer's root, or remove the intermediate
    1 warning
    exit: 1
    ");
    assert_snapshot!(run(&["/srv/corp.pem", "/top.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only missing-issuer /srv/corp.pem /top.pem
    warning[missing-issuer]: an issuer is missing: Between (1b1cfe79)
      at /srv/corp.pem:1
      expected its issuer CN=Top, O=Example in the same store, found none; what takes only self-issued anchors cannot end a chain with it
      hint: add 607a881c, which /top.pem holds
    1 warning
    exit: 1
    ");
    assert_snapshot!(run(&["curl", "--env", "CURL_CA_BUNDLE=/srv/corp.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only missing-issuer curl --env CURL_CA_BUNDLE=/srv/corp.pem
    warning[missing-issuer]: an issuer is missing: Between (1b1cfe79)
      at /srv/corp.pem:1  (used by curl:/usr/bin/curl)
      expected its issuer CN=Top, O=Example in a store of the client, found none; this client takes it as an anchor all the same
      hint: add the issuer's root, or remove the intermediate
    1 warning
    exit: 1
    ");
    is_clean(only(&file(between.pem() + &top.pem()), "missing-issuer", "/x.pem"));
}

#[test]
fn a_block_that_is_no_certificate() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tree = file(roots()[0].pem() + broken);
    assert_snapshot!(only(&tree, "malformed", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only malformed /x.pem
    error[malformed]: an entry cannot be read
      at /x.pem:10
      expected a SEQUENCE (0x30), found tag 0x00 at offset 0
      hint: replace the block with the certificate, or delete it
    1 error
    stderr: castore: not read in full, so there may be more: /x.pem
    exit: 2
    ");
    assert_snapshot!(only(&tree, "openssl-refuses", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only openssl-refuses /x.pem
    error[openssl-refuses]: OpenSSL loads nothing from this file
      at /x.pem:10
      expected 1 certificate loaded, found none, because of line 10: the block holds no certificate that OpenSSL can decode
      hint: repair or delete that block; or write the bundle anew with castore export
    1 error
    stderr: castore: not read in full, so there may be more: /x.pem
    exit: 2
    ");
    is_clean(only(&file(roots()[0].pem()), "malformed", "/x.pem"));
    is_clean(only(&file(roots()[0].pem()), "openssl-refuses", "/x.pem"));
}

#[test]
fn the_same_one_twice() {
    let [alpha, beta, _] = roots();
    assert_snapshot!(only(&file(bundle(&[alpha, beta]) + &roots()[0].pem()), "duplicate", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only duplicate /x.pem
    info[duplicate]: a certificate stands twice in a store: Alpha Root (5cc62d47)
      at /x.pem:19
      expected each certificate once, found the same at line 1
      hint: delete the later copy
    1 info
    exit: 1
    ");
    is_clean(only(&debian(), "duplicate", "system-directory"));
}

#[test]
fn one_that_is_no_authority() {
    assert_snapshot!(only(&file(leaf("www.example").make().pem()), "not-a-ca", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only not-a-ca /x.pem
    warning[not-a-ca]: a certificate is no certification authority: www.example (2ab10e29)
      at /x.pem:1
      expected basic constraints with CA:TRUE, found CA:FALSE
      hint: if a server's own certificate is meant to be trusted, keep it; else remove it
    1 warning
    exit: 1
    ");
    is_clean(only(&file(bundle(&roots())), "not-a-ca", "/x.pem"));
}

#[test]
fn a_private_key_is_found_and_never_shown() {
    let [alpha, ..] = roots();
    let output = only(&file(alpha.pem() + &alpha.private_key_pem()), "private-key", "/x.pem");
    let key = alpha.private_key_pem();
    let secret = key.lines().nth(1).expect("base64");
    assert!(!output.to_string().contains(secret));
    assert_snapshot!(output, @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only private-key /x.pem
    error[private-key]: a private key stands in a trust store
      at /x.pem:10
      expected certificates only, found a private key
      hint: move the key to a file of its own that only its user can read; if others could read it, replace it
    1 error
    exit: 1
    ");
    is_clean(only(&file(alpha.pem()), "private-key", "/x.pem"));
}

#[test]
fn an_override_that_gives_nothing() {
    let tree = with_environment(with_programs(debian())).file("empty.pem", "").file("notes.txt", "buy milk\n");
    let run = |client: &str, variable: &str| {
        Castore::at(&tree).run(["check", "--only", "override-broken", client, "--env", variable])
    };
    assert_snapshot!(run("curl", "CURL_CA_BUNDLE=/gone.pem"), @r"
    $ castore check --root @ROOT@ --only override-broken curl --env CURL_CA_BUNDLE=/gone.pem
    error[override-broken]: an override points nowhere, or at no certificates
      at /gone.pem  (used by curl:/usr/bin/curl)
      expected certificates where $CURL_CA_BUNDLE points, found nothing: the client stops with an error
      hint: correct $CURL_CA_BUNDLE, or remove it to use the default store
    1 error
    exit: 1
    ");
    assert_snapshot!(run("python:/opt/venv", "SSL_CERT_FILE=/empty.pem"), @r"
    $ castore check --root @ROOT@ --only override-broken python:/opt/venv --env SSL_CERT_FILE=/empty.pem
    error[override-broken]: an override points nowhere, or at no certificates
      at /empty.pem  (used by python:/opt/venv/bin/python)
      expected certificates where $SSL_CERT_FILE points, found no certificate in what is there: the client trusts nothing from there and does not fall back
      hint: correct $SSL_CERT_FILE, or remove it to use the default store
    1 error
    exit: 1
    ");
    assert_snapshot!(run("requests", "REQUESTS_CA_BUNDLE=/notes.txt"), @r"
    $ castore check --root @ROOT@ --only override-broken requests --env REQUESTS_CA_BUNDLE=/notes.txt
    error[override-broken]: an override points nowhere, or at no certificates
      at /notes.txt  (used by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected certificates where $REQUESTS_CA_BUNDLE points, found no certificate in what is there: the client stops with an error
      hint: correct $REQUESTS_CA_BUNDLE, or remove it to use the default store
    1 error
    stderr: castore: not read in full, so there may be more: /notes.txt
    exit: 2
    ");
    assert_snapshot!(run("requests", "REQUESTS_CA_BUNDLE=/empty.pem"), @r"
    $ castore check --root @ROOT@ --only override-broken requests --env REQUESTS_CA_BUNDLE=/empty.pem
    error[override-broken]: an override points nowhere, or at no certificates
      at /empty.pem  (used by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected certificates where $REQUESTS_CA_BUNDLE points, found no certificate in what is there: the client stops with an error
      hint: correct $REQUESTS_CA_BUNDLE, or remove it to use the default store
    1 error
    exit: 1
    ");
    is_clean(run("requests", "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt"));
    is_clean(run("requests", "REQUESTS_CA_BUNDLE="));
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
    warning[hash-directory]: a hash directory is at odds with itself
      at /etc/ssl/certs/0123abcd.0
      expected a file, found a link to gone.pem, where nothing is
      hint: run the system's refresh command, or openssl rehash, on the directory
    warning[hash-directory]: a hash directory is at odds with itself: Corp Root (892f1c6d)
      at /etc/ssl/certs/3383f1ab.2
      expected the name 06c77894.N, found 3383f1ab.2
      hint: run the system's refresh command, or openssl rehash, on the directory
    warning[hash-directory]: a hash directory is at odds with itself: Beta Root (90783156)
      at /etc/ssl/certs/89abcdef.0
      expected the name 8a3be2fe.N, found 89abcdef.0
      hint: run the system's refresh command, or openssl rehash, on the directory
    warning[hash-directory]: a hash directory is at odds with itself
      at /etc/ssl/certs
      expected 3383f1ab.1, found a later index without it: the search stops there
      hint: run the system's refresh command, or openssl rehash, on the directory
    warning[hash-directory]: a hash directory is at odds with itself: Unlinked (79ffddff)
      at /etc/ssl/certs/unlinked.pem
      expected a hash name that leads to it, found none, so OpenSSL never finds it
      hint: run the system's refresh command, or openssl rehash, on the directory
    5 warnings
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
      hint: run the system's refresh command; if it stays, the certificate was put there by hand
    1 warning
    ");
    is_clean(only(&debian(), "bundle-directory-drift", "system*"));
}

#[test]
fn a_store_not_read_is_not_clean() {
    let tree = Tree::new().file("usr/lib/jvm/x/lib/security/cacerts", b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01");
    assert_snapshot!(only(&tree, "unread-store", "java"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only unread-store java
    info[unread-store]: a store was not read in full
      at /usr/lib/jvm/x/lib/security/cacerts  (used by java)
      expected every entry read, found format jks, which this version does not read
      hint: look at it with the program it belongs to
    1 info
    stderr: castore: not read in full, so there may be more: /usr/lib/jvm/x/lib/security/cacerts
    exit: 2
    ");
    // Nothing is reported and it still is not clean.
    assert_snapshot!(only(&tree, "expired", "java"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired java
    no findings
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
    stderr: castore: error: no check is called "exipred"
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
    assert_eq!(output.lines().last(), Some("20000 warnings, 10000 info"));
}
