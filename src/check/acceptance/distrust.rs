//! An authority that is in a client's store and on a list of the client's own.
//!
//! The lists are compiled into a release (`lib/security/blocked.certs` of a JDK, `distrustedSPKIHashes` of Go), so
//! that an update of the program refuses what its store still holds. Some go by the date of the server's
//! certificate: those of the JDK (`jdk.security.caDistrustPolicies`) let what was issued before serve on.

use super::super::{Check, Detail, Run, Scope, Severity, merge_clients};
use super::{Kind, refused, verifiers};
use crate::anchors::anchors;
use crate::policy::Policy;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "acceptance/distrust",
    title: "a verifier distrusts this authority by a list of its own",
    severity: Severity::Warning,
    about: "Releases of Java and Go carry lists of authorities that they refuse whatever a store says: wholly, or for \
            certificates issued after a date. The root stays in the store, and a renewed server certificate below it \
            fails in these programs alone.",
    says: "https://docs.oracle.com/en/java/javase/25/security/oracle-providers.html",
    since: None,
    remedy: "Have servers for these clients take their next certificate from another authority, before the one that \
             they have runs out.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut details = refused(scope, Kind::Distrust);
    details.extend(dated(scope));
    details
}

/// Anchors below which a release of Java takes no certificate that begins after a day.
fn dated(scope: &Scope<'_>) -> Vec<Detail> {
    let mut details = Vec::new();
    for (found, policy) in verifiers(scope, scope.uses) {
        let Policy::Java(java) = policy else { continue };
        for anchor in anchors(found, scope.snapshot).certificates.values() {
            for list in java.lists().filter(|list| list.holds(anchor.certificate.fingerprint())) {
                let (year, month, day) = list.last;
                details.push(Detail {
                    store: Some(anchor.store.id.clone()),
                    slot: Some(anchor.slot.clone()),
                    certificate: Some(Arc::clone(anchor.certificate)),
                    clients: vec![found.name()],
                    expected: "an authority that is on none of its lists".to_owned(),
                    found: format!(
                        "{}, which refuses server certificates that begin after {year:04}-{month:02}-{day:02}",
                        list.name
                    ),
                    remedy: "have servers for these clients take their next certificate from another authority"
                        .to_owned(),
                    // What was issued before serves on.
                    severity: Some(Severity::Info),
                    ..Detail::default()
                });
            }
        }
    }
    merge_clients(details)
}
