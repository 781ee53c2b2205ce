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

/// Short names of attribute types (RFC 4519, and OpenSSL's for the rest).
const SHORT: &[(&str, &str)] = &[
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.42", "GN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.97", "organizationIdentifier"),
];

impl Name {
    /// The whole name in certificate order, `C=US, O=Example, CN=Root`; multi-valued parts are
    /// joined with ` + `.
    #[must_use]
    pub fn text(&self) -> Untrusted {
        let mut lossy = false;
        let rdns: Vec<String> = self
            .rdns
            .iter()
            .map(|rdn| {
                let attributes: Vec<String> = rdn
                    .iter()
                    .map(|attribute| {
                        lossy |= attribute.value.is_lossy();
                        let kind = attribute.kind.to_string();
                        let short = SHORT.iter().find(|(oid, _)| *oid == kind).map_or(kind.as_str(), |(_, name)| name);
                        format!("{short}={}", attribute.value.raw())
                    })
                    .collect();
                attributes.join(" + ")
            })
            .collect();
        let text = rdns.join(", ");
        if lossy { Untrusted::lossy(text) } else { Untrusted::new(text) }
    }

    /// What people call the certificate: the last common name, else organisational unit, else
    /// organisation, else the whole name.
    #[must_use]
    pub fn short(&self) -> Untrusted {
        ["2.5.4.3", "2.5.4.11", "2.5.4.10"]
            .iter()
            .find_map(|wanted| {
                self.rdns.iter().flatten().rev().find(|a| a.kind.to_string() == *wanted).map(|a| a.value.clone())
            })
            .unwrap_or_else(|| self.text())
    }

    /// Whether the name holds no attribute at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rdns.iter().all(Vec::is_empty)
    }
}
