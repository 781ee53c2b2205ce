//! A bundle of one or two certificates in the place of all public roots: the company's root was meant
//! to be added, and everything else stopped.

use super::{Check, Detail, Run, Scope, Severity, override_name};
use crate::anchors::anchors;
use crate::discover::{Candidate, Outcome, Use};
use crate::model::Fingerprint;
use std::collections::HashSet;

/// The row.
pub const CHECK: Check = Check {
    id: "override-narrow",
    title: "an override replaces the public roots with a few certificates",
    severity: Severity::Warning,
    about: "Most variables and settings that name a bundle replace the roots a client would have used, so a file with \
            the company's root alone makes every public server fail. NODE_EXTRA_CA_CERTS, which adds, is an exception.",
    says: "https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification",
    since: None,
    remedy: "Write one bundle of the public roots and your own with castore export --from system --from FILE --out BUNDLE, and name \
             that.",
    run: Run::Use(look),
};

/// As many make a bundle too narrow.
const FEW: usize = 2;

/// As many make a store one of public roots: the smallest program, Apple's and Mozilla's leavings on
/// embedded systems included, has more.
const PUBLIC: usize = 20;

fn look(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let trusted = anchors(found, scope.snapshot).certificates.len();
    if trusted == 0 || trusted > FEW || found.is_off() {
        return Vec::new();
    }
    let shadowed = found.candidates.iter().filter(|candidate| candidate.outcome == Outcome::Shadowed);
    let Some(lost) = shadowed.map(|candidate| size(scope, candidate)).max().filter(|size| *size >= PUBLIC) else {
        return Vec::new();
    };
    let narrow = found.effective().filter(|candidate| (1..=FEW).contains(&size(scope, candidate)));
    let narrow = narrow.filter_map(|candidate| {
        let named = override_name(candidate)?;
        Some(Detail {
            path: candidate.path.clone(),
            store: candidate.store.clone(),
            clients: vec![found.name()],
            expected: format!("the {lost} roots that the client would use, and what {named} adds"),
            found: format!("{trusted} in all: {named} replaces them"),
            remedy:
                "write one bundle of both with castore export --from system --from FILE --out BUNDLE, and name that"
                    .to_owned(),
            ..Detail::default()
        })
    });
    narrow.collect()
}

/// Distinct certificates in the store of a candidate.
fn size(scope: &Scope<'_>, candidate: &Candidate) -> usize {
    let store = candidate.store.as_ref().and_then(|id| scope.snapshot.store(id));
    let certificates = store.iter().flat_map(|store| &store.entries).filter_map(|entry| entry.certificate());
    certificates.map(|certificate| certificate.fingerprint()).collect::<HashSet<Fingerprint>>().len()
}
