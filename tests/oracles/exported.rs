//! What `castore export` writes, read by the programs that it is for: each lists exactly the set.

use crate::documents::{has_kubectl, kubectl};
use crate::java::{has_java, trusted_entries};
use crate::p11_kit::Kit;
use crate::written::{PYTHON, asked, fingerprints, sets};
use crate::{certificates, fingerprint, long, require, skip};
use castore::format::pem;
use castore::model::Certificate;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Set = BTreeSet<String>;

/// Writes each of many sets in a format, and asks `list` what is in them.
fn hold(format: &str, more: &[&str], list: impl Fn(&[PathBuf]) -> Vec<Set>) {
    let sets = sets(if long() { 500 } else { 50 });
    if sets.is_empty() {
        return skip("this machine has no bundle");
    }
    let home = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    for (n, set) in sets.iter().enumerate() {
        let (from, out) = (home.path().join(format!("{n}.pem")), home.path().join(format!("{n}.out")));
        fs::write(&from, set.iter().map(|one| pem::write(one.der(), &[])).collect::<String>()).unwrap();
        let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
        castore.args(["export", "--include-expired", "--include-not-ca", "--format", format, "--from"]).arg(&from);
        castore.args(more).arg("--out").arg(&out).current_dir(home.path());
        castore.env_clear().env("HOME", home.path()).stdin(Stdio::null());
        let output = castore.output().unwrap();
        assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
        written.push(out);
    }
    let listed = list(&written);
    assert_eq!(listed.len(), sets.len(), "{format}");
    for (listed, set) in listed.iter().zip(&sets) {
        assert_eq!(*listed, fingerprints(set), "{format}");
    }
}

/// Asks of one after the other.
fn each(list: impl Fn(&Path) -> Set) -> impl Fn(&[PathBuf]) -> Vec<Set> {
    move |paths| paths.iter().map(|path| list(path)).collect()
}

/// What a program prints.
fn said(program: &str, arguments: &[&str], at: &Path) -> String {
    let mut command = Command::new(program);
    command.args(arguments).arg(at).env_remove("JAVA_TOOL_OPTIONS").stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The certificates among what a program prints, by another reader than castore's.
fn blocks(text: &str) -> Set {
    ::pem::parse_many(text).unwrap().iter().map(|block| fingerprint(block.contents()).to_string()).collect()
}

#[test]
fn openssl_lists_files_and_directories() {
    if !require("openssl") {
        return;
    }
    hold("pem", &[], each(|at| blocks(&said("openssl", &["storeutl", "-certs"], at))));
    hold("der-dir", &[], each(|at| blocks(&said("openssl", &["storeutl", "-r", "-certs"], at))));
    hold("hash-dir", &[], each(|at| blocks(&said("openssl", &["storeutl", "-r", "-certs"], at))));
    hold("pkcs7", &[], each(|at| blocks(&said("openssl", &["pkcs7", "-print_certs", "-in"], at))));
    hold(
        "pkcs7-der",
        &[],
        each(|at| blocks(&said("openssl", &["pkcs7", "-print_certs", "-inform", "DER", "-in"], at))),
    );
}

#[test]
fn openssl_lists_keystores() {
    if !require("openssl") {
        return;
    }
    for profile in ["modern", "legacy", "plain"] {
        let arguments = ["pkcs12", "-nokeys", "-passin", "pass:changeit", "-in"];
        // A file without a seal is one that OpenSSL does not open as it stands (PKCS12_verify_mac).
        let arguments =
            if profile == "plain" { [&arguments[..4], &["-nomacver", "-in"]].concat() } else { arguments.to_vec() };
        hold("pkcs12", &["--profile", profile], each(|at| blocks(&said("openssl", &arguments, at))));
    }
}

/// Each certificate of all sets is found by its hash where it is one of the set, and no other is. With
/// `-partial_chain` the certificate itself is looked for; without it OpenSSL takes the first of two roots with one name
/// and no key identifier for the issuer of both, and the second for self-signed (seen in 3.0.19).
#[test]
fn openssl_finds_by_hash_what_was_written_and_nothing_else() {
    if !require("openssl") {
        return;
    }
    let all: Vec<Certificate> = crate::openssl::bundle();
    let place = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..all.len()).map(|n| place.path().join(n.to_string()).display().to_string()).collect();
    for (name, certificate) in names.iter().zip(&all) {
        fs::write(name, pem::write(certificate.der(), &[])).unwrap();
    }
    hold(
        "hash-dir",
        &[],
        each(|at| {
            let mut command = Command::new("openssl");
            command
                .args(["verify", "-partial_chain", "-no_check_time", "-no-CAfile", "-no-CAstore", "-CApath"])
                .arg(at)
                .args(&names);
            let output = command.output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let found =
                names.iter().zip(&all).filter(|(name, _)| text.lines().any(|line| line == format!("{name}: OK")));
            found.map(|(_, certificate)| certificate.fingerprint().to_string()).collect()
        }),
    );
}

#[test]
fn keytool_lists_keystores() {
    if !has_java() {
        return;
    }
    // One virtual machine for all of them; keytool itself, a machine each time, for the first.
    let list = |kind: &str, password: &str, paths: &[PathBuf]| {
        let arguments = ["-list", "-rfc", "-storetype", kind, "-storepass", password, "-keystore"];
        let text = said("keytool", &arguments, &paths[0]);
        let found = trusted_entries(kind, password, paths);
        assert_eq!(blocks(&text), found[0], "{kind}");
        assert_eq!(text.matches("Entry type: trustedCertEntry").count(), found[0].len(), "{kind}");
        found
    };
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("password");
    fs::write(&file, "correct horse\n").unwrap();
    hold("jks", &[], |paths| list("JKS", "changeit", paths));
    hold("jks", &["--out-password-file", file.to_str().unwrap()], |paths| list("JKS", "correct horse", paths));
    for profile in ["modern", "legacy", "plain"] {
        hold("pkcs12", &["--profile", profile], |paths| list("PKCS12", "changeit", paths));
    }
}

#[test]
fn p11_kit_takes_its_own_format_for_anchors() {
    let Some(kit) = Kit::new() else { return };
    hold(
        "p11-kit",
        &[],
        each(|at| {
            kit.put("roots.p11-kit", &fs::read(at).unwrap());
            let found = kit.bundle("ca-anchors", Some("server-auth"));
            kit.remove("roots.p11-kit");
            found.iter().map(ToString::to_string).collect()
        }),
    );
}

/// EFI_SIGNATURE_LIST (UEFI 2.10, 32.4.1), read by its sizes alone.
const FIRMWARE: &str = "
import hashlib, struct, sys
for path in sys.stdin.read().splitlines():
    data, at, found = open(path, 'rb').read(), 0, []
    while at < len(data):
        size, head, one = struct.unpack_from('<III', data, at + 16)
        for start in range(at + 28 + head, at + size, one):
            found.append(hashlib.sha256(data[start + 16:start + one]).hexdigest())
        at += size
    print(*found)
";

#[test]
fn python_reads_bundles_of_both_kinds_and_firmware_lists() {
    if !require("python3") {
        return;
    }
    hold("pem", &[], |paths| asked("python3", &["-c", PYTHON], paths));
    hold("openssl-trusted", &[], |paths| asked("python3", &["-c", PYTHON], paths));
    hold("edk2", &[], |paths| asked("python3", &["-c", FIRMWARE], paths));
}

#[test]
fn kubectl_reads_objects() {
    if !has_kubectl() {
        return;
    }
    let kinds = [
        ("clustertrustbundle", "/spec/trustBundle"),
        ("configmap", "/data/ca.crt"),
        ("trust-bundle", "/spec/sources/0/inLine"),
    ];
    for (format, pointer) in kinds {
        hold(format, &[], |paths| {
            let files = paths.iter().flat_map(|path| ["-f", path.to_str().unwrap()]);
            let arguments: Vec<&str> = ["label", "--local", "a=b", "-o", "json"].into_iter().chain(files).collect();
            let said = kubectl(paths[0].parent().unwrap(), &arguments);
            let objects = serde_json::Deserializer::from_slice(&said).into_iter::<serde_json::Value>();
            let bundle = |object: serde_json::Value| {
                assert_eq!(object["metadata"]["name"], "castore");
                blocks(object.pointer(pointer).and_then(|text| text.as_str()).expect("a bundle"))
            };
            objects.map(|object| bundle(object.unwrap())).collect()
        });
    }
}

/// Three chains: below a root that another has cross-signed, below that other, and below a third; each the server's own
/// certificate and what it sends with it.
fn chains() -> (Vec<certificates::Certificate>, Vec<[String; 2]>) {
    use certificates::{intermediate, leaf, root};
    let roots = [root("New").key(11).make(), root("Old").key(12).make(), root("Third").key(13).make()];
    let cross = root("New").key(11).issued_by(&roots[1]);
    let between = intermediate("Between").issued_by(&roots[0]);
    let chains = vec![
        [leaf("a.example").issued_by(&between).pem(), between.pem() + &cross.pem()],
        [leaf("b.example").issued_by(&roots[1]).pem(), String::new()],
        [leaf("c.example").issued_by(&roots[2]).pem(), String::new()],
    ];
    (roots.into(), chains)
}

/// With the smallest set openssl verifies every chain, and with one root less not all.
#[test]
fn openssl_needs_every_root_of_the_smallest_set() {
    if !require("openssl") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (roots, chains) = chains();
    let write = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
    write("all.pem", &roots.iter().map(certificates::Certificate::pem).collect::<String>());
    for (n, [own, sent]) in chains.iter().enumerate() {
        write(&format!("{n}.own"), own);
        write(&format!("{n}.sent"), sent);
        write(&format!("{n}.pem"), &(own.clone() + sent));
    }
    let verifies = |bundle: &str, chain: usize| {
        let mut command = Command::new("openssl");
        command.args([
            "verify",
            "-purpose",
            "sslserver",
            "-no-CApath",
            "-no-CAstore",
            "-attime",
            "1767225600",
            "-CAfile",
        ]);
        command.arg(bundle).current_dir(home.path());
        if !chains[chain][1].is_empty() {
            command.args(["-untrusted", &format!("{chain}.sent")]);
        }
        command.arg(format!("{chain}.own")).output().unwrap().status.success()
    };
    for taken in [&[0usize][..], &[0, 1], &[0, 2], &[0, 1, 2]] {
        let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
        castore.args(["export", "--from", "./all.pem", "--at", certificates::NOW, "--out", "min.pem", "--minimal"]);
        castore.args(taken.iter().map(|n| format!("./{n}.pem"))).current_dir(home.path());
        castore.env_clear().env("HOME", home.path()).stdin(Stdio::null());
        let output = castore.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let set = fs::read(home.path().join("min.pem")).unwrap();
        let blocks: Vec<String> = ::pem::parse_many(set).unwrap().iter().map(::pem::encode).collect();
        assert!(taken.iter().all(|chain| verifies("min.pem", *chain)), "{taken:?}");
        for without in 0..blocks.len() {
            let rest = blocks.iter().enumerate().filter(|(n, _)| *n != without).map(|(_, block)| block.as_str());
            // An empty bundle is one that openssl does not load.
            write("less.pem", &rest.collect::<String>());
            assert!(!taken.iter().all(|chain| verifies("less.pem", *chain)), "{taken:?} without {without}");
        }
    }
}
