//! What the row says of a made-up uv.

use super::*;
use crate::catalogue::survey::layouts::{self, host, packaged, uses, uses_for};
use crate::discover::{Outcome, Use};
use crate::host::Host;
use crate::host::memory::Memory;

const PROGRAM: &str = "/home/u/.pyenv/versions/3.12.1/bin/uv";

fn uv(version: &str) -> Memory {
    packaged(&[("uv", version)]).file(PROGRAM, "").file("/hashed/any.name", "")
}

fn one(host: &Host) -> Use {
    let mut found = uses(host, "uv");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn used(version: &str, set: &[(&str, &str)]) -> Vec<String> {
    let host = host(uv(version), set);
    one(&host).effective().map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect()
}

#[test]
fn the_roots_inside_are_no_certificates() {
    let host = host(uv("0.13.9"), &[]);
    assert_eq!(one(&host).opaque().collect::<Vec<_>>(), [(Path::new(PROGRAM), ROOTS)]);
}

#[test]
fn a_variable_means_three_things_by_version() {
    let both = [("SSL_CERT_FILE", "/corp.pem"), ("SSL_CERT_DIR", "/hashed")];
    assert_eq!(used("0.9.9", &both), ["/corp.pem"]);
    assert_eq!(used("0.9.10", &both), ["/corp.pem", "/hashed"]);
    assert_eq!(used("0.13.9", &both), ["/corp.pem", "/hashed"]);
    assert_eq!(used("0.9.9", &both[1..]), [PROGRAM]);
    assert_eq!(used("0.13.9", &both[1..]), ["/hashed"]);
    let gone = [("SSL_CERT_FILE", "/gone.pem")];
    assert_eq!(used("0.11.0", &gone), [PROGRAM]);
    assert!(used("0.12.0", &gone).is_empty());
    assert_eq!(used("0.12.0", &[("SSL_CERT_FILE", "")]), [PROGRAM]);
}

#[test]
fn the_system_is_taken_when_a_variable_or_a_file_says_so() {
    let system = "/etc/ssl/certs/ca-certificates.crt";
    let at = |files: Memory, set: &[(&str, &str)]| {
        let host = host(files, set);
        one(&host)
            .effective()
            .map(|candidate| candidate.path.as_ref().unwrap().display().to_string())
            .collect::<Vec<_>>()
    };
    let set = [("UV_SYSTEM_CERTS", "1")];
    assert_eq!(at(uv("0.13.9"), &set), [system, "/etc/ssl/certs"]);
    // Before 0.11 the roots inside stayed.
    assert_eq!(at(uv("0.10.12"), &[("UV_NATIVE_TLS", "true")]), [system, "/etc/ssl/certs", PROGRAM]);
    assert_eq!(at(uv("0.13.9"), &[("UV_SYSTEM_CERTS", "1"), ("SSL_CERT_FILE", "/corp.pem")]), ["/corp.pem"]);
    let own = uv("0.13.9").file("/home/u/.config/uv/uv.toml", "system-certs = true\n");
    assert_eq!(at(own.clone(), &[])[0], system);
    assert_eq!(at(own.clone(), &[("UV_SYSTEM_CERTS", "false")]), [PROGRAM]);
    assert_eq!(at(own.clone(), &[("UV_NO_CONFIG", "1")]), [PROGRAM]);
    // The project's file is nearer.
    let project = own.file("/pyproject.toml", "[tool.uv]\nnative-tls = false\n");
    assert_eq!(at(project, &[]), [PROGRAM]);
}

#[test]
fn hosts_that_are_not_verified_are_told() {
    let files = uv("0.13.9").file("/etc/uv/uv.toml", "allow-insecure-host = [\"one.example\"]\n");
    let host = host(files, &[]);
    let found = one(&host);
    assert_eq!(found.candidates[0].outcome, Outcome::TurnsOffFor("one.example".to_owned()));
    assert!(!found.is_off());
    let of = |name: &str| uses_for(&host, "uv", name, 443).remove(0).is_off();
    assert!(of("one.example") && !of("two.example"));
    // What the variable says stands beside what the files say.
    let files = uv("0.13.9").file("/etc/uv/uv.toml", "allow-insecure-host = [\"one.example\"]\n");
    let host = layouts::host(files, &[("UV_INSECURE_HOST", "two.example three.example")]);
    for name in ["one.example", "two.example", "three.example"] {
        assert!(uses_for(&host, "uv", name, 443)[0].is_off(), "{name}");
    }
}

#[test]
fn the_version_of_a_program_on_path_is_in_its_receipt() {
    let receipt = "{\"install_prefix\":\"/home/u/.local/bin\",\"version\":\"0.9.9\"}";
    let files = Memory::new().file("/home/u/.local/bin/uv", "").file("/home/u/.config/uv/uv-receipt.json", receipt);
    let path = [("PATH", "/home/u/.local/bin")];
    assert_eq!(one(&host(files, &path)).installation.version("uv").unwrap().to_string(), "0.9.9");
    let files = Memory::new().file("/home/u/.local/bin/uv", "");
    assert_eq!(one(&host(files, &path)).installation.unknown.len(), 1);
}
