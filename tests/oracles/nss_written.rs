//! NSS databases that castore has changed: certutil lists what was planned and verifies it, with and without a
//! password; a live database, one being written, one of another kind are left alone.

use crate::numbers::Numbers;
use crate::{authority, long, skip};
use castore::apply::command::scratch::Scratch;
use castore::apply::nss::{CERTIFICATES, Changed, KEYS, NssError, Request, change};
use castore::format::x509;
use castore::model::{Body, Certificate, Password};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

type Named = (String, Arc<Certificate>);

fn certutil(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("certutil");
    command.args(arguments).args(["-d", "sql:db"]).current_dir(home).env("HOME", home).stdin(Stdio::null());
    command.output().unwrap()
}

fn must(home: &Path, arguments: &[&str]) -> String {
    let output = certutil(home, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An empty database, its password in a file where there is one.
fn new(password: Option<&str>) -> Option<tempfile::TempDir> {
    if Command::new("certutil").arg("-H").stdin(Stdio::null()).output().is_err() {
        skip("certutil is not here");
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("db")).unwrap();
    fs::write(home.path().join("password"), format!("{}\n", password.unwrap_or_default())).unwrap();
    must(home.path(), &["-N", "-f", "password"]);
    Some(home)
}

fn named(name: &str) -> Named {
    (name.to_owned(), Arc::new(x509::read(authority(name).into())))
}

fn asked(home: &Path, add: &[Named], remove: &[Named], passwords: &[Password]) -> Result<Vec<Changed>, NssError> {
    let scratch = Scratch::open(home.join("scratch")).unwrap();
    let directory = home.join("db").canonicalize().unwrap();
    let changed = change(&Request { directory: &directory, add, remove, passwords, is_foreign: false }, &scratch);
    assert_eq!(fs::read_dir(home.join("scratch")).unwrap().count(), 0, "nothing is left");
    changed
}

/// Does what was worked out, in its order.
fn carry_out(home: &Path, changed: &[Changed]) {
    for file in changed {
        let path = home.join("db").join(file.name);
        assert_eq!(fs::read(&path).ok(), file.before);
        fs::write(path, &file.after).unwrap();
    }
}

/// The flags of a nickname.
fn flags(home: &Path, nickname: &str) -> Option<String> {
    let listed = must(home, &["-L"]);
    let row = listed.lines().find(|line| line.starts_with(nickname))?;
    row.split_whitespace().last().map(str::to_owned)
}

fn verifies(home: &Path, nickname: &str) -> bool {
    certutil(home, &["-V", "-u", "L", "-n", nickname, "-f", "password"]).status.success()
}

#[test]
fn certutil_lists_and_verifies_what_was_added_and_not_what_was_removed() {
    let Some(home) = new(None) else { return };
    let home = home.path();
    let (one, two, ours) = (named("One authority"), named("Zwei, (Ünïcode) authority"), named("kept"));
    fs::write(home.join("kept.der"), ours.1.der()).unwrap();
    must(home, &["-A", "-n", "kept", "-t", "T,c,p", "-i", "kept.der"]);

    let changed = asked(home, &[one.clone(), two.clone()], &[], &[]).unwrap();
    assert_eq!(changed.iter().map(|file| file.name).collect::<Vec<_>>(), [KEYS, CERTIFICATES]);
    carry_out(home, &changed);
    for (nickname, _) in [&one, &two] {
        assert_eq!(flags(home, nickname).as_deref(), Some("C,,"), "{}", must(home, &["-L"]));
        assert!(verifies(home, nickname), "{nickname}");
    }
    assert_eq!(flags(home, "kept").as_deref(), Some("T,c,p"));
    assert_eq!(asked(home, &[one.clone(), two.clone()], &[], &[]).unwrap(), [], "once is enough");

    let three = named("Three");
    carry_out(home, &asked(home, std::slice::from_ref(&three), std::slice::from_ref(&one), &[]).unwrap());
    assert_eq!((flags(home, &one.0), flags(home, "kept").as_deref()), (None, Some("T,c,p")));
    assert!(verifies(home, &two.0) && verifies(home, &three.0));
    assert_eq!(asked(home, &[], std::slice::from_ref(&one), &[]).unwrap(), [], "what is gone is gone");
}

/// A database that gets one random set and then becomes another holds exactly that, each with its trust.
/// Fewer than elsewhere in the ordinary run: each step waits for the disk, over a second for two.
#[test]
fn certutil_lists_exactly_the_set() {
    let pool: Vec<Named> = (10..20).map(|n| named(&format!("Authority {n}"))).collect();
    let mut numbers = Numbers(11);
    for _ in 0..if long() { 500 } else { 10 } {
        let Some(home) = new(None) else { return };
        let home = home.path();
        let mut set = || -> Vec<usize> { (0..pool.len()).filter(|_| numbers.below(4) == 0).collect() };
        let mut before = Vec::new();
        for after in [set(), set()] {
            let only = |these: &[usize], others: &[usize]| -> Vec<Named> {
                these.iter().filter(|n| !others.contains(n)).map(|n| pool[*n].clone()).collect()
            };
            carry_out(home, &asked(home, &only(&after, &before), &only(&before, &after), &[]).unwrap());
            let listed = must(home, &["-L"]);
            let rows: Vec<&str> = listed.lines().filter(|line| line.starts_with("Authority")).collect();
            assert_eq!(rows.len(), after.len(), "{listed}");
            assert!(rows.iter().all(|row| row.trim_end().ends_with(" C,,")), "{listed}");
            for n in &after {
                let (nickname, certificate) = &pool[*n];
                let text = must(home, &["-L", "-n", nickname, "-a"]);
                let blocks = ::pem::parse_many(text).unwrap();
                assert_eq!(blocks.iter().map(::pem::Pem::contents).collect::<Vec<_>>(), [certificate.der()]);
            }
            before = after;
        }
    }
}

/// Without `key4.db` the trust of a certificate is not signed, and does not count.
#[test]
fn both_files_are_needed() {
    let Some(home) = new(None) else { return };
    let home = home.path();
    let keys = fs::read(home.join("db").join(KEYS)).unwrap();
    carry_out(home, &asked(home, &[named("One")], &[], &[]).unwrap());
    assert!(verifies(home, "One"));
    fs::write(home.join("db").join(KEYS), keys).unwrap();
    assert!(!verifies(home, "One"), "unsigned trust counts; then one file would do");
}

#[test]
fn a_password_that_was_given_opens_it() {
    let Some(home) = new(Some("secret")) else { return };
    let home = home.path();
    let passwords = [Password::new("wrong"), Password::new("secret")];
    carry_out(home, &asked(home, &[named("One")], &[], &passwords).unwrap());
    assert_eq!(flags(home, "One").as_deref(), Some("C,,"));
    assert!(verifies(home, "One"));
}

#[test]
fn a_certificate_that_is_there_without_trust_gets_it() {
    let Some(home) = new(None) else { return };
    let home = home.path();
    let one = named("One");
    fs::write(home.join("one.der"), one.1.der()).unwrap();
    must(home, &["-A", "-n", "as it was called", "-t", ",,", "-i", "one.der"]);
    carry_out(home, &asked(home, std::slice::from_ref(&one), &[], &[]).unwrap());
    assert_eq!(flags(home, "as it was called").as_deref(), Some("C,,"));
    assert!(verifies(home, "as it was called"));
}

#[test]
fn a_password_is_needed_where_there_is_one() {
    let Some(home) = new(Some("secret")) else { return };
    let home = home.path();
    let before = (fs::read(home.join("db").join(CERTIFICATES)).unwrap(), fs::read(home.join("db").join(KEYS)).unwrap());
    for passwords in [vec![], vec![Password::new("wrong")]] {
        let refused = asked(home, &[named("One")], &[], &passwords);
        assert!(matches!(refused, Err(NssError::Password(_))), "{refused:?}");
    }
    let after = (fs::read(home.join("db").join(CERTIFICATES)).unwrap(), fs::read(home.join("db").join(KEYS)).unwrap());
    assert!(before == after);
}

#[test]
fn private_keys_stay() {
    let Some(home) = new(None) else { return };
    let home = home.path();
    fs::write(home.join("noise"), [7; 1024]).unwrap();
    let request = ["-S", "-x", "-n", "mine", "-s", "CN=mine", "-t", "u,u,u", "-z", "noise", "-f", "password"];
    must(home, &request);
    let keys = must(home, &["-K", "-f", "password"]);
    assert!(keys.contains("mine"), "{keys}");
    carry_out(home, &asked(home, &[named("One")], &[], &[]).unwrap());
    assert_eq!(must(home, &["-K", "-f", "password"]), keys);
    assert!(verifies(home, "One"));
}

#[test]
fn a_database_in_use_is_left_alone() {
    let Some(home) = new(None) else { return };
    let database = home.path().join("db").join(CERTIFICATES);
    let refused = |what: &str| match asked(home.path(), &[named("One")], &[], &[]) {
        Err(error) => error,
        Ok(_) => panic!("{what}"),
    };
    // A journal with something in it.
    let journal = home.path().join("db/cert9.db-journal");
    fs::write(&journal, b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7").unwrap();
    assert!(matches!(refused("journal"), NssError::Journal(_)));
    fs::write(&journal, [0; 512]).unwrap();
    assert!(asked(home.path(), &[named("One")], &[], &[]).is_ok(), "one that is done with");
    fs::remove_file(&journal).unwrap();

    // Another process that has it open.
    if cfg!(target_os = "linux") {
        let held = fs::File::open(&database).unwrap();
        let mut holder = Command::new("sleep").arg("1000").stdin(held).spawn().unwrap();
        let error = refused("held");
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(matches!(error, NssError::Held { process, .. } if process == holder.id()), "{error}");
    }
    assert!(asked(home.path(), &[named("One")], &[], &[]).is_ok());
}

#[test]
fn what_is_no_database_and_what_is_no_nickname_is_refused() {
    let Some(home) = new(None) else { return };
    let database = home.path().join("db").join(CERTIFICATES);
    for nickname in ["", " ", "-n", "a\nb", "token:name", " a", "\u{1b}[2J"] {
        let (_, certificate) = named("One");
        let refused = asked(home.path(), &[(nickname.to_owned(), certificate)], &[], &[]);
        assert!(matches!(refused, Err(NssError::Nickname(_))), "{nickname:?}: {refused:?}");
    }
    carry_out(home.path(), &asked(home.path(), &[named("One")], &[], &[]).unwrap());
    let refused = asked(home.path(), &[named("One")], &[], &[]);
    assert!(matches!(refused, Err(NssError::Nickname(_))), "another's nickname: {refused:?}");

    fs::write(&database, "no database").unwrap();
    assert!(asked(home.path(), &[named("Two")], &[], &[]).is_err());
    fs::remove_file(&database).unwrap();
    assert!(matches!(asked(home.path(), &[named("Two")], &[], &[]), Err(NssError::Unreadable { .. })));
    fs::write(home.path().join("db/cert8.db"), "old").unwrap();
    assert!(matches!(asked(home.path(), &[named("Two")], &[], &[]), Err(NssError::Old(_))));
}

/// Two certificates of one subject share a nickname, and certutil deletes one of them: never the wrong one.
#[test]
fn a_nickname_of_two_never_costs_the_other() {
    let Some(home) = new(None) else { return };
    let home = home.path();
    let (first, second) = (named("Twice").1, named("Twice").1);
    for (n, certificate) in [&first, &second].into_iter().enumerate() {
        fs::write(home.join(format!("{n}.der")), certificate.der()).unwrap();
        must(home, &["-A", "-n", "Twice", "-t", "C,,", "-i", &format!("{n}.der")]);
    }
    for one in [first, second] {
        match asked(home, &[], &[("Twice".to_owned(), one.clone())], &[]) {
            Ok(changed) => {
                let after = &changed.iter().find(|file| file.name == CERTIFICATES).unwrap().after;
                let left = castore::format::decode(after).entries;
                let is_left = |entry: &castore::model::Decoded| matches!(&entry.body, Body::Certificate(der) if **der == *one.der());
                assert!(left.len() == 1 && !left.iter().any(is_left), "{left:?}");
            }
            Err(error) => assert!(matches!(error, NssError::Differs { .. } | NssError::Certutil(_)), "{error}"),
        }
    }
}
