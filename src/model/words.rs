//! Words that are the same wherever something is said.

/// What people call a certificate with this subject.
#[must_use]
pub fn label(subject: Option<&str>) -> &str {
    match subject {
        Some("") => "(no name)",
        Some(subject) => subject,
        None => "(cannot be parsed)",
    }
}

/// `1 store`, `2 stores`.
#[must_use]
pub fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The first names, and how many more there are: `a, b and 3 more`.
#[must_use]
pub fn few(names: &[String], shown: usize, separator: &str) -> String {
    let (first, rest) = names.split_at(names.len().min(shown));
    let first = first.join(separator);
    if rest.is_empty() { first } else { format!("{first} and {} more", rest.len()) }
}

/// An identifier by its name, if it has one.
#[must_use]
pub fn identifier(identifier: &str) -> &str {
    let known = NAMES.iter().find(|(known, _)| *known == identifier);
    known.map_or(identifier, |(_, name)| name)
}

/// Extensions and extended key usages of RFC 5280, 4.2.1 and 4.2.2, and RFC 6962, 3.3.
const NAMES: &[(&str, &str)] = &[
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extKeyUsage"),
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("2.5.29.54", "inhibitAnyPolicy"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.4.1.11129.2.4.3", "certificate transparency poison"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_named() {
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(few(&names, 3, ", "), "a, b, c");
        assert_eq!(few(&names, 2, "; "), "a; b and 1 more");
        assert_eq!(few(&[], 2, ", "), "");
    }
}
