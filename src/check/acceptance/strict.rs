//! A root or intermediate that a strict verifier of this machine refuses.

use super::super::{Check, Detail, Run, Scope, Severity};
use crate::policy::{Fault, Policy};

/// The row.
pub const CHECK: Check = Check {
    id: "acceptance/strict",
    title: "a strict verifier refuses this authority",
    severity: Severity::Warning,
    about: "Python 3.13 and urllib3 2.4 turned on OpenSSL's strict checks, which ask of every authority in a path what RFC \
            5280 asks: critical basic constraints, key usage, key identifiers. Roots of proxies and private authorities \
            often lack one of them; a chain to such a root then fails there and nowhere else. OpenSSL 4.0 asks less.",
    says: "https://docs.python.org/3/library/ssl.html#ssl.VERIFY_X509_STRICT",
    since: Some("2024-10-07"),
    remedy: "Have the authority issued anew as RFC 5280 asks, with critical basic constraints, a key usage and key \
             identifiers; the key may stay the same, and so what it issued.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    super::refused(scope, is_wanted, words)
}

fn is_wanted(policy: &Policy, fault: Fault) -> bool {
    policy.is_strict() && (fault.is_strict() || matches!(fault, Fault::NotCa | Fault::AnchorNotCa))
}

fn words(fault: Fault) -> (&'static str, &'static str, &'static str) {
    match fault {
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
        Fault::NotCa | Fault::AnchorNotCa => (
            "basic constraints that say CA:TRUE",
            "a certificate without them",
            "issue it anew as version 3 with critical basic constraints CA:TRUE",
        ),
        Fault::PathLengthWithoutCertSign | Fault::PathLengthOnNonCa => (
            "no path length constraint without keyCertSign",
            "a path length constraint",
            "issue it anew with keyCertSign, or without the path length constraint",
        ),
        Fault::ExtensionsNeedVersion3 => ("version 3", "extensions in an older version", "issue it anew as version 3"),
        Fault::AlgorithmMismatch => {
            ("the same signature algorithm inside and outside", "two that differ", "issue it anew")
        }
        _ => ("what RFC 5280 asks of an authority", "something else", "issue it anew by RFC 5280, 4.1 and 4.2"),
    }
}
