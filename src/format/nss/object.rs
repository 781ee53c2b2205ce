//! One PKCS#11 object: a row, with a column for each attribute.
//!
//! A column is named `a` and the attribute's number in hexadecimal. Numbers are four octets, the
//! highest first; nothing is an attribute that the object has not; three certain octets are one that
//! it has and that is empty (lib/softoken/sdb.c).

use super::super::der::{Walk, tag};
use super::super::sqlite::Value;
use super::Name;
use crate::model::{Slot, Untrusted};

/// The columns that are read, of some 130: they differ from version to version.
pub(super) const COLUMNS: [&str; 24] = [
    "id",
    "a0",
    "a3",
    "a11",
    "a80",
    "a81",
    "a82",
    "a8c", // class label value type issuer serial hash-algorithm
    "ace536358",
    "ace536359",
    "ace53635a",
    "ace53635b",
    "ace536360", // CKA_NSS_TRUST_…, STEP_UP_APPROVED
    "ace5363b4",
    "ace534373",
    "ace534374", // CERT_SHA1_HASH, SERVER_ and EMAIL_DISTRUST_AFTER
    "a62c",
    "a62d",
    "a62e",
    "a62f",
    "a630",
    "a631",
    "a632",
    "a635", // PKCS#11 3.2: CKA_TRUST_…, HASH_OF_CERTIFICATE
];

/// `SQLITE_EXPLICIT_NULL`, sdb.c.
const EMPTY: &[u8] = &[0xa5, 0x00, 0x5a];

/// Which of two kinds of objects of trust one is; the later comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Generation {
    /// `CKO_NSS_TRUST`.
    Nss,
    /// `CKO_TRUST` of PKCS#11 3.2, which NSS writes since 3.114.
    Pkcs11,
}

/// What an object is.
pub(super) enum Class {
    Certificate,
    Trust(Generation),
    PrivateKey,
    Other(&'static str),
}

/// A row.
pub(super) struct Object {
    slot: Slot,
    values: Vec<Value>,
}

impl Object {
    pub(super) fn new(slot: Slot, values: Vec<Value>) -> Self {
        Self { slot, values }
    }

    fn value(&self, column: &str) -> Option<&Value> {
        let at = COLUMNS.iter().position(|name| *name == column)?;
        self.values.get(at)
    }

    /// The octets of an attribute, none for an empty one.
    pub(super) fn octets(&self, column: &str) -> Option<&[u8]> {
        let octets = self.value(column)?.octets()?;
        Some(if octets == EMPTY { &[] } else { octets })
    }

    /// The number of an attribute, if it is one.
    pub(super) fn number(&self, column: &str) -> Option<u32> {
        Some(u32::from_be_bytes(self.octets(column)?.try_into().ok()?))
    }

    /// Its class (pkcs11t.h, pkcs11n.h).
    pub(super) fn class(&self) -> Class {
        match self.number("a0") {
            Some(1) => Class::Certificate,
            Some(0x0b) => Class::Trust(Generation::Pkcs11),
            Some(0xce53_4353) => Class::Trust(Generation::Nss),
            Some(2) => Class::Other("public key"),
            Some(3) => Class::PrivateKey,
            Some(4) => Class::Other("secret key"),
            Some(0xce53_4351) => Class::Other("certificate revocation list"),
            Some(0xce53_4352) => Class::Other("S/MIME profile"),
            Some(0xce53_4354) => Class::Other("list of built-in roots"),
            _ => Class::Other("object of another class"),
        }
    }

    /// Its nickname.
    pub(super) fn label(&self) -> Option<Untrusted> {
        self.octets("a3").filter(|label| !label.is_empty()).map(Untrusted::from_utf8_lossy)
    }

    /// Its nickname, or else its handle, or else where it is.
    pub(super) fn slot(&self) -> Slot {
        let handle = || self.value("id").and_then(Value::integer).map(Slot::Row);
        self.label().map(Slot::Alias).or_else(handle).unwrap_or_else(|| self.slot.clone())
    }

    /// The issuer and serial number it names.
    pub(super) fn name(&self) -> Option<Name> {
        let part = |column| self.octets(column).filter(|octets| !octets.is_empty()).map(<[u8]>::to_vec);
        Some((part("a81")?, part("a82")?))
    }
}

/// The issuer and serial number of a certificate.
pub(super) fn name_of(certificate: &[u8]) -> Option<Name> {
    let whole = Walk::new(certificate).next().ok()?;
    let tbs = Walk::inside(certificate, &whole.content).next().ok()?;
    let mut fields = Walk::inside(certificate, &tbs.content);
    fields.optional(tag::context(0)).ok()?;
    let serial = fields.next().ok()?.whole;
    fields.next().ok()?;
    let issuer = fields.next().ok()?.whole;
    Some((certificate.get(issuer)?.to_vec(), certificate.get(serial)?.to_vec()))
}
