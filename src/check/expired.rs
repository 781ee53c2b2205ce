//! Expired certificates. Some verifiers fail when an expired twin is met first; all carry dead
//! weight, and an audit stumbles over it.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Entry, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "expired",
    title: "a certificate has expired",
    severity: Severity::Warning,
    about: "The end of validity has passed. No chain through this certificate verifies any more, and verifiers that \
            try the first issuer of a name (OpenSSL before 1.1.0) fail even where a renewed twin stands beside it.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
    since: None,
    remedy: "Remove it where the store is kept by hand; else update the package the store comes from.",
    run: Run::Entry(look),
};

fn look(scope: &Scope<'_>, _: &Store, entry: &Entry) -> Option<Detail> {
    let end = entry.certificate()?.not_after().filter(|end| *end < scope.at)?;
    Some(Detail {
        expected: format!("valid on {}", scope.at.date()),
        found: format!("valid until {}, {} days ago", end.date(), end.days_until(scope.at)),
        remedy: "remove it where the store is kept by hand; else update the package the store comes from".to_owned(),
        ..Detail::default()
    })
}
