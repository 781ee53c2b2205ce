//! Hash directories: how OpenSSL finds a certificate by the hash of its subject, and where that
//! search goes astray.
//!
//! A directory holds what its names say, not what its files hold. OpenSSL asks for `HASH.0`, then
//! `HASH.1`, and stops at the first that is missing or cannot be loaded, so one dangling link
//! hides every certificate behind it (`get_cert_by_subject_ex`, crypto/x509/by_dir.c).

mod hash;
mod layout;

use crate::limits;
use crate::model::{Certificate, Entry, Fingerprint, Listed, OpensslLoad, Store, Target, Unreadable};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

pub(crate) use hash::canonical;
pub use hash::{subject_hash, subject_hash_old};
pub use layout::{Hashes, Layout, layout};

/// A name that OpenSSL could look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashName {
    /// The subject hash.
    pub hash: u32,
    /// Its place among the names with this hash.
    pub index: u32,
    /// Whether it names a list of revoked certificates (`.r0`).
    pub crl: bool,
    /// Whether it has upper-case digits, which OpenSSL never asks for.
    pub uppercase: bool,
}

/// Reads `HASH.INDEX` and `HASH.rINDEX`.
#[must_use]
pub fn parse_name(name: &OsStr) -> Option<HashName> {
    let (hash, index) = name.to_str()?.split_once('.')?;
    if hash.len() != 8 || !hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let (crl, digits) = match index.strip_prefix(['r', 'R']) {
        Some(digits) => (true, digits),
        None => (false, index),
    };
    if digits.is_empty()
        || !digits.bytes().all(|digit| digit.is_ascii_digit())
        || (digits.len() > 1 && digits.starts_with('0'))
    {
        return None;
    }
    let uppercase = name.to_str()?.bytes().any(|octet| octet.is_ascii_uppercase());
    Some(HashName { hash: u32::from_str_radix(hash, 16).ok()?, index: digits.parse().ok()?, crl, uppercase })
}

/// What is wrong with a hash directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashFault {
    /// A hash name is a link to nothing.
    Dangling {
        /// The name.
        name: OsString,
        /// Where it leads.
        target: PathBuf,
    },
    /// No certificate in the file has this hash, neither the new nor the old one.
    WrongHash {
        /// The name.
        name: OsString,
        /// The hash of the first certificate there.
        expected: u32,
    },
    /// An index is missing, so that the search stops before those that follow.
    Gap {
        /// The hash.
        hash: u32,
        /// The first index that is missing.
        missing: u32,
    },
    /// Upper-case digits: found only where the file system ignores case.
    UpperCase {
        /// The name.
        name: OsString,
    },
    /// A file holds certificates to which no hash name leads.
    NotLinked {
        /// The file.
        name: OsString,
        /// Their places among the store's entries.
        entries: Vec<usize>,
        /// How many certificates the file holds: `openssl rehash` links no file with more than one.
        among: usize,
    },
    /// A hash name leads to a file without PEM (DER, for one), which OpenSSL cannot load here.
    NotPem {
        /// The name.
        name: OsString,
    },
    /// A hash name leads to PEM that OpenSSL stumbles over.
    Malformed {
        /// The name.
        name: OsString,
    },
    /// A hash name leads to something that could not be read.
    Unreadable {
        /// The name.
        name: OsString,
        /// Why.
        why: Unreadable,
    },
}

/// A directory as OpenSSL's lookup sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HashDirectory {
    /// Which of the store's entries the lookup can reach, in their order.
    pub reachable: Vec<usize>,
    /// What is wrong, in the order of the names.
    pub faults: Vec<HashFault>,
}

/// Says what OpenSSL's lookup finds in a directory, and what is wrong with it.
#[must_use]
pub fn examine(store: &Store) -> HashDirectory {
    let mut slots: BTreeMap<u32, BTreeMap<u32, &Listed>> = BTreeMap::new();
    let mut faults = Vec::new();
    for listed in &store.listed {
        let Some(name) = parse_name(&listed.name).filter(|name| !name.crl) else { continue };
        if name.uppercase {
            faults.push(HashFault::UpperCase { name: listed.name.clone() });
        } else {
            slots.entry(name.hash).or_default().insert(name.index, listed);
            faults.extend(fault(store, listed, name.hash));
        }
    }
    let mut reachable = BTreeSet::new();
    for (hash, indexes) in slots {
        let missing = (0u32..).find(|index| !indexes.contains_key(index)).unwrap_or_default();
        if indexes.range(missing..).next().is_some() {
            faults.push(HashFault::Gap { hash, missing });
        }
        for index in 0..missing {
            let Some(listed) = indexes.get(&index) else { break };
            let loaded = loaded(store, listed);
            reachable.extend(loaded.entries.into_iter().filter(|&entry| entry_hash(store, entry) == Some(hash)));
            if loaded.stops {
                break;
            }
        }
    }
    let reached: BTreeSet<Fingerprint> = reachable.iter().filter_map(|&entry| fingerprint(store, entry)).collect();
    faults.extend(unlinked(store, &reached));
    faults.sort();
    HashDirectory { reachable: reachable.into_iter().collect(), faults }
}

/// Which entries the store lookup of OpenSSL 3.0 to 3.3 finds: it lists the directory and takes every
/// name of the hash asked for, in any case and with any number, so that no gap ends its search
/// (`file_name_check`, providers/implementations/storemgmt/file_store.c).
#[must_use]
pub fn listed_by_hash(store: &Store) -> Vec<usize> {
    let named = |listed: &Listed| {
        let (hash, number) = listed.name.to_str()?.split_once('.')?;
        let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
        let is_hash = hash.len() == 8 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
        (is_hash && is_number).then(|| u32::from_str_radix(hash, 16).ok()).flatten()
    };
    let names = store.listed.iter().filter_map(|listed| Some((named(listed)?, listed.entries.clone())));
    names
        .flat_map(|(hash, mut entries)| {
            entries.by_ref().filter(move |&e| entry_hash(store, e) == Some(hash)).collect::<Vec<_>>()
        })
        .collect()
}

fn fingerprint(store: &Store, entry: usize) -> Option<Fingerprint> {
    store.entries.get(entry).and_then(Entry::certificate).map(|certificate| certificate.fingerprint())
}

fn entry_hash(store: &Store, entry: usize) -> Option<u32> {
    subject_hash(store.entries.get(entry)?.certificate()?.subject_der()?)
}

/// What the lookup takes from one file, and whether it stops there.
struct Loaded {
    entries: Vec<usize>,
    stops: bool,
}

/// `X509_load_cert_file`: block by block, so that what stands before a broken one stays loaded
/// although the call fails and the search ends.
fn loaded(store: &Store, listed: &Listed) -> Loaded {
    let certificates = |until: u64| {
        let is_before = |&entry: &usize| {
            store.entries.get(entry).is_some_and(|e| e.certificate().is_some() && e.slot.line().unwrap_or(0) < until)
        };
        listed.entries.clone().filter(is_before).collect::<Vec<_>>()
    };
    match &listed.openssl {
        _ if listed.unreadable.is_some() => Loaded { entries: Vec::new(), stops: true },
        Some(OpensslLoad::Refuses { line, .. }) => Loaded { entries: certificates(*line), stops: true },
        Some(load) if load.count() > 0 => {
            let is_seen = |entry: &usize| !load.misses(entry - listed.entries.start);
            Loaded { entries: certificates(u64::MAX).into_iter().filter(is_seen).collect(), stops: false }
        }
        None | Some(_) => Loaded { entries: Vec::new(), stops: true },
    }
}

/// What is wrong with one hash name.
fn fault(store: &Store, listed: &Listed, hash: u32) -> Option<HashFault> {
    let name = listed.name.clone();
    match (&listed.unreadable, &listed.target, &listed.openssl) {
        (Some(Unreadable::Dangling | Unreadable::Absent), Target::Link(target), _) => {
            return Some(HashFault::Dangling { name, target: target.clone() });
        }
        (Some(why), ..) => return Some(HashFault::Unreadable { name, why: why.clone() }),
        (None, _, Some(OpensslLoad::Refuses { .. })) => return Some(HashFault::Malformed { name }),
        (None, _, Some(load)) if load.count() > 0 => {}
        (None, ..) => return Some(HashFault::NotPem { name }),
    }
    let mut subjects =
        listed.entries.clone().filter_map(|entry| store.entries.get(entry)?.certificate()?.subject_der());
    let mut first = None;
    let fits = subjects.any(|subject| {
        let found = subject_hash(subject);
        first = first.or(found);
        found == Some(hash) || subject_hash_old(subject) == hash
    });
    if fits { None } else { Some(HashFault::WrongHash { name, expected: first? }) }
}

/// Files with a certificate that is not reached under any name. Where there is no hash name at all, a file with
/// several is a bundle that was put there for others.
fn unlinked(store: &Store, reached: &BTreeSet<Fingerprint>) -> Vec<HashFault> {
    let is_missed = |entry: &usize| fingerprint(store, *entry).is_some_and(|found| !reached.contains(&found));
    let is_hashed = store.listed.iter().any(|listed| parse_name(&listed.name).is_some());
    let files = store.listed.iter().filter(|listed| parse_name(&listed.name).is_none());
    let faults = files.filter_map(|listed| {
        let entries: Vec<usize> = listed.entries.clone().filter(is_missed).collect();
        let among = listed.entries.clone().filter(|entry| fingerprint(store, *entry).is_some()).count();
        let counts = !entries.is_empty() && (among == 1 || is_hashed);
        counts.then(|| HashFault::NotLinked { name: listed.name.clone(), entries, among })
    });
    faults.collect()
}

/// The hash names for certificates in their order: equal ones share a name, other ones of the
/// same subject hash count up. Nothing where a certificate has no readable subject, or where
/// more than [`limits::HASH_COLLISIONS`] share a hash.
#[must_use]
pub fn names_for(certificates: &[&Certificate]) -> Vec<Option<String>> {
    let mut taken: BTreeMap<u32, Vec<Fingerprint>> = BTreeMap::new();
    certificates
        .iter()
        .map(|certificate| {
            let hash = subject_hash(certificate.subject_der()?)?;
            let same = taken.entry(hash).or_default();
            let fingerprint = certificate.fingerprint();
            let index = same.iter().position(|known| *known == fingerprint).unwrap_or_else(|| {
                same.push(fingerprint);
                same.len() - 1
            });
            (index < limits::HASH_COLLISIONS as usize).then(|| format!("{hash:08x}.{index}"))
        })
        .collect()
}

#[cfg(test)]
mod tests;
