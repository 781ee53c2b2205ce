//! NSS: the classic verifier, libpkix, and mozilla::pkix that Firefox uses.
//!
//! Three verifiers in one library, which agree on little: the classic one takes the newest issuer of a name
//! and never goes back, libpkix searches, mozilla::pkix searches with other rules and is the only one that
//! browsers of Mozilla use. The first two were compared with `vfychain` of 3.87; the third is read in the
//! source alone. The first two have no client in the catalogue: a program that opens a shared database chooses its
//! verifier, which its files do not show (`unread::NSS`); `vfychain` and the lab are judged by them. Read in `lib/certhigh/certvfy.c`, `lib/certdb/certdb.c`, `lib/pki`, `lib/libpkix` and
//! `lib/mozpkix`.

use super::{Fault, NotPredicted, Oracle, Parts, Policy, Printed, Row};

/// Programs that call `CERT_VerifyCertificate`.
pub const CLASSIC: Row = Row {
    id: "nss",
    about: "NSS takes the newest trusted issuer of a name, and takes a certificate a day before it begins",
    oracle: Oracle::Programs,
    sources: &[
        "https://searchfox.org/nss/source/lib/certhigh/certvfy.c",
        "https://searchfox.org/nss/source/lib/pki/certificate.c",
    ],
    policy: |parts| Ok(Policy::Nss(nss(parts, Verifier::Classic))),
};

/// Programs that call `CERT_PKIXVerifyCert`.
pub const PKIX: Row = Row {
    id: "nss-pkix",
    about: "NSS's libpkix searches, and checks the anchor's key usage and critical extensions",
    oracle: Oracle::Programs,
    sources: &["https://searchfox.org/nss/source/lib/libpkix/pkix/top/pkix_build.c"],
    policy: |parts| Ok(Policy::Nss(nss(parts, Verifier::LibPkix))),
};

/// Firefox and Thunderbird.
pub const FIREFOX: Row = Row {
    id: "mozilla-pkix",
    about: "mozilla::pkix searches over issuers, at most six intermediates deep; the common name never counts",
    oracle: Oracle::Documents,
    sources: &[
        "https://searchfox.org/mozilla-central/source/security/nss/lib/mozpkix/lib/pkixbuild.cpp",
        "https://searchfox.org/mozilla-central/source/security/nss/lib/mozpkix/lib/pkixcheck.cpp",
        "https://searchfox.org/mozilla-central/source/security/certverifier/NSSCertDBTrustDomain.cpp",
    ],
    policy: |parts| match &parts.settings.unread {
        Some(why) => Err(NotPredicted(why.clone())),
        None => Ok(Policy::Nss(nss(parts, Verifier::Mozilla))),
    },
};

/// How a program on NSS decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nss {
    /// Which of its verifiers.
    pub verifier: Verifier,
    /// Whether it verifies signatures with Ed25519: since 3.100 (Bug 1325335).
    pub ed25519: bool,
    /// Whether the program asks for a host name: `vfychain` does not.
    pub host: bool,
}

/// A verifier of NSS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verifier {
    /// `CERT_VerifyCertificate`.
    Classic,
    /// `CERT_PKIXVerifyCert`.
    LibPkix,
    /// `mozilla::pkix`.
    Mozilla,
}

fn nss(parts: &Parts<'_>, verifier: Verifier) -> Nss {
    let since = |first: &str| parts.version("nss").is_some_and(|version| version.is_between(first, ""));
    Nss { verifier, ed25519: since("3.100") && verifier != Verifier::Mozilla, host: !parts.has("vfychain") }
}

/// The number and the text of a fault (`lib/util/SECerrs.h`, `lib/mozpkix/include/pkix/Result.h`), as the
/// verifier gives it for the certificate at this place.
#[must_use]
pub fn printed(nss: Nss, fault: Fault, at_issuer: bool) -> Printed {
    let (code, name, text) = match fault {
        Fault::IssuerNotFound => (-8179, "SEC_ERROR_UNKNOWN_ISSUER", "Peer's Certificate issuer is not recognized."),
        Fault::SelfSignedSent | Fault::SelfSignedLeaf | Fault::AnchorDistrusted => (
            -8172,
            "SEC_ERROR_UNTRUSTED_ISSUER",
            "Peer's certificate issuer has been marked as not trusted by the user.",
        ),
        Fault::SignatureBad => (-8182, "SEC_ERROR_BAD_SIGNATURE", "Peer's certificate has an invalid signature."),
        Fault::AlgorithmUnsupported if nss.verifier == Verifier::LibPkix => {
            (-8049, "SEC_ERROR_UNRECOGNIZED_OID", "Unrecognized Object Identifier.")
        }
        Fault::AlgorithmUnsupported => {
            (-8182, "SEC_ERROR_BAD_SIGNATURE", "Peer's certificate has an invalid signature.")
        }
        Fault::DigestWeak => (
            -8016,
            "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
            "The certificate was signed using a signature algorithm that is disabled because it is not secure.",
        ),
        Fault::LeafKeyWeak | Fault::CaKeyWeak => (
            -16382,
            "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE",
            "The server presented a certificate with a key size that is too small.",
        ),
        Fault::Expired | Fault::NotYetValid if at_issuer && nss.verifier != Verifier::LibPkix => (
            -8162,
            "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
            "The certificate issuer's certificate has expired. Check your system date and time.",
        ),
        Fault::Expired | Fault::NotYetValid => {
            (-8181, "SEC_ERROR_EXPIRED_CERTIFICATE", "Peer's Certificate has expired.")
        }
        Fault::CriticalUnknown => {
            (-8151, "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", "Certificate contains unknown critical extension.")
        }
        Fault::NotCa | Fault::AnchorNotCa => (-8156, "SEC_ERROR_CA_CERT_INVALID", "Issuer certificate is invalid."),
        Fault::KeyUsageNoCertSign => {
            (-8102, "SEC_ERROR_INADEQUATE_KEY_USAGE", "Certificate key usage inadequate for attempted operation.")
        }
        Fault::PurposeUnsuitable | Fault::LeafIsCa => {
            (-8101, "SEC_ERROR_INADEQUATE_CERT_TYPE", "Certificate type not approved for application.")
        }
        Fault::PathLength => {
            (-8155, "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID", "Certificate path length constraint is invalid.")
        }
        Fault::NameNotPermitted | Fault::NameExcluded => (
            -8080,
            "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
            "The Certifying Authority for this certificate is not permitted to issue a certificate with this name.",
        ),
        Fault::AlgorithmMismatch => (
            -8031,
            "SEC_ERROR_ALGORITHM_MISMATCH",
            "the signature algorithm in the signature field of the certificate does not match",
        ),
        Fault::HostMismatch | Fault::AddressMismatch => (
            -12276,
            "SSL_ERROR_BAD_CERT_DOMAIN",
            "Unable to communicate securely with peer: requested domain name does not match the server's certificate.",
        ),
        Fault::VersionUnsupported => (
            -16375,
            "MOZILLA_PKIX_ERROR_V1_CERT_USED_AS_CA",
            "An X.509 version 1 certificate that is not a trust anchor was used.",
        ),
        Fault::IssuerEmpty => {
            (-16374, "MOZILLA_PKIX_ERROR_EMPTY_ISSUER_NAME", "The issuer distinguished name is empty.")
        }
        _ => (-8183, "SEC_ERROR_BAD_DER", "Security library: improperly formatted DER-encoded message."),
    };
    Printed { code: Some(code), name: Some(name), text: text.to_owned() }
}
