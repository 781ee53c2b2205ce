//! The system's bundle and its Java keystore disagree: a removed root lives on in every Java of the
//! distribution, or a new one is missing there.

use super::generated::{Taken, is_in_scope, java_refresh, output, sources};
use super::{Check, Detail, Run, Scope, Severity};
use crate::catalogue::client::Output;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "java-store-drift",
    title: "the system's bundle and its Java keystore disagree",
    severity: Severity::Warning,
    about: "A distribution makes one keystore for all of its Javas, of the same anchors as the bundle and by another \
            program. Debian's adds what is new and takes nothing out, so Java goes on trusting roots that a security \
            update removed from everything else.",
    says: "https://sources.debian.org/src/ca-certificates-java/20230710~deb12u1/debian/jks-keystore.hook.in/",
    since: None,
    remedy: "Run the refresh command; on Debian dpkg-trigger --no-await update-ca-certificates-java-fresh, then dpkg \
             --triggers-only --pending. What was imported by hand, take out with keytool -delete.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    if !is_in_scope(scope, Output::Bundle) && !is_in_scope(scope, Output::Java) {
        return Vec::new();
    }
    let (Some(bundle), Some(java)) = (output(scope, Output::Bundle), output(scope, Output::Java)) else {
        return Vec::new();
    };
    let sources = sources(scope);
    let mut details =
        only(&java, &bundle, &sources, ("in the bundle too", "in the Java keystore alone: Java trusts it still"));
    details.extend(only(
        &bundle,
        &java,
        &sources,
        ("in the Java keystore too", "in the bundle alone: Java does not trust it"),
    ));
    details
}

/// What one holds and the other lacks.
fn only(held: &Taken<'_>, other: &Taken<'_>, sources: &[Taken<'_>], words: (&str, &str)) -> Vec<Detail> {
    let alone = held.anchors.certificates.iter().filter(|(fingerprint, _)| !other.has(fingerprint));
    let details = alone.map(|(_, anchor)| Detail {
        store: Some(anchor.store.id.clone()),
        slot: Some(anchor.slot.clone()),
        certificate: Some(Arc::clone(anchor.certificate)),
        expected: words.0.to_owned(),
        found: words.1.to_owned(),
        remedy: java_refresh(sources, (held.found.client.made == Some(Output::Java)).then_some(anchor.slot)),
        ..Detail::default()
    });
    details.collect()
}
