//! What `sun.security.x509` refuses to read, and how it writes names.

use super::names;
use crate::chain::member::extension::Found;
use crate::chain::member::general_name::GeneralName;
use crate::chain::member::{Member, oids};
use crate::format::x509;
use crate::model::name::Attribute;
use crate::model::{Name, Untrusted};
use crate::model::{Oid, PublicKey};
use crate::policy::Fault;
use std::collections::BTreeSet;

/// `X509CertImpl`: the fault and the message of what it throws.
pub(super) fn read(member: &Member) -> Result<(), (Fault, String)> {
    let refuse = |fault, why: &str| Err((fault, why.to_owned()));
    if member.version > 3 {
        return refuse(Fault::VersionUnsupported, "Unable to initialize, java.io.IOException: Unsupported version");
    }
    if !member.algorithms_agree() {
        return refuse(Fault::AlgorithmMismatch, "Signature algorithm mismatch");
    }
    if member.issuer.is_empty() {
        return refuse(Fault::IssuerEmpty, "Empty issuer DN not allowed in X509Certificates");
    }
    if member.not_before.at.is_none() || member.not_after.at.is_none() {
        return refuse(
            Fault::NotAfterMalformed,
            "Unable to initialize, java.io.IOException: Parse Generalized time, invalid format",
        );
    }
    if member.version == 1 && member.subject.is_empty() {
        return refuse(Fault::SubjectEmpty, "Empty subject DN not allowed in v1 certificate");
    }
    if member.key == PublicKey::EcExplicit {
        return refuse(
            Fault::KeyExplicitCurve,
            "Unable to initialize, java.io.IOException: Only named ECParameters supported",
        );
    }
    if member.version < 3 && !member.extensions.is_empty() {
        let why = if member.version == 1 {
            "no more data allowed for version 1 certificate"
        } else {
            "Extensions not allowed in v2 certificate"
        };
        return refuse(Fault::ExtensionsNeedVersion3, why);
    }
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    for (oid, _) in &member.extensions {
        if !seen.insert(oid.as_bytes()) {
            return refuse(
                Fault::Malformed,
                "Unable to initialize, java.io.IOException: Duplicate extensions not allowed",
            );
        }
    }
    if let Some(oid) = broken_critical(member) {
        let why = format!("Unable to initialize, java.io.IOException: critical extension {oid} cannot be decoded");
        return Err((Fault::Malformed, why));
    }
    // `X509CertInfo.parse` returns where nothing follows the key.
    if member.subject.is_empty() && has_extensions(member) {
        let (fault, why) = if member.subject_alt_name.value().is_none() {
            let why = "X.509 Certificate is incomplete: subject field is empty, and SubjectAlternativeName extension is absent";
            (Fault::SubjectEmpty, why)
        } else if member.alt_names().next().is_none() {
            let why = "X.509 Certificate is incomplete: subject field is empty, and SubjectAlternativeName extension is empty";
            (Fault::SubjectEmpty, why)
        } else if !member.subject_alt_name.is_critical() {
            let why = "X.509 Certificate is incomplete: SubjectAlternativeName extension MUST be marked critical when \
                       subject field is empty";
            (Fault::AltNameNotCritical, why)
        } else {
            return Ok(());
        };
        return refuse(fault, why);
    }
    Ok(())
}

/// A critical extension that Java knows and cannot decode; others that cannot be decoded are passed over
/// (`UnparseableExtension`).
fn broken_critical(member: &Member) -> Option<Oid> {
    let found = [
        (oids::SUBJECT_ALT_NAME, !alt_names_are_read(member)),
        (oids::BASIC_CONSTRAINTS, member.basic_constraints.is_broken()),
        (oids::KEY_USAGE, member.key_usage.is_broken()),
        (oids::EXTENDED_KEY_USAGE, member.extended_key_usage.is_broken()),
        (oids::NAME_CONSTRAINTS, !constraints_are_read(member)),
        (oids::AUTHORITY_KEY_ID, member.authority_key_id.is_broken()),
        (oids::SUBJECT_KEY_ID, member.subject_key_id.is_broken()),
        (oids::POLICIES, member.policies.is_broken()),
    ];
    let critical = |wanted: Oid| member.extensions.iter().any(|(oid, critical)| *oid == wanted && *critical);
    found.into_iter().find(|(oid, broken)| *broken && critical(*oid)).map(|(oid, _)| oid)
}

/// Whether there is a list of extensions, be it empty.
fn has_extensions(member: &Member) -> bool {
    member.certificate().outline().is_ok_and(|outline| !outline.extensions.is_empty())
}

/// Whether the alternative names can be read: one at least, and each by the constructor of its kind.
pub(super) fn alt_names_are_read(member: &Member) -> bool {
    match &member.subject_alt_name {
        Found::Absent => true,
        Found::Malformed { .. } | Found::Repeated { .. } => false,
        Found::Present { value, .. } => {
            !value.is_empty()
                && value.iter().all(|name| match name {
                    GeneralName::Email(text) => is_mail_address(text),
                    GeneralName::Uri(text) => is_uri(text),
                    GeneralName::Ip(octets) => is_address(octets),
                    _ => true,
                })
        }
    }
}

/// What `IPAddressName(byte[])` takes: an address, or one with a mask.
pub(super) fn is_address(octets: &[u8]) -> bool {
    matches!(octets.len(), 4 | 8 | 16 | 32)
}

/// Whether the name constraints can be read: a constraint of URIs is a host (`URIName.nameConstraint`).
pub(super) fn constraints_are_read(member: &Member) -> bool {
    let Some(found) = member.name_constraints.value() else { return !member.name_constraints.is_broken() };
    found.permitted.iter().chain(&found.excluded).all(|subtree| match &subtree.base {
        GeneralName::Email(text) => is_mail_address(text),
        GeneralName::Uri(text) => {
            std::str::from_utf8(text).is_ok_and(|text| names::is_dns_name(text.strip_prefix('.').unwrap_or(text)))
        }
        GeneralName::Ip(octets) => is_address(octets),
        _ => true,
    })
}

/// What `RFC822Name` takes: something, and behind the first `@` something that is more than a dot.
fn is_mail_address(text: &[u8]) -> bool {
    let domain = text.iter().position(|&octet| octet == b'@').map_or(text, |at| &text[at + 1..]);
    !domain.is_empty() && domain != b"."
}

/// What `URIName` takes, as far as certificates have it: a scheme.
fn is_uri(text: &[u8]) -> bool {
    let scheme = text.split(|&octet| octet == b':').next().unwrap_or_default();
    let plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"+-.".contains(octet);
    scheme.len() < text.len() && scheme.first().is_some_and(u8::is_ascii_alphabetic) && scheme.iter().all(plain)
}

/// The standard name of a signature algorithm (`KnownOIDs`).
pub(super) fn signature_name(algorithm: &str) -> Option<&'static str> {
    Some(match algorithm {
        "1.2.840.113549.1.1.2" => "MD2withRSA",
        "1.2.840.113549.1.1.4" => "MD5withRSA",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "SHA1withRSA",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "SHA256withRSA",
        "1.2.840.113549.1.1.12" => "SHA384withRSA",
        "1.2.840.113549.1.1.13" => "SHA512withRSA",
        "1.2.840.113549.1.1.14" => "SHA224withRSA",
        "1.2.840.10045.4.1" => "SHA1withECDSA",
        "1.2.840.10045.4.3.1" => "SHA224withECDSA",
        "1.2.840.10045.4.3.2" => "SHA256withECDSA",
        "1.2.840.10045.4.3.3" => "SHA384withECDSA",
        "1.2.840.10045.4.3.4" => "SHA512withECDSA",
        "1.2.840.10040.4.3" => "SHA1withDSA",
        "2.16.840.1.101.3.4.3.1" => "SHA224withDSA",
        "2.16.840.1.101.3.4.3.2" => "SHA256withDSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => return None,
    })
}

/// A subject as `X500Principal.toString` has it: the last part first.
pub(super) fn name_text(member: &Member) -> String {
    let Ok(name) = x509::subject(member.certificate()) else { return String::new() };
    let rdns = name.rdns.into_iter().rev();
    let texts = rdns.map(|rdn| rdn.into_iter().map(attribute_text).collect::<Vec<_>>().join(" + "));
    texts.collect::<Vec<_>>().join(", ")
}

/// An attribute with the keyword that Java has for it (`AVAKeyword`), else its object identifier.
fn attribute_text(mut attribute: Attribute) -> String {
    attribute.value = Untrusted::new(quoted(attribute.value.raw()));
    let text = Name { rdns: vec![vec![attribute]] }.text().raw().to_owned();
    let Some((label, value)) = text.split_once('=') else { return text };
    let keyword = match label {
        "SN" => "SURNAME".to_owned(),
        "GN" => "GIVENNAME".to_owned(),
        _ if label.contains('.') => format!("OID.{label}"),
        _ => label.to_ascii_uppercase(),
    };
    format!("{keyword}={value}")
}

/// A value as `AVA.toKeywordValueString` writes it: in quotation marks where it has a sign of RFC 1779, white space at an
/// end or two of it together. What is in hexadecimal stays.
fn quoted(value: &str) -> String {
    let is_space = |c: char| c == ' ' || c == '\n';
    let twice = value.chars().zip(value.chars().skip(1)).any(|(one, other)| is_space(one) && is_space(other));
    let signs = value.contains(|c| ",+=\n<>#;\\\"".contains(c));
    let needs = twice || signs || value.starts_with(is_space) || value.ends_with(is_space);
    if !needs || value.starts_with('#') {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether two INTEGERs are the same number.
pub(super) fn same_number(one: &[u8], other: &[u8]) -> bool {
    let bare = |octets: &[u8]| octets.iter().skip_while(|octet| **octet == 0).copied().collect::<Vec<_>>();
    bare(one) == bare(other)
}
