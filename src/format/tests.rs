//! What the tests of every format share: certificates, and vectors named by their defect.

pub(crate) mod vectors;

use super::*;
use crate::model::{Body, Malformation};

/// A small certificate authority with P-256 keys.
pub(crate) fn certificate() -> Vec<u8> {
    authority("castore test root")
}

/// A certificate authority of this common name.
pub(crate) fn authority(name: &str) -> Vec<u8> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    let key = rcgen::KeyPair::generate().unwrap();
    parameters.self_signed(&key).unwrap().der().to_vec()
}

/// The same with a serial number of superfluous octets: Java takes it, OpenSSL does not decode it.
pub(crate) fn undecodable(name: &str) -> Vec<u8> {
    let mut der = authority(name);
    let serial = x509::read(der.clone().into()).outline().unwrap().serial.clone();
    der[serial.start] = 0;
    der[serial.start + 1] = 1;
    der
}

/// The same that begins in the thirteenth month, which GnuTLS does not import.
pub(crate) fn of_no_date(name: &str) -> Vec<u8> {
    let mut der = authority(name);
    let time = der.windows(2).position(|octets| octets == [0x17, 0x0d]).unwrap();
    der[time + 4..time + 6].copy_from_slice(b"13");
    der
}

/// Why an entry is malformed.
pub(crate) fn malformation(entry: &Decoded) -> Malformation {
    match &entry.body {
        Body::Malformed(malformation) => (**malformation).clone(),
        other => panic!("expected a malformed entry, found {other:?}"),
    }
}

#[test]
fn dispatches_by_content() {
    let der = certificate();
    let read = decode(&der);
    assert_eq!((read.format, read.entries.len(), read.openssl), (Format::Der, 1, None));
    let read = decode(pem::write(&der, &[]).as_bytes());
    assert_eq!((read.format, read.entries.len()), (Format::Pem, 1));
    assert_eq!(read.openssl, Some(OpensslLoad::Loads(1)));
    let read = decode(b"");
    assert_eq!((read.format, read.openssl), (Format::Empty, Some(OpensslLoad::Loads(0))));
    assert_eq!(decode(b"SQLite format 3\0").format, Format::Sqlite);
}
