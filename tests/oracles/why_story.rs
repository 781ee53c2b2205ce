//! The field's classic case, live: a corporate root in the system's bundle, Python accepting, requests
//! refusing, castore's answer, the change it names, accepted.

use crate::handshake::Server;
use crate::{require, skip};
use std::path::Path;
use std::process::{Command, Output};

fn openssl(directory: &Path, arguments: &[&str]) {
    let run = Command::new("openssl").args(arguments).current_dir(directory).output().expect("openssl runs");
    assert!(run.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
}

/// *Acme Proxy CA* and a server's certificate for `localhost` below it.
pub fn authority(directory: &Path) {
    let name = "/O=Acme/CN=Acme Proxy CA";
    let ca = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    let root = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30"];
    openssl(directory, &[&root[..], &["-subj", name], &ca].concat());
    let request =
        ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "s.key", "-out", "s.csr", "-subj", "/CN=localhost"];
    openssl(directory, &request);
    let extensions = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n\
                      subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nkeyUsage=digitalSignature\n";
    std::fs::write(directory.join("extensions"), extensions).unwrap();
    let sign = ["x509", "-req", "-in", "s.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20"];
    openssl(directory, &[&sign[..], &["-extfile", "extensions", "-out", "s.pem"]].concat());
}

/// A shell with nothing but these variables, in the directory; the built castore and the environment come first
/// on its path.
fn shell(directory: &Path, venv: &Path, variables: &[(&str, String)], line: &str) -> Output {
    let castore = Path::new(env!("CARGO_BIN_EXE_castore")).parent().expect("a directory").display().to_string();
    Command::new("/bin/sh")
        .args(["-c", line])
        .current_dir(directory)
        .env_clear()
        .env("PATH", format!("{castore}:{}/bin:/usr/bin:/bin", venv.display()))
        .env("HOME", directory)
        .envs(variables.iter().map(|(name, value)| (*name, value)))
        .output()
        .expect("a shell runs")
}

#[test]
fn a_corporate_root_that_requests_does_not_have() {
    let Some(venv) = std::env::var_os("CASTORE_ORACLES_VENV") else { return skip("$CASTORE_ORACLES_VENV is not set") };
    if !require("openssl") {
        return;
    }
    let venv = Path::new(&venv);
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    authority(here);
    let server = Server::new(here, &["-www", "-cert", "s.pem", "-key", "s.key", "-cert_chain", "ca.pem"]);
    let python = venv.join("bin/python").display().to_string();
    // What an administrator's refresh would write: the bundle that Python's OpenSSL reads.
    std::fs::copy(here.join("ca.pem"), here.join("system.pem")).unwrap();
    let system = [("SSL_CERT_FILE", here.join("system.pem").display().to_string())];
    let at = format!("https://localhost:{}/", server.at.port());
    let with_ssl = format!("{python} -c 'import urllib.request as r; r.urlopen(\"{at}\").read()'");
    let with_requests = format!("{python} -c 'import requests; requests.get(\"{at}\")'");

    let said = shell(here, venv, &system, &with_ssl);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said = shell(here, venv, &system, &with_requests);
    let printed = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && printed.contains("CERTIFICATE_VERIFY_FAILED"), "{printed}");

    let prefix = venv.display();
    let why = format!(
        "castore why localhost:{0} --connect 127.0.0.1:{0} --client python:{prefix} --client requests:{prefix} --format json",
        server.at.port()
    );
    let said = shell(here, venv, &system, &why);
    assert_eq!(said.status.code(), Some(1), "{}", String::from_utf8_lossy(&said.stderr));
    let report: serde_json::Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let clients = report["clients"].as_array().expect("clients");
    let verdict = |id: &str| clients.iter().find(|client| client["client"] == id).map(|client| &client["verdict"]);
    assert_eq!(verdict("python").and_then(|word| word.as_str()), Some("accepts"), "{report:#}");
    assert_eq!(verdict("requests").and_then(|word| word.as_str()), Some("refuses"), "{report:#}");
    let refused = clients.iter().find(|client| client["client"] == "requests").expect("requests");
    let text = refused["printed"]["text"].as_str().expect("what it prints");
    assert!(printed.contains(text), "predicted {text:?}, printed {printed}");

    // Every remedy that has commands, applied as it is printed.
    let remedies = refused["remedies"].as_array().expect("remedies");
    let mut applied = 0;
    for remedy in remedies {
        let commands: Vec<&str> =
            remedy["commands"].as_array().into_iter().flatten().filter_map(|c| c.as_str()).collect();
        if commands.is_empty() {
            continue;
        }
        let lines = format!("set -e\n{}\n{with_requests}", commands.join("\n"));
        let said = shell(here, venv, &system, &lines);
        assert!(said.status.success(), "{remedy:#}\n{}", String::from_utf8_lossy(&said.stderr));
        applied += 1;
    }
    assert!(applied > 0, "{refused:#}");
}

/// Where a store cannot be loaded each program has words of its own; where it goes on, `check` says so, too.
#[test]
fn what_is_printed_where_a_store_cannot_be_loaded() {
    let Some(venv) = std::env::var_os("CASTORE_ORACLES_VENV") else { return skip("$CASTORE_ORACLES_VENV is not set") };
    if !require("openssl") || !require("curl") {
        return;
    }
    let venv = Path::new(&venv);
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    authority(here);
    let server = Server::new(here, &["-www", "-cert", "s.pem", "-key", "s.key"]);
    let at = format!("https://localhost:{}/", server.at.port());
    std::fs::create_dir(here.join("directory")).unwrap();
    std::fs::write(here.join("empty"), "").unwrap();
    std::fs::write(here.join("garbage"), "no certificate\n").unwrap();
    let python = venv.join("bin/python").display().to_string();
    let prefix = venv.display();
    let pip = "--no-input --disable-pip-version-check download --retries 0 --no-deps";
    let programs = [
        ("curl", "CURL_CA_BUNDLE", "curl:/usr/bin/curl".to_owned(), format!("/usr/bin/curl -sS {at}")),
        (
            "requests",
            "REQUESTS_CA_BUNDLE",
            format!("requests:{prefix}"),
            format!("{python} -c 'import requests; requests.get(\"{at}\")'"),
        ),
        (
            "httpx",
            "SSL_CERT_FILE",
            format!("httpx:{prefix}"),
            format!("{python} -c 'import httpx; httpx.get(\"{at}\")'"),
        ),
        ("pip", "PIP_CERT", format!("pip:{prefix}"), format!("{python} -m pip {pip} --index-url {at} nothing")),
    ];
    let mut told = 0;
    for (id, variable, selector, line) in &programs {
        for place in ["nothing", "directory", "empty", "garbage"] {
            let variables = [(*variable, here.join(place).display().to_string())];
            let printed = shell(here, venv, &variables, line);
            let printed = String::from_utf8_lossy(&[printed.stdout, printed.stderr].concat()).into_owned();
            let why = format!("castore why s.pem --client {selector} --name localhost --format json");
            let said = shell(here, venv, &variables, &why);
            let report: serde_json::Value = serde_json::from_slice(&said.stdout).expect("JSON");
            let clients = report["clients"].as_array().expect("clients");
            let client = clients.iter().find(|client| client["client"] == *id).expect("the client");
            assert_eq!(client["verdict"], "refuses", "{id} {place}: {client:#}");
            let stops = client["cause"]["id"] == "store-refused";
            if let Some(text) = client["printed"]["text"].as_str() {
                assert!(printed.contains(text), "{id} {place}: predicted {text:?}, printed {printed}");
                let code = client["printed"]["code"].as_i64().filter(|_| *id == "curl");
                assert!(
                    code.is_none_or(|code| printed.contains(&format!("({code})"))),
                    "{id} {place}: {code:?} {printed}"
                );
                told += 1;
            }
            assert_eq!(stops, !printed.contains("CERTIFICATE_VERIFY_FAILED"), "{id} {place}: {printed}");
            let check = format!("castore check {selector} --only override-broken --format json");
            let check = shell(here, venv, &variables, &check);
            let check: serde_json::Value = serde_json::from_slice(&check.stdout).expect("JSON");
            let found = check["findings"][0]["found"].as_str().expect("a finding").to_owned();
            assert_eq!(found.ends_with("the client stops with an error"), stops, "{id} {place}: {found}");
        }
    }
    assert_eq!(told, programs.len() * 4);
}
