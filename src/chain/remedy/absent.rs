//! An issuer that is in no store of the host: what tells which it is, and where its owner offers it.

use crate::chain::member::Member;
use crate::format::x509::locations;

/// Addresses that are told of one certificate.
const TOLD: usize = 2;

/// Longest address that is told: those of public authorities have under 100 octets.
const LENGTH: usize = 400;

/// Where a certificate says that its issuer's is offered: addresses of visible ASCII characters alone. Nothing is
/// fetched from there.
#[must_use]
pub fn offered_at(member: &Member) -> Vec<String> {
    let is_plain = |text: &str| text.len() <= LENGTH && text.chars().all(|c| c.is_ascii_graphic());
    let offered = locations(member.certificate()).ca_issuers.into_iter().map(|address| address.raw().to_owned());
    offered.filter(|address| is_plain(address)).take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::x509;
    use std::sync::Arc;

    /// uniformResourceIdentifier of a `GeneralName`, a primitive `[6]`.
    const URI: u8 = 0x86;

    fn with(access: &[u8]) -> Vec<String> {
        let mut made = rcgen::CertificateParams::default();
        let oid = [1, 3, 6, 1, 5, 5, 7, 1, 1];
        made.custom_extensions = vec![rcgen::CustomExtension::from_oid_content(&oid, access.to_vec())];
        let key = rcgen::KeyPair::generate().unwrap();
        let der = made.self_signed(&key).unwrap().der().to_vec();
        offered_at(&Member::new(Arc::new(x509::read(der.into()))).unwrap())
    }

    fn description(method: u8, tag: u8, place: &str) -> Vec<u8> {
        let length = |content: usize| u8::try_from(content).unwrap();
        let fields = [&[6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, method, tag, length(place.len())], place.as_bytes()].concat();
        [&[0x30, length(fields.len())], &fields[..]].concat()
    }

    fn access(descriptions: &[Vec<u8>]) -> Vec<u8> {
        let all = descriptions.concat();
        [&[0x30, u8::try_from(all.len()).unwrap()], &all[..]].concat()
    }

    #[test]
    fn the_addresses_of_issuers_alone() {
        let (ocsp, issuers) = (description(1, URI, "http://o/"), description(2, URI, "http://i/ca.cer"));
        assert_eq!(with(&access(&[ocsp.clone(), issuers])), ["http://i/ca.cer"]);
        assert_eq!(with(&access(&[ocsp])), [""; 0]);
        assert_eq!(with(&access(&[description(2, 0x82, "i")])), [""; 0], "a name is no address");
        assert_eq!(with(&access(&[description(2, URI, "http://a b")])), [""; 0]);
        assert_eq!(with(&access(&[description(2, URI, "http://a\u{1b}[2J")])), [""; 0]);
        assert_eq!(with(&[0x30, 5, 0x30]), [""; 0]);
    }
}
