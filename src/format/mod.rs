//! Bytes to entries and back: one file per format, each a pure function.
//!
//! What a file holds is told from its octets, never from its name: a `.jks` is often PKCS#12,
//! a `.crt` is as often DER as PEM, and a file with a hash for a name has no extension at all.
//!
//! | file | what it reads | writes |
//! |---|---|---|
//! | [`pem`], [`der`] | one certificate after the other; one alone | yes; the octets are the file |
//! | [`openssl_trusted`] | what `TRUSTED CERTIFICATE` says behind a certificate | yes |
//! | [`pkcs7`] | `.p7b`: a bag of certificates | yes |
//! | [`jks`], [`bks`] | keystores of Java (JKS, JCEKS) and of Bouncy Castle | JKS |
//! | `pkcs12` | `.p12`, `.pfx`, Java's keystores since version 9 | yes |
//! | `nss`, `chromium` | databases of Firefox, Red Hat's programs; of Chromium | |
//! | [`p11kit`] | trust of p11-kit, Fedora's root set | yes |
//! | [`certdata`], [`elf`] | NSS' built-in roots: their source; and those in any program or library | |
//! | [`edk2`] | signature lists of UEFI firmware | yes |
//! | [`sst`] | Windows' serialised stores | |
//! | [`ctl`], `native_trust` | what Windows and macOS say of certificates that are elsewhere | |
//! | `kubernetes` | objects, kubeconfig, cloud-init and Ignition, in YAML or JSON | ClusterTrustBundle, ConfigMap, Bundle |
//! | [`hash_dir`], [`directory`] | directories: what OpenSSL finds in one | by hash; of DER |
//!
//! Beneath them: `sniff` tells formats apart, [`der`] and `ber` walk ASN.1 strictly and tolerantly,
//! [`x509`] looks into a certificate, `keystore`, `pkcs12_kdf`, `sqlite` and `windows` are what two formats share,
//! and `openssl` and `gnutls` foretell what the loaders of these make of a file.
//!
//! To add a format, name it in [`Format`], write `pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding`
//! in a file of its own, and add an arm to [`decode_with`], a row or a function to `sniff`, a target in
//! `tests/fuzz/fuzz_targets` and vectors in `tests/data/malformed`; a test holds that none is forgotten.

pub(crate) mod ber;
pub mod bks;
pub mod certdata;
#[cfg(feature = "sqlite")]
pub mod chromium;
pub mod ctl;
pub mod der;
pub mod directory;
pub mod edk2;
pub mod elf;
pub(crate) mod gnutls;
pub mod hash_dir;
pub mod jks;
mod keystore;
#[cfg(feature = "yaml")]
pub mod kubernetes;
#[cfg(feature = "plist")]
pub mod native_trust;
#[cfg(feature = "sqlite")]
pub mod nss;
pub(crate) mod openssl;
pub mod openssl_trusted;
pub mod p11kit;
pub mod pem;
#[cfg(feature = "pkcs12")]
pub mod pkcs12;
mod pkcs12_kdf;
pub mod pkcs7;
mod sniff;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod sst;
pub(crate) mod versioned;
mod windows;
pub mod x509;

use crate::limits::Bounds;
use crate::model::{Body, Container, Decoded, Fingerprint, Format, Gap, GnutlsLoad, OpensslLoad, Password};
use std::collections::BTreeSet;

pub(crate) use sniff::is_of_schema;
pub use sniff::sniff;
pub use versioned::BadDocument;

/// What was in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoding {
    /// What it is written in.
    pub format: Format,
    /// What was found, in its order; nothing for a format that is not read.
    pub entries: Vec<Decoded>,
    /// What OpenSSL's file loader takes from it, where it is PEM or nothing at all.
    pub openssl: Option<OpensslLoad>,
    /// What GnuTLS's file loader takes from it, where that is not all.
    pub gnutls: Option<GnutlsLoad>,
    /// The certificates in it that Go does not see, by their number among the entries, where it may not see all.
    pub go: Option<Box<[usize]>>,
    /// What is to be said of it as a whole.
    pub container: Container,
    /// What could not be read, beside malformed entries; nothing where the entries say all.
    pub gaps: Vec<Gap>,
    /// Rounds of key derivation that were spent on it.
    pub rounds: u64,
}

/// The certificates among entries.
#[must_use]
pub fn fingerprints(entries: &[Decoded]) -> BTreeSet<Fingerprint> {
    let certificates = entries.iter().filter_map(|entry| match &entry.body {
        Body::Certificate(der) => Some(Fingerprint::of(der)),
        _ => None,
    });
    certificates.collect()
}

impl Decoding {
    /// A file in this format, of which nothing is known yet.
    #[must_use]
    pub fn new(format: Format) -> Self {
        let container = Container::default();
        Self {
            format,
            entries: Vec::new(),
            openssl: None,
            gnutls: None,
            go: None,
            container,
            gaps: Vec::new(),
            rounds: 0,
        }
    }
}

/// What a reader has besides the octets of its file.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Passwords to try on what is sealed or encrypted, after `changeit` and the empty one.
    pub passwords: &'a [Password],
    /// What stands beside a database and belongs to it.
    pub journal: Option<Journal<'a>>,
    /// Certificates that OpenSSL was seen to load from another file, so that a machine's many copies
    /// of one root are judged once.
    pub known: &'a dyn Fn(&[u8]) -> bool,
    /// How much it may take.
    pub bounds: Bounds,
}

/// What SQLite keeps beside a database while it is written, and puts back or adds when it is next
/// opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal<'a> {
    /// `-journal`: pages as they were before a change that may not have ended.
    Rollback(&'a [u8]),
    /// `-wal`: pages as they are after changes.
    WriteAhead(&'a [u8]),
}

impl Default for Means<'_> {
    fn default() -> Self {
        Self { passwords: &[], journal: None, known: &|_| false, bounds: Bounds::default() }
    }
}

/// Decodes a file.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoding {
    decode_with(bytes, &Means::default())
}

/// Decodes a file with passwords, a journal, other bounds.
#[must_use]
pub fn decode_with(bytes: &[u8], means: &Means<'_>) -> Decoding {
    decode_as(sniff(bytes), bytes, means)
}

/// Whether reading a file in this format may take the derivation of keys: keystores under a seal of many rounds, and
/// documents that may hold one.
pub(crate) const fn derives_keys(format: Format) -> bool {
    matches!(format, Format::Pkcs12 | Format::Bks | Format::Kubernetes)
}

/// Decodes a file of which [`sniff`] said the format.
pub(crate) fn decode_as(format: Format, bytes: &[u8], means: &Means<'_>) -> Decoding {
    match format {
        Format::Pem => pem::decode(bytes, means),
        Format::Der => Decoding { entries: der::read(bytes), ..Decoding::new(format) },
        Format::Empty => Decoding { openssl: Some(OpensslLoad::Loads(0)), ..Decoding::new(format) },
        Format::Jks | Format::Jceks => jks::read(bytes, means),
        Format::Bks => bks::read(bytes, means),
        #[cfg(feature = "pkcs12")]
        Format::Pkcs12 => pkcs12::read(bytes, means),
        Format::Pkcs7 => pkcs7::read(bytes, means),
        Format::Ctl => ctl::read(bytes, means),
        Format::Edk2 => edk2::read(bytes, means),
        Format::Sst => sst::read(bytes, means),
        #[cfg(feature = "sqlite")]
        Format::Nss => nss::read(bytes, means),
        #[cfg(feature = "sqlite")]
        Format::Chromium => chromium::read(bytes, means),
        #[cfg(feature = "sqlite")]
        Format::Sqlite if means.journal.is_some() => sqlite::read(bytes, means),
        Format::P11Kit => p11kit::read(bytes, means),
        Format::Certdata => certdata::read(bytes, means),
        Format::Elf | Format::Pe | Format::MachO => elf::read(bytes, means),
        #[cfg(feature = "yaml")]
        Format::Kubernetes => kubernetes::read(bytes, means),
        #[cfg(feature = "plist")]
        Format::TrustSettings => native_trust::read(bytes, means),
        // Not files, not read at all, or not read by this build ([`Format::why_unread`]).
        _ => Decoding::new(format),
    }
}

#[cfg(test)]
pub(crate) mod tests;
