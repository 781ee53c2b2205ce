//! A directory that OpenSSL looks into by hash: `HASH.0`, `HASH.1` and so on, up to the first that is missing.
//!
//! So what is added gets the next number, and where something goes those behind it move up, each name to the next
//! one's file, from the lowest: at every moment a lookup finds all that stays, once or twice. Names behind a gap are
//! not found now, and are not made to be found; lists of revoked certificates have numbers of their own.

use super::names::{Names, behind, leads_to, unused};
use super::{CannotEdit, Operation, Wanted, refusal};
use crate::format::hash_dir::{examine, parse_name, subject_hash, subject_hash_old};
use crate::format::{openssl, pem};
use crate::limits;
use crate::model::{Certificate, Entry, Fingerprint, Listed, OpensslLoad, Store, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// What is done to a directory; `octets` gives what its regular files hold, by their names in it.
pub fn hash_directory(
    store: &Store,
    octets: &dyn Fn(&OsStr) -> Option<Vec<u8>>,
    wanted: &Wanted<'_>,
) -> Result<Vec<Operation>, CannotEdit> {
    refusal::readable(store)?;
    let there = reachable(store);
    let mut work = Work { store, octets, names: Names::of(store), operations: Vec::new() };
    let cut = cut(store, wanted)?;
    let mut chains = chains(store, &cut);
    work.add(&mut chains, &wanted.missing(&there))?;
    let mut last = Vec::new();
    for (hash, chain) in &chains {
        last.extend(work.chain(*hash, chain, &cut)?);
    }
    for name in last {
        work.push(Operation::Remove { name });
    }
    let is_left =
        |listed: &&Listed| cut.contains(&listed.name) && !chains.values().any(|chain| chain.has(&listed.name));
    let is_file = |listed: &&&Listed| listed.target == Target::File;
    let left: Vec<&Listed> = store.listed.iter().filter(is_left).collect();
    // A link goes before the file that it leads to.
    for listed in left.iter().filter(|listed| !is_file(listed)).chain(left.iter().filter(is_file)) {
        work.push(Operation::Remove { name: listed.name.clone() });
    }
    work.proven(there, wanted)
}

/// The certificates that a lookup finds as anchors.
fn reachable(store: &Store) -> BTreeSet<Fingerprint> {
    let found = examine(store).reachable;
    let entries = found.into_iter().filter_map(|entry| store.entries.get(entry));
    let anchors = entries.filter(|entry| entry.trust.allows_server());
    anchors.filter_map(|entry| Some(entry.certificate()?.fingerprint())).collect()
}

/// The names that go: those that lead to nothing but what is to be removed. A bundle that has no name by hash is not
/// looked into, and stays.
fn cut(store: &Store, wanted: &Wanted<'_>) -> Result<BTreeSet<OsString>, CannotEdit> {
    let mut cut = BTreeSet::new();
    for listed in &store.listed {
        match leads_to(store, listed, wanted.remove) {
            (true, false) => _ = cut.insert(listed.name.clone()),
            (true, true) if parse_name(&listed.name).is_some_and(|name| !name.crl) => {
                return Err(CannotEdit::Shared(listed.name.clone()));
            }
            _ => {}
        }
    }
    Ok(cut)
}

/// The names of one hash.
#[derive(Debug, Default)]
struct Chain<'s> {
    /// Those that a lookup goes through, from 0.
    found: Vec<&'s Listed>,
    /// Those behind a gap, by their numbers.
    behind: BTreeMap<u32, &'s Listed>,
    /// The name that gives a lookup nothing and ends it: it and those after it are as behind a gap.
    stops: Option<OsString>,
    /// What is added.
    added: Vec<Added>,
}

impl Chain<'_> {
    fn has(&self, name: &OsStr) -> bool {
        self.found.iter().any(|listed| listed.name == name)
    }
}

/// A certificate, and its file to which a link leads.
#[derive(Debug, Clone)]
struct Added {
    certificate: Arc<Certificate>,
    file: OsString,
    is_new: bool,
}

fn chains<'s>(store: &'s Store, cut: &BTreeSet<OsString>) -> BTreeMap<u32, Chain<'s>> {
    let mut chains: BTreeMap<u32, Chain<'_>> = BTreeMap::new();
    for listed in &store.listed {
        if let Some(name) = parse_name(&listed.name).filter(|name| !name.crl && !name.uppercase) {
            chains.entry(name.hash).or_default().behind.insert(name.index, listed);
        }
    }
    for chain in chains.values_mut() {
        chain.found = (0..).map_while(|index| chain.behind.remove(&index)).collect();
        let Some(stops) = chain.found.iter().position(|listed| is_hollow(store, listed)) else { continue };
        let hollow: Vec<&Listed> = chain.found.drain(stops..).collect();
        match &hollow[..] {
            // It goes, and hides nothing: what is added takes its place.
            [last] if chain.behind.is_empty() && cut.contains(&last.name) => chain.found.extend(hollow),
            _ => {
                chain.stops = hollow.first().map(|listed| listed.name.clone());
                chain.behind.extend((0..).skip(stops).zip(hollow));
            }
        }
    }
    chains
}

/// Whether a lookup gets nothing from a name, and ends: it dangles, is no PEM, or holds no certificate.
fn is_hollow(store: &Store, listed: &Listed) -> bool {
    let is_empty = |load: &OpensslLoad| !load.is_refused() && load.count() == 0;
    let is_read = listed.unreadable.is_none() && listed.openssl.as_ref().is_some_and(|load| !is_empty(load));
    !is_read || !behind(store, listed).iter().any(|entry| entry.certificate().is_some())
}

struct Work<'s> {
    store: &'s Store,
    octets: &'s dyn Fn(&OsStr) -> Option<Vec<u8>>,
    names: Names<'s>,
    operations: Vec<Operation>,
}

impl<'s> Work<'s> {
    fn push(&mut self, operation: Operation) {
        self.names.apply(&operation);
        self.operations.push(operation);
    }

    /// Puts certificates down at the ends of their chains.
    fn add(&mut self, chains: &mut BTreeMap<u32, Chain<'s>>, missing: &[&Arc<Certificate>]) -> Result<(), CannotEdit> {
        let has_old = self.has_old_hashes();
        let has_links = self.has_links();
        for certificate in missing {
            let fingerprint = certificate.fingerprint();
            let subject = certificate.subject_der().ok_or(CannotEdit::NoSubject(fingerprint))?;
            let hash = subject_hash(subject).ok_or(CannotEdit::NoSubject(fingerprint))?;
            if !openssl::decodes(certificate.der()) {
                return Err(CannotEdit::NotLoadable(fingerprint));
            }
            let is_distrusted = |entry: &Entry| {
                entry.certificate().is_some_and(|known| known.fingerprint() == fingerprint)
                    && !entry.trust.allows_server()
            };
            if self.store.entries.iter().any(is_distrusted) {
                return Err(CannotEdit::Distrusts(fingerprint));
            }
            let known = self.file_of(fingerprint).filter(|_| has_links);
            let is_new = known.is_none();
            let file = known.unwrap_or_else(|| unused(&self.names, certificate, "pem"));
            let old = Some(subject_hash_old(subject)).filter(|old| has_old && *old != hash);
            for hash in [Some(hash), old].into_iter().flatten() {
                let added = Added { certificate: Arc::clone(certificate), file: file.clone(), is_new };
                chains.entry(hash).or_default().added.push(added);
            }
            // The name is taken from here on.
            if is_new && has_links {
                self.push(Operation::Write { name: file, bytes: block(certificate) });
            }
        }
        Ok(())
    }

    /// Whether names by hash are links here: where there are none, links are made, as `openssl rehash` makes them.
    fn has_links(&self) -> bool {
        let mut named = self.store.listed.iter().filter(|listed| parse_name(&listed.name).is_some());
        named.clone().next().is_none() || named.any(|listed| matches!(listed.target, Target::Link(_)))
    }

    /// Whether certificates have names by the hash of before OpenSSL 1.0.0 too.
    fn has_old_hashes(&self) -> bool {
        self.store.listed.iter().any(|listed| {
            let Some(name) = parse_name(&listed.name) else { return false };
            let mut subjects = behind(self.store, listed).iter().filter_map(|entry| entry.certificate()?.subject_der());
            subjects.any(|subject| {
                subject_hash_old(subject) == name.hash && subject_hash(subject).is_some_and(|hash| hash != name.hash)
            })
        })
    }

    /// A file here, without a name by hash, that holds this certificate alone.
    fn file_of(&self, wanted: Fingerprint) -> Option<OsString> {
        let is_it = |listed: &&Listed| {
            let [entry] = behind(self.store, listed) else { return false };
            entry.certificate().is_some_and(|found| found.fingerprint() == wanted)
                && listed.openssl == Some(OpensslLoad::Loads(1))
                && parse_name(&listed.name).is_none()
        };
        self.store.listed.iter().find(is_it).map(|listed| listed.name.clone())
    }

    /// Makes the names of one hash what they shall be; gives those that are then too many, from the last.
    fn chain(&mut self, hash: u32, chain: &Chain<'s>, cut: &BTreeSet<OsString>) -> Result<Vec<OsString>, CannotEdit> {
        let name = |index: usize| OsString::from(format!("{hash:08x}.{index}"));
        let stays: Vec<(usize, &Listed)> =
            chain.found.iter().copied().enumerate().filter(|(_, listed)| !cut.contains(&listed.name)).collect();
        let count = stays.len() + chain.added.len();
        if !chain.added.is_empty() {
            if let Some(stops) = &chain.stops {
                return Err(CannotEdit::Stops(stops.clone()));
            }
            self.can_grow(hash, chain, &stays, count, cut)?;
        }
        for (to, (from, listed)) in stays.iter().enumerate().filter(|(to, (from, _))| to != from) {
            debug_assert!(to < *from, "names move up");
            self.is_led_to(&listed.name)?;
            let goes = chain.found.get(to).map(|listed| &listed.target);
            let operation = match (&listed.target, goes) {
                (Target::Link(text), Some(Target::Link(_))) => {
                    Operation::Link { name: name(to), to: text.clone().into_os_string() }
                }
                (Target::File, Some(Target::File)) => {
                    let is_other = |entry: &Entry| entry.certificate().is_none();
                    if !listed.gaps.is_empty() || behind(self.store, listed).iter().any(is_other) {
                        return Err(CannotEdit::Shared(listed.name.clone()));
                    }
                    let bytes = (self.octets)(&listed.name);
                    Operation::Write { name: name(to), bytes: bytes.ok_or(CannotEdit::Mixed(hash))? }
                }
                _ => return Err(CannotEdit::Mixed(hash)),
            };
            self.push(operation);
        }
        for (index, added) in (stays.len()..).zip(&chain.added) {
            let operation = match chain.found.get(index).map(|listed| &listed.target) {
                Some(Target::File) => Operation::Write { name: name(index), bytes: block(&added.certificate) },
                None if !self.has_links() => Operation::Write { name: name(index), bytes: block(&added.certificate) },
                _ => {
                    if added.is_new && !self.names.has(&added.file) {
                        self.push(Operation::Write { name: added.file.clone(), bytes: block(&added.certificate) });
                    }
                    Operation::Link { name: name(index), to: added.file.clone() }
                }
            };
            self.push(operation);
        }
        Ok((count..chain.found.len()).rev().map(name).collect())
    }

    /// Whether a lookup would come to what is put behind the names that stay, and to nothing else that it misses now.
    fn can_grow(
        &self,
        hash: u32,
        chain: &Chain<'_>,
        stays: &[(usize, &Listed)],
        count: usize,
        cut: &BTreeSet<OsString>,
    ) -> Result<(), CannotEdit> {
        let is_loaded = |listed: &Listed| {
            listed.openssl.as_ref().is_some_and(|load| load.count() > 0) && listed.unreadable.is_none()
        };
        if let Some((_, stops)) = stays.iter().find(|(_, listed)| !is_loaded(listed)) {
            return Err(CannotEdit::Stops(stops.name.clone()));
        }
        let mut behind = chain.behind.iter().filter(|(_, listed)| !cut.contains(&listed.name));
        if behind.next().is_some_and(|(index, _)| *index as usize <= count) {
            return Err(CannotEdit::Gap(format!("{hash:08x}.{}", chain.found.len())));
        }
        if count > limits::HASH_COLLISIONS as usize { Err(CannotEdit::Full(hash)) } else { Ok(()) }
    }

    /// Refuses to move a name that another name leads to.
    fn is_led_to(&self, name: &OsStr) -> Result<(), CannotEdit> {
        let leads = |listed: &&Listed| matches!(&listed.target, Target::Link(text) if text.file_name() == Some(name));
        match self.store.listed.iter().find(leads) {
            Some(link) => Err(CannotEdit::Layout(format!("{} leads to a name by hash", link.name.display()))),
            None => Ok(()),
        }
    }

    /// The operations, where a lookup then finds exactly what is wanted.
    fn proven(self, there: BTreeSet<Fingerprint>, wanted: &Wanted<'_>) -> Result<Vec<Operation>, CannotEdit> {
        let (expected, found) = (wanted.applied_to(there), reachable(&self.names.store()));
        if expected == found {
            return Ok(self.operations);
        }
        let (missing, more) = (expected.difference(&found).count(), found.difference(&expected).count());
        Err(CannotEdit::NotExact { missing, more })
    }
}

fn block(certificate: &Certificate) -> Vec<u8> {
    pem::write(certificate.der(), &[]).into_bytes()
}
