//! The names in a certificate beside its subject, as text, and where it says that more is to be had.

use crate::chain::member::Member;
use crate::chain::member::extension::Subtree;
use crate::chain::member::general_name::GeneralName;
use crate::format::x509::{self, Locations};
use crate::model::{Certificate, Untrusted};
use crate::render::report::hex;
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;

/// Names and URLs of a certificate. Whoever made it wrote them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NamesReport {
    /// Subject alternative names: `DNS:www.example.org`, `IP:192.0.2.1`, in the words of OpenSSL.
    pub subject_alt_names: Vec<String>,
    /// Name constraints: names of a kind that is in here must be within one of them.
    pub permitted_names: Vec<String>,
    /// Name constraints: names must be within none of them.
    pub excluded_names: Vec<String>,
    /// URLs of the issuer's certificate.
    pub ca_issuers: Vec<String>,
    /// URLs of responders of OCSP.
    pub ocsp: Vec<String>,
    /// URLs of revocation lists.
    pub crls: Vec<String>,
}

impl NamesReport {
    pub(super) fn new(certificate: &Arc<Certificate>) -> Self {
        let member = Member::new(Arc::clone(certificate)).ok();
        let constraints = member.as_ref().and_then(|member| member.name_constraints.value());
        let subtrees = |list: &[Subtree]| list.iter().map(|subtree| text(&subtree.base)).collect();
        let Locations { ca_issuers, ocsp, crls } = x509::locations(certificate);
        let urls = |list: Vec<Untrusted>| list.iter().map(|url| url.raw().to_owned()).collect();
        Self {
            subject_alt_names: member.iter().flat_map(Member::alt_names).map(text).collect(),
            permitted_names: constraints.map_or_else(Vec::new, |found| subtrees(&found.permitted)),
            excluded_names: constraints.map_or_else(Vec::new, |found| subtrees(&found.excluded)),
            ca_issuers: urls(ca_issuers),
            ocsp: urls(ocsp),
            crls: urls(crls),
        }
    }
}

/// A name as `openssl x509 -text` writes it, but for hexadecimal where it writes that it cannot (`GENERAL_NAME_print`,
/// crypto/x509/v3_san.c).
fn text(name: &GeneralName) -> String {
    let octets = |kind: &str, octets: &[u8]| format!("{kind}:{}", Untrusted::from_utf8_lossy(octets).raw());
    match name {
        GeneralName::Email(octets_of) => octets("email", octets_of),
        GeneralName::Dns(octets_of) => octets("DNS", octets_of),
        GeneralName::Uri(octets_of) => octets("URI", octets_of),
        GeneralName::Ip(address) => format!("IP:{}", ip(address)),
        GeneralName::Directory { der, .. } => match x509::name(der) {
            Ok(name) => format!("DirName:{}", name.text().raw()),
            Err(_) => format!("DirName:{}", hex(der)),
        },
        GeneralName::Other(Some(kind), value) => format!("othername:{kind}:{}", hex(value)),
        GeneralName::Other(None, value) => format!("othername:{}", hex(value)),
        GeneralName::Unused(tag) => format!("tag {tag}"),
    }
}

/// An address, in constraints with its mask (RFC 5280, 4.2.1.10).
fn ip(octets: &[u8]) -> String {
    let one = |octets: &[u8]| -> Option<String> {
        let address: IpAddr = match octets.len() {
            4 => <[u8; 4]>::try_from(octets).ok()?.into(),
            16 => <[u8; 16]>::try_from(octets).ok()?.into(),
            _ => return None,
        };
        Some(address.to_string())
    };
    let (address, mask) = octets.split_at(octets.len() / 2);
    let with_mask = || Some(format!("{}/{}", one(address)?, one(mask)?));
    // 16 octets are an address of version 6 alone.
    one(octets).or_else(with_mask).unwrap_or_else(|| hex(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_masks_in_constraints() {
        assert_eq!(ip(&[192, 0, 2, 1]), "192.0.2.1");
        assert_eq!(ip(&[10, 0, 0, 0, 255, 0, 0, 0]), "10.0.0.0/255.0.0.0");
        assert_eq!(ip(&[0; 16]), "::");
        assert_eq!(ip(&[0; 32]), "::/::");
        assert_eq!((ip(&[1, 2, 3]), ip(&[])), ("010203".to_owned(), String::new()));
    }
}
