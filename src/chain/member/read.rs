//! The fields of a certificate for [`Member`]: the frame, then extension by extension.

use super::extension::{self, Found, UNKNOWN};
use super::{Date, Member};
use crate::format::der::{Tlv, Walk, tag};
use crate::format::hash_dir::canonical;
use crate::format::{openssl, x509};
use crate::model::{Certificate, Malformation, Oid, Timestamp};
use std::ops::Range;
use std::sync::Arc;

/// The identifiers of the extensions that verifiers decide by (RFC 5280, 4.2; RFC 3820; RFC 3779).
pub mod oids {
    use crate::model::Oid;

    /// subjectKeyIdentifier.
    pub const SUBJECT_KEY_ID: Oid = Oid::new_unwrap("2.5.29.14");
    /// keyUsage.
    pub const KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.15");
    /// subjectAltName.
    pub const SUBJECT_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.17");
    /// issuerAltName.
    pub const ISSUER_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.18");
    /// basicConstraints.
    pub const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");
    /// nameConstraints.
    pub const NAME_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.30");
    /// cRLDistributionPoints.
    pub const DISTRIBUTION_POINTS: Oid = Oid::new_unwrap("2.5.29.31");
    /// certificatePolicies.
    pub const POLICIES: Oid = Oid::new_unwrap("2.5.29.32");
    /// policyMappings.
    pub const POLICY_MAPPINGS: Oid = Oid::new_unwrap("2.5.29.33");
    /// authorityKeyIdentifier.
    pub const AUTHORITY_KEY_ID: Oid = Oid::new_unwrap("2.5.29.35");
    /// policyConstraints.
    pub const POLICY_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.36");
    /// extKeyUsage.
    pub const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");
    /// inhibitAnyPolicy.
    pub const INHIBIT_ANY_POLICY: Oid = Oid::new_unwrap("2.5.29.54");
    /// authorityInfoAccess.
    pub const AUTHORITY_INFO_ACCESS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.1");
    /// sbgp-ipAddrBlock, RFC 3779.
    pub const IP_ADDRESS_BLOCKS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.7");
    /// sbgp-autonomousSysNum, RFC 3779.
    pub const AS_NUMBERS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.8");
    /// proxyCertInfo, RFC 3820.
    pub const PROXY: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.14");
    /// id-pkix-ocsp-nocheck, RFC 6960.
    pub const OCSP_NO_CHECK: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1.5");
    /// Netscape's certificate type.
    pub const NETSCAPE_TYPE: Oid = Oid::new_unwrap("2.16.840.1.113730.1.1");
}

pub(super) fn member(certificate: Arc<Certificate>) -> Result<Member, Malformation> {
    let outline = certificate.outline().map_err(Clone::clone)?;
    let der = certificate.der();
    let whole = Walk::new(der).expect(tag::SEQUENCE, "a certificate (a SEQUENCE)")?;
    let mut outer = Walk::inside(der, &whole.content);
    let tbs = outer.expect(tag::SEQUENCE, "a TBSCertificate (a SEQUENCE)")?;
    let outer_algorithm = outer.expect(tag::SEQUENCE, "a signature algorithm (a SEQUENCE)")?;
    let signature = outer.expect(tag::BIT_STRING, "a signature (a BIT STRING)")?;
    let mut inner = Walk::inside(der, &tbs.content);
    let version = inner.optional(tag::context(0))?;
    inner.expect(tag::INTEGER, "a serial number (an INTEGER)")?;
    let inner_algorithm = inner.expect(tag::SEQUENCE, "a signature algorithm (a SEQUENCE)")?;
    inner.expect(tag::SEQUENCE, "an issuer (a SEQUENCE)")?;
    let validity = inner.expect(tag::SEQUENCE, "a validity (a SEQUENCE)")?;
    let mut dates = Walk::inside(der, &validity.content);
    let (key, key_algorithm) = x509::public_key(&certificate)?;
    let name = |range: &Range<usize>| {
        let found = canonical(&der[range.clone()]);
        found.map(Vec::into_boxed_slice).ok_or_else(|| Malformation::new("a name", "another form").at(range.start))
    };
    let mut member = Member {
        version: number(der, version.as_ref()).saturating_add(1),
        tbs: tbs.whole,
        algorithm: Walk::inside(der, &inner_algorithm.content).oid()?.unwrap_or(UNKNOWN),
        inner_algorithm: inner_algorithm.whole,
        outer_algorithm: outer_algorithm.whole,
        // The first octet counts the bits that are not used.
        signature: (signature.content.start + 1).min(signature.content.end)..signature.content.end,
        key,
        key_algorithm,
        subject: name(&outline.subject)?,
        issuer: name(&outline.issuer)?,
        not_before: date(der, dates.next().ok(), outline.not_before.as_ref().ok()),
        not_after: date(der, dates.next().ok(), outline.not_after.as_ref().ok()),
        basic_constraints: Found::Absent,
        key_usage: Found::Absent,
        extended_key_usage: Found::Absent,
        subject_alt_name: Found::Absent,
        name_constraints: Found::Absent,
        subject_key_id: Found::Absent,
        authority_key_id: Found::Absent,
        policies: Found::Absent,
        policy_mappings: Found::Absent,
        policy_constraints: Found::Absent,
        inhibit_any_policy: Found::Absent,
        netscape_type: Found::Absent,
        distribution_points: Found::Absent,
        proxy: Found::Absent,
        resources: Found::Absent,
        extensions: Vec::new(),
        is_decodable: openssl::decodes(der),
        tried: Default::default(),
        rfc2253: Default::default(),
        certificate: Arc::clone(&certificate),
    };
    let range = outline.extensions.clone();
    if !range.is_empty() {
        let list = Walk::inside(der, &range).expect(tag::SEQUENCE, "extensions (a SEQUENCE)")?;
        let mut inside = Walk::inside(der, &list.content);
        while !inside.is_empty() {
            let element = inside.expect(tag::SEQUENCE, "an extension (a SEQUENCE)")?;
            let mut fields = Walk::inside(der, &element.content);
            let oid = fields.oid()?.unwrap_or(UNKNOWN);
            let critical = fields.optional(tag::BOOLEAN)?;
            let critical = critical.is_some_and(|flag| der[flag.content].iter().any(|&octet| octet != 0));
            let value = fields.expect(tag::OCTET_STRING, "an extension's value (an OCTET STRING)")?;
            member.take(oid, critical, &der[value.content]);
        }
    }
    Ok(member)
}

impl Member {
    fn take(&mut self, oid: Oid, critical: bool, value: &[u8]) {
        self.extensions.push((oid, critical));
        // What OpenSSL cannot decode says nothing; no reader takes an empty value for anything.
        let value = if openssl::extension::decodes(oid, value) { value } else { &[] };
        match oid {
            oids::BASIC_CONSTRAINTS => self.basic_constraints.take(critical, extension::basic_constraints(value)),
            oids::KEY_USAGE => self.key_usage.take(critical, extension::key_usage(value)),
            oids::EXTENDED_KEY_USAGE => self.extended_key_usage.take(critical, extension::extended_key_usage(value)),
            oids::SUBJECT_ALT_NAME => self.subject_alt_name.take(critical, extension::alt_names(value)),
            oids::NAME_CONSTRAINTS => self.name_constraints.take(critical, extension::name_constraints(value)),
            oids::SUBJECT_KEY_ID => self.subject_key_id.take(critical, extension::octet_string(value)),
            oids::AUTHORITY_KEY_ID => self.authority_key_id.take(critical, extension::authority_key_id(value)),
            oids::POLICIES => self.policies.take(critical, extension::policies(value)),
            oids::POLICY_MAPPINGS => self.policy_mappings.take(critical, extension::policy_mappings(value)),
            oids::POLICY_CONSTRAINTS => self.policy_constraints.take(critical, extension::policy_constraints(value)),
            oids::INHIBIT_ANY_POLICY => self.inhibit_any_policy.take(critical, extension::integer(value)),
            oids::NETSCAPE_TYPE => self.netscape_type.take(critical, extension::netscape_type(value)),
            oids::DISTRIBUTION_POINTS => self.distribution_points.take(critical, extension::anything(value)),
            oids::PROXY => self.proxy.take(critical, extension::proxy(value)),
            oids::IP_ADDRESS_BLOCKS | oids::AS_NUMBERS => self.resources.take(critical, extension::anything(value)),
            _ => {}
        }
    }
}

/// The INTEGER inside an explicit tag.
fn number(der: &[u8], explicit: Option<&Tlv>) -> u32 {
    let number = explicit.and_then(|outer| Walk::inside(der, &outer.content).next().ok());
    let octets = number.map_or(&[][..], |number| &der[number.content]);
    octets.iter().take(4).fold(0, |value, &octet| (value << 8) | u32::from(octet))
}

fn date(der: &[u8], element: Option<Tlv>, at: Option<&Timestamp>) -> Date {
    let plain = element.is_some_and(|element| {
        let length = if element.tag == tag::UTC_TIME { 13 } else { 15 };
        let octets = &der[element.content];
        let digits =
            octets.split_last().is_some_and(|(last, rest)| *last == b'Z' && rest.iter().all(u8::is_ascii_digit));
        octets.len() == length && digits
    });
    Date { at: at.copied(), plain }
}
