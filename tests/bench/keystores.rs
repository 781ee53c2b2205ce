//! Keystores of 150 certificates, each beside the program that owns the format.
//!
//! They are made by their owners: keytool takes over a keystore written here, which it also checks,
//! certutil takes one certificate at a time. An owner that is not there misses its goal.

use super::{Contender, Goal, LIST, castore, certificates, floor, floor_of, public_roots, take_turns, with};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Certificates in each of them, what a root program has.
const COUNT: usize = 150;

/// Java's own format, beside `keytool -list -v`.
pub fn jks(directory: &Path) -> Vec<Goal> {
    let store = by_keytool(directory, "JKS");
    let contenders = [
        floor_of("floor-jks", [&store]).printing(COUNT),
        Contender::new("castore list --certs", castore(), with(LIST, &store)).printing(COUNT),
        keytool(&store),
    ];
    let costs = take_turns(&contenders, 9);
    vec![Goal::of("castore / keytool -list -v", (&costs[1], &costs[2]), 1.0 / 300.0)]
}

/// PKCS#12 as keytool writes it, beside the derivation of its two keys.
pub fn pkcs12(directory: &Path) -> Vec<Goal> {
    let store = by_keytool(directory, "PKCS12");
    let contenders = [
        floor_of("floor-kdf", [&store]).named("the derivation of its keys (floor)"),
        Contender::new("castore list --certs", castore(), with(LIST, &store)).printing(COUNT),
        keytool(&store).turns(3),
    ];
    let costs = take_turns(&contenders, 41);
    vec![Goal::of("castore / derivation of keys", (&costs[1], &costs[0]), 1.5)]
}

/// NSS' database, beside `certutil -L`.
pub fn nss(directory: &Path) -> Vec<Goal> {
    let profile = directory.join("profile");
    let _ = by_certutil(&profile);
    let store = profile.join("cert9.db");
    let list = ["-L".into(), "-d".into(), sql(&profile)];
    let contenders = [
        floor_of("floor-nss", [&store]).printing(COUNT),
        Contender::new("castore list --certs", castore(), with(LIST, &store)).printing(COUNT),
        Contender::new("certutil -L", "certutil", list).printing(COUNT),
    ];
    let costs = take_turns(&contenders, 21);
    vec![Goal::of("castore / certutil -L", (&costs[1], &costs[2]), 1.0 / 5.0)]
}

fn keytool(store: &Path) -> Contender {
    let arguments = ["-list", "-v", "-storepass", "changeit", "-keystore"];
    Contender::new("keytool -list -v", "keytool", with(&arguments, store)).printing(COUNT)
}

/// The roots of the machine, and made ones where they are fewer.
fn different() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for block in pem::parse_many(public_roots(COUNT)).expect("blocks") {
        if !found.iter().any(|other| other == block.contents()) {
            found.push(block.into_contents());
        }
    }
    found.extend(certificates::numbered(COUNT as u32));
    found.truncate(COUNT);
    found
}

/// Asks keytool to write a store of this type; the path, whether it is there or not.
fn by_keytool(directory: &Path, kind: &str) -> PathBuf {
    let (from, to) = (directory.join("made.jks"), directory.join(format!("by-keytool.{kind}")));
    fs::write(&from, made_jks(&different())).expect("a keystore is written");
    run(
        "keytool",
        &[
            "-importkeystore".into(),
            "-noprompt".into(),
            "-srcstorepass".into(),
            "changeit".into(),
            "-deststorepass".into(),
            "changeit".into(),
            "-deststoretype".into(),
            kind.into(),
            "-srckeystore".into(),
            from.into(),
            "-destkeystore".into(),
            to.clone().into(),
        ],
    );
    to
}

/// Version 2 with trusted certificates alone (JavaKeyStore.java, engineStore).
fn made_jks(certificates: &[Vec<u8>]) -> Vec<u8> {
    let mut store = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    store.extend((certificates.len() as u32).to_be_bytes());
    let text = |store: &mut Vec<u8>, text: &str| {
        store.extend((text.len() as u16).to_be_bytes());
        store.extend(text.as_bytes());
    };
    for (number, der) in certificates.iter().enumerate() {
        store.extend(2u32.to_be_bytes());
        text(&mut store, &format!("root {number}"));
        store.extend(1_600_000_000_000u64.to_be_bytes());
        text(&mut store, "X.509");
        store.extend((der.len() as u32).to_be_bytes());
        store.extend(der);
    }
    let seal = floor::jks_seal(&store);
    store.extend(seal);
    store
}

fn by_certutil(profile: &Path) -> Option<()> {
    fs::create_dir_all(profile).expect("a directory");
    run("certutil", &["-N".into(), "--empty-password".into(), "-d".into(), sql(profile)])?;
    for (number, der) in different().iter().enumerate() {
        let file = profile.join("one.der");
        fs::write(&file, der).expect("a certificate is written");
        let name = format!("root {number}").into();
        run(
            "certutil",
            &[
                "-A".into(),
                "-t".into(),
                "C,,".into(),
                "-n".into(),
                name,
                "-d".into(),
                sql(profile),
                "-i".into(),
                file.into(),
            ],
        )?;
    }
    Some(())
}

fn sql(profile: &Path) -> OsString {
    let mut place = OsString::from("sql:");
    place.push(profile);
    place
}

/// Runs a program to its end; nothing where it is not there or fails, and says so.
fn run(program: &str, arguments: &[OsString]) -> Option<()> {
    let ended =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match ended {
        Ok(status) if status.success() => Some(()),
        other => {
            println!("  {program} {:?}: {other:?}", arguments[0]);
            None
        }
    }
}
