//! rustls-native-certs of several versions, and cargo.

use crate::witness::{Bench, Environment, with};
use crate::{long, matrix, optional, skip};
use castore::anchors::anchors;
use castore::catalogue::clients;
use castore::catalogue::survey::{Searched, Survey};
use castore::discover::discover;
use castore::host::files::Tree;
use castore::host::{Host, native};
use castore::load::{load, wanted};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What castore says of a client that any program can be, as SHA-256.
pub fn predicted(client: &str, environment: &Environment) -> BTreeSet<String> {
    let variables = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let host = Host::new(Box::new(Tree::live().unwrap()), native::system()).with_environment(variables);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|row| row.id == client));
    assert_eq!(uses.len(), 1);
    let snapshot = load(&host, &wanted(&uses));
    anchors(&uses[0], &snapshot).certificates.keys().map(ToString::to_string).collect()
}

/// Files in `odd` with a block that not every reader sees, of `a` and of `b`.
pub fn odd_blocks(bench: &Bench) {
    fs::create_dir(bench.directory.join("odd")).unwrap();
    let [plain, other] = ["a.pem", "b.pem"].map(|name| fs::read_to_string(bench.directory.join(name)).unwrap());
    let indented = |line: &str| format!("  {line}\n");
    let within = |line: &str| if line.starts_with('-') { format!("{line}\n") } else { indented(line) };
    let one_line = plain.replace('\n', "");
    let utf16: Vec<u8> = format!("\u{feff}{plain}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let texts = [
        ("indented", plain.lines().map(indented).collect::<String>()),
        ("indented-within", plain.lines().map(within).collect()),
        ("behind-text", format!("text {plain}")),
        ("one-line-and-another", format!("{one_line}\n{other}")),
        ("one-line", one_line),
        ("four-dashes", plain.replacen("-----B", "----B", 1)),
        ("six-dashes", plain.replace("-----", "------")),
        ("mark", format!("\u{feff}{plain}")),
        ("mark-and-another", format!("\u{feff}{plain}{other}")),
        ("another-and-mark", format!("{plain}\u{feff}{other}")),
        ("carriage-returns", plain.replace('\n', "\r")),
        ("carriage-returns-and-another", format!("{}\n{other}", plain.replace('\n', "\r"))),
        ("another-and-carriage-returns", format!("{other}{}", plain.replace('\n', "\r"))),
    ];
    let files = texts.into_iter().map(|(name, text)| (name, text.into_bytes())).chain([("utf-16", utf16)]);
    files.for_each(|(name, octets)| fs::write(bench.directory.join(format!("odd/{name}.pem")), octets).unwrap());
}

/// Directories in which names and contents disagree, and environments over them.
pub fn variable_cases(bench: &Bench) -> Vec<Environment> {
    let copy = |from: &str, to: &str| fs::copy(bench.directory.join(from), bench.directory.join(to)).unwrap();
    fs::create_dir(bench.directory.join("mixed")).unwrap();
    copy("a.pem", "mixed/no-hash.pem");
    copy("b.pem", "mixed/README.txt");
    fs::write(bench.directory.join("mixed/junk"), "-----BEGIN CERTIFICATE-----\nnot base64\n").unwrap();
    odd_blocks(bench);
    let cases = [
        "",
        "SSL_CERT_FILE=odd/utf-16.pem",
        "SSL_CERT_FILE=odd/indented.pem",
        "SSL_CERT_FILE=odd/indented-within.pem",
        "SSL_CERT_FILE=odd/behind-text.pem",
        "SSL_CERT_FILE=odd/one-line.pem",
        "SSL_CERT_FILE=odd/four-dashes.pem",
        "SSL_CERT_FILE=odd/six-dashes.pem",
        "SSL_CERT_FILE=odd/one-line-and-another.pem",
        "SSL_CERT_FILE=odd/mark.pem",
        "SSL_CERT_FILE=odd/mark-and-another.pem",
        "SSL_CERT_FILE=odd/another-and-mark.pem",
        "SSL_CERT_FILE=odd/carriage-returns.pem",
        "SSL_CERT_FILE=odd/carriage-returns-and-another.pem",
        "SSL_CERT_FILE=odd/another-and-carriage-returns.pem",
        "SSL_CERT_DIR=odd",
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
        child.args(["--exact", "rust::native_certificates_of_this_process", "--ignored", "--nocapture"]);
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

/// The versions held against castore (0.8.0 goes on to the system's also where a place is there and holds
/// nothing, and never ends on a directory for a file), and whether each answers with what could be loaded besides errors.
const VERSIONS: &[(&str, bool)] = &[
    ("0.6.3", false),
    ("0.7.0", false),
    ("0.7.3", false),
    ("0.8.1", true),
    ("0.8.2", true),
    ("0.8.3", true),
    ("0.8.4", true),
];

/// Each version of the crate in a program of its own, built below the directory of tests.
#[test]
fn every_version_of_rustls_native_certs_loads_what_castore_says() {
    if !long() || !optional("cargo") {
        eprintln!("SKIPPED: the versions of rustls-native-certs are for the long oracles");
        return;
    }
    let bench = Bench::new();
    let cases = variable_cases(&bench);
    for (version, has_result) in VERSIONS {
        let Some(program) = built(version, *has_result) else { continue };
        for environment in &cases {
            let output = Command::new(&program).env_clear().envs(environment.iter().cloned()).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let loaded: BTreeSet<String> =
                said.lines().filter_map(|line| line.strip_prefix("loaded ")).map(str::to_owned).collect();
            let bin = program.parent().unwrap().display().to_string();
            let expected = predicted("rust-programs", &with(environment, &[("PATH", &bin)]));
            let own: Vec<String> = environment
                .iter()
                .filter(|(name, _)| name.starts_with("SSL_"))
                .map(|(name, value)| format!("{name}={}", value.replace(&bench.directory.display().to_string(), "")))
                .collect();
            let outcome = (expected == loaded)
                .then_some(())
                .ok_or_else(|| format!("castore says {}, {version} loads {}: {said}", expected.len(), loaded.len()));
            matrix::agree("rust-programs", &format!("{version} {}", own.join(" ")), outcome);
        }
    }
}

/// A program that says what a version of the crate loads, by a name that castore knows, with the path
/// that stands in larger programs for their panics.
fn built(version: &str, has_result: bool) -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("native-certs-{version}"));
    let program = directory.join("target/debug/xh");
    if program.exists() {
        return Some(program);
    }
    fs::create_dir_all(directory.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"xh\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n\
         rustls-native-certs = \"={version}\"\nsha2 = \"0.10\"\n"
    );
    fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    let list = if has_result {
        "rustls_native_certs::load_native_certs().certs"
    } else {
        "rustls_native_certs::load_native_certs().unwrap()"
    };
    let source = format!(
        "use sha2::Digest;\nfn main() {{ eprintln!(\"/rustls-native-certs-{version}/src/lib.rs\"); for c in {list} {{ let c: &[u8] = c.as_ref(); \
         let h: String = sha2::Sha256::digest(c).iter().map(|b| format!(\"{{b:02x}}\")).collect(); println!(\"loaded {{h}}\"); }} }}\n"
    );
    fs::write(directory.join("src/main.rs"), source).unwrap();
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet"]).current_dir(&directory).env("CARGO_TARGET_DIR", directory.join("target"));
    let output = cargo.output().unwrap();
    if !output.status.success() {
        skip(&format!("rustls-native-certs {version}: {}", String::from_utf8_lossy(&output.stderr)));
        return None;
    }
    Some(program)
}

#[test]
fn cargo_takes_the_servers_that_castore_says() {
    if !optional("cargo") {
        return;
    }
    // What stands on PATH may start another in the user's own home.
    let real = Command::new("rustup").args(["which", "cargo"]).output().ok().filter(|output| output.status.success());
    let real =
        real.map_or_else(|| "cargo".to_owned(), |output| String::from_utf8(output.stdout).unwrap().trim().to_owned());
    let bench = Bench::new();
    let at = crate::witness::which("cargo", &bench.environment, &bench.directory).remove(0).at;
    fs::create_dir(bench.directory.join("by-hash")).unwrap();
    fs::copy(bench.directory.join("b.pem"), bench.directory.join("by-hash/b.pem")).unwrap();
    assert!(Command::new("openssl").arg("rehash").arg(bench.directory.join("by-hash")).status().unwrap().success());
    let reaches = |url: &str, environment: &Environment| {
        let mut cargo = Command::new(&real);
        cargo
            .args(["search", "x", "--registry", "local", "--config"])
            .arg(format!("registries.local.index = 'sparse+{url}'"));
        cargo.current_dir(&bench.directory).env_clear().envs(environment.iter().cloned()).env("CARGO_NET_RETRY", "0");
        let said = String::from_utf8(cargo.output().unwrap().stderr).unwrap();
        !said.contains("[60]") && !said.contains("[77]")
    };
    let cases = [
        "",
        "CARGO_HTTP_CAINFO=a.pem",
        "CARGO_HTTP_CAINFO=",
        "CARGO_HTTP_CAINFO=missing.pem",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_DIR=by-hash",
        "SSL_CERT_DIR=missing",
        "CARGO_HTTP_CAINFO=a.pem SSL_CERT_DIR=by-hash",
        "CARGO_HTTP_CAINFO=a.pem SSL_CERT_FILE=b.pem",
        "CURL_CA_BUNDLE=a.pem",
    ];
    for case in cases {
        bench.hold_trust("cargo", case, &at, &["a", "b"], reaches);
    }
    fs::create_dir_all(bench.directory.join("home/.cargo")).unwrap();
    fs::write(bench.directory.join("home/.cargo/config.toml"), "[http]\ncainfo = \"../a.pem\"\n").unwrap();
    bench.hold_trust_named("cargo", "http.cainfo of the home", "", &at, &["a", "b"], reaches);
    fs::create_dir(bench.directory.join(".cargo")).unwrap();
    fs::write(bench.directory.join(".cargo/config.toml"), "http.cainfo = 'b.pem'\n").unwrap();
    bench.hold_trust_named("cargo", "http.cainfo beside", "", &at, &["a", "b"], reaches);
    bench.hold_trust_named(
        "cargo",
        "http.cainfo, and the variable",
        "CARGO_HTTP_CAINFO=a.pem",
        &at,
        &["a", "b"],
        reaches,
    );
}
