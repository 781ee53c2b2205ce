//! Certificates that expire soon, roots and intermediates alike: the renewal has to reach every
//! store first.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Entry, Store, passing};

/// The row.
pub const CHECK: Check = Check {
    id: "expiring",
    title: "a certificate expires soon",
    severity: Severity::Warning,
    about: "The end of validity is nearer than the threshold (90 days, or expires-within of a flag, a variable or castore.toml, where stores can have thresholds of their own). What chains to it fails \
            on that day in every client that has no successor.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
    since: None,
    remedy: "Find its successor and add it to the same stores before that day.",
    run: Run::Entry(look),
};

fn look(scope: &Scope<'_>, store: &Store, entry: &Entry) -> Option<Detail> {
    let end = entry.certificate()?.not_after().filter(|end| *end >= scope.at)?;
    // Most are far off, whatever the threshold of their store.
    if end >= scope.at.plus_days(scope.within_at_most()) {
        return None;
    }
    let limit = scope.at.plus_days(scope.within_of(&store.id));
    if end >= limit {
        return None;
    }
    let (expected, until) = passing::valid_on(limit, end);
    Some(Detail {
        expected,
        found: format!("valid until {until}, {}", passing::from_now(scope.at.days_until(end))),
        remedy: "find its successor and add it to the same stores before that day".to_owned(),
        ..Detail::default()
    })
}
