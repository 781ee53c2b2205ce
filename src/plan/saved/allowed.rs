//! What a plan that was read may do: change the store that it names or the system's own places, and that as shown.

use super::read::Read;
use super::{BadPlan, Place, Places};
use crate::catalogue::client::Edit;
use crate::catalogue::clients;
use crate::format::hash_dir::parse_name;
use crate::format::{decode, fingerprints, pem};
use crate::model::{Certificate, Fingerprint, Format, StoreId};
use crate::plan::{After, Moved, Step, StoreChange, Was};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What one store gains and loses, as it is shown.
struct Shown {
    added: BTreeSet<Fingerprint>,
    removed: BTreeSet<Fingerprint>,
}

/// Refuses a change that does what it does not show, or what castore does nowhere.
pub(super) fn change(places: &Places, at: &str, change: &StoreChange) -> Read<()> {
    let shown = Shown { added: change.adds(), removed: change.removes() };
    after(&format!("{at}.after"), change, &shown)?;
    let each = |(n, step): (usize, &Step)| {
        let at = format!("{at}.steps[{n}]");
        place(places, &at, step, change)?;
        may_be_written(places, &at, step, (change, &shown))
    };
    change.steps.iter().enumerate().try_for_each(each)
}

/// What the store then holds has what is added, and not what is removed.
fn after(at: &str, change: &StoreChange, shown: &Shown) -> Read<()> {
    let differs = |one: &Fingerprint| Err(BadPlan::value(at, "what is added and removed", &one.to_string()));
    let is_pem = matches!(change.target.format, Format::Pem | Format::Empty);
    let first = match &change.after {
        After::Exactly(all) => {
            // In the chain of a private key one may stay, and in a file that nobody looks into.
            let stays = all.intersection(&shown.removed).next().filter(|_| is_pem);
            shown.added.difference(all).next().or(stays)
        }
        After::AtLeast { with, without } => {
            with.symmetric_difference(&shown.added).chain(without.symmetric_difference(&shown.removed)).next()
        }
    };
    first.or_else(|| shown.added.intersection(&shown.removed).next()).map_or(Ok(()), differs)
}

/// Every step is at the store that is named, directly in it, or among what a system's stores are made from.
fn place(places: &Places, at: &str, step: &Step, change: &StoreChange) -> Read<()> {
    let path = step.path();
    let store = change.target.store.path().filter(|_| matches!(change.target.store, StoreId::Path(_)));
    let is_directory = change.target.format == Format::Directory;
    let is_in_store = is_directory && store.is_some() && path.parent() == store;
    // A tree of anchors may be a store itself.
    let is_below = is_directory && store.is_some_and(|store| path.starts_with(store));
    let is_of_system = (matches!(change.after, After::AtLeast { .. }) || is_below) && places.place(path).is_some();
    let is_list = places.is_list(path) && matches!(change.after, After::AtLeast { .. });
    let is_there = match step {
        Step::Write { .. } => (store == Some(path) && !is_directory) || is_in_store || is_of_system || is_list,
        Step::Link { .. } => is_in_store,
        Step::Remove { .. } => is_in_store || is_of_system,
        Step::Nss { directory, .. } => {
            change.target.format == Format::Nss && store.is_some_and(|store| store.parent() == Some(directory))
        }
    };
    if !is_there {
        let expected = "the store, a file in it, or one of the system's own places";
        return Err(BadPlan::value(format!("{at}.path"), expected, &path.to_string_lossy()));
    }
    match step {
        Step::Link { path, .. } if path.file_name().and_then(parse_name).is_none_or(|name| name.crl) => {
            Err(BadPlan::value(format!("{at}.path"), "a name by hash", &path.to_string_lossy()))
        }
        _ => Ok(()),
    }
}

/// Whether a step writes certificates and nothing else; what it writes of a store is what that then holds.
fn may_be_written(places: &Places, at: &str, step: &Step, (change, shown): (&StoreChange, &Shown)) -> Read<()> {
    let bad = |expected: &str, found: &str| Err(BadPlan::value(format!("{at}.base64"), expected, found));
    let (path, bytes, was) = match step {
        Step::Write { path, bytes, was, .. } => (path, bytes, was),
        Step::Remove { was: Was::Absent, .. } => {
            return Err(BadPlan::value(format!("{at}.was"), "a file or a link to remove", "absent"));
        }
        Step::Link { was: Was::File(_), .. } => {
            return Err(BadPlan::value(format!("{at}.was"), "nothing or a link", "file"));
        }
        Step::Nss { was, .. } if !matches!(was, Was::File(_)) => {
            return Err(BadPlan::value(format!("{at}.was"), "the database as a file", "something else"));
        }
        Step::Nss { add, remove, .. } => {
            let unsaid = |named: &[(String, Arc<Certificate>)], shown: &BTreeSet<Fingerprint>| {
                named.iter().map(|(_, certificate)| certificate.fingerprint()).find(|one| !shown.contains(one))
            };
            return match unsaid(add, &shown.added).or_else(|| unsaid(remove, &shown.removed)) {
                Some(one) => Err(BadPlan::value(at, "what is added and removed", &one.to_string())),
                None => Ok(()),
            };
        }
        Step::Link { .. } | Step::Remove { .. } => return Ok(()),
    };
    match was {
        Was::Link(_) => return Err(BadPlan::value(format!("{at}.was"), "nothing or a file", "link")),
        Was::Absent if change.target.store.path() == Some(path) => {
            return Err(BadPlan::value(format!("{at}.was"), "the store as a file", "nothing"));
        }
        Was::Absent if !places.is_list(path) => return is_new(places, at, (path, bytes), change),
        Was::Absent | Was::File(_) => {}
    }
    if places.is_list(path) {
        let is_line = |line: &str| !line.chars().any(|c| c.is_control() && c != '\r');
        let is_list = std::str::from_utf8(bytes).is_ok_and(|text| text.lines().all(is_line));
        return match (is_list, was) {
            (true, Was::File(_)) => Ok(()),
            (true, _) => Err(BadPlan::value(format!("{at}.was"), "the list as a file", "something else")),
            (false, _) => bad("a list of names, one on a line", "something else"),
        };
    }
    let decoding = decode(bytes);
    let held = fingerprints(&decoding.entries);
    let is_open = decoding.gaps.is_empty();
    match decoding.format {
        Format::Pem | Format::Jks | Format::Jceks | Format::Pkcs12 if !held.is_empty() || !is_open => {}
        other => return bad("a store of certificates", other.name()),
    }
    match &change.after {
        After::Exactly(all) if change.target.store.path() == Some(path) && is_open && *all != held => {
            bad("the certificates that the store is to hold", "others")
        }
        _ => Ok(()),
    }
}

/// A new file is the block of one certificate that is shown, under a name that says which, or that is its hash: neither
/// a shell nor any other reader of directories takes it for its own.
fn is_new(places: &Places, at: &str, (path, bytes): (&Path, &[u8]), change: &StoreChange) -> Read<()> {
    let shown = match places.place(path) {
        Some(Place::Distrusted) => &change.removed,
        _ => &change.added,
    };
    let block = |moved: &&Moved| pem::write(moved.certificate.der(), &[]).as_bytes() == bytes;
    let Some(of) = shown.iter().find(block) else {
        return Err(BadPlan::value(
            format!("{at}.base64"),
            "one block of a certificate that is shown",
            "something else",
        ));
    };
    let name = path.file_name().unwrap_or_default();
    let is_hash = parse_name(name).is_some_and(|name| !name.crl);
    let is_named = name.to_str().is_some_and(|name| name.contains(&of.certificate.fingerprint().in_a_name()));
    let extension = path.extension().unwrap_or_default();
    let is_known = extension == "pem"
        || clients().any(|row| matches!(row.edit, Edit::DropIn { extension: known, .. } if extension == known));
    match is_hash || (is_named && is_known) {
        true => Ok(()),
        false => {
            let expected = "a name with the first 16 digits of its certificate";
            Err(BadPlan::value(format!("{at}.path"), expected, &path.to_string_lossy()))
        }
    }
}
