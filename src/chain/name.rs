//! The name a client asked for, and which certificate is for it.
//!
//! Programs agree on `*.example.com` and on little else: whether the common name counts, and whether a
//! wildcard may be a part of a label. Those are [`Matching`], a policy's data; the comparison itself is
//! OpenSSL's (`X509_check_host`, crypto/x509/v3_utl.c).

use super::member::Member;
use super::member::general_name::GeneralName;
use crate::format::x509;
use crate::policy::openssl::CommonName;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The name a client asked a server for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerName {
    /// A host name, without a dot at its end.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// A text that is no name of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a host name or an address, found {0:?}")]
pub struct BadServerName(String);

/// Reads a host name or an address; IPv6 may stand in brackets.
impl FromStr for ServerName {
    type Err = BadServerName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Ip(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        // A DNS name has at most 253 octets (RFC 1035, 2.3.4); an underscore occurs.
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') || !c.is_ascii();
        if name.is_empty() || name.len() > 253 || !name.chars().all(fits) {
            return Err(BadServerName(text.to_owned()));
        }
        Ok(Self::Dns(name.to_owned()))
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

/// How a program matches a certificate with the name it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matching {
    /// When the common name counts.
    pub common_name: CommonName,
    /// Whether a wildcard may be the beginning or end of the first label (`ba*.example.com`).
    pub partial_wildcards: bool,
}

impl Matching {
    /// Whether the certificate is for the name.
    #[must_use]
    pub fn matches(self, member: &Member, name: &ServerName) -> bool {
        match name {
            ServerName::Ip(address) => has_address(member, address),
            ServerName::Dns(name) => self.matches_host(member, name),
        }
    }

    fn matches_host(self, member: &Member, name: &str) -> bool {
        let (mut has_name, mut has_address) = (false, false);
        for found in member.alt_names() {
            match found {
                GeneralName::Dns(pattern) if self.fits(pattern, name) => return true,
                GeneralName::Dns(_) => has_name = true,
                GeneralName::Ip(_) => has_address = true,
                _ => {}
            }
        }
        let counts = match self.common_name {
            CommonName::WithoutDnsName => !has_name,
            CommonName::WithoutDnsNameOrAddress => !has_name && !has_address,
            CommonName::Always => true,
            CommonName::Never => false,
        };
        counts && common_names(member).iter().any(|pattern| self.fits(pattern.as_bytes(), name))
    }

    /// Whether one pattern of a certificate is for a host name (`equal_wildcard`).
    #[must_use]
    pub fn fits(self, pattern: &[u8], name: &str) -> bool {
        let name = name.as_bytes();
        let Some(star) = self.star(pattern) else {
            return !pattern.contains(&0) && pattern.eq_ignore_ascii_case(name);
        };
        let (prefix, suffix) = (&pattern[..star], &pattern[star + 1..]);
        let Some(middle) = name.len().checked_sub(prefix.len() + suffix.len()) else { return false };
        let (head, rest) = name.split_at(prefix.len());
        let (covered, tail) = rest.split_at(middle);
        if !head.eq_ignore_ascii_case(prefix) || !tail.eq_ignore_ascii_case(suffix) {
            return false;
        }
        let whole_label = prefix.is_empty() && suffix.first() == Some(&b'.');
        if whole_label && covered.is_empty() || !whole_label && is_idna(name) {
            return false;
        }
        covered == b"*" || covered.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
    }

    /// Where the one wildcard of a pattern stands, if the pattern is a name in which it counts
    /// (`valid_star`).
    fn star(self, pattern: &[u8]) -> Option<usize> {
        let labels: Vec<&[u8]> = pattern.split(|&octet| octet == b'.').collect();
        let (first, others) = labels.split_first()?;
        let star = first.iter().position(|&octet| octet == b'*')?;
        let is_whole = *first == b"*";
        let is_at_edge = star == 0 || star + 1 == first.len();
        let plain = |label: &[u8]| label.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-');
        let (before, after) = (&first[..star], &first[star + 1..]);
        let rest_is_plain = plain(before) && plain(after) && !before.starts_with(b"-");
        let ends_plain = !(first.ends_with(b"-") || after.is_empty() && before.ends_with(b"-"));
        let is_label =
            |label: &&[u8]| !label.is_empty() && plain(label) && !label.starts_with(b"-") && !label.ends_with(b"-");
        let fits = is_at_edge
            && rest_is_plain
            && ends_plain
            && (is_whole || (self.partial_wildcards && !is_idna(first)))
            && others.len() >= 2
            && others.iter().all(is_label);
        fits.then_some(star)
    }
}

/// Whether a name begins with a label of an internationalised name (RFC 5890, 2.3.1).
fn is_idna(name: &[u8]) -> bool {
    name.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"xn--"))
}

fn has_address(member: &Member, address: &IpAddr) -> bool {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    member.alt_names().any(|found| matches!(found, GeneralName::Ip(other) if **other == *octets))
}

/// The common names of the subject in their order, as far as they are text.
#[must_use]
pub fn common_names(member: &Member) -> Vec<String> {
    attributes(member, COMMON_NAME)
        .into_iter()
        .filter_map(|(tag, octets)| x509::strings::characters(tag, octets).map(|(text, _)| text))
        .collect()
}

/// commonName, 2.5.4.3, with tag and length.
pub(super) const COMMON_NAME: &[u8] = &[6, 3, 0x55, 4, 3];

/// The values of one kind of attribute of the subject: tags and contents.
pub(super) fn attributes<'m>(member: &'m Member, kind: &[u8]) -> Vec<(u8, &'m [u8])> {
    let subject = member.certificate().subject_der().unwrap_or_default();
    let rdns = x509::attributes(subject, &(0..subject.len())).unwrap_or_default();
    let of_kind = |value: &x509::Value| subject.get(value.kind.clone()) == Some(kind);
    let found = rdns.into_iter().flatten().filter(of_kind);
    found.map(|value| (value.tag, subject.get(value.content).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Matching = Matching { common_name: CommonName::WithoutDnsName, partial_wildcards: false };
    const PARTIAL: Matching = Matching { partial_wildcards: true, ..WHOLE };

    #[test]
    fn names_and_addresses_are_told_apart() {
        assert_eq!("example.com.".parse(), Ok(ServerName::Dns("example.com".into())));
        assert_eq!("[::1]".parse::<ServerName>().unwrap().to_string(), "::1");
        assert_eq!("192.0.2.1".parse::<ServerName>().unwrap().to_string(), "192.0.2.1");
        assert!("".parse::<ServerName>().is_err());
        assert!("a b".parse::<ServerName>().is_err());
    }

    /// What OpenSSL 3.0.19 says of each with `-verify_hostname`.
    #[test]
    fn wildcards_match_as_openssl_has_it() {
        for (pattern, name, whole, partial) in [
            ("example.com", "EXAMPLE.com", true, true),
            ("*.example.com", "www.example.com", true, true),
            ("*.example.com", "a.b.example.com", false, false),
            ("*.example.com", "example.com", false, false),
            ("a-*.example.com", "a-b.example.com", false, false),
            ("*-a.example.com", "b-a.example.com", false, true),
            ("*.a_b.example.com", "c.a_b.example.com", false, false),
            ("*.com", "example.com", false, false),
            ("ba*.example.com", "bar.example.com", false, true),
            ("*r.example.com", "bar.example.com", false, true),
            ("b*r.example.com", "bar.example.com", false, false),
            ("xn--*.example.com", "xn--a.example.com", false, false),
            ("x*.example.com", "xn--a.example.com", false, false),
            ("*.xn--a.example.com", "b.xn--a.example.com", true, true),
            ("*.example.com", "xn--a.example.com", true, true),
            ("www.*.com", "www.example.com", false, false),
            ("*.example.com", "a_b.example.com", false, false),
            ("*.-example.com", "a.-example.com", false, false),
            ("*.example.com", "*.example.com", true, true),
        ] {
            assert_eq!(WHOLE.fits(pattern.as_bytes(), name), whole, "{pattern} for {name}");
            assert_eq!(PARTIAL.fits(pattern.as_bytes(), name), partial, "{pattern} for {name}, partial");
        }
        assert!(!WHOLE.fits(b"a\0.example.com", "a\0.example.com"));
    }
}
