//! Values of attributes (`parse_value`, common/persist.c).

use super::attributes::{X_509, class, decimal, named};
use crate::format::der;
use crate::model::{Malformation, Oid};

/// Values with a name (`p11_constant_classes`, `_trusts`, `_certs`, `_asserts`, `_categories`). Key types
/// and mechanisms are left out: no object of a trust file has one.
const CONSTANTS: &[(&str, u64)] = &[
    ("data", class::DATA),
    ("certificate", class::CERTIFICATE),
    ("public-key", 2),
    ("private-key", class::PRIVATE_KEY),
    ("secret-key", class::SECRET_KEY),
    ("hw-feature", 5),
    ("domain-parameters", 6),
    ("mechanism", 7),
    ("profile", 9),
    ("validation", 10),
    ("trust", 11),
    ("nss-crl", 0xce53_4351),
    ("nss-smime", 0xce53_4352),
    ("nss-trust", class::NSS_TRUST),
    ("nss-builtin-root-list", class::NSS_ROOT_LIST),
    ("nss-newslot", 0xce53_4355),
    ("nss-delslot", 0xce53_4356),
    ("x-trust-assertion", class::X_ASSERTION),
    ("x-certificate-extension", class::X_EXTENSION),
    ("nss-trusted", 0xce53_4351),
    ("nss-trusted-delegator", 0xce53_4352),
    ("nss-must-verify-trust", 0xce53_4353),
    ("nss-trust-unknown", 0xce53_4355),
    ("nss-not-trusted", 0xce53_435a),
    ("nss-valid-delegator", 0xce53_435b),
    ("x-509", X_509),
    ("x-509-attr-cert", 1),
    ("wtls", 2),
    ("x-distrusted-certificate", 1),
    ("x-pinned-certificate", 2),
    ("x-anchored-certificate", 3),
    ("unspecified", 0),
    ("token-user", 1),
    ("authority", 2),
    ("other-entry", 3),
];

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A number or a constant.
    Number(u64),
    /// Octets: text in quotes, or the DER of an object identifier.
    Octets(Box<[u8]>),
}

impl Value {
    /// As a truth value, which in PKCS#11 is one octet.
    pub(super) fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Octets(octets) => match **octets {
                [0] => Some(false),
                [1] => Some(true),
                _ => None,
            },
            Self::Number(_) => None,
        }
    }

    /// As a number, which in PKCS#11 is a C `unsigned long`: eight octets, little-endian, where p11-kit
    /// mostly runs.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Octets(octets) => <[u8; 8]>::try_from(&**octets).ok().map(u64::from_le_bytes),
            Self::Bool(_) => None,
        }
    }

    /// As octets, unless there are none.
    pub(super) fn octets(&self) -> Option<&[u8]> {
        match self {
            Self::Octets(octets) if !octets.is_empty() => Some(octets),
            _ => None,
        }
    }
}

/// Reads a value; also says whether p11-kit reads it (`parse_value`).
pub(super) fn read(text: &[u8]) -> Result<(Value, bool), Malformation> {
    if let [b'"', quoted @ .., b'"'] = text {
        let octets = percent(quoted).ok_or_else(|| bad("two hexadecimal digits after a percent sign", text))?;
        return Ok((Value::Octets(octets), true));
    }
    if let Some(number) = decimal(text) {
        return Ok((Value::Number(number), true));
    }
    let word = std::str::from_utf8(text).map_err(|_| bad(VALUE, text))?;
    if let Some((_, number)) = CONSTANTS.iter().find(|(name, _)| *name == word) {
        return Ok((Value::Number(*number), true));
    }
    match word {
        "true" => return Ok((Value::Bool(true), true)),
        "false" => return Ok((Value::Bool(false), true)),
        _ => {}
    }
    if let Some(number) = named(word) {
        return Ok((Value::Number(number), true));
    }
    let oid = Oid::new(word).ok().map(der::oid).ok_or_else(|| bad(VALUE, text))?;
    // Its set of digits lacks the 8, its first arc may not be 0, and two arcs are too few (`parse_oid`).
    let takes = !word.contains('8') && !word.starts_with('0') && word.matches('.').count() > 1;
    Ok((Value::Octets(oid.into()), takes))
}

const VALUE: &str = "a value (quoted, true, false, a number, an object identifier or a constant)";

fn bad(expected: &'static str, found: &[u8]) -> Malformation {
    Malformation { expected, found: super::lexer::excerpt(found), offset: None }
}

/// Percent-encoding undone (`p11_url_decode`).
fn percent(text: &[u8]) -> Option<Box<[u8]>> {
    let digit = |octet: Option<&u8>| octet.and_then(|octet| char::from(*octet).to_digit(16));
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(octet) = rest.next() {
        if *octet == b'%' {
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            octets.push(((high << 4) | low) as u8);
        } else {
            octets.push(*octet);
        }
    }
    Some(octets.into())
}
