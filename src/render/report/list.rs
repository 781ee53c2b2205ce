//! `castore list`: the stores on a host.

use super::scan::UnreadReport;
use super::trust::{ContainerReport, ReferenceReport, TrustReport, notes};
use super::{CertificateReport, PathReport, PlaceReport, malformation, reading, store_name};
use crate::check::Users;
use crate::discover::Use;
use crate::load::Snapshot;
use crate::model::{Body, Entry, OpensslLoad, Reading, Store, Unreadable};
use serde::Serialize;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The answer of `castore list`.
#[derive(Debug, Clone, Serialize)]
pub struct ListReport {
    /// `castore.list/1`.
    pub schema: &'static str,
    /// The stores: those in use first, then by name.
    pub stores: Vec<StoreReport>,
    /// Distinct certificates in all stores that were read.
    pub distinct: usize,
    /// Stores that were not read in full.
    pub gaps: Vec<String>,
    /// What a search for stores could not look at; nothing where none was made.
    pub unsearched: Vec<UnreadReport>,
}

/// What a search of the disk came upon beside the stores that clients look at.
#[derive(Debug, Clone)]
pub struct SearchedDisk {
    /// Stores that no client looks at.
    pub stores: Vec<Arc<Store>>,
    /// What could not be looked at, with the reason.
    pub unread: Vec<(PathBuf, Unreadable)>,
}

/// One store.
#[derive(Debug, Clone, Serialize)]
pub struct StoreReport {
    /// What it is called: its path behind all links, or a name.
    pub store: String,
    /// The path, where it has one.
    #[serde(flatten)]
    pub path: Option<PathReport>,
    /// What it is written in.
    pub format: &'static str,
    /// `whole`, `empty`, `partial`, `unread-format` or `unreadable`.
    pub reading: &'static str,
    /// Why it was not read in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Octets.
    pub size: Option<u64>,
    /// Entries, of whatever kind; absent where it was not read.
    pub entries: Option<usize>,
    /// Distinct certificates; absent where it was not read.
    pub distinct: Option<usize>,
    /// The earliest end of validity in it.
    pub earliest_expiry: Option<String>,
    /// Clients that use it, `python (9)` where several installations do; null where that was not asked.
    pub used_by: Option<Vec<UserReport>>,
    /// Whether it was found by searching and no known client looks at it.
    pub found_by_search: bool,
    /// What OpenSSL's file loader takes from it, where it is a file of PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openssl_loads: Option<usize>,
    /// Why OpenSSL's file loader takes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openssl_refuses: Option<String>,
    /// What is to be said of a keystore or database as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerReport>,
    /// Its certificates, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<ListedCertificate>>,
    /// Its entries that should be certificates and cannot be read, where certificates were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Vec<MalformedEntry>>,
    /// What it says of certificates that are not in it, where certificates were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceReport>,
}

/// An entry that cannot be read, in its place.
#[derive(Debug, Clone, Serialize)]
pub struct MalformedEntry {
    /// Where it is.
    pub place: PlaceReport,
    /// What was expected and what was found.
    pub why: String,
}

/// A client that uses a store.
#[derive(Debug, Clone, Serialize)]
pub struct UserReport {
    /// Its id.
    pub client: &'static str,
    /// How many installations of it do.
    pub installations: usize,
}

impl UserReport {
    fn of(users: &Users<'_>, store: &Store) -> Vec<Self> {
        let counts = users.of(&store.id).into_iter();
        counts.map(|(client, installations)| Self { client, installations }).collect()
    }
}

/// A certificate in its place.
#[derive(Debug, Clone, Serialize)]
pub struct ListedCertificate {
    /// Where it is.
    pub place: PlaceReport,
    /// What it is.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// What the store says of it; absent where its format has no way to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustReport>,
    /// What is odd about how it is written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Whether certificates are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificates {
    /// One by one, with all that is told of each.
    Listed,
    /// One by one, with what a line of text says of each.
    Named,
    /// Counted.
    Counted,
}

impl ListReport {
    /// The report of a snapshot, and of what a search found beside it.
    #[must_use]
    pub fn new(
        snapshot: &Snapshot,
        uses: Option<&[Use]>,
        searched: Option<&SearchedDisk>,
        certificates: Certificates,
    ) -> Self {
        let found = || searched.into_iter().flat_map(|searched| &searched.stores);
        let users = uses.map(Users::new);
        let of_snapshot = snapshot.stores().map(|store| {
            StoreReport::new(store, users.as_ref().map(|users| UserReport::of(users, store)), certificates)
        });
        let of_search = found().map(|store| StoreReport {
            found_by_search: true,
            ..StoreReport::new(store, Some(Vec::new()), certificates)
        });
        let mut stores: Vec<StoreReport> = of_snapshot.chain(of_search).collect();
        let all = || snapshot.stores().chain(found());
        let distinct = match &stores[..] {
            [one] => one.distinct.unwrap_or_default(),
            _ => distinct(all().flat_map(|store| &store.entries)),
        };
        stores.sort_by(|a, b| {
            (a.is_unused(), a.found_by_search, &a.store).cmp(&(b.is_unused(), b.found_by_search, &b.store))
        });
        let gaps = all().filter(|store| store.reading != Reading::Whole).map(|store| store_name(&store.id));
        let unsearched = searched.map_or_else(Vec::new, |searched| UnreadReport::all(&searched.unread));
        Self { schema: "castore.list/1", stores, distinct, gaps: gaps.collect(), unsearched }
    }
}

impl StoreReport {
    /// Whether it was asked who uses it, and nobody does.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.used_by.as_ref().is_some_and(Vec::is_empty)
    }

    fn new(store: &Arc<Store>, used_by: Option<Vec<UserReport>>, certificates: Certificates) -> Self {
        let (word, why) = reading(store);
        let was_read = matches!(store.reading, Reading::Whole | Reading::Partial);
        let found = || store.entries.iter().filter_map(|entry| Some((entry, entry.certificate()?)));
        let name = store_name(&store.id);
        let are_listed = certificates != Certificates::Counted;
        let listed = || {
            found().map(|(entry, certificate)| ListedCertificate {
                place: PlaceReport::named(name.clone(), Some(&entry.slot)),
                certificate: match certificates {
                    Certificates::Named => CertificateReport::line(certificate),
                    _ => CertificateReport::new(certificate),
                },
                trust: TrustReport::new(&entry.trust),
                notes: notes(entry),
            })
        };
        Self {
            store: name.clone(),
            path: store.id.path().map(PathReport::new),
            format: store.format.name(),
            reading: word,
            why,
            size: store.size,
            entries: was_read.then_some(store.entries.len()),
            distinct: was_read.then(|| distinct(&store.entries)),
            earliest_expiry: found().filter_map(|(_, c)| c.not_after()).min().map(|time| time.to_string()),
            used_by,
            found_by_search: false,
            openssl_loads: store.openssl.as_ref().map(OpensslLoad::count),
            openssl_refuses: match &store.openssl {
                Some(OpensslLoad::Refuses { because, line }) => Some(format!("line {line}: {because}")),
                _ => None,
            },
            certificates: are_listed.then(|| listed().collect()),
            container: ContainerReport::new(store),
            malformed: are_listed.then(|| malformed(store)),
            references: if are_listed { ReferenceReport::all(store) } else { Vec::new() },
        }
    }
}

/// How many different certificates are among entries.
fn distinct<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> usize {
    let entries = entries.into_iter();
    let mut found = HashSet::with_capacity(entries.size_hint().0);
    found.extend(entries.filter_map(Entry::certificate).map(|certificate| certificate.fingerprint()));
    found.len()
}

fn malformed(store: &Store) -> Vec<MalformedEntry> {
    let found = store.entries.iter().filter_map(|entry| match &entry.body {
        Body::Malformed(why) => Some((&entry.slot, why)),
        _ => None,
    });
    found
        .map(|(slot, why)| MalformedEntry { place: PlaceReport::new(&store.id, Some(slot)), why: malformation(why) })
        .collect()
}
