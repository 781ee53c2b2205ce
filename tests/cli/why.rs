//! `castore why`.

use crate::certificates::{Certificate, NOW, intermediate, leaf, root};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{debian, roots, with_environment, with_programs};
use insta::assert_snapshot;

/// A Debian whose administrator added *Corp Root*, which the certifi of an environment does not have.
fn machine() -> Tree {
    with_environment(with_programs(debian()))
        .file("opt/venv/lib/python3.11/site-packages/urllib3/__init__.py", "")
        .directory("opt/venv/lib/python3.11/site-packages/urllib3-2.7.0.dist-info")
}

/// An intermediate below *Corp Root*, and a server's certificate below that.
fn corporate() -> (Certificate, Certificate) {
    let between = intermediate("Corp Issuing").issued_by(&roots()[2]);
    let server = leaf("intranet.example").issued_by(&between);
    (between, server)
}

fn why(tree: &Tree, chain: &[&Certificate], more: &[&str]) -> Output {
    let chain: String = chain.iter().map(|certificate| certificate.pem()).collect();
    let arguments = ["why", "-", "--name", "intranet.example", "--at", NOW];
    Castore::at(tree).input(chain).run([&arguments[..], more].concat())
}

#[test]
fn a_root_that_the_system_has_and_an_environment_has_not() {
    let (between, server) = corporate();
    assert_snapshot!(why(&machine(), &[&server, &between], &["--env", "PATH=/usr/bin:/opt/venv/bin"]), @r"
    $ castore why --root @ROOT@ - --name intranet.example --at 2026-01-01T00:00:00Z --env PATH=/usr/bin:/opt/venv/bin
    standard input
      0  intranet.example  2086fe71  until 2026-03-01
      1  Corp Issuing  d59c3ed7  until 2035-01-01

    1 of 7 clients would refuse: the root Corp Root is not in the client's stores; it is in /etc/ssl/certs; no public root program here has it, as with a proxy that inspects TLS

    refuse [private-root]: the root Corp Root is not in the client's stores; it is in /etc/ssl/certs; no public root program here has it, as with a proxy that inspects TLS
      requests 2.32.5
      prints: unable to get local issuer certificate (20)
      mend: write a bundle with Corp Root (892f1c6d) beside what the client has, and name it by REQUESTS_CA_BUNDLE
        $ castore show --pem 892f1c6d2d6aab83 > root.pem
        $ castore export --from requests --from root.pem --out bundle.pem
        $ export REQUESTS_CA_BUNDLE=$PWD/bundle.pem
      mend: set REQUESTS_CA_BUNDLE to /etc/ssl/certs/ca-certificates.crt for this client
        $ export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt

    accept
      openssl 3.0.19, curl 8.14.1, libcurl 8.14.1, python 3.11/3.11.2, urllib3 2.7.0

    not predicted: castore has no rules for how it verifies
      boringssl, go, rust-native-certs 0.8.4, rust-native-tls
    exit: 1
    ");
}

#[test]
fn one_client_hop_by_hop() {
    let (between, server) = corporate();
    assert_snapshot!(why(&machine(), &[&server, &between], &["--client", "openssl", "--explain"]), @r"
    $ castore why --root @ROOT@ - --name intranet.example --at 2026-01-01T00:00:00Z --client openssl --explain
    standard input
      0  intranet.example  2086fe71  until 2026-03-01
      1  Corp Issuing  d59c3ed7  until 2035-01-01

    The one client would accept this chain

    accept
      openssl 3.0.19

      openssl /usr/lib/x86_64-linux-gnu/libcrypto.so.3
        decides: OpenSSL with its defaults for a TLS client, and a host name
        made of: openssl 3.0.19
        anchors: 3
        0  intranet.example  sent at position 0
        1  Corp Issuing  sent at position 1
        2  Corp Root  /etc/ssl/certs/06c77894.0:1
        where a program still fails: a context trusts nothing until SSL_CTX_set_default_verify_paths(), and matches no name until SSL_set1_host()
    exit: 0
    ");
}

#[test]
fn an_intermediate_that_is_not_sent() {
    let (between, server) = corporate();
    let tree = machine().file("etc/other/bundle.pem", between.pem());
    assert_snapshot!(why(&tree, &[&server], &["--client", "openssl"]), @r"
    $ castore why --root @ROOT@ - --name intranet.example --at 2026-01-01T00:00:00Z --client openssl
    standard input
      0  intranet.example  2086fe71  until 2026-03-01

    The one client would refuse: the server sends its own certificate alone, and its issuer CN=Corp Issuing, O=Example is in no store here: most likely an intermediate that the server ought to send

    refuse [intermediate-not-sent]: the server sends its own certificate alone, and its issuer CN=Corp Issuing, O=Example is in no store here: most likely an intermediate that the server ought to send
      openssl 3.0.19
      prints: unable to get local issuer certificate (20)
      behind it, at depth 0: nothing is there to verify it with
    exit: 1
    ");
    // A store of another client has it.
    let known = why(&tree, &[&server], &["--client", "openssl", "--env", "CURL_CA_BUNDLE=/etc/other/bundle.pem"]);
    assert_snapshot!(known, @r"
    $ castore why --root @ROOT@ - --name intranet.example --at 2026-01-01T00:00:00Z --client openssl --env CURL_CA_BUNDLE=/etc/other/bundle.pem
    standard input
      0  intranet.example  2086fe71  until 2026-03-01

    The one client would refuse: the server does not send the intermediate Corp Issuing, which issued intranet.example

    refuse [intermediate-not-sent]: the server does not send the intermediate Corp Issuing, which issued intranet.example
      openssl 3.0.19
      prints: unable to get local issuer certificate (20)
      behind it, at depth 0: nothing is there to verify it with
      mend: have the server send Corp Issuing (d59c3ed7) after its own certificate; castore has it from /etc/other/bundle.pem:1
    exit: 1
    ");
}

#[test]
fn what_is_wrong_with_the_chain_itself() {
    let (between, server) = corporate();
    let arguments = ["why", "-", "--name", "intranet.example", "--at", "2027-01-01", "--client", "openssl"];
    let late = Castore::at(&machine()).input(server.pem() + &between.pem()).run(arguments);
    assert_snapshot!(late, @r"
    $ castore why --root @ROOT@ - --name intranet.example --at 2027-01-01 --client openssl
    standard input
      0  intranet.example  2086fe71  until 2026-03-01
      1  Corp Issuing  d59c3ed7  until 2035-01-01
      note: position 0 expired on 2026-03-01

    The one client would refuse: intranet.example: it has expired

    refuse [time]: intranet.example: it has expired
      openssl 3.0.19
      prints: certificate has expired (10)
      mend: renew intranet.example (2086fe71): it has expired
    exit: 1
    ");
    let arguments = ["why", "-", "--name", "other.example", "--at", NOW, "--client", "openssl"];
    let other = Castore::at(&machine()).input(server.pem() + &between.pem()).run(arguments);
    assert_snapshot!(other, @r"
    $ castore why --root @ROOT@ - --name other.example --at 2026-01-01T00:00:00Z --client openssl
    standard input
      0  intranet.example  2086fe71  until 2026-03-01
      1  Corp Issuing  d59c3ed7  until 2035-01-01
      note: the first certificate is not for other.example

    The one client would refuse: intranet.example: it is not for the name that was asked for

    refuse [name]: intranet.example: it is not for the name that was asked for
      openssl 3.0.19
      prints: hostname mismatch (62)
      mend: connect by intranet.example, which the certificate is for
    exit: 1
    ");
}

#[test]
fn all_accept_and_nothing_is_known() {
    let (between, server) = corporate();
    why(&machine(), &[&server, &between], &["--client", "openssl"]).exits(0).stdout();
    assert_snapshot!(why(&Tree::new(), &[&server, &between], &[]), @r"
    $ castore why --root @ROOT@ - --name intranet.example --at 2026-01-01T00:00:00Z
    standard input
      0  intranet.example  2086fe71  until 2026-03-01
      1  Corp Issuing  d59c3ed7  until 2035-01-01

    No client that was found here is one that castore can predict

    not predicted: castore has no rules for how it verifies
      boringssl, go, rust-native-certs 0.8.4, rust-native-tls
    exit: 2
    ");
}

#[test]
fn a_store_in_the_place_of_all() {
    let (between, server) = corporate();
    let tree = machine().file("only.pem", root("Other").key(7).make().pem()).file("none.pem", "nothing");
    let other = why(&tree, &[&server, &between], &["--store", "/only.pem", "--client", "openssl"]).exits(1).stdout();
    assert!(other.contains("The one client would refuse"), "{other}");
    let own = roots()[2].pem();
    let tree = tree.file("corp.pem", own);
    why(&tree, &[&server, &between], &["--store", "/corp.pem", "--client", "openssl"]).exits(0).stdout();
    let none = why(&tree, &[&server, &between], &["--store", "/none.pem"]).exits(2).stderr();
    assert!(none.contains("/none.pem: expected certificates, found none"), "{none}");
}

#[test]
fn what_is_no_chain_is_said() {
    let tree = Tree::new().file("empty.pem", "").file("junk.pem", "\u{1b}[2J junk");
    let run = |arguments: &[&str]| Castore::at(&tree).run(arguments);
    assert_snapshot!(run(&["why", ""]), @r"
    $ castore why --root @ROOT@ ''
    stderr: castore: error: expected a server, a file or -, found nothing
    stderr: hint: castore why example.com; castore why chain.pem --name example.com
    exit: 2
    ");
    assert_snapshot!(run(&["why", "/empty.pem"]), @r"
    $ castore why --root @ROOT@ /empty.pem
    stderr: castore: error: /empty.pem: expected certificates, found none
    stderr: hint: the server's certificate comes first, then its issuers: openssl s_client -showcerts prints them so
    exit: 2
    ");
    assert_snapshot!(run(&["why", "./gone.pem"]), @r"
    $ castore why --root @ROOT@ ./gone.pem
    stderr: castore: error: ./gone.pem: nothing is there
    stderr: hint: check the path; castore list shows the stores there are
    exit: 2
    ");
    assert_snapshot!(run(&["why", "/junk.pem"]), @r"
    $ castore why --root @ROOT@ /junk.pem
    stderr: castore: error: /junk.pem: expected certificates, found none
    stderr: hint: the server's certificate comes first, then its issuers: openssl s_client -showcerts prints them so
    exit: 2
    ");
    assert_snapshot!(run(&["why", "http://example.com"]), @r"
    $ castore why --root @ROOT@ http://example.com
    stderr: castore: error: http:// does not speak TLS; write https:// or another scheme that does
    stderr: hint: castore why example.com:443; castore why ./chain.pem for a file
    exit: 2
    ");
    assert_snapshot!(run(&["why", "exa mple.com"]), @r#"
    $ castore why --root @ROOT@ 'exa mple.com'
    stderr: castore: error: expected a DNS name or an IP address, found "exa mple.com"
    stderr: hint: castore why example.com:443; castore why ./chain.pem for a file
    exit: 2
    "#);
}

#[test]
fn a_hostile_name_does_not_act() {
    let evil = leaf("intranet.example").named("\u{1b}[2J\u{202e}evil").issued_by(&root("\u{1b}]0;x\u{7}").make());
    let output = why(&machine(), &[&evil], &["--explain"]).exits(1).stdout();
    assert!(!output.contains('\u{1b}') && !output.contains('\u{202e}'), "{output}");
}
