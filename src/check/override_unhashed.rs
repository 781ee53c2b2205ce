//! A variable or setting that names a directory of certificates in which no name is a hash. OpenSSL
//! asks for names alone, so it finds none of them and says nothing.

use super::{Check, Detail, Run, Scope, Severity, override_name};
use crate::discover::{Candidate, Outcome, Use};
use crate::model::{Format, shell};

/// The row.
pub const CHECK: Check = Check {
    id: "override-unhashed",
    title: "an override names a directory that was never hashed",
    severity: Severity::Error,
    about: "SSL_CERT_DIR, GIT_SSL_CAPATH and their like name a directory that OpenSSL searches by the hash of a \
            subject. A directory of .pem files without such names holds nothing for it, though Go, GnuTLS and .NET, \
            which read every file, see all of it.",
    says: "https://docs.openssl.org/3.0/man3/X509_LOOKUP_hash_dir/",
    since: None,
    remedy: "Run openssl rehash on the directory, or name one file with all certificates instead.",
    run: Run::Use(look),
};

fn look(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let unhashed = found.candidates.iter().filter_map(|candidate| {
        let named = override_name(candidate)?;
        let hidden = hidden(scope, candidate)?;
        Some(Detail {
            path: candidate.path.clone(),
            store: candidate.store.clone(),
            clients: vec![found.name()],
            expected: format!("names such as 5ed36f99.0 in the directory that {named} names"),
            found: match hidden {
                1 => "one certificate under another name, which the client never finds".to_owned(),
                number => format!("{number} certificates under other names, none of which the client finds"),
            },
            remedy: candidate.path.as_ref().map_or_else(
                || "name a file instead".to_owned(),
                |path| format!("run openssl rehash {}, or name a file instead", shell::path(path)),
            ),
            ..Detail::default()
        })
    });
    unhashed.collect()
}

/// How many certificates are in a directory that is searched by hash, where no hash leads to any.
fn hidden(scope: &Scope<'_>, candidate: &Candidate) -> Option<usize> {
    let is_by_hash = candidate.leaf.look.asks_by_hash();
    let store = scope.snapshot.store(candidate.store.as_ref()?)?;
    if candidate.outcome != Outcome::Used || !is_by_hash || store.format != Format::Directory {
        return None;
    }
    let held = store.entries.iter().filter(|entry| entry.certificate().is_some()).count();
    (held > 0 && scope.snapshot.hash_directory(store).reachable.is_empty()).then_some(held)
}
