//! An expired certificate beside its renewal: most verifiers pass it over, and those that take the first of a name
//! fail on it, as they did when AddTrust and DST Root CA X3 ended.

use super::{Check, Detail, Run, Scope, Severity, counted, with_count};
use crate::chain::clients::policy;
use crate::discover::Use;
use crate::model::{Certificate, Fingerprint, Store, Timestamp};
use crate::policy::Policy;
use crate::policy::openssl::Library;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "expired-twin",
    title: "an expired certificate stands beside its renewal",
    severity: Severity::Info,
    about: "Two certificates of one name and key are in the store: one has expired, the other is valid. OpenSSL since 1.1.0, Go, \
            Java, GnuTLS and NSS take the valid one. OpenSSL 1.0.2 and BoringSSL take the first that fits, whatever its \
            dates; where the expired one comes first, they refuse all that the authority issued.",
    says: "https://github.com/openssl/openssl/blob/OpenSSL_1_0_2-stable/crypto/x509/x509_lu.c",
    since: None,
    remedy: "Delete the expired one; its renewal does everything it did.",
    run: Run::Store(look),
};

/// What renewals have in common: the subject's name and key, both DER.
type Key<'c> = (&'c [u8], &'c [u8]);

fn key(certificate: &Certificate) -> Option<Key<'_>> {
    Some((certificate.subject_der()?, certificate.spki_der()?))
}

/// Whether a moment is within the dates of a certificate.
fn is_valid(certificate: &Certificate, at: Timestamp) -> bool {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    from.zip(until).is_some_and(|(from, until)| from <= at && at <= until)
}

/// The certificates of a store that are valid, by name and key, each with its first place.
pub(super) fn valid(store: &Store, at: Timestamp) -> HashMap<Key<'_>, (usize, &Arc<Certificate>)> {
    let mut found = HashMap::new();
    for (place, entry) in store.entries.iter().enumerate() {
        if let Some(certificate) = entry.certificate().filter(|certificate| is_valid(certificate, at))
            && let Some(key) = key(certificate)
        {
            found.entry(key).or_insert((place, certificate));
        }
    }
    found
}

/// The renewal of an expired certificate in the same store.
pub(super) fn renewal<'v, 'c>(
    valid: &'v HashMap<Key<'c>, (usize, &'c Arc<Certificate>)>,
    expired: &'c Certificate,
) -> Option<&'v (usize, &'c Arc<Certificate>)> {
    valid.get(&key(expired)?)
}

fn look(scope: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let is_expired = |certificate: &Arc<Certificate>| certificate.not_after().is_some_and(|end| end < scope.at);
    if !store.entries.iter().filter_map(|entry| entry.certificate()).any(is_expired) {
        return Vec::new();
    }
    let valid = valid(store, scope.at);
    let mut seen: HashSet<Fingerprint> = HashSet::new();
    let mut details = Vec::new();
    for (place, entry) in store.entries.iter().enumerate() {
        let Some(certificate) = entry.certificate().filter(|certificate| is_expired(certificate)) else { continue };
        let Some((other, renewal)) = renewal(&valid, certificate) else { continue };
        if !seen.insert(certificate.fingerprint()) {
            continue;
        }
        let hurt = if place < *other { first_takers(scope, store) } else { Vec::new() };
        let end = certificate.not_after().map(Timestamp::date).unwrap_or_default();
        let effect = match hurt.is_empty() {
            true => "the verifiers here take that".to_owned(),
            false => format!("{} take this, which stands first, and fail", hurt.join(", ")),
        };
        details.push(Detail {
            store: Some(store.id.clone()),
            slot: Some(entry.slot.clone()),
            certificate: Some(Arc::clone(certificate)),
            severity: (!hurt.is_empty()).then_some(Severity::Error),
            expected: format!("its renewal {} alone", renewal.fingerprint().short()),
            found: format!("this beside it, expired on {end}; {effect}"),
            remedy: "delete the expired one".to_owned(),
            ..Detail::default()
        });
    }
    details
}

/// The clients of a store that take the first certificate of a name, whatever its dates (`Else::First` of
/// chain/openssl/candidates).
fn first_takers(scope: &Scope<'_>, store: &Store) -> Vec<String> {
    let uses_it = |found: &&Use| found.effective().any(|candidate| candidate.store.as_ref() == Some(&store.id));
    let takes_first = |found: &&Use| match policy(found, (scope.settings)(found)) {
        Ok(Policy::OpenSsl(policy)) => matches!(policy.library, Library::V1_0_2 | Library::BoringSsl),
        _ => false,
    };
    let found = scope.users.iter().filter(uses_it).filter(takes_first);
    counted(found).into_iter().map(with_count).collect()
}
