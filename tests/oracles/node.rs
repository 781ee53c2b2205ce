//! Node.js of many versions, and the package managers and runtimes of JavaScript.

use crate::witness::{Bench, Environment, which_at};
use crate::{fetched, require};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Says whether it reaches the address, whatever it does with certificates.
const REACH: &str = "require('https').get(process.argv[1], r => { r.resume(); console.log('reached'); })
    .on('error', e => console.error(e.code));";

/// Whether a command says that it reached a server.
fn reaches(program: &Path, arguments: &[&str], environment: &Environment, directory: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env_clear().envs(environment.iter().cloned());
    String::from_utf8_lossy(&command.output().unwrap().stdout).contains("reached")
}

/// A bench with the files that the cases name.
fn bench() -> Bench {
    let bench = Bench::new();
    let text = |name: &str| fs::read_to_string(bench.directory.join(name)).unwrap();
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let write = |name: &str, text: String| fs::write(bench.directory.join(name), text).unwrap();
    write("bad-between.pem", text("a.pem") + bad + &text("b.pem"));
    write("cut.pem", text("a.pem") + &text("b.pem")[..200]);
    write("trusted.pem", text("a.pem").replace("CERTIFICATE", "TRUSTED CERTIFICATE") + &text("b.pem"));
    write("x509.pem", text("a.pem").replace("CERTIFICATE", "X509 CERTIFICATE"));
    fs::create_dir(bench.directory.join("directory")).unwrap();
    write("directory/any-name", text("b.pem"));
    write("hashed/any-name", text("a.pem"));
    // The hash that OpenSSL looks a certificate up by.
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-hash", "-noout", "-in"]).arg(bench.directory.join("b.pem"));
    let hash = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    write(&format!("hashed/{}.0", hash.trim()), text("b.pem"));
    bench
}

const CASES: [&str; 36] = [
    "",
    "NODE_EXTRA_CA_CERTS=a.pem",
    "NODE_EXTRA_CA_CERTS=",
    "NODE_EXTRA_CA_CERTS=missing.pem",
    "NODE_EXTRA_CA_CERTS=empty",
    "NODE_EXTRA_CA_CERTS=directory",
    "NODE_EXTRA_CA_CERTS=bad-between.pem",
    "NODE_EXTRA_CA_CERTS=cut.pem",
    "NODE_EXTRA_CA_CERTS=trusted.pem",
    "NODE_EXTRA_CA_CERTS=x509.pem",
    "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
    "NODE_TLS_REJECT_UNAUTHORIZED==0",
    "NODE_TLS_REJECT_UNAUTHORIZED==1",
    "NODE_TLS_REJECT_UNAUTHORIZED==false",
    "NODE_OPTIONS==--use-openssl-ca",
    "NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
    "NODE_OPTIONS==--use_openssl_ca SSL_CERT_FILE=a.pem SSL_CERT_DIR=",
    "NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE=bad-between.pem SSL_CERT_DIR=directory",
    "NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE= NODE_EXTRA_CA_CERTS=b.pem",
    "NODE_OPTIONS==--use-openssl-ca+--use-bundled-ca SSL_CERT_FILE=a.pem",
    "NODE_OPTIONS==--use-openssl-ca+--no-use-openssl-ca SSL_CERT_FILE=a.pem",
    "NODE_OPTIONS==--no-use-bundled-ca SSL_CERT_FILE=a.pem",
    "NODE_OPTIONS==--use-bundled-ca SSL_CERT_FILE=a.pem",
    "NODE_OPTIONS==\"--use-openssl-ca\" SSL_CERT_FILE=a.pem",
    "NODE_OPTIONS==\"--use-openssl-ca SSL_CERT_FILE=a.pem",
    "NODE_OPTIONS==--use-system-ca",
    "NODE_OPTIONS==--use-system-ca SSL_CERT_FILE=a.pem SSL_CERT_DIR=directory",
    "NODE_OPTIONS==--use-system-ca SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed:directory",
    "NODE_OPTIONS==--use-system-ca SSL_CERT_FILE=bad-between.pem SSL_CERT_DIR=missing",
    "NODE_OPTIONS==--use-system-ca SSL_CERT_FILE= SSL_CERT_DIR=",
    "NODE_OPTIONS==--use-system-ca+--no-use-system-ca SSL_CERT_FILE=a.pem",
    "NODE_OPTIONS==--use-system-ca+--use-openssl-ca SSL_CERT_FILE=a.pem SSL_CERT_DIR=directory",
    "NODE_USE_SYSTEM_CA==1 SSL_CERT_FILE=a.pem SSL_CERT_DIR=directory",
    "NODE_USE_SYSTEM_CA==true SSL_CERT_FILE=a.pem",
    "NODE_USE_SYSTEM_CA==1 NODE_OPTIONS==--no-use-system-ca SSL_CERT_FILE=a.pem",
    "NODE_USE_SYSTEM_CA==1 NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE=a.pem SSL_CERT_DIR=directory",
];

/// Every case with one Node.js.
fn hold(bench: &Bench, node: &Path) {
    for case in CASES {
        bench.hold_trust("node", case, node, &["a", "b"], |url, environment| {
            reaches(node, &["-e", REACH, url], environment, &bench.directory)
        });
    }
}

#[test]
fn node_trusts_what_castore_says() {
    if !require("node") {
        return;
    }
    let bench = bench();
    for node in crate::witness::which("node", &bench.environment, &bench.directory) {
        hold(&bench, &node.at);
    }
}

/// The versions between which something changed, as `.ci/full` installs them from the registry of npm.
#[test]
fn other_nodes_trust_what_castore_says() {
    let Some(directory) = fetched("CASTORE_ORACLES_NODES") else { return };
    let mut bench = bench();
    let mut nodes: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    nodes.sort();
    for place in nodes {
        let node = place.join("node_modules/node/bin/node");
        bench.environment =
            crate::witness::with(&bench.environment, &[("PATH", &node.parent().unwrap().display().to_string())]);
        let output = Command::new(&node).arg("--version").env_clear().output().unwrap();
        let version = String::from_utf8(output.stdout).unwrap();
        let predicted = which_at("node", &node, &bench.environment, &bench.directory);
        assert_eq!(format!("v{}", predicted.version("node").unwrap()), version.trim(), "{}", node.display());
        hold(&bench, &node);
    }
}
