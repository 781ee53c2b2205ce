//! `castore check --host`: the chains of servers that are made here, on the loopback interface.

use crate::certificates::{Certificate, HOSTILE_NAMES, NOW, intermediate, leaf, root};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{corporate, machine, roots};
use crate::servers::{Identity, serve, tls, until_gone};
use crate::trace::wrongs;
use insta::assert_snapshot;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

/// A server that presents these.
fn presents(chain: &[&Certificate]) -> SocketAddr {
    let mut identity = Identity::new(&[]);
    identity.chain = chain.iter().map(|certificate| certificate.der().to_vec()).collect();
    tls(&identity).0
}

/// Settings that name servers and where they are to be found.
fn hosts(servers: &[(&str, SocketAddr)]) -> String {
    let servers: Vec<String> =
        servers.iter().map(|(host, at)| format!("{{ host = \"{host}\", connect = \"{at}\" }}")).collect();
    format!("hosts = [{}]\n", servers.join(", "))
}

/// What is said of them at a moment.
fn check_at(at: &str, settings: &str, more: &[&str]) -> Output {
    let tree = machine();
    let home = Tree::new().file("castore.toml", settings);
    let castore = Castore::at(&tree).home(home).with(["--at", at, "--config", "castore.toml", "--only", "host-*"]);
    castore.run([&["check"], more].concat())
}

fn check(settings: &str) -> Output {
    check_at(NOW, settings, &["--env", "PATH=/usr/bin"])
}

#[test]
fn a_server_without_faults() {
    let public = leaf("intranet.example").issued_by(&roots()[0]);
    assert_eq!(check(&hosts(&[("intranet.example", presents(&[&public]))])).exits(0).stdout(), "no findings\n");
}

/// GitHub refuses a log with a result that has no physical location.
#[test]
fn in_a_log_of_code_scanning_a_server_is_where_it_is_asked_for() {
    let (between, server) = corporate();
    let at = presents(&[&server, &between]);
    let artifact = |settings: &str, more: &[&str]| {
        let log = check_at(NOW, settings, &[&["--env", "PATH=/usr/bin", "--format", "sarif"], more].concat()).exits(1);
        let mut results = log.json()["runs"][0]["results"].as_array().expect("results").clone();
        let place = results.remove(0)["locations"][0].take();
        assert_eq!(place["logicalLocations"][0]["name"].as_str().map(|name| name.contains(':')), Some(true));
        place["physicalLocation"].clone()
    };
    let named = artifact(&format!("\n{}", hosts(&[("intranet.example", at)])), &[]);
    assert!(named["artifactLocation"]["uri"].as_str().is_some_and(|uri| uri.ends_with("/castore.toml")), "{named}");
    assert!(named["artifactLocation"].get("uriBaseId").is_none(), "a file of this machine, and none of the tree");
    assert_eq!(named["region"]["startLine"], 2);
    let given = artifact("", &["--host", &at.to_string()]);
    assert_eq!(given["artifactLocation"]["uri"], at.to_string().replace(':', "%3A"), "a relative reference");
}

#[test]
fn clients_that_refuse() {
    let (between, server) = corporate();
    assert_snapshot!(check(&hosts(&[("intranet.example", presents(&[&server, &between]))])), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'host-*' --env PATH=/usr/bin
    error[host-refused]: clients refuse the chain of a server: intranet.example (2086fe71)
      at intranet.example:443  (refused by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected a chain that every client here accepts, found 1 client would refuse it: the client's stores lack the root Corp Root, which the system's store has; no public root program here has it, as with a proxy that inspects TLS
      hint: write a bundle with Corp Root (892f1c6d) beside what the client has, and name it by REQUESTS_CA_BUNDLE
    1 error
    exit: 1
    ");
}

/// Why is said once: what has expired is not also refused.
#[test]
fn a_certificate_whose_time_is_over_or_nearly() {
    let server = leaf("intranet.example").issued_by(&roots()[0]);
    let settings = hosts(&[("intranet.example", presents(&[&server]))]);
    // Valid from 2025-12-01 to 2026-03-01: ninety days, a quarter of which are more than 14.
    assert_eq!(check_at("2026-02-15", &settings, &[]).exits(0).stdout(), "no findings\n");
    assert_snapshot!(check_at("2026-02-16", &settings, &[]), @r"
    $ castore check --root @ROOT@ --at 2026-02-16 --config castore.toml --only 'host-*'
    warning[host-certificate-expiring]: a certificate that a server presents expires soon: intranet.example (423e78f8)
      at intranet.example:443
      expected its own certificate valid on 2026-03-02, found valid until 2026-03-01, 13 days from now
      hint: look why it was not renewed, or whether the server still has the old one loaded
    1 warning
    exit: 1
    ");
    assert_snapshot!(check_at("2026-03-02", &settings, &[]), @r"
    $ castore check --root @ROOT@ --at 2026-03-02 --config castore.toml --only 'host-*'
    error[host-certificate-expired]: a certificate that a server presents has expired: intranet.example (423e78f8)
      at intranet.example:443  (refused by curl:/usr/bin/curl, libcurl:/usr/lib/x86_64-linux-gnu/libcurl.so.4, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, python:/opt/venv/bin/python and 3 more)
      expected its own certificate valid on 2026-03-02, found valid until 2026-03-01, 1 day ago
      hint: renew it and have the server load it
    1 error
    exit: 1
    ");
    assert!(
        check_at(NOW, &settings, &["--host-expires-within", "60"])
            .exits(1)
            .stdout()
            .contains("host-certificate-expiring")
    );
    let own = settings.replace("}", ", expires-within = 60 }");
    assert!(check_at(NOW, &own, &[]).exits(1).stdout().contains("host-certificate-expiring"));
    // Six days are renewed in the fourth: there a day and a half is soon.
    let short = leaf("intranet.example").dates((2026, 1, 1), (2026, 1, 7)).issued_by(&roots()[0]);
    let settings = hosts(&[("intranet.example", presents(&[&short]))]);
    assert_eq!(check_at("2026-01-05", &settings, &[]).exits(0).stdout(), "no findings\n");
    assert!(check_at("2026-01-06", &settings, &[]).exits(1).stdout().contains("host-certificate-expiring"));
}

#[test]
fn an_intermediate_whose_time_is_over() {
    let between = intermediate("Old Issuing").dates((2020, 1, 1), (2025, 12, 30)).issued_by(&roots()[0]);
    let server = leaf("intranet.example").issued_by(&between);
    assert_snapshot!(check(&hosts(&[("intranet.example", presents(&[&server, &between]))])), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'host-*' --env PATH=/usr/bin
    error[host-certificate-expired]: a certificate that a server presents has expired: Old Issuing (a0ff2021)
      at intranet.example:443  (refused by curl:/usr/bin/curl, libcurl:/usr/lib/x86_64-linux-gnu/libcurl.so.4, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, python:/opt/venv/bin/python and 3 more)
      expected the certificate that it sends at position 1 valid on 2026-01-01, found valid until 2025-12-30, 2 days ago
      hint: have the server send the intermediate that the authority names today
    1 error
    exit: 1
    ");
}

#[test]
fn an_intermediate_that_is_not_sent() {
    let (between, server) = corporate();
    let settings = hosts(&[("intranet.example", presents(&[&server]))]);
    assert_snapshot!(check(&settings), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'host-*' --env PATH=/usr/bin
    error[host-chain-incomplete]: a server does not send an intermediate: intranet.example (2086fe71)
      at intranet.example:443  (refused by curl:/usr/bin/curl, libcurl:/usr/lib/x86_64-linux-gnu/libcurl.so.4, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, python:/opt/venv/bin/python and 3 more)
      expected the intermediate CN=Corp Issuing, O=Example after its own certificate, found its own certificate alone
      hint: have the server send it, as the authority delivers it with the certificate
    1 error
    exit: 1
    ");
    // A store here has it.
    let tree = machine().file("etc/other/bundle.pem", between.pem());
    let home = Tree::new().file("castore.toml", settings);
    let castore = Castore::at(&tree).home(home).with(["--at", NOW, "--config", "castore.toml", "--only", "host-*"]);
    let known = castore.run(["check", "--env", "CURL_CA_BUNDLE=/etc/other/bundle.pem"]).exits(1).stdout();
    let shown = "castore show --root @ROOT@ --env 'CURL_CA_BUNDLE=/etc/other/bundle.pem' --pem";
    let hint = format!("hint: have the server send it; {shown} {}", &between.fingerprint()[..16]);
    assert!(known.contains(&hint), "{known}");
}

#[test]
fn a_certificate_for_another_name() {
    let server = leaf("other.example").issued_by(&roots()[0]);
    assert_snapshot!(check(&hosts(&[("intranet.example:8443", presents(&[&server]))])), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'host-*' --env PATH=/usr/bin
    error[host-name-mismatch]: a server's certificate is not for its name: other.example (196dd19f)
      at intranet.example:8443  (refused by curl:/usr/bin/curl, libcurl:/usr/lib/x86_64-linux-gnu/libcurl.so.4, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, python:/opt/venv/bin/python and 3 more)
      expected a certificate for intranet.example, found one for other.example
      hint: have it issued for this name, or reach the server by one that it is for
    1 error
    exit: 1
    ");
}

#[test]
fn a_server_that_presents_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let plain = serve(|mut stream| {
        let _ = std::io::Write::write_all(&mut stream, b"220 mx.example ESMTP\r\n");
        until_gone(stream);
    });
    let settings = hosts(&[("closed.example", closed), ("mail.example", plain)]);
    let text = check(&settings)
        .exits(1)
        .stdout()
        .replace(&closed.port().to_string(), "PORT")
        .replace(&plain.port().to_string(), "PORT");
    assert_snapshot!(text, @r#"
    error[host-unreachable]: a server presents no chain
      at closed.example:443
      expected a chain of certificates, found connection refused: 127.0.0.1:PORT (connection refused)
      hint: look whether the server runs and whether this is its port
    error[host-unreachable]: a server presents no chain
      at mail.example:443
      expected a chain of certificates, found this port speaks SMTP and begins TLS only when asked to: expected a TLS record, found "220 mx.example ESMTP\r\n"
      hint: castore why --root @ROOT@ --env 'PATH=/usr/bin' mail.example:443 tries it with other options: say --starttls smtp
    2 errors
    "#);
}

/// Silent servers are waited for side by side, and hold up nothing else.
#[test]
fn servers_that_say_nothing_do_not_add_up() {
    let silent = serve(|stream| std::thread::spawn(move || until_gone(stream)).thread().unpark());
    let servers: Vec<String> =
        (0..12).map(|n| format!("{{ host = \"s{n}.example\", connect = \"{silent}\", timeout = 2 }}")).collect();
    let good = presents(&[&leaf("other.example").issued_by(&roots()[0])]);
    let settings =
        format!("hosts = [{}, {{ host = \"intranet.example\", connect = \"{good}\" }}]\n", servers.join(", "));
    let started = Instant::now();
    let json = check_at(NOW, &settings, &["--format", "json"]).exits(1).json();
    let took = started.elapsed();
    let ids = json["findings"].as_array().expect("findings").iter().map(|finding| finding["check"].as_str());
    let number = |id: &str| ids.clone().filter(|found| *found == Some(id)).count();
    assert_eq!((number("host-unreachable"), number("host-name-mismatch")), (12, 1), "{json:#}");
    assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_finding_has_its_server() {
    let server = leaf("other.example").issued_by(&roots()[0]);
    let address = presents(&[&server]);
    let tree = machine();
    let run = |more: &[&str]| Castore::at(&tree).with(["--at", NOW, "--no-config"]).run([&["check"], more].concat());
    let host = address.to_string();
    let json = run(&["--host", &host, "--only", "host-name-mismatch", "--format", "json"]).exits(1).json();
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(json["findings"][0]["server"], host);
    assert_eq!(json["findings"][0]["certificate"]["sha256"], server.fingerprint());
    // An entry for it.
    let settings = "[[allow]]\ncheck = \"host-*\"\nhost = \"127.0.0.1\"\nreason = \"x\"\nuntil = 2026-02-01\n";
    let home = Tree::new().file("castore.toml", settings);
    let castore = Castore::at(&tree).home(home).with(["--at", NOW, "--config", "castore.toml"]);
    _ = castore.run(["check", "--host", &host, "--only", "host-name-mismatch"]).exits(0);
}

#[test]
fn what_is_no_server_is_said() {
    let tree = machine();
    let castore = Castore::at(&tree).with(["--no-config"]);
    assert_snapshot!(castore.run(["check", "--host", "http://example.com"]), @r"
    $ castore check --root @ROOT@ --no-config --host http://example.com
    stderr: castore: error: --host: http:// does not speak TLS; write https:// or another scheme that does
    stderr: hint: write example.com, example.com:8443 or smtp://mx.example
    exit: 2
    ");
    let home =
        Tree::new().file("castore.toml", "hosts = [\"a.example\",\n  { host = \"b.example\", connect = \"x:0\" }]\n");
    let castore = Castore::at(&tree).home(home);
    assert_snapshot!(castore.run(["check", "--config", "castore.toml"]), @r#"
    $ castore check --root @ROOT@ --config castore.toml
    stderr: castore: error: @HOME@/castore.toml:2:35: expected a port from 1 to 65535, found "0"
    stderr: hint: write example.com, example.com:8443 or smtp://mx.example
    exit: 2
    "#);
}

/// A name in a certificate was chosen by whoever made it.
#[test]
fn a_hostile_name_does_not_act() {
    for name in HOSTILE_NAMES {
        let server = root(name).key(3).not_a_ca().make();
        let text = check(&hosts(&[("intranet.example", presents(&[&server]))])).exits(1).stdout();
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}', '\u{9b}']), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("system: 0 certificates")), "{text}");
    }
}

/// No socket is opened where no server is to be looked at: none named, other stores asked for, no check of servers.
#[test]
fn without_servers_there_is_no_socket() {
    let address = presents(&[&corporate().1]);
    let tree = machine();
    for (settings, more, opens) in [
        (hosts(&[("intranet.example", address)]), &["--only", "host-*"][..], true),
        (hosts(&[("intranet.example", address)]), &["--only", "expired"], false),
        (hosts(&[("intranet.example", address)]), &["system"], false),
        ("hosts = []\n".to_owned(), &[], false),
    ] {
        let castore = Castore::at(&tree).home(Tree::new().file("castore.toml", settings));
        let arguments = [&["check", "--at", NOW, "--config", "castore.toml"], more].concat();
        let Some((_, trace)) = castore.traced(arguments) else { return };
        let opened = wrongs(&trace, &castore.own_directories()).iter().any(|line| line.contains("socket("));
        assert_eq!(opened, opens, "{more:?}\n{trace}");
    }
}
