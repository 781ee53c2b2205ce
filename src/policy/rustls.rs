//! rustls and what stands on it (uv, Deno, reqwest with rustls): rustls-webpki, with a provider's algorithms.
//!
//! The verifier is the same crate that castore itself uses, so its verdict is asked of it. What differs is the
//! list of algorithms that the provider brings: aws-lc-rs has P-521 and ML-DSA, ring neither. Read in
//! rustls-webpki 0.103.17 and rustls 0.23.46 (`src/crypto/*/mod.rs`, `src/webpki/mod.rs`, `src/error.rs`).

use super::{NotPredicted, Oracle, Parts, Policy, Row};

/// Programs on rustls.
pub const RUSTLS: Row = Row {
    id: "rustls",
    about: "rustls-webpki searches; an anchor is a name, a key and name constraints, and the common name never counts",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/rustls/webpki/blob/v/0.103.17/src/verify_cert.rs",
        "https://github.com/rustls/rustls/blob/v/0.23.46/rustls/src/crypto/aws_lc_rs/mod.rs",
        "https://github.com/rustls/rustls/blob/v/0.23.46/rustls/src/crypto/ring/mod.rs",
    ],
    policy: |parts| {
        // ML-DSA is in 0.23.46 and was not in 0.23.37.
        let is_old = parts.version("rustls").is_some_and(|version| version.is_between("", "0.23.46"));
        let algorithms = match () {
            () if parts.has("ring") => Algorithms::Ring,
            () if is_old => Algorithms::AwsLcWithoutMlDsa,
            () => Algorithms::AwsLc,
        };
        policy(parts, algorithms)
    },
};

/// Deno: its own build of the provider.
pub const DENO: Row = Row {
    id: "deno",
    about: "Deno's rustls, with aws-lc-rs and without ML-DSA",
    oracle: Oracle::Programs,
    sources: &["https://github.com/denoland/deno/blob/main/ext/tls/lib.rs"],
    policy: |parts| policy(parts, Algorithms::AwsLcWithoutMlDsa),
};

/// How a program on rustls decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rustls {
    /// The algorithms of its provider.
    pub algorithms: Algorithms,
}

/// Lists of signature algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithms {
    /// aws-lc-rs: RSA of 2048 to 8192 bits, P-256, P-384, P-521, Ed25519, ML-DSA.
    AwsLc,
    /// The same before ML-DSA.
    AwsLcWithoutMlDsa,
    /// ring: without P-521 and ML-DSA.
    Ring,
}

fn policy(_parts: &Parts<'_>, algorithms: Algorithms) -> Result<Policy, NotPredicted> {
    Ok(Policy::Rustls(Rustls { algorithms }))
}
