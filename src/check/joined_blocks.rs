//! END and the next BEGIN on one line: files without an end of line at their end, put together by `cat`.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::{Entry, Note, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "joined-blocks",
    title: "two blocks stand on one line",
    severity: Severity::Error,
    about: "A PEM file without an end of line at its end, put before another by cat, gives -----END CERTIFICATE----------BEGIN \
            CERTIFICATE-----. OpenSSL then loads nothing of the whole file; rustls and others lose the second certificate and \
            say nothing.",
    says: "https://www.rfc-editor.org/rfc/rfc7468#section-3",
    since: None,
    remedy: "Put an end of line between the two blocks, or write the bundle anew with castore export. In a script, print an \
             empty line after each file.",
    run: Run::Store(look),
};

fn look(_: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let is_joined = |entry: &&Entry| entry.notes.contains(&Note::Joined);
    let mut joined = store.entries.iter().filter(is_joined);
    let Some(first) = joined.next() else { return Vec::new() };
    let more = match joined.count() {
        0 => String::new(),
        1 => ", and once more".to_owned(),
        more => format!(", and {more} times more"),
    };
    vec![Detail {
        store: Some(store.id.clone()),
        slot: Some(first.slot.clone()),
        expected: "BEGIN on a line of its own".to_owned(),
        found: format!("BEGIN on the line of the END before{more}"),
        remedy: "put an end of line between the two, or write the bundle anew with castore export".to_owned(),
        ..Detail::default()
    }]
}
