//! The system's stores beside what they are generated from: what the checks of drift compare.
//!
//! Each family of systems makes a bundle, a hash directory and a Java keystore of the same anchors, by a
//! command that somebody has to run. The rows of the catalogue say which is which.

use super::Scope;
pub(super) use crate::anchors::is_shipped;
use crate::anchors::{Anchors, anchors, brings_shipped, is_read_in_full, taken_out_by};
use crate::catalogue::client::{Client, Edit, Family, Output};
use crate::catalogue::{DEBIAN_JAVA, deselected};
use crate::discover::Use;
use crate::model::{Certificate, Fingerprint, Slot, shell};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// A use with what it trusts.
pub(super) struct Taken<'s> {
    pub(super) found: &'s Use,
    pub(super) anchors: Anchors<'s>,
}

impl Taken<'_> {
    pub(super) fn has(&self, fingerprint: &Fingerprint) -> bool {
        self.anchors.certificates.contains_key(fingerprint)
    }

    /// The path of its first store, as it was named.
    pub(super) fn path(&self) -> String {
        let path = self.found.effective().find_map(|candidate| candidate.path.as_ref());
        path.map_or_else(|| self.found.client.title.to_owned(), |path| path.display().to_string())
    }
}

/// Whether one of the clients in scope is what the system makes as this.
pub(super) fn is_in_scope(scope: &Scope<'_>, output: Output) -> bool {
    scope.uses.iter().any(|found| found.client.made == Some(output))
}

/// What the system makes as this, where there is any certificate in it.
pub(super) fn output<'s>(scope: &Scope<'s>, output: Output) -> Option<Taken<'s>> {
    let found = scope.users.iter().find(|found| found.client.made == Some(output))?;
    let anchors = anchors(found, scope.snapshot);
    (!anchors.certificates.is_empty()).then_some(Taken { found, anchors })
}

/// What the system generates its stores from.
pub(super) fn sources<'s>(scope: &Scope<'s>) -> Vec<Taken<'s>> {
    let found = scope.users.iter().filter(|found| found.client.is_source);
    found.map(|found| Taken { found, anchors: anchors(found, scope.snapshot) }).collect()
}

/// Whether sources are in scope, or what is generated from them.
pub(super) fn concerns(scope: &Scope<'_>, output: Output) -> bool {
    is_in_scope(scope, output) || scope.uses.iter().any(|found| found.client.is_source)
}

/// Whether what the distribution ships is among the sources: in a container a bundle often stands alone.
pub(super) fn is_whole(scope: &Scope<'_>, sources: &[Taken<'_>]) -> bool {
    sources.iter().any(|source| brings_shipped(source.found, &source.anchors, scope.snapshot))
}

/// Whether everything in the stores of a use was read.
pub(super) fn is_read(scope: &Scope<'_>, found: &Use) -> bool {
    is_read_in_full(found, scope.snapshot)
}

/// The command that takes up what was added to the sources of a row.
pub(super) const fn refresh(client: &Client) -> &'static str {
    match client.edit {
        Edit::DropIn { refresh, .. } => refresh,
        Edit::Via(how) => how,
        Edit::Rewrite | Edit::Elsewhere(_) | Edit::Never(_) => "the system's refresh command",
    }
}

/// How an anchor is added to the sources of a row.
pub(super) fn adding(client: &Client) -> String {
    match client.edit {
        Edit::DropIn { directory, extension, refresh } => {
            format!("put it into {directory} as a .{extension} file and run {refresh}")
        }
        other => format!("add it by {}", refresh(&Client { edit: other, ..*client })),
    }
}

/// What brings the Java keystore up to date. Debian's hook adds to the keystore and never takes out, whatever
/// is said to update-ca-certificates; its package has a trigger that does both, for the aliases that it made.
pub(super) fn java_refresh(sources: &[Taken<'_>], slot: Option<&Slot>) -> String {
    let of_debian = sources.iter().any(|source| source.found.client.family == Some(Family::Debian));
    let alias = match slot {
        Some(Slot::Alias(alias)) => Some(alias.raw()),
        _ => None,
    };
    match alias.filter(|alias| !alias.starts_with("debian:")) {
        Some(alias) if of_debian => format!("run keytool -delete -cacerts -alias {}", shell::word(alias)),
        _ if of_debian => format!("run {}", DEBIAN_JAVA.map(|command| command.join(" ")).join(", then ")),
        _ => sources.first().map_or_else(
            || "run the system's refresh command".to_owned(),
            |source| format!("run {}", refresh(source.found.client)),
        ),
    }
}

/// A certificate that the administrator or the distribution took out, and by what.
pub(super) struct Dropped<'s> {
    pub(super) certificate: &'s Arc<Certificate>,
    pub(super) by: String,
}

/// What lists and blocklists of the sources take out.
pub(super) fn dropped<'s>(scope: &Scope<'s>, sources: &[Taken<'s>]) -> BTreeMap<Fingerprint, Dropped<'s>> {
    let lines = deselected(scope.host);
    let mut found = BTreeMap::new();
    for left in sources.iter().flat_map(|source| &source.anchors.left_out) {
        let (Some(certificate), Some(by)) = (left.certificate, taken_out_by(left, &lines)) else { continue };
        found.entry(certificate.fingerprint()).or_insert(Dropped { certificate, by });
    }
    let kept: HashSet<&Fingerprint> = sources.iter().flat_map(|source| source.anchors.certificates.keys()).collect();
    found.retain(|fingerprint, _| !kept.contains(fingerprint));
    found
}
