//! Certificates as users name them: by the beginning of a fingerprint, by a name, by a file.

use super::Context;
use super::error::Failure;
use super::inspect::{inspect, nothing_in};
use castore::catalogue::survey::Searched;
use castore::format::x509;
use castore::host::Host;
use castore::load::{Snapshot, unread_parts};
use castore::model::{Certificate, Fingerprint, FingerprintPrefix, Reading, StoreId};
use castore::render::escape;
use castore::render::report::show::sha1;
use castore::render::report::store_name;
use castore::select::{Column, Held, STANDARD_INPUT, Selector};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// What the user means.
enum Wanted<'a> {
    Fingerprint(FingerprintPrefix, &'a str),
    File(Selector),
    Name(&'a str),
}

/// Hexadecimal digits of a SHA-1, by which Windows and older programs call a certificate.
const SHA1_DIGITS: usize = 40;

/// Certificates that a word names.
pub(crate) struct Named {
    pub held: BTreeMap<Fingerprint, Held>,
    /// The file, where the word is that of one.
    pub file: Option<Snapshot>,
    /// Of what was named what could not be read in full, and what of it.
    pub gaps: Vec<(StoreId, String)>,
}

impl Named {
    /// The certificates, by fingerprint.
    pub(crate) fn certificates(&self) -> Vec<Arc<Certificate>> {
        self.held.values().map(|held| Arc::clone(&held.certificate)).collect()
    }
}

/// An error where a word is empty: a variable of a script that is not set. Every name has nothing in it.
pub(crate) fn not_empty(word: &OsStr) -> Result<(), Failure> {
    if !word.to_str().is_some_and(|word| word.trim().is_empty()) {
        return Ok(());
    }
    Err(Failure::with_hint(
        "expected a fingerprint, a name or a file, found nothing",
        "castore list --certs shows every certificate",
    ))
}

/// The certificates that `word` names among the stores of `snapshot`, or in a file of the host `files`.
pub(crate) fn certificates(word: &OsStr, files: &Host, snapshot: &Snapshot) -> Result<Named, Failure> {
    let has_part = |subject: &str, part: &str| subject.contains(part);
    certificates_with(has_part, word, files, snapshot)
}

fn certificates_with(
    has_name: fn(&str, &str) -> bool,
    word: &OsStr,
    files: &Host,
    snapshot: &Snapshot,
) -> Result<Named, Failure> {
    let named = |name: &str| {
        let name = name.to_lowercase();
        matching(snapshot, |certificate| subject_is(certificate, |subject| has_name(subject, &name)))
    };
    let found = match wanted(word, files) {
        Wanted::File(selector) => return in_file(word, &selector, files),
        Wanted::Fingerprint(prefix, name) => {
            let mut found = matching(snapshot, |certificate| prefix.matches(&certificate.fingerprint()));
            if found.is_empty() && prefix.digits().len() == SHA1_DIGITS {
                found = matching(snapshot, |certificate| sha1(certificate) == prefix.digits());
            }
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
    Ok(Named { held: found, file: None, gaps: Vec::new() })
}

/// The same where one certificate is meant: one whose name has the word as a whole, of several the one that is called
/// just so, and else nobody knows which. All that are in a file are meant.
pub(crate) fn certificates_meant(word: &OsStr, files: &Host, snapshot: &Snapshot) -> Result<Named, Failure> {
    not_empty(word)?;
    let mut found = certificates_with(has_words, word, files, snapshot)?;
    if found.file.is_none() && found.held.len() > 1 {
        let is_called = |held: &Held| x509::subject(&held.certificate).is_ok_and(|name| *name.short().raw() == *word);
        let called: Vec<Fingerprint> =
            found.held.iter().filter(|(_, held)| is_called(held)).map(|(fingerprint, _)| *fingerprint).collect();
        if let [one] = called.as_slice() {
            found.held.retain(|fingerprint, _| fingerprint == one);
        }
    }
    if found.file.is_none() && found.held.len() > 1 {
        let word = escape::path(word.as_ref());
        let hashes: Vec<String> = found.held.keys().map(Fingerprint::short).collect();
        return Err(Failure::with_hint(
            format!("{} certificates match {word:?}: {}", found.held.len(), hashes.join(", ")),
            "name one by the beginning of its fingerprint; castore show tells them apart",
        ));
    }
    Ok(found)
}

/// Certificates as one side of a comparison or of a plan.
pub(crate) fn column(name: String, named: Named) -> Column {
    Column {
        names: vec![name],
        certificates: named.held,
        left_out: Vec::new(),
        distrusted: Vec::new(),
        gaps: Vec::new(),
        absent: BTreeMap::new(),
        open: None,
    }
}

fn in_file(word: &OsStr, selector: &Selector, files: &Host) -> Result<Named, Failure> {
    let inspection = inspect(files, std::slice::from_ref(selector), Searched::default());
    let columns = inspection.columns(files, selector)?;
    if columns.iter().all(|column| column.certificates.is_empty()) {
        let (named, hint) = (escape::path(word.as_ref()), "castore list PATH says what was read of it");
        return Err(nothing_in(&named, &columns, &inspection.snapshot, hint));
    }
    let gaps = gaps(&columns, &inspection.snapshot);
    let held: BTreeMap<_, _> = columns.into_iter().flat_map(|column| column.certificates).collect();
    Ok(Named { held, file: Some(ManuallyDrop::into_inner(inspection.snapshot)), gaps })
}

/// Stores of columns that were not read in full, and what of each was not. What a binary leaves open is no matter of
/// what is in it.
pub(crate) fn gaps(columns: &[Column], snapshot: &Snapshot) -> Vec<(StoreId, String)> {
    let ids: BTreeSet<&StoreId> = columns.iter().flat_map(|column| &column.gaps).collect();
    let why = |id: &StoreId| {
        let store = snapshot.store(id)?;
        match &store.reading {
            Reading::Whole => None,
            Reading::Unreadable(why) => Some(why.to_string()),
            Reading::UnreadFormat => Some("castore does not read its format".to_owned()),
            Reading::Partial => Some(unread_parts(store)),
        }
    };
    ids.into_iter().filter_map(|id| Some((id.clone(), why(id)?))).collect()
}

/// Says what could not be read of what was named to be taken: more may have been meant.
pub(crate) fn note_gaps(gaps: &[(StoreId, String)], context: &mut Context<'_>) {
    for (store, why) in gaps {
        context.note(&format!("not read in full, so certificates may be missing: {}: {why}", store_name(store)));
    }
}

fn wanted<'a>(word: &'a OsStr, files: &Host) -> Wanted<'a> {
    let path = Selector::Path(word.into());
    let Some(text) = word.to_str() else { return Wanted::File(path) };
    if let Some(file) = text.strip_prefix("file:") {
        return Wanted::File(Selector::Path(file.into()));
    }
    if text == "-" {
        return Wanted::File(Selector::Path(STANDARD_INPUT.into()));
    }
    match text.parse() {
        Ok(prefix) => Wanted::Fingerprint(prefix, text),
        Err(_) if text.contains('/') || files.is_file(word.as_ref()) => Wanted::File(path),
        Err(_) => Wanted::Name(text),
    }
}

/// Whether the subject of a certificate has these words, in lower case.
pub(crate) fn is_named(certificate: &Certificate, words: &str) -> bool {
    subject_is(certificate, |subject| has_words(subject, words))
}

/// Whether a text has these words as whole ones: IdenTrust is not Entrust.
fn has_words(text: &str, words: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let mut found = text.match_indices(words);
    found.any(|(at, _)| ends(text[..at].chars().next_back()) && ends(text[at + words.len()..].chars().next()))
}

fn subject_is(certificate: &Certificate, is_it: impl Fn(&str) -> bool) -> bool {
    x509::details(certificate).is_ok_and(|details| is_it(&details.subject.text().raw().to_lowercase()))
}

/// The distinct certificates of every store that `is_wanted` takes, each where a store trusts it, else where it was
/// found first.
fn matching(snapshot: &Snapshot, is_wanted: impl Fn(&Certificate) -> bool) -> BTreeMap<Fingerprint, Held> {
    let mut distinct: BTreeMap<Fingerprint, Held> = BTreeMap::new();
    for store in snapshot.stores() {
        for (entry, certificate) in store.entries.iter().filter_map(|entry| Some((entry, entry.certificate()?))) {
            let known = distinct.get(&certificate.fingerprint());
            if known.is_some_and(|known| known.trust.allows_server() || !entry.trust.allows_server()) {
                continue;
            }
            let (store, slot, trust) = (store.id.clone(), entry.slot.clone(), entry.trust.clone());
            let held = Held { certificate: Arc::clone(certificate), store, slot, trust };
            distinct.insert(certificate.fingerprint(), held);
        }
    }
    distinct.retain(|_, held| is_wanted(&held.certificate));
    distinct
}
