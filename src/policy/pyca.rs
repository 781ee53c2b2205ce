//! pyca/cryptography's own verifier (`cryptography.x509.verification`), with its default policy.
//!
//! It holds certificates to the CA/Browser Forum's profile where most verifiers do not: critical basic
//! constraints and a key usage in every authority, an authority key identifier in the server's certificate.
//!
//! No client of the catalogue has this row: a program hands the verifier its store, and there is none by default. It
//! is what the conformance suite and the lab are judged by for this library.
//! Read in `src/rust/cryptography-x509-verification` of 48.0.0; compared with 48.0.0, 49.0.0 and 50.0.2.

use super::{Oracle, Policy, Row};

/// Programs that use `cryptography.x509.verification.ServerVerifier`.
pub const PYCA: Row = Row {
    id: "pyca",
    about: "pyca/cryptography searches, and holds every certificate to the CA/Browser Forum's profile",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/pyca/cryptography/blob/48.0.0/src/rust/cryptography-x509-verification/src/lib.rs",
        "https://github.com/pyca/cryptography/blob/48.0.0/src/rust/cryptography-x509-verification/src/policy/mod.rs",
    ],
    policy: |parts| {
        let ml_dsa = parts.version("cryptography").is_some_and(|version| version.is_between("50", ""));
        let is_49 = parts.version("cryptography").is_none_or(|version| version.is_between("49", ""));
        Ok(Policy::Pyca(Pyca { max_depth: 8, is_49, ml_dsa }))
    },
};

/// How pyca/cryptography decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pyca {
    /// Certificates between the server's and the anchor (`DEFAULT_MAX_CHAIN_DEPTH`).
    pub max_depth: usize,
    /// Whether it is 49.0 at least: candidates whose key identifier fits come first, a critical constraint of directory names
    /// ends the search, and ECDSA with parameters is no algorithm.
    pub is_49: bool,
    /// Whether ML-DSA is among the permitted algorithms: since 50.0.
    pub ml_dsa: bool,
}

/// Signatures that one search may try (`DEFAULT_SIGNATURE_CHECK_LIMIT`).
pub const SIGNATURES: usize = 1 << 7;
/// Comparisons of names with constraints (`DEFAULT_NAME_CONSTRAINT_CHECK_LIMIT`).
pub const COMPARISONS: usize = 1 << 20;

/// The text of a `VerificationError`.
#[must_use]
pub fn text(why: &str, exhausted: bool) -> String {
    let inner = if exhausted { "candidates exhausted: " } else { "" };
    format!("validation failed: {inner}{why}")
}
