//! `castore which`.

use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots, with_environment, with_programs};
use insta::assert_snapshot;

fn machine() -> Tree {
    with_environment(with_programs(debian())).file("srv/corp.pem", bundle(&roots()[2..]))
}

#[test]
fn curl_takes_each_half_by_itself() {
    assert_snapshot!(Castore::at(&machine()).run(["which", "curl"]), @r"
    $ castore which --root @ROOT@ curl
    curl  /usr/bin/curl  (curl 8.14.1, openssl 3.0.19)
      used  built in  /etc/ssl/certs/ca-certificates.crt  3 certificates; https://curl.se/docs/sslcerts.html
      used  built in  /etc/ssl/certs                      3 certificates; https://curl.se/docs/sslcerts.html
      trusts 3 certificates
    exit: 0
    ");
}

#[test]
fn a_variable_shadows_one_half() {
    let output = Castore::at(&machine()).run(["which", "curl", "--env", "CURL_CA_BUNDLE=/srv/corp.pem"]);
    assert_snapshot!(output, @r"
    $ castore which --root @ROOT@ curl --env CURL_CA_BUNDLE=/srv/corp.pem
    curl  /usr/bin/curl  (curl 8.14.1, openssl 3.0.19)
      used      $CURL_CA_BUNDLE  /srv/corp.pem                       1 certificate; https://curl.se/docs/sslcerts.html
      shadowed  built in         /etc/ssl/certs/ca-certificates.crt  3 certificates
      used      built in         /etc/ssl/certs                      3 certificates; https://curl.se/docs/sslcerts.html
      trusts 3 certificates
    exit: 0
    ");
}

#[test]
fn python_asks_its_own_openssl() {
    assert_snapshot!(Castore::at(&machine()).run(["which", "python:/usr/bin/python3.11"]), @r"
    $ castore which --root @ROOT@ python:/usr/bin/python3.11
    python  /usr/bin/python3.11  (python 3.11, openssl 3.0.19)
      used  built in  /usr/lib/ssl/certs  3 certificates; -> /etc/ssl/certs; https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_dir.c
      trusts 3 certificates
    exit: 0
    ");
}

#[test]
fn a_variable_of_python_that_points_nowhere_binds() {
    let output = Castore::at(&machine()).run(["which", "python:/opt/venv", "--env", "SSL_CERT_FILE=/gone.pem"]);
    assert_snapshot!(output, @r"
    $ castore which --root @ROOT@ python:/opt/venv --env SSL_CERT_FILE=/gone.pem
    python  /opt/venv/bin/python  (python 3.11.2, openssl 3.0.19)
      unusable  $SSL_CERT_FILE  /gone.pem           nothing is there; the client stays with it and has nothing from it
      used      built in        /usr/lib/ssl/certs  3 certificates; -> /etc/ssl/certs; https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_dir.c
      trusts 3 certificates
    exit: 0
    ");
}

#[test]
fn an_empty_variable_is_no_missing_one() {
    let output = Castore::at(&machine()).run(["which", "python:/opt/venv", "--env", "SSL_CERT_FILE="]);
    assert_snapshot!(output, @r"
    $ castore which --root @ROOT@ python:/opt/venv --env SSL_CERT_FILE=
    python  /opt/venv/bin/python  (python 3.11.2, openssl 3.0.19)
      empty  $SSL_CERT_FILE  -                   set and empty; the client stays with it and has nothing from it
      used   built in        /usr/lib/ssl/certs  3 certificates; -> /etc/ssl/certs; https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_dir.c
      trusts 3 certificates
    exit: 0
    ");
    let output = Castore::at(&machine()).run(["which", "requests", "--env", "REQUESTS_CA_BUNDLE="]);
    assert_snapshot!(output, @r"
    $ castore which --root @ROOT@ requests --env REQUESTS_CA_BUNDLE=
    requests  /opt/venv/lib/python3.11/site-packages/requests  (requests 2.32.5, python 3.11.2, openssl 3.0.19)
      empty  $REQUESTS_CA_BUNDLE  -                                                          set and empty; the client goes on
      used   built in             /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  2 certificates; https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
      trusts 2 certificates
    exit: 0
    ");
}

#[test]
fn requests_takes_the_first_of_two_variables() {
    let variables = ["--env", "CURL_CA_BUNDLE=/etc/ssl/certs", "--env", "REQUESTS_CA_BUNDLE=/srv/corp.pem"];
    let output = Castore::at(&machine()).with(variables).run(["which", "requests"]);
    assert_snapshot!(output, @r"
    $ castore which --root @ROOT@ --env CURL_CA_BUNDLE=/etc/ssl/certs --env REQUESTS_CA_BUNDLE=/srv/corp.pem requests
    requests  /opt/venv/lib/python3.11/site-packages/requests  (requests 2.32.5, python 3.11.2, openssl 3.0.19)
      used      $REQUESTS_CA_BUNDLE  /srv/corp.pem                                              1 certificate; https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
      shadowed  $CURL_CA_BUNDLE      /etc/ssl/certs                                             3 certificates
      shadowed  built in             /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  2 certificates
      trusts 1 certificate
    exit: 0
    ");
}

#[test]
fn requests_stops_where_its_variable_points_nowhere() {
    let output = Castore::at(&machine()).run(["which", "requests", "--env", "REQUESTS_CA_BUNDLE=/gone"]);
    assert_snapshot!(output, @r"
    $ castore which --root @ROOT@ requests --env REQUESTS_CA_BUNDLE=/gone
    requests  /opt/venv/lib/python3.11/site-packages/requests  (requests 2.32.5, python 3.11.2, openssl 3.0.19)
      unusable  $REQUESTS_CA_BUNDLE  /gone                                                      nothing is there; the client stops with an error
      shadowed  built in             /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  2 certificates
      the client stops with an error before it verifies anything
    exit: 0
    ");
}

/// curl ends with status 77 and verifies nothing, though its directory is sound.
#[test]
fn curl_stops_at_a_file_that_openssl_does_not_load() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tree = machine().file("empty.pem", "").file("broken.pem", broken).file("text.pem", "no certificate");
    for name in ["empty", "broken", "text", "gone"] {
        let set = format!("CURL_CA_BUNDLE=/{name}.pem");
        let json = Castore::at(&tree).run(["which", "curl", "--env", &set, "--format", "json"]).exits(0).json();
        let curl = &json["clients"][0];
        assert_eq!((&curl["verification"], &curl["anchors"]), (&"error".into(), &0.into()), "{name}");
    }
    assert_snapshot!(Castore::at(&tree).run(["which", "curl", "--env", "CURL_CA_BUNDLE=/empty.pem"]), @r"
    $ castore which --root @ROOT@ curl --env CURL_CA_BUNDLE=/empty.pem
    curl  /usr/bin/curl  (curl 8.14.1, openssl 3.0.19)
      used      $CURL_CA_BUNDLE  /empty.pem                          0 certificates; https://curl.se/docs/sslcerts.html
      shadowed  built in         /etc/ssl/certs/ca-certificates.crt  3 certificates
      used      built in         /etc/ssl/certs                      3 certificates; https://curl.se/docs/sslcerts.html
      the client stops with an error before it verifies anything
      leaves out 3: the client stops with an error before it uses it
    exit: 0
    ");
    let diff = Castore::at(&tree).run(["diff", "curl", "--env", "CURL_CA_BUNDLE=/empty.pem"]).exits(1).stdout();
    assert!(diff.contains("B  0 certificates, +0 -3"), "{diff}");
}

#[test]
fn every_place_is_explained() {
    let output = Castore::at(&machine()).run(["which", "requests", "--explain"]).exits(0).stdout();
    let (rules, looks) = output.split_once("\nrequests  looked at ").expect("what was looked at");
    assert_snapshot!(rules, @r"
    requests  /opt/venv/lib/python3.11/site-packages/requests  (requests 2.32.5, python 3.11.2, openssl 3.0.19)
      REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else certifi; each replaces the others.
      judges chains by urllib3
      package /opt/venv/lib/python3.11/site-packages/requests
      site /opt/venv/lib/python3.11/site-packages
      prefix /usr
      libcrypto /usr/lib/x86_64-linux-gnu/libcrypto.so.3
      openssldir /usr/lib/ssl
      ssl-extension /usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so
      environment /opt/venv
      python /opt/venv/bin/python
      certifi /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem
      not-set  $REQUESTS_CA_BUNDLE  -                                                          https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
      not-set  $CURL_CA_BUNDLE      -                                                          https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
      used     built in             /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  2 certificates; https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
      trusts 2 certificates
    ");
    let line = |line: &str| assert!(looks.lines().any(|l| l == line), "{line}\n{looks}");
    line("  there   /opt/venv/pyvenv.cfg");
    line("  there   /opt/venv/lib/python3.11/site-packages/{requests,certifi}");
    line("  absent  /opt/pipx/venvs");
    let json = Castore::at(&machine()).run(["which", "curl", "go", "--explain", "--format", "json"]).exits(0).json();
    let of: Vec<_> = json["looked_at"].as_array().expect("a list").iter().map(|looks| &looks["client"]).collect();
    // `go` is the name of a program as well.
    assert_eq!(of, ["curl", "go", "go-programs"], "{json}");
    let curl = json["looked_at"][0]["places"].as_array().expect("a list");
    assert!(curl.iter().any(|look| look["path"] == "/usr/bin/curl" && look["seen"] == "file"), "{json}");
}

/// Those with one answer together, what is set or wrong first.
#[test]
fn clients_with_one_answer_stand_together() {
    let tree = machine()
        .file("root/.curlrc", "insecure\n")
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        .file("srv/proxy.pem", crate::certificates::root("Proxy").key(7).make().pem());
    let variables = ["--env", "SSL_CERT_FILE=/srv/proxy.pem", "--env", "REQUESTS_CA_BUNDLE=/gone"];
    assert_snapshot!(Castore::at(&tree).with(variables).run(["which"]), @r"
    $ castore which --root @ROOT@ --env SSL_CERT_FILE=/srv/proxy.pem --env REQUESTS_CA_BUNDLE=/gone
    TRUSTS  CLIENTS: DECIDED BY
    without verification, or with an error
       any  curl: insecure in /root/.curlrc:1 turns verification off
     error  requests: $REQUESTS_CA_BUNDLE /gone: nothing is there
    other certificates than the system
         1  debian-anchors: /usr/share/ca-certificates/mozilla, /usr/local/share/ca-certificates
         4  openssl, boringssl, python ×2, go, rust-native-tls: $SSL_CERT_FILE /srv/proxy.pem,
              /etc/ssl/certs
         2  certifi (3.11.2): /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem
         1  rust-native-certs: $SSL_CERT_FILE /srv/proxy.pem
    the certificates of the system
         3  system, certifi (3.11): /etc/ssl/certs/ca-certificates.crt
         3  system-directory: /etc/ssl/certs
         3  libcurl: /etc/ssl/certs/ca-certificates.crt, /etc/ssl/certs
    15 installations; castore which --root @ROOT@ --env 'SSL_CERT_FILE=/srv/proxy.pem' --env 'REQUESTS_CA_BUNDLE=/gone' CLIENT shows each in full
    exit: 0
    ");
}

#[test]
fn an_account_of_the_host_has_its_own_home_and_no_variables() {
    let tree = machine()
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
        .file("home/ann/.curlrc", "cacert = /srv/corp.pem\n");
    assert_snapshot!(Castore::at(&tree).run(["which", "curl", "--user", "ann"]), @r"
    $ castore which --root @ROOT@ curl --user ann
    curl  /usr/bin/curl  (curl 8.14.1, openssl 3.0.19)
      used      cacert in /home/ann/.curlrc:1  /srv/corp.pem                       1 certificate; https://curl.se/docs/manpage.html#-K
      shadowed  built in                       /etc/ssl/certs/ca-certificates.crt  3 certificates
      used      built in                       /etc/ssl/certs                      3 certificates; https://curl.se/docs/sslcerts.html
      trusts 3 certificates
    exit: 0
    ");
    let of_root = Castore::at(&tree).run(["which", "curl"]).exits(0).stdout();
    assert!(!of_root.contains("/srv/corp.pem"), "{of_root}");
    assert_snapshot!(Castore::at(&tree).run(["which", "curl", "--user", "bob"]), @r#"
    $ castore which --root @ROOT@ curl --user bob
    stderr: castore: error: no account is called "bob" in /etc/passwd of the host
    stderr: hint: for an account kept elsewhere, name its home: --env HOME=DIR
    exit: 2
    "#);
}

#[test]
fn the_environment_of_the_process_is_not_the_roots() {
    let output = Castore::at(&machine()).env("CURL_CA_BUNDLE", "/srv/corp.pem").run(["which", "curl"]).exits(0);
    assert!(!output.stdout().contains("/srv/corp.pem"), "{output}");
}

#[test]
fn mistakes_are_explained() {
    let tree = machine();
    assert_snapshot!(Castore::at(&tree).run(["which", "crul"]), @r#"
    $ castore which --root @ROOT@ crul
    stderr: castore: error: no client is called "crul"
    stderr: hint: did you mean curl? write file:crul for a file
    exit: 2
    "#);
    assert_snapshot!(Castore::at(&tree).run(["which", "python:/opt/other"]), @r"
    $ castore which --root @ROOT@ python:/opt/other
    stderr: castore: error: python:/opt/other: no such client or installation was found on this host
    stderr: hint: castore list --root @ROOT@ shows what was found; castore clients what is known
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["which", "/etc/ssl/certs"]), @r"
    $ castore which --root @ROOT@ /etc/ssl/certs
    stderr: castore: error: expected a client, found the path /etc/ssl/certs
    stderr: hint: castore list --root @ROOT@ PATH shows what is in a file
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["which", "curl", "--env", "CURL_CA_BUNDLE"]), @r#"
    $ castore which --root @ROOT@ curl --env CURL_CA_BUNDLE
    stderr: castore: error: --env: expected NAME=VALUE, found "CURL_CA_BUNDLE"
    exit: 2
    "#);
    assert_snapshot!(Castore::at(&tree).run(["which", "curl", "--env", "=x"]), @r#"
    $ castore which --root @ROOT@ curl --env =x
    stderr: castore: error: --env: expected NAME=VALUE, found "=x"
    exit: 2
    "#);
}

#[test]
fn installations_are_chosen_by_place_or_version() {
    let names = |selector: &str| -> Vec<String> {
        let json = Castore::at(&machine()).run(["which", selector, "--format", "json"]).exits(0).json();
        let clients = json["clients"].as_array().expect("clients").iter();
        clients.map(|client| client["at"]["path"].as_str().expect("a path").to_owned()).collect()
    };
    assert_eq!(names("python:3.11").len(), 2);
    assert_eq!(names("python:/opt/venv"), ["/opt/venv/bin/python"]);
    // The directory of a tree is its root.
    assert_eq!(names("python:./opt/venv"), ["/opt/venv/bin/python"]);
    assert_eq!(names("certifi:/opt/venv"), ["/opt/venv/lib/python3.11/site-packages/certifi"]);
    assert_eq!(names("cert?fi").len(), 2);
}

#[test]
fn a_block_of_pkcs7_is_skipped_as_openssl_skips_it() {
    let ders: Vec<_> = roots().iter().map(|root| root.der().to_vec()).collect();
    let hidden: Vec<&[u8]> = ders[..2].iter().map(Vec::as_slice).collect();
    let tree = machine().file("srv/p7.pem", castore::format::pkcs7::write_pem(&hidden) + &bundle(&roots()[2..]));
    let environment = ["--env", "SSL_CERT_FILE=/srv/p7.pem", "--env", "SSL_CERT_DIR=/gone"];
    let output = Castore::at(&tree).run([&["which", "python:/opt/venv"][..], &environment].concat());
    assert!(output.to_string().contains("trusts 1 certificate\n"), "{output}");
}

#[test]
fn what_is_off_for_some_hosts_and_what_a_user_needs_to_know_is_said() {
    let site = "opt/venv/lib/python3.11/site-packages";
    let tree = machine()
        .file(format!("{site}/aiohttp/__init__.py"), "")
        .file(format!("{site}/aiohttp-3.10.6.dist-info/METADATA"), "")
        .file(format!("{site}/pip/_vendor/certifi/cacert.pem"), bundle(&roots()[..1]))
        .file(format!("{site}/pip-24.2.dist-info/METADATA"), "")
        .file("etc/pip.conf", "[global]\nproxy = http://u:s3cr3t@proxy.example\ntrusted-host = old.example\n");
    let aiohttp = Castore::at(&tree).run(["which", "aiohttp"]).exits(0).stdout();
    assert!(aiohttp.contains("  since 3.10.6 it reads the variables when it is imported"), "{aiohttp}");
    let pip = Castore::at(&tree).run(["which", "pip:/opt/venv"]).exits(0).stdout();
    let line = pip.lines().find(|line| line.contains("turns-off-for")).expect("a line");
    assert!(line.contains("trusted-host in /etc/pip.conf:3"), "{pip}");
    assert!(line.contains("verification is off for old.example"), "{pip}");
    assert!(!pip.contains("verification is off: any"), "{pip}");
    assert!(!pip.contains("s3cr3t"), "{pip}");
}

/// As the default trust manager does: a capital letter in an alias hides a certificate from it, and
/// a keystore that it does not open is an error.
#[test]
fn java_trusts_what_its_keystore_gives() {
    let [alpha, beta, corp] = roots();
    let password = castore::model::Password::new("changeit");
    let all = [("alpha", alpha.der()), ("beta", beta.der()), ("corp", corp.der())];
    let mut octets = castore::format::jks::write(all, &password);
    let at = octets.windows(4).position(|four| four == b"corp").expect("an alias");
    octets[at] = b'C';
    let jceks = [&[0xce; 4][..], &octets[4..]].concat();
    let tree = Tree::new()
        .file("usr/lib/jvm/a/lib/security/cacerts", octets)
        .file("usr/lib/jvm/b/lib/security/cacerts", jceks)
        .file("usr/lib/jvm/c/lib/security/cacerts", crate::roots::uber());
    assert_snapshot!(Castore::at(&tree).run(["which", "java"]), @r"
    $ castore which --root @ROOT@ java
    java  /usr/lib/jvm/a
      used  built in  /usr/lib/jvm/a/lib/security/cacerts  3 certificates; https://github.com/openjdk/jdk/blob/jdk-25%2B36/src/java.base/share/classes/sun/security/ssl/TrustStoreManager.java
      trusts 2 certificates
      leaves out 1: Java looks for aliases in lower case only

    java  /usr/lib/jvm/b
      used  built in  /usr/lib/jvm/b/lib/security/cacerts  3 certificates; https://github.com/openjdk/jdk/blob/jdk-25%2B36/src/java.base/share/classes/sun/security/ssl/TrustStoreManager.java
      the client stops with an error before it verifies anything
      leaves out 3: Java does not open a trust store in this format

    java  /usr/lib/jvm/c
      used  built in  /usr/lib/jvm/c/lib/security/cacerts  https://github.com/openjdk/jdk/blob/jdk-25%2B36/src/java.base/share/classes/sun/security/ssl/TrustStoreManager.java
      the client stops with an error before it verifies anything
      not read in full: /usr/lib/jvm/c/lib/security/cacerts
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "java"]), @r"
    $ castore list --root @ROOT@ java
    STORE                                FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /usr/lib/jvm/a/lib/security/cacerts  jks           3         3  2040-01-01       java [Java lists 2: Java looks for aliases in lower case only; its seal fits no password that was tried]
    /usr/lib/jvm/b/lib/security/cacerts  jceks         3         3  2040-01-01       java [Java lists 2: Java looks for aliases in lower case only; its seal fits no password that was tried]
    /usr/lib/jvm/c/lib/security/cacerts  uber          -         -  -                java [it is encrypted as a whole, and castore cannot open it, 48 B]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
}
