//! Programs built with Go: `crypto/x509` as the toolchain had it, and as the program's `go.mod` sets it.
//!
//! The verifier is compiled in, so the toolchain's version decides, and where a check can be turned off
//! (`GODEBUG`) its default follows the `go` line of the main module's `go.mod`, not the toolchain: a program
//! that says `go 1.21` and is built by 1.27 takes a negative serial number. Read in `src/crypto/x509`
//! (`verify.go`, `parser.go`, `x509.go`, `cert_pool.go`, `constraints.go`) and `src/internal/godebugs/table.go` of
//! 1.19.8, 1.21.13, 1.22.10, 1.23.9, 1.24.11, 1.25.5, 1.26.6 and 1.27.3.

use super::{NotPredicted, Oracle, Parts, Policy, Row};
use crate::model::{Timestamp, Version};

/// Programs built with Go.
pub const GO: Row = Row {
    id: "go",
    about: "crypto/x509 searches for every path, tries each candidate's signature, and checks the root as an issuer",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/golang/go/blob/go1.27.3/src/crypto/x509/verify.go",
        "https://github.com/golang/go/blob/go1.27.3/src/crypto/x509/parser.go",
        "https://github.com/golang/go/blob/go1.27.3/src/internal/godebugs/table.go",
        "https://go.dev/doc/godebug",
    ],
    policy,
};

/// How a program built with Go decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Go {
    /// The minor number of the toolchain: 19 for 1.19.
    pub toolchain: u32,
    /// Whether signatures with SHA-1 serve: before 1.18 (`x509sha1` until 1.23, unset by default).
    pub sha1: bool,
    /// Whether a negative serial number is taken: `x509negativeserial`, changed in 1.23.
    pub negative_serial: bool,
    /// Whether RSA keys below 1024 bits serve: `rsa1024min`, changed in 1.24.
    pub short_rsa: bool,
    /// Whether certificate policies are evaluated: since 1.24, whatever `x509usepolicies` says, which is of creating
    /// certificates (`policiesValid` in `verify.go`; `x509.go`).
    pub policies: bool,
    /// Whether an excluded name constraint reaches into a wildcard (1.24.11, 1.25.5, 1.26).
    pub wildcards_excluded: bool,
}

impl Go {
    /// The policy of a program that this toolchain built, with this `go` line in its `go.mod`.
    ///
    /// Without a `go` line that is known, the toolchain's own: what a module made with it has.
    #[must_use]
    pub fn new(toolchain: &Version, language: Option<&Version>) -> Self {
        let at_least = |version: &str| toolchain.is_between(version, "");
        // GODEBUG's table speaks of the language version; toolchains before 1.21 had no such table.
        let changed = |version: &str| at_least(version) && language.is_none_or(|go| go.is_between(version, ""));
        Self {
            toolchain: minor(toolchain),
            sha1: !at_least("1.18"),
            negative_serial: !changed("1.23"),
            short_rsa: !changed("1.24"),
            policies: at_least("1.24"),
            wildcards_excluded: toolchain.is_between("1.24.11", "1.25") || at_least("1.25.5"),
        }
    }

    /// Whether the toolchain is at least 1.`minor`.
    #[must_use]
    pub const fn is(self, minor: u32) -> bool {
        self.toolchain >= minor
    }
}

fn minor(version: &Version) -> u32 {
    (0..100).rev().find(|minor| version.is_between(&format!("1.{minor}"), "")).unwrap_or_default()
}

fn policy(parts: &Parts<'_>) -> Result<Policy, NotPredicted> {
    let toolchain = parts.needs("go")?;
    let mut go = Go::new(toolchain, parts.version("go-language"));
    if let Some(mode) = ["fips140=on", "fips140=only"].into_iter().find(|mode| parts.has(mode)) {
        return Err(NotPredicted(format!("castore has no rules for Go in its FIPS mode ({mode})")));
    }
    // A setting counts in the toolchains that know it; each is there from its change on, and x509sha1 until 1.24.
    let told = |name: &str, from: &str, until: &str| {
        let of = |value: &str| parts.has(&format!("{name}={value}")) && toolchain.is_between(from, until);
        of("1").then_some(true).or_else(|| of("0").then_some(false))
    };
    go.sha1 = told("x509sha1", "1.18", "1.24").unwrap_or(go.sha1);
    go.negative_serial = told("x509negativeserial", "1.23", "").unwrap_or(go.negative_serial);
    go.short_rsa = told("rsa1024min", "1.24", "").map_or(go.short_rsa, |refuses| !refuses);
    Ok(Policy::Go(go))
}

/// What `crypto/x509` says, before what `crypto/tls` puts in front of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// `UnknownAuthorityError`, with the first candidate that failed and why.
    UnknownAuthority(Option<(String, String)>),
    /// `CertificateInvalidError{Expired}`.
    Expired {
        /// The moment of verification.
        now: Timestamp,
        /// The end of validity.
        after: Timestamp,
    },
    /// The same before validity.
    NotYetValid {
        /// The moment of verification.
        now: Timestamp,
        /// The beginning of validity.
        before: Timestamp,
    },
    /// `CertificateInvalidError{CANotAuthorizedForThisName}`.
    NameConstraint(String),
    /// A text that has no parts.
    Plain(&'static str),
    /// A text of its own.
    Own(String),
    /// A sent certificate cannot be read: the text of the reader.
    NotParsed(String),
}

impl Told {
    /// The text, as `crypto/x509` has it.
    #[must_use]
    pub fn bare(&self) -> String {
        match self {
            Self::UnknownAuthority(None) => "x509: certificate signed by unknown authority".to_owned(),
            Self::UnknownAuthority(Some((because, name))) => format!(
                "x509: certificate signed by unknown authority (possibly because of {because:?} while trying to \
                 verify candidate authority certificate {name:?})"
            ),
            Self::Expired { now, after } => {
                format!("x509: certificate has expired or is not yet valid: current time {now} is after {after}")
            }
            Self::NotYetValid { now, before } => {
                format!("x509: certificate has expired or is not yet valid: current time {now} is before {before}")
            }
            Self::NameConstraint(detail) => {
                format!("x509: a root or intermediate certificate is not authorized to sign for this name: {detail}")
            }
            Self::Plain(text) => (*text).to_owned(),
            Self::Own(text) | Self::NotParsed(text) => text.clone(),
        }
    }

    /// The text that a TLS client of this toolchain prints (`verifyServerCertificate`,
    /// `crypto/tls/handshake_client.go`; the prefix since 1.20).
    #[must_use]
    pub fn text(&self, go: Go) -> String {
        match self {
            Self::NotParsed(text) => format!("tls: failed to parse certificate from server: {text}"),
            _ if go.is(20) => format!("tls: failed to verify certificate: {}", self.bare()),
            _ => self.bare(),
        }
    }
}

/// `UnhandledCriticalExtension`.
pub const UNHANDLED_CRITICAL: &str = "x509: unhandled critical extension";
/// `CertificateInvalidError{NotAuthorizedToSign}`.
pub const NOT_AUTHORIZED_TO_SIGN: &str = "x509: certificate is not authorized to sign other certificates";
/// `CertificateInvalidError{TooManyIntermediates}`.
pub const TOO_MANY_INTERMEDIATES: &str = "x509: too many intermediates for path length constraint";
/// `CertificateInvalidError{IncompatibleUsage}`.
pub const INCOMPATIBLE_USAGE: &str = "x509: certificate specifies an incompatible key usage";
/// `ConstraintViolationError`.
pub const CANNOT_SIGN: &str = "x509: invalid signature: parent certificate cannot sign this kind of certificate";
/// `errSignatureLimit`.
pub const SIGNATURE_LIMIT: &str = "x509: signature check attempts limit reached while verifying certificate chain";
/// `ErrUnsupportedAlgorithm`.
pub const UNIMPLEMENTED: &str = "x509: cannot verify signature: algorithm unimplemented";

/// Signatures that `CheckSignatureFrom` may make in one search (`maxChainSignatureChecks`).
pub const SIGNATURES: usize = 100;
/// Comparisons of names with constraints for one certificate before 1.26 (`maxConstraintComparisons`).
pub const COMPARISONS: usize = 250_000;

/// SHA-256 of the keys that 1.27 takes into no path (`distrustedSPKIHashes`).
pub const DISTRUSTED_KEYS: [&str; 8] = [
    "ebed6475c2c2d80fcb199f3fe8dd6e6b3ce60b77eb15d4e42c3dec0c6f5b5105",
    "49dd353dc2b919a3770645117d0e60c16115e7d1bc259eefe734b00ea434fe5f",
    "e0254c7fcdc265e2f0f8a428dabb75ab4ae039b4872d62f5ee57f0877d5a8a41",
    "5c0660a2b164910d8ff589c18e14552e9e0ec237dcefe2cb736d41a4811f81a0",
    "43bffa19d6ef651451f6841e019931e96f6f2eaeff28ab4b6f1ce4576de2717b",
    "63ecefee431d49523bc1136c4e72d0206a477086caf606cd5cf025686c109cf8",
    "ec4ffa1ad0ac88081314b7aaffef6a91f97cd57291bb5ba686c5415f5eb4f6b6",
    "92c063d67e8f14db71d288e11266ffdaf69cbf115f7bab14f3bc2f68d25e0e30",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn the_go_line_decides_what_the_toolchain_could_refuse() {
        let old_line = Go::new(&version("1.27.3"), Some(&version("1.22")));
        assert!(old_line.negative_serial && old_line.short_rsa && old_line.policies);
        let own_line = Go::new(&version("1.27.3"), None);
        assert!(!own_line.negative_serial && !own_line.short_rsa && own_line.policies);
        let old_toolchain = Go::new(&version("1.19.8"), None);
        assert!(old_toolchain.negative_serial && old_toolchain.short_rsa && !old_toolchain.sha1);
        assert_eq!((old_toolchain.toolchain, own_line.toolchain), (19, 27));
    }

    /// Go's list was taken from Go's source, that of the facts from rustls-webpki's files, which lack a header.
    #[test]
    fn the_keys_that_go_blocks_are_those_that_rustls_blocks() {
        let facts = crate::facts::Facts::built_in();
        for key in DISTRUSTED_KEYS {
            let found = facts.blocked_key(&key.parse().unwrap()).unwrap();
            assert!(found.by_key && found.by == "rustls-webpki", "{found:?}");
        }
    }

    #[test]
    fn the_prefix_of_tls_came_with_1_20() {
        let told = Told::Plain(UNHANDLED_CRITICAL);
        assert_eq!(told.text(Go::new(&version("1.19"), None)), "x509: unhandled critical extension");
        let text = "tls: failed to verify certificate: x509: unhandled critical extension";
        assert_eq!(told.text(Go::new(&version("1.27"), None)), text);
    }

    #[test]
    fn a_hint_is_quoted() {
        let hint = Some(("x509: ECDSA verification failure".to_owned(), "Lab Root".to_owned()));
        let text = "x509: certificate signed by unknown authority (possibly because of \"x509: ECDSA verification \
                    failure\" while trying to verify candidate authority certificate \"Lab Root\")";
        assert_eq!(Told::UnknownAuthority(hint).bare(), text);
    }
}
