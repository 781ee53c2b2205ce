//! addbuiltin of NSS, and Debian's package of roots: certdata.txt.

use crate::p11_kit::{CODE, EMAIL, Set, authorities, chosen, distinct, set, some};
use crate::{long, numbers::Numbers, skip};
use castore::format::{certdata, x509};
use castore::model::trust::SERVER_AUTH;
use castore::model::{Body, Decoded, Ruling, Trust};
use std::fs;
use std::process::Command;

/// What the real tool writes of certdata.txt: Debian's name for it, and NSS's own.
fn addbuiltin() -> Option<&'static str> {
    let is_there = |program: &&str| Command::new(program).output().is_ok();
    let found = ["nss-addbuiltin", "addbuiltin"].into_iter().find(is_there);
    if found.is_none() {
        skip("addbuiltin of NSS is not here");
    }
    found
}

/// Where an object of trust begins.
const CLASS: &str = "CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST\n";

#[test]
fn certdata_says_what_addbuiltin_was_told() {
    let Some(program) = addbuiltin() else { return };
    let place = tempfile::tempdir().unwrap();
    let add = |arguments: &[&str], der: &[u8]| {
        let file = place.path().join("der");
        fs::write(&file, der).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).arg("-i").arg(file).env("HOME", place.path()).current_dir(place.path());
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let flags = [("C", Ruling::Trusted), ("P", Ruling::Trusted), ("p", Ruling::Distrusted), ("", Ruling::Present)];
    let (mut all, mut numbers) = (authorities(), Numbers(11));
    // A record without a hash is about every certificate with its issuer and serial number.
    distinct(&mut all);
    for _ in 0..if long() { 100 } else { 5 } {
        let mut text = "BEGINDATA\n".to_owned();
        let mut told = Vec::new();
        for der in some(&mut numbers, &all) {
            let (mut server, mut email, mut code) =
                (flags[numbers.below(4)], flags[numbers.below(4)], flags[numbers.below(4)]);
            let distrusted = numbers.below(5) == 0;
            let absent = numbers.below(5) == 0;
            let parts = if distrusted {
                (server.1, email.1, code.1) = (Ruling::Distrusted, Ruling::Distrusted, Ruling::Distrusted);
                let record = add(&["-D", "-n", "a label"], &der);
                let both = add(&["-n", "a label", "-t", "C,C,C"], &der);
                let certificate = both.split(CLASS).next().unwrap_or_default().to_owned();
                [certificate, record]
            } else {
                let trust = format!("{},{},{}", server.0, email.0, code.0);
                let both = add(&["-n", "a label", "-t", &trust], &der);
                let (certificate, record) = both.split_once(CLASS).unwrap();
                [certificate.to_owned(), format!("{CLASS}{record}")]
            };
            text += &parts.into_iter().skip(usize::from(absent)).collect::<String>();
            told.push((der, absent, [server.1, email.1, code.1]));
        }
        let read = certdata::read(text.as_bytes(), &Default::default());
        assert_eq!(read.gaps, []);
        let other = |entry: &&Decoded| !matches!(entry.body, Body::Certificate(_));
        assert_eq!(read.entries.len(), told.len(), "{:?}", read.entries.iter().filter(other).collect::<Vec<_>>());
        for (entry, (der, absent, rulings)) in read.entries.iter().zip(&told) {
            match &entry.body {
                Body::Certificate(found) => assert!(!absent && **found == **der),
                Body::Reference(reference) => {
                    assert!(absent);
                    let certificate = x509::read(der.as_slice().into());
                    assert_eq!(reference.issuer.as_deref(), certificate.issuer_der());
                }
                other => panic!("{other:?}"),
            }
            let found = [SERVER_AUTH, EMAIL, CODE].map(|oid| match &entry.trust {
                Trust::Limited(limited) => limited.ruling(oid),
                Trust::Distrusted => Ruling::Distrusted,
                Trust::Present => Ruling::Present,
                other => panic!("{other:?}"),
            });
            assert_eq!(found, *rulings, "{text}");
        }
    }
}

/// Debian's package of roots, by apt: the certdata.txt in its source, and the certificates that it
/// installs; nothing where there is no apt or no network.
fn debian() -> Option<(Vec<u8>, Set)> {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    for name in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(path(name)).unwrap();
    }
    let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let source = |kind| format!("{kind} [signed-by={keys}] http://deb.debian.org/debian stable main\n");
    fs::write(path("sources"), source("deb") + &source("deb-src")).unwrap();
    let options = [
        format!("Dir::Etc::sourcelist={}", path("sources").display()),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        format!("Dir::State::lists={}", path("lists").display()),
        format!("Dir::Cache={}", path("cache").display()),
    ];
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(place.path()).output();
        output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
    };
    let apt = |arguments: &[&str]| {
        let options = options.iter().flat_map(|option| ["-o", option.as_str()]);
        run("apt-get", &options.chain(arguments.iter().copied()).collect::<Vec<_>>())
    };
    apt(&["-qq", "update"])?;
    apt(&["-qq", "source", "--download-only", "ca-certificates"])?;
    apt(&["-qq", "download", "ca-certificates"])?;
    let named = |end: &str| {
        let names = fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().path());
        names.into_iter().map(|path| path.display().to_string()).find(|name| name.contains(end))
    };
    let text = run("tar", &["-xOf", &named(".tar")?, "--wildcards", "*/mozilla/certdata.txt"])?;
    run("dpkg-deb", &["-x", &named(".deb")?, "root"])?;
    let files = fs::read_dir(path("root/usr/share/ca-certificates/mozilla")).ok()?;
    let installed = files.map(|file| fs::read(file.unwrap().path()).unwrap());
    let ders = installed.map(|text| ::pem::parse(text).unwrap().into_contents()).collect::<Vec<_>>();
    Some((text, set(ders.iter().map(Vec::as_slice))))
}

#[test]
fn certdata_gives_the_roots_that_debian_installs() {
    if !long() {
        return;
    }
    let Some((text, installed)) = debian() else { return skip("Debian's ca-certificates cannot be had") };
    let read = certdata::read(&text, &Default::default());
    assert!(read.gaps.is_empty());
    assert!(read.entries.iter().all(|entry| !matches!(entry.body, Body::Malformed(_))));
    // It installs those that are trusted for servers (certdata2pem.py), and a few that it adds by itself.
    let trusted = chosen(&read, |entry| entry.trust.allows_server());
    let all = chosen(&read, |_| true);
    assert_eq!(trusted, &installed & &all, "{} {}", installed.len(), all.len());
    assert!(trusted.len() > 100);
    eprintln!("{} certificates, {} trusted, {} installed", all.len(), trusted.len(), installed.len());
}
