//! castore's predictions held against the programs they are about.
//!
//! A program that is not there is skipped, loudly; `CASTORE_ORACLES=required` makes that a
//! failure. `CASTORE_ORACLES_LONG=1` runs many more cases.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests run programs and write files for them")]

mod acceptance;
mod baseline;
mod binaries;
mod browsers;
#[path = "../support/certificates.rs"]
mod certificates;
mod certdata;
#[cfg(unix)]
mod asked;
mod containers;
mod databases;
#[cfg(all(feature = "network", target_os = "linux"))]
mod corporate_root;
#[cfg(unix)]
mod corpora;
mod curl;
mod documents;
mod facts;
#[cfg(target_os = "linux")]
mod drift;
mod edited;
mod git;
mod gnutls;
mod go;
#[cfg(feature = "network")]
mod handshake;
mod environments;
mod exported;
#[cfg(target_os = "linux")]
mod fleet;
#[cfg(unix)]
#[path = "../support/held.rs"]
mod held;
mod host_names;
mod java;
mod javascript_tools;
mod languages;
mod limbo;
mod java_clients;
mod matrix;
#[cfg(target_os = "linux")]
mod monitoring;
#[path = "../support/names.rs"]
mod names;
mod node;
mod nss;
#[cfg(unix)]
mod nss_written;
#[path = "../support/numbers.rs"]
mod numbers;
mod openssl;
mod openssl_paths;
#[cfg(target_os = "linux")]
mod outputs;
#[cfg(target_os = "linux")]
mod owners;
mod p11_kit;
mod pkcs;
mod platforms;
#[cfg(feature = "network")]
mod proxies;
mod python;
mod python_clients;
mod python_tools;
#[cfg(unix)]
#[path = "../support/readings.rs"]
mod readings;
#[cfg(target_os = "linux")]
mod refresh;
#[cfg(unix)]
mod rehash;
mod random_chains;
mod random_handshakes;
mod rust;
#[cfg(target_os = "linux")]
mod schedule;
#[cfg(feature = "network")]
mod starttls;
mod switches;
mod transfer;
mod wget;
#[cfg(all(feature = "network", unix))]
mod why_story;
#[cfg(target_os = "linux")]
mod why_remedies;
mod why_advice;
mod why_clients;
mod why_settings;
#[cfg(target_os = "linux")]
mod systemd;
mod witness;
mod written;

use castore::format::x509;
use castore::model::Fingerprint;
use std::process::Command;

/// Whether a program is there; where the environment requires it, it must be.
fn require(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
        || Command::new(program).arg("version").output().is_ok_and(|output| output.status.success());
    if !found {
        skip(&format!("{program} is not here"));
    }
    found
}

/// Says that something could not be held against its program.
fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
    assert!(std::env::var("CASTORE_ORACLES").as_deref() != Ok("required"), "required: {why}");
}

/// Whether a program is there that no machine is asked to have for `cargo test`; with the long oracles
/// and nothing allowed to be missing it must be.
fn optional(program: &str) -> bool {
    let says = |argument: &str| Command::new(program).arg(argument).output().is_ok_and(|said| said.status.success());
    let found = ["--version", "version", "-version"].into_iter().any(says);
    if !found && long() {
        skip(&format!("{program} is not here"));
    } else if !found {
        eprintln!("SKIPPED: {program} is not here");
    }
    found
}

/// A directory of programs that `.ci/full` fetches, which this variable names. Nobody who tests needs it
/// but there.
fn fetched(variable: &str) -> Option<std::path::PathBuf> {
    let found = std::env::var_os(variable).map(std::path::PathBuf::from);
    if found.is_none() && long() {
        skip(&format!("${variable} is not set"));
    } else if found.is_none() {
        eprintln!("SKIPPED: ${variable} is not set");
    }
    found
}

/// Whether to run the many cases.
fn long() -> bool {
    std::env::var_os("CASTORE_ORACLES_LONG").is_some()
}

/// The fingerprint of a certificate.
fn fingerprint(der: &[u8]) -> Fingerprint {
    x509::read(der.into()).fingerprint()
}

/// An authority with a key of its own.
fn authority(name: &str) -> Vec<u8> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
}
