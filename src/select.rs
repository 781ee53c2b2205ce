//! Selectors: the words with which users name stores.
//!
//! `system`, `python`, `py*` name clients, `terraform` the programs of that name among those of a client, and `certifi:/opt/venv`, `python:3.13` those of their installations that are
//! at or below a path, read a store at it, or are of a version; `file:PATH`, or anything with a slash or a dot in it,
//! names a file or directory; `snapshot:FILE` is what was found earlier, for comparisons alone. A client selector gives
//! one [`Column`] for each installation, holding what that installation trusts; a path gives what is in the store;
//! `mozilla` gives the roots that Mozilla trusts for TLS servers, of which facts know the fingerprints and the host's
//! stores hold the certificates.

use crate::anchors::{Anchors, anchors, leaves_open, stops};
use crate::catalogue::client::Client;
use crate::catalogue::clients;
use crate::discover::Use;
use crate::facts::{Facts, MOZILLA, Program};
use crate::host::Host;
use crate::load::Snapshot;
use crate::model::trust::SERVER_AUTH;
use crate::model::{Body, Certificate, Fingerprint, Limited, Reading, Reference, Ruling, Slot, Store, StoreId, Trust};
use crate::settings::words::{fits, meant};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// The word for the operating system's own store, whatever the row of the host's is called.
pub const SYSTEM: &str = "system";

/// Where standard input stands among files: what `-` names.
pub const STANDARD_INPUT: &str = "/dev/stdin";

/// What a user wrote to name stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Clients whose id matches, and of their installations those at a path.
    Clients {
        /// An id, or a glob with `*` and `?`.
        pattern: String,
        /// A path at or above the installation or that of its store, or the beginning of a version.
        at: Option<PathBuf>,
    },
    /// A file or directory.
    Path(PathBuf),
    /// What Mozilla's programme trusts for TLS servers.
    Mozilla,
    /// A file that `castore snapshot` wrote, on the machine castore runs on.
    Snapshot(PathBuf),
}

/// A selector that names nothing castore knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSelector {
    /// No client has this id.
    #[error("no client is called {0:?}")]
    NoClient(String),
    /// A client, and behind the colon nothing.
    #[error("expected a path or a version behind {0:?}, found nothing")]
    NoInstallation(String),
    /// `file:`, and behind the colon nothing, as where a variable is empty.
    #[error("expected a path behind {0:?}, found nothing")]
    NoFile(String),
    /// It names what is in no store of the host.
    #[error("{0} is no store of this host")]
    NoStore(&'static str),
}

impl BadSelector {
    /// What to do instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoClient(word) => {
                let programs = clients().flat_map(|client| client.programs).copied();
                let first = meant(word, clients().map(|client| client.id).chain(programs));
                let first = first.unwrap_or_else(|| "castore clients lists them;".to_owned());
                format!("{first} write file:{word} for a file")
            }
            Self::NoInstallation(word) => format!("write {} for every one", word.trim_end_matches(':')),
            Self::NoFile(_) => "file:. is the working directory".to_owned(),
            Self::NoStore(_) => "castore diff compares with it, and castore export takes from it".to_owned(),
        }
    }
}

impl FromStr for Selector {
    type Err = BadSelector;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("file:") {
            if path.is_empty() {
                return Err(BadSelector::NoFile(text.to_owned()));
            }
            return Ok(Self::Path(path.into()));
        }
        let (word, at) = text.split_once(':').map_or((text, None), |(word, at)| (word, Some(PathBuf::from(at))));
        if let ("snapshot", Some(file)) = (word, &at) {
            return Ok(Self::Snapshot(file.clone()));
        }
        if text == "-" {
            return Ok(Self::Path(STANDARD_INPUT.into()));
        }
        if text == MOZILLA {
            return Ok(Self::Mozilla);
        }
        // No client has a dot in its name, and most files do: they need not be looked for among 140 names.
        let is_path = |text: &str| text.contains(['/', '\\', '.']) || text.starts_with('~');
        if !word.is_empty() && !is_path(word) && clients().any(|client| is_called(client, word)) {
            return match &at {
                Some(at) if at.as_os_str().is_empty() => Err(BadSelector::NoInstallation(text.to_owned())),
                _ => Ok(Self::Clients { pattern: word.to_owned(), at }),
            };
        }
        if is_path(text) { Ok(Self::Path(text.into())) } else { Err(BadSelector::NoClient(text.to_owned())) }
    }
}

impl Selector {
    /// A path selector from an argument that may not be UTF-8.
    #[must_use]
    pub fn from_os(text: &std::ffi::OsStr) -> Option<Result<Self, BadSelector>> {
        text.to_str().map(str::parse)
    }

    /// Whether it names this client.
    #[must_use]
    pub fn names(&self, client: &Client) -> bool {
        match self {
            Self::Clients { pattern, .. } => is_called(client, pattern) || (pattern == SYSTEM && client.is_system),
            Self::Path(_) | Self::Mozilla | Self::Snapshot(_) => false,
        }
    }

    /// Whether it names an installation of which a snapshot has the client's id, the place and the version.
    #[must_use]
    pub fn takes_recorded(&self, client: &str, place: &str, version: Option<&str>) -> bool {
        let Self::Clients { pattern, at } = self else { return false };
        let is_it = |row: &Client| {
            row.id == client && (pattern == SYSTEM && row.is_system || is_program(row, pattern, Path::new(place)))
        };
        let is_named = fits(pattern, client) || clients().any(is_it);
        let is_at = |at: &Path| Path::new(place).starts_with(at) || version.is_some_and(|known| begins(known, at));
        is_named && at.as_deref().is_none_or(is_at)
    }

    /// Whether it names this installation of a host.
    #[must_use]
    pub fn takes(&self, found: &Use, host: &Host) -> bool {
        let Self::Clients { pattern, at } = self else { return false };
        let client = found.client;
        let is_named = fits(pattern, client.id)
            || (pattern == SYSTEM && client.is_system)
            || is_program(client, pattern, &found.installation.at);
        is_named && at.as_deref().is_none_or(|at| is_version(found, at) || is_at(found, host, at))
    }

    /// The path of a path selector, made absolute. A directory with a database of NSS in it is that database, as it is
    /// for certutil.
    #[must_use]
    pub fn named(&self, host: &Host) -> Option<PathBuf> {
        let Self::Path(path) = self else { return None };
        let absolute = host.expanded(path);
        let database = absolute.join("cert9.db");
        Some(if host.is_file(&database) { database } else { absolute })
    }

    /// The store of a path selector, behind its links; the path itself where nothing is there.
    #[must_use]
    pub fn store(&self, host: &Host) -> Option<StoreId> {
        let absolute = self.named(host)?;
        Some(StoreId::Path(host.resolve(&absolute).map_or(absolute, |found| found.path)))
    }
}

/// Whether a word is the id of a client, or a pattern of it, or the name of a program of its.
fn is_called(client: &Client, word: &str) -> bool {
    fits(word, client.id) || client.programs.contains(&word)
}

/// Whether an installation of a client is the program of a name.
fn is_program(client: &Client, name: &str, at: &Path) -> bool {
    client.programs.contains(&name) && at.file_name().is_some_and(|file| file == name)
}

/// Whether `at` is the installation or one of its directories, or holds one of them, or is one of its stores.
fn is_at(found: &Use, host: &Host, at: &Path) -> bool {
    let installation = &found.installation;
    if at.to_str().is_some_and(|name| is_program(found.client, name, &installation.at)) {
        return true;
    }
    let at = &host.expanded(at);
    let stores = found.effective().filter_map(|candidate| candidate.path.as_deref());
    let places =
        installation.places.iter().filter(|(name, _)| matches!(*name, "python" | "environment" | "site" | "package"));
    installation.at.starts_with(at)
        || places.map(|(_, path)| path.as_path()).any(|path| path.starts_with(at))
        || stores.into_iter().any(|path| path == at)
}

/// Whether `at` is the version of an installation, or the beginning of it.
fn is_version(found: &Use, at: &Path) -> bool {
    let version = found.installation.components.first().map(|(_, version)| version.to_string()).unwrap_or_default();
    begins(&version, at)
}

fn begins(version: &str, at: &Path) -> bool {
    at.to_str().is_some_and(|text| version == text || version.starts_with(&format!("{text}.")))
}

/// A set of certificates under one name: one side of a comparison, one source of an export.
#[derive(Debug, Clone)]
pub struct Column {
    /// The names of everything that holds exactly these certificates.
    pub names: Vec<String>,
    /// The certificates, with where each was found first.
    pub certificates: BTreeMap<Fingerprint, Held>,
    /// Certificates in its stores that do not count, and why.
    pub left_out: Vec<(Arc<Certificate>, String)>,
    /// Certificates that its stores distrust for TLS servers and do not hold.
    pub distrusted: Vec<Reference>,
    /// Stores of it that could not be read in full.
    pub gaps: Vec<StoreId>,
    /// Certificates of it that no store of the host holds: their fingerprints and what they are called.
    pub absent: BTreeMap<Fingerprint, String>,
    /// Why what it trusts is no set of certificates that another could be compared with: verification is off, or what it
    /// trusts is not known.
    pub open: Option<Open>,
}

/// Why what a client trusts is no set of certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// It verifies nothing.
    Off,
    /// It is not known, and why.
    Unknown(String),
}

impl fmt::Display for Open {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => to.write_str("verification is off, so that any certificate is accepted"),
            Self::Unknown(why) => write!(to, "what it trusts is not known: {why}"),
        }
    }
}

/// A certificate, and where it was found.
#[derive(Debug, Clone)]
pub struct Held {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The store.
    pub store: StoreId,
    /// Where in it.
    pub slot: Slot,
    /// What the store says of it.
    pub trust: Trust,
}

/// What one installation trusts, as a column.
#[must_use]
pub fn column_of_use(found: &Use, snapshot: &Snapshot) -> Column {
    let trusted = anchors(found, snapshot);
    let held = |anchor: &crate::anchors::Anchor<'_>| Held {
        certificate: Arc::clone(anchor.certificate),
        store: anchor.store.id.clone(),
        slot: anchor.slot.clone(),
        trust: anchor.trust.clone(),
    };
    let left_out =
        trusted.left_out.iter().filter_map(|left| Some((Arc::clone(left.certificate?), left.because.to_string())));
    Column {
        names: vec![found.name()],
        certificates: trusted.certificates.iter().map(|(fingerprint, anchor)| (*fingerprint, held(anchor))).collect(),
        left_out: left_out.collect(),
        distrusted: distrusted(found.effective().filter_map(|candidate| snapshot.store(candidate.store.as_ref()?))),
        gaps: open_stores(found, snapshot)
            .cloned()
            .chain(opaque_stores(found))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        absent: BTreeMap::new(),
        open: open(found, &trusted, snapshot),
    }
}

/// Why an installation has no set of certificates, though none is found: nothing is not what it trusts.
fn open(found: &Use, trusted: &Anchors<'_>, snapshot: &Snapshot) -> Option<Open> {
    if found.is_off() {
        return Some(Open::Off);
    }
    if !trusted.certificates.is_empty() || stops(found, snapshot).is_some() {
        return None;
    }
    found.installation.unknown.first().map(|why| Open::Unknown(why.clone()))
}

/// The roots that Mozilla trusts for TLS servers, as a column; nothing where facts have no table of it.
///
/// Facts know fingerprints. The certificates are those with them that some store of `snapshot` holds, in whatever
/// store that is: a fingerprint names one certificate. The others are [`Column::absent`].
#[must_use]
pub fn column_of_mozilla(facts: &Facts, snapshot: &Snapshot) -> Option<Column> {
    let program = facts.program(MOZILLA)?;
    let entries = snapshot.stores().flat_map(|store| &store.entries).filter_map(crate::model::Entry::certificate);
    let at_hand: BTreeMap<Fingerprint, &Arc<Certificate>> = entries.map(|found| (found.fingerprint(), found)).collect();
    let mut column = Column {
        names: vec![name_of(program)],
        certificates: BTreeMap::new(),
        left_out: Vec::new(),
        distrusted: Vec::new(),
        gaps: Vec::new(),
        absent: BTreeMap::new(),
        open: None,
    };
    for (fingerprint, name) in program.servers() {
        match at_hand.get(&fingerprint) {
            Some(certificate) => {
                let held = Held {
                    certificate: Arc::clone(certificate),
                    store: StoreId::Native(MOZILLA),
                    slot: Slot::Whole,
                    trust: trust_of(program, &fingerprint),
                };
                column.certificates.insert(fingerprint, held);
            }
            None => _ = column.absent.insert(fingerprint, name.to_owned()),
        }
    }
    Some(column)
}

/// `mozilla (2.92 of 2026-10-28)`.
fn name_of(program: &Program) -> String {
    let newest = program.newest().map(|release| match release.day {
        Some(day) => format!(" ({} of {})", release.version, day.date()),
        None => format!(" ({})", release.version),
    });
    program.id.clone() + &newest.unwrap_or_default()
}

/// Trusted for TLS servers, and where that is so for what was issued before a day alone.
fn trust_of(program: &Program, fingerprint: &Fingerprint) -> Trust {
    let after = program.standing(fingerprint).and_then(|standing| standing.after);
    let limited = |day| Limited {
        purposes: vec![(SERVER_AUTH, Ruling::Trusted)],
        distrusted_after: vec![(SERVER_AUTH, day)],
        ..Limited::default()
    };
    after.map_or(Trust::Trusted, |day| Trust::Limited(Box::new(limited(day))))
}

/// The stores in effect that leave open what an installation trusts.
pub fn open_stores<'s>(found: &Use, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s StoreId> {
    let stores =
        found.effective().filter_map(|candidate| Some((candidate, snapshot.store(candidate.store.as_ref()?)?)));
    stores.filter(|(candidate, store)| leaves_open(candidate, store)).map(|(_, store)| &store.id)
}

/// The roots in effect that no store holds, by the names they would have: what an installation trusts
/// beside its stores, and cannot be compared.
pub fn opaque_stores(found: &Use) -> impl Iterator<Item = StoreId> {
    found.opaque().map(|(path, what)| StoreId::Section(path.to_path_buf(), what))
}

/// Everything in one store, as a column.
#[must_use]
pub fn column_of_store(name: String, store: &Arc<Store>) -> Column {
    let certificates = store.entries.iter().filter_map(|entry| Some((entry, entry.certificate()?)));
    let held = |(entry, certificate): (&crate::model::Entry, &Arc<Certificate>)| {
        let (store, slot, trust) = (store.id.clone(), entry.slot.clone(), entry.trust.clone());
        let held = Held { certificate: Arc::clone(certificate), store, slot, trust };
        (certificate.fingerprint(), held)
    };
    // The first place a certificate stands at is the one that is named, unless another says more of it:
    // that it is distrusted, or else that it is trusted where the first only holds it.
    let weight = |trust: &Trust| (trust.distrusts_server(), trust.allows_server());
    let mut found: BTreeMap<Fingerprint, Held> = BTreeMap::new();
    for (fingerprint, held) in certificates.map(held) {
        match found.entry(fingerprint) {
            Entry::Vacant(vacant) => _ = vacant.insert(held),
            Entry::Occupied(mut first) if weight(&held.trust) > weight(&first.get().trust) => _ = first.insert(held),
            Entry::Occupied(_) => {}
        }
    }
    let (distrusted, gaps) = (distrusted([store]), gaps([store]));
    Column {
        names: vec![name],
        certificates: found,
        left_out: Vec::new(),
        distrusted,
        gaps,
        absent: BTreeMap::new(),
        open: None,
    }
}

/// What stores distrust for TLS servers without holding it.
fn distrusted<'s>(stores: impl IntoIterator<Item = &'s Arc<Store>>) -> Vec<Reference> {
    let entries = stores.into_iter().flat_map(|store| &store.entries).filter(|entry| entry.trust.distrusts_server());
    let references = entries.filter_map(|entry| match &entry.body {
        Body::Reference(reference) => Some((**reference).clone()),
        _ => None,
    });
    references.collect()
}

fn gaps<'s>(stores: impl IntoIterator<Item = &'s Arc<Store>>) -> Vec<StoreId> {
    let gaps: BTreeSet<_> =
        stores.into_iter().filter(|store| store.reading != Reading::Whole).map(|s| s.id.clone()).collect();
    gaps.into_iter().collect()
}

/// Columns with the same certificates, trusted alike, as one, in the order of their first. What was
/// not read in full is not the same as what was, nor as what lacks something else.
#[must_use]
pub fn merge_identical(columns: Vec<Column>) -> Vec<Column> {
    let mut merged: Vec<Column> = Vec::new();
    for column in columns {
        let held = |(fingerprint, held): (&Fingerprint, &Held)| (*fingerprint, held.trust.for_servers());
        let same = |other: &&mut Column| {
            other.gaps == column.gaps
                && other.open == column.open
                && other.absent == column.absent
                && other.certificates.len() == column.certificates.len()
                && other.certificates.iter().map(held).eq(column.certificates.iter().map(held))
        };
        match merged.iter_mut().find(same) {
            Some(other) => {
                other.names.extend(column.names);
                other.distrusted.extend(column.distrusted);
            }
            None => merged.push(column),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_clients_and_slashes_are_files() {
        assert_eq!("system".parse(), Ok(Selector::Clients { pattern: "system".into(), at: None }));
        assert_eq!(
            "certifi:/opt/venv".parse(),
            Ok(Selector::Clients { pattern: "certifi".into(), at: Some("/opt/venv".into()) })
        );
        assert_eq!("./corp.pem".parse(), Ok(Selector::Path("./corp.pem".into())));
        assert_eq!("file:corp.pem".parse(), Ok(Selector::Path("corp.pem".into())));
        assert_eq!("corp.pem".parse(), Ok(Selector::Path("corp.pem".into())));
        assert_eq!("py*".parse(), Ok(Selector::Clients { pattern: "py*".into(), at: None }));
        assert_eq!("snapshot:a.json".parse(), Ok(Selector::Snapshot("a.json".into())));
        assert_eq!("sistem".parse::<Selector>(), Err(BadSelector::NoClient("sistem".into())));
        assert_eq!("python:".parse::<Selector>(), Err(BadSelector::NoInstallation("python:".into())));
        assert_eq!("mozilla".parse(), Ok(Selector::Mozilla));
        assert_eq!("snapshot".parse::<Selector>(), Err(BadSelector::NoClient("snapshot".into())));
    }

    #[test]
    fn the_name_of_a_program_names_those_that_are_called_so() {
        let row = clients().find(|client| client.id == "go-programs").unwrap();
        let at = |path: &str| {
            let installation = crate::catalogue::client::Installation { at: path.into(), ..Default::default() };
            Use { client: row, installation: installation.into(), candidates: Vec::new(), account: None }
        };
        let (terraform, kubectl) = (at("/usr/local/bin/terraform"), at("/usr/bin/kubectl"));
        let host = Host::new(Box::new(crate::host::memory::Memory::new()), crate::host::System::Linux);
        let takes = |word: &str, found: &Use| word.parse::<Selector>().unwrap().takes(found, &host);
        for word in ["terraform", "go-programs:terraform", "terraform:/usr/local", "go-programs:/usr/local/bin"] {
            assert!(takes(word, &terraform) && !takes(word, &kubectl), "{word}");
        }
        assert!(takes("kubectl", &kubectl) && takes("go-*", &kubectl) && !takes("mkcert", &kubectl));
        let recorded = |word: &str| {
            let selector = word.parse::<Selector>().unwrap();
            selector.takes_recorded("go-programs", "/usr/bin/kubectl", None)
        };
        assert!(recorded("kubectl") && !recorded("mkcert"));
    }

    #[test]
    fn no_client_is_called_as_a_file_is() {
        let named = |client: &Client| client.id.contains(['/', '\\', '.', '~']);
        assert!(!clients().any(named));
    }

    #[test]
    fn a_slip_of_the_hand_is_understood() {
        let hint = |word: &str| word.parse::<Selector>().unwrap_err().hint();
        assert!(hint("crul").starts_with("did you mean curl?"), "{}", hint("crul"));
        assert!(hint("sytem").starts_with("did you mean system?"), "{}", hint("sytem"));
        assert!(hint("requ").starts_with("did you mean requests?"), "{}", hint("requ"));
        assert!(hint("CURL").starts_with("did you mean curl?"), "{}", hint("CURL"));
        assert!(hint("terrafrom").starts_with("did you mean terraform?"), "{}", hint("terrafrom"));
        for word in ["", "日本", "\u{e9}\u{e9}\u{e9}", "something-else-entirely"] {
            assert!(hint(word).starts_with("castore clients"), "{}", hint(word));
        }
    }
}
