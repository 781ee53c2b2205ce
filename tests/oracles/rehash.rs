//! openssl rehash and c_rehash over hash directories: the links they make are those that castore makes.

use crate::numbers::Numbers;
use crate::p11_kit::{Links, authorities, links, some};
use crate::{fingerprint, long, skip};
use castore::format::hash_dir::{Hashes, Layout, layout, parse_name};
use castore::format::x509;
use castore::model::Fingerprint;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn write_layout(directory: &Path, layout: &Layout, with_links: bool) {
    for (name, octets) in &layout.files {
        fs::write(directory.join(name), octets).unwrap();
    }
    for (name, target) in layout.links.iter().filter(|_| with_links) {
        std::os::unix::fs::symlink(target, directory.join(name)).unwrap();
    }
}

#[test]
fn rehash_makes_the_links_that_castore_makes() {
    let all = authorities();
    let mut numbers = Numbers(5);
    let programs: [(&str, &[&str], Hashes); 4] = [
        ("openssl", &["rehash"], Hashes::New),
        ("openssl", &["rehash", "-old"], Hashes::Old),
        ("openssl", &["rehash", "-compat"], Hashes::Both),
        ("c_rehash", &[], Hashes::Both),
    ];
    for (program, arguments, hashes) in programs {
        let is_there = Command::new(program).arg("-h").output().is_ok();
        if !is_there {
            skip(&format!("{program} is not here"));
            continue;
        }
        for round in 0..if long() { 20 } else { 2 } {
            let some = if round == 0 { all.clone() } else { some(&mut numbers, &all) };
            let certificates: Vec<_> = some.into_iter().map(|der| x509::read(der.into())).collect();
            let layout = layout(&certificates.iter().collect::<Vec<_>>(), hashes);
            let ours: Links = layout.links.iter().cloned().collect();
            // Without links it makes ours; over ours it changes nothing.
            for with_links in [false, true] {
                let directory = tempfile::tempdir().unwrap();
                write_layout(directory.path(), &layout, with_links);
                let output = Command::new(program).args(arguments).arg(directory.path()).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(links(directory.path()), ours, "{program} {arguments:?} {with_links} {said}");
            }
        }
    }
}

/// Each hash name of a directory, and the certificate that it leads to.
fn led_to(directory: &Path) -> BTreeMap<String, Fingerprint> {
    let names = fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name());
    let hashed = names.filter(|name| parse_name(name).is_some());
    let certificate = |path: &Path| fingerprint(::pem::parse(fs::read(path).unwrap()).unwrap().contents());
    hashed.map(|name| (name.to_str().unwrap().to_owned(), certificate(&directory.join(&name)))).collect()
}

/// What `castore export` writes without links leads where those of the program lead, and each name is the hash that
/// `openssl x509` computes.
#[test]
fn an_exported_directory_has_the_names_that_rehash_makes() {
    let modes: [(&str, &str, &[&str]); 3] = [
        ("new", "", &["-subject_hash"]),
        ("old", "-old", &["-subject_hash_old"]),
        ("both", "-compat", &["-subject_hash", "-subject_hash_old"]),
    ];
    if Command::new("openssl").arg("version").output().is_err() {
        return skip("openssl is not here");
    }
    let all = authorities();
    let mut numbers = Numbers(6);
    for round in 0..if long() { 20 } else { 2 } {
        let set = if round == 0 { all.clone() } else { some(&mut numbers, &all) };
        let certificates: Vec<_> = set.into_iter().map(|der| x509::read(der.into())).collect();
        let files = layout(&certificates.iter().collect::<Vec<_>>(), Hashes::New).files;
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("all.pem"), files.iter().flat_map(|(_, octets)| octets.clone()).collect::<Vec<_>>())
            .unwrap();
        for (hashes, rehash, asked) in modes {
            let theirs = home.path().join(format!("theirs-{hashes}"));
            fs::create_dir(&theirs).unwrap();
            files.iter().for_each(|(name, octets)| fs::write(theirs.join(name), octets).unwrap());
            let mut command = Command::new("openssl");
            command.arg("rehash").args(Some(rehash).filter(|option| !option.is_empty())).arg(&theirs);
            assert!(command.output().unwrap().status.success(), "{hashes}");
            let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
            castore.args([
                "export",
                "--include-expired",
                "--include-not-ca",
                "--format",
                "hash-dir",
                "--hashes",
                hashes,
            ]);
            castore.args(["--from", "./all.pem", "--out", hashes]).current_dir(home.path());
            castore.env_clear().env("HOME", home.path()).stdin(Stdio::null());
            let output = castore.output().unwrap();
            assert!(output.status.success(), "{hashes}: {}", String::from_utf8_lossy(&output.stderr));
            let ours = led_to(&home.path().join(hashes));
            assert_eq!(ours, led_to(&theirs), "{hashes}");
            assert_eq!(ours.len(), certificates.len() * asked.len(), "{hashes}");
            for name in ours.keys() {
                let mut openssl = Command::new("openssl");
                openssl.args(["x509", "-noout"]).args(asked).arg("-in").arg(home.path().join(hashes).join(name));
                let said = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
                assert!(said.lines().any(|hash| name.starts_with(&format!("{hash}."))), "{hashes}: {name}: {said}");
            }
        }
    }
}
