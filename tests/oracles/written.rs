//! Bundles that castore writes, read back by the programs that will read them: Python's `ssl` and Node take from one
//! exactly the set that was written. `openssl` and Java are asked in `exported.rs`, `pkcs.rs` and `java.rs`, `trust` in
//! `p11_kit.rs`, `certutil` in `nss_written.rs`.

use crate::{long, numbers::Numbers, openssl::bundle, require};
use castore::format::{openssl_trusted, pem, x509};
use castore::model::trust::SERVER_AUTH;
use castore::model::{Certificate, Purposes};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Some certificates of the machine's bundle, in any order, and their fingerprints.
pub(crate) fn sets(many: usize) -> Vec<Vec<Certificate>> {
    let all = bundle();
    let mut numbers = Numbers(0x6a09_e667_f3bc_c909);
    let mut one = || {
        let mut left: Vec<usize> = (0..all.len()).collect();
        let size = 1 + numbers.below(all.len().min(40));
        (0..size).map(|_| x509::read(all[left.swap_remove(numbers.below(left.len()))].der().into())).collect()
    };
    if all.is_empty() { Vec::new() } else { (0..many).map(|_| one()).collect() }
}

/// Fingerprints as the programs print them.
pub(crate) fn fingerprints(set: &[Certificate]) -> BTreeSet<String> {
    set.iter().map(|certificate| certificate.fingerprint().to_string()).collect()
}

pub(crate) const PYTHON: &str = "
import hashlib, ssl, sys
for path in sys.stdin.read().splitlines():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=path)
    print(*sorted(hashlib.sha256(der).hexdigest() for der in context.get_ca_certs(binary_form=True)))
";

pub(crate) const NODE: &str = "
const fs = require('fs'), crypto = require('crypto'), tls = require('tls');
for (const path of fs.readFileSync(0, 'utf8').split('\\n').filter(Boolean)) {
  const text = fs.readFileSync(path, 'utf8');
  tls.createSecureContext({ ca: text });
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g);
  const prints = blocks.map(block => new crypto.X509Certificate(block).fingerprint256.replaceAll(':', '').toLowerCase());
  console.log(prints.sort().join(' '));
}
";

/// What a program says of each file, a line of fingerprints.
pub(crate) fn asked(program: &str, arguments: &[&str], paths: &[PathBuf]) -> Vec<BTreeSet<String>> {
    let directory = tempfile::tempdir().unwrap();
    let names = directory.path().join("names");
    let list = paths.iter().fold(String::new(), |mut list, path| {
        let _ = writeln!(list, "{}", path.display());
        list
    });
    fs::write(&names, list).unwrap();
    let output = Command::new(program).args(arguments).stdin(fs::File::open(&names).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn write_all(directory: &Path, sets: &[Vec<Certificate>], block: impl Fn(&Certificate) -> String) -> Vec<PathBuf> {
    let write = |(n, set): (usize, &Vec<Certificate>)| {
        let path = directory.join(format!("{n}.pem"));
        fs::write(&path, set.iter().map(&block).collect::<String>()).unwrap();
        path
    };
    sets.iter().enumerate().map(write).collect()
}

fn hold(program: &str, arguments: &[&str], block: impl Fn(&Certificate) -> String) {
    if !require(program) {
        return;
    }
    let sets = sets(if long() { 500 } else { 50 });
    let directory = tempfile::tempdir().unwrap();
    let paths = write_all(directory.path(), &sets, block);
    let said = asked(program, arguments, &paths);
    assert_eq!(said.len(), sets.len());
    for (set, said) in sets.iter().zip(said) {
        assert_eq!(said, fingerprints(set));
    }
}

fn commented(certificate: &Certificate) -> String {
    pem::write(certificate.der(), &["a comment", "Ünïcode, and = signs: of every kind -----"])
}

#[test]
fn python_reads_bundles() {
    hold("python3", &["-c", PYTHON], commented);
}

#[test]
fn node_reads_bundles() {
    hold("node", &["-e", NODE], commented);
}

#[test]
fn python_reads_trusted_certificates() {
    let purposes = Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() };
    hold("python3", &["-c", PYTHON], |certificate| openssl_trusted::write(certificate.der(), &purposes, &[]));
}
