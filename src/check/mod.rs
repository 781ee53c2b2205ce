//! Opinions about a snapshot: one row per check, one file each.
//!
//! A check says what goes wrong in the world, compares two facts and names the place. To add
//! one, write its file (why, row, function, tests), add its `mod` line and name it in [`CHECKS`].

mod acceptance;
mod accepted_until;
mod access;
mod allow;
mod allow_expired;
mod allow_unused;
mod anchor_not_in_bundle;
mod bundle_directory_drift;
mod byte_order_mark;
mod bundle_without_source;
mod certifi_edited;
mod cross_sign_without_root;
mod deselected_but_active;
mod duplicate;
mod empty_store;
mod expired;
mod expired_twin;
mod expired_harmless;
mod expiring;
mod facts;
mod foreign_owned;
mod generated;
mod gnutls_refuses;
mod hash_directory;
mod held;
mod host_certificate_expired;
mod host_certificate_expiring;
mod host_chain_incomplete;
mod host_name_mismatch;
mod host_refused;
mod host_unreachable;
mod ignored_source_file;
mod intermediate_anchor;
mod issuers;
mod java_store_drift;
mod joined_blocks;
mod keystore_refused;
mod malformed;
mod missing_issuer;
mod not_a_ca;
mod not_compared;
mod not_yet_valid;
mod openssl_refuses;
mod override_broken;
mod override_contradicts;
mod override_ignored;
mod override_narrow;
mod override_unhashed;
mod pkcs12_lists_empty;
mod private_key;
mod private_root_partial;
mod root_added;
mod root_removed;
mod server;
mod shipped;
mod store_changed_client;
mod store_missing;
mod store_moved;
mod tiny_bundle;
mod trust_changed;
mod unread_store;
mod verification_disabled;
mod weak_container;
mod wheels;
mod world_writable;

pub use wheels::{recorded_stores, wheel_of};

pub use self::acceptance::requirement;
pub use self::facts::{stands_on_facts, withdrawn};

use crate::baseline::Against;
use crate::catalogue::client::Source;
use crate::discover::{Candidate, Named, Use};
use crate::facts::Facts;
use crate::host::Host;
use crate::limits::FINDINGS;
use crate::load::Snapshot;
use crate::model::{Certificate, Entry, Fingerprint, Slot, Store, StoreId, Timestamp, Unreadable};
use crate::policy::Settings;
use crate::settings::castore_toml::effective::Threshold;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use allow::{Allowance, Allowed};
pub use server::{HOST_PART, HOST_WITHIN, NoChain, Refusal, Server};

/// Every check, in the order in which findings are reported: worst first, then by subject.
pub const CHECKS: &[Check] = &[
    root_added::CHECK,
    trust_changed::CHECK,
    verification_disabled::CHECK,
    world_writable::CHECK,
    override_broken::CHECK,
    store_missing::CHECK,
    host_unreachable::CHECK,
    host_certificate_expired::CHECK,
    host_name_mismatch::CHECK,
    host_chain_incomplete::CHECK,
    host_refused::CHECK,
    host_certificate_expiring::CHECK,
    override_unhashed::CHECK,
    override_narrow::CHECK,
    facts::blocked_key::CHECK,
    tiny_bundle::CHECK,
    openssl_refuses::CHECK,
    gnutls_refuses::CHECK,
    joined_blocks::CHECK,
    byte_order_mark::CHECK,
    empty_store::CHECK,
    keystore_refused::CHECK,
    pkcs12_lists_empty::CHECK,
    malformed::CHECK,
    private_key::CHECK,
    deselected_but_active::CHECK,
    foreign_owned::CHECK,
    override_contradicts::CHECK,
    override_ignored::CHECK,
    private_root_partial::CHECK,
    certifi_edited::CHECK,
    anchor_not_in_bundle::CHECK,
    bundle_without_source::CHECK,
    ignored_source_file::CHECK,
    java_store_drift::CHECK,
    bundle_directory_drift::CHECK,
    unread_store::CHECK,
    store_changed_client::CHECK,
    not_compared::CHECK,
    root_removed::CHECK,
    facts::interception_root::CHECK,
    facts::resurrected_root::CHECK,
    facts::removed_upstream::CHECK,
    accepted_until::CHECK,
    store_moved::CHECK,
    expired::CHECK,
    expired_twin::CHECK,
    expired_harmless::CHECK,
    expiring::CHECK,
    not_yet_valid::CHECK,
    missing_issuer::CHECK,
    cross_sign_without_root::CHECK,
    intermediate_anchor::CHECK,
    not_a_ca::CHECK,
    acceptance::form::CHECK,
    acceptance::strength::CHECK,
    acceptance::strict::CHECK,
    acceptance::distrust::CHECK,
    acceptance::elsewhere::CHECK,
    hash_directory::CHECK,
    facts::distrust_after::CHECK,
    weak_container::CHECK,
    duplicate::CHECK,
    facts::no_program::CHECK,
    facts::old_facts::CHECK,
    allow_expired::CHECK,
    allow_unused::CHECK,
];

/// One row: what is checked.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// The name users filter by. It never changes its meaning.
    pub id: &'static str,
    /// What it says, in a few words.
    pub title: &'static str,
    /// How bad it is, where a finding does not say otherwise.
    pub severity: Severity,
    /// What goes wrong in the world, in a few sentences.
    pub about: &'static str,
    /// Where the rule comes from.
    pub says: &'static str,
    /// The day from which the rule holds (`YYYY-MM-DD`), where it has one.
    pub since: Option<&'static str>,
    /// What to do, in general; a finding says it for its own place.
    pub remedy: &'static str,
    /// What it looks at.
    pub run: Run,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// Each entry of each store; for a directory each certificate once.
    Entry(fn(&Scope<'_>, &Store, &Entry) -> Option<Detail>),
    /// Each store.
    Store(fn(&Scope<'_>, &Store) -> Vec<Detail>),
    /// Each installation of each client.
    Use(fn(&Scope<'_>, &Use) -> Vec<Detail>),
    /// All together.
    Whole(fn(&Scope<'_>) -> Vec<Detail>),
    /// What the other checks came to.
    After(fn(&Scope<'_>, &allow::Run<'_>) -> Vec<Detail>),
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Untidy; nothing fails.
    Info,
    /// Something will fail, or fails for some clients.
    Warning,
    /// Something fails now, or is dangerous.
    Error,
}

impl Severity {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What is checked, and against what.
pub struct Scope<'s> {
    /// The moment that counts as now.
    pub at: Timestamp,
    /// Days before an expiry that count as soon, where no threshold fits the store.
    pub within: i64,
    /// Days before an expiry that count as soon: of those that fit a store the first holds.
    pub thresholds: &'s [Threshold],
    /// Findings that are known.
    pub allow: &'s [Allowance],
    /// Servers whose chains were asked for.
    pub servers: &'s [Server],
    /// Whether every store of the host is in scope and was read in full.
    pub is_whole: bool,
    /// The clients in scope.
    pub uses: &'s [Use],
    /// Every client found, in scope or not: who else is concerned.
    pub users: &'s [Use],
    /// Which stores those use.
    pub used: Users<'s>,
    /// The stores of all of them.
    pub snapshot: &'s Snapshot,
    /// The host the stores are of: where paths lead and who owns them. A check reads no store again.
    pub host: &'s Host,
    /// What settings of the host say of verification, for one installation.
    pub settings: &'s dyn Fn(&Use) -> Settings,
    /// What the world says of particular certificates.
    pub facts: &'s Facts,
    /// The stores in scope.
    pub stores: BTreeSet<StoreId>,
    /// The host held against its baseline, where there is one.
    pub baseline: Option<&'s Against>,
    /// The file of that baseline.
    pub baseline_file: Option<&'s Path>,
    /// The directory of the tables of facts, where they are not those built in.
    pub facts_directory: Option<&'s Path>,
}

/// What a check found, before it is said by which.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// The store.
    pub store: Option<StoreId>,
    /// Where in it.
    pub slot: Option<Slot>,
    /// A path that is in no store: what an override names.
    pub path: Option<PathBuf>,
    /// The line of that path, from 1.
    pub line: Option<u64>,
    /// The file of this machine that has it looked at, and the line in it where that is known: castore's settings or a
    /// baseline, which are no place of what was found.
    pub because: Option<(PathBuf, Option<u64>)>,
    /// The server, `HOST:PORT`.
    pub server: Option<String>,
    /// The certificate.
    pub certificate: Option<Arc<Certificate>>,
    /// The clients concerned.
    pub clients: Vec<String>,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// What to do.
    pub remedy: String,
    /// How bad it is, where that is not what the row says.
    pub severity: Option<Severity>,
}

/// What a check says about a snapshot.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The check.
    pub check: &'static Check,
    /// What it found.
    pub detail: Detail,
    /// That it is known, and why it does not count then.
    pub allowed: Option<Allowed>,
}

impl Finding {
    /// How bad it is: as it says itself, else as its row does.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.detail.severity.unwrap_or(self.check.severity)
    }
}

impl Scope<'_> {
    /// The stores in scope that were asked for.
    pub fn stores(&self) -> impl Iterator<Item = &Arc<Store>> {
        self.stores.iter().filter_map(|id| self.snapshot.store(id))
    }

    /// Days before an expiry that count as soon in a store.
    #[must_use]
    pub fn within_of(&self, store: &StoreId) -> i64 {
        let fits = |threshold: &&Threshold| threshold.stores.as_ref().is_none_or(|pattern| self.fits(pattern, store));
        self.thresholds.iter().find(fits).map_or(self.within, |threshold| threshold.days)
    }

    /// The most days that count as soon in any store.
    #[must_use]
    pub fn within_at_most(&self) -> i64 {
        self.thresholds.iter().map(|threshold| threshold.days).fold(self.within, i64::max)
    }

    /// The baseline, for what is said of it.
    fn because_of_baseline(&self) -> Option<(PathBuf, Option<u64>)> {
        self.baseline_file.map(|file| (file.to_path_buf(), None))
    }

    /// The ids of the clients that use a store, each once, with how many installations do.
    #[must_use]
    pub fn users(&self, store: &StoreId) -> Vec<String> {
        self.used.of(store).into_iter().map(with_count).collect()
    }
}

/// Who uses which store: on a server of many environments thousands use thousands.
#[derive(Debug, Default)]
pub struct Users<'u>(HashMap<&'u StoreId, Vec<&'u Use>>);

impl<'u> Users<'u> {
    /// Those of every store that one of `uses` has in effect.
    #[must_use]
    pub fn new(uses: &'u [Use]) -> Self {
        let mut found: HashMap<&'u StoreId, Vec<&'u Use>> = HashMap::new();
        for used in uses {
            for store in used.effective().filter_map(|candidate| candidate.store.as_ref()) {
                let users = found.entry(store).or_default();
                if users.last().is_none_or(|last| !std::ptr::eq(*last, used)) {
                    users.push(used);
                }
            }
        }
        Self(found)
    }

    /// Whether anybody uses a store.
    #[must_use]
    pub fn has(&self, store: &StoreId) -> bool {
        self.0.contains_key(store)
    }

    /// The ids of the clients that use a store, each once, with how many installations do.
    #[must_use]
    pub fn of(&self, store: &StoreId) -> Vec<(&'static str, usize)> {
        counted(self.0.get(store).into_iter().flatten().copied())
    }
}

/// The ids of clients, each once, with how many installations there are.
fn counted<'u>(uses: impl IntoIterator<Item = &'u Use>) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for found in uses {
        match counts.iter_mut().find(|(id, _)| *id == found.client.id) {
            Some((_, count)) => *count += 1,
            None => counts.push((found.client.id, 1)),
        }
    }
    counts
}

/// `curl`, or `python (3)` where there are several installations.
#[must_use]
pub fn with_count((id, number): (&str, usize)) -> String {
    if number == 1 { id.to_owned() } else { format!("{id} ({number})") }
}

/// Runs every check that `wanted` takes, in their order. What is known is among the findings, marked.
#[must_use]
pub fn run(scope: &Scope<'_>, wanted: &dyn Fn(&Check) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut users = HashMap::new();
    for check in CHECKS.iter().filter(|check| wanted(check)) {
        let details = match check.run {
            Run::Entry(look) => {
                bounded(scope.stores().flat_map(|store| each_entry(store, move |entry| look(scope, store, entry))))
            }
            Run::Store(look) => bounded(scope.stores().flat_map(|store| look(scope, store))),
            Run::Use(look) => merge_clients(scope.uses.iter().flat_map(|found| look(scope, found)).collect()),
            Run::Whole(look) => bounded(look(scope)),
            Run::After(_) => Vec::new(),
        };
        findings.extend(details.into_iter().map(|detail| finding(scope, check, detail, &mut users)));
    }
    let (used, besides) = allow::mark(scope, &mut findings);
    let run = allow::Run { used: &used, besides: &besides, ran: wanted };
    for check in CHECKS.iter().filter(|check| wanted(check)) {
        if let Run::After(look) = check.run {
            findings.extend(look(scope, &run).into_iter().map(|detail| finding(scope, check, detail, &mut users)));
        }
    }
    // What a row usually warns of and here only tells stands behind what is wrong.
    let is_told = |finding: &Finding| finding.severity() == Severity::Info && finding.check.severity != Severity::Info;
    let place: HashMap<&str, usize> = CHECKS.iter().enumerate().map(|(at, check)| (check.id, at)).collect();
    findings.sort_by_key(|finding| (is_told(finding), place.get(finding.check.id).copied()));
    findings
}

/// The clients of each store that was asked for.
type ClientsOf = HashMap<StoreId, Vec<String>>;

fn finding(scope: &Scope<'_>, check: &'static Check, detail: Detail, users: &mut ClientsOf) -> Finding {
    Finding { check, detail: with_clients(scope, detail, users), allowed: None }
}

/// What `look` says of the entries of one store; a directory names the same certificate under
/// its file and its hash, which is one thing to a reader.
fn each_entry(store: &Store, mut look: impl FnMut(&Entry) -> Option<Detail>) -> impl Iterator<Item = Detail> {
    let mut seen: HashSet<Fingerprint> = HashSet::new();
    let is_directory = !store.listed.is_empty();
    let new = move |entry: &&Entry| !is_directory || entry.certificate().is_none_or(|c| seen.insert(c.fingerprint()));
    store.entries.iter().filter(new).filter_map(move |entry| {
        let detail = look(entry)?;
        Some(Detail {
            store: Some(store.id.clone()),
            slot: Some(entry.slot.clone()),
            certificate: entry.certificate().cloned(),
            ..detail
        })
    })
}

/// What one check says, of each store the first of it, and behind them how much more there is: whoever writes a store
/// decides how much is wrong with it, and must not decide how much memory a run takes that looks at it.
fn bounded(details: impl IntoIterator<Item = Detail>) -> Vec<Detail> {
    let mut counts: BTreeMap<StoreId, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for detail in details {
        if let Some(store) = &detail.store {
            if !counts.contains_key(store) {
                counts.insert(store.clone(), 0);
            }
            let count = counts.get_mut(store).map_or(0, |count| {
                *count += 1;
                *count
            });
            if count > FINDINGS {
                continue;
            }
        }
        kept.push(detail);
    }
    let over = counts.into_iter().filter(|(_, count)| *count > FINDINGS);
    kept.extend(over.map(|(store, count)| Detail {
        store: Some(store),
        expected: format!("at most {FINDINGS} findings of one check in one store"),
        found: format!("{} more, which are not told", count - FINDINGS),
        remedy: "mend those that are told, then check again".to_owned(),
        ..Detail::default()
    }));
    kept
}

/// The same thing said of several installations, once.
fn merge_clients(details: Vec<Detail>) -> Vec<Detail> {
    let mut merged: Vec<Detail> = Vec::new();
    let mut known = HashMap::new();
    for detail in details {
        let certificate = detail.certificate.as_ref().map(|certificate| certificate.fingerprint());
        let said = (detail.expected.clone(), detail.found.clone());
        let same = (detail.path.clone(), detail.store.clone(), detail.slot.clone(), said, certificate);
        match known.entry(same) {
            Occupied(at) => {
                let other: &mut Detail = &mut merged[*at.get()];
                other.clients.extend(detail.clients);
            }
            Vacant(at) => {
                at.insert(merged.len());
                merged.push(detail);
            }
        }
    }
    merged
}

/// What a person set, as they know it; nothing for what a client looks at by itself.
fn override_name(candidate: &Candidate) -> Option<String> {
    match &candidate.named {
        Named::Variable(name, _) => Some(format!("${name}")),
        Named::Setting(key, Source::File(file, line) | Source::Scoped(file, line, _)) => {
            Some(format!("{key} in {}:{line}", file.display()))
        }
        Named::Setting(key, Source::Variable(name)) => Some(format!("{key} in ${name}")),
        Named::BuiltIn | Named::System | Named::Setting(_, Source::BuiltIn) => None,
    }
}

/// What is found where a file that can be read was expected.
fn nothing_read(why: &Unreadable) -> String {
    match why {
        Unreadable::Absent => "nothing".to_owned(),
        Unreadable::Dangling => "a link that leads to nothing".to_owned(),
        Unreadable::NotRegular(kind) | Unreadable::WrongKind(kind) => format!("a {kind}"),
        other => other.to_string(),
    }
}

fn with_clients(scope: &Scope<'_>, mut detail: Detail, users: &mut ClientsOf) -> Detail {
    if let (true, Some(store)) = (detail.clients.is_empty(), &detail.store) {
        detail.clients = match users.get(store) {
            Some(users) => users.clone(),
            None => users.entry(store.clone()).or_insert_with(|| scope.users(store)).clone(),
        };
    }
    detail.clients.sort();
    detail.clients.dedup();
    detail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_complete() {
        let mut ids: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CHECKS.len());
        for check in CHECKS {
            assert!(check.says.starts_with("https://"), "{}", check.id);
            assert!(check.about.ends_with('.') && !check.title.ends_with('.'), "{}", check.id);
            assert!(check.remedy.ends_with('.') && check.remedy.starts_with(char::is_uppercase), "{}", check.id);
            let is_day = |day: &str| format!("{day}T00:00:00Z").parse::<Timestamp>().is_ok();
            assert!(check.since.is_none_or(is_day), "{}", check.id);
        }
    }
}
