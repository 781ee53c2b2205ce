//! `castore why`.

use crate::certificates::{Certificate, HOSTILE_NAMES, NOW, intermediate, leaf, numbered_bundle, root};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, corporate, debian, machine, roots};
use castore::format::{jks, pkcs12};
use castore::model::Password;
use insta::assert_snapshot;
use std::time::{Duration, Instant};

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

    1 of 7 clients would refuse: requests lacks the root Corp Root, which the system's store has

    refuse [private-root]: the client's stores lack the root Corp Root, which the system's store has; no public root program here has it, as with a proxy that inspects TLS
      requests 2.32.5
      prints: unable to get local issuer certificate (20)
      mend: write a bundle with Corp Root (892f1c6d) beside what the client has into the tree, and name it there by REQUESTS_CA_BUNDLE=/castore-bundle-892f1c6d.pem
        $ castore show --root @ROOT@ --env 'PATH=/usr/bin:/opt/venv/bin' --pem 892f1c6d2d6aab83 > @ROOT@/castore-892f1c6d.pem && castore export --root @ROOT@ --env 'PATH=/usr/bin:/opt/venv/bin' --from requests:/opt/venv/lib/python3.11/site-packages/requests --from /castore-892f1c6d.pem --out @ROOT@/castore-bundle-892f1c6d.pem
      mend: set REQUESTS_CA_BUNDLE to /etc/ssl/certs/ca-certificates.crt for this client

    accept
      openssl 3.0.19, curl 8.14.1, libcurl 8.14.1, python 3.11/3.11.2, urllib3 2.7.0

    not predicted: each program on BoringSSL sets flags of its own, and castore does not see them
      boringssl

    not predicted: the version of its go is not known
      go

    not predicted: it stands for any program on rustls, which chooses the provider of its algorithms; programs that are found are judged by theirs
      rust-native-certs (rustls-native-certs 0.8.4)

    not predicted: the version of its openssl is not known
      rust-native-tls
    exit: 1
    ");
}

/// What holds for the server alone that is asked about counts; where its port or path decides that is said.
#[test]
fn a_setting_for_the_server_that_is_asked_about_counts() {
    let (between, server) = corporate();
    let verdict = |variables: &[&str]| {
        let arguments = ["--env", "PATH=/usr/bin:/opt/venv/bin", "--client", "pip", "--format", "json"];
        let site = "opt/venv/lib/python3.11/site-packages";
        let tree = machine()
            .file(format!("{site}/pip/__init__.py"), "")
            .directory(format!("{site}/pip-24.1.dist-info"))
            .file(format!("{site}/pip/_vendor/certifi/cacert.pem"), bundle(&roots()[..2]));
        let more = variables.iter().flat_map(|variable| ["--env", variable]);
        let arguments: Vec<&str> = arguments.into_iter().chain(more).collect();
        why(&tree, &[&server, &between], &arguments).json()["clients"][0].clone()
    };
    assert_eq!(verdict(&[])["verdict"], "refuses");
    assert_eq!(verdict(&["PIP_TRUSTED_HOST=intranet.example"])["verdict"], "accepts");
    assert_eq!(verdict(&["PIP_TRUSTED_HOST=other.example"])["verdict"], "refuses");
    let by_port = verdict(&["PIP_TRUSTED_HOST=intranet.example:8443"]);
    assert_eq!(by_port["verdict"], "depends");
    let because = "on whether trusted-host, which is set for intranet.example:8443, counts for this server";
    assert_eq!(by_port["because"], because);
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
      mend: where it is an intermediate, have the server send the certificate of CN=Corp Issuing, O=Example (key identifier 47dea58ea00fae9417ee19d76755bfef69089902) after its own certificate
      mend: where it is a root, get the certificate of CN=Corp Issuing, O=Example (key identifier 47dea58ea00fae9417ee19d76755bfef69089902) from its owner, not from the server, then castore add --root @ROOT@ FILE --write
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

/// An absolute name: some programs compare the dot at its end, others leave it out.
#[test]
fn a_dot_at_the_end_of_the_name() {
    let (between, server) = corporate();
    let site = "opt/venv/lib/python3.11/site-packages";
    let mut tree = machine()
        .file(format!("{site}/certifi/cacert.pem"), bundle(&roots()))
        .file("usr/lib/x86_64-linux-gnu/libgnutls.so.30", "\0/etc/ssl/certs/ca-certificates.crt\0");
    for (package, version) in [("aiohttp", "3.14.5"), ("httpx", "0.28.1")] {
        tree = tree
            .file(format!("{site}/{package}/__init__.py"), "")
            .directory(format!("{site}/{package}-{version}.dist-info"));
    }
    let verdict = |client: &str, name: &str| {
        let arguments = ["why", "-", "--name", name, "--at", NOW, "--format", "json", "--client", client];
        let castore = Castore::at(&tree).input(server.pem() + &between.pem());
        let report = castore.run([&arguments[..], &["--env", "PATH=/usr/bin:/opt/venv/bin"]].concat()).json();
        assert_eq!(report["name"], name);
        report["clients"][0].clone()
    };
    for (client, expected) in [
        ("python", "refuses"),
        ("httpx", "refuses"),
        ("openssl", "refuses"),
        ("requests", "accepts"),
        ("aiohttp", "accepts"),
        ("curl", "accepts"),
        ("gnutls", "accepts"),
    ] {
        assert_eq!(verdict(client, "intranet.example")["verdict"], "accepts", "{client}");
        assert_eq!(verdict(client, "intranet.example.")["verdict"], expected, "{client}");
    }
    let python = verdict("python", "intranet.example.");
    assert_eq!(python["printed"]["text"], "Hostname mismatch, certificate is not valid for 'intranet.example.'.");
    assert_eq!(python["remedies"][0]["says"], "connect by intranet.example, which the certificate is for");
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

    not predicted: each program on BoringSSL sets flags of its own, and castore does not see them
      boringssl

    not predicted: the version of its go is not known
      go

    not predicted: it stands for any program on rustls, which chooses the provider of its algorithms; programs that are found are judged by theirs
      rust-native-certs (rustls-native-certs 0.8.4)

    not predicted: the version of its openssl is not known
      rust-native-tls
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

/// What one client is told to do, without what runs on a tree.
fn mends(tree: &Tree, client: &str, variables: &[&str]) -> Vec<String> {
    let (between, server) = corporate();
    let variables = variables.iter().flat_map(|variable| ["--env", variable]);
    let more: Vec<&str> =
        ["--client", client, "--env", "PATH=/usr/bin:/opt/venv/bin"].into_iter().chain(variables).collect();
    let told = why(tree, &[&server, &between], &more).stdout();
    let told = told
        .lines()
        .filter_map(|line| line.trim_start().split_once(": ").filter(|(word, _)| ["mend", "then"].contains(word)));
    told.map(|(_, says)| says.to_owned()).collect()
}

/// The variable that is told is one that the client heeds beside the others.
#[test]
fn a_variable_that_is_told_counts() {
    let tree = machine().file("etc/other.pem", bundle(&roots()[..2]));
    let set = "set REQUESTS_CA_BUNDLE to /etc/ssl/certs/ca-certificates.crt for this client";
    let told = mends(&tree, "requests", &["REQUESTS_CA_BUNDLE=/etc/other.pem"]);
    assert_eq!(told[1], set, "{told:?}");
    assert!(told[0].ends_with("name it there by REQUESTS_CA_BUNDLE=/castore-bundle-892f1c6d.pem"), "{told:?}");
    assert!(!told.concat().contains("CURL_CA_BUNDLE"), "{told:?}");
    let told = mends(&tree, "requests", &["CURL_CA_BUNDLE=/etc/other.pem"]);
    assert_eq!(told[1], set, "{told:?}");
}

/// A setting that ranks above every variable is what is to be changed.
#[test]
fn a_setting_that_counts_is_changed() {
    let tree = machine()
        .file("etc/other.pem", bundle(&roots()[..2]))
        .file("root/.curlrc", "silent\ncacert = /etc/other.pem\ncapath = /nowhere\n");
    let told = mends(&tree, "curl", &["HOME=/root"]);
    assert_eq!(
        told,
        [
            "write a bundle with Corp Root (892f1c6d) beside what the client has, and change cacert in /root/.curlrc:2 to name /castore-bundle-892f1c6d.pem",
            "change cacert in /root/.curlrc:2 to /etc/ssl/certs/ca-certificates.crt"
        ]
    );
}

/// Variables that name nothing: all that stand in the way are unset, and not one behind which the next fails.
#[test]
fn variables_that_name_nothing_go_together() {
    let tree = machine();
    let gone = ["SSL_CERT_FILE=/gone", "SSL_CERT_DIR=/nonexistent"];
    for client in ["python", "urllib3"] {
        let told = mends(&tree, client, &gone);
        assert_eq!(told, ["unset SSL_CERT_DIR: the client then reads /usr/lib/ssl/certs"], "{client}");
    }
    let told = mends(&tree, "requests", &["REQUESTS_CA_BUNDLE=/gone", "CURL_CA_BUNDLE=/gone"]);
    let set = "set REQUESTS_CA_BUNDLE to /etc/ssl/certs/ca-certificates.crt for this client";
    assert_eq!(told, [set], "certifi has no such root");
}

/// The proxy sends what it issued and not its root, which nobody has here.
#[test]
fn a_root_that_nobody_has() {
    let between = intermediate("Acme Issuing").issued_by(&root("Acme Proxy Root").key(8).make());
    let server = leaf("intranet.example").issued_by(&between);
    let tree = machine();
    let told = |chain: &[&Certificate], client: &str| {
        let told = why(&tree, chain, &["--client", client, "--env", "PATH=/usr/bin:/opt/venv/bin"]).stdout();
        told.split_once("\n\nrefuse ").map_or(told.clone(), |(_, told)| told.to_owned())
    };
    assert_snapshot!(told(&[&server, &between], "requests"), @r"
    [issuer-absent]: the issuer CN=Acme Proxy Root, O=Example is neither sent nor in any store here
      requests 2.32.5
      prints: unable to get local issuer certificate (20)
      mend: get the certificate of CN=Acme Proxy Root, O=Example (key identifier 496410a672746eb3070ef5a040cafeb59fada740) from its owner, not from the server, then castore export --root @ROOT@ --env 'PATH=/usr/bin:/opt/venv/bin' --from requests:/opt/venv/lib/python3.11/site-packages/requests --from FILE --out @ROOT@/castore-bundle-30ceef99.pem, and name that by REQUESTS_CA_BUNDLE
    ");
    assert_snapshot!(told(&[&server, &between], "curl"), @r"
    [issuer-absent]: the issuer CN=Acme Proxy Root, O=Example is neither sent nor in any store here
      curl 8.14.1
      prints: SSL certificate problem: unable to get local issuer certificate (60)
      mend: get the certificate of CN=Acme Proxy Root, O=Example (key identifier 496410a672746eb3070ef5a040cafeb59fada740) from its owner, not from the server, then castore add --root @ROOT@ --env 'PATH=/usr/bin:/opt/venv/bin' FILE --write
    ");
    assert_snapshot!(told(&[&server], "curl"), @r"
    [intermediate-not-sent]: the server sends its own certificate alone, and its issuer CN=Acme Issuing, O=Example is in no store here: most likely an intermediate that the server ought to send
      curl 8.14.1
      prints: SSL certificate problem: unable to get local issuer certificate (60)
      mend: where it is an intermediate, have the server send the certificate of CN=Acme Issuing, O=Example (key identifier 47dea58ea00fae9417ee19d76755bfef69089902) after its own certificate
      mend: where it is a root, get the certificate of CN=Acme Issuing, O=Example (key identifier 47dea58ea00fae9417ee19d76755bfef69089902) from its owner, not from the server, then castore add --root @ROOT@ --env 'PATH=/usr/bin:/opt/venv/bin' FILE --write
    ");
    assert_snapshot!(told(&[&between, &server], "curl"), @r"
    [issuer-absent]: the issuer CN=Acme Proxy Root, O=Example is neither sent nor in any store here
      curl 8.14.1
      prints: SSL certificate problem: unable to get local issuer certificate (60)
      behind it, at depth 0: its key usage or extended key usage is not for a TLS server
      behind it, at depth 0: it is not for the name that was asked for
      mend: have the server send intranet.example (0214d076), its own certificate, before all others
      then: get the certificate of CN=Acme Proxy Root, O=Example (key identifier 496410a672746eb3070ef5a040cafeb59fada740) from its owner, not from the server, then castore add --root @ROOT@ --env 'PATH=/usr/bin:/opt/venv/bin' FILE --write
    ");
}

/// A certificate that is its own issuer is no work of a proxy.
#[test]
fn a_server_with_a_certificate_of_its_own() {
    let own = leaf("intranet.example").make();
    let tree = machine().file("etc/other.pem", own.pem());
    let told = why(&tree, &[&own], &["--client", "python", "--env", "CURL_CA_BUNDLE=/etc/other.pem"]).stdout();
    assert_snapshot!(told, @r"
    standard input
      0  intranet.example  f89ead82  until 2026-03-01

    All 2 clients would refuse: python lacks the root intranet.example, which /etc/other.pem has

    refuse [private-root]: the client's stores lack the root intranet.example, which /etc/other.pem has: it is the server's own certificate, self-signed
      python 3.11/3.11.2
      prints: self-signed certificate (18)
      mend: put intranet.example (f89ead82) into /usr/local/share/ca-certificates and run chroot @ROOT@ update-ca-certificates
        $ cp @ROOT@/etc/other.pem @ROOT@/usr/local/share/ca-certificates/f89ead82.crt && chroot @ROOT@ update-ca-certificates
        or $ castore add --root @ROOT@ --env 'CURL_CA_BUNDLE=/etc/other.pem' f89ead82a2e5e9c8 --include-not-ca --write
    ");
}

/// The root is there, and the store opens with a password that Java is not given.
#[test]
fn a_trust_store_of_java_without_its_password() {
    let (between, server) = corporate();
    let changeit = Password::new("changeit");
    let octets = pkcs12::write(&[("corp", roots()[2].der())], pkcs12::Protection::Modern(&changeit));
    let tree = debian()
        .file("usr/lib/jvm/x/lib/security/cacerts", jks::write([("alpha", roots()[0].der())], &changeit))
        .file("usr/lib/jvm/x/release", "JAVA_VERSION=\"17.0.15\"\n")
        .file("corp.p12", octets);
    let at = |options: &str| {
        let options = format!("JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/corp.p12{options}");
        let told = why(&tree, &[&server, &between], &["--client", "java", "--env", &options]).stdout();
        told.split_once("\n\nrefuse ").map_or(told.clone(), |(_, told)| told.to_owned())
    };
    assert_snapshot!(at(""), @r"
    [issuer-left-out]: Corp Root is in the client's store and does not count: it is encrypted, and Java opens its trust store without a password
      java 17.0.15
      prints: Unexpected error: java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty
      mend: give /corp.p12 its password: -Djavax.net.ssl.trustStorePassword=changeit
    ");
    assert_snapshot!(at(" -Djavax.net.ssl.trustStorePassword=wrong"), @r"
    [store-refused]: the client ends with an error when it loads /corp.p12: the password in javax.net.ssl.trustStorePassword does not open it
      java 17.0.15
      prints: java.security.NoSuchAlgorithmException: Error constructing implementation (algorithm: Default, provider: SunJSSE, class: sun.security.ssl.SSLContextImpl$DefaultSSLContext)
      mend: correct javax.net.ssl.trustStorePassword: the password changeit opens /corp.p12
    ");
    assert!(at(" -Djavax.net.ssl.trustStorePassword=changeit").contains("The one client would accept"));
    let options = "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/corp.p12 -Djavax.net.ssl.trustStorePassword=wrong";
    let told = Castore::at(&tree).run(["which", "java", "--env", options]).stdout();
    assert!(
        told.contains("leaves out 1: it is encrypted, and the password that Java is given does not open it"),
        "{told}"
    );
    // Of one that is added Java takes nothing without the password either.
    let other = pkcs12::write(&[("other", roots()[0].der())], pkcs12::Protection::Modern(&changeit));
    let tree = tree.file("other.p12", other);
    let told = mends(&tree, "java", &["JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/other.p12"]);
    assert_eq!(
        told,
        [
            "add Corp Root (892f1c6d) to /other.p12 by keytool -importcert",
            "give /other.p12 its password: -Djavax.net.ssl.trustStorePassword=changeit"
        ]
    );
    // A root that is added goes into the file that is named, whichever that is.
    let empty = "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/usr/lib/jvm/x/lib/security/cacerts";
    let added = why(&tree, &[&server, &between], &["--client", "java", "--env", empty]).stdout();
    assert!(added.contains("to /usr/lib/jvm/x/lib/security/cacerts by keytool -importcert\n"), "{added}");
}

/// Installations are counted and not their versions; a version of another part is not told as the program's.
#[test]
fn clients_are_named_with_their_own_versions() {
    let (between, server) = corporate();
    let mut tree = machine();
    for (number, version) in [0, 1, 2, 3, 4, 4].into_iter().enumerate() {
        let site = format!("opt/v{number}/lib/python3.11/site-packages");
        tree = tree
            .file(format!("opt/v{number}/pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.2\n")
            .link(format!("opt/v{number}/bin/python"), "/usr/bin/python3.11")
            .file(format!("{site}/certifi/core.py"), "def where(): ...\n")
            .file(format!("{site}/certifi/cacert.pem"), bundle(&roots()[..2]))
            .file(format!("{site}/requests/__init__.py"), "")
            .directory(format!("{site}/requests-2.32.{version}.dist-info"));
    }
    let path = (0..6).map(|number| format!(":/opt/v{number}/bin")).collect::<String>();
    let path = format!("PATH=/usr/bin{path}");
    let clients = ["requests", "libcurl", "rust-native-certs"].map(|client| ["--client", client]).concat();
    let told = why(&tree, &[&server, &between], &[&clients[..], &["--env", &path]].concat()).stdout();
    for name in ["requests (6 installations)", "libcurl 8.14.1", "rust-native-certs (rustls-native-certs 0.8.4)"] {
        assert!(told.contains(&format!("\n  {name}\n")), "{name}: {told}");
    }
}

#[test]
fn what_is_no_chain_is_said() {
    let tree = Tree::new().file("empty.pem", "").file("junk.pem", "\u{1b}[2J junk");
    let run = |arguments: &[&str]| Castore::at(&tree).run(arguments);
    assert_snapshot!(run(&["why", ""]), @r"
    $ castore why --root @ROOT@ ''
    stderr: castore: error: expected a server, a file or -, found nothing
    stderr: hint: castore why --root @ROOT@ example.com; castore why --root @ROOT@ chain.pem --name example.com
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
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
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
    stderr: hint: castore why --root @ROOT@ example.com:443; castore why --root @ROOT@ ./chain.pem for a file
    exit: 2
    ");
    assert_snapshot!(run(&["why", "exa mple.com"]), @r#"
    $ castore why --root @ROOT@ 'exa mple.com'
    stderr: castore: error: expected a DNS name or an IP address, found "exa mple.com"
    stderr: hint: castore why --root @ROOT@ example.com:443; castore why --root @ROOT@ ./chain.pem for a file
    exit: 2
    "#);
}

#[test]
fn a_hostile_name_does_not_act() {
    let evil = leaf("intranet.example").named("\u{1b}[2J\u{202e}evil").issued_by(&root("\u{1b}]0;x\u{7}").make());
    let output = why(&machine(), &[&evil], &["--explain"]).exits(1).stdout();
    assert!(!output.contains('\u{1b}') && !output.contains('\u{202e}'), "{output}");
}

/// What one run may take, with room for a machine under load: each takes a tenth of it.
const BOUND: Duration = Duration::from_secs(20);

/// Before every client of this machine, which may be of any kind, and before those of a tree; what the latter say.
fn bounded(chain: String) -> String {
    let tree = machine();
    for castore in [Castore::here(), Castore::at(&tree)] {
        let started = Instant::now();
        let output = castore.input(chain.clone()).run(["why", "-", "--name", "intranet.example", "--at", NOW]);
        assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
        assert!(output.stderr().is_empty() || !output.stderr().contains("panicked"), "{output}");
    }
    Castore::at(&tree).input(chain).run(["why", "-", "--name", "intranet.example", "--at", NOW]).stdout()
}

#[test]
fn ten_thousand_certificates() {
    let (between, server) = corporate();
    let chain = [server.pem(), between.pem()].concat() + &numbered_bundle(9_998);
    let tree = machine().file("chain.pem", &chain);
    let started = Instant::now();
    let output = Castore::at(&tree).run(["why", "/chain.pem", "--name", "intranet.example", "--at", NOW]).exits(1);
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    let text = output.stdout();
    assert!(text.contains("note: of 10000 certificates the first 100 are looked at"), "{text}");
    assert!(text.contains("requests lacks the root Corp Root"), "{text}");
    // Nobody reads 100 lines of a chain.
    assert!(text.lines().count() < 60, "{text}");
}

#[test]
fn a_certificate_of_a_megabyte() {
    let (between, _) = corporate();
    let large = |octets: usize| leaf("intranet.example").extension(&[1, 2, 3, 4], false, vec![4; octets]);
    let text = bounded(large(600_000).issued_by(&between).pem() + &between.pem());
    assert!(text.contains("requests lacks the root Corp Root"), "{text}");
    // Above what is read of one block.
    let tree = machine().file("chain.pem", between.pem() + &large(1_200_000).issued_by(&between).pem());
    let text = Castore::at(&tree).run(["why", "/chain.pem", "--at", NOW]).stdout();
    assert!(text.contains("note: 1 of its blocks cannot be read and are left out"), "{text}");
    // And above what is read of standard input.
    let input = large(1_200_000).issued_by(&between).pem();
    let said = Castore::at(&tree).input(input).run(["why", "-"]).exits(2).stderr();
    assert!(said.contains("standard input: expected at most 1048576 bytes"), "{said}");
}

#[test]
fn authorities_that_sign_one_another() {
    let named = |number: u8| root(&format!("Loop {number}")).key(10 + number);
    let own: Vec<Certificate> = (0..9).map(|number| named(number).make()).collect();
    let mut chain = leaf("intranet.example").issued_by(&own[0]).pem();
    for subject in 0..9 {
        for issuer in (0..9).filter(|issuer| *issuer != subject) {
            chain += &named(subject).issued_by(&own[usize::from(issuer)]).pem();
        }
    }
    let text = bounded(chain);
    assert!(text.contains("would refuse"), "{text}");
}

#[test]
fn constraints_without_end() {
    // 2,000 subtrees that each of 2,000 names is held against, at each of nine authorities.
    let subtrees: Vec<u8> = (0..2_000).flat_map(|number| subtree(&format!("n{number}.other.example"))).collect();
    let constraints = der(0x30, &der(0xa1, &subtrees));
    let mut chain = Vec::new();
    let mut issuer = root("Corp Root").make();
    for number in 0..9 {
        let next = root(&format!("Level {number}")).key(20 + number);
        issuer = next.extension(&[2, 5, 29, 30], true, constraints.clone()).issued_by(&issuer);
        chain.insert(0, issuer.pem());
    }
    let names: Vec<u8> = (0..2_000).flat_map(|number| der(0x82, format!("h{number}.example").as_bytes())).collect();
    let server = leaf("intranet.example").extension(&[2, 5, 29, 17], false, der(0x30, &names)).issued_by(&issuer);
    let text = bounded(server.pem() + &chain.concat());
    assert!(text.contains("would"), "{text}");
}

fn subtree(name: &str) -> Vec<u8> {
    der(0x30, &der(0x82, name.as_bytes()))
}

/// One element of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..0x80 => vec![tag, u8::try_from(length).expect("short")],
        _ => [&[tag, 0x83][..], &u32::try_from(length).expect("below 16 MiB").to_be_bytes()[1..]].concat(),
    };
    [&head, content].concat()
}

#[test]
fn names_that_act_in_every_place() {
    for name in HOSTILE_NAMES {
        let authority = root(name).key(30).make();
        let evil = leaf("intranet.example").named(name).issued_by(&authority);
        let text = bounded(evil.pem() + &authority.pem());
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}', '\u{0}']), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("system: 0 certificates")), "{text}");
    }
}

/// A keystore of which the password is known is a file of certificates; of another the password is what lacks.
#[test]
fn a_chain_in_a_keystore_with_a_password_of_its_own() {
    let (between, server) = corporate();
    let chain = [("server", server.der()), ("between", between.der())];
    let store = pkcs12::write(&chain, pkcs12::Protection::Modern(&Password::new("s3cret77")));
    let home = || Tree::new().file("passwords", "s3cret77\n");
    let tree = machine().file("srv/chain.p12", store);
    let arguments = ["why", "/srv/chain.p12", "--at", NOW, "--client", "openssl"];
    let closed = Castore::at(&tree).run(arguments).exits(2).stderr();
    assert!(closed.contains("/srv/chain.p12: ") && closed.contains("password"), "{closed}");
    assert!(closed.contains("--password-file"), "{closed}");
    let open = Castore::at(&tree).home(home()).run([&arguments[..], &["--password-file", "passwords"]].concat());
    assert_eq!(open.exits(0).stdout().lines().filter(|line| line.contains("until 20")).count(), 2);
}

/// The anchors that are counted are those that it is judged with.
#[test]
fn the_anchors_of_another_store_are_counted() {
    let (between, server) = corporate();
    let tree = machine().file("srv/one.pem", roots()[2].pem() + &roots()[2].pem());
    let more = ["--client", "curl", "--store", "/srv/one.pem", "--explain"];
    let text = why(&tree, &[&server, &between], &more).exits(0).stdout();
    assert!(text.contains("    anchors: 1\n"), "{text}");
    let json = why(&tree, &[&server, &between], &[&more[..], &["--format", "json"]].concat()).json();
    assert_eq!(json["clients"][0]["anchors"], 1);
}

/// With `--root` files are those of the tree; where one is of this machine that is what is said.
#[test]
fn a_file_of_this_machine_is_not_one_of_the_tree() {
    let home = || Tree::new().file("chain.pem", roots()[2].pem());
    let run = |arguments: &[&str]| Castore::at(&machine()).home(home()).run(arguments).exits(2).stderr();
    let said = run(&["why", "./chain.pem"]);
    assert!(said.contains("with --root a file is one of the tree") && said.contains("castore why --root "), "{said}");
    assert!(said.contains(" - <./chain.pem"), "{said}");
    for arguments in [
        &["list", "./chain.pem"][..],
        &["diff", "system", "./chain.pem"],
        &["show", "./chain.pem"],
        &["export", "--from", "./chain.pem", "--out", "x"],
    ] {
        let said = run(arguments);
        assert!(said.contains("with --root a file is one of the tree"), "{arguments:?} {said}");
    }
    let said = run(&["list", "./nowhere.pem"]);
    assert!(!said.contains("with --root a file"), "{said}");
}
