//! A distinguished name, as text for people. Its DER stays in the certificate.

use super::{Oid, Untrusted};
use std::borrow::Cow;

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
    /// joined with ` + `. A value that would read as several attributes is escaped as RFC 4514 (2.4) says:
    /// `CN=Good\\, O=Example` is one common name. Commas of other values stand as they are.
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
                text.push_str(&plain(attribute.value.raw()));
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

/// What RFC 4514 (2.4) has escaped within a value.
const ESCAPED: [char; 7] = ['\\', ',', '+', ';', '"', '<', '>'];

/// A value as it stands in a name: escaped where it would read as more attributes than one.
fn plain(value: &str) -> Cow<'_, str> {
    let begins_an_attribute = |rest: &str| {
        let rest = rest.trim_start();
        let kind = rest.split('=').next().unwrap_or_default();
        kind.len() < rest.len()
            && (kind.contains('.') || kind.starts_with(|c: char| c.is_ascii_alphabetic()))
            && kind.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
    };
    let mut separators = value.match_indices([',', '+', ';']);
    if !value.contains('=') || !separators.any(|(at, _)| begins_an_attribute(&value[at + 1..])) {
        return Cow::Borrowed(value);
    }
    let mut escaped = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        if ESCAPED.contains(&c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of organisations and common names, each a part of its own.
    fn name(parts: &[(Oid, &str)]) -> String {
        let part = |(kind, value): &(Oid, &str)| vec![Attribute { kind: *kind, value: Untrusted::new(*value) }];
        Name { rdns: parts.iter().map(part).collect() }.text().raw().to_owned()
    }

    #[test]
    fn no_value_feigns_another_attribute() {
        let honest = name(&[(COMMON_NAME, "Good"), (ORGANISATION, "Example Inc")]);
        assert_eq!(honest, "CN=Good, O=Example Inc");
        assert_eq!(name(&[(COMMON_NAME, "Good, O=Example Inc")]), "CN=Good\\, O=Example Inc");
        assert_eq!(name(&[(COMMON_NAME, "Good + O=Example")]), "CN=Good \\+ O=Example");
        assert_eq!(name(&[(COMMON_NAME, "Good,2.5.4.10=x")]), "CN=Good\\,2.5.4.10=x");
        // Written as if it were escaped already.
        assert_eq!(name(&[(COMMON_NAME, "Good\\, O=x")]), "CN=Good\\\\\\, O=x");
    }

    #[test]
    fn what_reads_one_way_stands_as_it_is() {
        for value in ["Example, Inc.", "a + b", "1+1=2 is not, I think", "x=y", "", ",", "é, =", "(c) 2006 A, B; C"] {
            assert_eq!(name(&[(ORGANISATION, value)]), format!("O={value}"));
        }
    }
}
