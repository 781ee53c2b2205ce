//! GnuTLS by gnutls-cli and by the library itself, and p11-kit's trust module by trust.

use crate::numbers::Numbers;
use crate::openssl::{mutated, vectors};
use crate::witness::{Bench, server};
use crate::{long, optional, require, skip};
use castore::anchors::anchors;
use castore::catalogue::clients;
use castore::catalogue::survey::{Searched, Survey};
use castore::discover::discover;
use castore::host::memory::Memory;
use castore::host::{Host, System};
use castore::load::{load, wanted};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn gnutls_opens_what_castore_says() {
    if !require("strace") || !optional("gnutls-cli") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let port = url.trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    let arguments = ["--port", &port, "127.0.0.1"];
    for client in ["gnutls-cli", "gnutls"] {
        for installation in crate::witness::which(client, &bench.environment, &bench.directory) {
            for case in ["", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed", "CURL_CA_BUNDLE=a.pem GIT_SSL_CAINFO=b.pem"] {
                bench.hold(client, case, &installation.at, Path::new("/usr/bin/gnutls-cli"), &arguments, |_| false);
            }
        }
    }
}

/// How many certificates of a bundle a program on GnuTLS takes.
fn taken(bundle: &[u8]) -> usize {
    const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
    let files = Memory::new().file("/usr/lib64/libgnutls.so.30", format!("\0{BUNDLE}\0")).file(BUNDLE, bundle);
    let host = Host::new(Box::new(files), System::Linux);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|client| client.id == "gnutls"));
    let snapshot = load(&host, &wanted(&uses));
    anchors(&uses[0], &snapshot).certificates.len()
}

/// Holds the prediction of each file against the library.
fn hold(texts: &[(String, Vec<u8>)]) {
    let directory = tempfile::tempdir().unwrap();
    let place = |case: usize| directory.path().join(case.to_string());
    for (case, (_, text)) in texts.iter().enumerate() {
        fs::write(place(case), text).unwrap();
    }
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/loads_gnutls.py");
    let mut child = Command::new("python3").arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let names: String = (0..texts.len()).map(|case| format!("{}\n", place(case).display())).collect();
    child.stdin.take().unwrap().write_all(names.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().count(), texts.len());
    let mut wrong = Vec::new();
    for ((name, text), said) in texts.iter().zip(said.lines()) {
        let predicted = taken(text);
        // Whether it is refused or empty is all the same for who reads it.
        let is_right = said.parse().unwrap_or(0) == predicted;
        if !is_right {
            wrong.push(format!("{name}: castore says {predicted}, GnuTLS {said}"));
            if let Some(keep) = std::env::var_os("CASTORE_KEEP") {
                fs::write(Path::new(&keep).join(name.replace('/', "-")), text).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}

fn has_library() -> bool {
    let asked = ["-c", "import ctypes; ctypes.CDLL('libgnutls.so.30')"];
    let found = Command::new("python3").args(asked).output().is_ok_and(|output| output.status.success());
    if !found {
        skip("libgnutls or python3 is not here");
    }
    found
}

#[test]
fn gnutls_takes_of_every_vector_what_castore_says() {
    if has_library() {
        hold(&vectors());
    }
}

/// A certificate that GnuTLS does not import, seen and not seen, beside one that it does.
#[test]
fn gnutls_stumbles_over_what_it_sees_alone() {
    if !has_library() {
        return;
    }
    let root = |name: &str| {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap()
    };
    let plain = root("one").pem();
    let mut der = root("two").der().to_vec();
    // ecdsa-with-SHA256 at its end is ecdsa-with-SHA384: what is signed says otherwise.
    let identifier = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let at = der.windows(8).rposition(|octets| octets == identifier).unwrap();
    der[at + 7] = 3;
    let bad = castore::format::pem::write(&der, &[]);
    let labelled = |label: &str| bad.replace("CERTIFICATE", label);
    let four = bad.replacen("-----BEGIN", "----BEGIN", 1);
    let utf16: Vec<u8> = bad.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let texts = [
        ("seen", format!("{plain}{bad}")),
        ("seen first", format!("{bad}{plain}")),
        ("the other label, first", format!("{}{plain}", labelled("X509 CERTIFICATE"))),
        ("the other label, last", format!("{plain}{}", labelled("X509 CERTIFICATE"))),
        ("a label of OpenSSL", format!("{plain}{}", labelled("TRUSTED CERTIFICATE"))),
        ("a request", format!("{plain}{}", labelled("CERTIFICATE REQUEST"))),
        ("four dashes", format!("{four}{plain}")),
    ];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    hold(&texts.into_iter().chain([("utf-16".to_owned(), utf16)]).collect::<Vec<_>>());
}

#[test]
fn gnutls_takes_of_mutated_text_what_castore_says() {
    if !has_library() {
        return;
    }
    let mut texts = mutated(&vectors(), Numbers(0x51f1_5eed_0bad_cafe), if long() { 10_000 } else { 400 });
    // GnuTLS alone takes a form feed for a blank between digits, and sees a BEGIN behind one without a label; castore
    // reads neither.
    texts.retain(|(_, text)| !text.contains(&0x0c) && memchr::memmem::find(text, b"BEGIN -----").is_none());
    hold(&texts);
}
