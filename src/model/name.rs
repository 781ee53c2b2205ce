//! A distinguished name, as text for people. Its DER stays in the certificate.

use super::{Oid, Untrusted};

/// One attribute of a relative distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute type, for example 2.5.4.3.
    pub kind: Oid,
    /// Its value, decoded as its string type says, or in hexadecimal after `#`.
    pub value: Untrusted,
}

/// A distinguished name: the relative distinguished names in their order in the certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Every relative distinguished name with its one or more attributes.
    pub rdns: Vec<Vec<Attribute>>,
}

const COMMON_NAME: Oid = Oid::new_unwrap("2.5.4.3");
const UNIT: Oid = Oid::new_unwrap("2.5.4.11");
const ORGANISATION: Oid = Oid::new_unwrap("2.5.4.10");

/// The attributes that people call a certificate by, the first that it has.
pub(crate) const CALLED_BY: [Oid; 3] = [COMMON_NAME, UNIT, ORGANISATION];

/// Short names of attribute types (RFC 4519, and OpenSSL's for the rest).
const SHORT: &[(Oid, &str)] = &[
    (Oid::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
    (Oid::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (Oid::new_unwrap("1.2.840.113549.1.9.1"), "emailAddress"),
    (Oid::new_unwrap("2.5.4.10"), "O"),
    (Oid::new_unwrap("2.5.4.11"), "OU"),
    (Oid::new_unwrap("2.5.4.12"), "title"),
    (Oid::new_unwrap("2.5.4.3"), "CN"),
    (Oid::new_unwrap("2.5.4.4"), "SN"),
    (Oid::new_unwrap("2.5.4.42"), "GN"),
    (Oid::new_unwrap("2.5.4.5"), "serialNumber"),
    (Oid::new_unwrap("2.5.4.6"), "C"),
    (Oid::new_unwrap("2.5.4.7"), "L"),
    (Oid::new_unwrap("2.5.4.8"), "ST"),
    (Oid::new_unwrap("2.5.4.9"), "street"),
    (Oid::new_unwrap("2.5.4.97"), "organizationIdentifier"),
];

impl Name {
    /// The whole name in certificate order, `C=US, O=Example, CN=Root`; multi-valued parts are
    /// joined with ` + `.
    #[must_use]
    pub fn text(&self) -> Untrusted {
        let mut text = String::with_capacity(128);
        for (place, rdn) in self.rdns.iter().enumerate() {
            text.push_str(if place > 0 { ", " } else { "" });
            for (place, attribute) in rdn.iter().enumerate() {
                text.push_str(if place > 0 { " + " } else { "" });
                match SHORT.iter().find(|(oid, _)| *oid == attribute.kind) {
                    Some((_, short)) => text.push_str(short),
                    None => text.push_str(&attribute.kind.to_string()),
                }
                text.push('=');
                text.push_str(attribute.value.raw());
            }
        }
        let lossy = self.rdns.iter().flatten().any(|attribute| attribute.value.is_lossy());
        if lossy { Untrusted::lossy(text) } else { Untrusted::new(text) }
    }

    /// What people call the certificate: the last common name, else organisational unit, else
    /// organisation, else the whole name.
    #[must_use]
    pub fn short(&self) -> Untrusted {
        let last = |wanted: &Oid| self.rdns.iter().flatten().rev().find(|attribute| attribute.kind == *wanted);
        let found = CALLED_BY.iter().find_map(last);
        found.map_or_else(|| self.text(), |attribute| attribute.value.clone())
    }

    /// The values of an attribute, by the short name that [`Name::text`] gives it.
    pub fn values<'n>(&'n self, short: &str) -> impl Iterator<Item = &'n Untrusted> {
        let kind = SHORT.iter().find(|(_, name)| *name == short).map(|(oid, _)| oid);
        let attributes = self.rdns.iter().flatten();
        attributes.filter(move |attribute| Some(&attribute.kind) == kind).map(|attribute| &attribute.value)
    }

    /// Whether the name holds no attribute at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rdns.iter().all(Vec::is_empty)
    }
}
