//! What Java asks of one certificate by itself: algorithms, keys, what it blocks, what an anchor must be.
//!
//! `AlgorithmChecker` with `jdk.certpath.disabledAlgorithms`, `UntrustedChecker`, `verifyTrustAnchor`, and the
//! algorithms that a TLS client offers (`SSLAlgorithmConstraints`).

use super::parse;
use crate::chain::member::{Member, oids};
use crate::chain::openssl::algorithm::{Digest, digest};
use crate::model::{Oid, PublicKey, Timestamp};
use crate::policy::Fault;
use crate::policy::java::constraints::{Constraint, Subject, Why};
use crate::policy::java::{Java, lists};

/// Whether the release verifies signatures of an algorithm.
pub(super) fn knows(algorithm: &str, java: &Java) -> bool {
    match algorithm {
        "1.3.101.112" | "1.3.101.113" => java.eddsa,
        "1.2.840.113549.1.1.10" => java.pss,
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => java.ml_dsa,
        other => parse::signature_name(other).is_some(),
    }
}

/// Whether the release verifies signatures by the key of an issuer: the curves of NIST alone since 16, though keys on
/// others are still read (JDK-8235540; "Curve not supported").
pub(super) fn knows_curve(issuer: &Member, java: &Java) -> bool {
    match &issuer.key {
        PublicKey::Ec { curve, .. } => java.release < 16 || ["P-256", "P-384", "P-521"].contains(&curve.as_str()),
        _ => true,
    }
}

/// `AlgorithmChecker`: the signature, then the key usage, then the key.
pub(super) fn weak(
    member: &Member,
    depth: usize,
    jdk_root: bool,
    at: Timestamp,
    java: &Java,
) -> Option<(Fault, String)> {
    let signed = Asked { names: signature_names(member), bits: None, jdk_root };
    let useless = || (java.release < 21).then(|| useless(member)).flatten();
    let key = || weak_key(member, depth > 0, jdk_root, at, java);
    disabled(&signed, Fault::DigestWeak, at, java).or_else(useless).or_else(key)
}

/// Whether the key usage has none of the bits from digitalSignature to cRLSign.
pub(super) fn useless(member: &Member) -> Option<(Fault, String)> {
    let useless = member.key_usage.value().is_some_and(|usage| usage.0 & 0x7f == 0);
    useless.then(|| (Fault::PurposeUnsuitable, "incorrect KeyUsage extension bits".to_owned()))
}

/// Whether the lists of algorithms let a key serve.
pub(super) fn weak_key(
    member: &Member,
    is_ca: bool,
    jdk_root: bool,
    at: Timestamp,
    java: &Java,
) -> Option<(Fault, String)> {
    let fault = if is_ca { Fault::CaKeyWeak } else { Fault::LeafKeyWeak };
    let (names, bits) = key_names(member);
    disabled(&Asked { names, bits, jdk_root }, fault, at, java)
}

/// The first part of either list that something does not pass, and what is told of it.
fn disabled(asked: &Asked, fault: Fault, at: Timestamp, java: &Java) -> Option<(Fault, String)> {
    let subject = asked.subject(at);
    let by =
        |list: &[Constraint]| list.iter().find_map(|part| part.refuses(&subject).map(|why| (part.name.clone(), why)));
    if let Some((name, why)) = by(&java.certpath) {
        return Some((fault, told_of(&name, why, asked, java)));
    }
    let (name, _) = by(&java.tls)?;
    // MD5 is told of by what a client offers.
    (asked.bits.is_some() || !name.starts_with("MD5")).then(|| {
        let what = asked.names.first().map(String::as_str).unwrap_or_default();
        let text = match asked.bits {
            Some(bits) if java.release >= 21 => format!("{what} key with size of {bits}bits"),
            Some(bits) => format!("key {what} with size of {bits}bits"),
            None => format!("signature algorithm: {what}"),
        };
        (fault, format!("Algorithm constraints check failed on {text}"))
    })
}

/// What the lists of algorithms are asked about.
struct Asked {
    names: Vec<String>,
    bits: Option<u32>,
    jdk_root: bool,
}

impl Asked {
    fn subject(&self, at: Timestamp) -> Subject<'_> {
        Subject { names: &self.names, bits: self.bits, jdk_root: self.jdk_root, at }
    }
}

/// What a part of `jdk.certpath.disabledAlgorithms` makes Java say.
fn told_of(name: &str, why: Why, asked: &Asked, java: &Java) -> String {
    let what = asked.names.first().map(String::as_str).unwrap_or_default();
    match (why, asked.bits) {
        (Why::Disabled, Some(_)) if java.release < 16 => {
            format!("Algorithm constraints check failed on disabled algorithm: {name}")
        }
        (Why::Disabled, _) => {
            format!("Algorithm constraints check failed on disabled algorithm: {name} used with certificate")
        }
        (Why::KeySize, Some(bits)) => {
            format!("Algorithm constraints check failed on keysize limits: {what} {bits} bit key")
        }
        (Why::KeySize, None) => "Algorithm constraints check failed on keysize limits".to_owned(),
        (Why::Usage, _) => format!("Usage constraint TLSServer check failed: {name} used with certificate"),
        (Why::Late, _) => format!("denyAfter constraint check failed: {name} used with Constraint date"),
        (Why::JdkRoot, _) => "Algorithm constraints check failed on certificate anchor limits".to_owned(),
    }
}

/// The names that a signature goes by (`AlgorithmDecomposer`): the whole, the digest, the kind of key.
fn signature_names(member: &Member) -> Vec<String> {
    let algorithm = member.algorithm.to_string();
    let Some(name) = parse::signature_name(&algorithm) else { return Vec::new() };
    let mut names = vec![name.to_owned()];
    match name.split_once("with") {
        Some((digest, key)) => {
            names.extend([digest.to_owned(), key.to_owned()]);
            // SHA-1 is also written so.
            if let Some(bits) = digest.strip_prefix("SHA") {
                names.extend([format!("SHA-{bits}"), format!("SHA-{bits}with{key}")]);
            }
            names.extend((key == "ECDSA").then(|| "EC".to_owned()));
        }
        None if name.starts_with("Ed") => names.push("EdDSA".to_owned()),
        None => names.extend(digest(member).and_then(|digest| match digest {
            Digest::Sha1 => Some("SHA1".to_owned()),
            Digest::Bits(bits) => Some(format!("SHA{bits}")),
            _ => None,
        })),
    }
    names
}

/// The names that a key goes by, and its size.
fn key_names(member: &Member) -> (Vec<String>, Option<u32>) {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match &member.key {
        PublicKey::Rsa { bits } => (names(&["RSA"]), Some(*bits)),
        PublicKey::Ec { curve, bits } => {
            let known = match curve.as_str() {
                "P-192" => "secp192r1",
                "P-224" => "secp224r1",
                "P-256" => "secp256r1",
                "P-384" => "secp384r1",
                "P-521" => "secp521r1",
                other => other,
            };
            (names(&["EC", known, curve]), *bits)
        }
        _ => match member.key_algorithm.to_string().as_str() {
            "1.3.101.112" => (names(&["EdDSA", "Ed25519"]), Some(255)),
            "1.3.101.113" => (names(&["EdDSA", "Ed448"]), Some(448)),
            "1.2.840.10040.4.1" => (names(&["DSA"]), None),
            "1.2.840.113549.1.1.10" => (names(&["RSASSA-PSS"]), None),
            _ => (Vec::new(), None),
        },
    }
}

/// The algorithms that a TLS client offers for certificates: MD5 is none of them, nor is ML-DSA, nor SHA-224 or DSA with
/// late releases; `above` is the issuer where that is no anchor.
pub(super) fn unsupported_by_tls(member: &Member, above: Option<&Member>, java: &Java) -> Option<String> {
    let algorithm = member.algorithm.to_string();
    let md5 = matches!(algorithm.as_str(), "1.2.840.113549.1.1.2" | "1.2.840.113549.1.1.4");
    let name = match algorithm.as_str() {
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => parse::signature_name(other).unwrap_or(""),
    };
    let few = java.few_signatures && (name.starts_with("SHA224") || name.ends_with("DSA") && !name.ends_with("ECDSA"));
    if !is_ml_dsa(&algorithm) && !md5 && !few {
        return None;
    }
    let (names, bits) = above.map(key_names).unwrap_or_default();
    Some(match names.first().zip(bits).filter(|_| few) {
        Some((key, bits)) => {
            format!("Algorithm constraints check failed on {name}signature and {key} key with size of {bits}bits")
        }
        None => format!("Algorithm constraints check failed on signature algorithm: {name}"),
    })
}

/// Identifiers that begin as those of ML-DSA do, DSA with SHA-224 apart.
pub(super) fn is_ml_dsa(algorithm: &str) -> bool {
    algorithm.starts_with("2.16.840.1.101.3.4.3.1") && algorithm != "2.16.840.1.101.3.4.3.1"
}

/// `verifyTrustAnchor`: what an anchor's own extensions must say.
pub(super) fn anchor_faults(anchor: &Member, java: &Java) -> Vec<Fault> {
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
