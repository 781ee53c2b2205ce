//! Certificates as users name them: by the beginning of a fingerprint, by a name, by a file.

use super::error::Failure;
use super::inspect::inspect;
use castore::catalogue::survey::Searched;
use castore::format::x509;
use castore::host::Host;
use castore::load::Snapshot;
use castore::model::{Certificate, FingerprintPrefix};
use castore::render::escape;
use castore::select::Selector;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// What the user means.
enum Wanted<'a> {
    Fingerprint(FingerprintPrefix, &'a str),
    File(Selector),
    Name(&'a str),
}

/// An error where a word is empty: a variable of a script that is not set. Every name has nothing in it.
pub(crate) fn not_empty(word: &OsStr) -> Result<(), Failure> {
    if !word.is_empty() {
        return Ok(());
    }
    Err(Failure::with_hint(
        "expected a fingerprint, a name or a file, found nothing",
        "castore list --certs shows every certificate",
    ))
}

/// The certificates that `word` names among the stores of `snapshot`, or in a file of `host`, which is then loaded
/// beside them.
pub(crate) fn certificates(
    word: &OsStr,
    host: &Host,
    snapshot: &Snapshot,
) -> Result<(Vec<Arc<Certificate>>, Option<Snapshot>), Failure> {
    let named = |name: &str| named(snapshot, name);
    let found = match wanted(word, host) {
        Wanted::File(selector) => {
            let files = inspect(host, std::slice::from_ref(&selector), Searched::default());
            let columns = files.columns(host, &selector)?.into_iter();
            let held = columns.flat_map(|column| column.certificates.into_values());
            let certificates: Vec<_> = held.map(|held| held.certificate).collect();
            if certificates.is_empty() {
                let message = format!("{}: no certificate in it", escape::path(word.as_ref()));
                return Err(Failure::with_hint(message, "castore list PATH says what was read of it"));
            }
            return Ok((certificates, Some(ManuallyDrop::into_inner(files.snapshot))));
        }
        Wanted::Fingerprint(prefix, name) => {
            let found = matching(snapshot, |certificate| prefix.matches(&certificate.fingerprint()));
            // "Decade" reads as hexadecimal too.
            if found.is_empty() { named(name) } else { found }
        }
        Wanted::Name(name) => named(name),
    };
    if found.is_empty() {
        return Err(Failure::with_hint(
            format!("no certificate in the stores castore read matches {:?}", escape::path(word.as_ref())),
            "castore list --certs shows them all; name a file with a slash in it",
        ));
    }
    Ok((found, None))
}

fn wanted<'a>(word: &'a OsStr, host: &Host) -> Wanted<'a> {
    let path = Selector::Path(word.into());
    let Some(text) = word.to_str() else { return Wanted::File(path) };
    if let Some(file) = text.strip_prefix("file:") {
        return Wanted::File(Selector::Path(file.into()));
    }
    match text.parse() {
        Ok(prefix) => Wanted::Fingerprint(prefix, text),
        Err(_) if text.contains('/') || host.is_file(word.as_ref()) => Wanted::File(path),
        Err(_) => Wanted::Name(text),
    }
}

fn named(snapshot: &Snapshot, name: &str) -> Vec<Arc<Certificate>> {
    let name = name.to_lowercase();
    matching(snapshot, |certificate| is_named(certificate, &name))
}

fn is_named(certificate: &Certificate, lower_case: &str) -> bool {
    x509::details(certificate).is_ok_and(|details| details.subject.text().raw().to_lowercase().contains(lower_case))
}

/// The distinct certificates of every store that `is_wanted` takes, by fingerprint.
fn matching(snapshot: &Snapshot, is_wanted: impl Fn(&Certificate) -> bool) -> Vec<Arc<Certificate>> {
    let all = snapshot.stores().flat_map(|store| &store.entries).filter_map(|entry| entry.certificate());
    let distinct: BTreeMap<_, _> = all.map(|certificate| (certificate.fingerprint(), certificate)).collect();
    distinct.into_values().filter(|certificate| is_wanted(certificate)).cloned().collect()
}
