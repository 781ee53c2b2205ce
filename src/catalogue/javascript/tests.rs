//! What the runtimes and package managers of JavaScript take, by their variables and files.

use super::*;
use crate::catalogue::survey::Searched;
use crate::catalogue::survey::Survey;
use crate::discover::{Outcome, discover};
use crate::host::memory::Memory;
use crate::host::{Host, System};

fn machine() -> Memory {
    Memory::new()
        .file("/usr/bin/node", "node.js/v22.15.0\0\"node_shared_openssl\"")
        .file("/usr/lib/node_modules/npm/package.json", r#"{"name": "npm", "version": "11.6.0"}"#)
        .file("/usr/lib/node_modules/npm/bin/npm-cli.js", "")
        .link("/usr/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js")
        .file("/work/package.json", "{}")
        .file("/work/deep/file", "")
        .file("/one.pem", "1")
        .file("/two.pem", "2")
        .file("/empty.pem", "")
        .file("/etc/ssl/cert.pem", "")
        .file("/etc/ssl/certs/a.pem", "")
}

/// The places in use, or `off` or `refuses`.
fn used(client: &'static Client, files: Memory, variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let mut host = Host::new(Box::new(files), System::Linux).with_environment(variables);
    host.cwd = "/work/deep".into();
    let uses = discover(&Survey::new(&host, Searched::default()), [client]);
    assert_eq!(uses.len(), 1);
    match () {
        () if uses[0].is_off() => return "off".to_owned(),
        () if uses[0].refuses().is_some() => return "refuses".to_owned(),
        () => {}
    }
    let used = uses[0].candidates.iter().filter(|c| c.outcome == Outcome::Used);
    used.map(|c| c.path.as_ref().unwrap().display().to_string()).collect::<Vec<_>>().join(" ")
}

const HOME: (&str, &str) = ("HOME", "/u");

#[test]
fn npm_takes_its_own_file_instead_of_nodes_roots() {
    let npm = |files: Memory, variables: &[(&str, &str)]| used(&NPM, files, variables);
    assert_eq!(npm(machine(), &[]), "/usr/bin/node");
    assert_eq!(npm(machine(), &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/node /one.pem");
    let project = || machine().file("/work/.npmrc", "cafile=/one.pem\n");
    assert_eq!(npm(project(), &[("NODE_EXTRA_CA_CERTS", "/two.pem")]), "/one.pem");
    assert_eq!(npm(project(), &[("NPM_CONFIG_CAFILE", "/two.pem")]), "/two.pem");
    assert_eq!(npm(project(), &[("npm_config_cafile", "")]), "/one.pem");
    assert_eq!(npm(project(), &[("npm_config_cafile", "/empty.pem")]), "/one.pem");
    assert_eq!(npm(project().file("/u/.npmrc", "cafile=/two.pem"), &[HOME]), "/one.pem");
    assert_eq!(npm(machine().file("/u/.npmrc", "cafile=${DIR}/two.pem"), &[HOME, ("DIR", "")]), "/two.pem");
    assert_eq!(npm(machine().file("/usr/etc/npmrc", "cafile=/two.pem"), &[]), "/two.pem");
    assert_eq!(npm(machine().file("/usr/lib/node_modules/npm/npmrc", "cafile=/two.pem"), &[]), "/two.pem");
    assert_eq!(npm(machine().file("/work/.npmrc", "cafile=/missing.pem"), &[]), "/usr/bin/node");
}

#[test]
fn npm_has_certificates_written_out_and_a_switch() {
    let npm = |text: &str, variables: &[(&str, &str)]| used(&NPM, machine().file("/work/.npmrc", text), variables);
    let written = "ca=\"-----BEGIN CERTIFICATE-----\\nAA\\n-----END CERTIFICATE-----\"\n";
    assert_eq!(npm(written, &[]), "/work/.npmrc");
    assert_eq!(npm(written, &[("npm_config_cafile", "/one.pem")]), "/one.pem");
    assert_eq!(npm("strict-ssl=false", &[]), "off");
    assert_eq!(npm("strict-ssl=false", &[("npm_config_strict_ssl", "true")]), "/usr/bin/node");
}

#[test]
fn deno_takes_the_stores_of_its_list() {
    let deno = |version: &str, variables: &[(&str, &str)]| {
        used(&DENO, machine().file("/usr/bin/deno", format!("Deno/0.80.0\0Deno/{version}")), variables)
    };
    assert_eq!(deno("2.9.6", &[]), "/usr/bin/deno");
    assert_eq!(deno("2.9.6", &[("SSL_CERT_FILE", "/one.pem")]), "/usr/bin/deno");
    let system = ("DENO_TLS_CA_STORE", "system");
    assert_eq!(deno("2.9.6", &[system]), "/etc/ssl/cert.pem");
    assert_eq!(deno("2.9.6", &[system, ("SSL_CERT_FILE", "/one.pem")]), "/one.pem");
    assert_eq!(deno("2.9.6", &[system, ("SSL_CERT_FILE", "/missing")]), "refuses");
    assert_eq!(deno("2.9.6", &[("DENO_TLS_CA_STORE", "mozilla, system")]), "/usr/bin/deno /etc/ssl/cert.pem");
    assert_eq!(deno("2.9.6", &[("DENO_TLS_CA_STORE", "other")]), "refuses");
    assert_eq!(deno("2.9.6", &[("DENO_CERT", "/one.pem")]), "/usr/bin/deno /one.pem");
    assert_eq!(deno("2.9.6", &[("DENO_CERT", "")]), "refuses");
    assert_eq!(deno("2.9.6", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/deno /one.pem");
    assert_eq!(deno("2.7.14", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/deno");
}

#[test]
fn bun_adds_openssls_paths_but_for_1_2() {
    let bun = |version: &str, variables: &[(&str, &str)]| {
        used(&BUN, machine().file("/usr/bin/bun", format!("Bun/1.2.\0Bun/{version}")), variables)
    };
    assert_eq!(bun("1.4.5", &[]), "/usr/bin/bun /etc/ssl/cert.pem /etc/ssl/certs");
    assert_eq!(bun("1.4.5", &[("SSL_CERT_FILE", "/one.pem")]), "/usr/bin/bun /one.pem /etc/ssl/certs");
    assert_eq!(bun("1.4.5", &[("SSL_CERT_DIR", "")]), "/usr/bin/bun /etc/ssl/cert.pem");
    assert_eq!(bun("1.2.23", &[("SSL_CERT_FILE", "/one.pem")]), "/usr/bin/bun");
    assert_eq!(bun("1.2.23", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/bun /one.pem");
    assert_eq!(bun("1.0.36", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/bun /etc/ssl/cert.pem /etc/ssl/certs");
    assert_eq!(bun("1.4.5", &[("NODE_TLS_REJECT_UNAUTHORIZED", "0")]), "off");
}
