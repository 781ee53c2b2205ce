//! `--service`, `--env-file`, `--login-environment`, `--all-users`: the other shell.

use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots, with_environment, with_programs};
use insta::assert_snapshot;

fn machine() -> Tree {
    with_environment(with_programs(debian()))
        .file("srv/corp.pem", bundle(&roots()[2..]))
        .file("opt/venv/bin/serve", "#!/opt/venv/bin/python\n")
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n")
        .file("home/ann/.curlrc", "insecure\n")
        .file("home/bob/.curlrc", "# nothing\n")
        .file("etc/environment", "# for all\nSSL_CERT_FILE=\"/srv/corp.pem\"\n")
        .file("etc/app.env", "REQUESTS_CA_BUNDLE=/srv/corp.pem\n")
        .file(
            "etc/systemd/system/app.service",
            "[Service]\nUser=ann\nExecStart=/opt/venv/bin/serve --token s3cret\nEnvironment=TOKEN=s3cret SSL_CERT_FILE=/srv/corp.pem\nEnvironmentFile=-/etc/app.env\nProtectHome=yes\n",
        )
}

#[test]
fn a_service_has_the_variables_of_its_unit() {
    assert_snapshot!(Castore::at(&machine()).run(["which", "--service", "app"]), @r"
    $ castore which --root @ROOT@ --service app
    service app.service  /usr/bin/python3.11  as ann
      ProtectHome= is set: the service may not see all files of the host, or others

    python  /opt/venv/bin/python  (python 3.11.2, openssl 3.0.19)
      used  $SSL_CERT_FILE  /srv/corp.pem       1 certificate; https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_file.c
      used  built in        /usr/lib/ssl/certs  3 certificates; -> /etc/ssl/certs; https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_dir.c
      trusts 3 certificates

    certifi  /opt/venv/lib/python3.11/site-packages/certifi  (python 3.11.2, openssl 3.0.19)
      used      built in  /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  2 certificates; https://github.com/certifi/python-certifi/blob/master/certifi/core.py
      shadowed  built in  /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  2 certificates
      trusts 2 certificates

    requests  /opt/venv/lib/python3.11/site-packages/requests  (requests 2.32.5, python 3.11.2, openssl 3.0.19)
      used      $REQUESTS_CA_BUNDLE  /srv/corp.pem                                              1 certificate; https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
      shadowed  built in             /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  2 certificates
      trusts 1 certificate

    differs from a shell without variables
      $REQUESTS_CA_BUNDLE  /srv/corp.pem  here not set  read by requests
      $SSL_CERT_FILE       /srv/corp.pem  here not set  read by python
      python  /opt/venv/bin/python
        trusts 3 certificates of /srv/corp.pem, /etc/ssl/certs
        here trusts 3 certificates of /etc/ssl/certs
      requests  /opt/venv/lib/python3.11/site-packages/requests
        trusts 1 certificate of /srv/corp.pem
        here trusts 2 certificates of /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem
    exit: 0
    ");
}

#[test]
fn a_drop_in_changes_it() {
    let tree =
        machine().file("etc/systemd/system/app.service.d/x.conf", "[Service]\nUnsetEnvironment=REQUESTS_CA_BUNDLE\n");
    let json = Castore::at(&tree).run(["which", "requests", "--service", "app", "--format", "json"]).exits(0).json();
    assert_eq!(json["clients"][0]["candidates"][0]["outcome"], "not-set", "{json}");
}

#[test]
fn what_is_no_service_is_said() {
    assert_snapshot!(Castore::at(&machine()).run(["which", "--service", "ghost"]), @r#"
    $ castore which --root @ROOT@ --service ghost
    stderr: castore: error: --service: "ghost": no such service in the directories of systemd
    stderr: hint: --user NAME looks at the units of a user; those that only a manager knows are not read
    exit: 2
    "#);
    for word in ["", " ", "a b", "../app", "@x", ".service"] {
        let said = Castore::at(&machine()).run(["which", "--service", word]).exits(2).stderr();
        assert!(said.contains("expected the name of a unit"), "{word:?}: {said}");
    }
}

#[test]
fn variables_of_a_file() {
    let tree = machine();
    let file = tree.path().join("etc/app.env");
    let output =
        Castore::at(&tree).run(["which", "requests", "--env-file", file.to_str().expect("UTF-8")]).exits(0).stdout();
    assert!(output.contains("used      $REQUESTS_CA_BUNDLE  /srv/corp.pem"), "{output}");
    let output = Castore::at(&tree).run(["which", "--env-file", "/gone.env"]).exits(2).stderr();
    assert!(output.contains("/gone.env: nothing is there"), "{output}");
}

/// The service of a user has the variables of that user's manager, which is environment.d's.
#[test]
fn a_service_of_a_user() {
    let tree = machine()
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
        .file("home/ann/.config/systemd/user/sync.service", "[Service]\nExecStart=/opt/venv/bin/python %h/sync.py\n")
        .file("home/ann/.config/environment.d/50-ca.conf", "REQUESTS_CA_BUNDLE=$HOME/corp.pem\n")
        .file("home/ann/corp.pem", bundle(&roots()[2..]))
        .file("root/.config/systemd/user/own.service", "[Service]\nEnvironment=SSL_CERT_FILE=%h/x.pem\n");
    let run =
        |arguments: &[&str]| Castore::at(&tree).run([&["which", "requests", "--format", "json"], arguments].concat());
    let json = run(&["--service", "sync", "--user", "ann"]).exits(0).json();
    assert_eq!((&json["subject"]["user"], &json["subject"]["name"]), (&"ann".into(), &"sync.service".into()), "{json}");
    let first = &json["clients"][0]["candidates"][0];
    assert_eq!(
        (&first["named_by"], &first["path"]["path"]),
        (&"$REQUESTS_CA_BUNDLE".into(), &"/home/ann/corp.pem".into())
    );
    assert!(json["subject"]["remarks"][0].as_str().expect("a remark").contains("imported"), "{json}");
    let own = run(&["--service", "own"]).exits(0).json();
    assert_eq!(own["subject"]["user"], "root", "{own}");
    let said = run(&["--service", "app", "--user", "ann"]).exits(2).stderr();
    assert!(said.contains("without --user the units of the system are looked at"), "{said}");
    let said = run(&["--service", "app", "--user", "bob"]).exits(2).stderr();
    assert!(said.contains("no account is called \"bob\""), "{said}");
}

/// What systemd passes over in silence: a person who made the file wants to know, and no value is told.
#[test]
fn what_is_wrong_in_a_file_of_variables_is_said() {
    let tree = machine()
        .file("some.env", "export A=s3cr3t\nSSL_CERT_FILE=/srv/corp.pem\ns3cr3t\nx y=1\n-=\n=\n")
        .file("none.env", "s3cr3t\n")
        .file("binary", b"\x7fELF\0\0A=1\n")
        .file("empty.env", "# nothing\n");
    let run = |name: &str| {
        let file = tree.path().join(name);
        Castore::at(&tree).run(["which", "go", "--env-file", file.to_str().expect("UTF-8")])
    };
    let some = run("some.env").exits(0);
    assert!(some.stdout().contains("used      $SSL_CERT_FILE  /srv/corp.pem"), "{some}");
    for said in [
        "some.env:1: passed over: export before a name is for shells alone",
        "some.env:3: passed over: there is no = in it",
        "some.env:4: passed over: what stands before = is no name of a variable",
        "some.env: 2 more lines passed over",
    ] {
        assert!(some.stderr().contains(said), "{some}");
    }
    for (name, said) in [
        ("none.env", "expected lines of NAME=VALUE, found none; line 1: there is no = in it"),
        ("binary", "expected lines of NAME=VALUE, found binary data"),
    ] {
        let output = run(name).exits(2);
        assert!(output.stderr().contains(said), "{output}");
        assert!(!output.to_string().contains("s3cr3t"), "{output}");
    }
    assert!(!some.to_string().contains("s3cr3t"), "{some}");
    assert!(run("empty.env").exits(0).stderr().is_empty());
}

#[test]
fn variables_of_a_login() {
    let output = Castore::at(&machine()).run(["which", "go", "--login-environment"]).exits(0).stdout();
    assert!(output.contains("used      $SSL_CERT_FILE  /srv/corp.pem"), "{output}");
}

#[test]
fn each_account_has_its_own() {
    assert_snapshot!(Castore::at(&machine()).run(["which", "curl", "go", "--all-users"]), @r"
    $ castore which --root @ROOT@ curl go --all-users
    curl  /usr/bin/curl  (curl 8.14.1, openssl 3.0.19)
      used  built in  /etc/ssl/certs/ca-certificates.crt  3 certificates; https://curl.se/docs/sslcerts.html
      used  built in  /etc/ssl/certs                      3 certificates; https://curl.se/docs/sslcerts.html
      trusts 3 certificates

    curl  /usr/bin/curl  of ann  (curl 8.14.1, openssl 3.0.19)
      turns-off  insecure in /home/ann/.curlrc:1  -                                   verification is off
      used       built in                         /etc/ssl/certs/ca-certificates.crt  3 certificates; https://curl.se/docs/sslcerts.html
      used       built in                         /etc/ssl/certs                      3 certificates; https://curl.se/docs/sslcerts.html
      verification is off: any certificate is accepted

    go
      used  built in  /etc/ssl/certs/ca-certificates.crt  3 certificates; https://github.com/golang/go/blob/master/src/crypto/x509/root_linux.go
      used  built in  /etc/ssl/certs                      3 certificates; https://github.com/golang/go/blob/master/src/crypto/x509/root_linux.go
      trusts 3 certificates
    exit: 0
    ");
}

#[test]
#[cfg(unix)]
fn homes_that_are_closed_are_said() {
    use std::os::unix::fs::PermissionsExt;
    let tree = machine();
    let open = |path: &str, mode| {
        std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    open("", 0o755);
    open("home/bob", 0o700);
    let Some(castore) = Castore::at(&tree).without_rights() else { return };
    if std::fs::metadata("/proc/self").map_or(true, |own| std::os::unix::fs::MetadataExt::uid(&own) != 0) {
        return; // the home is one's own
    }
    let output = castore.run(["which", "curl", "--all-users"]).exits(0);
    let expected = "castore: permission denied, so not known what these accounts use: bob\n";
    assert_eq!(output.stderr(), expected, "{output}");
    assert!(output.stdout().contains("of ann"), "{output}");
    // What was not looked at is known to every format, whatever is asked for, and no status hides it.
    let check = |format: &str, more: &[&str]| {
        let arguments = ["check", "--all-users", "--format", format];
        castore.run(arguments.iter().chain(more))
    };
    for (format, said) in [
        ("json", "\"gaps\": [\n    \"/home/bob\"\n  ]"),
        ("sarif", "not read in full, so there may be more: /home/bob"),
        ("prometheus", "castore_errors{reason=\"closed_directory\"} 1\n"),
        ("junit", "name=\"/home/bob\"><error"),
        ("markdown", "- **not read in full**, so there may be more: `/home/bob`"),
        ("html", "/home/bob"),
    ] {
        for more in [&["--exit-zero"][..], &["--fail-on", "error"], &["--fail-on", "never"]] {
            let output = check(format, &[&["--only", "world-writable"], more].concat()).exits(2);
            assert!(output.stdout().contains(said), "{output}");
        }
    }
    let output = check("nagios", &["--only", "world-writable", "--fail-on", "error"]).exits(3).stdout();
    assert!(
        output.starts_with("CASTORE UNKNOWN - no findings in what could be read, 1 home not read in full | "),
        "{output}"
    );
    assert!(output.contains(" unread=1;") && output.ends_with("\nnot read in full: /home/bob\n"), "{output}");
    for format in ["text", "csv", "ndjson"] {
        let output = check(format, &["--only", "unread-store"]).exits(2).stdout();
        assert!(output.contains("/home/bob") && output.contains("what its account uses is not known"), "{output}");
    }
    _ = castore.run(["check", "--all-users", "--only", "world-writable", "/srv/corp.pem"]).exits(0);
}
