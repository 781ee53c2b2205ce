//! The profile that certificates are held to (`policy/mod.rs` and `policy/extension.rs`).

use super::super::{ANY_USAGE, SERVER_AUTH, dates, elements, extensions};
use crate::chain::member::extension::Found;
use crate::chain::member::{Member, oids};
use crate::chain::name::ServerName;
use crate::format::der::{Walk, tag};
use crate::model::{Oid, Timestamp};
use crate::policy::Fault;

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

fn duplicate(member: &Member) -> Option<Fail> {
    let mut seen = std::collections::BTreeSet::new();
    let twice = member.extensions.iter().find(|(oid, _)| !seen.insert(oid.as_bytes()))?;
    Some((Fault::Malformed, format!("invalid extension: {}: duplicate extension", twice.0)))
}

fn malformed<T>(found: &Found<T>) -> Option<Fail> {
    found.is_broken().then(|| fail(Fault::Malformed, "ASN.1 parsing error: invalid value"))
}

/// The faults of a server's certificate, in the order in which they are met.
pub(super) fn end_entity(member: &Member, name: Option<&ServerName>) -> Vec<Fail> {
    let mut faults: Vec<Fail> = duplicate(member).into_iter().collect();
    for (oid, is, value) in extensions(member) {
        match oid {
            oids::AUTHORITY_INFO_ACCESS => faults.extend(access(oid, is, value)),
            oids::AUTHORITY_KEY_ID => faults.extend(critical(oid, is, Critical::Never)),
            oids::SUBJECT_KEY_ID => {}
            oids::KEY_USAGE => {
                faults.extend(malformed(&member.key_usage));
                if member.key_usage.value().is_some_and(|usage| usage.key_cert_sign()) {
                    faults.push(fail(Fault::CertSignOnNonCa, "EE keyUsage must not assert keyCertSign"));
                }
            }
            oids::SUBJECT_ALT_NAME => faults.extend(alt_name(member, is, name)),
            oids::BASIC_CONSTRAINTS => {
                faults.extend(malformed(&member.basic_constraints));
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
                faults.extend(malformed(&member.extended_key_usage));
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
    if !member.has(oids::SUBJECT_ALT_NAME) {
        let why = "missing required extension: leaf server certificate has no subjectAltName";
        faults.push(fail(Fault::HostMismatch, why));
    }
    faults
}

fn alt_name(member: &Member, is_critical: bool, name: Option<&ServerName>) -> Vec<Fail> {
    let mut faults: Vec<Fail> = Vec::new();
    match (member.subject.is_empty(), is_critical) {
        (true, false) => {
            faults.push(fail(Fault::AltNameNotCritical, "EE subjectAltName MUST be critical when subject is empty"));
        }
        (false, true) => {
            faults.push(fail(
                Fault::AltNameNotCritical,
                "EE subjectAltName MUST NOT be critical when subject is nonempty",
            ));
        }
        _ => {}
    }
    faults.extend(malformed(&member.subject_alt_name));
    if let Some(name) = name
        && !super::names::host_matches(member, name)
    {
        let fault = if matches!(name, ServerName::Ip(_)) { Fault::AddressMismatch } else { Fault::HostMismatch };
        faults.push(fail(fault, "leaf certificate has no matching subjectAltName"));
    }
    faults
}

/// The faults of an authority below which `depth` certificates stand beside the server's.
pub(super) fn authority(member: &Member, depth: usize) -> Vec<Fail> {
    let mut faults: Vec<Fail> = duplicate(member).into_iter().collect();
    if let Some(limit) = member.basic_constraints.value().and_then(|found| found.path_len)
        && i64::try_from(depth).unwrap_or(i64::MAX) > limit
    {
        faults.push(fail(Fault::PathLength, "path length constraint violated"));
    }
    for (oid, is, value) in extensions(member) {
        match oid {
            oids::AUTHORITY_INFO_ACCESS => faults.extend(access(oid, is, value)),
            oids::SUBJECT_KEY_ID => faults.extend(critical(oid, is, Critical::Never)),
            oids::AUTHORITY_KEY_ID => {
                faults.extend(critical(oid, is, Critical::Never));
                faults.extend(malformed(&member.authority_key_id));
                if member.authority_key_id.value().is_some_and(|authority| authority.key_id.is_none()) {
                    faults.push(fail(Fault::AuthorityKeyIdEmpty, "authorityKeyIdentifier must contain keyIdentifier"));
                }
            }
            oids::KEY_USAGE => {
                faults.extend(malformed(&member.key_usage));
                if member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign()) {
                    let why = "keyUsage.keyCertSign must be asserted in a CA certificate";
                    faults.push(fail(Fault::KeyUsageNoCertSign, why));
                }
            }
            oids::SUBJECT_ALT_NAME => {}
            oids::BASIC_CONSTRAINTS => {
                faults.extend(critical(oid, is, Critical::Must));
                faults.extend(malformed(&member.basic_constraints));
                if member.basic_constraints.value().is_some_and(|found| !found.ca) {
                    faults.push(fail(Fault::NotCa, "basicConstraints.cA must be asserted in a CA certificate"));
                }
            }
            oids::NAME_CONSTRAINTS => {
                faults.extend(malformed(&member.name_constraints));
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
                faults.extend(malformed(&member.extended_key_usage));
                let serves = |usage: &Oid| *usage == SERVER_AUTH || *usage == ANY_USAGE;
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
    if !member.has(oids::BASIC_CONSTRAINTS) {
        let oid = oids::BASIC_CONSTRAINTS;
        let why =
            format!("invalid extension: {oid}: missing required extension: CA certificate has no basicConstraints");
        faults.push((Fault::NotCa, why));
    }
    faults
}
