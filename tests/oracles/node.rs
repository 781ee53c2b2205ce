//! Node.js of many versions, and the package managers and runtimes of JavaScript.

use crate::witness::{Bench, Environment, which_at};
use crate::{fetched, long, optional, require};
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
    write("mark.pem", format!("\u{feff}{}{}", text("a.pem"), text("b.pem")));
    write("x509.pem", text("a.pem").replace("CERTIFICATE", "X509 CERTIFICATE"));
    write("joined.pem", text("a.pem").trim_end().to_owned() + &text("b.pem"));
    let ended = text("b.pem").replace("-----END CERTIFICATE", "-----END X");
    write("ended.pem", text("a.pem") + &ended);
    fs::create_dir(bench.directory.join("directory")).unwrap();
    write("directory/any-name", text("b.pem"));
    write("hashed/any-name", text("a.pem"));
    // The hash that OpenSSL looks a certificate up by.
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-hash", "-noout", "-in"]).arg(bench.directory.join("b.pem"));
    let hash = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    write(&format!("hashed/{}.0", hash.trim()), text("b.pem"));
    fs::create_dir(bench.directory.join("damaged")).unwrap();
    write(&format!("damaged/{}.0", hash.trim()), ended);
    bench
}

const CASES: [&str; 43] = [
    "",
    "NODE_EXTRA_CA_CERTS=mark.pem",
    "NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE=mark.pem SSL_CERT_DIR=",
    "NODE_EXTRA_CA_CERTS=a.pem",
    "NODE_EXTRA_CA_CERTS=",
    "NODE_EXTRA_CA_CERTS=missing.pem",
    "NODE_EXTRA_CA_CERTS=empty",
    "NODE_EXTRA_CA_CERTS=directory",
    "NODE_EXTRA_CA_CERTS=bad-between.pem",
    "NODE_EXTRA_CA_CERTS=cut.pem",
    "NODE_EXTRA_CA_CERTS=joined.pem",
    "NODE_EXTRA_CA_CERTS=ended.pem",
    "NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE=joined.pem SSL_CERT_DIR=damaged",
    "NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE=empty SSL_CERT_DIR=missing:hashed",
    "NODE_OPTIONS==--use-openssl-ca SSL_CERT_FILE=empty SSL_CERT_DIR=missing:b.pem",
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

/// Cases with a configuration file of npm's: the file, what stands in it, the variables.
const NPM_CASES: [(&str, &str, &str); 22] = [
    ("", "", ""),
    ("", "", "NODE_EXTRA_CA_CERTS=a.pem"),
    ("", "", "npm_config_cafile=a.pem"),
    ("", "", "NPM_CONFIG_CAFILE=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "npm_config_cafile=missing.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "npm_config_cafile= NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "npm_config_cafile=nothing NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "npm_config_cafile=bad-between.pem"),
    ("", "", "npm_config_strict_ssl==false"),
    ("", "", "NODE_TLS_REJECT_UNAUTHORIZED==0"),
    ("home/.npmrc", "cafile=@/a.pem", ""),
    ("home/.npmrc", "cafile = \"@/a.pem\" ; why", "NODE_EXTRA_CA_CERTS=b.pem"),
    ("home/.npmrc", "cafile=~/own.pem", ""),
    ("home/.npmrc", "cafile=a.pem", ""),
    ("home/.npmrc", "cafile=${PLACE}/a.pem", "PLACE==@"),
    ("home/.npmrc", "cafile=@/a.pem", "npm_config_cafile=b.pem"),
    ("home/.npmrc", "[other]\ncafile=@/a.pem", ""),
    ("home/.npmrc", "strict-ssl=false", ""),
    ("home/.npmrc", "strict-ssl=false", "npm_config_strict_ssl==true"),
    ("userconfig", "cafile=@/a.pem", "npm_config_userconfig=userconfig"),
    (".npmrc", "cafile=@/a.pem", "npm_config_globalconfig=none"),
    (".npmrc", "cafile=@/missing.pem", "npm_config_cafile=b.pem"),
];

/// Holds a package manager in every case with a configuration file; `ask` runs it on an address.
fn hold_configured(
    client: &str,
    cases: &[(&str, &str, &str)],
    bench: &Bench,
    at: &Path,
    ask: impl Fn(&str, &Environment) -> bool,
) {
    let here = bench.directory.display().to_string();
    for (file, text, case) in cases {
        let path = bench.directory.join(file);
        if !file.is_empty() {
            fs::write(&path, text.replace('@', &here) + "\n").unwrap();
        }
        let name = format!("{case} {file} {text}");
        eprintln!("{client}: {name}");
        let is_about_both = long() || [case, text].iter().any(|part| part.contains("b.") || part.contains("own"));
        bench.hold_trust(client, case, at, if is_about_both { &["a", "b"] } else { &["a"] }, &ask);
        if !file.is_empty() {
            fs::remove_file(&path).unwrap();
        }
    }
}

/// What a package manager on Node.js says when it does not reach a server because of its certificate.
pub fn distrusts(said: &str) -> bool {
    ["UNABLE_TO_", "self-signed", "unable to verify", "SELF_SIGNED", "certificate", "UnknownIssuer"]
        .iter()
        .any(|word| said.contains(word))
}

/// Runs a package manager in a cache of its own; whether it takes the server.
fn asks(program: &Path, arguments: &[&str], environment: &Environment, directory: &Path) -> bool {
    let cache = tempfile::tempdir().unwrap();
    let cache = cache.path().display().to_string();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env_clear().envs(environment.iter().cloned());
    command.env("npm_config_cache", &cache).env("XDG_CACHE_HOME", &cache).env("XDG_DATA_HOME", &cache);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || !said.is_empty(), "it says what went wrong");
    !distrusts(&said)
}

pub fn bench_of_managers() -> Bench {
    let bench = bench();
    fs::write(bench.directory.join("nothing"), "").unwrap();
    fs::write(bench.directory.join("package.json"), "{}").unwrap();
    fs::copy(bench.directory.join("b.pem"), bench.directory.join("home/own.pem")).unwrap();
    bench
}

#[test]
fn npm_trusts_what_castore_says() {
    if !optional("npm") {
        return;
    }
    let bench = bench_of_managers();
    for npm in crate::witness::which("npm", &bench.environment, &bench.directory) {
        hold_configured("npm", &NPM_CASES, &bench, &npm.at, |url, environment| {
            let registry = format!("--registry={url}");
            asks(&npm.at, &["ping", &registry, "--fetch-retries=0", "--loglevel=error"], environment, &bench.directory)
        });
    }
}

const DENO_CASES: [&str; 19] = [
    "",
    "DENO_CERT=mark.pem",
    "DENO_CERT=a.pem",
    "DENO_CERT=",
    "DENO_CERT=missing.pem",
    "DENO_CERT=bad-between.pem",
    "DENO_CERT=trusted.pem",
    "NODE_EXTRA_CA_CERTS=a.pem",
    "NODE_EXTRA_CA_CERTS=missing.pem DENO_CERT=b.pem",
    "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
    "DENO_TLS_CA_STORE==system SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
    "DENO_TLS_CA_STORE==mozilla,system SSL_CERT_FILE=a.pem",
    "DENO_TLS_CA_STORE==mozilla SSL_CERT_FILE=a.pem",
    "DENO_TLS_CA_STORE==system SSL_CERT_FILE=missing.pem DENO_CERT=a.pem",
    "DENO_TLS_CA_STORE==system SSL_CERT_FILE= DENO_CERT=a.pem",
    "DENO_TLS_CA_STORE==system DENO_CERT=a.pem",
    "DENO_TLS_CA_STORE== DENO_CERT=a.pem",
    "DENO_TLS_CA_STORE==other DENO_CERT=a.pem",
    "NODE_TLS_REJECT_UNAUTHORIZED==0",
];

const BUN_CASES: [&str; 18] = [
    "",
    "NODE_EXTRA_CA_CERTS=mark.pem",
    "SSL_CERT_FILE=a.pem",
    "SSL_CERT_FILE=bad-between.pem",
    "SSL_CERT_FILE=trusted.pem",
    "SSL_CERT_FILE=missing.pem SSL_CERT_DIR=hashed",
    "SSL_CERT_DIR=hashed",
    "SSL_CERT_DIR=directory",
    "SSL_CERT_DIR=directory:hashed",
    "SSL_CERT_FILE= SSL_CERT_DIR=",
    "NODE_EXTRA_CA_CERTS=a.pem",
    "NODE_EXTRA_CA_CERTS=",
    "NODE_EXTRA_CA_CERTS=missing.pem SSL_CERT_FILE=b.pem",
    "NODE_EXTRA_CA_CERTS=bad-between.pem",
    "NODE_EXTRA_CA_CERTS=trusted.pem",
    "NODE_EXTRA_CA_CERTS=a.pem SSL_CERT_FILE=b.pem",
    "NODE_TLS_REJECT_UNAUTHORIZED==0",
    "NODE_TLS_REJECT_UNAUTHORIZED==1",
];

const FETCH: &str = "try { await (await fetch((globalThis.Deno?.args ?? process.argv.slice(2))[0])).text();
    console.log('reached') } catch (e) { console.log(String(e)) }";

/// Every version of a program in a directory, one a directory, in each case.
fn hold_versions(client: &str, cases: &[&str], program: &str, arguments: &[&str]) {
    let Some(directory) = fetched("CASTORE_ORACLES_RUNTIMES") else { return };
    let mut bench = bench();
    fs::write(bench.directory.join("fetch.mjs"), FETCH).unwrap();
    for place in fs::read_dir(directory).unwrap() {
        let at = place.unwrap().path().join("node_modules").join(program);
        if !at.exists() {
            continue;
        }
        let path = at.parent().unwrap().display().to_string();
        bench.environment = crate::witness::with(&bench.environment, &[("PATH", &path)]);
        for case in cases {
            bench.hold_trust(client, case, &at, &["a", "b"], |url, environment| {
                let arguments: Vec<&str> = arguments.iter().chain(&["fetch.mjs", url]).copied().collect();
                reaches(&at, &arguments, environment, &bench.directory)
            });
        }
    }
}

#[test]
fn denos_trust_what_castore_says() {
    hold_versions("deno", &DENO_CASES, ".bin/deno", &["run", "-A"]);
}

#[test]
fn buns_trust_what_castore_says() {
    hold_versions("bun", &BUN_CASES, ".bin/bun", &["run"]);
}
