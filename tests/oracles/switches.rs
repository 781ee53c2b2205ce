//! Switches that turn verification off.

#![allow(clippy::disallowed_types, reason = "a server that openssl runs is waited for")]

use crate::require;
use crate::witness::{Bench, which};
use std::fs;
use std::process::Command;

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
