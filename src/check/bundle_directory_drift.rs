//! The bundle and the hash directory of one system disagree, so two programs on one machine
//! trust different roots depending on which of the two they were built to read.

use super::generated::is_read;
use super::{Check, Detail, Run, Scope, Severity};
use crate::catalogue::client::Output;
use crate::discover::Use;
use crate::select::{Column, column_of_use};

/// The row.
pub const CHECK: Check = Check {
    id: "bundle-directory-drift",
    title: "the system's bundle and its hash directory disagree",
    severity: Severity::Warning,
    about: "Both are made from the same anchors, and both are read: GnuTLS and Go take the bundle, OpenSSL the bundle \
            and the directory. A root in one alone is trusted by some programs and not by others. Debian's tool \
            leaves links behind when a local certificate is deleted, and a directory keeps certificates that no \
            bundle was made from.",
    says: "https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html",
    since: None,
    remedy: "Run the system's refresh command. What is in the directory alone after that was put there by hand: move \
             it to the system's anchors, or remove it.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let one = |output: Output| scope.uses.iter().find(|found: &&Use| found.client.made == Some(output));
    let (Some(bundle), Some(directory)) = (one(Output::Bundle), one(Output::Directory)) else { return Vec::new() };
    // What was not read may be there.
    let (reads_bundle, reads_directory) = (is_read(scope, bundle), is_read(scope, directory));
    let (bundle, directory) = (column_of_use(bundle, scope.snapshot), column_of_use(directory, scope.snapshot));
    if bundle.certificates.is_empty() || directory.certificates.is_empty() {
        return Vec::new();
    }
    let mut details = Vec::new();
    if reads_directory {
        details.extend(missing(&bundle, &directory, "the hash directory", "the bundle"));
    }
    if reads_bundle {
        details.extend(missing(&directory, &bundle, "the bundle", "the hash directory"));
    }
    details
}

/// What `from` holds and `other` lacks.
fn missing(from: &Column, other: &Column, other_name: &str, from_name: &str) -> Vec<Detail> {
    let only = from.certificates.iter().filter(|(fingerprint, _)| !other.certificates.contains_key(fingerprint));
    only.map(|(_, held)| Detail {
        store: Some(held.store.clone()),
        slot: Some(held.slot.clone()),
        certificate: Some(held.certificate.clone()),
        expected: format!("in {other_name} too"),
        found: format!("in {from_name} alone"),
        remedy: "run the system's refresh command; if it stays, it was put there by hand: add it as an anchor, or remove its \
                 file and links"
            .to_owned(),
        ..Detail::default()
    })
    .collect()
}
