//! A bundle of which OpenSSL loads nothing, because one block in it is bad. Its default paths
//! say nothing about it: every handshake fails with "unable to get local issuer certificate".

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::words::counted;
use crate::model::{Entry, Note, OpensslLoad, Slot, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "openssl-refuses",
    title: "OpenSSL does not load what is in this file",
    severity: Severity::Error,
    about: "OpenSSL's file loader takes all of a file or nothing. One malformed block anywhere, or two blocks joined \
            on a line, and Python, Ruby, PHP and every other program on its default paths have no roots at all, \
            silently. Other readers keep the good blocks, so it works in some programs and not in others. Blocks whose \
            BEGIN is indented, follows other text, has more or fewer dashes than five or is UTF-16 it does not see at all.",
    says: "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_file.c",
    since: None,
    remedy: "Repair or delete the block that is named, or write the bundle anew with castore export --from FILE \
             --out BUNDLE.",
    run: Run::Store(look),
};

fn look(_: &Scope<'_>, store: &Store) -> Vec<Detail> {
    match &store.openssl {
        Some(OpensslLoad::Refuses { because, line }) => refused(store, because, *line),
        Some(load @ OpensslLoad::Misses { unseen, .. }) => missed(store, load.count(), unseen),
        Some(OpensslLoad::Loads(_)) | None => Vec::new(),
    }
}

fn refused(store: &Store, because: &str, line: u64) -> Vec<Detail> {
    let readable = store.entries.iter().filter(|entry| entry.certificate().is_some()).count();
    if readable == 0 {
        return Vec::new();
    }
    let block = store.entries.iter().map(|entry| &entry.slot).find(|slot| slot.line() == Some(line));
    let slot = block.cloned().unwrap_or(Slot::Block(crate::model::Block { line, offset: 0 }));
    vec![Detail {
        store: Some(store.id.clone()),
        slot: Some(slot),
        expected: format!("{} loaded", counted(readable, "certificate")),
        found: format!("none, because of line {line}: {because}"),
        remedy: "repair or delete that block; or write the bundle anew with castore export".to_owned(),
        ..Detail::default()
    }]
}

/// Those in blocks of PKCS#7 are not meant for it.
fn missed(store: &Store, count: usize, unseen: &[usize]) -> Vec<Detail> {
    let is_meant = |entry: &&Entry| !entry.notes.iter().any(|note| matches!(note, Note::Label(_)));
    let missed: Vec<&Entry> = unseen.iter().filter_map(|entry| store.entries.get(*entry)).filter(is_meant).collect();
    let Some(first) = missed.first() else { return Vec::new() };
    let how = match first.notes.contains(&Note::Utf16) {
        true => "it is UTF-16",
        false => "the BEGIN and END of this one are not lines of their own, of five dashes each",
    };
    vec![Detail {
        store: Some(store.id.clone()),
        slot: Some(first.slot.clone()),
        expected: format!("{} loaded", counted(count + missed.len(), "certificate")),
        found: format!("{}: {how}", if count == 0 { "none".to_owned() } else { format!("{count}") }),
        remedy: "write the file anew with castore export".to_owned(),
        ..Detail::default()
    }]
}
