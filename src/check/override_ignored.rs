//! A variable that some clients read and others do not: it works in curl and fails in Python.

use super::{Check, Detail, Run, Scope, Severity, counted, merge_clients, with_count};
use crate::anchors::anchors;
use crate::catalogue::client::{Origin, Rule};
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::model::{Certificate, Fingerprint, Reading};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "override-ignored",
    title: "a variable adds a certificate that other clients do not see",
    severity: Severity::Warning,
    about: "Each client has variables of its own: SSL_CERT_FILE counts for OpenSSL, Go and curl, and not for requests, \
            Node.js or Java. A root that one of them adds is missing in the clients that do not read it; and a value \
            that a client does not understand, or that another setting puts out of use, does nothing for that client: \
            it misses what the value names, where it does not read that anyway.",
    says: "https://docs.openssl.org/3.0/man3/X509_get_default_cert_file/",
    since: None,
    remedy: "Set the variable that each client reads (castore which CLIENT lists them), or add the certificate to the \
             system's anchors and run its refresh command.",
    run: Run::Whole(look),
};

type Added<'s> = BTreeMap<Fingerprint, &'s Arc<Certificate>>;

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let ignored = scope.uses.iter().flat_map(|found| without_effect(scope, found));
    let mut details = merge_clients(ignored.collect());
    let added = added(scope);
    if added.is_empty() {
        return details;
    }
    let trusted: Vec<(&Use, HashSet<Fingerprint>)> = scope
        .uses
        .iter()
        // The system's own rows are stores, whatever a variable says.
        .filter(|found| matches!(found.client.rule, Rule::Each(..)) && !found.client.is_source && !found.is_off())
        // Of what is not known nothing is missing.
        .filter(|found| found.installation.unknown.is_empty())
        .map(|found| (found, anchors(found, scope.snapshot).certificates.keys().copied().collect()))
        .collect();
    for (variable, (candidate, certificates)) in &added {
        let missing = |trusted: &HashSet<Fingerprint>| certificates.keys().filter(|key| !trusted.contains(key)).count();
        let deaf = trusted.iter().filter(|(found, _)| !reads(found, variable));
        let deaf: Vec<(&Use, usize)> =
            deaf.map(|(found, trusted)| (*found, missing(trusted))).filter(|(_, missing)| *missing > 0).collect();
        if !deaf.is_empty() {
            let lack_all = deaf.iter().all(|(_, missing)| *missing == certificates.len());
            let deaf: Vec<&Use> = deaf.into_iter().map(|(found, _)| found).collect();
            details.push(detail(variable, candidate, certificates, &deaf, lack_all));
        }
    }
    details
}

/// What each variable adds: certificates of the store it names that the places it replaces lack.
fn added<'s>(scope: &Scope<'s>) -> BTreeMap<&'static str, (&'s Candidate, Added<'s>)> {
    let mut found: BTreeMap<&'static str, (&Candidate, Added<'_>)> = BTreeMap::new();
    for used in scope.users {
        let replaced: HashSet<Fingerprint> = used
            .candidates
            .iter()
            .filter(|candidate| candidate.named == Named::BuiltIn)
            .flat_map(|candidate| certificates(scope, candidate).into_keys())
            .collect();
        for candidate in used.effective() {
            let Named::Variable(name, _) = candidate.named else { continue };
            let added = certificates(scope, candidate).into_iter().filter(|(key, _)| !replaced.contains(key));
            let added: Added<'_> = added.collect();
            // What counts as added is what every reader of the variable lacks without it.
            found
                .entry(name)
                .and_modify(|(_, known)| known.retain(|key, _| added.contains_key(key)))
                .or_insert((candidate, added));
        }
    }
    found.retain(|_, (_, certificates)| !certificates.is_empty());
    found
}

fn certificates<'s>(scope: &Scope<'s>, candidate: &Candidate) -> Added<'s> {
    let store = candidate.store.as_ref().and_then(|id| scope.snapshot.store(id));
    let entries = store.into_iter().flat_map(|store| &store.entries);
    entries.filter_map(|entry| entry.certificate().map(|found| (found.fingerprint(), found))).collect()
}

/// Whether an installation looks at a variable.
fn reads(found: &Use, variable: &str) -> bool {
    found.candidates.iter().any(|candidate| matches!(candidate.named, Named::Variable(name, _) if name == variable))
}

fn detail(variable: &str, candidate: &Candidate, certificates: &Added<'_>, deaf: &[&Use], lack_all: bool) -> Detail {
    let number = certificates.len();
    let certificate = certificates.values().next().filter(|_| number == 1);
    let names: Vec<String> = counted(deaf.iter().copied()).into_iter().map(with_count).collect();
    let which = if number == 1 { "a certificate".to_owned() } else { format!("{number} certificates") };
    Detail {
        path: candidate.path.clone(),
        store: candidate.store.clone(),
        certificate: certificate.map(|certificate| Arc::clone(certificate)),
        expected: format!("{which} that ${variable} adds, in every client"),
        found: format!(
            "{} in {}, which do not read it",
            if lack_all { "none" } else { "some or none" },
            names.join(", ")
        ),
        remedy: remedy(deaf),
        ..Detail::default()
    }
}

/// The variable that each of these clients reads in its place, where it reads one.
pub(super) fn remedy(deaf: &[&Use]) -> String {
    let mut own: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for found in deaf {
        let mut first = None;
        found.client.rule.leaves(&mut |leaf| {
            if let (Origin::Variable(name), None) = (leaf.origin, first) {
                first = Some(name);
            }
        });
        let clients = own.entry(first.unwrap_or_default()).or_default();
        if !clients.contains(&found.client.id) {
            clients.push(found.client.id);
        }
    }
    let none = own.remove("");
    let mut parts: Vec<String> =
        own.into_iter().map(|(variable, clients)| format!("set ${variable} for {}", clients.join(", "))).collect();
    parts.extend(none.map(|clients| format!("add it to the stores of {}", clients.join(", "))));
    parts.join("; ")
}

/// Variables that are set and that this client passes over, though it knows them, and misses something by it.
fn without_effect(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let trusted: HashSet<Fingerprint> = anchors(found, scope.snapshot).certificates.keys().copied().collect();
    let mut details: Vec<Detail> = Vec::new();
    for candidate in &found.candidates {
        let (Outcome::NotLooked(why), Named::Variable(name, value)) = (&candidate.outcome, &candidate.named) else {
            continue;
        };
        let is_switch = matches!(candidate.leaf.origin, Origin::Switch(_));
        if is_switch || value.is_empty() || is_read_anyway(scope, found, candidate, &trusted) {
            continue;
        }
        let expected = format!("that ${name} counts");
        // A list of places is one variable.
        if details.iter().any(|detail| detail.expected == expected) {
            continue;
        }
        let counts = |other: &Use| {
            let names = |held: &Candidate| matches!(held.named, Named::Variable(other, _) if other == *name);
            other.effective().any(names)
        };
        let remedy = if scope.users.iter().any(counts) {
            format!("leave ${name}, which other clients heed, and add what it names to what counts here")
        } else {
            format!("correct ${name}, or remove it")
        };
        let clients = vec![found.name()];
        details.push(Detail { clients, expected, found: why.clone(), remedy, ..Detail::default() });
    }
    details
}

/// Whether a client that passes a place over has all that it names all the same.
fn is_read_anyway(scope: &Scope<'_>, found: &Use, passed: &Candidate, trusted: &HashSet<Fingerprint>) -> bool {
    let Some(id) = &passed.store else { return false };
    if found.effective().any(|candidate| candidate.store.as_ref() == Some(id)) {
        return true;
    }
    let is_read = scope.snapshot.store(id).is_some_and(|store| matches!(store.reading, Reading::Whole));
    is_read && certificates(scope, passed).keys().all(|key| trusted.contains(key))
}
