//! What stops a verifier, in words that no one library owns.
//!
//! The engines speak of faults; each policy has the code and the text that its program prints for
//! one, by version: the same number means different things to OpenSSL 1.1.1 and 3.0, and the text a
//! program shows often names another thing than the one that is wrong.

/// One reason for which a verifier refuses a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A store that the client names cannot be loaded, so that it ends with an error before it verifies.
    StoreRefused,
    // ---- building the path ----
    /// No certificate is there that issued the one in question.
    IssuerNotFound,
    /// An anchor's own issuer is not among the anchors, and only a self-signed one ends the path there.
    AnchorIncomplete,
    /// The server's certificate is alone, and nothing is there to check it with.
    LeafUnverifiable,
    /// The server's certificate is self-signed and no anchor.
    SelfSignedLeaf,
    /// The path ends with a self-signed certificate that was sent and is no anchor.
    SelfSignedSent,
    /// No trust settings say that the anchor is trusted, where the verifier wants them to.
    AnchorUntrusted,
    /// The anchor's trust settings reject the purpose.
    AnchorRejected,
    /// The anchor is distrusted by a list that came with the program, or after a date.
    AnchorDistrusted,
    /// The certificate that ends the path may not issue others.
    AnchorNotCa,
    /// The path is longer than the verifier follows.
    PathTooLong,
    /// A budget of signatures, paths or comparisons was used up.
    LimitReached,
    // ---- signatures, keys and digests ----
    /// A signature is not its issuer's.
    SignatureBad,
    /// The algorithm of a signature or key is not known to the library, or not permitted in FIPS mode.
    AlgorithmUnsupported,
    /// The algorithm of a signature is not known to the library at all.
    SignatureAlgorithmUnknown,
    /// The algorithm of a signature is not one for the issuer's key.
    KeyAlgorithmMismatch,
    /// The key of a certificate cannot be decoded.
    KeyUndecodable,
    /// The key of the server's certificate cannot be decoded, for which the library has no error of its own.
    LeafKeyUndecodable,
    /// An elliptic curve is given by explicit parameters.
    KeyExplicitCurve,
    /// The key of the server's certificate is too short for the security level.
    LeafKeyWeak,
    /// The key of an issuer is too short for the security level.
    CaKeyWeak,
    /// The digest of a signature is too weak for the security level.
    DigestWeak,
    // ---- time ----
    /// A certificate is not valid yet.
    NotYetValid,
    /// A certificate has expired.
    Expired,
    /// The beginning of validity cannot be read.
    NotBeforeMalformed,
    /// The end of validity cannot be read.
    NotAfterMalformed,
    // ---- extensions ----
    /// A certificate cannot be decoded at all, so that there is nothing to verify.
    Undecodable,
    /// A certificate or its extensions cannot be read.
    Malformed,
    /// A critical extension is not understood.
    CriticalUnknown,
    /// A certificate is a proxy certificate (RFC 3820), which nobody asked for.
    ProxyNotAllowed,
    /// A certificate that is not a certification authority issued another.
    NotCa,
    /// The key usage of an issuer is without keyCertSign.
    KeyUsageNoCertSign,
    /// The extended key usage, or the key usage of the server's certificate, is not for a TLS server.
    PurposeUnsuitable,
    /// The certificate demands that the server sends an OCSP response with it (RFC 7633), and none came.
    StapleMissing,
    /// The client offers no algorithm for the key of the server's certificate, so that the handshake fails before anything is
    /// verified.
    LeafKeyNotOffered,
    /// More intermediates follow than a path length constraint permits.
    PathLength,
    /// The server's certificate is a certification authority.
    LeafIsCa,
    /// A policy extension cannot be read.
    PolicyMalformed,
    /// Certificate policies are required and not met.
    PolicyUnmet,
    // ---- strict requirements, in OpenSSL's order of names ----
    /// A path length constraint stands in a certificate that is no certification authority.
    PathLengthOnNonCa,
    /// A path length constraint stands beside a key usage without keyCertSign.
    PathLengthWithoutCertSign,
    /// The basic constraints of a certification authority are not critical.
    BasicConstraintsNotCritical,
    /// A certification authority has no key usage.
    CaKeyUsageMissing,
    /// keyCertSign is set in a certificate that is no certification authority.
    CertSignOnNonCa,
    /// The name of an issuer is empty.
    IssuerEmpty,
    /// The name of a subject is empty, and nothing stands in its place.
    SubjectEmpty,
    /// The subject is empty and the subject alternative name is not critical.
    AltNameNotCritical,
    /// The subject alternative name is empty.
    AltNameEmpty,
    /// The signature algorithms inside and outside of the signed part differ.
    AlgorithmMismatch,
    /// The authority key identifier is critical.
    AuthorityKeyIdCritical,
    /// The subject key identifier is critical.
    SubjectKeyIdCritical,
    /// The authority key identifier is missing.
    AuthorityKeyIdMissing,
    /// The authority key identifier holds nothing.
    AuthorityKeyIdEmpty,
    /// The authority key identifier names an issuer without a serial number, or the reverse.
    AuthorityKeyIdUnpaired,
    /// The subject key identifier of a certification authority is missing.
    SubjectKeyIdMissing,
    /// Extensions stand in a certificate of version 1 or 2.
    ExtensionsNeedVersion3,
    /// The version of a certificate is none that the verifier takes.
    VersionUnsupported,
    /// A serial number is negative, zero or too long.
    SerialUnacceptable,
    /// A validity period is longer than the verifier permits.
    ValidityTooLong,
    // ---- names ----
    /// A name is outside of the subtrees that an issuer is limited to.
    NameNotPermitted,
    /// A name is inside a subtree that an issuer is excluded from.
    NameExcluded,
    /// A name constraint has a minimum or maximum, which RFC 5280 does not use.
    ConstraintMinMax,
    /// A name constraint is of a kind that the verifier does not know.
    ConstraintUnsupported,
    /// A name constraint cannot be read.
    ConstraintMalformed,
    /// A name that constraints speak of cannot be read.
    ConstrainedNameMalformed,
    /// Constraints are met by a server's certificate without alternative names, whose common name looks like a host name.
    ConstrainedWithoutNames,
    /// The server's certificate is not for the name that was asked for.
    HostMismatch,
    /// The server's certificate is not for the address that was asked for.
    AddressMismatch,
}

impl Fault {
    /// Whether it is about the strength of a key or digest.
    #[must_use]
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::LeafKeyWeak | Self::CaKeyWeak | Self::DigestWeak)
    }

    /// Whether it is about a requirement of RFC 5280 that verifiers ask for when they are strict.
    #[must_use]
    pub const fn is_strict(self) -> bool {
        matches!(
            self,
            Self::PathLengthOnNonCa
                | Self::PathLengthWithoutCertSign
                | Self::BasicConstraintsNotCritical
                | Self::CaKeyUsageMissing
                | Self::CertSignOnNonCa
                | Self::IssuerEmpty
                | Self::SubjectEmpty
                | Self::AltNameNotCritical
                | Self::AltNameEmpty
                | Self::AlgorithmMismatch
                | Self::AuthorityKeyIdCritical
                | Self::SubjectKeyIdCritical
                | Self::AuthorityKeyIdMissing
                | Self::AuthorityKeyIdEmpty
                | Self::AuthorityKeyIdUnpaired
                | Self::SubjectKeyIdMissing
                | Self::ExtensionsNeedVersion3
        )
    }
}

/// What a program prints for a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printed {
    /// The number that its library gives it: `X509_V_ERR_*` of its version.
    pub code: Option<i32>,
    /// The name that the program gives it: `UNABLE_TO_VERIFY_LEAF_SIGNATURE`.
    pub name: Option<&'static str>,
    /// The text, as the library has it.
    pub text: String,
}
