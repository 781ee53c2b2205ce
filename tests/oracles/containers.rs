//! kubectl and the Docker command line against servers of TLS on the loopback.

use crate::optional;
use crate::witness::{Bench, Environment};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a program says, run with exactly this environment. One that waits for more than a handshake has had
/// it by then.
fn said(program: &str, arguments: &[&str], directory: &Path, environment: &Environment) -> String {
    let mut command = Command::new("timeout");
    command.args(["3", program]).args(arguments).current_dir(directory).env_clear().envs(environment.iter().cloned());
    let output = command.output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A kubeconfig whose only cluster has these lines.
fn kubeconfig(url: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts:\n- name: x\n  context: {{cluster: c, user: u}}\n\
         users:\n- name: u\n  user: {{token: t}}\nclusters:\n- name: other\n  cluster: {{server: 'https://localhost:1'}}\n\
         - name: c\n  cluster:\n    server: {url}\n{lines}"
    )
}

#[test]
fn kubectl_trusts_what_castore_says() {
    if !crate::documents::has_kubectl() {
        return;
    }
    let bench = Bench::new();
    fs::create_dir(bench.directory.join("home/.kube")).unwrap();
    let config = bench.directory.join("home/.kube/config");
    let pem = |name: &str| fs::read_to_string(bench.directory.join(format!("{name}.pem"))).unwrap();
    let data = |text: &str| format!("certificate-authority-data: {}", base64_simd::STANDARD.encode_to_string(text));
    let path = |name: &str| format!("certificate-authority: {}", bench.directory.join(name).display());
    let bad = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let cases: Vec<(&str, Vec<String>)> = vec![
        ("no authority", vec![]),
        ("data", vec![data(&pem("a"))]),
        ("data with two", vec![data(&(pem("a") + &pem("b")))]),
        ("a file", vec![path("a.pem")]),
        ("a file below the kubeconfig", vec!["certificate-authority: ../../b.pem".to_owned()]),
        ("data and a file", vec![path("a.pem"), data(&pem("b"))]),
        ("a missing file", vec![path("missing.pem")]),
        ("empty data", vec!["certificate-authority-data: ''".to_owned(), path("a.pem")]),
        ("a bad block beside a good one", vec![data(&(bad.to_owned() + &pem("a")))]),
        ("insecure", vec!["insecure-skip-tls-verify: true".to_owned()]),
        ("not insecure", vec!["insecure-skip-tls-verify: false".to_owned(), data(&pem("a"))]),
    ];
    let reaches = |url: &str, environment: &Environment, lines: &[String]| {
        fs::write(&config, kubeconfig(url, lines)).unwrap();
        let text = said("kubectl", &["get", "--raw", "/"], &bench.directory, environment);
        // What the server has to say is no answer of a cluster's.
        let stopped = [
            "x509:",
            "unable to read certificate-authority",
            "unable to load root certificates",
            "are both specified",
            "specifying a root",
        ];
        !stopped.iter().any(|word| text.contains(word))
    };
    for (name, lines) in &cases {
        for variables in ["", "SSL_CERT_FILE=b.pem"] {
            fs::write(&config, kubeconfig("https://localhost:1", lines)).unwrap();
            let case = format!("{name} {variables}");
            bench.hold_trust_named("kubectl", &case, variables, &config, &["a", "b"], |url, environment| {
                reaches(url, environment, lines)
            });
        }
    }
    // Of several files the first with the name counts; KUBECONFIG replaces the one in the home directory.
    fs::write(bench.directory.join("second"), kubeconfig("https://localhost:1", &[data(&pem("b"))])).unwrap();
    fs::write(bench.directory.join("first"), kubeconfig("https://localhost:1", &[data(&pem("a"))])).unwrap();
    for (case, at) in [("KUBECONFIG=first:second", "first"), ("KUBECONFIG=missing:second:first", "second")] {
        let at = bench.directory.join(at);
        bench.hold_trust("kubectl", case, &at, &["a", "b"], |url, environment| {
            let arguments = ["get", "--raw", "/", "--server", url];
            !said("kubectl", &arguments, &bench.directory, environment).contains("x509:")
        });
    }
}

#[test]
fn docker_trusts_what_castore_says() {
    if !optional("docker") {
        return;
    }
    let bench = Bench::new();
    let docker = Command::new("sh").args(["-c", "command -v docker"]).output().unwrap().stdout;
    let docker = String::from_utf8(docker).unwrap();
    let docker = Path::new(docker.trim());
    for (directory, pem) in [("home/.docker", "a.pem"), ("certificates", "b.pem"), ("none", "")] {
        fs::create_dir(bench.directory.join(directory)).unwrap();
        if !pem.is_empty() {
            fs::copy(bench.directory.join(pem), bench.directory.join(directory).join("ca.pem")).unwrap();
        }
    }
    for case in [
        "DOCKER_TLS_VERIFY=1",
        "DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=certificates",
        "DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=none",
        "DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=",
        "DOCKER_TLS_VERIFY=1 DOCKER_CONFIG=certificates",
        "DOCKER_TLS_VERIFY=1 SSL_CERT_FILE=b.pem",
        "DOCKER_TLS=1",
        "DOCKER_TLS=1 DOCKER_TLS_VERIFY=1",
    ] {
        bench.hold_trust("docker-cli", case, docker, &["a", "b", "c"], |url, environment| {
            let host = url.replace("https://", "tcp://");
            let text = said("docker", &["-H", host.trim_end_matches('/'), "version"], &bench.directory, environment);
            let stopped = ["x509:", "could not read CA certificate", "failed to verify", "unable to resolve docker"];
            !stopped.iter().any(|word| text.contains(word))
        });
    }
}
