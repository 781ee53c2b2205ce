//! A root that its programmes removed, added again by hand: it comes back into the bundle at every refresh.

use super::{everywhere, is_local, is_offered, removed_upstream};
use crate::check::{Check, Detail, Run, Scope, Severity};
use std::collections::BTreeSet;

/// The row.
pub const CHECK: Check = Check {
    id: "resurrected-root",
    title: "a removed root is added by hand",
    severity: Severity::Warning,
    about: "A directory of local anchors (/usr/local/share/ca-certificates and its like) holds a root that a programme \
            took out. Every refresh puts it back into the system's store, whatever updates do, for every program that \
            reads that store.",
    says: "https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html",
    since: None,
    remedy: "Delete the file and run the refresh; where a server still needs the root, add it for the one client that \
             talks to it.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    everywhere(
        scope,
        CHECK.severity,
        |store, entry| is_offered(store, entry, &BTreeSet::new()) && is_local(scope, store),
        |certificate| {
            let (rank, detail) = removed_upstream::say(scope, certificate)?;
            Some((
                rank,
                Detail {
                    expected: "only anchors of one's own among the local ones".to_owned(),
                    remedy:
                        "delete this file and run the refresh; where a server still needs the root, add it for that \
                             client alone"
                            .to_owned(),
                    // Whoever adds it by hand undoes the removal.
                    severity: None,
                    ..detail
                },
            ))
        },
    )
}
