//! The readers of stores, as castore asks them after a change: each says what it reads, and another set is a failure
//! and not an answer.

use crate::{authority, long, numbers::Numbers, skip, written};
use castore::apply::Outcome;
use castore::apply::command::scratch::Scratch;
use castore::apply::reader::{Question, ask};
use castore::format::{self, Means, pem, x509};
use castore::model::{Body, Certificate, Fingerprint, Format, Password, StoreId};
use castore::plan::{After, Moved, Reader, StoreChange, Target};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// A change of this store that is said to have left these certificates.
fn change(at: &Path, format: Format, after: After) -> StoreChange {
    let target = Target { store: StoreId::Path(at.into()), links: Vec::new(), readers: Vec::new(), format };
    let how = String::new();
    let (added, removed, steps, asks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    StoreChange {
        target,
        added,
        removed,
        swept: Vec::new(),
        kept: 0,
        how,
        notes: Vec::new(),
        lost_by: None,
        steps,
        after,
        asks,
    }
}

fn moved(certificate: &Certificate) -> Moved {
    let certificate = Arc::new(x509::read(certificate.der().into()));
    Moved { certificate, from: Vec::new(), needed_by: Vec::new() }
}

fn set<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> BTreeSet<Fingerprint> {
    certificates.into_iter().map(Certificate::fingerprint).collect()
}

fn made(name: &str) -> Certificate {
    x509::read(authority(name).into())
}

/// A place of the test's own, which others may pass through.
fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let path = place.path().canonicalize().unwrap();
    (place, path)
}

/// What became of a question; none where the program is not here.
fn asked(change: &StoreChange, reader: Reader, passwords: &[Password]) -> Option<Outcome> {
    let (_guard, scratch) = place();
    let scratch = Scratch::open(scratch.join("scratch")).unwrap();
    let at = change.target.store.path().unwrap();
    let mut notes = Vec::new();
    let question = Question { change, at, passwords, scratch: &scratch };
    let outcome = ask(&question, reader, &mut |note| notes.push(note.to_owned()));
    assert_eq!(notes, [""; 0], "{reader:?} was to be another user");
    match &outcome {
        Outcome::NotRun(why) if why.ends_with("is not here") => {
            skip(why);
            None
        }
        _ => Some(outcome),
    }
}

fn failed(outcome: Option<Outcome>, words: &str) {
    match outcome {
        None => {}
        Some(Outcome::Failed(why)) if why.contains(words) => {}
        Some(other) => panic!("expected a failure with {words:?}, found {other:?}"),
    }
}

fn well(outcome: Option<Outcome>) {
    assert!(outcome.as_ref().is_none_or(|outcome| *outcome == Outcome::Well), "{outcome:?}");
}

const OF_BUNDLES: [Reader; 3] = [Reader::Openssl, Reader::Python, Reader::Node];

#[test]
fn bundles_are_read_as_planned() {
    let (_guard, place) = place();
    let mut numbers = Numbers(0xbb67_ae85_84ca_a73b);
    for (n, chosen) in written::sets(if long() { 50 } else { 5 }).iter().enumerate() {
        let at = place.join(format!("{n}.pem"));
        fs::write(&at, chosen.iter().map(|one| pem::write(one.der(), &["a comment"])).collect::<String>()).unwrap();
        let of = |after| change(&at, Format::Pem, after);
        let (all, other) = (set(chosen), made("Other"));
        let without = &chosen[numbers.below(chosen.len())];
        let less: BTreeSet<_> = all.iter().copied().filter(|one| *one != without.fingerprint()).collect();
        let more: BTreeSet<_> = all.iter().copied().chain([other.fingerprint()]).collect();
        for reader in OF_BUNDLES {
            well(asked(&of(After::Exactly(all.clone())), reader, &[]));
            failed(asked(&of(After::Exactly(more.clone())), reader, &[]), &other.fingerprint().short());
            failed(asked(&of(After::Exactly(less.clone())), reader, &[]), "should not be there");
            let at_least = |with: &BTreeSet<_>, without: &Certificate| {
                of(After::AtLeast { with: with.clone(), without: set([without]) })
            };
            well(asked(&at_least(&less, &other), reader, &[]));
            failed(asked(&at_least(&less, without), reader, &[]), &without.fingerprint().short());
        }
    }
}

#[test]
fn a_bundle_that_a_reader_refuses_is_a_failure() {
    let (_guard, place) = place();
    let (one, at) = (made("One"), place.join("bundle.pem"));
    let poison = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(&at, format!("{}{poison}", pem::write(one.der(), &[]))).unwrap();
    let change = change(&at, Format::Pem, After::Exactly(set([&one])));
    failed(asked(&change, Reader::Openssl, &[]), "openssl: it ended with 1");
    failed(asked(&change, Reader::Python, &[]), "python3: it ended with 1");
    failed(asked(&change, Reader::Node, &[]), "node: ");
}

/// What only its owner may read is read as that owner.
#[test]
fn a_private_bundle_is_read_as_its_owner() {
    let (_guard, place) = place();
    let (one, at) = (made("One"), place.join("bundle.pem"));
    fs::write(&at, pem::write(one.der(), &[])).unwrap();
    fs::set_permissions(&at, PermissionsExt::from_mode(0o600)).unwrap();
    for reader in OF_BUNDLES {
        well(asked(&change(&at, Format::Pem, After::Exactly(set([&one]))), reader, &[]));
    }
    let outcome = asked(&change(&at, Format::Pem, After::Exactly(set([&one]))), Reader::Keytool, &[]);
    assert!(matches!(outcome, Some(Outcome::NotRun(_))), "no keystore: {outcome:?}");
    fs::remove_file(&at).unwrap();
    let outcome = asked(&change(&at, Format::Pem, After::Exactly(set([&one]))), Reader::Openssl, &[]);
    assert_eq!(outcome, Some(Outcome::NotRun("cannot be read: it is not there".to_owned())));
}

#[test]
fn a_hash_directory_is_asked_for_what_moved() {
    let (_guard, place) = place();
    let (added, removed, spared) = (made("Added"), made("Removed"), made("Spared"));
    let at = place.join("certs");
    fs::create_dir(&at).unwrap();
    for one in [&added, &spared] {
        fs::write(at.join(format!("{}.pem", one.fingerprint().short())), pem::write(one.der(), &[])).unwrap();
    }
    let hashed = Command::new("openssl").arg("rehash").arg(&at).status();
    if !hashed.is_ok_and(|status| status.success()) {
        return skip("openssl rehash is not here");
    }
    let of = |added: &Certificate, removed: &Certificate| {
        let after = After::AtLeast { with: set([added, &spared]), without: set([removed]) };
        let change = change(&at, Format::Directory, after);
        StoreChange { added: vec![moved(added)], removed: vec![moved(removed)], ..change }
    };
    well(asked(&of(&added, &removed), Reader::Openssl, &[]));
    failed(asked(&of(&removed, &made("Other")), Reader::Openssl, &[]), &removed.fingerprint().short());
    failed(asked(&of(&spared, &added), Reader::Openssl, &[]), "should not be there");
    // A namesake with another key is another certificate.
    failed(asked(&of(&made("Added"), &removed), Reader::Openssl, &[]), "does not read");
    // One that is there and not linked is not found.
    for entry in fs::read_dir(&at).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_symlink()) {
        fs::remove_file(entry.path()).unwrap();
    }
    failed(asked(&of(&added, &removed), Reader::Openssl, &[]), "does not read");
    let outcome = asked(&of(&added, &removed), Reader::Python, &[]);
    assert!(matches!(outcome, Some(Outcome::NotRun(_)) | None), "{outcome:?}");
}

/// Runs keytool for the test.
fn keytool(arguments: &[&str]) -> bool {
    let run = Command::new("keytool").args(arguments).stdin(Stdio::null()).output();
    run.is_ok_and(|output| output.status.success())
}

#[test]
fn keystores_are_read_as_planned_without_what_belongs_to_keys() {
    let (_guard, place) = place();
    let (one, two) = (made("One"), made("Two"));
    for (n, one) in [&one, &two].into_iter().enumerate() {
        fs::write(place.join(format!("{n}.der")), one.der()).unwrap();
    }
    let kinds = [("JKS", "changeit"), ("PKCS12", "another one"), ("PKCS12", "changeit"), ("JKS", "another one")];
    for (kind, password) in kinds.into_iter().take(if long() { 4 } else { 2 }) {
        let at = place.join(format!("{kind}-{password}"));
        let (path, der) = (at.to_str().unwrap(), |n: u8| place.join(format!("{n}.der")));
        let store = ["-keystore", path, "-storepass", password, "-storetype", kind];
        for n in [0, 1] {
            let (der, alias) = (der(n), n.to_string());
            let import = ["-importcert", "-noprompt", "-alias", &alias, "-file", der.to_str().unwrap()];
            if !keytool(&[&import[..], &store[..]].concat()) {
                return skip("keytool is not here");
            }
        }
        let pair = ["-genkeypair", "-keyalg", "EC", "-alias", "key", "-dname", "CN=key", "-keypass", password];
        assert!(keytool(&[&pair[..], &store[..]].concat()));
        let before = fs::read(&at).unwrap();
        let format = if kind == "JKS" { Format::Jks } else { Format::Pkcs12 };
        let given = [Password::new("wrong"), Password::new("another one")];
        let of = |after| change(&at, format, After::Exactly(after));
        well(asked(&of(set([&one, &two])), Reader::Keytool, &given));
        // What stands in the chain of the key is planned to stay, and keytool is not asked for it.
        let all = format::decode_with(&before, &Means { passwords: &given, ..Means::default() });
        let all = all.entries.iter().filter_map(|entry| match &entry.body {
            Body::Certificate(der) => Some(x509::read(der.clone()).fingerprint()),
            _ => None,
        });
        let all: BTreeSet<_> = all.collect();
        assert_eq!(all.len(), 3);
        well(asked(&of(all), Reader::Keytool, &given));
        failed(asked(&of(set([&one])), Reader::Keytool, &given), &two.fingerprint().short());
        failed(asked(&of(set([&one, &two, &made("Three")])), Reader::Keytool, &given), "does not read");
        if password != "changeit" {
            let outcome = asked(&of(set([&one, &two])), Reader::Keytool, &given[..1]);
            assert_eq!(outcome, Some(Outcome::NotRun("its password is not known".to_owned())));
        }
        assert_eq!(fs::read(&at).unwrap(), before);
    }
}

#[test]
fn databases_of_nss_are_read_as_planned() {
    let (_guard, place) = place();
    let database = place.join("db");
    fs::create_dir(&database).unwrap();
    let name = format!("sql:{}", database.display());
    let certutil = |arguments: &[&str]| {
        let mut command = Command::new("certutil");
        command.args(arguments).args(["-d", &name]).env("HOME", &place).stdin(Stdio::null());
        command.output().is_ok_and(|output| output.status.success())
    };
    if !certutil(&["-N", "--empty-password"]) {
        return skip("certutil is not here");
    }
    let chosen = [made("One"), made("Zwei (ü)"), made("Three  spaces")];
    for (one, nickname) in chosen.iter().zip(["One", "Zwei (ü)", "Three  spaces"]) {
        let file = place.join("one.der");
        fs::write(&file, one.der()).unwrap();
        assert!(certutil(&["-A", "-n", nickname, "-t", "C,,", "-i", file.to_str().unwrap()]));
    }
    let at = database.join("cert9.db");
    let of = |after| change(&at, Format::Nss, After::Exactly(after));
    well(asked(&of(set(&chosen)), Reader::Certutil, &[]));
    failed(asked(&of(set(&chosen[1..])), Reader::Certutil, &[]), &chosen[0].fingerprint().short());
    failed(asked(&of(set(chosen.iter().chain([&made("Four")]))), Reader::Certutil, &[]), "does not read");
}

/// It says what the machine trusts, so what it is asked is of this machine.
#[test]
fn p11_kit_is_asked_for_the_plans_certificates_only() {
    let system = crate::openssl::bundle();
    let Some(there) = system.first().map(|one| x509::read(one.der().into())) else { return };
    let (_guard, place) = place();
    let (other, at) = (made("Other"), place.join("bundle.pem"));
    fs::write(&at, pem::write(there.der(), &[])).unwrap();
    well(asked(&change(&at, Format::Pem, After::Exactly(set([&there]))), Reader::Trust, &[]));
    let of = |with: &Certificate, without: &Certificate| {
        change(&at, Format::Pem, After::AtLeast { with: set([with]), without: set([without]) })
    };
    well(asked(&of(&there, &other), Reader::Trust, &[]));
    failed(asked(&of(&other, &other), Reader::Trust, &[]), &other.fingerprint().short());
    failed(asked(&of(&there, &there), Reader::Trust, &[]), "should not be there");
}
