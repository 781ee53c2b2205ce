//! `castore check`: stores that are in no state to be trusted, and who can change them.

use crate::certificates::{NOW, root};
use crate::check::{file, is_clean, only};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, hash_name, roots, with_programs};
use castore::format::{jks, pkcs12};
use castore::model::Password;
use insta::assert_snapshot;

/// The text without who uses a store: rows added to the catalogue later also use the system's.
fn told(output: &Output) -> String {
    let line = |line: &str| line.split("  (used by ").next().unwrap_or_default().to_owned() + "\n";
    output.stdout().lines().map(line).collect()
}

#[test]
fn one_certificate_where_all_should_be() {
    let [alpha, ..] = roots();
    let tree = debian().file("etc/ssl/certs/ca-certificates.crt", alpha.pem());
    assert_snapshot!(told(&only(&tree, "tiny-bundle", "system").exits(1)), @r"
    error[tiny-bundle]: a bundle of public roots holds one or two: Alpha Root (5cc62d47)
      at /etc/ssl/certs/ca-certificates.crt
      expected public roots, some 120 to 150, found one certificate
      hint: make it again with the system's refresh command or by installing its package anew, and add the root as an anchor beside the public ones
    1 error
    ");
    is_clean(only(&debian(), "tiny-bundle", "system"));
    // What somebody named is another check's.
    let named = with_programs(debian()).file("corp.pem", alpha.pem());
    is_clean(Castore::at(&named).run(["check", "--only", "tiny-bundle", "curl", "--env", "CURL_CA_BUNDLE=/corp.pem"]));
}

#[test]
fn blocks_that_were_joined() {
    let text = bundle(&roots());
    let joined = text.replace("-----END CERTIFICATE-----\n-----BEGIN", "-----END CERTIFICATE----------BEGIN");
    assert_snapshot!(only(&file(&joined), "joined-blocks", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only joined-blocks /x.pem
    error[joined-blocks]: two blocks stand on one line
      at /x.pem:9
      expected BEGIN on a line of its own, found BEGIN on the line of the END before, and once more
      hint: put an end of line between the two, or write the bundle anew with castore export --root @ROOT@
    1 error
    exit: 1
    ");
    is_clean(only(&file(&text), "joined-blocks", "/x.pem"));
    _ = only(&file(&joined), "openssl-refuses", "/x.pem").exits(1);
}

#[test]
fn a_mark_before_a_block() {
    let text = bundle(&roots());
    assert_snapshot!(only(&file(format!("\u{feff}{text}")), "byte-order-mark", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only byte-order-mark /x.pem
    warning[byte-order-mark]: a byte order mark stands before a certificate: Alpha Root (5cc62d47)
      at /x.pem:1
      expected BEGIN at the beginning of its line, found a byte order mark before it
      hint: take the mark away, or write the file anew with castore export --root @ROOT@
    1 warning
    exit: 1
    ");
    is_clean(only(&file(&text), "byte-order-mark", "/x.pem"));
    // Text in UTF-16 is another matter, and OpenSSL's too.
    let utf16 = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let tree = file(utf16);
    is_clean(only(&tree, "byte-order-mark", "/x.pem"));
    _ = only(&tree, "openssl-refuses", "/x.pem").exits(1);
}

/// A keystore of Bouncy Castle: version, salt, rounds, one certificate, the end, a seal that fits no password.
fn bks(version: u8, der: &[u8]) -> Vec<u8> {
    let length = |octets: &[u8]| (octets.len() as u32).to_be_bytes();
    let head = [&[0, 0, 0, version, 0, 0, 0, 20][..], &[7; 20], &[0, 0, 4, 0]].concat();
    let entry = [&[1, 0, 1][..], b"a", &[0; 8], &[0; 4], &[0, 5], b"X.509", &length(der), der].concat();
    [&head[..], &entry, &[0], &[9; 20]].concat()
}

#[test]
fn keystores_in_outdated_forms() {
    let [alpha, ..] = roots();
    let tree = |octets: Vec<u8>| Tree::new().file("store", octets);
    assert_snapshot!(only(&tree(bks(1, alpha.der())), "weak-container", "/store"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only weak-container /store
    warning[weak-container]: a keystore is in a weak or outdated form
      at /store
      expected PKCS#12 of today's ciphers, or BKS of version 2, found a seal with a key of 16 bits: it proves nothing
      hint: write it anew with Bouncy Castle 1.47 or later
    1 warning
    exit: 1
    ");
    is_clean(only(&tree(bks(2, alpha.der())), "weak-container", "/store"));
    let changeit = Password::new("changeit");
    let old = jks::write([("alpha", alpha.der())], &changeit);
    assert_snapshot!(only(&tree(old.clone()), "weak-container", "/store"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only weak-container /store
    info[weak-container]: a keystore is in a weak or outdated form
      at /store
      expected PKCS#12 of today's ciphers, or BKS of version 2, found jks, sealed by SHA-1
      hint: run chroot @ROOT@ keytool -importkeystore -srckeystore /store -destkeystore NEW -deststoretype PKCS12, and name NEW
    1 info
    exit: 1
    ");
    // What a distribution made in this form nobody can change.
    is_clean(only(&debian().file("etc/ssl/certs/java/cacerts", old), "weak-container", "system-java"));
    let entries = [("alpha", alpha.der())];
    is_clean(only(&tree(pkcs12::write(&entries, pkcs12::Protection::Plain)), "weak-container", "/store"));
    is_clean(only(&tree(pkcs12::write(&entries, pkcs12::Protection::Modern(&changeit))), "weak-container", "/store"));
}

/// What is broken is told as that, and castore check sends nobody to castore check.
#[test]
fn a_keystore_that_goes_on_behind_its_end() {
    let changeit = Password::new("changeit");
    let [alpha, ..] = roots();
    let octets = [jks::write([("alpha", alpha.der())], &changeit), b"more".to_vec()].concat();
    assert_snapshot!(told(&only(&Tree::new().file("store", octets), "unread-store", "/store").exits(2)), @r"
    info[unread-store]: a store was not read in full
      at /store
      expected every entry read, found a part that cannot be read (expected the end of the keystore at byte 391)
      hint: restore it from where it came, or make it anew
    1 info
    ");
    let pem = format!("{}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", alpha.pem());
    let output = only(&Tree::new().file("store", pem), "unread-store", "/store").exits(2);
    assert!(output.stdout().contains("hint: mend or remove the entries that the check malformed names"), "{output}");
}

#[test]
fn a_pkcs12_in_which_java_sees_nothing() {
    let [alpha, ..] = roots();
    let changeit = Password::new("changeit");
    let octets = pkcs12::write(&[("alpha", alpha.der())], pkcs12::Protection::Modern(&changeit));
    let tree = debian()
        .file("usr/lib/jvm/x/lib/security/cacerts", jks::write([("alpha", alpha.der())], &changeit))
        .file("usr/lib/jvm/x/release", "JAVA_VERSION=\"17.0.15\"\n")
        .file("corp.p12", octets);
    let check = |options: &str| {
        let castore = Castore::at(&tree).with(["--at", NOW, "--env", options]);
        castore.run(["check", "--only", "pkcs12-lists-empty", "java"])
    };
    assert_snapshot!(check("JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/corp.p12"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --env JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/corp.p12 --only pkcs12-lists-empty java
    error[pkcs12-lists-empty]: Java takes no certificate from this PKCS#12
      at /corp.p12  (used by java:/usr/lib/jvm/x)
      expected one certificate trusted, found none: it is encrypted, and Java opens its trust store without a password
      hint: give its password in javax.net.ssl.trustStorePassword, or write it without one
    1 error
    exit: 1
    ");
    let with_password =
        "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/corp.p12 -Djavax.net.ssl.trustStorePassword=changeit";
    is_clean(check(with_password));
    is_clean(check("JAVA_TOOL_OPTIONS=-Dx=y"));
}

#[test]
fn a_keystore_that_java_does_not_open() {
    let [alpha, ..] = roots();
    let changeit = Password::new("changeit");
    let sealed = |protection| pkcs12::write(&[("alpha", alpha.der())], protection);
    let run = |version: &str, store: &str, password: &str, arguments: &[&str]| {
        let tree = debian()
            .file("usr/lib/jvm/x/lib/security/cacerts", jks::write([("alpha", alpha.der())], &changeit))
            .file("usr/lib/jvm/x/release", format!("JAVA_VERSION=\"{version}\"\n"))
            .file("corp.pem", alpha.pem())
            .file(
                "bad.jks",
                jks::write([("alpha", alpha.der()), ("bad", &[0x30, 0x03, 0x02, 0x01, 0x05][..])], &changeit),
            )
            .file("modern.p12", sealed(pkcs12::Protection::Modern(&changeit)))
            .file("legacy.p12", sealed(pkcs12::Protection::Legacy(&changeit)));
        let options = format!(
            "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/{store} -Djavax.net.ssl.trustStorePassword={password}"
        );
        let castore = Castore::at(&tree).with(["--at", NOW, "--env", &options]);
        castore.run(arguments)
    };
    let check = |version: &str, store: &str, password: &str| {
        run(version, store, password, &["check", "--only", "keystore-refused", "java"])
    };
    assert_snapshot!(told(&check("1.8.0_292", "modern.p12", "changeit").exits(1)), @r"
    error[keystore-refused]: Java does not open the trust store that it is given
      at /modern.p12
      expected a keystore that it opens, found none: it is sealed by an HMAC of SHA-2, which Java knows since 8u301, 11.0.12 and 12
      hint: write it anew with castore export --root @ROOT@ --include-expired --include-not-ca --from /modern.p12 --format pkcs12 --profile legacy --out NEW, and put NEW in its place; or take a later Java
    1 error
    ");
    assert_snapshot!(told(&check("17.0.15", "modern.p12", "other").exits(1)), @r"
    error[keystore-refused]: Java does not open the trust store that it is given
      at /modern.p12
      expected a keystore that it opens, found none: the password in javax.net.ssl.trustStorePassword does not open it
      hint: give the password of this file in javax.net.ssl.trustStorePassword
    1 error
    ");
    assert_snapshot!(told(&check("17.0.15", "corp.pem", "changeit").exits(1)), @r"
    error[keystore-refused]: Java does not open the trust store that it is given
      at /corp.pem
      expected a keystore that it opens, found none: it is no keystore that Java opens
      hint: name a keystore in JKS or PKCS#12; castore export --root @ROOT@ --format pkcs12 writes one
    1 error
    ");
    assert_snapshot!(told(&check("17.0.15", "bad.jks", "changeit").exits(2)), @r"
    error[keystore-refused]: Java does not open the trust store that it is given
      at /bad.jks (bad)
      expected a keystore that it opens, found none: one of its certificates cannot be read, and Java reads none then
      hint: write it anew without that one: castore export --root @ROOT@ --include-expired --include-not-ca --from /bad.jks --format pkcs12 --out NEW
    1 error
    ");
    is_clean(check("17.0.15", "modern.p12", "changeit"));
    is_clean(check("1.8.0_292", "legacy.p12", "changeit"));
    let why = run("1.8.0_292", "modern.p12", "changeit", &["why", "/corp.pem", "--client", "java"]).stdout().to_owned();
    assert!(why.contains("--from /modern.p12 --format pkcs12 --profile legacy --out @ROOT@/modern.p12"), "{why}");
}

#[test]
fn a_bundle_of_which_gnutls_takes_nothing() {
    let [alpha, ..] = roots();
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    let run = |text: &str, arguments: &[&str]| {
        let tree = debian()
            .file("usr/lib/x86_64-linux-gnu/libgnutls.so.30", format!("\0{bundle}\0"))
            .file("etc/ssl/certs/ca-certificates.crt", text)
            .file("corp.pem", alpha.pem());
        Castore::at(&tree).with(["--at", NOW]).run(arguments)
    };
    let check = |text: &str| run(text, &["check", "--only", "gnutls-refuses"]);
    let prose = format!("What is between -----BEGIN CERTIFICATE----- and its END:\n{}", alpha.pem());
    assert_snapshot!(told(&check(&prose).exits(1)), @r#"
    error[gnutls-refuses]: GnuTLS does not load what is in this file
      at /etc/ssl/certs/ca-certificates.crt:1
      expected 1 certificate loaded, found none: of this block it says "Base64 unexpected header error."
      hint: take that block out of the file; or write it anew with castore export --root @ROOT@ --include-expired --include-not-ca --include-untrusted --from /etc/ssl/certs/ca-certificates.crt --out @ROOT@/etc/ssl/certs/ca-certificates.crt
    1 error
    "#);
    is_clean(check(&format!("What is in a CERTIFICATE --- and its END:\n{}", alpha.pem())));
    let why = run(&prose, &["why", "/corp.pem", "--client", "gnutls"]).stdout().to_owned();
    assert!(why.contains("since it cannot read the block of line 1"), "{why}");
    assert!(why.contains("castore export") && why.contains(&format!("--from {bundle} --out @ROOT@{bundle}")), "{why}");
}

#[cfg(unix)]
#[test]
fn stores_that_everyone_can_write() {
    let mode = |tree: &Tree, path: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    let check = |tree: &Tree| only(tree, "world-writable", "system");
    let tree = debian();
    is_clean(check(&tree));
    mode(&tree, "etc/ssl/certs/ca-certificates.crt", 0o666);
    mode(&tree, "etc/ssl", 0o777);
    assert_snapshot!(told(&check(&tree).exits(1)), @r"
    error[world-writable]: every account can change what is trusted
      at /etc/ssl
      expected a directory that other accounts cannot write, found mode 0777: every account can change /etc/ssl/certs/ca-certificates.crt
      hint: run chroot @ROOT@ chmod o-w /etc/ssl
    error[world-writable]: every account can change what is trusted
      at /etc/ssl/certs/ca-certificates.crt
      expected a file that other accounts cannot write, found mode 0666: every account can change /etc/ssl/certs/ca-certificates.crt
      hint: run chroot @ROOT@ chmod o-w /etc/ssl/certs/ca-certificates.crt
    2 errors
    ");
    // A name in a sticky directory is its owner's alone.
    mode(&tree, "etc/ssl/certs/ca-certificates.crt", 0o644);
    mode(&tree, "etc/ssl", 0o1777);
    is_clean(check(&tree));
    // A directory that only a link stands in, and one that a link of a hash directory leads to.
    let linked = Tree::new()
        .file("usr/share/real/bundle.pem", bundle(&roots()))
        .link("srv/links; reboot/bundle.pem", "/usr/share/real/bundle.pem")
        .link("etc/ssl/certs/ca-certificates.crt", "/srv/links; reboot/bundle.pem");
    is_clean(check(&linked));
    mode(&linked, "srv/links; reboot", 0o777);
    assert_snapshot!(told(&check(&linked).exits(1)), @r"
    error[world-writable]: every account can change what is trusted
      at /srv/links; reboot
      expected a directory that other accounts cannot write, found mode 0777: every account can change /usr/share/real/bundle.pem
      hint: run chroot @ROOT@ chmod o-w '/srv/links; reboot'
    1 error
    ");
    let hashed = debian();
    mode(&hashed, "usr/share/ca-certificates/mozilla", 0o777);
    is_clean(check(&hashed));
    assert_snapshot!(told(&only(&hashed, "world-writable", "system-directory").exits(1)), @r"
    error[world-writable]: every account can change what is trusted
      at /usr/share/ca-certificates/mozilla
      expected a directory that other accounts cannot write, found mode 0777: every account can change /etc/ssl/certs
      hint: run chroot @ROOT@ chmod o-w /usr/share/ca-certificates/mozilla
    1 error
    ");
}

/// Only root gives a file away.
#[cfg(unix)]
#[test]
fn stores_of_another_account() {
    let chown = |tree: &Tree, path: &str, owner: u32| {
        std::os::unix::fs::chown(tree.path().join(path), Some(owner), None).is_ok()
    };
    let tree = debian().file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
    let check = |tree: &Tree| only(tree, "foreign-owned", "system");
    is_clean(check(&tree));
    if !chown(&tree, "etc/ssl/certs", 1000) {
        eprintln!("skipped: only root gives files away");
        return;
    }
    assert_snapshot!(told(&check(&tree).exits(1)), @r"
    warning[foreign-owned]: another account can change what is trusted
      at /etc/ssl/certs
      expected root as owner, or the account that runs the clients, found ann (1000), who can change /etc/ssl/certs/ca-certificates.crt
      hint: run chroot @ROOT@ chown root /etc/ssl/certs, or keep the store where root alone writes
    1 warning
    ");
    // A store of one's own is one's own matter.
    let home = Tree::new()
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
        .file("home/ann/corp.pem", root("Corp").make().pem());
    for path in ["home/ann", "home/ann/corp.pem"] {
        assert!(chown(&home, path, 1000));
    }
    let run = |user: &[&str]| {
        let arguments = ["check", "--only", "foreign-owned", "/home/ann/corp.pem"];
        Castore::at(&home).run(arguments.iter().chain(user))
    };
    is_clean(run(&["--user", "ann"]));
    _ = run(&[]).exits(1);
}

/// What else goes wrong with a name in a hash directory.
#[test]
fn hash_names_that_give_nothing() {
    let [alpha, beta, corp] = roots();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tree = Tree::new()
        .file("etc/ssl/certs/a.pem", alpha.pem())
        .file(format!("etc/ssl/certs/{}", hash_name(&alpha, 0).to_ascii_uppercase()), alpha.pem())
        .file(format!("etc/ssl/certs/{}", hash_name(&beta, 0)), beta.der())
        .file(format!("etc/ssl/certs/{}", hash_name(&corp, 0)), broken)
        .directory("etc/ssl/certs/0123abcd.0");
    let output = only(&tree, "hash-directory", "system-directory");
    assert_snapshot!(told(&output), @r"
    warning[hash-directory]: a hash directory is at odds with itself: Alpha Root (5cc62d47)
      at /etc/ssl/certs/3383F1AB.0
      expected lower-case digits, found upper-case ones, never looked for
      hint: run the system's refresh command, or openssl rehash, on the directory
    warning[hash-directory]: a hash directory is at odds with itself: Alpha Root (5cc62d47)
      at /etc/ssl/certs/a.pem
      expected a hash name that leads to it, found none, so OpenSSL never finds it
      hint: run the system's refresh command, or openssl rehash, on the directory
    warning[hash-directory]: a hash directory is at odds with itself: Beta Root (90783156)
      at /etc/ssl/certs/8a3be2fe.0
      expected PEM, found something else, which OpenSSL does not load here
      hint: write it as PEM
    warning[hash-directory]: a hash directory is at odds with itself
      at /etc/ssl/certs/06c77894.0
      expected PEM that OpenSSL loads, found a block it refuses
      hint: repair the file
    warning[hash-directory]: a hash directory is at odds with itself
      at /etc/ssl/certs/0123abcd.0
      expected a readable file, found a directory
      hint: replace it with a file, or remove it
    5 warnings
    ");
}

/// A store that may not be read is one that its clients may not read either.
#[cfg(unix)]
#[test]
fn a_store_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let tree = debian();
    for (path, mode) in [("", 0o755), ("etc/ssl/certs/ca-certificates.crt", 0o000)] {
        std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let Some(castore) = Castore::at(&tree).with(["--at", NOW]).without_rights() else { return };
    assert_snapshot!(told(&castore.run(["check", "--only", "unread-store", "system"]).exits(2)), @r"
    warning[unread-store]: a store was not read in full
      at /etc/ssl/certs/ca-certificates.crt
      expected every entry read, found permission denied
      hint: run as a user who can read it, or raise --file-size
    1 warning
    ");
}

/// A package that was removed, and a link that leads to nothing: nobody set anything, and nothing is there.
#[test]
fn the_store_of_a_client_that_is_gone() {
    let without = |tree: Tree| {
        std::fs::remove_file(tree.path().join("etc/ssl/certs/ca-certificates.crt")).expect("the bundle");
        tree
    };
    // The links of the hash directory are still there: OpenSSL and Python go on, curl stops.
    let tree = without(with_programs(debian()));
    assert_snapshot!(told(&only(&tree, "store-missing", "*")), @r"
    error[store-missing]: a client's own store is not there
      at /etc/ssl/certs/ca-certificates.crt
      expected certificates, as no variable or setting names another place, found nothing: the client stops with an error
      hint: install what brings it again, or run the system's refresh command
    1 error
    ");
    let dangling = without(with_programs(debian())).link("etc/ssl/certs/ca-certificates.crt", "gone.crt");
    assert_snapshot!(told(&only(&dangling, "store-missing", "curl")), @r"
    error[store-missing]: a client's own store is not there
      at /etc/ssl/certs/ca-certificates.crt
      expected certificates, as no variable or setting names another place, found a link that leads to nothing: the client stops with an error
      hint: install what brings it again, or run the system's refresh command
    1 error
    ");
    // Nothing of the certificates is left at all.
    let bare = with_programs(Tree::new()).directory("etc/ssl/certs");
    assert_snapshot!(told(&only(&bare, "store-missing", "*")), @r"
    error[store-missing]: a client's own store is not there
      at /usr/lib/ssl/cert.pem
      expected certificates, as no variable or setting names another place, found nothing, nor at any other place that it reads: the client refuses every server
      hint: install what brings it again, or run the system's refresh command
    error[store-missing]: a client's own store is not there
      at /etc/ssl/certs/ca-certificates.crt
      expected certificates, as no variable or setting names another place, found nothing: the client stops with an error
      hint: install what brings it again, or run the system's refresh command
    2 errors
    ");
    // What somebody set is told as that; and a rule for programs that nobody has is no client.
    let set = ["--env", "CURL_CA_BUNDLE=/gone.pem", "curl"];
    is_clean(Castore::at(&tree).run(["check", "--only", "store-missing"].iter().chain(&set)));
    is_clean(only(&Tree::new().directory("etc/ssl/certs"), "store-missing", "*"));
    is_clean(only(&with_programs(debian()), "store-missing", "*"));
}

/// The anchors are there, and no bundle was made of them.
#[test]
fn anchors_of_which_nothing_was_made() {
    let tree = Tree::new().file("usr/local/share/ca-certificates/corp.crt", roots()[2].pem());
    assert_snapshot!(told(&only(&tree, "anchor-not-in-bundle", "*")), @r"
    error[anchor-not-in-bundle]: an anchor of the system is not in its bundle
      at /usr/local/share/ca-certificates
      expected a bundle that is made of what is there, found none in any of the places of systems, so that no client that reads one sees them
      hint: run chroot @ROOT@ update-ca-certificates
    1 error
    ");
    // That links stand beside the bundle brings it not back.
    let linked = debian();
    std::fs::remove_file(linked.path().join("etc/ssl/certs/ca-certificates.crt")).expect("it is removed");
    let linked = linked.file("usr/local/share/ca-certificates/corp.crt", roots()[2].pem());
    assert!(only(&linked, "anchor-not-in-bundle", "*").exits(1).stdout().contains("found none in any of the places"));
}

/// A bundle in a hash directory is no fault of it; a file with two that was put there to be found is, and the one that
/// is missed is named.
#[test]
fn a_file_of_several_certificates_in_a_hash_directory() {
    let [alpha, beta, corp] = roots();
    let unlinked = root("Unlinked").key(7).make();
    let both = alpha.pem() + &unlinked.pem();
    assert_snapshot!(told(&only(&debian().file("etc/ssl/certs/two.pem", both.clone()), "hash-directory", "system-directory")), @r"
    warning[hash-directory]: a hash directory is at odds with itself: Unlinked (79ffddff)
      at /etc/ssl/certs/two.pem
      expected a hash name that leads to it, found none, so OpenSSL never finds it
      hint: put each certificate into a file of its own, then run chroot @ROOT@ openssl rehash, which links no file with more than one
    1 warning
    ");
    let appended = debian().file("etc/ssl/certs/ca-certificates.crt", bundle(&[alpha, beta, corp]) + &unlinked.pem());
    is_clean(only(&appended, "hash-directory", "system*"));
}
