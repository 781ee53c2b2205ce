//! The same certificate, said something else of: a distrust that was taken back, or one that was added, and
//! limits that were lifted.

use super::held::Held;
use super::{Check, Detail, Run, Scope, Severity};
use crate::baseline::Said;
use crate::baseline::compare::{ReferenceChange, StoreChange};
use crate::baseline::said::{self, words_of_both};
use crate::model::Fingerprint;

/// The row.
pub const CHECK: Check = Check {
    id: "trust-changed",
    title: "a store says something else of a certificate since the baseline",
    severity: Severity::Error,
    about: "A store that tells how far it trusts its certificates (NSS, p11-kit, TRUSTED CERTIFICATE, Chromium, trust \
            lists) tells something else than when the baseline was accepted (--baseline). That it trusts more for TLS \
            servers, or that a distrust is gone, is an error; that it trusts less, or that limits are others, a \
            warning; what concerns other purposes alone is told.",
    says: "https://p11-glue.github.io/p11-glue/p11-kit/manual/trust-module.html",
    since: None,
    remedy: "Find out who changed it; set it back, or accept it with castore snapshot accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let (mut details, mut held) = (Vec::new(), Held::default());
    for change in &against.comparison.stores {
        let detail = |then: &str, now: &str, severity: Severity| Detail {
            store: against.store(&change.store).cloned(),
            expected: then.to_owned(),
            found: now.to_owned(),
            remedy: "find out who changed it; set it back, or accept it: castore snapshot accept --baseline FILE"
                .to_owned(),
            severity: Some(severity),
            ..Detail::default()
        };
        for trust in &change.trust {
            let severity = severity(&trust.then, &trust.now);
            let (then, now) = words_of_both(&trust.then, &trust.now);
            let mut detail = detail(&then, &now, severity);
            place(scope, change, trust.certificate, &mut held, &mut detail);
            details.push(detail);
        }
        details.extend(change.references.iter().map(|reference| {
            let said = |said: &Option<Said>| said.as_ref().map_or_else(|| "nothing said".to_owned(), words);
            let about = &reference.about;
            let (then, now) = (said(&reference.then), said(&reference.now));
            detail(&format!("{then} of {about}"), &now, of_reference(reference))
        }));
    }
    details
}

/// `refused for TLS servers (distrusted)`.
fn words(said: &Said) -> String {
    said::words(said.servers, &said.says, false)
}

/// Where the certificate stands in the store now.
fn place<'s>(
    scope: &Scope<'s>,
    change: &StoreChange,
    certificate: Fingerprint,
    held: &mut Held<'s>,
    detail: &mut Detail,
) {
    let id = scope.baseline.and_then(|against| against.store(&change.store));
    let store = id.and_then(|id| scope.snapshot.store(id));
    if let Some(entry) = store.and_then(|store| held.entries(store, certificate).first()) {
        detail.slot = Some(entry.slot.clone());
        detail.certificate = entry.certificate().cloned();
    }
}

/// How bad it is that a store says this now and said that.
fn severity(then: &Said, now: &Said) -> Severity {
    match then.servers.cmp(&now.servers) {
        std::cmp::Ordering::Less => Severity::Error,
        std::cmp::Ordering::Greater => Severity::Warning,
        std::cmp::Ordering::Equal if now.servers == crate::baseline::Servers::Limited => Severity::Warning,
        std::cmp::Ordering::Equal => Severity::Info,
    }
}

/// What is not held is trusted by nobody, so that only what was refused, or is, counts.
fn of_reference(change: &ReferenceChange) -> Severity {
    use crate::baseline::Servers::Refused;
    let is_refused = |said: &Option<Said>| said.as_ref().is_some_and(|said| said.servers == Refused);
    match (is_refused(&change.then), is_refused(&change.now)) {
        (true, false) => Severity::Error,
        (false, true) => Severity::Warning,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Trust;

    #[test]
    fn more_trust_is_worse_than_less() {
        let said = |trust: &Trust| Said::new(trust);
        let (trusted, distrusted) = (said(&Trust::Trusted), said(&Trust::Distrusted));
        assert_eq!(severity(&distrusted, &trusted), Severity::Error);
        assert_eq!(severity(&trusted, &distrusted), Severity::Warning);
        let reference = |then: Option<&Said>, now: Option<&Said>| ReferenceChange {
            about: String::new(),
            then: then.cloned(),
            now: now.cloned(),
        };
        assert_eq!(of_reference(&reference(Some(&distrusted), None)), Severity::Error);
        assert_eq!(of_reference(&reference(None, Some(&distrusted))), Severity::Warning);
        assert_eq!(of_reference(&reference(None, Some(&trusted))), Severity::Info);
    }
}
