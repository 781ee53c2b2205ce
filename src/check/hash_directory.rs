//! Faults of a hash directory: a certificate that is in it and that OpenSSL never finds.

use super::{Check, Detail, Run, Scope, Severity, nothing_read};
use crate::format::hash_dir::HashFault;
use crate::model::{Store, StoreId, Unreadable};
use std::ffi::OsStr;

/// The row.
pub const CHECK: Check = Check {
    id: "hash-directory",
    title: "a hash directory is at odds with itself",
    severity: Severity::Warning,
    about: "OpenSSL finds a certificate in a directory only under the hash of its subject, and stops at the first \
            index that is missing or broken. A file without a link, a link to nothing, a gap or a wrong name hides \
            certificates from it, while Go and GnuTLS, which read every file, still see them.",
    says: "https://docs.openssl.org/3.0/man1/openssl-rehash/",
    since: None,
    remedy: "Run the system's refresh command, or openssl rehash, on the directory.",
    run: Run::Store(look),
};

fn look(scope: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let is_looked_up = || {
        let mut candidates = scope.uses.iter().flat_map(|found| found.effective());
        candidates.any(|candidate| candidate.store.as_ref() == Some(&store.id) && candidate.leaf.look.asks_by_hash())
    };
    if store.listed.is_empty() || !is_looked_up() {
        return Vec::new();
    }
    let faults = &scope.snapshot.hash_directory(store).faults;
    let faults = faults.iter().filter(|fault| !is_bundle(scope, store, fault));
    faults.map(|fault| Detail { store: Some(store.id.clone()), ..detail(store, fault) }).collect()
}

/// Whether a fault is no more than that a bundle stands in the directory, which clients read as one: where the two
/// disagree, another check tells it.
fn is_bundle(scope: &Scope<'_>, store: &Store, fault: &HashFault) -> bool {
    let (HashFault::NotLinked { name, among: 2.., .. }, Some(directory)) = (fault, store.id.path()) else {
        return false;
    };
    let file = directory.join(name);
    let real = scope.host.resolve(&file).map(|resolved| StoreId::Path(resolved.path)).ok();
    let mut candidates = scope.users.iter().flat_map(|found| &found.candidates);
    candidates.any(|candidate| candidate.path.as_ref() == Some(&file) || real.is_some() && candidate.store == real)
}

fn detail(store: &Store, fault: &HashFault) -> Detail {
    let rehash = "run the system's refresh command, or openssl rehash, on the directory";
    let (name, expected, found, remedy) = match fault {
        HashFault::Dangling { name, target } => {
            (Some(name), "a file".to_owned(), format!("a link to {}, where nothing is", target.display()), rehash)
        }
        HashFault::WrongHash { name, expected } => {
            (Some(name), format!("the name {expected:08x}.N"), format!("{}", name.to_string_lossy()), rehash)
        }
        HashFault::Gap { hash, missing } => (
            None,
            format!("{hash:08x}.{missing}"),
            "a later index without it: the search stops there".to_owned(),
            rehash,
        ),
        HashFault::UpperCase { name } => {
            (Some(name), "lower-case digits".to_owned(), "upper-case ones, never looked for".to_owned(), rehash)
        }
        HashFault::NotLinked { name, among, .. } => (
            Some(name),
            "a hash name that leads to it".to_owned(),
            "none, so OpenSSL never finds it".to_owned(),
            match among {
                1 => rehash,
                _ => {
                    "put each certificate into a file of its own, then run openssl rehash, which links no file with \
                      more than one"
                }
            },
        ),
        HashFault::NotPem { name } => (
            Some(name),
            "PEM".to_owned(),
            "something else, which OpenSSL does not load here".to_owned(),
            "write it as PEM",
        ),
        HashFault::Malformed { name } => {
            (Some(name), "PEM that OpenSSL loads".to_owned(), "a block it refuses".to_owned(), "repair the file")
        }
        HashFault::Unreadable { name, why } => {
            let remedy = match why {
                Unreadable::Denied => "correct its permissions",
                _ => "replace it with a file, or remove it",
            };
            (Some(name), "a readable file".to_owned(), nothing_read(why), remedy)
        }
    };
    let at = name.and_then(|name| store.listed.binary_search_by(|listed| listed.name.cmp(name)).ok());
    let listed = at.and_then(|at| store.listed.get(at));
    let entry = match fault {
        HashFault::NotLinked { entries, .. } => entries.first().and_then(|entry| store.entries.get(*entry)),
        _ => listed.and_then(|listed| store.entries.get(listed.entries.clone())?.first()),
    };
    let path = store.id.path().zip(name).map(|(directory, name)| directory.join(OsStr::new(name)));
    Detail {
        path,
        certificate: entry.and_then(|entry| entry.certificate().cloned()),
        expected,
        found,
        remedy: remedy.to_owned(),
        ..Detail::default()
    }
}
