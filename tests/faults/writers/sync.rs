//! `castore sync --write`: a plan carried out with a lock, a journal and backups, store by store.
//!
//! The place is the root of the host, so that nothing else is looked at.

use super::{Kind, OLD, Other, Together, Writer, bundle, read, roots, sources};
use crate::certificates::NOW;
use crate::place::Place;
use crate::words;
use castore::format::hash_dir;
use castore::format::jks;
use castore::format::pkcs12::{self, Protection};
use castore::model::Password;
use std::ffi::OsString;
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

pub const WRITERS: &[Writer] = &[BUNDLE, HASH_DIRECTORY, JKS, PKCS12, NSS, DEBIAN, FEDORA];

const BUNDLE: Writer = Writer {
    name: "sync to a bundle",
    kind: Kind::Bundle,
    needs: None,
    make: |place| {
        sources(place);
        place.put("store/ca.pem", bundle(OLD));
    },
    arguments: |place| both(place, "/store/ca.pem"),
    held: |place| read::pem(&place.path("store/ca.pem")),
    at_once: true,
    other: Some(Other { arguments: |place| add(place, "/store/ca.pem"), together: Together::Both }),
};

/// Files and links by hash, one step each.
const HASH_DIRECTORY: Writer = Writer {
    name: "sync to a hash directory",
    kind: Kind::Directory,
    make: |place| {
        sources(place);
        for certificate in &roots()[OLD] {
            let (_, parsed) = x509_parser::parse_x509_certificate(certificate.der()).expect("a certificate");
            let hash = hash_dir::subject_hash(parsed.subject().as_raw()).expect("a subject");
            place.put(&format!("store/{hash:08x}.0"), certificate.pem());
        }
    },
    arguments: |place| both(place, "/store"),
    held: |place| read::hash_directory(&place.path("store")),
    at_once: false,
    other: Some(Other { arguments: |place| add(place, "/store"), together: Together::Both }),
    ..BUNDLE
};

const JKS: Writer = Writer {
    name: "sync to a JKS",
    kind: Kind::Jks,
    make: |place| {
        sources(place);
        let named = named();
        let entries = named.iter().map(|(name, der)| (name.as_str(), *der));
        place.put("store/cacerts", jks::write(entries, &Password::new("changeit")));
    },
    arguments: |place| both(place, "/store/cacerts"),
    held: |place| read::keystore(&place.path("store/cacerts")),
    other: Some(Other { arguments: |place| add(place, "/store/cacerts"), together: Together::Both }),
    ..BUNDLE
};

const PKCS12: Writer = Writer {
    name: "sync to a PKCS#12 file",
    kind: Kind::Pkcs12,
    make: |place| {
        sources(place);
        let named = named();
        let entries: Vec<_> = named.iter().map(|(name, der)| (name.as_str(), *der)).collect();
        place.put("store/trust.p12", pkcs12::write(&entries, Protection::Modern(&Password::new("changeit"))));
    },
    arguments: |place| both(place, "/store/trust.p12"),
    held: |place| read::keystore(&place.path("store/trust.p12")),
    other: Some(Other { arguments: |place| add(place, "/store/trust.p12"), together: Together::Both }),
    ..BUNDLE
};

/// Through certutil, on a copy.
const NSS: Writer = Writer {
    name: "sync to an NSS database",
    kind: Kind::Nss,
    needs: Some("certutil"),
    make: |place| {
        // NSS knows no Ed25519.
        let roots = roots_of_p256();
        for (name, root) in ["gone", "added", "added-too"].iter().zip([0, 4, 5]) {
            place.put(&format!("source/{name}.pem"), &roots[root]);
        }
        let database = place.path("store");
        let certutil = |arguments: &[&str]| {
            let mut command = Command::new("certutil");
            command.args(arguments).arg("-d").arg(format!("sql:{}", database.display()));
            let output = command.output().expect("certutil runs");
            assert!(output.status.success(), "{output:?}");
        };
        certutil(&["-N", "--empty-password"]);
        let file = place.path("source/one.pem");
        for (number, root) in roots.iter().enumerate().take(4) {
            fs::write(&file, root).expect("a file");
            certutil(&["-A", "-n", &format!("root {number}"), "-t", "C,,", "-i", &file.display().to_string()]);
        }
    },
    arguments: |place| both(place, "/store/cert9.db"),
    held: |place| read::keystore(&place.path("store/cert9.db")),
    // `cert9.db` and `key4.db`, which signs what the other says of trust.
    at_once: true,
    other: Some(Other { arguments: |place| add(place, "/store"), together: Together::Both }),
};

/// A file for `update-ca-certificates`, which is not run in a tree.
const DEBIAN: Writer = Writer {
    name: "sync to Debian's anchors",
    kind: Kind::Anchors,
    make: |place| {
        sources(place);
        let root = place.path("store");
        for directory in
            ["etc/ssl/certs", "usr/local/share/ca-certificates", "usr/share/ca-certificates/shipped", "usr/sbin"]
        {
            fs::create_dir_all(root.join(directory)).expect("a directory");
        }
        place.put("store/etc/debian_version", "12.12\n");
        place.put("store/etc/os-release", "ID=debian\n");
        // The bundle has what the package ships and what was added.
        let shipped = OLD.skip(1).map(|number| {
            place.put(&format!("store/usr/share/ca-certificates/shipped/{number}.crt"), bundle(number..number + 1));
            format!("shipped/{number}.crt\n")
        });
        place.put("store/etc/ca-certificates.conf", shipped.collect::<String>());
        place.put("store/usr/sbin/update-ca-certificates", "#!/bin/sh\n");
        place.put("store/usr/local/share/ca-certificates/old.crt", bundle(0..1));
        place.put("store/etc/ssl/certs/ca-certificates.crt", bundle(OLD));
    },
    arguments: |place| system(place, "source/added.pem"),
    held: |place| read::directory(&place.path("store/usr/local/share/ca-certificates"), "crt"),
    at_once: true,
    other: Some(Other { arguments: |place| system(place, "source/added-too.pem"), together: Together::Both }),
    ..BUNDLE
};

/// A file for `update-ca-trust`.
const FEDORA: Writer = Writer {
    name: "sync to Fedora's anchors",
    make: |place| {
        sources(place);
        let root = place.path("store");
        for directory in [
            "etc/pki/ca-trust/source/anchors",
            "etc/pki/ca-trust/extracted/pem",
            "etc/pki/tls/certs",
            "usr/share/pki/ca-trust-source/anchors",
            "usr/bin",
        ] {
            fs::create_dir_all(root.join(directory)).expect("a directory");
        }
        place.put("store/etc/os-release", "ID=fedora\n");
        place.put("store/etc/fedora-release", "Fedora release 42\n");
        place.put("store/usr/bin/update-ca-trust", "#!/bin/sh\n");
        place.put("store/etc/pki/ca-trust/source/anchors/old.pem", bundle(0..1));
        place.put("store/usr/share/pki/ca-trust-source/anchors/shipped.pem", bundle(1..OLD.end));
        place.put("store/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", bundle(OLD));
        let bundle = place.path("store/etc/pki/tls/certs/ca-bundle.crt");
        std::os::unix::fs::symlink("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", bundle).expect("a link");
    },
    held: |place| read::directory(&place.path("store/etc/pki/ca-trust/source/anchors"), "pem"),
    ..DEBIAN
};

/// Adds one root and removes another.
fn both(place: &Place, to: &str) -> Vec<OsString> {
    let mut words = sync(place, "/source/added.pem", to);
    words.extend(words!["--remove", place.path("source/gone.pem")]);
    words
}

/// Adds a third.
fn add(place: &Place, to: &str) -> Vec<OsString> {
    sync(place, "/source/added-too.pem", to)
}

fn sync(place: &Place, from: &str, to: &str) -> Vec<OsString> {
    let (root, state) = (place.path(""), place.path("state"));
    let (from, to) = (format!("file:{from}"), format!("file:{to}"));
    words!["sync", "--root", root, "--from", from, "--to", to, "--at", NOW, "--write", "--yes", "--state", state]
}

/// A certificate of this machine, for the system's store of a tree.
fn system(place: &Place, file: &str) -> Vec<OsString> {
    let (root, state) = (place.path("store"), place.path("state"));
    let file = place.path(file);
    words!["add", file, "--root", root, "--at", NOW, "--write", "--yes", "--state", state]
}

/// The old roots with names.
fn named() -> Vec<(String, &'static [u8])> {
    OLD.map(|number| (format!("root {number}"), roots()[number].der())).collect()
}

/// Others, whose keys are made anew by each run of the tests.
fn roots_of_p256() -> &'static [String] {
    static ROOTS: OnceLock<Vec<String>> = OnceLock::new();
    let make = |number| {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, format!("Root {number}"));
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        crate::certificates::pem("CERTIFICATE", parameters.self_signed(&key).expect("a root").der())
    };
    ROOTS.get_or_init(|| (0..6).map(make).collect())
}
