//! Certificates whose validity has not begun: a clock that is wrong, or a root added too early.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Entry, Store, passing};

/// The row.
pub const CHECK: Check = Check {
    id: "not-yet-valid",
    title: "a certificate is not valid yet",
    severity: Severity::Warning,
    about: "The beginning of validity is in the future. Either this machine's clock is behind, or the certificate \
            was put here before its time; until then no chain through it verifies.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
    since: None,
    remedy: "Compare this machine's clock. If it is right, wait, or remove the certificate.",
    run: Run::Entry(look),
};

fn look(scope: &Scope<'_>, _: &Store, entry: &Entry) -> Option<Detail> {
    let start = entry.certificate()?.not_before().filter(|start| *start > scope.at)?;
    let (expected, from) = passing::valid_on(scope.at, start);
    Some(Detail {
        expected,
        found: format!("valid from {from}, {}", passing::from_now(scope.at.days_until(start))),
        remedy: "compare this machine's clock; if it is right, wait, or remove the certificate".to_owned(),
        ..Detail::default()
    })
}
