//! curl, git, wget, Go and rustls-native-certs.

#![allow(clippy::disallowed_types, reason = "a server that openssl runs is waited for")]

use crate::witness::{Bench, Environment, Stopped, server, which};
use crate::{require, skip};
use castore::anchors::anchors;
use castore::catalogue::clients;
use castore::catalogue::survey::{Searched, Survey};
use castore::discover::discover;
use castore::host::files::Tree;
use castore::host::{Host, native};
use castore::load::{load, wanted};
use std::collections::BTreeSet;
use std::fs;

use std::process::Command;

/// curl's code for a file of certificates that it cannot use (`CURLE_SSL_CACERT_BADFILE`).
const CURL_STOPPED: Stopped = |seen| seen.output.status.code() == Some(77);

#[test]
fn every_curl_opens_what_castore_says() {
    if !require("curl") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let hold = |case: &str| {
        for curl in which("curl", &bench.environment, &bench.directory) {
            bench.hold("curl", case, &curl.at, &curl.at, &["-sS", &url], CURL_STOPPED);
        }
    };
    let cases = [
        "",
        "CURL_CA_BUNDLE=a.pem",
        "CURL_CA_BUNDLE=",
        "CURL_CA_BUNDLE=missing.pem",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_DIR=hashed",
        "SSL_CERT_DIR=missing",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=",
        "CURL_CA_BUNDLE=b.pem SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
    ];
    cases.iter().for_each(|case| hold(case));
    for case in ["CURL_CA_BUNDLE=a.pem", "SSL_CERT_FILE=b.pem", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed"] {
        for curl in which("curl", &bench.environment, &bench.directory) {
            bench.hold_trust("curl", case, &curl.at, &["a", "b"], |url, environment| {
                Command::new(&curl.at)
                    .args(["-sS", "-o", "/dev/null", url])
                    .current_dir(&bench.directory)
                    .env_clear()
                    .envs(environment.iter().cloned())
                    .output()
                    .unwrap()
                    .status
                    .success()
            });
        }
    }
    // A curlrc that names either half puts every variable out of use.
    let below = |name: &str| bench.directory.join(name).display().to_string();
    for setting in [
        format!("cacert = {}", below("c.pem")),
        format!("--cacert \"{}\"", below("c.pem")),
        format!("cacert = {}", below("missing.pem")),
        format!("capath {}", below("hashed")),
        format!("capath {}", below("missing")),
    ] {
        fs::write(bench.directory.join("home/.curlrc"), setting + "\n").unwrap();
        hold("CURL_CA_BUNDLE=b.pem");
        hold("SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed");
    }
}

#[test]
fn every_curl_reads_the_curlrc_castore_says() {
    if !require("curl") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    for directory in ["one", "one/.config", "two"] {
        fs::create_dir(bench.directory.join(directory)).unwrap();
    }
    // The last to count first, each put before the others.
    let files =
        ["one/.config/curlrc", "home/.config/curlrc", "home/.curlrc", "two/.curlrc", "two/curlrc", "one/.curlrc"];
    for (index, file) in files.iter().enumerate() {
        let bundle = bench.directory.join(["a.pem", "b.pem", "c.pem"][index % 3]);
        fs::write(bench.directory.join(file), format!("cacert = {}\n", bundle.display())).unwrap();
        for case in
            ["", "CURL_HOME=one", "XDG_CONFIG_HOME=two", "CURL_HOME=one XDG_CONFIG_HOME=two", "XDG_CONFIG_HOME="]
        {
            for curl in which("curl", &bench.environment, &bench.directory) {
                bench.hold("curl", case, &curl.at, &curl.at, &["-sS", &url], CURL_STOPPED);
            }
        }
    }
}

const GIT_STOPPED: Stopped = |seen| seen.text().contains("Problem with the SSL CA cert");

#[test]
fn every_git_opens_what_castore_says() {
    if !require("git") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let hold = |case: &str| {
        for git in which("git", &bench.environment, &bench.directory) {
            bench.hold("git", case, &git.at, &git.at, &["ls-remote", &url], GIT_STOPPED);
        }
    };
    let cases = [
        "",
        "GIT_SSL_CAINFO=a.pem",
        "GIT_SSL_CAINFO=",
        "GIT_SSL_CAINFO=missing.pem",
        "GIT_SSL_CAPATH=hashed",
        "GIT_SSL_CAPATH=empty",
        "GIT_SSL_CAPATH=missing",
        "GIT_SSL_CAPATH=",
        "GIT_SSL_CAINFO=a.pem GIT_SSL_CAPATH=hashed",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed CURL_CA_BUNDLE=b.pem",
    ];
    cases.iter().for_each(|case| hold(case));
    let below = |name: &str| bench.directory.join(name).display().to_string();
    fs::write(bench.directory.join("home/b.pem"), fs::read(bench.directory.join("b.pem")).unwrap()).unwrap();
    fs::write(bench.directory.join("included"), format!("[http]\nsslCAInfo = {}\n", below("b.pem"))).unwrap();
    for setting in [
        format!("sslCAInfo = {}", below("c.pem")),
        format!("sslcainfo = \"{}\" ; a comment", below("c.pem")),
        "sslCAInfo = ~/b.pem".to_owned(),
        format!("sslCAInfo = {}", below("missing.pem")),
        "sslCAInfo =".to_owned(),
        format!("sslCAPath = {}", below("hashed")),
        format!("sslCAPath = {}", below("missing")),
        "sslCAPath =".to_owned(),
        format!("sslCAInfo = {}\n[include]\npath = {}", below("c.pem"), below("included")),
        format!(
            "sslCAInfo = {}\n[include]\npath = ../included\n[http]\nsslCAInfo = {}",
            below("a.pem"),
            below("c.pem")
        ),
    ] {
        fs::write(bench.directory.join("home/.gitconfig"), format!("[http]\n{setting}\n")).unwrap();
        hold("");
    }
    for case in ["GIT_SSL_CAINFO=a.pem", "GIT_SSL_CAPATH=empty", "GIT_CONFIG_GLOBAL=included", "GIT_CONFIG_GLOBAL="] {
        hold(case);
    }
    // Pairs in the environment come after every file.
    hold("GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.sslCAInfo GIT_CONFIG_VALUE_0=b.pem");
    hold("GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.sslCAInfo GIT_CONFIG_VALUE_0=b.pem GIT_SSL_CAINFO=c.pem");
}

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
fn switches_turn_verification_off_where_castore_says() {
    if !require("openssl") || !require("git") || !require("curl") || !require("wget") {
        return;
    }
    let bench = Bench::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = bench.directory.join("server.pem");
    fs::write(&pem, made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut openssl = Command::new("openssl");
    openssl.args(["s_server", "-quiet", "-www", "-accept", &port.to_string(), "-cert"]).arg(&pem);
    let null = std::process::Stdio::null;
    let mut served = openssl.stdin(null()).stdout(null()).stderr(null()).spawn().unwrap();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let url = format!("https://localhost:{port}/");
    let cases: [(&str, &str, &[&str], &[&str]); 3] = [
        ("curl", ".curlrc", &["", "insecure", "-k", "# insecure"], &["-sS", &url]),
        (
            "git",
            ".gitconfig",
            &[
                "",
                "[http]\nsslVerify = false",
                "[http]\nsslVerify = 0",
                "[http]\nsslVerify",
                "[http]\nsslVerify =",
                "[http]\nsslVerify = no\n[http]\nsslVerify = on",
            ],
            &["ls-remote", &url],
        ),
        (
            "wget",
            ".wgetrc",
            &["", "check_certificate = off", "check-certificate=quiet", "check_certificate = on"],
            &["--tries=1", "--no-hsts", "-O", "/dev/null", &url],
        ),
    ];
    let mut wrong = Vec::new();
    for (client, file, settings, arguments) in cases {
        for setting in settings {
            fs::write(bench.directory.join("home").join(file), format!("{setting}\n")).unwrap();
            for predicted in which(client, &bench.environment, &bench.directory) {
                let mut command = Command::new(&predicted.at);
                command
                    .args(arguments)
                    .current_dir(&bench.directory)
                    .env_clear()
                    .envs(bench.environment.iter().cloned());
                let output = command.output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                // git asks for more than this server has to say; what matters is why it stops.
                let refused = ["certificate verification failed", "certificate problem", "is not trusted"]
                    .iter()
                    .any(|text| said.contains(text))
                    && !said.contains("WARNING");
                if (predicted.report["verification"] == "on") != refused {
                    wrong.push(format!("{client} {setting:?}: {}\n{said}", predicted.report["verification"]));
                }
            }
        }
    }
    served.kill().unwrap();
    served.wait().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What castore says of a client that any program can be, as SHA-256.
fn predicted(client: &str, environment: &Environment) -> BTreeSet<String> {
    let variables = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let host = Host::new(Box::new(Tree::live().unwrap()), native::system()).with_environment(variables);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|row| row.id == client));
    assert_eq!(uses.len(), 1);
    let snapshot = load(&host, &wanted(&uses));
    anchors(&uses[0], &snapshot).certificates.keys().map(ToString::to_string).collect()
}

/// Directories in which names and contents disagree, and environments over them.
fn variable_cases(bench: &Bench) -> Vec<Environment> {
    let copy = |from: &str, to: &str| fs::copy(bench.directory.join(from), bench.directory.join(to)).unwrap();
    fs::create_dir(bench.directory.join("mixed")).unwrap();
    copy("a.pem", "mixed/no-hash.pem");
    copy("b.pem", "mixed/README.txt");
    fs::write(bench.directory.join("mixed/junk"), "-----BEGIN CERTIFICATE-----\nnot base64\n").unwrap();
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_FILE=empty",
        "SSL_CERT_DIR=mixed",
        "SSL_CERT_DIR=hashed",
        "SSL_CERT_DIR=hashed:mixed",
        "SSL_CERT_DIR=missing:mixed",
        "SSL_CERT_DIR=missing",
        "SSL_CERT_DIR=",
        "SSL_CERT_FILE=c.pem SSL_CERT_DIR=mixed",
        "SSL_CERT_FILE= SSL_CERT_DIR=",
        "SSL_CERT_FILE= SSL_CERT_DIR=mixed",
    ];
    cases.iter().map(|case| bench.case(case)).collect()
}

#[test]
fn rustls_native_certs_loads_what_castore_says() {
    let bench = Bench::new();
    for environment in variable_cases(&bench) {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "clients::native_certificates_of_this_process", "--ignored", "--nocapture"]);
        let output = child.env_clear().envs(environment.iter().cloned()).output().unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).unwrap();
        let loaded: BTreeSet<String> =
            said.lines().filter_map(|line| line.strip_prefix("loaded ")).map(str::to_owned).collect();
        let predicted = predicted("rust-native-certs", &environment);
        let own = environment.iter().filter(|(name, _)| name.starts_with("SSL_")).collect::<Vec<_>>();
        assert_eq!(predicted, loaded, "{own:?}");
        assert!(!own.is_empty() || !loaded.is_empty(), "this machine has no certificates");
    }
}

/// Says what the crate loads in a process of its own, since the environment is the process's.
#[test]
#[ignore = "run by rustls_native_certs_loads_what_castore_says"]
fn native_certificates_of_this_process() {
    use sha2::{Digest, Sha256};
    println!();
    for certificate in rustls_native_certs::load_native_certs().certs {
        let hash: String = Sha256::digest(&certificate).iter().map(|byte| format!("{byte:02x}")).collect();
        println!("loaded {hash}");
    }
}

#[test]
fn go_loads_what_castore_says() {
    // Installing it is not asked of a machine that tests, unlike what the others need.
    if !Command::new("go").arg("version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: go is not here");
        return;
    }
    let bench = Bench::new();
    let module = bench.directory.join("roots");
    fs::create_dir(&module).unwrap();
    fs::write(module.join("go.mod"), "module roots\n\ngo 1.19\n").unwrap();
    fs::write(module.join("main.go"), GO_PROGRAM).unwrap();
    let program = module.join("roots");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(&module);
    let cache = bench.directory.join("cache");
    build.env("GOCACHE", &cache).env("GOPATH", &cache).env("GOFLAGS", "-mod=mod").env("GOTOOLCHAIN", "local");
    let output = build.output().unwrap();
    if !output.status.success() {
        skip(&format!("go cannot build: {}", String::from_utf8_lossy(&output.stderr)));
        return;
    }
    for environment in variable_cases(&bench) {
        let output = Command::new(&program).env_clear().envs(environment.iter().cloned()).output().unwrap();
        let said: usize = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        let own = environment.iter().filter(|(name, _)| name.starts_with("SSL_")).collect::<Vec<_>>();
        assert_eq!(predicted("go", &environment).len(), said, "{own:?}");
    }
}

/// Says how many certificates the system's pool has; `Subjects` lists each, however it was found.
const GO_PROGRAM: &str = r#"package main

import (
	"crypto/x509"
	"fmt"
)

func main() {
	pool, err := x509.SystemCertPool()
	if err != nil {
		fmt.Println(0)
		return
	}
	fmt.Println(len(pool.Subjects()))
}
"#;
