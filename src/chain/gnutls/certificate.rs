//! What GnuTLS reads of one certificate: purpose, critical extensions, algorithms, keys, and what it refuses.

use super::list::strict;
use crate::chain::member::{Member, oids};
use crate::chain::openssl::algorithm::{Digest, digest, pss};
use crate::chain::search;
use crate::format::der::{Tlv, Walk, tag};
use crate::format::gnutls::unread;
use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::model::{NotImported, Oid, PublicKey};
use crate::policy::Fault;
use crate::policy::gnutls::GnuTls;

/// `_gnutls_check_key_purpose`: no extended key usage, or one with serverAuth; in a CA Netscape's and
/// Verisign's old ones; anyExtendedKeyUsage where it counts.
pub(super) fn has_purpose(member: &Member, any_counts: bool) -> bool {
    const OLD: [Oid; 2] = [Oid::new_unwrap("2.16.840.1.113730.4.1"), Oid::new_unwrap("2.16.840.1.113733.1.8.1")];
    if !member.extended_key_usage.is_there() {
        return true;
    }
    let Some(usages) = search::usages(member).filter(|_| strict(member, oids::EXTENDED_KEY_USAGE).is_some()) else {
        return false;
    };
    let is_ca = basic_constraints(member).is_some_and(|found| found.ca);
    usages.is_empty()
        || usages.iter().any(|usage| {
            *usage == SERVER_AUTH || (any_counts && *usage == ANY_PURPOSE) || (is_ca && OLD.contains(usage))
        })
}

/// What basic constraints say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Basic {
    pub(super) ca: bool,
    pub(super) limit: Option<u32>,
}

/// `gnutls_x509_ext_import_basic_constraints`: nothing where it cannot be read. A path length is at most four octets, and
/// has no sign.
pub(super) fn basic_constraints(member: &Member) -> Option<Basic> {
    let value = strict(member, oids::BASIC_CONSTRAINTS)?;
    let whole = Walk::new(value).expect(tag::SEQUENCE, "").ok()?;
    let mut fields = Walk::inside(value, &whole.content);
    let flag = fields.optional(tag::BOOLEAN).ok()?.map(|flag| &value[flag.content]);
    let ca = match flag {
        None => false,
        Some([octet]) => *octet != 0,
        Some(_) => return None,
    };
    let limit = match fields.optional(tag::INTEGER).ok()?.map(|number| &value[number.content]) {
        None => None,
        Some(octets) if (1..=4).contains(&octets.len()) => {
            let number = octets.iter().fold(0u32, |number, octet| (number << 8) | u32::from(*octet));
            // -1 stands for none.
            Some(number).filter(|number| *number != u32::MAX)
        }
        Some(_) => return None,
    };
    fields.is_empty().then_some(Basic { ca, limit })
}

/// `gnutls_x509_ext_import_key_usage`: whether the key may sign certificates.
///
/// # Errors
/// Where the extension cannot be read.
pub(super) fn may_sign_certificates(member: &Member) -> Result<bool, Fault> {
    const CERT_SIGN: u8 = 1 << 2;
    if !member.key_usage.is_there() {
        return Ok(true);
    }
    let bits = || {
        let value = strict(member, oids::KEY_USAGE)?;
        let bits = Walk::new(value).expect(tag::BIT_STRING, "").ok()?;
        let (unused, octets) = value[bits.content].split_first()?;
        (*unused < 8).then(|| octets.first().copied().unwrap_or_default())
    };
    bits().map(|bits| bits & CERT_SIGN != 0).ok_or(Fault::Malformed)
}

/// id-pe-tlsfeature, RFC 7633.
const TLS_FEATURE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.24");

/// `gnutls_x509_crt_get_tlsfeatures`: the features; nothing where there is no such extension.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn tls_features(member: &Member) -> Result<Option<Vec<u32>>, Fault> {
    if !member.has(TLS_FEATURE) {
        return Ok(None);
    }
    let read = || {
        let value = strict(member, TLS_FEATURE)?;
        let whole = Walk::new(value).expect(tag::SEQUENCE, "").ok()?;
        let number = |element: &Tlv| {
            let octets = &value[element.content.clone()];
            let number = octets.iter().fold(0u32, |number, octet| (number << 8) | u32::from(*octet));
            (element.tag == tag::INTEGER && (1..=4).contains(&octets.len()) && number <= 0xffff).then_some(number)
        };
        search::elements(value, &whole)?.iter().map(number).collect::<Option<Vec<u32>>>()
    };
    read().map(Some).ok_or(Fault::ConstraintMalformed)
}

/// status_request, the feature that demands an OCSP response.
const STATUS_REQUEST: u32 = 5;

/// Whether a certificate demands an OCSP response with it; one whose features cannot be read demands none
/// (`_gnutls_ocsp_verify_mandatory_stapling`).
pub(super) fn demands_status(member: &Member) -> bool {
    matches!(tls_features(member), Ok(Some(features)) if features.contains(&STATUS_REQUEST))
}

/// Whether the key usage, where there is any, is without digitalSignature (`check_key_usage_for_sig`, lib/tls-sig.c). One
/// that cannot be read is none (`gnutls_pubkey_import_x509`).
pub(in crate::chain) fn must_not_sign(member: &Member) -> bool {
    member.key_usage.value().is_some_and(|usage| usage.0 != 0 && usage.0 & 1 == 0)
}

/// Whether the salt of an RSA-PSS signature is as long as its digest, whatever its parameters say
/// (`_gnutls_find_rsa_pss_salt_size`, lib/pubkey.c, for a key that says nothing of it).
pub(super) fn salt_fits(member: &Member) -> bool {
    pss(member).is_none_or(|found| found.salt_fits())
}

/// Whether a critical extension is none that the library knows (lib/x509/supported_exts.gperf).
pub(super) fn has_unknown_critical(member: &Member) -> bool {
    const KNOWN: [Oid; 14] = [
        oids::SUBJECT_KEY_ID,
        oids::KEY_USAGE,
        oids::SUBJECT_ALT_NAME,
        oids::ISSUER_ALT_NAME,
        oids::BASIC_CONSTRAINTS,
        oids::NAME_CONSTRAINTS,
        oids::DISTRIBUTION_POINTS,
        oids::AUTHORITY_KEY_ID,
        oids::EXTENDED_KEY_USAGE,
        oids::AUTHORITY_INFO_ACCESS,
        oids::PROXY,
        TLS_FEATURE,
        oids::POLICIES,
        oids::INHIBIT_ANY_POLICY,
    ];
    member.extensions.iter().any(|(oid, critical)| *critical && !KNOWN.contains(oid))
}

/// What the library makes of a signature algorithm (lib/algorithms/sign.c).
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Algorithm {
    Secure,
    Insecure,
    Unknown,
}

pub(super) fn algorithm(member: &Member, policy: &GnuTls) -> Algorithm {
    match by_itself(member, policy) {
        Algorithm::Secure if !is_let(member, policy, true) => Algorithm::Insecure,
        Algorithm::Insecure if is_let(member, policy, false) => Algorithm::Secure,
        known => known,
    }
}

fn by_itself(member: &Member, policy: &GnuTls) -> Algorithm {
    match member.algorithm.to_string().as_str() {
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => {
            if policy.sha1_refused {
                Algorithm::Insecure
            } else {
                Algorithm::Secure
            }
        }
        // MD2, MD5, RIPEMD-160.
        "1.2.840.113549.1.1.2" | "1.2.840.113549.1.1.4" | "1.3.36.3.3.1.2" => Algorithm::Insecure,
        // RSA-PSS with SHA-256, 384 or 512 and the same for its mask (`_gnutls_x509_read_rsa_pss_params`,
        // lib/x509/key_decode.c; lib/algorithms/sign.c has no others).
        "1.2.840.113549.1.1.10" => match pss(member) {
            Some(found) if found.is_even() => Algorithm::Secure,
            _ => Algorithm::Unknown,
        },
        "1.2.840.113549.1.1.11"
        | "1.2.840.113549.1.1.12"
        | "1.2.840.113549.1.1.13"
        | "1.2.840.113549.1.1.14"
        | "1.2.840.10045.4.3.1"
        | "1.2.840.10045.4.3.2"
        | "1.2.840.10045.4.3.3"
        | "1.2.840.10045.4.3.4"
        | "1.3.101.112"
        | "1.3.101.113"
        | "2.16.840.1.101.3.4.3.1"
        | "2.16.840.1.101.3.4.3.2" => Algorithm::Secure,
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" if policy.ml_dsa => {
            Algorithm::Secure
        }
        _ => Algorithm::Unknown,
    }
}

/// The names that the system's configuration has for the algorithm of a signature and for its digest; that of Ed25519
/// and Ed448 is part of them.
fn names(member: &Member) -> Option<(String, Option<&'static str>)> {
    let digest = match digest(member)? {
        Digest::Md5 => "MD5",
        Digest::Sha1 => "SHA1",
        Digest::Bits(224) => "SHA224",
        Digest::Bits(256) => "SHA256",
        Digest::Bits(384) => "SHA384",
        Digest::Bits(512) => "SHA512",
        _ => "",
    };
    let keys = match member.algorithm.to_string().as_str() {
        "1.3.101.112" => return Some(("EDDSA-ED25519".to_owned(), None)),
        "1.3.101.113" => return Some(("EDDSA-ED448".to_owned(), None)),
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        rsa if rsa.starts_with("1.2.840.113549.1.1.") => "RSA",
        ecdsa if ecdsa.starts_with("1.2.840.10045.4.") => "ECDSA",
        dsa if dsa.starts_with("1.2.840.10040.4.") || dsa.starts_with("2.16.840.1.101.3.4.3.") => "DSA",
        _ => return None,
    };
    (!digest.is_empty()).then(|| (format!("{keys}-{digest}"), Some(digest)))
}

/// Whether the system's configuration lets an algorithm serve that would by itself.
fn is_let(member: &Member, policy: &GnuTls, by_itself: bool) -> bool {
    let Some((signature, digest)) = names(member) else { return by_itself && !policy.system.allowlist };
    // The digest of Ed25519 and Ed448 is their own.
    policy.system.takes_signature(&signature, by_itself)
        && digest.is_none_or(|digest| policy.system.takes_digest(digest, by_itself))
}

/// The name that the system's configuration has for the curve of a key.
fn curve(member: &Member) -> Option<&'static str> {
    let named = |curve: &str| {
        let known = [("P-192", "SECP192R1"), ("P-224", "SECP224R1"), ("P-256", "SECP256R1"), ("P-384", "SECP384R1")];
        let more = [("P-521", "SECP521R1")];
        known.into_iter().chain(more).find(|(known, _)| *known == curve).map(|(_, name)| name)
    };
    match &member.key {
        PublicKey::Ec { curve, .. } => named(curve),
        _ => match member.key_algorithm.to_string().as_str() {
            "1.3.101.112" => Some("ED25519"),
            "1.3.101.113" => Some("ED448"),
            _ => None,
        },
    }
}

/// Whether the system's configuration has taken away the curve of a key.
pub(super) fn has_disabled_curve(member: &Member, policy: &GnuTls) -> bool {
    curve(member).is_some_and(|curve| !policy.system.takes_curve(curve))
}

/// Whether the library can decode a key (lib/algorithms/ecc.c has the curves of NIST alone).
pub(super) fn knows_key(member: &Member, policy: &GnuTls) -> bool {
    !has_disabled_curve(member, policy) && is_known_key(member, policy)
}

/// Whether the library has the key's algorithm and curve.
pub(super) fn is_known_key(member: &Member, policy: &GnuTls) -> bool {
    match &member.key {
        PublicKey::EcExplicit => false,
        PublicKey::Ec { curve, .. } => curve.starts_with("P-"),
        PublicKey::Rsa { .. } => true,
        PublicKey::Other { .. } => match member.key_algorithm.to_string().as_str() {
            "1.3.101.112" | "1.3.101.113" | "1.2.840.10040.4.1" | "1.2.840.113549.1.1.10" => true,
            other => policy.ml_dsa && other.starts_with("2.16.840.1.101.3.4.3."),
        },
    }
}

/// What `gnutls_x509_crt_import` refuses, so that there is no handshake.
pub(super) fn unreadable(member: &Member) -> Option<Unreadable> {
    let why = unread(member.certificate())?;
    let fault = match why {
        NotImported::DateEncoding | NotImported::Date => Fault::NotAfterMalformed,
        NotImported::Algorithms => Fault::AlgorithmMismatch,
        NotImported::Der | NotImported::Names(_) | NotImported::Twice => Fault::Malformed,
        NotImported::Version => Fault::ExtensionsNeedVersion3,
    };
    // lib/includes/gnutls/gnutls.h; of DER it is the error of the decoder.
    let code = match why {
        NotImported::Algorithms | NotImported::Version => -43,
        NotImported::Twice => -430,
        NotImported::Date => -416,
        NotImported::DateEncoding => -418,
        NotImported::Der => -69,
        NotImported::Names(text) if text.starts_with("ASN1 parser") => -69,
        NotImported::Names(_) => -62,
    };
    Some(Unreadable { fault, code, text: why.says() })
}

/// Whether the library reads a certificate at all.
pub(in crate::chain) fn is_readable(member: &Member) -> bool {
    unreadable(member).is_none()
}

/// Why a certificate is not read.
pub(super) struct Unreadable {
    pub(super) fault: Fault,
    /// The number of the library's error.
    pub(super) code: i32,
    /// Its text.
    pub(super) text: &'static str,
}
