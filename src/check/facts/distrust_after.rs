//! Roots of which a programme no longer trusts what they newly issue. A flat bundle cannot say that, so its readers
//! trust the new certificates too.

use super::{and, everywhere, is_local, is_offered, silent_sections};
use crate::check::{Check, Detail, Run, Scope, Severity};
use crate::facts::Held;
use crate::model::{Entry, Store, Trust};

/// The row.
pub const CHECK: Check = Check {
    id: "distrust-after",
    title: "a root whose new certificates a programme distrusts",
    severity: Severity::Info,
    about: "A programme still holds this root for TLS servers, for what it issued until a day, and trusts nothing that it \
            issued after it (CKA_NSS_SERVER_DISTRUST_AFTER of Mozilla, the NotBefore property of Microsoft). The store \
            here is of a form that cannot say so: whoever reads it trusts new certificates too. That is no fault of the \
            store; once the day has passed it is a warning, as every certificate issued since then is one that the \
            programme refuses.",
    says: "https://wiki.mozilla.org/CA/Additional_Trust_Changes",
    since: None,
    remedy: "Nothing before the day; after it, remove the root where no server of yours has a certificate of it.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let silent = silent_sections(scope);
    let may = |store: &Store, entry: &Entry| {
        let says = matches!(&entry.trust, Trust::Limited(limited) if limited.server_distrusted_after().is_some());
        is_offered(store, entry, &silent) && !says && !is_local(scope, store)
    };
    everywhere(scope, CHECK.severity, may, |certificate| {
        if certificate.not_after().is_some_and(|end| end < scope.at) {
            return None;
        }
        let standings = scope.facts.standings(&certificate.fingerprint());
        // Who removed it is for another check.
        if standings.iter().any(|standing| matches!(standing.servers, Held::Removed { .. })) {
            return None;
        }
        let held = standings.iter().filter(|standing| standing.servers == Held::Yes);
        let days: Vec<_> = held.filter_map(|standing| Some((standing.after?, &standing.program.name))).collect();
        let first = days.iter().map(|(day, _)| *day).min()?;
        let said: Vec<String> = days.iter().map(|(day, name)| format!("{name} after {}", day.date())).collect();
        let has_passed = first < scope.at;
        let detail = Detail {
            expected: "a store that can say from when on it distrusts".to_owned(),
            found: format!("what it issues is not trusted by {}", and(&said)),
            remedy: if has_passed {
                "remove it where no server of yours has a certificate of it".to_owned()
            } else {
                "nothing before that day".to_owned()
            },
            severity: has_passed.then_some(Severity::Warning),
            ..Detail::default()
        };
        Some((first, detail))
    })
}
