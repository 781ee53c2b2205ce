//! `castore show`.

use crate::certificates::{NOW, intermediate, leaf, root};
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, fedora, roots, with_environment, with_programs};
use insta::assert_snapshot;

#[test]
fn a_certificate_in_full() {
    let corp = &roots()[2];
    let output = Castore::at(&fedora()).run(["show", &corp.fingerprint()[..10], "--format", "json"]).exits(0).json();
    assert_eq!(output["certificates"][0]["sha256"], corp.fingerprint());
    let text = Castore::at(&debian()).run(["show", &corp.fingerprint()]).exits(0).stdout();
    let fields = text.split("  trusted by").next().expect("fields");
    assert_snapshot!(fields, @r"
    Corp Root
      sha256          892f1c6d2d6aab830da70a63aa3620693788083ed79f18339b1242bd4d8914cc
      sha1            674ffaef96c35214a71751d5d03a928dae8170f0
      subject         CN=Corp Root, O=Example
      self-issued     yes (its signature is not checked)
      valid from      2020-01-01T00:00:00Z
      valid until     2040-01-01T00:00:00Z
      version         3
      serial          5203e7cbe71b4db0
      key             ED25519 256
      signature       ED25519
      constraints     CA:TRUE, critical
      key usage       keyCertSign, cRLSign
      subject key id  3774845b9147b50cf00771ca20eb29cc3043c078
      critical        keyUsage, basicConstraints
      held in:
        /etc/ssl/certs/06c77894.0:1
        /etc/ssl/certs/ca-certificates.crt:19
        /etc/ssl/certs/corp.pem:1
        /usr/local/share/ca-certificates/corp.crt:1
    ");
    assert!(text.contains("\n    system, system-directory, "), "{text}");
}

/// Who verifies without it; one of which not all is known, or that does not verify, is not said to lack it.
#[test]
fn who_lacks_it_is_told() {
    let corp = &roots()[2];
    let tree = with_environment(with_programs(debian()));
    let show =
        |arguments: &[&str]| Castore::at(&tree).run([&["show", &corp.fingerprint()], arguments].concat()).exits(0);
    let json = show(&["--format", "json"]).json();
    let names = |field: &str| -> Vec<String> {
        let list = json["certificates"][0][field].as_array().expect("a list").iter();
        list.map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    let (lacking, trusting) = (names("lacked_by"), names("trusted_by"));
    assert!(lacking.iter().any(|name| name.starts_with("certifi:/opt/venv")), "{lacking:?}");
    assert!(lacking.iter().all(|name| !trusting.contains(name)), "{lacking:?}");
    let text = show(&[]).stdout();
    assert!(text.contains("  lacked by:\n    "), "{text}");
    // Of a client of which some lack it, those that trust it are named.
    let patched = "certifi:/usr/lib/python3/dist-packages/certifi";
    assert!(text.contains(&format!("\n    certifi (1 of 2): {patched}\n")), "{text}");
    // A client that verifies nothing lacks nothing.
    let off = Castore::at(&tree).with(["--env", "GIT_SSL_NO_VERIFY=1", "--env", "GIT_SSL_CAINFO=/x.pem"]);
    let off = off.run(["show", &corp.fingerprint(), "--format", "json"]).exits(0).json();
    assert!(!off["certificates"][0]["lacked_by"].to_string().contains("\"git"), "{off}");
}

#[test]
fn the_certificate_itself_can_be_taken_away() {
    let corp = &roots()[2];
    let pem = Castore::at(&debian()).run(["show", &corp.fingerprint(), "--pem"]).exits(0).stdout();
    assert_eq!(pem.lines().collect::<Vec<_>>(), corp.pem().lines().collect::<Vec<_>>());
    let both = Castore::at(&debian()).run(["show", &corp.fingerprint(), "--pem", "--format", "json"]).exits(2).stderr();
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn a_thumbprint_of_windows_is_known() {
    let corp = &roots()[2];
    let show = |word: &str| Castore::at(&debian()).run(["show", word, "--format", "json"]);
    let thumbprint = show(&corp.fingerprint()).json()["certificates"][0]["sha1"].as_str().expect("SHA-1").to_owned();
    let found = show(&thumbprint.to_uppercase()).exits(0).json();
    assert_eq!(found["certificates"][0]["sha256"], corp.fingerprint());
    assert_eq!(found["certificates"].as_array().map(Vec::len), Some(1));
    _ = show(&thumbprint.replace(|digit: char| digit.is_ascii_digit(), "0")).exits(2);
}

#[test]
fn a_name_can_be_part_of_one_and_of_several() {
    let names = |word: &str| -> Vec<String> {
        let json = Castore::at(&debian()).run(["show", word, "--format", "json"]).exits(0).json();
        let found = json["certificates"].as_array().expect("certificates").iter();
        found.map(|certificate| certificate["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names("corp r"), ["Corp Root"]);
    assert_eq!(names("ROOT").len(), 3);
}

#[test]
fn a_file_is_shown_whole() {
    let top = root("Top").make();
    let between = intermediate("Between").issued_by(&top);
    let end = leaf("www.example").issued_by(&between);
    let tree = Tree::new().file("chain.pem", bundle(&[end, between]));
    assert_snapshot!(Castore::at(&tree).with(["--at", NOW]).run(["show", "/chain.pem"]), @r"
    $ castore show --root @ROOT@ --at 2026-01-01T00:00:00Z /chain.pem
    www.example
      sha256          41d02cec8b45a11338f6688b0934c3ace7f1f715ae6f37e8ca28038ed7943313
      sha1            de3d383ffda84b7c6ebe1d92c741968842b86277
      subject         CN=www.example, O=Example
      issuer          CN=Between, O=Example
      valid from      2025-12-01T00:00:00Z
      valid until     2026-03-01T00:00:00Z
      version         3
      serial          6aa56712b29687c8
      key             ED25519 256
      signature       ED25519
      constraints     CA:FALSE, critical
      key usage       digitalSignature
      purposes        serverAuth
      other names     DNS:www.example
      subject key id  8cef065b7af83669150b7d32704d3d3e75c3e9ae
      issuer key id   47dea58ea00fae9417ee19d76755bfef69089902
      critical        keyUsage, basicConstraints
      held in:
        /chain.pem:1
      trusted by no client that castore found
      known:
        in no root programme that castore has a table of

    Between
      sha256          92fee3cc2ee6eeebf69c1496049c9424af371e6e55f26e757a8c3e92fbcfdd38
      sha1            e708cdfd24fb91d487ca1d7bf4217af49e42439f
      subject         CN=Between, O=Example
      issuer          CN=Top, O=Example
      valid from      2022-01-01T00:00:00Z
      valid until     2035-01-01T00:00:00Z
      version         3
      serial          41ea3f5e7aa47303
      key             ED25519 256
      signature       ED25519
      constraints     CA:TRUE, pathlen:0, critical
      key usage       keyCertSign, cRLSign
      subject key id  47dea58ea00fae9417ee19d76755bfef69089902
      issuer key id   fd110d301d2f077de1414b8f99f441b1403fab20
      critical        keyUsage, basicConstraints
      held in:
        /chain.pem:12
      trusted by no client that castore found
      known:
        in no root programme that castore has a table of
    exit: 0
    ");
}

#[test]
fn colons_and_capitals_are_a_fingerprint_too() {
    let corp = &roots()[2];
    let pairs: Vec<String> = corp
        .fingerprint()
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    let json = Castore::at(&debian()).run(["show", &pairs.join(":"), "--format", "json"]).exits(0).json();
    assert_eq!(json["certificates"][0]["name"], "Corp Root");
}

#[test]
fn nothing_found_is_trouble() {
    let tree = debian().file("empty.pem", "");
    assert_snapshot!(Castore::at(&tree).run(["show", ""]), @r"
    $ castore show --root @ROOT@ ''
    stderr: castore: error: expected a fingerprint, a name or a file, found nothing
    stderr: hint: castore list --certs shows every certificate
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["show", "00000000"]), @r#"
    $ castore show --root @ROOT@ 00000000
    stderr: castore: error: no certificate in the stores castore read matches "00000000"
    stderr: hint: castore list --root @ROOT@ --certs shows them all; name a file with a slash in it
    exit: 2
    "#);
    assert_snapshot!(Castore::at(&tree).run(["show", "Gamma"]), @r#"
    $ castore show --root @ROOT@ Gamma
    stderr: castore: error: no certificate in the stores castore read matches "Gamma"
    stderr: hint: castore list --root @ROOT@ --certs shows them all; name a file with a slash in it
    exit: 2
    "#);
    assert_snapshot!(Castore::at(&tree).run(["show", "/gone.pem"]), @r"
    $ castore show --root @ROOT@ /gone.pem
    stderr: castore: error: /gone.pem: nothing is there
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["show", "/empty.pem"]), @r"
    $ castore show --root @ROOT@ /empty.pem
    stderr: castore: error: /empty.pem: no certificate in it
    stderr: hint: castore list --root @ROOT@ PATH says what was read of it
    exit: 2
    ");
}

#[test]
fn a_name_that_reads_as_hexadecimal_is_still_found() {
    let tree = Tree::new().file("etc/ssl/certs/ca-certificates.crt", root("Decade Root").make().pem());
    let json = Castore::at(&tree).run(["show", "decade", "--format", "json"]).exits(0).json();
    assert_eq!(json["certificates"][0]["name"], "Decade Root");
}
