//! Each fault in words, as the end of `NAME: …`, and what a certificate needs that is issued anew without it.

use crate::policy::Fault;

/// A fault in words, as the end of `NAME: …`.
#[must_use]
pub const fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::StoreRefused => "the client cannot load its store",
        Fault::IssuerNotFound => "its issuer is not found",
        Fault::AnchorIncomplete => "the issuer of this anchor is not in the stores",
        Fault::LeafUnverifiable => "nothing is there to verify it with",
        Fault::SelfSignedLeaf => "it is self-signed and no anchor",
        Fault::SelfSignedSent => "the path ends with a self-signed certificate that is no anchor",
        Fault::AnchorUntrusted => "its store does not say that it is trusted",
        Fault::AnchorRejected => "its store rejects it for TLS servers",
        Fault::AnchorDistrusted => "the program distrusts it",
        Fault::AnchorNotCa => "this anchor is not a certification authority",
        Fault::PathTooLong => "the path is longer than the client follows",
        Fault::LimitReached => "the client gives up, its limits used up",
        Fault::SignatureBad => "the signature is not its issuer's",
        Fault::AlgorithmUnsupported => "the client does not know or permit the algorithm",
        Fault::SignatureAlgorithmUnknown => "the client does not know the signature algorithm",
        Fault::KeyAlgorithmMismatch => "the signature algorithm is not one for the issuer's key",
        Fault::KeyUndecodable | Fault::LeafKeyUndecodable => "the client cannot decode the key",
        Fault::KeyExplicitCurve => "the curve of the key is given by explicit parameters",
        Fault::LeafKeyWeak | Fault::CaKeyWeak => "the key is too short",
        Fault::DigestWeak => "the digest of the signature is too weak",
        Fault::NotYetValid => "it is not valid yet",
        Fault::Expired => "it has expired",
        Fault::NotBeforeMalformed => "the beginning of its validity cannot be read",
        Fault::NotAfterMalformed => "the end of its validity cannot be read",
        Fault::Undecodable => "the client cannot decode it",
        Fault::Malformed => "the client cannot read it",
        Fault::CriticalUnknown => "it has a critical extension that the client does not know",
        Fault::ProxyNotAllowed => "it is a proxy certificate, which the client does not take",
        Fault::NotCa => "it issued a certificate and is not a certification authority",
        Fault::KeyUsageNoCertSign => "it issued a certificate and its key usage does not permit that",
        Fault::PurposeUnsuitable => "its key usage or extended key usage is not for a TLS server",
        Fault::StapleMissing => "it demands an OCSP response with it, which the server does not send",
        Fault::LeafKeyNotOffered => "the client offers no signature algorithm for its key, so that the handshake fails",
        Fault::PathLength => "more certificates follow it than its path length constraint permits",
        Fault::LeafIsCa => "the server's certificate is a certification authority",
        Fault::PolicyMalformed => "a policy extension cannot be read",
        Fault::PolicyUnmet => "certificate policies are required and not met",
        Fault::PathLengthOnNonCa => "it has a path length constraint and is not a certification authority",
        Fault::PathLengthWithoutCertSign => "it has a path length constraint without keyCertSign",
        Fault::BasicConstraintsNotCritical => "its basic constraints are not critical (strict)",
        Fault::CaKeyUsageMissing => "a certification authority without key usage (strict)",
        Fault::CertSignOnNonCa => "keyCertSign is set and it is not a certification authority (strict)",
        Fault::IssuerEmpty => "the name of its issuer is empty (strict)",
        Fault::SubjectEmpty => "its subject is empty (strict)",
        Fault::AltNameNotCritical => "its subject is empty and the alternative name not critical (strict)",
        Fault::AltNameEmpty => "its subject alternative name is empty (strict)",
        Fault::AlgorithmMismatch => "the signature algorithms inside and outside differ",
        Fault::AuthorityKeyIdCritical => "its authority key identifier is critical",
        Fault::SubjectKeyIdCritical => "its subject key identifier is critical",
        Fault::AuthorityKeyIdMissing => "its authority key identifier is missing (strict)",
        Fault::AuthorityKeyIdEmpty => "its authority key identifier is empty (strict)",
        Fault::AuthorityKeyIdUnpaired => "its authority key identifier has an issuer or a serial number alone (strict)",
        Fault::SubjectKeyIdMissing => "a certification authority without subject key identifier (strict)",
        Fault::ExtensionsNeedVersion3 => "it has extensions and is not of version 3 (strict)",
        Fault::VersionUnsupported => "the client does not take its version",
        Fault::SerialUnacceptable => "the client does not take its serial number",
        Fault::ValidityTooLong => "it is valid for longer than the client permits",
        Fault::NameNotPermitted => "a name is outside of what an issuer is limited to",
        Fault::NameExcluded => "a name is among those that an issuer is excluded from",
        Fault::ConstraintMinMax => "a name constraint has a minimum or maximum",
        Fault::ConstraintUnsupported => "a name constraint is of a kind that the client does not know",
        Fault::ConstraintMalformed => "a name constraint cannot be read",
        Fault::ConstrainedNameMalformed => "a name that constraints speak of cannot be read",
        Fault::ConstrainedWithoutNames => {
            "name constraints are above it, and it has a host name in its common name alone"
        }
        Fault::HostMismatch => "it is not for the name that was asked for",
        Fault::AddressMismatch => "it is not for the address that was asked for",
    }
}

/// What a certificate is to have when it is issued anew.
pub(super) const fn anew(fault: Fault) -> &'static str {
    match fault {
        Fault::BasicConstraintsNotCritical => "with critical basic constraints",
        Fault::CaKeyUsageMissing => "with a key usage of keyCertSign and cRLSign",
        Fault::KeyUsageNoCertSign => "with keyCertSign in its key usage",
        Fault::CertSignOnNonCa => "without keyCertSign in its key usage",
        Fault::AuthorityKeyIdMissing | Fault::AuthorityKeyIdEmpty | Fault::AuthorityKeyIdUnpaired => {
            "with an authority key identifier that has a key identifier"
        }
        Fault::SubjectKeyIdMissing => "with a subject key identifier",
        Fault::AuthorityKeyIdCritical | Fault::SubjectKeyIdCritical => "with its key identifiers not critical",
        Fault::NotCa | Fault::AnchorNotCa => "with basic constraints CA:TRUE, critical",
        Fault::LeafKeyWeak | Fault::CaKeyWeak => "with a longer key: RSA 2048, P-256 or more",
        Fault::DigestWeak => "signed with SHA-256 or stronger",
        Fault::PurposeUnsuitable => "with serverAuth in its extended key usage, or without that extension",
        Fault::AltNameNotCritical | Fault::SubjectEmpty => {
            "with a subject, or with a critical subject alternative name"
        }
        Fault::PathLength => "with a longer path length constraint, or without one",
        Fault::CriticalUnknown => "without the critical extension that the client does not know",
        Fault::NameNotPermitted | Fault::NameExcluded => "with name constraints that permit the name",
        Fault::AlgorithmUnsupported | Fault::SignatureAlgorithmUnknown => "with an algorithm that the client knows",
        Fault::SerialUnacceptable => "with a positive serial number of at most 20 octets",
        Fault::ExtensionsNeedVersion3 | Fault::VersionUnsupported => "as version 3",
        _ => "without this fault",
    }
}
