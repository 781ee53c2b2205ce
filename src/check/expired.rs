//! Expired certificates. Some verifiers fail when an expired twin is met first; all carry dead
//! weight, and an audit stumbles over it.

use super::expired_twin::{renewal, valid};
use super::{Check, Detail, Run, Scope, Severity, each_entry};
use crate::model::{Entry, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "expired",
    title: "a certificate has expired",
    severity: Severity::Warning,
    about: "The end of validity has passed, and no renewal of the same name and key is in the store. No chain through this \
            certificate verifies any more.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
    since: None,
    remedy: "Remove it where the store is kept by hand; else update the package the store comes from.",
    run: Run::Store(look),
};

fn look(scope: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let mut renewals = None;
    each_entry(store, |entry: &Entry| {
        let certificate = entry.certificate()?;
        let end = certificate.not_after().filter(|end| *end < scope.at)?;
        // That is told as a twin.
        let renewals = renewals.get_or_insert_with(|| valid(store, scope.at));
        if renewal(renewals, certificate).is_some() {
            return None;
        }
        Some(Detail {
            expected: format!("valid on {}", scope.at.date()),
            found: format!("valid until {}, {} days ago", end.date(), end.days_until(scope.at)),
            remedy: "remove it where the store is kept by hand; else update the package the store comes from"
                .to_owned(),
            ..Detail::default()
        })
    })
}
