//! `castore check`: what is generated beside what it is generated from, and what was changed by hand.

use crate::certificates::{Certificate, NOW, numbered, pem, root};
use crate::check::{is_clean, only};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, fedora, roots, with_environment, with_programs};
use castore::format::jks;
use castore::model::Password;
use insta::assert_snapshot;
use sha2::{Digest, Sha256};

/// The text without who uses a store: rows added to the catalogue later also use the system's.
fn told(output: &Output) -> String {
    let line = |line: &str| line.split("  (used by ").next().unwrap_or_default().to_owned() + "\n";
    output.stdout().lines().map(line).collect()
}

/// A Debian as its tool leaves it, with the list that chooses.
fn listed(list: &str) -> Tree {
    debian().file("etc/ca-certificates.conf", list)
}

const LIST: &str = "# chosen\nmozilla/Alpha_Root.crt\nmozilla/Beta_Root.crt\n";

fn added() -> Certificate {
    root("Added Root").key(6).make()
}

#[test]
fn an_anchor_that_was_never_taken_up() {
    let tree = listed(LIST).file("usr/local/share/ca-certificates/deep/added.crt", added().pem());
    assert_snapshot!(told(&only(&tree, "anchor-not-in-bundle", "system").exits(1)), @r"
    warning[anchor-not-in-bundle]: an anchor of the system is not in its bundle: Added Root (750fdb0a)
      at /usr/local/share/ca-certificates/deep/added.crt:1
      expected in /etc/ssl/certs/ca-certificates.crt, which is made of it, found not in it
      hint: run chroot @ROOT@ update-ca-certificates
    1 warning
    ");
    is_clean(only(&listed(LIST), "anchor-not-in-bundle", "system"));
    // p11-kit takes authorities of any name from its own directory.
    let tree = fedora().file("etc/pki/ca-trust/source/anchors/added", added().der());
    assert_snapshot!(told(&only(&tree, "anchor-not-in-bundle", "fedora-anchors").exits(1)), @r"
    warning[anchor-not-in-bundle]: an anchor of the system is not in its bundle: Added Root (750fdb0a)
      at /etc/pki/ca-trust/source/anchors/added
      expected in /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem, which is made of it, found not in it
      hint: run chroot @ROOT@ update-ca-trust
    1 warning
    ");
    is_clean(only(&fedora(), "anchor-not-in-bundle", "fedora-anchors"));
}

#[test]
fn a_bundle_that_was_edited() {
    let tree = listed(LIST).file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()) + &added().pem());
    assert_snapshot!(told(&only(&tree, "bundle-without-source", "system").exits(1)), @r"
    warning[bundle-without-source]: a certificate of the system's bundle has no source: Added Root (750fdb0a)
      at /etc/ssl/certs/ca-certificates.crt:28
      expected among the anchors of update-ca-certificates, found in the bundle alone: update-ca-certificates drops it
      hint: if it is meant to be trusted, put it into /usr/local/share/ca-certificates as a .crt file and run chroot @ROOT@ update-ca-certificates; else run chroot @ROOT@ update-ca-certificates
    1 warning
    ");
    is_clean(only(&listed(LIST), "bundle-without-source", "system"));
    // A container with a bundle and no anchors of the distribution.
    is_clean(only(&debian(), "bundle-without-source", "system"));
}

#[test]
fn a_root_that_was_deselected_and_is_trusted_still() {
    let tree = listed("mozilla/Alpha_Root.crt\n!mozilla/Beta_Root.crt\n");
    let check = |tree: &Tree| only(tree, "deselected-but-active", "system*");
    assert_snapshot!(told(&check(&tree).exits(1)), @r"
    error[deselected-but-active]: a deselected or blocklisted certificate is still trusted: Beta Root (90783156)
      at /etc/ssl/certs/ca-certificates.crt:10
      expected left out, since a line with ! in /etc/ca-certificates.conf deselects it, found trusted in the bundle
      hint: run chroot @ROOT@ update-ca-certificates --fresh
    error[deselected-but-active]: a deselected or blocklisted certificate is still trusted: Beta Root (90783156)
      at /etc/ssl/certs/8a3be2fe.0:1
      expected left out, since a line with ! in /etc/ca-certificates.conf deselects it, found trusted in the hash directory
      hint: run chroot @ROOT@ update-ca-certificates --fresh
    2 errors
    ");
    // It is no matter of a bundle without sources as well.
    is_clean(only(&tree, "bundle-without-source", "system"));
    is_clean(check(&listed(LIST)));
    // Deselected among those of the distribution, and added by the administrator.
    let [_, beta, _] = roots();
    is_clean(check(&tree.file("usr/local/share/ca-certificates/beta.crt", beta.pem())));
    // A blocklist of p11-kit.
    let [alpha, ..] = roots();
    let blocked = fedora().file("etc/pki/ca-trust/source/blocklist/alpha.pem", alpha.pem());
    assert_snapshot!(told(&check(&blocked).exits(1)), @r"
    error[deselected-but-active]: a deselected or blocklisted certificate is still trusted: Alpha Root (5cc62d47)
      at /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem:1
      expected left out, since /etc/pki/ca-trust/source/blocklist distrusts it, found trusted in the bundle
      hint: run chroot @ROOT@ update-ca-trust
    error[deselected-but-active]: a deselected or blocklisted certificate is still trusted: Alpha Root (5cc62d47)
      at /etc/pki/ca-trust/extracted/pem/directory-hash/3383f1ab.0:1
      expected left out, since /etc/pki/ca-trust/source/blocklist distrusts it, found trusted in the hash directory
      hint: run chroot @ROOT@ update-ca-trust
    2 errors
    ");
    is_clean(check(&fedora()));
}

#[test]
fn files_among_the_anchors_that_are_passed_over() {
    let tree = listed(LIST)
        .file("usr/local/share/ca-certificates/added.pem", added().pem())
        .file("usr/local/share/ca-certificates/binary.crt", root("Binary Root").key(7).make().der())
        .file("usr/local/share/ca-certificates/notes.txt", "buy milk\n")
        // The same certificate under a name that counts.
        .file("usr/local/share/ca-certificates/corp.cer", roots()[2].pem());
    assert_snapshot!(told(&only(&tree, "ignored-source-file", "debian-anchors").exits(1)), @r"
    warning[ignored-source-file]: a file among the system's anchors is passed over: Added Root (750fdb0a)
      at /usr/local/share/ca-certificates/added.pem:1
      expected a file that update-ca-certificates takes, found its file name does not end in .crt
      hint: rename added.pem so that it ends in .crt, and run chroot @ROOT@ update-ca-certificates
    warning[ignored-source-file]: a file among the system's anchors is passed over: Binary Root (8c6a2aaa)
      at /usr/local/share/ca-certificates/binary.crt
      expected a file that update-ca-certificates takes, found it is DER, not PEM
      hint: write it as PEM in its place (openssl x509 -inform DER -in binary.crt), and run chroot @ROOT@ update-ca-certificates
    2 warnings
    ");
    is_clean(only(&listed(LIST), "ignored-source-file", "debian-anchors"));
    let tree = fedora()
        .file("etc/pki/ca-trust/source/anchors/2026/added.pem", added().pem())
        .file("etc/pki/ca-trust/source/beside.pem", root("Beside Root").key(7).make().pem());
    assert_snapshot!(told(&only(&tree, "ignored-source-file", "fedora-anchors").exits(1)), @r"
    warning[ignored-source-file]: a file among the system's anchors is passed over: Beside Root (290fc151)
      at /etc/pki/ca-trust/source/beside.pem:1
      expected a file that update-ca-trust takes, found its file does not say that it is trusted
      hint: move beside.pem to /etc/pki/ca-trust/source/anchors, and run chroot @ROOT@ update-ca-trust
    warning[ignored-source-file]: a file among the system's anchors is passed over
      at /etc/pki/ca-trust/source/anchors/2026
      expected files in /etc/pki/ca-trust/source/anchors itself, found a directory, into which update-ca-trust does not look
      hint: move what is in it one up, and run chroot @ROOT@ update-ca-trust
    2 warnings
    ");
    is_clean(only(&fedora(), "ignored-source-file", "fedora-anchors"));
}

/// A keystore as Debian's Java program writes it.
fn keystore(certificates: &[(&str, &Certificate)]) -> Vec<u8> {
    let entries = certificates.iter().map(|(alias, certificate)| (*alias, certificate.der()));
    jks::write(entries, &Password::new("changeit"))
}

#[test]
fn a_java_keystore_that_was_left_behind() {
    let [alpha, beta, corp] = roots();
    let (gone, imported) = (added(), root("Imported Root").key(7).make());
    let both = [("debian:alpha_root.pem", &alpha), ("debian:corp.pem", &corp)];
    let behind = [&both[..], &[("debian:added_root.pem", &gone), ("mine; reboot", &imported)]].concat();
    let tree = listed(LIST).file("etc/ssl/certs/java/cacerts", keystore(&behind));
    assert_snapshot!(told(&only(&tree, "java-store-drift", "system*").exits(1)), @r"
    warning[java-store-drift]: the system's bundle and its Java keystore disagree: Added Root (750fdb0a)
      at /etc/ssl/certs/java/cacerts (debian:added_root.pem)
      expected in the bundle too, found in the Java keystore alone: Java trusts it still
      hint: run chroot @ROOT@ dpkg-trigger --no-await update-ca-certificates-java-fresh, then chroot @ROOT@ dpkg --triggers-only --pending
    warning[java-store-drift]: the system's bundle and its Java keystore disagree: Beta Root (90783156)
      at /etc/ssl/certs/ca-certificates.crt:10
      expected in the Java keystore too, found in the bundle alone: Java does not trust it
      hint: run chroot @ROOT@ dpkg-trigger --no-await update-ca-certificates-java-fresh, then chroot @ROOT@ dpkg --triggers-only --pending
    warning[java-store-drift]: the system's bundle and its Java keystore disagree: Imported Root (a36705a2)
      at /etc/ssl/certs/java/cacerts (mine; reboot)
      expected in the bundle too, found in the Java keystore alone: Java trusts it still
      hint: run chroot @ROOT@ keytool -delete -cacerts -alias 'mine; reboot'
    3 warnings
    ");
    let same = [&both[..], &[("debian:beta_root.pem", &beta)]].concat();
    is_clean(only(&listed(LIST).file("etc/ssl/certs/java/cacerts", keystore(&same)), "java-store-drift", "system*"));
    is_clean(only(&listed(LIST), "java-store-drift", "system*"));
}

const SITE: &str = "opt/venv/lib/python3.11/site-packages";

/// What a wheel of certifi with these octets leaves behind.
fn wheel(tree: Tree, octets: &[u8]) -> Tree {
    let digest = base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(octets));
    let record = format!("certifi/__init__.py,,\ncertifi/cacert.pem,sha256={digest},{}\n", octets.len());
    tree.file(format!("{SITE}/certifi/cacert.pem"), octets)
        .file(format!("{SITE}/certifi-2026.5.20.dist-info/RECORD"), record)
}

/// Roots as many as make a public store.
fn public() -> String {
    numbered(24).map(|der| pem("CERTIFICATE", &der)).collect()
}

#[test]
fn a_certifi_that_was_edited() {
    let machine = || with_environment(with_programs(listed(LIST)));
    let check = |tree: &Tree| only(tree, "certifi-edited", "certifi");
    let appended =
        wheel(machine(), public().as_bytes()).file(format!("{SITE}/certifi/cacert.pem"), public() + &added().pem());
    assert_snapshot!(told(&check(&appended).exits(1)), @r"
    warning[certifi-edited]: a bundle in a Python package was edited: Added Root (750fdb0a)
      at /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem:265
      expected the file that certifi 2026.5.20 installed, found that and more (15357 bytes instead of 14856), lost at the next upgrade; appended: Added Root (750fdb0a)
      hint: name a bundle of the public roots and your own (castore export --root @ROOT@) in the variable or setting that the client reads, and install the package anew
    1 warning
    ");
    // Something else, as long as before: told by the hash alone.
    let text = public();
    let other = text.replacen("-----BEGIN CERTIFICATE-----\nM", "-----BEGIN CERTIFICATE-----\nN", 1);
    assert_eq!(text.len(), other.len());
    let replaced = wheel(machine(), text.as_bytes()).file(format!("{SITE}/certifi/cacert.pem"), other);
    assert!(
        told(&check(&replaced)).contains("found another, lost at the next upgrade; not of that release: Numbered Root"),
        "{}",
        check(&replaced)
    );
    // In the middle, where another environment has the same wheel as it was.
    let between = added().pem() + &public()[public().find("-----END").expect("a block")..];
    let beside = |tree: Tree, octets: &str| -> Tree {
        let twin = "usr/lib/python3/dist-packages/pip";
        let digest = base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(octets));
        let record = format!("pip/_vendor/certifi/cacert.pem,sha256={digest},{}\n", octets.len());
        tree.file(format!("{twin}/_vendor/certifi/cacert.pem"), octets)
            .file(format!("{twin}-24.0.dist-info/RECORD"), record)
    };
    let twin = beside(wheel(machine(), public().as_bytes()), &public());
    let twin = twin.file(format!("{SITE}/certifi/cacert.pem"), between);
    let output = Castore::at(&twin).with(["--at", NOW]).run(["check", "--only", "certifi-edited", "certifi"]);
    let text = told(&output.exits(1));
    assert!(text.contains("; added: Added Root (") && text.contains("; removed: Numbered Root 00000000 ("), "{text}");
    is_clean(check(&wheel(machine(), public().as_bytes())));
    // No RECORD, as in a distribution's package.
    is_clean(check(&machine()));
}

/// The text without how many clients have a root: rows are added.
fn uncounted(text: &str) -> String {
    let (before, rest) = text.split_once("as of the ").expect("a number of clients");
    let (_, after) = rest.split_once(" that have it").expect("several");
    format!("{before}as of the N that have it{after}")
}

#[test]
fn a_private_root_that_some_clients_lack() {
    let machine = |bundle: String| {
        let anchors = listed(LIST).file("etc/ssl/certs/ca-certificates.crt", bundle);
        wheel(with_environment(with_programs(anchors)), public().as_bytes())
    };
    let all = public() + &bundle(&roots());
    let check = |tree: &Tree| {
        let castore = Castore::at(tree).with(["--at", NOW, "--env", "PATH=/usr/bin"]);
        castore.run(["check", "--only", "private-root-partial", "curl", "requests"])
    };
    let check_requests = |tree: &Tree| only(tree, "private-root-partial", "requests");
    assert_snapshot!(uncounted(&told(&check(&machine(all.clone())).exits(1))), @r"
    warning[private-root-partial]: a private root is missing in some clients: Corp Root (892f1c6d)
      at /usr/local/share/ca-certificates/corp.crt:1
      expected an anchor of every client, as of the N that have it, found none of requests
      hint: set $REQUESTS_CA_BUNDLE for requests, to /etc/ssl/certs/ca-certificates.crt, which has it
    1 warning
    ");
    // A client that has it by a setting or variable lacks nothing.
    let tree = machine(all);
    let pointed = Castore::at(&tree).with(["--at", NOW]);
    let pointed = pointed.with(["--env", "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt"]);
    is_clean(pointed.run(["check", "--only", "private-root-partial", "curl", "requests"]));
    // Where nobody has it, it is no matter of some.
    let anchors = Tree::new().file("usr/local/share/ca-certificates/corp.crt", roots()[2].pem());
    is_clean(check_requests(&wheel(with_environment(anchors), public().as_bytes())));
    // It is one of a single client as well.
    _ = check_requests(&tree).exits(1);
}
