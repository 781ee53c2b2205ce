//! Signatures and keys as Go names them.

use super::super::pss_digest;
use crate::chain::member::Member;
use crate::model::PublicKey;

/// How a certificate is signed, as Go names it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scheme {
    Rsa,
    Ecdsa,
    Ed25519,
    MlDsa,
    Insecure(&'static str),
    Unknown,
}

impl Scheme {
    pub(super) fn key(self) -> Option<&'static str> {
        match self {
            Self::Rsa => Some("RSA"),
            Self::Ecdsa => Some("ECDSA"),
            Self::Ed25519 => Some("Ed25519"),
            Self::MlDsa => Some("ML-DSA"),
            Self::Insecure(name) => Some(if name.starts_with("ECDSA") { "ECDSA" } else { "RSA" }),
            Self::Unknown => None,
        }
    }
}

/// `getSignatureAlgorithmFromAI`.
pub(super) fn scheme(member: &Member) -> Scheme {
    match member.algorithm.to_string().as_str() {
        "1.2.840.113549.1.1.11" | "1.2.840.113549.1.1.12" | "1.2.840.113549.1.1.13" => Scheme::Rsa,
        // RSASSA-PSS with SHA-256, 384 or 512, the same for MGF1, and a salt as long as the digest.
        "1.2.840.113549.1.1.10" if pss_digest(member).is_some() => Scheme::Rsa,
        "1.2.840.10045.4.3.2" | "1.2.840.10045.4.3.3" | "1.2.840.10045.4.3.4" => Scheme::Ecdsa,
        "1.3.101.112" => Scheme::Ed25519,
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => Scheme::MlDsa,
        "1.2.840.113549.1.1.2" => Scheme::Unknown,
        "1.2.840.113549.1.1.4" => Scheme::Insecure("MD5-RSA"),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Scheme::Insecure("SHA1-RSA"),
        "1.2.840.10045.4.1" => Scheme::Insecure("ECDSA-SHA1"),
        "1.2.840.10040.4.3" => Scheme::Insecure("DSA-SHA1"),
        _ => Scheme::Unknown,
    }
}

/// The kind of a key, and Go's type of it; no type where Go does not know the kind.
pub(super) fn key_of(member: &Member) -> (&'static str, Option<&'static str>) {
    match &member.key {
        PublicKey::Rsa { .. } => ("RSA", Some("*rsa.PublicKey")),
        PublicKey::Ec { .. } | PublicKey::EcExplicit => ("ECDSA", Some("*ecdsa.PublicKey")),
        PublicKey::Other { .. } => match member.key_algorithm.to_string().as_str() {
            "1.3.101.112" => ("Ed25519", Some("ed25519.PublicKey")),
            "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => ("ML-DSA", None),
            _ => ("", None),
        },
    }
}

/// Whether `PublicKey` is nil: an algorithm that Go does not know.
pub(super) fn is_unknown_key(member: &Member) -> bool {
    let known = ["1.2.840.10040.4.1", "1.3.101.110"];
    matches!(&member.key, PublicKey::Other { .. })
        && key_of(member).0.is_empty()
        && !known.contains(&member.key_algorithm.to_string().as_str())
}
