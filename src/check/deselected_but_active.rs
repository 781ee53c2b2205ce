//! A root that somebody took out, and that is trusted all the same: the list says no, and a bundle, a link or
//! a keystore was left as it was.

use super::generated::{concerns, dropped, java_refresh, output, refresh, sources};
use super::{Check, Detail, Run, Scope, Severity};
use crate::catalogue::client::Output;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "deselected-but-active",
    title: "a deselected or blocklisted certificate is still trusted",
    severity: Severity::Error,
    about: "A line with ! in ca-certificates.conf, or a file in a blocklist, takes a root out of what is generated next. \
            What was generated before keeps it. Debian's tool moreover leaves the link of a file whose name has a blank, \
            a comma or parentheses, and nothing but a trigger of its own takes a root out of the Java keystore.",
    says: "https://salsa.debian.org/debian/ca-certificates/-/blob/debian/20230311/sbin/update-ca-certificates",
    since: None,
    remedy: "Run the system's refresh command; on Debian update-ca-certificates --fresh for the hash directory.",
    run: Run::Whole(look),
};

const OUTPUTS: [(Output, &str); 3] =
    [(Output::Bundle, "the bundle"), (Output::Directory, "the hash directory"), (Output::Java, "the Java keystore")];

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let sources = sources(scope);
    let dropped = dropped(scope, &sources);
    if dropped.is_empty() {
        return Vec::new();
    }
    let mut details = Vec::new();
    for (made, name) in OUTPUTS {
        let Some(output) = output(scope, made).filter(|_| concerns(scope, made)) else { continue };
        for (fingerprint, dropped) in &dropped {
            let Some(anchor) = output.anchors.certificates.get(fingerprint) else { continue };
            let client = sources.first().map(|source| source.found.client);
            let refresh = client.map_or("the system's refresh command", refresh);
            let fresh = if refresh == "update-ca-certificates" { " --fresh" } else { "" };
            details.push(Detail {
                store: Some(anchor.store.id.clone()),
                slot: Some(anchor.slot.clone()),
                certificate: Some(Arc::clone(dropped.certificate)),
                expected: format!("left out, since {}", dropped.by),
                found: format!("trusted in {name}"),
                remedy: match made {
                    Output::Java => java_refresh(&sources, Some(anchor.slot)),
                    Output::Bundle | Output::Directory => format!("run {refresh}{fresh}"),
                },
                ..Detail::default()
            });
        }
    }
    details
}
