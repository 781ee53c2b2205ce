//! An entry of the list of known findings that no finding needs: it would hide the next one that looks alike.

use super::allow::fits_server;
use super::{Allowance, CHECKS, Check, Detail, Run, Scope, Severity, allow};
use crate::settings::words;
use std::collections::BTreeSet;

/// The row.
pub const CHECK: Check = Check {
    id: "allow-unused",
    title: "an entry allows none of the findings",
    severity: Severity::Info,
    about: "An [[allow]] of castore.toml fits none of the findings. What it allowed is mended, or the entry is written \
            so that it never fitted: a finding that is about other clients too is not one of those that it names. It is said only where all of the stores were looked at and every check ran that \
            the entry could mean, and for the files of the user and the system only of the machine they are of.",
    says: "https://embarkstudios.github.io/cargo-deny/checks/advisories/diags.html",
    since: None,
    remedy: "Remove the entry, or correct what it names.",
    run: Run::After(look),
};

fn look(scope: &Scope<'_>, run: &allow::Run<'_>) -> Vec<Detail> {
    if !scope.is_whole {
        return Vec::new();
    }
    let unused = scope.allow.iter().zip(run.used.iter().zip(run.besides));
    let unused = unused.filter(|(_, (used, _))| !**used).map(|(allowance, (_, besides))| (allowance, besides));
    let detail = |(allowance, besides): (&Allowance, &BTreeSet<String>)| {
        let (check, reason) = (&allowance.entry.check.value, &allowance.entry.reason);
        let (found, remedy) = match (besides.is_empty(), &allowance.entry.client) {
            (false, Some(client)) => {
                let others: Vec<&str> = besides.iter().map(String::as_str).collect();
                let others = others.join(", ");
                (
                    format!("one for {check} that is about {others} beside {client}: {reason}"),
                    "leave client out, or write a pattern that fits all of them".to_owned(),
                )
            }
            _ => (format!("none for {check}: {reason}"), "remove it, or correct what it names".to_owned()),
        };
        Detail { expected: "a finding that it allows".to_owned(), found, remedy, ..allowance.detail() }
    };
    unused.filter(|(allowance, _)| could_have_been_used(scope, run, allowance)).map(detail).collect()
}

/// Whether all that it could mean was looked at.
fn could_have_been_used(scope: &Scope<'_>, run: &allow::Run<'_>, allowance: &Allowance) -> bool {
    let entry = &allowance.entry;
    let of_servers = |check: &Check| check.id.starts_with("host-");
    let mut meant = CHECKS.iter().filter(|check| words::fits(&entry.check.value, check.id)).peekable();
    let is_server = entry.host.is_some() || meant.peek().is_some_and(|check| of_servers(check));
    let reached = |pattern: &str| {
        scope.servers.iter().any(|server| server.presented.is_ok() && fits_server(pattern, &server.named))
    };
    allowance.is_of_host
        && !entry.is_over(scope.at)
        && meant.all(|check| (run.ran)(check))
        && (!is_server || reached(entry.host.as_deref().unwrap_or("*")))
}
