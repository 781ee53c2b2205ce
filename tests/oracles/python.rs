//! Python: every interpreter of this machine, and the packages of one environment.

use crate::witness::{
    Access, Bench, Environment, Predicted, Stopped, bare, bundle, server, watch, which, which_at, with,
};
use crate::{long, require, skip};
use castore::catalogue::survey::{Searched, Survey};
use castore::host::files::Tree;
use castore::host::{Host, native};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The Pythons castore finds, where there is one.
fn pythons(environment: &Environment, directory: &Path) -> Vec<Predicted> {
    if !require("python3") || !require("strace") {
        return Vec::new();
    }
    let found = which("python", environment, directory);
    assert!(!found.is_empty());
    found
}

/// What an expression is to an interpreter, as text.
fn evaluate(python: &Path, expression: &str) -> Option<String> {
    let script = format!("import ssl, site, sys, os\nsys.stdout.write({expression})");
    let output = Command::new(python).arg("-c").arg(script).env_clear().envs(bare()).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_python_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let real = |path: &Path| fs::canonicalize(path).unwrap();
    let predicted: BTreeSet<PathBuf> =
        pythons(&bare(), directory.path()).iter().map(|python| real(&python.at)).collect();
    if predicted.is_empty() {
        return;
    }
    let names = ["-name", "python[23]*", "-o", "-name", "pypy[23]*"];
    let mut find = Command::new("find");
    // What lies in a directory for temporary files is installed for nobody.
    find.args(["/", "-xdev", "-path"]).arg(std::env::temp_dir()).args(["-prune", "-o"]);
    find.args(["-type", "f", "-perm", "-u+x", "("]).args(names).args([")", "-print"]);
    let output = find.output().unwrap();
    let is_interpreter = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let version = name.trim_start_matches("python").trim_start_matches("pypy").trim_end_matches('m');
        version.chars().all(|c| c.is_ascii_digit() || c == '.')
            && fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"))
            // One that cannot start here, or has no ssl module, trusts nothing.
            && evaluate(path, "ssl.OPENSSL_VERSION").is_some()
    };
    let lines = String::from_utf8(output.stdout).unwrap();
    let found: BTreeSet<PathBuf> = lines.lines().map(PathBuf::from).filter(is_interpreter).collect();
    // One interpreter has many names, some of them copies: what counts is the directory and version.
    let identity = |path: &PathBuf| {
        let version = evaluate(path, "'.'.join(map(str, sys.version_info[:2]))");
        (path.parent().unwrap().to_path_buf(), version)
    };
    let known: BTreeSet<_> = predicted.iter().map(identity).collect();
    let there: BTreeSet<_> = found.iter().map(identity).collect();
    assert_eq!(known, there, "castore finds {predicted:#?}");
}

#[test]
fn versions_are_what_each_python_says() {
    let directory = tempfile::tempdir().unwrap();
    for python in pythons(&bare(), directory.path()) {
        let said =
            evaluate(&python.at, "'.'.join(map(str, sys.version_info[:3])) + ' ' + ssl.OPENSSL_VERSION").unwrap();
        let mut words = said.split(' ');
        assert_eq!(python.version("python").as_deref(), words.next(), "{}", python.at.display());
        assert_eq!(words.next(), Some("OpenSSL"));
        // The header's suffix letter of 1.1.1w is no part of the version.
        let openssl = words.next().unwrap();
        let predicted = python.version("openssl").unwrap();
        assert!(openssl.starts_with(&predicted), "{}: {predicted} and {openssl}", python.at.display());
    }
}

#[test]
fn packages_are_imported_from_where_python_does() {
    if !require("python3") {
        return;
    }
    let tree = Tree::live().unwrap();
    let environment =
        bare().into_iter().chain(venv().map(|venv| ("VIRTUAL_ENV".to_owned(), venv.display().to_string())));
    let environment = environment.map(|(name, value)| (name.into(), value.into())).collect();
    let host = Host::new(Box::new(tree), native::system()).with_environment(environment);
    let survey = Survey::new(&host, Searched::default());
    assert!(!survey.pythons().is_empty());
    for python in survey.pythons() {
        let said = evaluate(&python.executable, "'\\n'.join(sys.path)").unwrap();
        let is_packages = |path: &PathBuf| path.is_dir() && path.to_string_lossy().ends_with("-packages");
        let said: Vec<PathBuf> = said.lines().map(PathBuf::from).filter(is_packages).collect();
        assert_eq!(python.packages, said, "{}", python.executable.display());
    }
}

/// Environments for OpenSSL's two variables.
fn openssl_cases(directory: &Path) -> Vec<Vec<(&'static str, String)>> {
    let text = |name: &str| directory.join(name).display().to_string();
    for (file, name) in [("a.pem", "a.example"), ("b.pem", "b.example")] {
        bundle(&directory.join(file), name);
    }
    for name in ["one", "two"] {
        fs::create_dir(directory.join(name)).unwrap();
    }
    let list = format!("{}:{}", text("one"), text("two"));
    vec![
        vec![],
        vec![("SSL_CERT_FILE", text("a.pem"))],
        vec![("SSL_CERT_FILE", text("missing.pem"))],
        vec![("SSL_CERT_FILE", text("one"))],
        vec![("SSL_CERT_FILE", String::new())],
        vec![("SSL_CERT_DIR", text("one"))],
        vec![("SSL_CERT_DIR", text("missing"))],
        vec![("SSL_CERT_DIR", list.clone())],
        vec![("SSL_CERT_DIR", format!("{}:{}", text("missing"), text("two")))],
        vec![("SSL_CERT_DIR", String::new())],
        vec![("SSL_CERT_FILE", text("b.pem")), ("SSL_CERT_DIR", list)],
        vec![("SSL_CERT_FILE", String::new()), ("SSL_CERT_DIR", String::new())],
    ]
}

#[test]
fn every_python_opens_what_castore_says() {
    let directory = tempfile::tempdir().unwrap();
    let directory = fs::canonicalize(directory.path()).unwrap();
    let cases = openssl_cases(&directory);
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = directory.join("server.pem");
    fs::write(&certificate, made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    let borrowed = |case: &[(&'static str, String)]| -> Environment {
        with(&bare(), &case.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    };
    let predicted: Vec<Vec<Predicted>> = cases.iter().map(|case| pythons(&borrowed(case), &directory)).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/contexts.py");
    let input: String = cases
        .iter()
        .map(|case| case.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\t") + "\n")
        .collect();
    let mut shaken = 0;
    for (index, python) in predicted[0].iter().enumerate() {
        let arguments = [script.to_str().unwrap(), certificate.to_str().unwrap()];
        let seen = watch(&python.at, &arguments, &bare(), &directory, &input);
        assert!(seen.output.status.success(), "{}: {}", python.at.display(), seen.text());
        let said = String::from_utf8(seen.output.stdout.clone()).unwrap();
        assert_eq!(said.lines().count(), cases.len());
        for (number, (case, said)) in cases.iter().zip(said.lines()).enumerate() {
            let predicted = &predicted[number][index];
            let what = format!("{} under {case:?}: {predicted:#?}", predicted.at.display());
            let said: Vec<&str> = said.split('\t').collect();
            let openssldir = predicted.place("openssldir").unwrap();
            assert_eq!(openssldir.join("cert.pem"), Path::new(said[0]), "{what}");
            assert_eq!(openssldir.join("certs"), Path::new(said[1]), "{what}");
            agrees(predicted, said[2], said[3], case, &what);
            let part = |name: &str| section(&seen.accesses, &format!("{number}/{name}"));
            let opened: BTreeSet<PathBuf> = part("context")
                .iter()
                .filter(|access| access.open && access.given && !access.path.is_dir())
                .map(|access| fs::canonicalize(&access.path).unwrap())
                .collect();
            assert_eq!(predicted.used().files, opened, "{what}");
            if said[4] == "none" {
                continue;
            }
            assert_eq!(said[4], "refused", "{what}");
            let asked: BTreeSet<PathBuf> = part("handshake")
                .iter()
                .filter(|access| is_hash_name(&access.path))
                .filter_map(|access| fs::canonicalize(access.path.parent().unwrap()).ok())
                .collect();
            assert_eq!(predicted.used().hashed, asked, "{what}");
            shaken += 1;
        }
    }
    assert!(predicted[0].is_empty() || shaken > 0);
}

/// Holds castore against `ssl.get_default_verify_paths()`, which says nothing of what is not
/// there and takes a list for one path.
fn agrees(predicted: &Predicted, file: &str, directory: &str, case: &[(&str, String)], what: &str) {
    let used = predicted.candidates("used");
    let of = |look: &str| used.iter().filter(|(_, l)| l == look).map(|(path, _)| path.clone()).collect::<Vec<_>>();
    let paths = |text: &str| if text.is_empty() { vec![] } else { vec![PathBuf::from(text)] };
    assert_eq!(of("bundle"), paths(file), "{what}");
    if !case.iter().any(|(name, value)| *name == "SSL_CERT_DIR" && value.contains(':')) {
        // With OpenSSL 3.0 to 3.3 a file counts as well, of which Python says nothing.
        let by_hash = used.iter().filter(|(path, look)| look.starts_with("hash-") && path.is_dir());
        let by_hash: Vec<PathBuf> = by_hash.map(|(path, _)| path.clone()).collect();
        assert_eq!(by_hash, paths(directory), "{what}");
    }
}

/// The accesses between a mark and the next.
fn section<'s>(accesses: &'s [Access], mark: &str) -> &'s [Access] {
    let is_mark = |access: &Access| access.path.starts_with("/castore-oracle");
    let start = accesses.iter().position(|access| access.path == Path::new("/castore-oracle").join(mark)).unwrap() + 1;
    let length = accesses[start..].iter().position(is_mark).unwrap();
    &accesses[start..start + length]
}

fn is_hash_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.len() == 10 && name.ends_with(".0") && name[..8].bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An environment with current requests, httpx, aiohttp, jsonschema and pip: the one that
/// `CASTORE_ORACLES_VENV` names, else one made in the target directory.
pub(crate) fn venv() -> Option<PathBuf> {
    static VENV: OnceLock<Option<PathBuf>> = OnceLock::new();
    VENV.get_or_init(|| {
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../oracles/venv");
        let venv = std::env::var_os("CASTORE_ORACLES_VENV").map_or(made, PathBuf::from);
        let python = venv.join("bin/python");
        let imports = |python: &Path| {
            let script = "import requests, httpx, aiohttp, certifi, jsonschema, httplib2, truststore, OpenSSL";
            Command::new(python).args(["-c", script]).output().is_ok_and(|output| output.status.success())
        };
        if !imports(&python) {
            let packages =
                ["pip", "certifi", "requests", "httpx", "aiohttp", "jsonschema", "httplib2", "truststore", "pyopenssl"];
            let install =
                ["-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "--upgrade"];
            // pip needs the parent's environment: proxies and roots of its own.
            drop(Command::new("python3").args(["-m", "venv"]).arg(&venv).output());
            drop(Command::new(&python).args(install).args(packages).output());
        }
        if imports(&python) {
            return Some(fs::canonicalize(&venv).unwrap());
        }
        skip("an environment with requests, httpx, aiohttp and pip cannot be made");
        None
    })
    .clone()
}

/// A bench with the environment as well.
struct Packages {
    bench: Bench,
    venv: PathBuf,
}

impl Packages {
    fn new() -> Option<Self> {
        if !require("strace") {
            return None;
        }
        let (venv, mut bench) = (venv()?, Bench::new());
        bench.environment = with(&bench.environment, &[("VIRTUAL_ENV", venv.to_str().unwrap())]);
        Some(Self { bench, venv })
    }

    fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    fn hold_script(&self, client: &str, cases: &[&str], script: &str, raises: Stopped) {
        for case in cases {
            self.bench.hold(client, case, &self.venv, &self.python(), &["-c", script], raises);
        }
    }
}

#[test]
fn requests_opens_what_castore_says() {
    let Some(packages) = Packages::new() else { return };
    let cases = [
        "",
        "REQUESTS_CA_BUNDLE=a.pem",
        "CURL_CA_BUNDLE=b.pem",
        "REQUESTS_CA_BUNDLE=a.pem CURL_CA_BUNDLE=b.pem",
        "REQUESTS_CA_BUNDLE=",
        "REQUESTS_CA_BUNDLE= CURL_CA_BUNDLE=b.pem",
        "REQUESTS_CA_BUNDLE=missing.pem",
        "CURL_CA_BUNDLE=missing.pem",
        "REQUESTS_CA_BUNDLE=hashed",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed PIP_CERT=b.pem",
    ];
    let script =
        format!("import requests\ntry: requests.get('{}')\nexcept requests.exceptions.SSLError: pass", server());
    packages.hold_script("requests", &cases, &script, NO_BUNDLE);
}

#[test]
fn httpx_opens_what_castore_says() {
    let Some(packages) = Packages::new() else { return };
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_FILE=empty",
        "SSL_CERT_DIR=hashed",
        "SSL_CERT_DIR=empty:hashed",
        "SSL_CERT_DIR=missing",
        "SSL_CERT_DIR=",
        "SSL_CERT_FILE=b.pem SSL_CERT_DIR=hashed",
        "REQUESTS_CA_BUNDLE=a.pem CURL_CA_BUNDLE=b.pem",
    ];
    packages.hold_script("httpx", &cases, "import httpx\nhttpx.Client()", |seen| !seen.output.status.success());
}

#[test]
fn aiohttp_opens_what_castore_says() {
    let Some(packages) = Packages::new() else { return };
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_DIR=hashed",
        "SSL_CERT_FILE=b.pem SSL_CERT_DIR=hashed",
        "REQUESTS_CA_BUNDLE=a.pem",
    ];
    packages.hold_script("aiohttp", &cases, "import aiohttp", |seen| !seen.output.status.success());
}

#[test]
fn certifi_is_where_castore_says() {
    let Some(packages) = Packages::new() else { return };
    let predicted = which_at("certifi", &packages.venv, &packages.bench.environment, &packages.bench.directory);
    let script = "import certifi; print(certifi.where(), end='')";
    let output = Command::new(packages.python()).args(["-c", script]).env_clear().output().unwrap();
    assert_eq!(predicted.candidates("used")[0].0, Path::new(std::str::from_utf8(&output.stdout).unwrap()));
}

/// What requests says, and pip, which has a copy of it.
const NO_BUNDLE: Stopped = |seen| seen.text().contains("Could not find a suitable TLS CA certificate bundle");

/// Arguments with which pip goes as far as a handshake and installs nothing.
fn pip_arguments<'a>(index: &'a str, target: &'a str) -> Vec<&'a str> {
    let quiet = ["-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--no-input", "--retries=0"];
    let install = ["--timeout=3", "install", "--no-deps", "--target", target, "--index-url", index, "castore-oracle"];
    quiet.into_iter().chain(install).collect()
}

#[test]
fn pip_opens_what_castore_says() {
    let Some(packages) = Packages::new() else { return };
    let (bench, python) = (&packages.bench, packages.python());
    let write = |name: &str, text: &str| {
        let path = |file: &str| bench.directory.join(file).display().to_string();
        let text =
            text.replace("A.pem", &path("a.pem")).replace("B.pem", &path("b.pem")).replace("C.pem", &path("c.pem"));
        fs::write(bench.directory.join(name), text).unwrap();
    };
    write("global.conf", "[global]\ncert = C.pem\n");
    write("both.conf", "[global]\ncert = A.pem\n[install]\ncert = B.pem\n");
    write("none.conf", "");
    let (index, target) = (server(), bench.directory.join("target").display().to_string());
    let arguments = pip_arguments(&index, &target);
    let hold = |case: &str| {
        bench.hold("pip", case, &packages.venv, &python, &arguments, NO_BUNDLE);
    };
    let cases = [
        "",
        "PIP_CONFIG_FILE=none.conf",
        "PIP_CERT=a.pem",
        "PIP_CERT=",
        "PIP_CERT=missing.pem",
        "PIP_CERT=a.pem REQUESTS_CA_BUNDLE=b.pem",
        "PIP_CERT=a.pem CURL_CA_BUNDLE=b.pem",
        "PIP_CONFIG_FILE=global.conf",
        "PIP_CONFIG_FILE=both.conf",
        "PIP_CONFIG_FILE=global.conf PIP_CERT=a.pem",
        "SSL_CERT_FILE=b.pem",
        "SSL_CERT_FILE=b.pem PIP_CERT=a.pem",
        "SSL_CERT_FILE=missing.pem SSL_CERT_DIR=hashed",
        // OpenSSL would find nothing, so truststore goes to its own list.
        "SSL_CERT_FILE=missing.pem SSL_CERT_DIR=empty",
        "SSL_CERT_FILE= SSL_CERT_DIR=",
    ];
    for case in cases {
        hold(case);
    }
    // A section counts before a file: `[install]` of the user's before `[global]` of the other.
    fs::create_dir(bench.directory.join("home/.config/pip")).unwrap();
    write("home/.config/pip/pip.conf", "[install]\ncert = A.pem\n");
    for case in ["", "PIP_CONFIG_FILE=global.conf", "PIP_CONFIG_FILE=missing.conf"] {
        hold(case);
    }
    // The null device stands for no configuration at all.
    bench.hold("pip", "PIP_CONFIG_FILE=/dev/null", &packages.venv, &python, &arguments, NO_BUNDLE);
}

#[test]
fn every_pip_opens_what_castore_says() {
    let Some(packages) = Packages::new() else { return };
    let bench = &packages.bench;
    let (index, target) = (server(), bench.directory.join("target").display().to_string());
    let home = std::env::var("HOME").unwrap_or_default();
    // The interpreters of version managers lie in the real home; its pip.conf counts for both.
    let environment = with(&bench.environment, &[("HOME", &home)]);
    let file = bench.directory.join("a.pem").display().to_string();
    let environments = [with(&environment, &[("SSL_CERT_FILE", &file)]), environment];
    let predicted = environments.each_ref().map(|environment| which("pip", environment, &bench.directory));
    // The option is older than some of these.
    let arguments: Vec<&str> =
        pip_arguments(&index, &target).into_iter().filter(|word| *word != "--no-input").collect();
    for (number, pip) in predicted[0].iter().enumerate() {
        let python = pip.place("python").unwrap();
        for (environment, predicted) in environments.iter().zip(&predicted).take(if long() { 2 } else { 1 }) {
            let predicted = &predicted[number];
            let seen = watch(&python, &arguments, environment, &bench.directory, "");
            let what = format!("{predicted:#?}\n{}", seen.text());
            let (used, opened) = (predicted.used().files, seen.certificate_files());
            if used != opened {
                // What a `.pth` file of this interpreter opens whenever it starts is not pip's.
                let started = watch(&python, &["-c", "pass"], environment, &bench.directory, "").certificate_files();
                assert!(used.is_subset(&opened), "{used:#?}\n{opened:#?}\n{what}");
                assert!(opened.is_subset(&used.union(&started).cloned().collect()), "{used:#?}\n{opened:#?}\n{what}");
            }
        }
    }
    assert!(!target_has_files(Path::new(&target)));
}

fn target_has_files(target: &Path) -> bool {
    fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_some())
}
