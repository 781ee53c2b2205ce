//! Expired certificates. What needs one fails; all carry dead weight, and an audit stumbles over it.

pub(super) mod standing;

use super::expired_twin::{renewal, valid};
use super::{Check, Detail, Run, Scope, Severity, each_entry};
use crate::format::x509;
use crate::model::{Certificate, Entry, Store, Timestamp, passing, words};
use standing::{Standing, Standings};

/// The row.
pub const CHECK: Check = Check {
    id: "expired",
    title: "a certificate has expired",
    severity: Severity::Warning,
    about: "The end of validity has passed, and nothing here is known to serve in its place. No chain through this \
            certificate verifies any more; where an authority that it issued is still valid and has no other path, that \
            is told.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
    since: None,
    remedy: "Add its successor where something still needs it. Then remove it where the store is kept by hand; else update \
             the package the store comes from.",
    run: Run::Store(look),
};

fn look(scope: &Scope<'_>, store: &Store) -> Vec<Detail> {
    each_expired(scope, store, |end, standing| {
        let (expected, until) = passing::valid_on(scope.at, end);
        let since = format!("valid until {until}, {}", passing::ago(end.days_until(scope.at)));
        let (found, remedy) = match standing {
            // That is told by a check of its own.
            Standing::OtherPath(_) => return None,
            Standing::Nobody => (
                since,
                "remove it where the store is kept by hand; else update the package the store comes from".to_owned(),
            ),
            Standing::NotTried => (
                format!("{since}; too many have an issuer of its name to try which of them it issued"),
                "look at what it issued before it is removed".to_owned(),
            ),
            Standing::Needed { by, clients } => {
                let whose = if clients.is_empty() {
                    String::new()
                } else {
                    format!(" for {}", words::few(&clients, CLIENTS, ", "))
                };
                let until = by.not_after().map(Timestamp::date).unwrap_or_default();
                (
                    format!("{since}; {} ({}), valid until {until}, has no other path{whose}", name(&by), short(&by)),
                    "add the successor of this root to the same stores, and have servers send a chain to it".to_owned(),
                )
            }
        };
        Some(Detail { expected, found, remedy, ..Detail::default() })
    })
}

/// What `say` says of each certificate of a store that has expired, by its end and by who still needs it. One whose
/// renewal is in the same store is told as a twin ([`super::expired_twin`]) and not here.
pub(super) fn each_expired(
    scope: &Scope<'_>,
    store: &Store,
    say: impl Fn(Timestamp, Standing) -> Option<Detail>,
) -> Vec<Detail> {
    let (mut renewals, mut standings) = (None, None);
    let look = |entry: &Entry| {
        let certificate = entry.certificate()?;
        let end = ended(certificate, scope.at)?;
        if renewal(renewals.get_or_insert_with(|| valid(store, scope.at)), certificate).is_some() {
            return None;
        }
        say(end, standings.get_or_insert_with(|| Standings::of(scope, store)).standing(certificate))
    };
    each_entry(store, look).collect()
}

/// The end of validity of a certificate that has expired at a moment.
pub(super) fn ended(certificate: &Certificate, at: Timestamp) -> Option<Timestamp> {
    certificate.not_after().filter(|end| *end < at)
}

/// Clients that are named before the rest is counted.
const CLIENTS: usize = 4;

/// What people call a certificate.
pub(super) fn name(certificate: &Certificate) -> String {
    x509::details(certificate).map(|details| details.subject.short().raw().to_owned()).unwrap_or_default()
}

/// The beginning of its fingerprint.
pub(super) fn short(certificate: &Certificate) -> String {
    certificate.fingerprint().short().to_string()
}
