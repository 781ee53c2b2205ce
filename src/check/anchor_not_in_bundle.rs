//! An anchor that was added and never taken up: the file is where it should be, and no program trusts it.

use super::generated::{BUNDLE, Taken, concerns, output, refresh, sources};
use super::{Check, Detail, Run, Scope, Severity};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "anchor-not-in-bundle",
    title: "an anchor of the system is not in its bundle",
    severity: Severity::Warning,
    about: "No program reads the directories in which anchors are added: a command makes the system's bundle of them. \
            Until it is run, or where it failed half way, the anchor is on the disk and trusted by nothing.",
    says: "https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html",
    since: None,
    remedy: "Run the system's refresh command (update-ca-certificates, update-ca-trust, certctl rehash), and read what \
             it says.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(bundle) = output(scope, BUNDLE).filter(|_| concerns(scope, BUNDLE)) else { return Vec::new() };
    sources(scope).iter().flat_map(|source| missing(source, &bundle)).collect()
}

fn missing(source: &Taken<'_>, bundle: &Taken<'_>) -> Vec<Detail> {
    let missing = source.anchors.certificates.iter().filter(|(fingerprint, _)| !bundle.has(fingerprint));
    let detail = |anchor: &crate::anchors::Anchor<'_>| Detail {
        store: Some(anchor.store.id.clone()),
        slot: Some(anchor.slot.clone()),
        certificate: Some(Arc::clone(anchor.certificate)),
        clients: vec![bundle.found.name()],
        expected: format!("in {}, which is made of it", bundle.path()),
        found: "not in it".to_owned(),
        remedy: format!("run {}", refresh(source.found.client)),
        ..Detail::default()
    };
    missing.map(|(_, anchor)| detail(anchor)).collect()
}
