//! A certificate: its bytes, kept verbatim, and what was read from them.
//!
//! Reading has two steps because machines hold the same certificate in a dozen stores and most
//! commands need little of it: the [`Outline`] (dates and the places of the fields) is taken
//! from every distinct certificate, the [`Details`] only when something asks
//! (`format::x509::details`).

use super::{Algorithm, Fingerprint, Malformation, Name, Oid, PublicKey, Timestamp};
use std::ops::Range;
use std::sync::OnceLock;

/// One certificate: exactly the first TLV of what was found, and what was read from it.
#[derive(Debug)]
pub struct Certificate {
    der: Box<[u8]>,
    fingerprint: Fingerprint,
    outline: Result<Outline, Box<Malformation>>,
    /// Filled by `format::x509::details`.
    pub(crate) details: OnceLock<Box<Result<Details, Malformation>>>,
    /// Filled by `format::gnutls::unread`.
    pub(crate) gnutls: OnceLock<Option<NotImported>>,
}

/// Why GnuTLS does not import a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotImported {
    /// It is no DER of a certificate.
    Der,
    /// A date is not written as DER has it.
    DateEncoding,
    /// The algorithms inside and outside what is signed differ.
    Algorithms,
    /// Alternative names that are none; what is said of them.
    Names(&'static str),
    /// Extensions in a certificate before version 3.
    Version,
    /// One extension twice.
    Twice,
    /// A date is none.
    Date,
}

impl Certificate {
    /// A certificate from its parts; `format::x509::read` is what makes them.
    pub(crate) fn new(der: Box<[u8]>, fingerprint: Fingerprint, outline: Result<Outline, Malformation>) -> Self {
        Self { der, fingerprint, outline: outline.map_err(Box::new), details: OnceLock::new(), gnutls: OnceLock::new() }
    }

    /// The DER as it was found.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of [`Certificate::der`].
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The places of its fields and its dates, or why they could not be found.
    pub fn outline(&self) -> Result<&Outline, &Malformation> {
        self.outline.as_ref().map_err(|why| &**why)
    }

    /// The DER of a field that the outline found.
    #[must_use]
    pub fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }

    /// The DER of the issuer name, where it was found.
    #[must_use]
    pub fn issuer_der(&self) -> Option<&[u8]> {
        self.outline.as_ref().ok().map(|o| self.slice(&o.issuer))
    }

    /// The DER of the subject name, where it was found.
    #[must_use]
    pub fn subject_der(&self) -> Option<&[u8]> {
        self.outline.as_ref().ok().map(|o| self.slice(&o.subject))
    }

    /// The DER of the SubjectPublicKeyInfo, where it was found.
    #[must_use]
    pub fn spki_der(&self) -> Option<&[u8]> {
        self.outline.as_ref().ok().map(|o| self.slice(&o.spki))
    }

    /// End of validity, where it could be read.
    #[must_use]
    pub fn not_after(&self) -> Option<Timestamp> {
        self.outline.as_ref().ok().and_then(|o| o.not_after.as_ref().ok().copied())
    }

    /// Beginning of validity, where it could be read.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        self.outline.as_ref().ok().and_then(|o| o.not_before.as_ref().ok().copied())
    }

    /// Whether issuer and subject are the same name, octet for octet (RFC 5280, 3.2
    /// *self-issued*; whether the signature is its own is another question).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject_der().is_some() && self.subject_der() == self.issuer_der()
    }
}

/// Where the fields of a certificate stand in its DER, and its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Content octets of the serial number, without tag and length.
    pub serial: Range<usize>,
    /// The issuer Name, with its header.
    pub issuer: Range<usize>,
    /// The subject Name, with its header.
    pub subject: Range<usize>,
    /// The SubjectPublicKeyInfo, with its header.
    pub spki: Range<usize>,
    /// The SEQUENCE of extensions, with its header; empty range when there is none.
    pub extensions: Range<usize>,
    /// Beginning of validity, or the text that is no time.
    pub not_before: Result<Timestamp, Box<Malformation>>,
    /// End of validity, or the text that is no time.
    pub not_after: Result<Timestamp, Box<Malformation>>,
}

/// Everything else that castore reads of a certificate.
#[derive(Debug, Clone)]
pub struct Details {
    /// 1, 2 or 3 as people count (the encoded number plus one).
    pub version: u32,
    /// The serial number's content octets, as encoded: two's complement, leading zeros kept.
    pub serial: Vec<u8>,
    /// The issuer.
    pub issuer: Name,
    /// The subject.
    pub subject: Name,
    /// The subject's public key.
    pub key: PublicKey,
    /// The algorithm the issuer signed with.
    pub signature: Algorithm,
    /// Subject key identifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// Authority key identifier, its key identifier field.
    pub authority_key_id: Option<Vec<u8>>,
    /// Basic constraints.
    pub basic_constraints: Option<BasicConstraints>,
    /// Key usage.
    pub key_usage: Option<KeyUsage>,
    /// Extended key usage, in its order.
    pub extended_key_usage: Option<Vec<Oid>>,
    /// Every extension: its identifier, criticality, and whether its value could be read.
    pub extensions: Vec<Extension>,
}

/// The basic constraints extension (RFC 5280, 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub ca: bool,
    /// How many intermediates may follow, where it is limited.
    pub path_len: Option<u32>,
    /// Whether the extension is critical.
    pub critical: bool,
}

/// The key usage extension (RFC 5280, 4.2.1.3), bit 0 (digitalSignature) to 8 (decipherOnly).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    /// The names of the bits, in their order.
    pub const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Whether the key may sign certificates.
    #[must_use]
    pub const fn key_cert_sign(self) -> bool {
        self.0 & (1 << 5) != 0
    }

    /// The names of the bits that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().enumerate().filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| name)
    }
}

/// One extension, whether or not castore understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its identifier.
    pub oid: Oid,
    /// Whether it is critical.
    pub critical: bool,
    /// Why its value could not be read, if it could not.
    pub malformed: Option<Malformation>,
}

impl Details {
    /// Whether this is a certification authority: basic constraints say so, or it is a version 1
    /// certificate, which has no way to say and which OpenSSL takes as one when it is
    /// self-issued (`check_ca`, crypto/x509/v3_purp.c, returns 3).
    #[must_use]
    pub fn is_ca(&self, self_issued: bool) -> bool {
        match self.basic_constraints {
            Some(constraints) => constraints.ca,
            None => self.version == 1 && self_issued,
        }
    }
}
