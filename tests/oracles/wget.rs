//! wget and wget2.

use crate::witness::{Bench, server, which};
use crate::{optional, require};
use std::fs;
use std::process::Command;

#[test]
fn every_wget_opens_what_castore_says() {
    if !require("wget") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let hold = |case: &str| {
        for wget in which("wget", &bench.environment, &bench.directory) {
            let arguments = ["--tries=1", "--timeout=3", "--no-hsts", "-O", "/dev/null", &url];
            bench.hold("wget", case, &wget.at, &wget.at, &arguments, |_| false);
        }
    };
    hold("");
    hold("SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed CURL_CA_BUNDLE=b.pem");
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let settings = [
        format!("ca_certificate = {}", below("a.pem")),
        format!("ca-certificate={}", below("missing.pem")),
        format!("ca_directory = {}", below("hashed")),
        format!("ca_directory = {}", below("missing")),
        format!("ca_certificate = {}\nca_directory = {}", below("a.pem"), below("hashed")),
    ];
    for setting in &settings {
        fs::write(bench.directory.join("home/.wgetrc"), format!("{setting}\n")).unwrap();
        hold("");
    }
    fs::write(bench.directory.join("wgetrc"), format!("ca_certificate = {}\n", below("b.pem"))).unwrap();
    hold("WGETRC=wgetrc");
}

#[test]
fn wgetrc_is_read_where_and_as_wget_does() {
    if !require("wget") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let (a, b) = (below("a.pem"), below("b.pem"));
    let hold = |case: &str, environment: &str| {
        for wget in which("wget", &bench.environment, &bench.directory) {
            let arguments = ["--tries=1", "--timeout=3", "--no-hsts", "-O", "/dev/null", &url];
            bench.hold_named("wget", case, environment, &wget.at, &wget.at, &arguments, |_| false);
        }
    };
    for setting in [
        format!("CA_Certificate = {a}"),
        format!("cacertificate={a}\ncacertificate={b}"),
        format!("  ca_certificate =   {a}   "),
        format!("ca_certificate = \"{a}\""),
        format!("# ca_certificate = {a}"),
        "ca_certificate = ~/a.pem".to_owned(),
        "ca_certificate =".to_owned(),
    ] {
        fs::write(bench.directory.join("home/.wgetrc"), format!("{setting}\n")).unwrap();
        hold(&format!("wgetrc: {}", setting.replace(&below(""), "")), "");
    }
    fs::write(bench.directory.join("system"), format!("ca_certificate = {b}\n")).unwrap();
    hold("the user's before the system's", "SYSTEM_WGETRC=system");
    fs::remove_file(bench.directory.join("home/.wgetrc")).unwrap();
    hold("the system's", "SYSTEM_WGETRC=system");
    hold("the system's not there", "SYSTEM_WGETRC=missing");
    fs::write(bench.directory.join("own"), format!("ca_directory = {}\n", below("hashed"))).unwrap();
    hold("both", "SYSTEM_WGETRC=system WGETRC=own");
}

/// Of GnuTLS, which finds a block wherever its BEGIN stands.
#[test]
fn wget_sees_the_blocks_that_castore_says() {
    if !require("wget") {
        return;
    }
    let bench = Bench::new();
    crate::rust::odd_blocks(&bench);
    let mut files: Vec<_> =
        fs::read_dir(bench.directory.join("odd")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        fs::write(bench.directory.join("home/.wgetrc"), format!("ca_certificate = {}\n", file.display())).unwrap();
        for wget in which("wget", &bench.environment, &bench.directory) {
            let case = format!("odd blocks: {}", file.file_name().unwrap().display());
            bench.hold_trust_named("wget", &case, "", &wget.at, &["a", "b"], |url, environment| {
                let mut command = Command::new(&wget.at);
                command.args(["--tries=1", "--timeout=5", "--no-hsts", "-q", "-O", "/dev/null", url]);
                command.current_dir(&bench.directory).env_clear().envs(environment.iter().cloned());
                command.status().unwrap().success()
            });
        }
    }
}

#[test]
fn every_wget2_opens_what_castore_says() {
    if !require("strace") || !optional("wget2") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let (a, b) = (below("a.pem"), below("b.pem"));
    let hold = |case: &str, environment: &str| {
        for wget in which("wget2", &bench.environment, &bench.directory) {
            let arguments = ["--tries=1", "--timeout=3", "--no-hsts", "--no-ocsp", "-O", "/dev/null", &url];
            bench.hold_named("wget2", case, environment, &wget.at, &wget.at, &arguments, |_| false);
        }
    };
    hold("", "");
    hold("variables", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed CURL_CA_BUNDLE=b.pem");
    fs::create_dir(bench.directory.join("mixed")).unwrap();
    for name in ["x.pem", "y.crt"] {
        fs::copy(bench.directory.join("c.pem"), bench.directory.join("mixed").join(name)).unwrap();
    }
    for setting in [
        format!("ca-certificate = {a}"),
        format!("ca_certificate={a}\nca-certificate={b}"),
        format!("--ca-certificate={a}"),
        format!("ca-certificate = {}", below("missing.pem")),
        format!("ca-directory = {}", below("mixed")),
        format!("ca-directory = {}", below("missing")),
        format!("ca-directory = {}\nca-certificate = {a}", below("mixed")),
        "ca-directory = system".to_owned(),
    ] {
        fs::write(bench.directory.join("home/.wget2rc"), format!("{setting}\n")).unwrap();
        hold(&format!("wget2rc: {}", setting.replace(&below(""), "")), "");
    }
    fs::write(bench.directory.join("own"), format!("ca-certificate = {b}\n")).unwrap();
    hold("WGET2RC", "WGET2RC=own");
    hold("SYSTEM_WGET2RC", "SYSTEM_WGET2RC=own");
}
