//! A directory on which operations are tried before anybody carries them out.

use super::Operation;
use crate::format::{self, x509};
use crate::model::{Certificate, Decoded, Entry, Fingerprint, Format, Listed, Slot, Store, Target, Unreadable};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

/// What is known of one name: how it is listed, and the entries behind it.
type Node = (Listed, Vec<Entry>);

/// The names of a directory.
#[derive(Debug, Clone)]
pub(super) struct Names<'s> {
    store: &'s Store,
    nodes: BTreeMap<OsString, Node>,
}

impl<'s> Names<'s> {
    pub(super) fn of(store: &'s Store) -> Self {
        let node = |listed: &Listed| (listed.name.clone(), (listed.clone(), behind(store, listed).to_vec()));
        Self { store, nodes: store.listed.iter().map(node).collect() }
    }

    pub(super) fn has(&self, name: &OsStr) -> bool {
        self.nodes.contains_key(name)
    }

    /// The directory after an operation.
    pub(super) fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Write { name, bytes } => _ = self.nodes.insert(name.clone(), written(name, bytes)),
            Operation::Link { name, to } => _ = self.nodes.insert(name.clone(), self.linked(name, to)),
            Operation::Remove { name } => _ = self.nodes.remove(name),
        }
    }

    /// A link to a name here, or to where a link has led already.
    fn linked(&self, name: &OsStr, to: &OsStr) -> Node {
        let target = Path::new(to);
        let here = || self.nodes.get(to);
        let led = || {
            let mut links = self.store.listed.iter();
            links.find(|listed| matches!(&listed.target, Target::Link(known) if known == target))
        };
        let found = here().cloned().or_else(|| led().map(|known| (known.clone(), behind(self.store, known).to_vec())));
        let (listed, entries) = found.unwrap_or_else(|| {
            let mut listed = listed(name, Format::Unknown);
            listed.unreadable = Some(Unreadable::Dangling);
            (listed, Vec::new())
        });
        let entries = entries.into_iter().map(|entry| placed(name, entry)).collect();
        (Listed { name: name.into(), target: Target::Link(target.into()), ..listed }, entries)
    }

    /// The store that the directory is.
    pub(super) fn store(&self) -> Store {
        let mut store = Store { entries: Vec::new(), listed: Vec::new(), ..self.store.clone() };
        for (listed, entries) in self.nodes.values() {
            let from = store.entries.len();
            store.entries.extend(entries.iter().cloned());
            store.listed.push(Listed { entries: from..store.entries.len(), ..listed.clone() });
        }
        store
    }
}

/// The entries of a name.
pub(super) fn behind<'s>(store: &'s Store, listed: &Listed) -> &'s [Entry] {
    store.entries.get(listed.entries.clone()).unwrap_or_default()
}

/// Whether a name leads to certificates that are to be removed; and whether to anything else.
pub(super) fn leads_to(store: &Store, listed: &Listed, remove: &BTreeSet<Fingerprint>) -> (bool, bool) {
    let is_removed =
        |entry: &Entry| entry.certificate().is_some_and(|certificate| remove.contains(&certificate.fingerprint()));
    let entries = behind(store, listed);
    let is_more = !listed.gaps.is_empty() || !entries.iter().all(is_removed);
    (entries.iter().any(is_removed), is_more)
}

fn listed(name: &OsStr, format: Format) -> Listed {
    let gaps = Vec::new();
    Listed {
        name: name.into(),
        target: Target::File,
        format,
        unreadable: None,
        gaps,
        openssl: None,
        gnutls: None,
        go: None,
        entries: 0..0,
    }
}

fn placed(name: &OsStr, entry: Entry) -> Entry {
    let inner = match entry.slot {
        Slot::File(_, inner) => inner,
        other => Box::new(other),
    };
    Entry { slot: Slot::File(name.into(), inner), ..entry }
}

/// A file of these octets.
fn written(name: &OsStr, bytes: &[u8]) -> Node {
    let read = format::decode(bytes);
    let listed = Listed { gaps: read.gaps, openssl: read.openssl, gnutls: read.gnutls, ..listed(name, read.format) };
    (listed, read.entries.into_iter().map(|entry| placed(name, parsed(entry))).collect())
}

fn parsed(entry: Decoded) -> Entry {
    entry.with(|der| Arc::new(x509::read(der)))
}

/// A name for the file of a certificate that nothing in the directory has.
pub(super) fn unused(names: &Names<'_>, certificate: &Certificate, extension: &str) -> OsString {
    let subject = format::directory::subject(certificate);
    let digits = certificate.fingerprint().to_string();
    let short = certificate.fingerprint().in_a_name();
    let numbered = (2u32..).map(|number| format!("{subject}-{digits}-{number}.{extension}"));
    let mut all = [format!("{subject}-{short}.{extension}"), format!("{subject}-{digits}.{extension}")]
        .into_iter()
        .chain(numbered)
        .map(OsString::from);
    all.find(|name| !names.has(name)).unwrap_or_default()
}
