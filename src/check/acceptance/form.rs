//! A root or intermediate with something in it that a verifier here takes for a reason to refuse every path
//! through it, or that it cannot read.

use super::super::{Check, Detail, Run, Scope, Severity};
use super::{Kind, refused};

/// The row.
pub const CHECK: Check = Check {
    id: "acceptance/form",
    title: "a verifier refuses every path through this authority",
    severity: Severity::Warning,
    about: "A critical extension that a verifier does not know, an extended key usage without serverAuth, a negative \
            serial number, a key on a curve that it lacks: one verifier refuses all that such a root issued, and \
            another, which looks at no more of a root than its name and key, accepts it.",
    says: "https://docs.openssl.org/3.5/man1/openssl-verification-options/",
    since: None,
    remedy: "Have the authority issued anew without what the verifier refuses; the key may stay the same.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    refused(scope, Kind::Form)
}
