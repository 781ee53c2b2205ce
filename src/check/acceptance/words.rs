//! Requirements in words: what is expected of an authority, what it is like, what mends it.

use crate::policy::Fault;

/// What a verifier expects of an authority, and what one with this fault is like.
#[must_use]
pub fn requirement(fault: Fault) -> (&'static str, &'static str) {
    let (expected, found, _) = words(fault);
    (expected, found)
}

/// Expected, found, and what to do.
pub(super) fn words(fault: Fault) -> (&'static str, &'static str, &'static str) {
    match fault {
        Fault::CriticalUnknown => (
            "critical extensions that the verifier knows",
            "one that it does not know",
            "have it issued anew without that extension, or with it not critical",
        ),
        Fault::PurposeUnsuitable => (
            "an extended key usage with serverAuth, or none",
            "one without it",
            "use it for other purposes than TLS servers, or have it issued anew",
        ),
        Fault::KeyExplicitCurve => {
            ("a key on a named curve", "explicit parameters", "have it issued anew on a named curve")
        }
        Fault::KeyUsageNoCertSign => {
            ("a key usage with keyCertSign", "one without it", "have it issued anew with keyCertSign")
        }
        Fault::NotCa | Fault::AnchorNotCa => (
            "basic constraints that say CA:TRUE",
            "a certificate without them",
            "issue it anew as version 3 with critical basic constraints CA:TRUE",
        ),
        Fault::AlgorithmUnsupported | Fault::SignatureAlgorithmUnknown => (
            "an algorithm or curve that the verifier has",
            "one that it does not have",
            "have it issued anew with RSA 2048 or P-256",
        ),
        Fault::KeyUndecodable | Fault::LeafKeyUndecodable => {
            ("a public key that can be decoded", "one that cannot", "have it issued anew")
        }
        Fault::SerialUnacceptable => (
            "a positive serial number of at most 20 octets",
            "a serial number that is negative, zero or longer",
            "have it issued anew with another serial number",
        ),
        Fault::VersionUnsupported => ("version 3", "an older version", "have it issued anew as version 3"),
        Fault::AnchorDistrusted => (
            "an authority that is on none of its lists",
            "one that it refuses wholly",
            "replace it by another authority",
        ),
        Fault::AnchorRejected => (
            "trust for TLS servers",
            "trust settings of its own that reject them",
            "use it for other purposes than TLS servers",
        ),
        Fault::Malformed
        | Fault::Undecodable
        | Fault::NotBeforeMalformed
        | Fault::NotAfterMalformed
        | Fault::ConstraintMalformed
        | Fault::PolicyMalformed => (
            "a certificate that the verifier can read",
            "a field or extension that it cannot decode",
            "have it issued anew",
        ),
        Fault::DigestWeak => (
            "a digest as strong as the verifier asks for",
            "a weaker one",
            "have it issued anew, signed with SHA-256 or stronger",
        ),
        Fault::CaKeyWeak | Fault::LeafKeyWeak => (
            "a key as strong as the verifier asks for",
            "a shorter one",
            "replace it by an authority with RSA 2048, P-256 or more",
        ),
        Fault::BasicConstraintsNotCritical => (
            "critical basic constraints",
            "basic constraints that are not critical",
            "issue it anew with critical basic constraints; the key may stay the same",
        ),
        Fault::CaKeyUsageMissing => {
            ("a key usage with keyCertSign", "no key usage", "issue it anew with key usage keyCertSign and cRLSign")
        }
        Fault::SubjectKeyIdMissing => {
            ("a subject key identifier", "none", "issue it anew with a subject key identifier")
        }
        Fault::AuthorityKeyIdMissing | Fault::AuthorityKeyIdEmpty | Fault::AuthorityKeyIdUnpaired => (
            "an authority key identifier with the key identifier of its issuer",
            "none, or one without it",
            "issue it anew with an authority key identifier",
        ),
        Fault::AuthorityKeyIdCritical | Fault::SubjectKeyIdCritical => (
            "key identifiers that are not critical",
            "one that is critical",
            "issue it anew with key identifiers that are not critical",
        ),
        Fault::PathLengthWithoutCertSign | Fault::PathLengthOnNonCa => (
            "no path length constraint without keyCertSign",
            "a path length constraint",
            "issue it anew with keyCertSign, or without the path length constraint",
        ),
        Fault::IssuerEmpty | Fault::SubjectEmpty | Fault::AltNameNotCritical => {
            ("a name that is not empty", "an empty one", "issue it anew with a name")
        }
        Fault::ExtensionsNeedVersion3 => ("version 3", "extensions in an older version", "issue it anew as version 3"),
        Fault::AlgorithmMismatch => {
            ("the same signature algorithm inside and outside", "two that differ", "issue it anew")
        }
        _ => ("what RFC 5280 asks of an authority", "something else", "issue it anew by RFC 5280, 4.1 and 4.2"),
    }
}
