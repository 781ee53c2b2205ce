//! What root programmes and verifiers of the world say of the certificates of this machine.
//!
//! Facts name their source and are compared by hash; vendors disagree, so a finding says who removed a root and
//! who keeps it. The same certificate stands in thirty stores of a machine: each check tells what is wrong with
//! it once, in the same words, and every place.

pub(super) mod blocked_key;
pub(super) mod distrust_after;
pub(super) mod interception_root;
pub(super) mod no_program;
pub(super) mod old_facts;
pub(super) mod removed_upstream;
pub(super) mod resurrected_root;

use super::{Check, Detail, Scope, Severity, each_entry};
use crate::anchors::anchors;
use crate::catalogue::client::Edit;
use crate::discover::Use;
use crate::facts::{Facts, Held, Purpose, Release, Standing};
use crate::model::trust::ForServers;
use crate::model::{Certificate, Entry, Fingerprint, Store, StoreId, Trust};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// The rows whose findings are as good as their facts are new.
const ROWS: [&str; 7] = [
    blocked_key::CHECK.id,
    distrust_after::CHECK.id,
    interception_root::CHECK.id,
    no_program::CHECK.id,
    old_facts::CHECK.id,
    removed_upstream::CHECK.id,
    resurrected_root::CHECK.id,
];

/// Whether a check stands on facts.
#[must_use]
pub fn stands_on_facts(check: &Check) -> bool {
    ROWS.contains(&check.id)
}

/// Why a certificate is better left out of what is made anew, by what `blocked-key` and `removed-upstream` go by: a
/// verifier blocks it, or a programme removed it for a reason, or removed it and none keeps it.
#[must_use]
pub fn withdrawn(facts: &Facts, certificate: &Certificate) -> Option<String> {
    blocked_key::found(facts, certificate).or_else(|| removed_upstream::withdrawn(facts, certificate))
}

/// What was said of a certificate, with its rank; nothing where there is nothing to say.
type Said<K> = HashMap<Fingerprint, Option<(Rc<K>, Detail)>>;

/// What `say` says of each distinct certificate that stores in scope hold and do not speak against, at every place.
/// What is worse comes first, then what has the greater `rank`, then by name.
fn everywhere<K: Ord>(
    scope: &Scope<'_>,
    usual: Severity,
    may: impl Fn(&Store, &Entry) -> bool,
    say: impl Fn(&Arc<Certificate>) -> Option<(K, Detail)>,
) -> Vec<Detail> {
    let said: RefCell<Said<K>> = RefCell::default();
    let say_once = |certificate: &Arc<Certificate>| {
        let mut said = said.borrow_mut();
        let known = said.entry(certificate.fingerprint());
        known.or_insert_with(|| say(certificate).map(|(rank, detail)| (Rc::new(rank), detail))).clone()
    };
    let of_store = |store: &Arc<Store>| {
        let each = each_entry(store, |entry| {
            let certificate = entry.certificate().filter(|_| may(store, entry))?;
            Some(say_once(certificate)?.1)
        });
        each.collect::<Vec<Detail>>()
    };
    let mut details: Vec<Detail> = scope.stores().flat_map(of_store).collect();
    let said = said.into_inner();
    let key = |detail: &Detail| detail.certificate.as_ref().map(|certificate| certificate.fingerprint());
    let severity = |detail: &Detail| detail.severity.unwrap_or(usual);
    details.sort_by(|a, b| {
        let rank = |detail: &Detail| said.get(&key(detail)?)?.as_ref().map(|(rank, _)| Rc::clone(rank));
        severity(b).cmp(&severity(a)).then(rank(b).cmp(&rank(a))).then(key(a).cmp(&key(b)))
    });
    details
}

/// Whether a store lets a client take an entry as an anchor for TLS servers, as far as it says anything. What is in a
/// binary counts where a client takes all that is in it.
fn is_offered(store: &Store, entry: &Entry, silent: &BTreeSet<StoreId>) -> bool {
    match (&store.id, &entry.trust) {
        (StoreId::Section(..), Trust::Present) => !silent.contains(&store.id),
        (_, Trust::Present) => false,
        (_, trust) => trust.for_servers() == ForServers::Open,
    }
}

/// The stores in binaries of which no client takes all that is in them: presence is not trust there.
fn silent_sections(scope: &Scope<'_>) -> BTreeSet<StoreId> {
    let is_section = |id: &&StoreId| matches!(id, StoreId::Section(..));
    let sections: BTreeSet<StoreId> = scope.stores.iter().filter(is_section).cloned().collect();
    if sections.is_empty() {
        return sections;
    }
    let uses = |found: &&Use| found.effective().any(|c| c.store.as_ref().is_some_and(|id| sections.contains(id)));
    let taken = scope.users.iter().filter(uses).flat_map(|found| {
        let trusted = anchors(found, scope.snapshot);
        trusted.certificates.into_values().map(|anchor| anchor.store.id.clone()).collect::<BTreeSet<_>>()
    });
    let taken: BTreeSet<StoreId> = taken.collect();
    sections.into_iter().filter(|id| !taken.contains(id)).collect()
}

/// Whether a store is, or is in, a directory where an administrator adds anchors.
fn is_local(scope: &Scope<'_>, store: &Store) -> bool {
    let Some(path) = store.id.path() else { return false };
    let directories =
        scope.users.iter().filter(|found| found.client.is_source).filter_map(|found| match found.client.edit {
            Edit::DropIn { directory, .. } => Some(Path::new(directory)),
            _ => None,
        });
    let mut directories = directories;
    directories.any(|directory| path.starts_with(directory))
}

/// What a programme did with a root that it removed: `certifi in 2026.10.18 (2026-10-18)`.
fn removal(standing: &Standing<'_>) -> Option<String> {
    let Held::Removed { last, gone } = standing.servers else { return None };
    let when = match (last.day, gone.day) {
        // Where many releases lie between two that were read, it went in one of them.
        (Some(before), Some(after)) if before.days_until(after) > GAP => {
            format!("between {} and {}", dated(last), dated(gone))
        }
        _ => format!("in {}", dated(gone)),
    };
    let mail = if standing.others.contains(&Purpose::Email) { ", for servers alone" } else { "" };
    Some(format!("{} {when}{mail}", standing.program.name))
}

/// Days between two releases after which both are told: ninety, as a programme changes more often.
const GAP: i64 = 90;

/// `2026.10.18 (2026-10-18)`; the version alone where it is its own day, or no day is known.
fn dated(release: &Release) -> String {
    match release.day.map(crate::model::Timestamp::date) {
        Some(day) => format!("{} ({day})", release.version),
        None => release.version.clone(),
    }
}

/// `kept by Microsoft (2026-10-23) and Mozilla (2026-10-28)`, of the programmes that still hold a root for servers.
fn keepers(standings: &[Standing<'_>]) -> Option<String> {
    let kept = standings.iter().filter(|standing| standing.servers == Held::Yes);
    let names: Vec<String> = kept
        .filter_map(|standing| {
            let newest = standing.program.newest()?;
            let day = newest.day.map_or_else(|| newest.version.clone(), crate::model::Timestamp::date);
            Some(format!("{} ({day})", standing.program.name))
        })
        .collect();
    (!names.is_empty()).then(|| format!("kept by {}", and(&names)))
}

/// `a, b and c`.
fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
