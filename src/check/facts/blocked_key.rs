//! Keys that verifiers take into no chain: whoever lacks the block trusts whoever has the private key.

use super::{and, everywhere};
use crate::chain::clients::policy;
use crate::check::{Check, Detail, Run, Scope, Severity};
use crate::discover::Use;
use crate::facts::{Blocked, Facts, key};
use crate::model::{Certificate, StoreId};
use crate::policy::{Policy, go, java};

/// The row.
pub const CHECK: Check = Check {
    id: "blocked-key",
    title: "a key that verifiers block",
    severity: Severity::Error,
    about: "The certificate has a key that a verifier takes into no chain, whoever trusts it: its private key is known \
            or was used to deceive. The block is by the SHA-256 of the whole SubjectPublicKeyInfo, so it counts for every \
            certificate of the key, root, intermediate or cross-signed; Java blocks single certificates. Clients that do \
            not bring the block take it.",
    says: "https://github.com/rustls/webpki/blob/v/0.103.17/src/verify_cert.rs",
    since: Some("2026-10-20"),
    remedy: "Remove the certificate from every store, and update the clients that do not block it.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut details = everywhere(
        scope,
        CHECK.severity,
        |_, entry| !entry.trust.distrusts_server(),
        |certificate| {
            let detail = Detail {
                expected: "a key that no verifier blocks".to_owned(),
                found: found(scope.facts, certificate)?,
                remedy: "remove it here".to_owned(),
                ..Detail::default()
            };
            Some(((), detail))
        },
    );
    for detail in &mut details {
        let (Some(store), Some(certificate)) = (&detail.store, &detail.certificate) else { continue };
        let (block, take) = clients(scope, store, certificate);
        detail.remedy = match (block.is_empty(), take.is_empty()) {
            (_, true) if !block.is_empty() => format!("remove it here; {} refuse it by themselves", and(&block)),
            (false, false) => {
                format!("remove it here; {} refuse it by themselves, {} do not", and(&block), and(&take))
            }
            (true, false) => format!("remove it here; {} would take it", and(&take)),
            _ => continue,
        };
    }
    details
}

/// Who blocks a certificate or its key.
pub(in crate::check) fn found(facts: &Facts, certificate: &Certificate) -> Option<String> {
    let blocked = facts.blocked(certificate);
    let by: Vec<String> = blocked.iter().map(|blocked| list(blocked)).collect();
    let what = if blocked.iter().any(|blocked| blocked.by_key) { "its key" } else { "it" };
    (!by.is_empty()).then(|| format!("{what} is blocked by {}", and(&by)))
}

/// `rustls-webpki 0.103.17 (EMDVTLSCAG3B)`.
fn list(blocked: &Blocked) -> String {
    match &blocked.called {
        Some(called) => format!("{} ({called})", blocked.carrier),
        None => format!("{} of {}", blocked.by, blocked.carrier),
    }
}

/// The ids of the clients that use a store: those that block a certificate by themselves, and those that do not.
/// Clients of which that is not known are in neither.
fn clients(scope: &Scope<'_>, store: &StoreId, certificate: &Certificate) -> (Vec<String>, Vec<String>) {
    let (mut block, mut take) = (Vec::new(), Vec::new());
    for found in scope.users.iter().filter(|found| !found.client.is_source) {
        if !found.effective().any(|candidate| candidate.store.as_ref() == Some(store)) {
            continue;
        }
        let list = match blocks(scope, found, certificate) {
            Some(true) => &mut block,
            Some(false) => &mut take,
            None => continue,
        };
        if !list.contains(&found.client.id.to_owned()) {
            list.push(found.client.id.to_owned());
        }
    }
    (block, take)
}

/// Releases that brought the keys of October 2026: Go's security releases (GO-2026-6809).
const GO: [(&str, &str); 2] = [("1.26.10", "1.27"), ("1.27.3", "")];
/// CPython's (CVE-2026-115557), which no policy of castore's holds: of a Python from these on nothing is said.
const PYTHON: [(&str, &str); 5] =
    [("3.11.18", "3.12"), ("3.12.16", "3.13"), ("3.13.18", "3.14"), ("3.14.10", "3.15"), ("3.15.2", "")];

/// Whether a client blocks a certificate by itself, where that is known.
fn blocks(scope: &Scope<'_>, found: &Use, certificate: &Certificate) -> Option<bool> {
    let policy = policy(found, (scope.settings)(found)).ok()?;
    let is_in = |component: &str, releases: &[(&str, &str)]| {
        let version = found.installation.version(component)?;
        Some(releases.iter().any(|(from, until)| version.is_between(from, until)))
    };
    match policy {
        Policy::Go(_) => {
            let digest = key(certificate).map(|key| key.to_string()).unwrap_or_default();
            Some(is_in("go", &GO)? && go::DISTRUSTED_KEYS.contains(&digest.as_str()))
        }
        Policy::Java(_) => {
            let fingerprint = certificate.fingerprint().to_string().to_uppercase();
            Some(java::BLOCKED.contains(&fingerprint.as_str()))
        }
        // Which rustls-webpki is in a program is not known.
        Policy::Rustls(_) => None,
        _ => match is_in("python", &PYTHON) {
            Some(true) => None,
            _ => Some(false),
        },
    }
}
