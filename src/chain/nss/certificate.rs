//! What NSS reads of one certificate: its type, its key usage, its dates, algorithms, critical extensions.

use crate::chain::member::{Member, oids};
use crate::chain::search;
use crate::model::trust::{CLIENT_AUTH, SERVER_AUTH};
use crate::model::{Oid, PublicKey, Timestamp};
use crate::policy::Fault;
use crate::policy::nss::Nss;

/// `CERT_IsCACert` without the store's word.
pub(super) fn is_authority(member: &Member) -> bool {
    let self_signed = search::issuer(member) == search::subject(member);
    member.is_ca() || (self_signed && member.version < 3) || cert_type(member) & (SSL_CA | OTHER_CA) != 0
}

pub(super) const SSL_SERVER: u32 = 1;
pub(super) const SSL_CA: u32 = 2;
pub(super) const OTHER_CA: u32 = 4;

/// `cert_ComputeCertType`: what extended key usage, Netscape's type and basic constraints make of it.
pub(super) fn cert_type(member: &Member) -> u32 {
    let ca = member.is_ca();
    let netscape = member.netscape_type.value().copied();
    let usages = search::usages(member);
    if netscape.is_none() && usages.is_none() {
        let root = member.version < 3 && search::issuer(member) == search::subject(member);
        return SSL_SERVER | if ca || root { SSL_CA } else { 0 };
    }
    // Netscape's: 0x40 a server, 0x04 an authority for TLS, 0x03 for others.
    let mut kind = 0;
    if let Some(bits) = netscape {
        kind |= if bits & 0x40 != 0 { SSL_SERVER } else { 0 };
        kind |= if bits & 0x04 != 0 { SSL_CA } else { 0 };
        kind |= if bits & 0x03 != 0 { OTHER_CA } else { 0 };
    }
    const STEP_UP: Oid = Oid::new_unwrap("2.16.840.1.113730.4.1");
    for usage in usages.unwrap_or_default() {
        match *usage {
            SERVER_AUTH | STEP_UP => kind |= if ca { SSL_CA } else { SSL_SERVER },
            CLIENT_AUTH if ca => kind |= SSL_CA,
            _ if ca => kind |= OTHER_CA,
            _ => {}
        }
    }
    kind
}

/// `CERT_CheckKeyUsage` with key agreement or encipherment: what the kind of key asks for.
pub(super) fn leaf_usage_fits(member: &Member) -> bool {
    let Some(usage) = member.key_usage.value() else { return true };
    let has = |bit: u16| usage.0 & (1 << bit) != 0;
    match &member.key {
        PublicKey::Rsa { .. } => has(2),
        PublicKey::Ec { .. } | PublicKey::EcExplicit => has(0) || has(4),
        PublicKey::Other { .. } => has(0),
    }
}

/// Why a certificate is not valid at a moment, with slack before it begins.
pub(super) fn time_fault(member: &Member, now: Timestamp, slack: i64) -> Option<Fault> {
    match (member.not_before.at, member.not_after.at) {
        (Some(begins), _) if now.unix() < begins.unix().saturating_sub(slack) => Some(Fault::NotYetValid),
        (_, Some(ends)) if now > ends => Some(Fault::Expired),
        (Some(_), Some(_)) => None,
        _ => Some(Fault::NotAfterMalformed),
    }
}

/// Whether a certificate can be put into a database: its key can be decoded (`pk11_mkcertKeyID`,
/// lib/pk11wrap/pk11cert.c).
pub(super) fn has_known_key(member: &Member, nss: Nss) -> bool {
    match &member.key {
        PublicKey::Rsa { .. } | PublicKey::Ec { .. } => true,
        PublicKey::EcExplicit => false,
        PublicKey::Other { .. } => match member.key_algorithm.to_string().as_str() {
            "1.2.840.10040.4.1" | "1.2.840.113549.1.1.10" => true,
            "1.3.101.112" => nss.ed25519,
            _ => false,
        },
    }
}

/// What NSS makes of a signature algorithm: MD2 and MD5 are disabled (lib/util/secoid.c).
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Algorithm {
    Known,
    Disabled,
    Unknown,
}

pub(super) fn algorithm(member: &Member, nss: Nss) -> Algorithm {
    match member.algorithm.to_string().as_str() {
        "1.2.840.113549.1.1.2" | "1.2.840.113549.1.1.4" => Algorithm::Disabled,
        "1.2.840.113549.1.1.5"
        | "1.3.14.3.2.29"
        | "1.2.840.113549.1.1.10"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.113549.1.1.12"
        | "1.2.840.113549.1.1.13"
        | "1.2.840.113549.1.1.14"
        | "1.2.840.10045.4.1"
        | "1.2.840.10045.4.3.1"
        | "1.2.840.10045.4.3.2"
        | "1.2.840.10045.4.3.3"
        | "1.2.840.10045.4.3.4"
        | "1.2.840.10040.4.3"
        | "2.16.840.1.101.3.4.3.1"
        | "2.16.840.1.101.3.4.3.2" => Algorithm::Known,
        "1.3.101.112" if nss.ed25519 => Algorithm::Known,
        _ => Algorithm::Unknown,
    }
}

/// Whether a critical extension is none that NSS knows (`SECOID_KnownCertExtenOID`).
pub(super) fn has_unknown_critical(member: &Member) -> bool {
    const KNOWN: [Oid; 15] = [
        oids::SUBJECT_KEY_ID,
        oids::KEY_USAGE,
        oids::SUBJECT_ALT_NAME,
        oids::ISSUER_ALT_NAME,
        oids::BASIC_CONSTRAINTS,
        oids::NAME_CONSTRAINTS,
        oids::DISTRIBUTION_POINTS,
        oids::POLICIES,
        oids::POLICY_MAPPINGS,
        oids::POLICY_CONSTRAINTS,
        oids::AUTHORITY_KEY_ID,
        oids::EXTENDED_KEY_USAGE,
        oids::INHIBIT_ANY_POLICY,
        oids::AUTHORITY_INFO_ACCESS,
        oids::NETSCAPE_TYPE,
    ];
    member.extensions.iter().any(|(oid, critical)| *critical && !KNOWN.contains(oid))
}
