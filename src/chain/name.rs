//! The name a client asked for, and which certificate is for it.
//!
//! How a program matches the two is a policy's data ([`Matching`]); this carries it out.

mod pattern;
pub(in crate::chain) mod punycode;

use super::member::Member;
use super::member::general_name::GeneralName;
use crate::format::x509;
use crate::policy::names::{Addresses, Against, CommonName, Dot, Matching, Pattern, Which};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The name a client asked a server for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerName {
    /// A host name, as it was asked for: an absolute one ends in a dot (RFC 1034, 3.1), which programs differ in.
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
        // Without the dot that ends an absolute one. A DNS name has at most 253 octets (RFC 1035, 2.3.4); an underscore occurs.
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') || !c.is_ascii();
        if name.is_empty() || name.len() > 253 || !name.chars().all(fits) {
            return Err(BadServerName(text.to_owned()));
        }
        Ok(Self::Dns(text.to_owned()))
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

impl ServerName {
    /// The same without a dot at its end.
    #[must_use]
    pub fn bare(&self) -> Self {
        match self {
            Self::Dns(name) => Self::Dns(name.strip_suffix('.').unwrap_or(name).to_owned()),
            Self::Ip(address) => Self::Ip(*address),
        }
    }

    /// The same as a program compares it.
    #[must_use]
    pub fn with(&self, dot: Dot) -> Self {
        match dot {
            Dot::LeftOut => self.bare(),
            Dot::Compared => self.clone(),
        }
    }
}

impl Matching {
    /// Whether the certificate is for the name.
    #[must_use]
    pub fn matches(self, member: &Member, name: &ServerName) -> bool {
        self.compare(member, name).is_ok()
    }

    /// The name as the program compares and tells it.
    #[must_use]
    pub fn asked(self, name: &ServerName) -> String {
        let text = name.with(self.dot).to_string();
        if self.pattern == (Pattern::Python { decoded: true }) { punycode::to_letters(&text) } else { text }
    }

    /// Whether the certificate is for the name.
    ///
    /// # Errors
    /// What the name was compared with in vain.
    pub fn compare(self, member: &Member, name: &ServerName) -> Result<(), Against> {
        if self.bracketed && matches!(name, ServerName::Ip(IpAddr::V6(_))) {
            return Err(Against::AltNames);
        }
        let asked = self.asked(name);
        let (is_host, octets) = match name {
            ServerName::Dns(_) => (true, None),
            ServerName::Ip(address) => {
                let is_host = matches!(self.addresses, Addresses::OrHostName | Addresses::AsHostName);
                (is_host, (self.addresses != Addresses::AsHostName).then(|| octets(address)))
            }
        };
        let (mut has_name, mut has_address, mut has_uri) = (false, false, false);
        for found in member.alt_names() {
            match found {
                GeneralName::Dns(pattern) => {
                    has_name = true;
                    let pattern = self.pattern.of_alt_name(pattern);
                    if is_host && self.pattern.ends(pattern) {
                        return Err(Against::Pattern(String::from_utf8_lossy(pattern).into_owned()));
                    }
                    if is_host && self.pattern.fits(pattern, &asked) {
                        return Ok(());
                    }
                }
                GeneralName::Ip(other) => {
                    has_address = true;
                    if octets.as_ref().is_some_and(|octets| **octets == **other) {
                        return Ok(());
                    }
                }
                GeneralName::Uri(_) => has_uri = true,
                _ => {}
            }
        }
        let counts = match self.common_name {
            CommonName::WithoutDnsName => !has_name,
            CommonName::WithoutDnsNameOrAddress => !has_name && !has_address,
            CommonName::WithoutDnsNameAddressOrUri => !has_name && !has_address && !has_uri,
            CommonName::WithoutDnsNameOrUri => !has_name && !has_uri,
            CommonName::Always => true,
            CommonName::Never => false,
        };
        let counts = match (name, self.addresses) {
            (ServerName::Ip(_), Addresses::AltName) => false,
            (ServerName::Ip(address), Addresses::OrAnyCommonName { v6 }) => v6 || address.is_ipv4(),
            _ => counts,
        };
        if !counts {
            return Err(Against::AltNames);
        }
        // An address is compared as it is written.
        let is_literal = octets.is_some() && matches!(self.addresses, Addresses::OrAnyCommonName { .. });
        let mut against = Against::Nothing;
        for common in self.common_names(member) {
            if let Some(end) = common.iter().position(|&octet| octet == 0) {
                against = Against::Malformed(String::from_utf8_lossy(&common[..end]).into_owned());
                continue;
            }
            let text = String::from_utf8_lossy(&common).into_owned();
            if self.pattern.ends(&common) {
                return Err(Against::Pattern(text));
            }
            if if is_literal { text == asked } else { self.pattern.fits(&common, &asked) } {
                return Ok(());
            }
            against = Against::CommonName(text);
        }
        Err(against)
    }

    /// The common names that count.
    fn common_names(self, member: &Member) -> Vec<Vec<u8>> {
        let texts = || common_names(member).into_iter().map(String::into_bytes);
        let as_octets = || attributes(member, COMMON_NAME).into_iter().map(|(_, octets)| octets.to_vec());
        match self.which {
            Which::Every => texts().collect(),
            Which::Last => texts().next_back().into_iter().collect(),
            Which::EveryAsOctets => as_octets().collect(),
            Which::FirstAsOctets => as_octets().take(1).collect(),
        }
    }
}

/// An address as an iPAddress has it (RFC 5280, 4.2.1.6).
fn octets(address: &IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
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

    #[test]
    fn names_and_addresses_are_told_apart() {
        let absolute: ServerName = "example.com.".parse().unwrap();
        assert_eq!(
            (absolute.to_string().as_str(), absolute.bare().to_string().as_str()),
            ("example.com.", "example.com")
        );
        assert!(".".parse::<ServerName>().is_err());
        assert_eq!("[::1]".parse::<ServerName>().unwrap().to_string(), "::1");
        assert_eq!("192.0.2.1".parse::<ServerName>().unwrap().to_string(), "192.0.2.1");
        assert!("".parse::<ServerName>().is_err());
        assert!("a b".parse::<ServerName>().is_err());
    }
}
