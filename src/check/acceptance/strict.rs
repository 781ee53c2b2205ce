//! A root or intermediate that a strict verifier of this machine refuses.

use super::super::{Check, Detail, Run, Scope, Severity};
use super::{Kind, refused};

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
    refused(scope, Kind::Strict)
}
