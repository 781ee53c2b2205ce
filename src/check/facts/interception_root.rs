//! Roots that are there to read TLS connections: wanted by a company, by a developer, or by nobody.

use super::{everywhere, is_offered, silent_sections};
use crate::check::{Check, Detail, Run, Scope, Severity};
use crate::facts::{By, Class};

/// The row.
pub const CHECK: Check = Check {
    id: "interception-root",
    title: "a root that intercepts TLS",
    severity: Severity::Warning,
    about: "A trusted root is known to sign certificates for other people's servers, so that its owner reads what goes \
            through: an inspecting proxy of a company, a virus scanner, a developer's tool, a state. Where its private \
            key is public (Superfish, eDellRoot) anybody on the way can, and it is an error. A root that is recognised by \
            its name alone may be another's: names can be chosen, so that is a hint.",
    says: "https://chromium.googlesource.com/chromium/src/+/main/net/data/ssl/blocklist/README.md",
    since: None,
    remedy: "Keep it only where whoever owns the machine put it there and is known to; else remove it and find what \
             installed it.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let silent = silent_sections(scope);
    everywhere(
        scope,
        CHECK.severity,
        |store, entry| is_offered(store, entry, &silent),
        |certificate| {
            let (interceptor, by) = scope.facts.interceptor(certificate)?;
            let hint = match by {
                By::Certificate => String::new(),
                By::Name(pattern) => format!(", by its name ({pattern}), which anybody can give a certificate"),
            };
            let is_leaked = interceptor.class == Class::Leaked;
            let detail = Detail {
                expected: "no root that reads connections unless its owner is known".to_owned(),
                found: format!("{}: {}{hint} (see {})", interceptor.what, interceptor.note, interceptor.says),
                remedy: if is_leaked || interceptor.class == Class::State {
                    "remove it, and what installed it".to_owned()
                } else {
                    "keep it only where whoever owns this machine put it there; else remove it, and what installed it"
                        .to_owned()
                },
                severity: is_leaked.then_some(Severity::Error),
                ..Detail::default()
            };
            Some((detail.severity, detail))
        },
    )
}
