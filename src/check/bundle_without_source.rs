//! A certificate in the system's bundle that nothing there is made of: somebody edited the bundle, or took
//! the anchor away and ran nothing. The next refresh drops it, without a word.

use super::generated::{adding, concerns, dropped, is_read, is_whole, output, refresh, sources};
use super::{Check, Detail, Run, Scope, Severity};
use crate::catalogue::client::Output;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "bundle-without-source",
    title: "a certificate of the system's bundle has no source",
    severity: Severity::Warning,
    about: "The bundle is generated: what was written into it by hand, or whose anchor was deleted since, stays until the \
            refresh command runs next, which is when a package is upgraded. Then a server that worked fails, or a root \
            that was thought to be gone is gone at last.",
    says: "https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html",
    since: None,
    remedy: "Add it to the system's anchors if it is meant to be trusted; then run the refresh command.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let sources = sources(scope);
    let is_known = || is_whole(scope, &sources) && sources.iter().all(|source| is_read(scope, source.found));
    let Some(bundle) = output(scope, Output::Bundle).filter(|_| concerns(scope, Output::Bundle) && is_known()) else {
        return Vec::new();
    };
    let Some(client) = sources.iter().find(|source| !source.anchors.certificates.is_empty()) else {
        return Vec::new();
    };
    let client = client.found.client;
    let dropped = dropped(scope, &sources);
    let is_alone = |fingerprint: &crate::model::Fingerprint| {
        !dropped.contains_key(fingerprint) && !sources.iter().any(|source| source.has(fingerprint))
    };
    let alone = bundle.anchors.certificates.iter().filter(|(fingerprint, _)| is_alone(fingerprint));
    let details = alone.map(|(_, anchor)| Detail {
        store: Some(anchor.store.id.clone()),
        slot: Some(anchor.slot.clone()),
        certificate: Some(Arc::clone(anchor.certificate)),
        expected: format!("among {}", client.title),
        found: format!("in the bundle alone: {} drops it", refresh(client)),
        remedy: format!("if it is meant to be trusted, {}; else run {}", adding(client), refresh(client)),
        ..Detail::default()
    });
    details.collect()
}
