//! OpenSSL's default paths, by `openssl s_client`.

use crate::require;
use crate::witness::{Bench, Environment, which};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

#[test]
fn openssl_takes_the_servers_that_castore_says() {
    if !require("openssl") {
        return;
    }
    let bench = Bench::new();
    let found = which("openssl", &bench.environment, &bench.directory);
    // The one that the program is linked to.
    let version = String::from_utf8(Command::new("openssl").arg("version").output().unwrap().stdout).unwrap();
    let Some(library) = found.iter().find(|library| {
        library.version("openssl").is_some_and(|found| version.starts_with(&format!("OpenSSL {found} ")))
    }) else {
        return crate::skip("the library of openssl is not among those found");
    };
    hash_directories(&bench);
    let configuration = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nVerifyCAFile = a.pem\n";
    fs::write(bench.directory.join("openssl.cnf"), configuration).unwrap();
    let reaches = |url: &str, environment: &Environment| {
        let address = url.trim_start_matches("https://").trim_end_matches('/');
        let mut client = Command::new("openssl");
        client.args(["s_client", "-verify_return_error", "-connect", address]).current_dir(&bench.directory);
        client.env_clear().envs(environment.iter().cloned()).stdin(Stdio::null());
        client.output().unwrap().status.success()
    };
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_FILE=poisoned.pem",
        "SSL_CERT_DIR=by-hash",
        "SSL_CERT_DIR=by-hash:gap",
        "SSL_CERT_DIR=gap",
        "SSL_CERT_DIR=upper",
        "SSL_CERT_DIR=other-hash",
        "SSL_CERT_DIR=b.pem",
        "SSL_CERT_DIR=missing",
        "SSL_CERT_DIR=",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=by-hash",
        "SSL_CERT_FILE= SSL_CERT_DIR=",
        "OPENSSL_CONF=openssl.cnf",
        "OPENSSL_CONF=openssl.cnf SSL_CERT_FILE=b.pem",
    ];
    for case in cases {
        bench.hold_trust("openssl", case, &library.at, &["a", "b"], reaches);
    }
}

/// Directories with the certificate of `b` under a right name and under others.
fn hash_directories(bench: &Bench) {
    let path = |name: &str| bench.directory.join(name);
    let output = Command::new("openssl").args(["x509", "-noout", "-hash", "-in"]).arg(path("b.pem")).output().unwrap();
    let hash = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    for (directory, name) in [
        ("by-hash", format!("{hash}.0")),
        ("gap", format!("{hash}.1")),
        ("upper", format!("{}.0", hash.to_uppercase())),
        ("other-hash", "01234567.0".to_owned()),
    ] {
        fs::create_dir(path(directory)).unwrap();
        symlink(path("b.pem"), path(directory).join(name)).unwrap();
    }
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(path("poisoned.pem"), fs::read_to_string(path("a.pem")).unwrap() + bad).unwrap();
}
