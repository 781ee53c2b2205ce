//! `castore export` into directories: a new one whole or not at all, one that is there only where it is castore's.

use crate::certificates::{Certificate, NOW, root};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, roots};
use castore::format::hash_dir::{subject_hash, subject_hash_old};
use insta::assert_snapshot;
use std::collections::BTreeSet;

fn export(tree: &Tree, home: &Tree, from: &str, more: &[&str]) -> Output {
    let arguments = ["export", "--from", from, "--out", "roots"];
    Castore::at(tree).with(["--at", NOW]).directory(home.path()).run([&arguments, more].concat())
}

fn stores() -> Tree {
    let [alpha, beta, corp] = roots();
    let twin = root("Beta Root").key(8).make();
    Tree::new().file("one.pem", bundle(&[alpha, beta])).file("two.pem", roots()[1].pem() + &corp.pem() + &twin.pem())
}

fn names(home: &Tree, path: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(home.path().join(path)).expect("a directory");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("ASCII")).collect()
}

fn said(output: &Output, home: &Tree) -> String {
    output.stderr().replace(&home.path().display().to_string(), "@DIR@")
}

fn hash(certificate: &Certificate) -> String {
    let parsed = x509_parser::parse_x509_certificate(certificate.der()).expect("a certificate").1;
    format!("{:08x}", subject_hash(parsed.subject().as_raw()).expect("a hash"))
}

#[test]
fn a_hash_directory_has_a_file_for_each_and_counts_those_of_one_subject() {
    let (tree, home) = (stores(), Tree::new());
    _ = export(&tree, &home, "/two.pem", &["--format", "hash-dir"]).exits(0);
    let [_, beta, corp] = roots();
    let expected = [format!("{}.0", hash(&beta)), format!("{}.1", hash(&beta)), format!("{}.0", hash(&corp))];
    assert_eq!(names(&home, "roots"), expected.into());
    assert!(names(&home, "roots").iter().all(|name| !home.path().join("roots").join(name).is_symlink()));
    let text = String::from_utf8(home.read(format!("roots/{}.0", hash(&corp)))).expect("PEM");
    assert!(text.starts_with("# CN=Corp Root, O=Example\n# sha256 892f1c6d"), "{text}");
    assert_eq!(names(&home, ""), ["roots".to_owned()].into(), "nothing is left beside it");
}

fn old_hash(certificate: &Certificate) -> String {
    let parsed = x509_parser::parse_x509_certificate(certificate.der()).expect("a certificate").1;
    format!("{:08x}", subject_hash_old(parsed.subject().as_raw()))
}

/// Readers from before OpenSSL 1.0.0 look for another hash, and a directory for both has each certificate under both.
#[test]
fn a_hash_directory_has_the_hashes_that_were_asked_for() {
    let (tree, home) = (stores(), Tree::new());
    let [alpha, beta, _] = roots();
    let new = [&alpha, &beta].map(|one| format!("{}.0", hash(one)));
    let old = [&alpha, &beta].map(|one| format!("{}.0", old_hash(one)));
    let both: BTreeSet<String> = new.iter().chain(&old).cloned().collect();
    assert_eq!(both.len(), 4);
    let cases = [
        (&["--hashes", "old"][..], old.clone().into()),
        (&["--hashes", "both"], both),
        (&["--hashes", "new"], BTreeSet::from(new.clone())),
        (&[], new.clone().into()),
    ];
    // Each over what the one before wrote: names of a hash that is not asked for go.
    for (more, expected) in cases {
        let arguments = [&["--format", "hash-dir", "--replace"], more].concat();
        let output = export(&tree, &home, "/one.pem", &arguments).exits(0);
        assert_eq!(names(&home, "roots"), expected, "{more:?}");
        let text = |name: &String| home.read(format!("roots/{name}"));
        if expected.contains(&new[0]) && expected.contains(&old[0]) {
            assert_eq!(text(&new[0]), text(&old[0]));
            assert_snapshot!(said(&output, &home), @"castore: wrote 2 certificates to @DIR@/roots (hash-dir; 2 new files; 2 unchanged)");
        }
    }
}

#[test]
fn a_directory_with_something_in_it_is_renewed_only_when_asked() {
    for format in ["hash-dir", "der-dir"] {
        let (tree, home) = (stores(), Tree::new());
        _ = export(&tree, &home, "/one.pem", &["--format", format]).exits(0);
        let before = names(&home, "roots");
        let again = export(&tree, &home, "/two.pem", &["--format", format]).exits(2);
        if format == "hash-dir" {
            assert_snapshot!(said(&again, &home), @r"
    castore: error: @DIR@/roots: expected a new or an empty directory, found 2 entries
    hint: name another, or --replace to renew one that castore export wrote; nothing else is ever removed
    ");
        }
        assert_eq!(names(&home, "roots"), before);
        let leftover = home.path().join("roots/.castore-0123456789abcdef.tmp");
        std::fs::create_dir(&leftover).expect("what a killed run leaves");
        std::fs::write(leftover.join("0"), "half").expect("what a killed run leaves");
        let renewed = export(&tree, &home, "/two.pem", &["--format", format, "--replace"]).exits(0);
        if format == "der-dir" {
            assert_snapshot!(said(&renewed, &home), @"castore: wrote 3 certificates to @DIR@/roots (der-dir; 2 new files; 1 unchanged; 1 removed)");
        }
        assert!(!leftover.exists());
        let json = Castore::at(&home).run(["list", "--certs", "/roots", "--format", "json"]).exits(0).json();
        let found = json["stores"][0]["certificates"].as_array().expect("certificates").clone();
        assert_eq!((found.len(), names(&home, "roots").len()), (3, 3), "{format}");
        let same = export(&tree, &home, "/two.pem", &["--format", format, "--replace", "--report", "json"]).exits(0);
        assert_eq!(same.json()["files"], serde_json::json!({ "written": 0, "unchanged": 3, "removed": 0 }));
    }
}

#[test]
fn an_empty_directory_is_filled() {
    let (tree, home) = (stores(), Tree::new().directory("roots"));
    _ = export(&tree, &home, "/one.pem", &["--format", "der-dir"]).exits(0);
    assert_eq!(names(&home, "roots").len(), 2);
}

/// Nothing that castore did not write is removed or written over, whatever it is called.
#[test]
fn what_is_somebody_elses_stays() {
    let [alpha, beta, _] = roots();
    let alien = root("Alien Root").key(9).make();
    let under = |certificate: &Certificate, text: String| (format!("roots/{}.0", hash(certificate)), text);
    let foreign = [
        ("roots/README".to_owned(), "ours".to_owned()),
        // A name of castore's, and other octets: another certificate, text behind the block, two blocks, CRLF.
        under(&alpha, beta.pem()),
        under(&alien, alien.pem() + "text behind\n"),
        under(&alien, alien.pem() + &alpha.pem()),
        under(&alien, alien.pem().replace('\n', "\r\n")),
        ("roots/.castore-x.tmp".to_owned(), String::new()),
        ("roots/corp.pem".to_owned(), alien.pem()),
    ];
    for (path, text) in foreign {
        let tree = stores();
        let home = Tree::new().file(&path, &text);
        let output = export(&tree, &home, "/one.pem", &["--format", "hash-dir", "--replace"]).exits(2);
        assert!(output.stderr().contains("nothing was changed"), "{path}: {output}");
        assert_eq!(home.read(&path), text.as_bytes());
        assert_eq!(names(&home, "roots").len(), 1, "{path}");
    }
    let (tree, home) = (stores(), Tree::new().file("roots", "a file"));
    let output = export(&tree, &home, "/one.pem", &["--format", "der-dir", "--replace"]);
    assert_snapshot!(said(&output.exits(2), &home), @r"
    castore: error: @DIR@/roots: expected a directory or nothing, found something else
    hint: name a new directory
    ");
    let (tree, home) = (stores(), Tree::new().directory("roots/sub"));
    let output = export(&tree, &home, "/one.pem", &["--format", "der-dir", "--replace"]);
    assert_snapshot!(said(&output.exits(2), &home), @r#"
    castore: error: @DIR@/roots: expected what castore export wrote, found "sub", which is not
    hint: nothing was changed; name another directory
    "#);
}

#[test]
#[cfg(unix)]
fn links_in_it_are_somebody_elses_and_a_link_to_it_is_followed() {
    let tree = stores();
    let home = Tree::new().directory("real").link("roots", "real");
    _ = export(&tree, &home, "/one.pem", &["--format", "hash-dir"]).exits(0);
    assert!(home.path().join("roots").is_symlink());
    assert_eq!(names(&home, "real").len(), 2);
    let home = Tree::new().file("elsewhere.pem", roots()[0].pem()).link("roots/00000000.0", "../elsewhere.pem");
    let output = export(&tree, &home, "/one.pem", &["--format", "hash-dir", "--replace"]).exits(2);
    assert!(output.stderr().contains("00000000.0"), "{output}");
    assert_eq!(home.read("elsewhere.pem"), roots()[0].pem().as_bytes());
    let home = Tree::new().link("roots", "nowhere");
    let output = export(&tree, &home, "/one.pem", &["--format", "hash-dir"]).exits(2);
    assert_eq!(names(&home, ""), ["roots".to_owned()].into(), "{output}");
}

#[test]
#[cfg(unix)]
fn a_directory_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (tree, home) = (stores(), Tree::new().directory("roots"));
    std::fs::set_permissions(home.path().join("roots"), PermissionsExt::from_mode(0o777)).expect("a mode");
    let output = export(&tree, &home, "/one.pem", &["--format", "der-dir"]).exits(2);
    assert_snapshot!(said(&output, &home), @r"
    castore: error: @DIR@/roots: expected @DIR@/roots to be writable by its owner only, found mode 0777
    hint: take the permission away with chmod go-w
    ");
    assert!(names(&home, "roots").is_empty());
}
