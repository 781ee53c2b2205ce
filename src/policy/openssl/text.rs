//! What OpenSSL calls each fault, by version: the number and the text of `X509_verify_cert_error_string`.
//!
//! The same number is another error in another version (79 was an explicit curve in 1.1.1 and is an invalid
//! CA since 3.0), so nothing may be looked up by the number alone. Sources: include/openssl/x509_vfy.h and
//! crypto/x509/x509_txt.c of 1.1.1w, 3.0.5, 3.2.1, 3.5.5 and 4.0.3.

use super::super::{Fault, Printed};
use crate::model::Version;

/// The number and text of a fault in OpenSSL `version`.
#[must_use]
pub fn printed(version: &Version, fault: Fault) -> Printed {
    if fault == Fault::StoreRefused {
        // It gives no number to that: each program has words of its own (`policy::refused`).
        return Printed::default();
    }
    if fault == Fault::Undecodable {
        // The handshake fails with an error of the decoder, which is another one for each defect.
        return Printed::default();
    }
    let (code, name, text) = error(version, fault);
    Printed { code: Some(code), name: Some(name), text: text.to_owned() }
}

/// The number, the symbol without its beginning `X509_V_ERR_`, and the text.
pub(in crate::policy) fn error(version: &Version, fault: Fault) -> (i32, &'static str, &'static str) {
    let since = |from: &str| version.is_between(from, "");
    let three = since("3.0");
    match fault {
        Fault::Undecodable | Fault::LimitReached | Fault::StoreRefused | Fault::LeafKeyUndecodable => {
            (1, "UNSPECIFIED", "unspecified certificate verification error")
        }
        // No verifier of the family has a word for these: the handshake fails before, or never asks.
        Fault::LeafKeyNotOffered | Fault::StapleMissing => {
            (1, "UNSPECIFIED", "unspecified certificate verification error")
        }
        Fault::AnchorIncomplete => (2, "UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate"),
        Fault::KeyUndecodable => (6, "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", "unable to decode issuer public key"),
        Fault::SignatureBad | Fault::AlgorithmUnsupported => {
            (7, "CERT_SIGNATURE_FAILURE", "certificate signature failure")
        }
        // Seen in 3.6.5 and 4.0.3, not in 3.5.8.
        Fault::NotYetValid if since("3.6") => {
            (9, "CERT_NOT_YET_VALID", "certificate is not yet valid or the system clock is incorrect")
        }
        Fault::NotYetValid => (9, "CERT_NOT_YET_VALID", "certificate is not yet valid"),
        Fault::Expired => (10, "CERT_HAS_EXPIRED", "certificate has expired"),
        Fault::NotBeforeMalformed => {
            (13, "ERROR_IN_CERT_NOT_BEFORE_FIELD", "format error in certificate's notBefore field")
        }
        Fault::NotAfterMalformed => {
            (14, "ERROR_IN_CERT_NOT_AFTER_FIELD", "format error in certificate's notAfter field")
        }
        Fault::SelfSignedLeaf if three => (18, "DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"),
        Fault::SelfSignedLeaf => (18, "DEPTH_ZERO_SELF_SIGNED_CERT", "self signed certificate"),
        Fault::SelfSignedSent if three => {
            (19, "SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain")
        }
        Fault::SelfSignedSent => (19, "SELF_SIGNED_CERT_IN_CHAIN", "self signed certificate in certificate chain"),
        Fault::IssuerNotFound => (20, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"),
        Fault::LeafUnverifiable => (21, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"),
        Fault::PathTooLong => (22, "CERT_CHAIN_TOO_LONG", "certificate chain too long"),
        Fault::NotCa | Fault::AnchorNotCa if three => (79, "INVALID_CA", "invalid CA certificate"),
        Fault::NotCa | Fault::AnchorNotCa => (24, "INVALID_CA", "invalid CA certificate"),
        Fault::PathLength => (25, "PATH_LENGTH_EXCEEDED", "path length constraint exceeded"),
        // The word changed between 3.0.5 and 3.0.19.
        Fault::PurposeUnsuitable if since("3.0.6") => (26, "INVALID_PURPOSE", "unsuitable certificate purpose"),
        Fault::PurposeUnsuitable => (26, "INVALID_PURPOSE", "unsupported certificate purpose"),
        Fault::AnchorUntrusted => (27, "CERT_UNTRUSTED", "certificate not trusted"),
        Fault::AnchorRejected | Fault::AnchorDistrusted => (28, "CERT_REJECTED", "certificate rejected"),
        Fault::KeyUsageNoCertSign => (32, "KEYUSAGE_NO_CERTSIGN", "key usage does not include certificate signing"),
        Fault::CriticalUnknown => (34, "UNHANDLED_CRITICAL_EXTENSION", "unhandled critical extension"),
        Fault::Malformed | Fault::SerialUnacceptable | Fault::VersionUnsupported | Fault::ValidityTooLong => {
            (41, "INVALID_EXTENSION", "invalid or inconsistent certificate extension")
        }
        Fault::PolicyMalformed => {
            (42, "INVALID_POLICY_EXTENSION", "invalid or inconsistent certificate policy extension")
        }
        Fault::PolicyUnmet => (43, "NO_EXPLICIT_POLICY", "no explicit policy"),
        Fault::ProxyNotAllowed => {
            (40, "PROXY_CERTIFICATES_NOT_ALLOWED", "proxy certificates not allowed, please set the appropriate flag")
        }
        Fault::NameNotPermitted => (47, "PERMITTED_VIOLATION", "permitted subtree violation"),
        Fault::NameExcluded => (48, "EXCLUDED_VIOLATION", "excluded subtree violation"),
        Fault::ConstraintMinMax => (49, "SUBTREE_MINMAX", "name constraints minimum and maximum not supported"),
        Fault::ConstraintUnsupported => (51, "UNSUPPORTED_CONSTRAINT_TYPE", "unsupported name constraint type"),
        Fault::ConstraintMalformed => {
            (52, "UNSUPPORTED_CONSTRAINT_SYNTAX", "unsupported or invalid name constraint syntax")
        }
        Fault::ConstrainedNameMalformed => (53, "UNSUPPORTED_NAME_SYNTAX", "unsupported or invalid name syntax"),
        // BoringSSL's own (crypto/x509/x509_txt.cc).
        Fault::ConstrainedWithoutNames => {
            (67, "NAME_CONSTRAINTS_WITHOUT_SANS", "Issuer has name constraints but leaf has no SANs")
        }
        Fault::HostMismatch if three => (62, "HOSTNAME_MISMATCH", "hostname mismatch"),
        Fault::HostMismatch => (62, "HOSTNAME_MISMATCH", "Hostname mismatch"),
        Fault::AddressMismatch => (64, "IP_ADDRESS_MISMATCH", "IP address mismatch"),
        Fault::LeafKeyWeak => (66, "EE_KEY_TOO_SMALL", "EE certificate key too weak"),
        Fault::CaKeyWeak => (67, "CA_KEY_TOO_SMALL", "CA certificate key too weak"),
        Fault::DigestWeak => (68, "CA_MD_TOO_WEAK", "CA signature digest algorithm too weak"),
        Fault::SignatureAlgorithmUnknown => {
            (76, "UNSUPPORTED_SIGNATURE_ALGORITHM", "Cannot find certificate signature algorithm")
        }
        Fault::KeyAlgorithmMismatch => {
            (77, "SIGNATURE_ALGORITHM_MISMATCH", "subject signature algorithm and issuer public key algorithm mismatch")
        }
        Fault::AlgorithmMismatch if since("3.0.6") => {
            (78, "SIGNATURE_ALGORITHM_INCONSISTENCY", "cert info signature and signature algorithm mismatch")
        }
        // As it is spelt in 3.0.5.
        Fault::AlgorithmMismatch => {
            (78, "SIGNATURE_ALGORITHM_INCONSISTENCY", "cert info siganature and signature algorithm mismatch")
        }
        Fault::PathLengthOnNonCa if !three => {
            (41, "INVALID_EXTENSION", "invalid or inconsistent certificate extension")
        }
        Fault::PathLengthOnNonCa => (80, "PATHLEN_INVALID_FOR_NON_CA", "Path length invalid for non-CA cert"),
        Fault::PathLengthWithoutCertSign => {
            (81, "PATHLEN_WITHOUT_KU_KEY_CERT_SIGN", "Path length given without key usage keyCertSign")
        }
        Fault::CertSignOnNonCa | Fault::LeafIsCa => {
            (82, "KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA", "Key usage keyCertSign invalid for non-CA cert")
        }
        Fault::IssuerEmpty => (83, "ISSUER_NAME_EMPTY", "Issuer name empty"),
        Fault::SubjectEmpty => (84, "SUBJECT_NAME_EMPTY", "Subject name empty"),
        Fault::AuthorityKeyIdMissing => (85, "MISSING_AUTHORITY_KEY_IDENTIFIER", "Missing Authority Key Identifier"),
        Fault::SubjectKeyIdMissing => (86, "MISSING_SUBJECT_KEY_IDENTIFIER", "Missing Subject Key Identifier"),
        Fault::AltNameEmpty => (87, "EMPTY_SUBJECT_ALT_NAME", "Empty Subject Alternative Name extension"),
        Fault::AltNameNotCritical => {
            (88, "EMPTY_SUBJECT_SAN_NOT_CRITICAL", "Subject empty and Subject Alt Name extension not critical")
        }
        Fault::BasicConstraintsNotCritical => {
            (89, "CA_BCONS_NOT_CRITICAL", "Basic Constraints of CA cert not marked critical")
        }
        Fault::AuthorityKeyIdCritical => {
            (90, "AUTHORITY_KEY_IDENTIFIER_CRITICAL", "Authority Key Identifier marked critical")
        }
        Fault::SubjectKeyIdCritical => {
            (91, "SUBJECT_KEY_IDENTIFIER_CRITICAL", "Subject Key Identifier marked critical")
        }
        Fault::CaKeyUsageMissing => (92, "CA_CERT_MISSING_KEY_USAGE", "CA cert does not include key usage extension"),
        Fault::ExtensionsNeedVersion3 => {
            (93, "EXTENSIONS_REQUIRE_VERSION_3", "Using cert extension requires at least X509v3")
        }
        Fault::KeyExplicitCurve if three => {
            (94, "EC_KEY_EXPLICIT_PARAMS", "Certificate public key has explicit ECC parameters")
        }
        Fault::KeyExplicitCurve => (79, "EC_KEY_EXPLICIT_PARAMS", "Certificate public key has explicit ECC parameters"),
        Fault::AuthorityKeyIdEmpty => (102, "EMPTY_AUTHORITY_KEY_IDENTIFIER", "Empty Authority Key Identifier"),
        Fault::AuthorityKeyIdUnpaired => {
            (103, "AKID_ISSUER_SERIAL_NOT_PAIRED", "Authority Key Identifier issuer and serial number must be paired")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_another_thing_in_another_version() {
        let said = |version: &str, fault| {
            let printed = printed(&Version::parse(version).unwrap(), fault);
            (printed.code.unwrap(), printed.text)
        };
        assert_eq!(said("1.1.1w", Fault::NotCa), (24, "invalid CA certificate".into()));
        assert_eq!(said("3.0.19", Fault::NotCa), (79, "invalid CA certificate".into()));
        assert_eq!(said("1.1.1w", Fault::KeyExplicitCurve).0, 79);
        assert_eq!(said("1.1.1w", Fault::PurposeUnsuitable), (26, "unsupported certificate purpose".into()));
        assert_eq!(said("3.2.1", Fault::PurposeUnsuitable), (26, "unsuitable certificate purpose".into()));
        assert!(said("4.0.3", Fault::NotYetValid).1.ends_with("the system clock is incorrect"));
    }
}
