//! The list of Debian and Alpine: what it selects and no longer selects is what the plan shows.

use super::kept::Kept;
use super::{certificates, wrong};
use crate::apply::write::Stop;
use crate::catalogue::DEBIAN_SHIPPED;
use crate::format::decode_with;
use crate::host::Files;
use crate::limits::LIST_FILE;
use crate::model::Fingerprint;
use crate::plan::StoreChange;
use std::collections::BTreeSet;
use std::path::{Component, Path};

impl Kept<'_> {
    /// Refuses a list that differs from the old one in more than in whether the names of what the plan adds and removes
    /// are selected.
    pub(super) fn list(&self, store: &StoreChange, old: &[u8], new: &[u8]) -> Result<(), Stop> {
        let mut old = lines(old);
        for new in lines(new) {
            let old = old.next();
            if old == Some(new) {
                continue;
            }
            let ((is_on, name), was) = (choice(new), old.map(choice));
            if was.is_some_and(|(was_on, known)| known != name || (was_on && is_on)) {
                return wrong("expected the lines of the old list in their order, found others".to_owned());
            }
            let named = self.named(store);
            let held = self.shipped(name);
            if held.is_empty() || !held.is_subset(if is_on { &named.adds } else { &named.removes }) {
                let word = if is_on { "selects" } else { "deselects" };
                let name = String::from_utf8_lossy(name);
                return wrong(format!("the new list {word} {name:?}, which the plan does not show"));
            }
        }
        match old.next() {
            Some(_) => wrong("expected every line of the old list in the new one".to_owned()),
            None => Ok(()),
        }
    }

    fn shipped(&self, name: &[u8]) -> BTreeSet<Fingerprint> {
        let Ok(name) = std::str::from_utf8(name) else { return BTreeSet::new() };
        let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || !is_plain {
            return BTreeSet::new();
        }
        let read = self
            .tree
            .resolve(&Path::new(DEBIAN_SHIPPED).join(name))
            .and_then(|found| self.tree.read(&found, LIST_FILE));
        read.map(|bytes| certificates(&decode_with(&bytes, self.means))).unwrap_or_default()
    }
}

/// Every line without its end.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

/// Whether a line selects, and the name in it.
fn choice(line: &[u8]) -> (bool, &[u8]) {
    match line.strip_prefix(b"!") {
        Some(name) => (false, name.trim_ascii()),
        None => (true, line.trim_ascii()),
    }
}
