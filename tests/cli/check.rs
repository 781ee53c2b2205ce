//! `castore check`: each check with what it finds and with what it leaves alone.

use crate::certificates::{Certificate, NOW, expired, expiring, intermediate, leaf, not_yet_valid, root};
use crate::facts::known;
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, roots, with_environment, with_programs};
use insta::assert_snapshot;

pub fn only(tree: &Tree, id: &str, selector: &str) -> Output {
    Castore::at(tree).with(["--at", NOW]).run(["check", "--only", id, selector])
}

pub fn file(content: impl AsRef<[u8]>) -> Tree {
    Tree::new().file("x.pem", content)
}

#[track_caller]
pub fn is_clean(output: Output) {
    let output = output.exits(0);
    assert_eq!(output.stdout(), "no findings\n");
    assert_eq!(output.stderr(), "");
}

#[test]
fn a_sound_machine_is_clean() {
    // A certifi with two roots would be a tiny one.
    let certifi = "opt/venv/lib/python3.11/site-packages/certifi/cacert.pem";
    let tree = with_environment(with_programs(debian())).file(certifi, bundle(&roots()));
    let tree = known(tree, &roots());
    let facts = tree.path().join("facts");
    is_clean(Castore::at(&tree).with(["--at", NOW]).run(["check", "--facts", facts.to_str().expect("a name")]));
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
fn empty_files() {
    assert_snapshot!(only(&file(""), "empty-store", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only empty-store /x.pem
    error[empty-store]: a file in use holds no certificate
      at /x.pem
      expected at least one certificate, found none
      hint: fill it again: with the system's refresh command, by installing its package anew, or by what made it
    1 error
    exit: 1
    ");
    is_clean(only(&file(bundle(&roots())), "empty-store", "/x.pem"));
    // A machine whose bundle was emptied is not clean.
    let emptied = debian().file("etc/ssl/certs/ca-certificates.crt", "");
    let output = Castore::at(&emptied).with(["--at", NOW]).run(["check", "system"]).exits(1);
    assert!(output.stdout().starts_with("error[empty-store]"), "{output}");
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
    // Two times of one day are told apart.
    let edge = |at: &str, only: &str, words: &str| {
        let output = Castore::at(&tree).run(["check", "/x.pem", "--expires-within", "31", "--at", at, "--only", only]);
        assert!(output.stdout().contains(words), "{output}");
    };
    edge(
        "2026-01-01T12:00:00Z",
        "expiring",
        "expected valid on 2026-02-01T12:00:00Z, found valid until 2026-02-01T00:00:00Z, 30 days from now\n",
    );
    edge(
        "2026-02-01T12:00:00Z",
        "expired",
        "expected valid on 2026-02-01T12:00:00Z, found valid until 2026-02-01T00:00:00Z, 0 days ago\n",
    );
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
      expected its issuer CN=Top, O=Example with key identifier 3dba97edb866520d36063a0d9f79576893f3b130 in the same store, found none; what takes only self-issued anchors cannot end a chain with it
      hint: add the issuer's root, or remove the intermediate
    1 warning
    exit: 1
    ");
    assert_snapshot!(run(&["/srv/corp.pem", "/top.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only missing-issuer /srv/corp.pem /top.pem
    warning[missing-issuer]: an issuer is missing: Between (1b1cfe79)
      at /srv/corp.pem:1
      expected its issuer CN=Top, O=Example with key identifier 3dba97edb866520d36063a0d9f79576893f3b130 in the same store, found none; what takes only self-issued anchors cannot end a chain with it
      hint: add 607a881c, which /top.pem holds
    1 warning
    exit: 1
    ");
    assert_snapshot!(run(&["curl", "--env", "CURL_CA_BUNDLE=/srv/corp.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only missing-issuer curl --env CURL_CA_BUNDLE=/srv/corp.pem
    info[missing-issuer]: an issuer is missing: Between (1b1cfe79)
      at /srv/corp.pem:1  (used by curl:/usr/bin/curl)
      expected its issuer CN=Top, O=Example with key identifier 3dba97edb866520d36063a0d9f79576893f3b130 in a store of the client, found none; this client takes it as an anchor all the same
      hint: add the issuer's root, or remove the intermediate
    1 info
    exit: 1
    ");
    is_clean(only(&file(between.pem() + &top.pem()), "missing-issuer", "/x.pem"));
    // Its own issuer is there: what is missing is further up.
    let below = intermediate("Below").key(8).issued_by(&between);
    let told = only(&file(below.pem() + &between.pem()), "missing-issuer", "/x.pem").exits(1);
    let told = told.stdout();
    assert!(
        told.contains("expected at the end of its chain the issuer of CN=Between, O=Example, CN=Top, O=Example"),
        "{told}"
    );
    assert!(told.contains("expected its issuer CN=Top, O=Example"), "{told}");
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
    error[openssl-refuses]: OpenSSL does not load what is in this file
      at /x.pem:10
      expected 1 certificate loaded, found none, because of line 10: the block holds no certificate that OpenSSL can decode
      hint: repair or delete that block; or write the bundle anew with castore export --root @ROOT@
    1 error
    stderr: castore: not read in full, so there may be more: /x.pem
    exit: 2
    ");
    is_clean(only(&file(roots()[0].pem()), "malformed", "/x.pem"));
    is_clean(only(&file(roots()[0].pem()), "openssl-refuses", "/x.pem"));
}

#[test]
fn blocks_that_openssl_does_not_see() {
    let [one, two] = [0, 1].map(|n| roots()[n].pem());
    let indented = one.lines().map(|line| format!("  {line}\n")).collect::<String>();
    assert_snapshot!(only(&file(indented + &two), "openssl-refuses", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only openssl-refuses /x.pem
    error[openssl-refuses]: OpenSSL does not load what is in this file
      at /x.pem:1
      expected 2 certificates loaded, found 1: the BEGIN and END of this one are not lines of their own, of five dashes each
      hint: write the file anew with castore export --root @ROOT@
    1 error
    exit: 1
    ");
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(one.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_snapshot!(only(&file(utf16), "openssl-refuses", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only openssl-refuses /x.pem
    error[openssl-refuses]: OpenSSL does not load what is in this file
      at /x.pem:1
      expected 1 certificate loaded, found none: it is UTF-16
      hint: write the file anew with castore export --root @ROOT@
    1 error
    exit: 1
    ");
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

/// A root with basic constraints that are not critical and nothing else.
fn lax(name: &str) -> crate::certificates::Recipe {
    root(name).silent().extension(&[2, 5, 29, 19], false, vec![0x30, 3, 1, 1, 0xff])
}

/// What Python 3.13 asks of a root and Python 3.11 does not.
#[test]
fn a_root_that_a_strict_verifier_refuses() {
    let lax = lax("Lax Proxy").make();
    let tree = crate::roots::with_programs(Tree::new())
        .file("usr/bin/python3.13", crate::roots::elf(&[], ""))
        .file("usr/lib/python3.13/os.py", "")
        .file(
            "usr/lib/python3.13/lib-dynload/_ssl.cpython-313-x86_64-linux-gnu.so",
            crate::roots::elf(&["libcrypto.so.3"], ""),
        )
        .file("usr/lib/ssl/cert.pem", lax.pem() + &root("Good").key(4).make().pem());
    let run = |only: &str| {
        let arguments = ["check", "--at", NOW, "--only", only, "--env", "PATH=/usr/bin", "--format", "json"];
        Castore::at(&tree).run(arguments).json()
    };
    let found = run("acceptance/strict");
    let findings = found["findings"].as_array().expect("findings");
    assert!(!findings.is_empty(), "{found:#}");
    for finding in findings {
        assert_eq!(finding["certificate"]["name"], "Lax Proxy", "{finding:#}");
        let clients: Vec<_> =
            finding["clients"].as_array().expect("clients").iter().map(|c| c.as_str().unwrap()).collect();
        assert_eq!(clients, ["python:/usr/bin/python3.13"], "{finding:#}");
    }
    assert_eq!(run("acceptance/strength")["findings"].as_array().map(Vec::len), Some(0));
    let form = run("acceptance/form");
    assert_eq!(form["findings"].as_array().map(Vec::len), Some(0), "{form:#}");
}

/// A root in the system's store that Python 3.13, which does not have it, would refuse there too.
#[test]
fn a_root_that_another_verifier_would_refuse() {
    let tree = crate::roots::with_programs(Tree::new())
        .file("usr/bin/python3.13", crate::roots::elf(&[], ""))
        .file("usr/lib/python3.13/os.py", "")
        .file(
            "usr/lib/python3.13/lib-dynload/_ssl.cpython-313-x86_64-linux-gnu.so",
            crate::roots::elf(&["libcrypto.so.3"], ""),
        )
        .file("etc/ssl/certs/ca-certificates.crt", lax("Lax Proxy").make().pem())
        .file("usr/lib/ssl/cert.pem", root("Good").key(4).make().pem());
    let output =
        Castore::at(&tree).run(["check", "--at", NOW, "--only", "acceptance/elsewhere", "--env", "PATH=/usr/bin"]);
    assert_snapshot!(output, @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only acceptance/elsewhere --env PATH=/usr/bin
    info[acceptance/elsewhere]: another verifier would refuse this authority: Lax Proxy (be8f57b7)
      at /etc/ssl/certs/ca-certificates.crt:1  (used by certifi, curl, go, libcurl and 2 more)
      expected critical basic constraints, found basic constraints that are not critical, for which python:/usr/bin/python3.13 would refuse it
      hint: issue it anew with critical basic constraints; the key may stay the same
    info[acceptance/elsewhere]: another verifier would refuse this authority: Lax Proxy (be8f57b7)
      at /etc/ssl/certs/ca-certificates.crt:1  (used by certifi, curl, go, libcurl and 2 more)
      expected a key usage with keyCertSign, found no key usage, for which python:/usr/bin/python3.13 would refuse it
      hint: issue it anew with key usage keyCertSign and cRLSign
    info[acceptance/elsewhere]: another verifier would refuse this authority: Lax Proxy (be8f57b7)
      at /etc/ssl/certs/ca-certificates.crt:1  (used by certifi, curl, go, libcurl and 2 more)
      expected a subject key identifier, found none, for which python:/usr/bin/python3.13 would refuse it
      hint: issue it anew with a subject key identifier
    3 info
    exit: 1
    ");
}

/// An expired root and what it issued: needed, replaced by a renewal, replaced by an anchor of what it issued.
#[test]
fn an_expired_root_that_is_needed_and_one_that_is_not() {
    let over = |recipe: crate::certificates::Recipe| recipe.dates((2015, 1, 1), (2025, 7, 1));
    let gone = over(root("Old Root").key(2)).make();
    let middle = intermediate("Issuing CA").key(3).issued_by(&gone);
    let renewed = root("Old Root").key(2).serial(&[9]).make();
    let promoted = root("Issuing CA").key(3).make();
    let other = root("Other").key(4).make();
    let tree = |roots: &[&Certificate], elsewhere: &[&Certificate]| {
        let text = |all: &[&Certificate]| all.iter().map(|one| one.pem()).collect::<String>();
        Tree::new().file("x.pem", text(roots)).file("etc/ssl/certs/ca-certificates.crt", text(elsewhere))
    };
    let run = |tree: &Tree| {
        let arguments = ["check", "--at", NOW, "--only", "expired", "--only", "expired-harmless", "/x.pem"];
        Castore::at(tree).run(arguments)
    };
    // What it issued stands in another store.
    let needed = run(&tree(&[&gone, &other], &[&middle, &other]));
    assert_snapshot!(needed, @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired --only expired-harmless /x.pem
    warning[expired]: a certificate has expired: Old Root (28ba8264)
      at /x.pem:1
      expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago; Issuing CA (0731ef0e), valid until 2035-01-01, has no other path
      hint: add the successor of this root to the same stores, and have servers send a chain to it
    1 warning
    exit: 1
    ");
    // A renewal in the same store is told as a twin.
    is_clean(run(&tree(&[&gone, &renewed], &[&middle])));
    let issued = run(&tree(&[&gone, &promoted], &[&middle]));
    assert_snapshot!(issued, @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired --only expired-harmless /x.pem
    info[expired-harmless]: an expired authority is needed by nothing here: Old Root (28ba8264)
      at /x.pem:1
      expected only what is needed, found valid until 2025-07-01; Issuing CA (0731ef0e), which it issued, is an anchor itself (8f9c5f15)
      hint: remove it where the store is kept by hand
    1 info
    exit: 1
    ");
    // Nothing that it issued is known: neither is told.
    let unknown = run(&tree(&[&gone, &other], &[&other]));
    assert_snapshot!(unknown, @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired --only expired-harmless /x.pem
    warning[expired]: a certificate has expired: Old Root (28ba8264)
      at /x.pem:1
      expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago
      hint: remove it where the store is kept by hand; else update the package the store comes from
    1 warning
    exit: 1
    ");
    // A cross-sign that servers have to send.
    let crossed = intermediate("Issuing CA").key(3).serial(&[7]).issued_by(&other);
    let perhaps = run(&tree(&[&gone, &other], &[&middle, &crossed]));
    assert_snapshot!(perhaps, @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired --only expired-harmless /x.pem
    warning[expired]: a certificate has expired: Old Root (28ba8264)
      at /x.pem:1
      expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago
      hint: remove it where the store is kept by hand; else update the package the store comes from
    1 warning
    exit: 1
    ");
}
