//! Chromium without a window, against servers of TLS on the loopback.

use crate::witness::{Bench, Environment};
use crate::{long, optional};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where databases are, with the authority in each and its flags.
type Databases = &'static [(&'static str, &'static str, &'static str)];

/// A database of NSS with one authority in it.
fn database(directory: &Path, pem: &Path, trust: &str) {
    fs::create_dir_all(directory).unwrap();
    let place = format!("sql:{}", directory.display());
    let run = |arguments: &[&str]| Command::new("certutil").args(arguments).output().unwrap().status.success();
    assert!(run(&["-N", "-d", &place, "--empty-password"]));
    assert!(run(&["-A", "-d", &place, "-n", "x", "-t", trust, "-i", pem.to_str().unwrap()]));
}

#[test]
fn chromium_trusts_what_castore_says() {
    if !long() || !optional("chromium") || Command::new("certutil").output().is_err() {
        eprintln!("SKIPPED: Chromium is of the long run");
        return;
    }
    let cases: [(&str, &str, Databases); 8] = [
        ("no database", "", &[]),
        ("the new database", "", &[("home/.local/share/pki/nssdb", "a", "C,,")]),
        ("the old database", "", &[("home/.pki/nssdb", "a", "C,,")]),
        ("both", "", &[("home/.pki/nssdb", "a", "C,,"), ("home/.local/share/pki/nssdb", "b", "C,,")]),
        ("moved", "XDG_DATA_HOME=data", &[("data/pki/nssdb", "a", "C,,"), ("home/.local/share/pki/nssdb", "b", "C,,")]),
        ("for clients alone", "", &[("home/.local/share/pki/nssdb", "a", "T,,")]),
        ("distrusted", "", &[("home/.local/share/pki/nssdb", "a", "p,,")]),
        ("the variables of OpenSSL", "SSL_CERT_FILE=a.pem", &[]),
    ];
    for (name, variables, databases) in cases {
        let bench = Bench::new();
        for (place, authority, trust) in databases {
            database(&bench.directory.join(place), &bench.directory.join(format!("{authority}.pem")), trust);
        }
        let data = bench.directory.join("home/.config/chromium");
        fs::create_dir_all(data.join("Default")).unwrap();
        let reaches = |url: &str, environment: &Environment| {
            let mut chromium = Command::new("timeout");
            chromium.args(["60", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]);
            chromium.args(["--no-first-run", "--disable-background-networking", "--disable-component-update"]);
            chromium.args(["--disable-sync", "--dump-dom", url]).arg(format!("--user-data-dir={}", data.display()));
            let output = chromium.env_clear().envs(environment.iter().cloned()).output().unwrap();
            String::from_utf8_lossy(&output.stdout).contains("Ciphers")
        };
        let at = data.join("Default");
        bench.hold_trust_named("chromium", name, variables, &at, &["a", "b"], reaches);
    }
}
