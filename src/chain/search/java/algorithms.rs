//! What Java asks of one certificate by itself: algorithms, keys, what it blocks, what an anchor must be.
//!
//! `AlgorithmChecker` with `jdk.certpath.disabledAlgorithms`, `UntrustedChecker`, `verifyTrustAnchor`, and the
//! algorithms that a TLS client offers (`SSLAlgorithmConstraints`).

use super::parse;
use crate::chain::member::{Member, oids};
use crate::model::{Oid, PublicKey};
use crate::policy::Fault;
use crate::policy::java::{Java, lists};

/// Whether the release verifies signatures of an algorithm.
pub(super) fn knows(algorithm: &str, java: Java) -> bool {
    match algorithm {
        "1.3.101.112" | "1.3.101.113" => java.eddsa,
        "1.2.840.113549.1.1.10" => java.pss,
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => java.ml_dsa,
        other => parse::signature_name(other).is_some(),
    }
}

/// `jdk.certpath.disabledAlgorithms`: MD2, MD5, short keys, SHA-1 below the JDK's own.
pub(super) fn weak(member: &Member, depth: usize, below_jdk_root: bool, java: Java) -> Option<(Fault, String)> {
    let algorithm = member.algorithm.to_string();
    let name = parse::signature_name(&algorithm).unwrap_or_default();
    let digest = match name {
        name if name.starts_with("MD2") => Some("MD2"),
        name if name.starts_with("MD5") => Some("MD5"),
        name if name.starts_with("SHA1") && below_jdk_root && java.sha1_below_jdk_roots => Some("SHA1"),
        _ => None,
    };
    if let Some(digest) = digest {
        let why = if digest == "SHA1" {
            "Algorithm constraints check failed on SHA1 jdkCA & usage TLSServer".to_owned()
        } else {
            format!("Algorithm constraints check failed on disabled algorithm: {digest} used with certificate")
        };
        return Some((Fault::DigestWeak, why));
    }
    weak_key(member, depth > 0, java)
}

/// Whether a key is shorter than `jdk.certpath.disabledAlgorithms` lets it be.
pub(super) fn weak_key(member: &Member, is_ca: bool, java: Java) -> Option<(Fault, String)> {
    let fault = if is_ca { Fault::CaKeyWeak } else { Fault::LeafKeyWeak };
    let (name, bits, least) = match member.key {
        PublicKey::Rsa { bits } => ("RSA", bits, java.rsa),
        PublicKey::Ec { bits: Some(bits), .. } => ("EC", bits, java.ec),
        _ => return None,
    };
    (bits < least)
        .then(|| (fault, format!("Algorithm constraints check failed on keysize limits: {name} {bits} bit key")))
}

/// The algorithms that a TLS client offers for certificates: MD5 is none of them, nor is ML-DSA.
pub(super) fn unsupported_by_tls(member: &Member) -> Option<String> {
    let algorithm = member.algorithm.to_string();
    let md5 = matches!(algorithm.as_str(), "1.2.840.113549.1.1.2" | "1.2.840.113549.1.1.4");
    let name = match algorithm.as_str() {
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => parse::signature_name(other).unwrap_or(""),
    };
    (is_ml_dsa(&algorithm) || md5).then(|| format!("Algorithm constraints check failed on signature algorithm: {name}"))
}

/// Identifiers that begin as those of ML-DSA do, DSA with SHA-224 apart.
pub(super) fn is_ml_dsa(algorithm: &str) -> bool {
    algorithm.starts_with("2.16.840.1.101.3.4.3.1") && algorithm != "2.16.840.1.101.3.4.3.1"
}

/// `verifyTrustAnchor`: what an anchor's own extensions must say.
pub(super) fn anchor_faults(anchor: &Member, java: Java) -> Vec<Fault> {
    if !java.anchor_must_be_ca || anchor.version < 3 {
        return Vec::new();
    }
    let cannot_sign = anchor.key_usage.value().is_some_and(|usage| !usage.key_cert_sign());
    let faults = [(!anchor.is_ca(), Fault::AnchorNotCa), (cannot_sign, Fault::KeyUsageNoCertSign)];
    faults.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect()
}

/// Whether the JDK lets no path hold it (`lib/security/blocked.certs`).
pub(super) fn is_blocked(member: &Member) -> bool {
    let id = member.fingerprint().to_string().replace(':', "").to_ascii_uppercase();
    lists::BLOCKED.contains(&id.as_str())
}

/// What is left of the critical extensions when every checker has taken its own.
pub(super) fn has_unknown_critical(member: &Member) -> bool {
    const KNOWN: [Oid; 9] = [
        oids::BASIC_CONSTRAINTS,
        oids::NAME_CONSTRAINTS,
        oids::POLICIES,
        oids::POLICY_MAPPINGS,
        oids::POLICY_CONSTRAINTS,
        oids::INHIBIT_ANY_POLICY,
        oids::SUBJECT_ALT_NAME,
        oids::KEY_USAGE,
        oids::EXTENDED_KEY_USAGE,
    ];
    member.extensions.iter().any(|(oid, critical)| *critical && !KNOWN.contains(oid))
}
