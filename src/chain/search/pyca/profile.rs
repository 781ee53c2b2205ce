//! The profile that certificates are held to (`policy/mod.rs` and `policy/extension.rs`).

use super::super::{dates, elements, extensions};
use crate::chain::member::extension::Found;
use crate::chain::member::{Member, oids};
use crate::chain::name::ServerName;
use crate::format::der::{Tlv, Walk, tag};
use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::model::{Oid, Timestamp};
use crate::policy::Fault;
use crate::policy::pyca::Pyca;

type Fail = (Fault, String);

fn fail(fault: Fault, why: &str) -> Fail {
    (fault, why.to_owned())
}

/// `permits_basic`.
pub(super) fn basic(member: &Member, now: Timestamp) -> Result<(), Fail> {
    if member.version != 3 {
        return Err(fail(Fault::VersionUnsupported, "certificate must be an X509v3 certificate"));
    }
    if !member.algorithms_agree() {
        return Err(fail(Fault::AlgorithmMismatch, "mismatch between signatureAlgorithm and SPKI algorithm"));
    }
    let serial = member.serial();
    // 21 octets: 20 of randomness with the highest bit set.
    if !(1..=21).contains(&serial.len()) {
        return Err(fail(Fault::SerialUnacceptable, "certificate must have a serial between 1 and 20 octets"));
    }
    if serial.first().is_some_and(|&first| first >= 0x80) {
        return Err(fail(Fault::SerialUnacceptable, "certificate serial number cannot be negative"));
    }
    if member.issuer.is_empty() {
        return Err(fail(Fault::IssuerEmpty, "certificate must have a non-empty Issuer"));
    }
    if has_early_generalized_time(member) {
        return Err(fail(Fault::NotAfterMalformed, "validity dates between 1950 and 2049 must be UtcTime"));
    }
    let why = "cert is not valid at validation time";
    match (member.not_before.at, member.not_after.at) {
        (Some(begins), _) if now < begins => Err(fail(Fault::NotYetValid, why)),
        (_, Some(ends)) if now > ends => Err(fail(Fault::Expired, why)),
        (Some(_), Some(_)) => Ok(()),
        _ => Err(fail(Fault::NotAfterMalformed, "ASN.1 parsing error: invalid value")),
    }
}

/// Whether a date before 2050 is written as GeneralizedTime.
fn has_early_generalized_time(member: &Member) -> bool {
    let is_early = |(kind, text): (u8, &[u8])| {
        let year = text.get(..4).and_then(|year| std::str::from_utf8(year).ok()).and_then(|year| year.parse().ok());
        kind == tag::GENERALIZED_TIME && year.is_some_and(|year: u32| (1950..2050).contains(&year))
    };
    dates(member).is_some_and(|dates| dates.into_iter().any(is_early))
}

/// Whether an extension must or must not be critical.
enum Critical {
    Must,

    Never,
}

/// The first fault of an extension: whether it is as critical as it has to be.
fn critical(oid: Oid, is: bool, wanted: Critical) -> Option<Fail> {
    let fits = match wanted {
        Critical::Must => is,
        Critical::Never => !is,
    };
    let fault = match oid {
        oids::BASIC_CONSTRAINTS => Fault::BasicConstraintsNotCritical,
        oids::AUTHORITY_KEY_ID => Fault::AuthorityKeyIdCritical,
        oids::SUBJECT_KEY_ID => Fault::SubjectKeyIdCritical,
        _ => Fault::CriticalUnknown,
    };
    (!fits).then(|| (fault, format!("invalid extension: {oid}: Certificate extension has incorrect criticality")))
}

/// Authority information access: not critical, and decodable (`SequenceOfAccessDescriptions`).
fn access(oid: Oid, is: bool, value: &[u8]) -> Option<Fail> {
    let decodes = || -> Option<()> {
        let whole = Walk::new(value).expect(tag::SEQUENCE, "").ok()?;
        (whole.whole.end == value.len()).then_some(())?;
        for description in elements(value, &whole)? {
            let fields = elements(value, &description)?;
            (description.tag == tag::SEQUENCE && fields.len() == 2 && fields[0].tag == tag::OID).then_some(())?;
        }
        Some(())
    };
    let broken = decodes().is_none().then(|| fail(Fault::Malformed, "ASN.1 parsing error: invalid value"));
    critical(oid, is, Critical::Never).or(broken)
}

fn unknown(oid: Oid) -> Fail {
    (
        Fault::CriticalUnknown,
        format!("invalid extension: {oid}: certificate contains unaccounted-for critical extensions"),
    )
}

/// An extension twice: neither of them counts, and the certificate ends the search at its place.
pub(super) fn duplicate(member: &Member) -> Option<Fail> {
    let mut seen = std::collections::BTreeSet::new();
    let twice = member.extensions.iter().find(|(oid, _)| !seen.insert(oid.as_bytes()))?;
    Some((Fault::Malformed, format!("invalid extension: {}: duplicate extension", twice.0)))
}

/// What the decoder says of the value of an extension that it does not take, where it is told (rust-asn1: DER alone).
fn undecodable<T>(oid: Oid, value: &[u8], found: &Found<T>) -> Option<Fail> {
    let why = not_der(oid, value).or_else(|| found.is_broken().then(|| "invalid value".to_owned()))?;
    Some((Fault::Malformed, format!("ASN.1 parsing error: {why}")))
}

/// What is not DER, or not the type, in the outer parts of a value.
fn not_der(oid: Oid, value: &[u8]) -> Option<String> {
    let Ok(outer) = Walk::new(value).next() else {
        return Some("short data (needed at least 1 additional bytes)".to_owned());
    };
    let wanted = if oid == oids::KEY_USAGE { tag::BIT_STRING } else { tag::SEQUENCE };
    if outer.tag != wanted {
        let class = ["Universal", "Application", "ContextSpecific", "Private"][usize::from(outer.tag >> 6)];
        let (number, constructed) = (outer.tag & 0x1f, outer.tag & 0x20 != 0);
        return Some(format!(
            "unexpected tag (got Tag {{ value: {number}, constructed: {constructed}, class: {class} }})"
        ));
    }
    if outer.whole.end != value.len() {
        return Some("extra data".to_owned());
    }
    let content = &value[outer.content.clone()];
    let why = match oid {
        oids::BASIC_CONSTRAINTS => {
            let mut fields = Walk::inside(value, &outer.content);
            let flag = fields.optional(tag::BOOLEAN).ok()?.map(|flag| &value[flag.content]);
            let length = fields.optional(tag::INTEGER).ok()?.map(|number| &value[number.content]);
            match (flag, length) {
                (Some([0]), _) => "DEFAULT value was explicitly encoded",
                (Some(flag), _) if flag != [0xff] => "invalid value",
                (_, Some(number)) if number.first().is_some_and(|&first| first >= 0x80) => "invalid value",
                _ if !fields.is_empty() => "extra data",
                _ => return None,
            }
        }
        oids::SUBJECT_ALT_NAME => {
            let is_text = |name: &Tlv| matches!(name.tag, 0x81 | 0x82 | 0x86);
            let is_read = |name: &Tlv| !is_text(name) || std::str::from_utf8(&value[name.content.clone()]).is_ok();
            match elements(value, &outer) {
                Some(names) if names.iter().all(is_read) => return None,
                _ => "invalid value",
            }
        }
        oids::NAME_CONSTRAINTS if has_minimum(value, &outer) => "DEFAULT value was explicitly encoded",
        oids::EXTENDED_KEY_USAGE if content.is_empty() => {
            "invalid container size (expected between 1 and 18446744073709551615, got 0)"
        }
        oids::KEY_USAGE => match content {
            [0] => return None,
            [] | [_] => "invalid value",
            [unused, .., last] if *unused > 7 || last & ((1 << unused) - 1) != 0 => "invalid value",
            _ => return None,
        },
        _ => return None,
    };
    Some(why.to_owned())
}

/// Whether a subtree has a minimum of zero, which DER leaves out.
fn has_minimum(value: &[u8], constraints: &Tlv) -> bool {
    let inside = |element: &Tlv| elements(value, element).unwrap_or_default();
    let is_zero = |field: &Tlv| field.tag == 0x80 && value[field.content.clone()] == [0];
    let subtrees = inside(constraints).iter().flat_map(inside).collect::<Vec<_>>();
    subtrees.iter().any(|subtree| inside(subtree).iter().skip(1).any(is_zero))
}

/// What is not read as a certificate at all (`load_der_x509_certificate`), so that it never comes to the verifier.
pub(super) fn unreadable(member: &Member, pyca: Pyca) -> Option<Fail> {
    let serial = member.serial();
    let is_padded = match serial {
        [] => true,
        [_] => false,
        [first, second, ..] => (*first == 0 && *second < 0x80) || (*first == 0xff && *second >= 0x80),
    };
    let names = [super::super::subject(member), super::super::issuer(member)];
    let why = match () {
        () if member.version == 2 || member.version > 3 => {
            let why = format!("{} is not a valid X509 version", member.version - 1);
            return Some((Fault::VersionUnsupported, why));
        }
        () if is_padded => "InvalidValue, location: [\"Certificate::tbs_cert\", \"TbsCertificate::serial\"]",
        () if !member.not_before.plain || !member.not_after.plain => {
            "InvalidValue, location: [\"Certificate::tbs_cert\", \"TbsCertificate::validity\"]"
        }
        () if pyca.is_49 && has_parameters(member) => "ExtraData, location: [\"Certificate::signature_alg\"]",
        () if !names.into_iter().all(is_name) => "InvalidValue, location: [\"AttributeTypeValue::value\"]",
        () => return None,
    };
    Some((Fault::Malformed, format!("error parsing asn1 value: ParseError {{ kind: {why} }}")))
}

/// Whether an algorithm of ECDSA has parameters, where it must have none (RFC 5758, 3.2).
fn has_parameters(member: &Member) -> bool {
    let has = |algorithm: &[u8]| {
        let read = || -> Option<bool> {
            let whole = Walk::new(algorithm).expect(tag::SEQUENCE, "").ok()?;
            let mut fields = Walk::inside(algorithm, &whole.content);
            let oid = fields.oid().ok()??;
            Some(oid.to_string().starts_with("1.2.840.10045.4.3.") && !fields.is_empty())
        };
        read().unwrap_or(false)
    };
    has(member.octets(&member.inner_algorithm)) || has(member.octets(&member.outer_algorithm))
}

/// Whether the attributes of a Name stand in the order of DER, and its PrintableStrings have no other characters.
fn is_name(name: &[u8]) -> bool {
    let read = || -> Option<bool> {
        let whole = Walk::new(name).expect(tag::SEQUENCE, "").ok()?;
        let mut fits = true;
        for rdn in elements(name, &whole)? {
            let attributes = elements(name, &rdn)?;
            fits &= attributes.is_sorted_by(|one, other| name[one.whole.clone()] <= name[other.whole.clone()]);
            for attribute in &attributes {
                let value = elements(name, attribute)?.into_iter().nth(1)?;
                let plain = |octet: &u8| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet);
                fits &= value.tag != tag::PRINTABLE || name[value.content].iter().all(plain);
            }
        }
        Some(fits)
    };
    read().unwrap_or(false)
}

/// The faults of a server's certificate, in the order in which they are met.
pub(super) fn end_entity(member: &Member, name: Option<&ServerName>) -> Vec<Fail> {
    let mut faults: Vec<Fail> = alt_name(member, name).into_iter().collect();
    for (oid, is, value) in extensions(member) {
        match oid {
            oids::AUTHORITY_INFO_ACCESS => faults.extend(access(oid, is, value)),
            oids::AUTHORITY_KEY_ID => faults.extend(critical(oid, is, Critical::Never)),
            oids::SUBJECT_KEY_ID => {}
            oids::KEY_USAGE => {
                faults.extend(undecodable(oid, value, &member.key_usage));
                if member.key_usage.value().is_some_and(|usage| usage.key_cert_sign()) {
                    faults.push(fail(Fault::CertSignOnNonCa, "EE keyUsage must not assert keyCertSign"));
                }
            }
            oids::SUBJECT_ALT_NAME => faults.extend(alt_name_critical(member, is)),
            oids::BASIC_CONSTRAINTS => {
                faults.extend(undecodable(oid, value, &member.basic_constraints));
                if member.is_ca() {
                    faults.push(fail(Fault::LeafIsCa, "basicConstraints.cA must not be asserted in an EE certificate"));
                }
            }
            oids::NAME_CONSTRAINTS => {
                faults.push((
                    Fault::Malformed,
                    format!("invalid extension: {oid}: Certificate contains prohibited extension"),
                ));
            }
            oids::EXTENDED_KEY_USAGE => {
                faults.extend(critical(oid, is, Critical::Never));
                faults.extend(undecodable(oid, value, &member.extended_key_usage));
                if member.extended_key_usage.value().is_some_and(|usages| !usages.contains(&SERVER_AUTH)) {
                    faults.push(fail(Fault::PurposeUnsuitable, "required EKU not found"));
                }
            }
            _ if is => faults.push(unknown(oid)),
            _ => {}
        }
    }
    if !member.has(oids::AUTHORITY_KEY_ID) {
        let why = format!("invalid extension: {}: Certificate is missing required extension", oids::AUTHORITY_KEY_ID);
        faults.push((Fault::AuthorityKeyIdMissing, why));
    }
    faults
}

/// The name that was asked for comes before what else is asked of extensions.
fn alt_name(member: &Member, name: Option<&ServerName>) -> Option<Fail> {
    let oid = oids::SUBJECT_ALT_NAME;
    let Some(value) = super::super::extension(member, oid) else {
        let why = "missing required extension: leaf server certificate has no subjectAltName";
        return Some(fail(Fault::HostMismatch, why));
    };
    let name = name.filter(|name| !super::names::host_matches(member, name));
    undecodable(oid, value, &member.subject_alt_name).or_else(|| {
        let fault = if matches!(name?, ServerName::Ip(_)) { Fault::AddressMismatch } else { Fault::HostMismatch };
        Some(fail(fault, "leaf certificate has no matching subjectAltName"))
    })
}

fn alt_name_critical(member: &Member, is_critical: bool) -> Option<Fail> {
    let why = match (member.subject.is_empty(), is_critical) {
        (true, false) => "EE subjectAltName MUST be critical when subject is empty",
        (false, true) => "EE subjectAltName MUST NOT be critical when subject is nonempty",
        _ => return None,
    };
    Some(fail(Fault::AltNameNotCritical, why))
}

/// The alternative names of an authority, which are read once it is taken, unless it issued itself.
pub(super) fn undecodable_names(member: &Member) -> Option<Fail> {
    let value = super::super::extension(member, oids::SUBJECT_ALT_NAME)?;
    undecodable(oids::SUBJECT_ALT_NAME, value, &member.subject_alt_name)
}

/// The faults of an authority below which `depth` certificates stand beside the server's.
pub(super) fn authority(member: &Member, depth: usize) -> Vec<Fail> {
    let mut faults: Vec<Fail> = Vec::new();
    // Basic constraints come before what else is asked of extensions.
    match super::super::extension(member, oids::BASIC_CONSTRAINTS) {
        None => {
            let oid = oids::BASIC_CONSTRAINTS;
            let why =
                format!("invalid extension: {oid}: missing required extension: CA certificate has no basicConstraints");
            faults.push((Fault::NotCa, why));
        }
        Some(value) => {
            faults.extend(undecodable(oids::BASIC_CONSTRAINTS, value, &member.basic_constraints));
            if let Some(limit) = member.basic_constraints.value().and_then(|found| found.path_len)
                && i64::try_from(depth).unwrap_or(i64::MAX) > limit
            {
                faults.push(fail(Fault::PathLength, "path length constraint violated"));
            }
            if member.basic_constraints.value().is_some_and(|found| !found.ca) {
                faults.push(fail(Fault::NotCa, "basicConstraints.cA must be asserted in a CA certificate"));
            }
        }
    }
    for (oid, is, value) in extensions(member) {
        match oid {
            oids::AUTHORITY_INFO_ACCESS => faults.extend(access(oid, is, value)),
            oids::SUBJECT_KEY_ID => faults.extend(critical(oid, is, Critical::Never)),
            oids::AUTHORITY_KEY_ID => {
                faults.extend(critical(oid, is, Critical::Never));
                faults.extend(undecodable(oid, value, &member.authority_key_id));
                if member.authority_key_id.value().is_some_and(|authority| authority.key_id.is_none()) {
                    faults.push(fail(Fault::AuthorityKeyIdEmpty, "authorityKeyIdentifier must contain keyIdentifier"));
                }
            }
            oids::KEY_USAGE => {
                faults.extend(undecodable(oid, value, &member.key_usage));
                if member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign()) {
                    let why = "keyUsage.keyCertSign must be asserted in a CA certificate";
                    faults.push(fail(Fault::KeyUsageNoCertSign, why));
                }
            }
            oids::SUBJECT_ALT_NAME => {}
            oids::BASIC_CONSTRAINTS => {
                faults.extend(critical(oid, is, Critical::Must));
            }
            oids::NAME_CONSTRAINTS => {
                faults.extend(undecodable(oid, value, &member.name_constraints));
                if member
                    .name_constraints
                    .value()
                    .is_some_and(|found| found.permitted.is_empty() && found.excluded.is_empty())
                {
                    let why = "nameConstraints must have non-empty permittedSubtrees or excludedSubtrees";
                    faults.push(fail(Fault::ConstraintMalformed, why));
                }
            }
            oids::EXTENDED_KEY_USAGE => {
                faults.extend(critical(oid, is, Critical::Never));
                faults.extend(undecodable(oid, value, &member.extended_key_usage));
                let serves = |usage: &Oid| *usage == SERVER_AUTH || *usage == ANY_PURPOSE;
                if member.extended_key_usage.value().is_some_and(|usages| !usages.iter().any(serves)) {
                    faults.push(fail(Fault::PurposeUnsuitable, "Neither EKU nor anyEKU could be found"));
                }
            }
            _ if is => faults.push(unknown(oid)),
            _ => {}
        }
    }
    if !member.has(oids::KEY_USAGE) {
        let why = format!("invalid extension: {}: Certificate is missing required extension", oids::KEY_USAGE);
        faults.push((Fault::CaKeyUsageMissing, why));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cryptography 48.0.0 says of each.
    #[test]
    fn extensions_are_der_or_nothing() {
        let server: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01";
        let trailing = [server, b"\0"].concat();
        for (oid, value, why) in [
            (oids::BASIC_CONSTRAINTS, &b"\x30\x03\x01\x01\xff"[..], None),
            (oids::BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\0", Some("DEFAULT value was explicitly encoded")),
            (oids::BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\x01", Some("invalid value")),
            (oids::BASIC_CONSTRAINTS, b"\x30\x06\x01\x01\xff\x02\x01\xff", Some("invalid value")),
            (oids::BASIC_CONSTRAINTS, b"\x30\0\0", Some("extra data")),
            (oids::KEY_USAGE, b"\x03\x02\x01\x06", None),
            (oids::KEY_USAGE, b"\x03\x02\x02\x06", Some("invalid value")),
            (oids::EXTENDED_KEY_USAGE, server, None),
            (oids::EXTENDED_KEY_USAGE, &trailing, Some("extra data")),
            (
                oids::EXTENDED_KEY_USAGE,
                b"\x05\0",
                Some("unexpected tag (got Tag { value: 5, constructed: false, class: Universal })"),
            ),
            (
                oids::NAME_CONSTRAINTS,
                b"\x30\x0a\xa1\x08\x30\x06\x82\x01a\x80\x01\0",
                Some("DEFAULT value was explicitly encoded"),
            ),
            (oids::NAME_CONSTRAINTS, b"\x30\x07\xa1\x05\x30\x03\x82\x01a", None),
        ] {
            assert_eq!(not_der(oid, value).as_deref(), why, "{oid} {value:02x?}");
        }
    }

    #[test]
    fn names_are_printable_where_they_say_so_and_sorted() {
        let attribute = |kind: u8, string: u8, text: &[u8]| {
            let value = [&[string, text.len() as u8], text].concat();
            [&[0x30, 5 + value.len() as u8, 6, 3, 0x55, 4, kind][..], &value].concat()
        };
        let name = |attributes: &[Vec<u8>]| {
            let set = attributes.concat();
            [&[0x30, set.len() as u8 + 2, 0x31, set.len() as u8][..], &set].concat()
        };
        let (common, organisation) = (attribute(3, 0x0c, b"a"), attribute(10, 0x0c, b"b"));
        assert!(is_name(&name(&[common.clone(), organisation.clone()])));
        assert!(!is_name(&name(&[organisation, common])));
        assert!(is_name(&name(&[attribute(3, 0x13, b"a b")])));
        assert!(!is_name(&name(&[attribute(3, 0x13, b"a@b")])));
    }
}
