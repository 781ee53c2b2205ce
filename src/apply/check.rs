//! New octets, looked at before they are written: what a plan says is in them, and nothing else, and no key.
//!
//! Whoever made them may have erred; here they are read as whoever uses the store will read them, and PEM by a second
//! reader that shares nothing with the first. And old ones, before they go: nothing is lost that a plan does not show.

mod kept;
mod list;

pub(super) use kept::Looked;

use super::change::New;
use super::error::Refusal;
use super::write::Stop;
use crate::format::der::first_sequence;
use crate::format::pem::labels::OF_CERTIFICATES;
use crate::format::{Decoding, Means, decode_with, fingerprints};
use crate::host::Files;
use crate::host::files::Tree;
use crate::model::{Body, Fingerprint, Format, Timestamp};
use crate::plan::saved::Places;
use crate::plan::{After, StoreChange};
use kept::Kept;
use std::collections::BTreeSet;
use std::path::Path;

/// Refuses what a plan of this time does beyond what it says of its stores; the path where it does.
pub(super) fn all<'l>(
    all: &'l [Looked<'l>],
    tree: &'l Tree,
    means: &'l Means<'l>,
    at: Timestamp,
) -> Result<(), (&'l Path, Stop)> {
    let places = Places::behind(&|path| tree.resolve(path).ok().map(|found| found.path));
    let kept = Kept::new(all, tree, means, at, places);
    let each = |one: &'l Looked<'l>| {
        let Some(store) = one.store else { return Ok(()) };
        let old = one.old.as_deref();
        match one.new {
            New::File { bytes, .. } => {
                octets((store, &kept.named(store).all), one.path, bytes, old, means)?;
                match old {
                    Some(old) if kept.places.is_list(one.path) => kept.list(store, old, bytes),
                    _ => kept.check(one, store),
                }
            }
            New::Link { .. } | New::Nothing => kept.check(one, store),
        }
    };
    all.iter().try_for_each(|one| each(one).map_err(|stop| (one.path, stop)))
}

/// Refuses octets for `path` that are not what the plan says of its store, which names these certificates.
fn octets(
    (store, named): (&StoreChange, &BTreeSet<Fingerprint>),
    path: &Path,
    new: &[u8],
    old: Option<&[u8]>,
    means: &Means<'_>,
) -> Result<(), Stop> {
    let found = decode_with(new, means);
    let all = certificates(&found);
    let keys =
        |decoding: &Decoding| decoding.entries.iter().filter(|entry| matches!(entry.body, Body::PrivateKey)).count();
    let keys_before = old.map_or(0, |old| keys(&decode_with(old, means)));
    if keys(&found) > keys_before {
        return wrong(format!("expected {keys_before} private keys in the new file, found {}", keys(&found)));
    }
    if store.target.store.path() == Some(path) {
        let format = store.target.format;
        if found.format != format && !(format == Format::Empty || old.is_none()) {
            return wrong(format!("expected the new file to be {format}, found {}", found.format));
        }
        if all.is_empty() {
            return wrong("expected at least one certificate in the new file, found none".to_owned());
        }
        if let Some(difference) = difference(&store.after, &all) {
            return wrong(format!("the new file {difference}"));
        }
    } else {
        let held = old.map(|old| certificates(&decode_with(old, means))).unwrap_or_default();
        if let Some(foreign) = all.iter().find(|print| !named.contains(print) && !held.contains(print)) {
            return wrong(format!("the new file holds {foreign}, which the plan does not name"));
        }
    }
    match found.format {
        Format::Pem => second_reader(new, old, &all, means),
        _ => Ok(()),
    }
}

fn wrong(what: String) -> Result<(), Stop> {
    Err(Refusal::Wrong(what).into())
}

fn certificates(decoding: &Decoding) -> BTreeSet<Fingerprint> {
    fingerprints(&decoding.entries)
}

/// How `found` is not what a store should hold.
fn difference(after: &After, found: &BTreeSet<Fingerprint>) -> Option<String> {
    let (missing, extra) = after.differs(found);
    let said = |word: &str, which: &[&Fingerprint]| {
        let first = which.first()?;
        let more = if which.len() > 1 { format!(" and {} more", which.len() - 1) } else { String::new() };
        Some(format!("{word} {first}{more}"))
    };
    match (said("lacks", &missing), said("holds", &extra)) {
        (Some(lacks), Some(holds)) => Some(format!("{lacks}, and {holds}")),
        (one, other) => one.or(other),
    }
}

/// Refuses PEM of which the `pem` crate reads other certificates. It reads nothing of a file in which one block is
/// broken, and not all that castore does: where they disagreed about the old file already, that is no new fault.
fn second_reader(new: &[u8], old: Option<&[u8]>, all: &BTreeSet<Fingerprint>, means: &Means<'_>) -> Result<(), Stop> {
    let Some(what) = disagreement(new, all) else { return Ok(()) };
    let was_so = |old| disagreement(old, &certificates(&decode_with(old, means))).is_some();
    if old.is_some_and(was_so) { Ok(()) } else { wrong(what) }
}

fn disagreement(bytes: &[u8], all: &BTreeSet<Fingerprint>) -> Option<String> {
    let blocks = match pem::parse_many(bytes) {
        Ok(blocks) => blocks,
        Err(error) => return Some(format!("a second reader cannot read the new file: {error}")),
    };
    let blocks = blocks.iter().filter(|block| OF_CERTIFICATES.contains(&block.tag()));
    let read: BTreeSet<_> = blocks.map(|block| Fingerprint::of(alone(block.contents()))).collect();
    let one = all.symmetric_difference(&read).next()?;
    Some(format!("two readers of the new file disagree about {one}"))
}

/// The certificate without what OpenSSL keeps behind it.
fn alone(der: &[u8]) -> &[u8] {
    first_sequence(der).ok().and_then(|length| der.get(..length)).unwrap_or(der)
}
