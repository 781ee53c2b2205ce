//! A root or intermediate with something in it that a verifier here takes for a reason to refuse every path
//! through it.

use super::super::{Check, Detail, Run, Scope, Severity};
use crate::policy::{Fault, Policy};

/// The row.
pub const CHECK: Check = Check {
    id: "acceptance/form",
    title: "a verifier refuses every path through this authority",
    severity: Severity::Warning,
    about: "A critical extension that a verifier does not know, an extended key usage without serverAuth or a key on explicit \
            curve parameters in a root makes OpenSSL refuse all that it issued. Verifiers that look at no more of a root \
            than its name and key accept the same.",
    says: "https://docs.openssl.org/3.5/man1/openssl-verification-options/",
    since: None,
    remedy: "Have the authority issued anew without what the verifier refuses; the key may stay the same.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    super::refused(scope, is_wanted, words)
}

fn is_wanted(_: &Policy, fault: Fault) -> bool {
    matches!(
        fault,
        Fault::CriticalUnknown | Fault::PurposeUnsuitable | Fault::KeyExplicitCurve | Fault::KeyUsageNoCertSign
    )
}

fn words(fault: Fault) -> (&'static str, &'static str, &'static str) {
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
        _ => ("a key usage with keyCertSign", "one without it", "have it issued anew with keyCertSign"),
    }
}
