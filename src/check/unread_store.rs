//! A store in effect that castore could not read in full: what it holds is not known, which is
//! not the same as that it is empty or well.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Reading, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "unread-store",
    title: "a store in use was not read in full",
    severity: Severity::Info,
    about: "The store is unreadable, too large, or in a format this version does not read. Every other check is \
            silent about what was not read, so the result is not clean but unknown, and the exit code is 2.",
    says: "https://docs.rs/rustls-native-certs/latest/rustls_native_certs/struct.CertificateResult.html",
    run: Run::Store(look),
};

fn look(scope: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let (found, remedy) = match &store.reading {
        Reading::Whole => return Vec::new(),
        Reading::UnreadFormat => (
            format!("format {}, which this version does not read", store.format),
            "look at it with the program it belongs to",
        ),
        Reading::Unreadable(why) => (why.to_string(), "run as a user who can read it, or raise --file-size"),
        Reading::Partial => (partial(store), "see the other findings about it"),
    };
    if scope.users(&store.id).is_empty() {
        return Vec::new();
    }
    vec![Detail {
        store: Some(store.id.clone()),
        expected: "every entry read".to_owned(),
        found,
        remedy: remedy.to_owned(),
        ..Detail::default()
    }]
}

fn partial(store: &Store) -> String {
    let malformed = store.entries.iter().filter(|entry| matches!(entry.body, crate::model::Body::Malformed(_))).count();
    let files = store.listed.iter().filter_map(|listed| listed.unreadable.as_ref().map(|why| (listed, why)));
    let files: Vec<String> =
        files.take(3).map(|(listed, why)| format!("{}: {why}", listed.name.to_string_lossy())).collect();
    match (malformed, files.is_empty()) {
        (0, true) => "more entries than the limit".to_owned(),
        (0, false) => files.join("; "),
        (n, true) => format!("{n} entries that cannot be read"),
        (n, false) => format!("{n} entries that cannot be read; {}", files.join("; ")),
    }
}
