//! update-ca-certificates and p11-kit: what distributions generate their bundles from.
//!
//! Debian's tool works on a tree of its own, and p11-kit on directories of its own: neither touches the
//! machine's.

use crate::p11_kit::{Kit, zoo};

use crate::{authority, matrix, require};
use castore::anchors::anchors;
use castore::catalogue::clients;
use castore::catalogue::survey::{Searched, Survey};
use castore::discover::discover;
use castore::format;
use castore::host::files::Tree;
use castore::host::memory::Memory;
use castore::host::{Files, Host, System};
use castore::load::{load, wanted};
use castore::model::{Fingerprint, Purposes, trust::SERVER_AUTH};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a row takes of a tree.
fn taken(client: &str, files: Box<dyn Files>) -> BTreeSet<Fingerprint> {
    let host = Host::new(files, System::Linux);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|row| row.id == client));
    let snapshot = load(&host, &wanted(&uses));
    uses.iter().flat_map(|found| anchors(found, &snapshot).certificates.into_keys()).collect()
}

fn compared(castore: &BTreeSet<Fingerprint>, tool: &BTreeSet<Fingerprint>) -> Result<(), String> {
    if castore == tool {
        return Ok(());
    }
    Err(format!("castore alone: {:?}; the tool alone: {:?}", castore - tool, tool - castore))
}

/// A file by its path below the root.
type File = (String, Vec<u8>);

/// The tree that `update-ca-certificates` is given.
fn debian(root: &Path, files: &[(&str, &[u8])]) {
    for directory in ["etc/ssl/certs", "etc/hooks", "usr/share/ca-certificates", "usr/local/share/ca-certificates"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    for (path, octets) in files {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), octets).unwrap();
    }
}

/// The certificates of the bundle that it writes.
fn updated(root: &Path) -> BTreeSet<Fingerprint> {
    let mut tool = Command::new("update-ca-certificates");
    for (option, path) in [
        ("--certsconf", "etc/ca-certificates.conf"),
        ("--certsdir", "usr/share/ca-certificates"),
        ("--localcertsdir", "usr/local/share/ca-certificates"),
        ("--etccertsdir", "etc/ssl/certs"),
        ("--hooksdir", "etc/hooks"),
    ] {
        tool.arg(option).arg(root.join(path));
    }
    let output = tool.env("TMPDIR", root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    taken("system", Box::new(Tree::at(root).unwrap()))
}

/// Whether Debian's tool is here, and what it needs; it knows no `--version`.
fn has_debians_tool() -> bool {
    if !cfg!(target_os = "linux") || !require("openssl") {
        return false;
    }
    let is_here = Command::new("update-ca-certificates").arg("--help").output().is_ok();
    if !is_here {
        crate::skip("update-ca-certificates is not here");
    }
    is_here
}

#[test]
fn debian_copies_what_castore_says() {
    if !has_debians_tool() {
        return;
    }
    let made: Vec<Vec<u8>> = (0..4).map(|n| authority(&format!("castore debian {n}"))).collect();
    let pem: Vec<String> = made.iter().map(|der| format::pem::write(der, &[])).collect();
    let two = format!("{}{}", pem[0], pem[1]);
    let joined = pem[0].trim_end();
    let trusted = format::openssl_trusted::write(
        &made[0],
        &Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() },
        &[],
    );
    let shipped = |name: &str| format!("usr/share/ca-certificates/{name}");
    let (one, other) = (shipped("mozilla/one.crt"), shipped("mozilla/My (Root), Two.crt"));
    let local = |name: &str| format!("usr/local/share/ca-certificates/{name}");
    let list = "etc/ca-certificates.conf";
    let both: &[(&str, &[u8])] = &[(&one, pem[0].as_bytes()), (&other, pem[1].as_bytes())];
    let all = b"# comment\nmozilla/one.crt\nmozilla/My (Root), Two.crt\n".as_slice();
    let cases: Vec<(&str, Vec<File>)> = vec![
        ("all listed", vec![(list.to_owned(), all.to_vec())]),
        ("one deselected", vec![(list.to_owned(), b"!mozilla/one.crt\nmozilla/My (Root), Two.crt\n".to_vec())]),
        ("one not listed", vec![(list.to_owned(), b"mozilla/one.crt\n".to_vec())]),
        ("a missing one listed", vec![(list.to_owned(), b"mozilla/one.crt\nmozilla/gone.crt\n\n".to_vec())]),
        ("an empty list", vec![(list.to_owned(), Vec::new())]),
        ("blanks about a name", vec![(list.to_owned(), b"  mozilla/one.crt \n".to_vec())]),
        ("a local one", vec![(list.to_owned(), all.to_vec()), (local("x.crt"), pem[2].clone().into_bytes())]),
        ("a local one below", vec![(list.to_owned(), all.to_vec()), (local("a/b/x.crt"), pem[2].clone().into_bytes())]),
        ("another extension", vec![(list.to_owned(), all.to_vec()), (local("x.pem"), pem[2].clone().into_bytes())]),
        ("two in one", vec![(list.to_owned(), Vec::new()), (local("two.crt"), two.into_bytes())]),
        (
            "no last newline",
            vec![
                (list.to_owned(), Vec::new()),
                (local("a.crt"), joined.as_bytes().to_vec()),
                (local("b.crt"), pem[1].clone().into_bytes()),
            ],
        ),
        ("DER", vec![(list.to_owned(), all.to_vec()), (local("der.crt"), made[3].clone())]),
        ("TRUSTED CERTIFICATE", vec![(list.to_owned(), Vec::new()), (local("t.crt"), trusted.into_bytes())]),
        ("an empty file", vec![(list.to_owned(), all.to_vec()), (local("e.crt"), Vec::new())]),
    ];
    for (case, files) in cases {
        let root = tempfile::tempdir().unwrap();
        debian(root.path(), both);
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, octets)| (path.as_str(), &octets[..])).collect();
        debian(root.path(), &files);
        let predicted = taken("debian-anchors", Box::new(Tree::at(root.path()).unwrap()));
        matrix::agree("debian-anchors", case, compared(&predicted, &updated(root.path())));
    }
}

/// What is behind links: `find -L` follows those to directories, and notices a circle.
#[cfg(unix)]
#[test]
fn debian_follows_links_as_castore_does() {
    if !has_debians_tool() {
        return;
    }
    let made: Vec<String> =
        (0..3).map(|n| format::pem::write(&authority(&format!("castore links {n}")), &[])).collect();
    let [one, two, three] = [0, 1, 2].map(|n| made[n].as_bytes());
    let local = "usr/local/share/ca-certificates";
    let shipped = "usr/share/ca-certificates";
    let list = "etc/ca-certificates.conf";
    let opt: &[(&str, &[u8])] =
        &[("opt/corp/one.crt", one), ("opt/corp/below/two.crt", two), ("opt/corp/x.pem", three)];
    type Case<'c> = (&'c str, &'c [(&'c str, &'c [u8])], &'c [(&'c str, &'c str)]);
    let cases: [Case<'_>; 9] = [
        ("a directory", &[(list, b"")], &[("usr/local/share/ca-certificates/corp", "../../../../opt/corp")]),
        (
            "a directory twice",
            &[(list, b"")],
            &[
                ("usr/local/share/ca-certificates/corp", "../../../../opt/corp"),
                ("usr/local/share/ca-certificates/again", "corp/below"),
            ],
        ),
        (
            "a circle",
            &[(list, b""), ("usr/local/share/ca-certificates/a/three.crt", three)],
            &[
                ("usr/local/share/ca-certificates/a/b", ".."),
                ("usr/local/share/ca-certificates/itself", "itself"),
                ("usr/local/share/ca-certificates/gone", "nowhere"),
            ],
        ),
        ("a file", &[(list, b"")], &[("usr/local/share/ca-certificates/x.crt", "../../../../opt/corp/x.pem")]),
        (
            "what the list names",
            &[(list, b"corp/one.crt\n!corp/below/two.crt\n")],
            &[("usr/share/ca-certificates/corp", "../../../opt/corp")],
        ),
        (
            "what the list names beside what it does not",
            &[
                (list, b"corp/below/two.crt\nmozilla/three.crt\n"),
                ("usr/share/ca-certificates/mozilla/three.crt", three),
            ],
            &[("usr/share/ca-certificates/corp", "../../../opt/corp")],
        ),
        (
            "a link in the list",
            &[(list, b"x.crt\n")],
            &[("usr/share/ca-certificates/x.crt", "../../../opt/corp/x.pem")],
        ),
        ("all that is shipped", &[(list, b"one.crt\nbelow/two.crt\n")], &[(shipped, "../../opt/corp")]),
        ("the anchors themselves", &[(list, b"")], &[(local, "../../../opt/corp")]),
    ];
    for (case, files, links) in cases {
        let root = tempfile::tempdir().unwrap();
        debian(root.path(), opt);
        debian(root.path(), files);
        for (link, target) in links {
            let link = root.path().join(link);
            if link.is_dir() {
                fs::remove_dir(&link).unwrap();
            }
            std::os::unix::fs::symlink(target, link).unwrap();
        }
        let predicted = taken("debian-anchors", Box::new(Tree::at(root.path()).unwrap()));
        assert!(!predicted.is_empty(), "{case}");
        matrix::agree("debian-anchors", &format!("behind links: {case}"), compared(&predicted, &updated(root.path())));
    }
}

/// The directories of p11-kit, as one family has them.
fn layout(kit: &Kit, place: &str) -> Box<dyn Files> {
    let mut memory = Memory::new();
    for directory in ["", "anchors", "blocklist"] {
        for entry in fs::read_dir(kit.path("store").join(directory)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                let inside = Path::new(place).join(directory).join(name);
                memory = memory.file(inside, fs::read(&path).unwrap());
            }
        }
    }
    Box::new(memory)
}

#[test]
fn p11_kit_extracts_what_castore_says() {
    let Some(kit) = Kit::new() else { return };
    let made: Vec<Vec<u8>> = (0..3).map(|n| authority(&format!("castore p11-kit {n}"))).collect();
    let pem: Vec<String> = made.iter().map(|der| format::pem::write(der, &[])).collect();
    let families = [
        ("fedora-anchors", "/etc/pki/ca-trust/source"),
        ("suse-anchors", "/etc/pki/trust"),
        ("arch-anchors", "/etc/ca-certificates/trust-source"),
    ];
    let hold = |case: &str, files: &[(&str, &[u8])]| {
        files.iter().for_each(|(name, octets)| kit.put(name, octets));
        let theirs = kit.bundle("ca-anchors", Some("server-auth"));
        for (client, place) in families {
            matrix::agree(client, case, compared(&taken(client, layout(&kit, place)), &theirs));
        }
        files.iter().for_each(|(name, _)| kit.remove(name));
    };
    let trusted = |purposes: Purposes| format::openssl_trusted::write(&made[0], &purposes, &[]);
    let servers = trusted(Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() });
    let none = trusted(Purposes { trust: Some(Vec::new()), ..Purposes::default() });
    let rejected = trusted(Purposes { reject: Some(vec![SERVER_AUTH]), ..Purposes::default() });
    hold("nothing", &[]);
    hold("PEM", &[("anchors/a", pem[0].as_bytes())]);
    hold("DER", &[("anchors/a", &made[0])]);
    hold("two in one", &[("anchors/a", (pem[0].clone() + &pem[1]).as_bytes())]);
    hold("only present", &[("a.pem", pem[0].as_bytes()), ("anchors/b", pem[1].as_bytes())]);
    hold("present and an anchor", &[("a.pem", pem[0].as_bytes()), ("anchors/a", pem[0].as_bytes())]);
    hold("in the blocklist", &[("blocklist/a", &made[0]), ("anchors/a", pem[0].as_bytes()), ("anchors/b", &made[1])]);
    hold("in the blocklist alone", &[("blocklist/a", &made[0])]);
    for (what, text) in [("servers", &servers), ("nothing", &none), ("rejected", &rejected)] {
        hold(&format!("trusted for {what}, itself"), &[("a", text.as_bytes())]);
        hold(&format!("trusted for {what}, an anchor"), &[("anchors/a", text.as_bytes())]);
    }
    let old = pem[0].replace("CERTIFICATE-----", "X509 CERTIFICATE-----");
    hold("an old label", &[("anchors/a", old.as_bytes())]);
    let leaf = crate::certificates::self_signed_leaf().make();
    hold("no authority", &[("anchors/a", leaf.der())]);
    let silent = crate::certificates::root("silent").silent().make();
    hold("silent of being one", &[("anchors/a", silent.der())]);
    let marked = format!("\u{feff}{}", pem[0]);
    hold("a byte order mark", &[("anchors/a", marked.as_bytes())]);
    for (name, text) in zoo() {
        for place in ["file.p11-kit", "anchors/file", "blocklist/file"] {
            hold(&format!("{name} as {place}"), &[(place, text.as_bytes())]);
        }
    }
}
