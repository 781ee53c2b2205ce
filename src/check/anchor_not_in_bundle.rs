//! An anchor that was added and never taken up: the file is where it should be, and no program trusts it.

use super::generated::{Taken, concerns, output, refresh, sources};
use super::{Check, Detail, Run, Scope, Severity};
use crate::catalogue::client::Output;
use crate::host::System;
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
    if !concerns(scope, Output::Bundle) {
        return Vec::new();
    }
    match output(scope, Output::Bundle) {
        Some(bundle) => sources(scope).iter().flat_map(|source| missing(source, &bundle)).collect(),
        // BSD has the directory alone.
        None if scope.host.system != System::Bsd || output(scope, Output::Directory).is_none() => {
            sources(scope).iter().filter_map(nothing_made).collect()
        }
        None => Vec::new(),
    }
}

/// Anchors of which no bundle was made at all, or what was made is gone.
fn nothing_made(source: &Taken<'_>) -> Option<Detail> {
    let first = source.anchors.certificates.values().next()?;
    Some(Detail {
        store: Some(first.store.id.clone()),
        expected: "a bundle that is made of what is there".to_owned(),
        found: "none in any of the places of systems, so that no client that reads one sees them".to_owned(),
        remedy: format!("run {}", refresh(source.found.client)),
        severity: Some(Severity::Error),
        ..Detail::default()
    })
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
