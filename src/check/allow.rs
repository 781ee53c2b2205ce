//! Findings that are known: they are still found, and neither counted nor shown unless asked for.

use super::{Check, Detail, Finding, Scope};
use crate::model::{StoreId, Timestamp};
use crate::settings::castore_toml::Allow;
use crate::settings::{wildmatch, words};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// An entry of the list of known findings, and where it stands.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// The entry.
    pub entry: Allow,
    /// The file it stands in.
    pub file: PathBuf,
    /// Whether the file speaks of the host that is looked at, so that an entry without use is one too many.
    pub is_of_host: bool,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The reason that somebody gave.
    pub reason: String,
    /// The last day, as the moment at which it begins in UTC.
    pub until: Timestamp,
    /// The file that says so.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: u64,
}

/// What a run came to, for those checks that look at it.
pub struct Run<'r> {
    /// Which entries of [`Scope::allow`] were of use, by their order.
    pub(super) used: &'r [bool],
    /// For each entry the clients that it does not name, of findings that it fits but for these.
    pub(super) besides: &'r [BTreeSet<String>],
    /// Which checks ran.
    pub(super) ran: &'r dyn Fn(&Check) -> bool,
}

/// Marks the findings that are known, and says which entries were of use, and for which clients beside those that it
/// names one would have to hold to be of use.
pub(super) fn mark(scope: &Scope<'_>, findings: &mut [Finding]) -> (Vec<bool>, Vec<BTreeSet<String>>) {
    let mut used = vec![false; scope.allow.len()];
    let mut besides = vec![BTreeSet::new(); scope.allow.len()];
    let mut fitting: Vec<HashMap<StoreId, bool>> = vec![HashMap::new(); scope.allow.len()];
    for finding in findings {
        let entries = scope.allow.iter().zip(&mut used).zip(&mut besides).zip(&mut fitting);
        for (((allowance, used), besides), fitting) in entries {
            let mut fits = |pattern: &str, store: &StoreId| match fitting.get(store) {
                Some(fits) => *fits,
                None => *fitting.entry(store.clone()).or_insert(scope.fits(pattern, store)),
            };
            if allowance.entry.is_over(scope.at) || !allowance.covers_but_clients(finding, &mut fits) {
                continue;
            }
            let (meant, others): (Vec<&String>, Vec<&String>) =
                finding.detail.clients.iter().partition(|client| allowance.means(client));
            // Of several clients each has to be meant: the finding is about the others too.
            if allowance.entry.client.is_some() && (meant.is_empty() || !others.is_empty()) {
                besides.extend(others.into_iter().filter(|_| !meant.is_empty()).cloned());
                continue;
            }
            *used = true;
            if finding.allowed.is_none() {
                finding.allowed = Some(Allowed {
                    reason: allowance.entry.reason.clone(),
                    until: allowance.entry.until,
                    file: allowance.file.clone(),
                    line: allowance.entry.at.line,
                });
            }
        }
    }
    (used, besides)
}

impl Allowance {
    /// Whether the entry names a client, or none at all.
    fn means(&self, client: &str) -> bool {
        self.entry.client.as_ref().is_none_or(|pattern| words::fits(pattern, id_of(client)))
    }

    /// Whether a finding is the one that is meant: in everything that the entry names, but for clients. `fits` says
    /// whether its pattern of stores is for one.
    fn covers_but_clients(&self, finding: &Finding, fits: &mut dyn FnMut(&str, &StoreId) -> bool) -> bool {
        let entry = &self.entry;
        let detail = &finding.detail;
        words::fits(&entry.check.value, finding.check.id)
            && entry.certificate.as_ref().is_none_or(|prefix| {
                detail.certificate.as_ref().is_some_and(|certificate| prefix.matches(&certificate.fingerprint()))
            })
            && entry.store.as_ref().is_none_or(|pattern| {
                detail.store.as_ref().is_some_and(|store| fits(pattern, store))
                    || detail.path.as_ref().is_some_and(|path| is_path(pattern) && fits_path(pattern, path))
            })
            && entry
                .host
                .as_ref()
                .is_none_or(|pattern| detail.server.as_ref().is_some_and(|server| fits_server(pattern, server)))
    }

    /// What a finding about this entry says.
    pub(super) fn detail(&self) -> Detail {
        let line = Some(self.entry.at.line);
        Detail { path: Some(self.file.clone()), line, because: Some((self.file.clone(), line)), ..Detail::default() }
    }
}

/// Whether a pattern of servers is for this one; without a port for any port.
pub(super) fn fits_server(pattern: &str, server: &str) -> bool {
    words::fits(pattern, server) || server.rsplit_once(':').is_some_and(|(host, _)| words::fits(pattern, host))
}

/// The id of a client that is named with its installation or their number.
fn id_of(client: &str) -> &str {
    client.split([':', ' ']).next().unwrap_or(client)
}

/// Whether a pattern is one of paths.
fn is_path(pattern: &str) -> bool {
    pattern.contains(['/', '\\'])
}

fn fits_path(pattern: &str, path: &Path) -> bool {
    let slashes = |text: &str| text.replace('\\', "/");
    wildmatch::matches(&slashes(pattern), &slashes(&path.to_string_lossy()), false)
}

impl Scope<'_> {
    /// Whether a pattern of a store is for this one: a pattern of clients for every store that one of them uses, a
    /// pattern of paths by any name that leads to the store.
    #[must_use]
    pub fn fits(&self, pattern: &str, store: &StoreId) -> bool {
        let candidates = || {
            let all = self.users.iter().flat_map(|found| found.effective().map(move |candidate| (found, candidate)));
            all.filter(|(_, candidate)| candidate.store.as_ref() == Some(store))
        };
        if is_path(pattern) {
            let names = candidates().filter_map(|(_, candidate)| candidate.path.as_deref());
            return store.path().into_iter().chain(names).any(|path| fits_path(pattern, path));
        }
        matches!(store, StoreId::Native(name) if words::fits(pattern, name))
            || candidates().any(|(found, _)| words::fits(pattern, found.client.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_named_with_their_port_or_without() {
        for pattern in ["h.example:443", "h.example", "*.example", "*:443"] {
            assert!(fits_server(pattern, "h.example:443"), "{pattern}");
        }
        for pattern in ["h.example:44", "example", "*.example:25"] {
            assert!(!fits_server(pattern, "h.example:443"), "{pattern}");
        }
        assert!(fits_server("[::1]", "[::1]:443"));
    }

    #[test]
    fn clients_are_named_by_their_ids() {
        for client in ["python", "python (3)", "python:/opt/venv/bin/python"] {
            assert_eq!(id_of(client), "python");
        }
    }

    #[test]
    fn paths_are_whole() {
        let fits = |pattern: &str| fits_path(pattern, Path::new("/opt/venv/certifi/cacert.pem"));
        assert!(fits("/opt/**") && fits("**/cacert.pem") && fits("/opt/*/certifi/*"));
        assert!(!fits("/opt/*") && !fits("/opt/venv") && !fits("/etc/**"));
        assert!(fits_path("C:\\x\\*", Path::new("C:\\x\\cacert.pem")));
    }
}
