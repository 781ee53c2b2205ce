//! Bytes to entries: one file per format, each a pure function.
//!
//! What a file holds is told from its octets, never from its name: a `.jks` is often PKCS#12,
//! a `.crt` is as often DER as PEM, and a file with a hash for a name has no extension at all.

pub mod der;
pub mod hash_dir;
mod openssl;
pub mod openssl_trusted;
pub mod pem;
mod sniff;
pub mod x509;

use crate::model::{Decoded, Format, OpensslLoad};

pub use sniff::sniff;

/// What was in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoding {
    /// What it is written in.
    pub format: Format,
    /// What was found, in its order; nothing for a format that is not read.
    pub entries: Vec<Decoded>,
    /// What OpenSSL's file loader takes from it, where it is PEM or nothing at all.
    pub openssl: Option<OpensslLoad>,
    /// Whether no limit was hit: if not, there may be more than the entries say.
    pub complete: bool,
}

/// Decodes a file.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoding {
    decode_knowing(bytes, &|_| false)
}

/// Decodes a file; certificates that `known` takes are ones OpenSSL was seen to load from another
/// file, so that a machine's many copies of one root are judged once.
#[must_use]
pub fn decode_knowing(bytes: &[u8], known: &dyn Fn(&[u8]) -> bool) -> Decoding {
    let format = sniff(bytes);
    match format {
        Format::Pem => {
            let pem::Reading { entries, openssl, complete } = pem::read_knowing(bytes, known);
            Decoding { format, entries, openssl: Some(openssl), complete }
        }
        Format::Der => Decoding { format, entries: der::read(bytes), openssl: None, complete: true },
        Format::Empty => Decoding { format, entries: Vec::new(), openssl: Some(OpensslLoad::Loads(0)), complete: true },
        _ => Decoding { format, entries: Vec::new(), openssl: None, complete: true },
    }
}

#[cfg(test)]
pub(crate) mod tests {
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
}
