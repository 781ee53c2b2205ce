//! What stays as it is: a plan takes from files what it names, and nothing but certificates from any.

use super::{certificates, wrong};
use crate::apply::change::New;
use crate::apply::write::Stop;
use crate::format::hash_dir::parse_name;
use crate::format::{Decoding, Means, decode_with, pem, sniff};
use crate::host::Files;
use crate::host::files::Tree;
use crate::limits::LINKED_FILE;
use crate::model::{Body, Certificate, Format, Timestamp};
use crate::plan::StoreChange;
use crate::plan::edit::{self, CannotEdit, Edited, Wanted};
use crate::plan::saved::{Place, Places};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

/// One path that a plan changes, what is to stand there and what does.
pub(in crate::apply) struct Looked<'a> {
    /// The store; none where no plan says what is in it.
    pub store: Option<&'a StoreChange>,
    pub path: &'a Path,
    pub new: New<'a>,
    /// The octets of the file that is there.
    pub old: Option<Vec<u8>>,
    /// Where the link leads that is there.
    pub link: Option<OsString>,
    /// Whether there is something to do.
    pub is_changed: bool,
}

/// All that a plan changes, and where it is read.
pub(super) struct Kept<'k> {
    pub all: &'k [Looked<'k>],
    pub tree: &'k Tree,
    pub means: &'k Means<'k>,
    /// When the plan was made: new entries of keystores say so.
    pub at: Timestamp,
    pub places: Places,
}

impl Kept<'_> {
    /// Refuses a change of a path by which anything goes or comes that the plan does not show.
    pub(super) fn check(&self, one: &Looked<'_>, store: &StoreChange) -> Result<(), Stop> {
        match one.new {
            New::File { bytes, .. } => match &one.old {
                Some(old) if store.target.store.path() == Some(one.path) => self.rewritten(store, old, bytes),
                Some(old) => self.replaced(one, store, old, bytes),
                None => Ok(()),
            },
            New::Nothing => self.gone(one, store),
            New::Link { to, .. } => self.linked(one, store, to),
        }
    }

    fn decode(&self, bytes: &[u8]) -> Decoding {
        decode_with(bytes, self.means)
    }

    fn edited(
        &self,
        format: Format,
        old: &[u8],
        add: &[Arc<Certificate>],
        store: &StoreChange,
    ) -> Result<Vec<u8>, CannotEdit> {
        let remove = store.removes();
        let wanted = Wanted { add, remove: &remove, passwords: self.means.passwords, at: self.at };
        Ok(match edit::file(format, old, &wanted)? {
            Edited::Bytes(bytes) => bytes,
            Edited::Same => old.to_vec(),
        })
    }

    /// The store itself: exactly what castore makes of the old file. A keystore too: the salts of PKCS#12 are made of
    /// what is encrypted, so that its private keys and all else stay octet for octet, or it is another's.
    fn rewritten(&self, store: &StoreChange, old: &[u8], new: &[u8]) -> Result<(), Stop> {
        let (before, after) = (self.decode(old), self.decode(new));
        let (was, is) = (certificates(&before), certificates(&after));
        let (added, removed) = (store.adds(), store.removes());
        if let Some(one) = is.difference(&was).find(|one| !added.contains(one)) {
            return wrong(format!("the new file gains {one}, which the plan does not show"));
        }
        if let Some(one) = was.difference(&is).find(|one| !removed.contains(one)) {
            return wrong(format!("the new file loses {one}, which the plan does not show"));
        }
        if old == new {
            return Ok(());
        }
        let add: Vec<Arc<Certificate>> = store.added.iter().map(|moved| Arc::clone(&moved.certificate)).collect();
        let expected = "expected the old file with what is added and without what is removed, found";
        match self.edited(before.format, old, &add, store) {
            Ok(bytes) if bytes == new => Ok(()),
            Ok(_) => wrong(format!("{expected} more")),
            Err(why) => {
                let hint = why.instead().map(|instead| format!(" ({instead})")).unwrap_or_default();
                wrong(format!("{expected} a file that cannot become so: {why}{hint}"))
            }
        }
    }

    /// A file beside others: it loses what is removed, or is a new file for a certificate that the plan names, or
    /// takes the octets of a name by hash that goes.
    fn replaced(&self, one: &Looked<'_>, store: &StoreChange, old: &[u8], new: &[u8]) -> Result<(), Stop> {
        if old == new || self.edited(sniff(old), old, &[], store).is_ok_and(|bytes| bytes == new) {
            return Ok(());
        }
        let blocks = if self.is_distrusted(one.path) { &store.removed } else { &store.added };
        let of = blocks
            .iter()
            .map(|moved| &moved.certificate)
            .find(|certificate| pem::write(certificate.der(), &[]).as_bytes() == new);
        let is_ours = of.is_some_and(|certificate| {
            let name = one.path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            name.starts_with("castore-") && name.contains(&certificate.fingerprint().in_a_name())
        });
        let is_hash = |path: &Path| path.file_name().and_then(parse_name).is_some();
        let is_moved =
            is_hash(one.path) && self.beside(one).any(|other| is_hash(other.path) && other.old.as_deref() == Some(new));
        match () {
            () if is_ours => Ok(()),
            () if of.is_some() || is_moved => self.goes(one, store, &self.decode(old)),
            () => wrong("expected the old file without what is removed, found something else".to_owned()),
        }
    }

    /// A file that goes holds certificates alone; each of those, and of those that a link leads to, is one that the plan
    /// removes or leaves beside it.
    fn gone(&self, one: &Looked<'_>, store: &StoreChange) -> Result<(), Stop> {
        match (&one.old, &one.link) {
            (Some(old), _) => self.goes(one, store, &self.decode(old)),
            (None, Some(to)) => self.are_gone(one, store, &self.behind(one, to)),
            (None, None) => Ok(()),
        }
    }

    fn linked(&self, one: &Looked<'_>, store: &StoreChange, to: &OsStr) -> Result<(), Stop> {
        if one.path.file_name().and_then(parse_name).is_none_or(|name| name.crl) {
            return wrong("expected a link that is named by a hash".to_owned());
        }
        let new = certificates(&self.behind(one, to));
        let mut may = store.adds();
        self.beside(one).for_each(|other| may.extend(certificates(&self.was(other))));
        if new.is_empty() || !new.is_subset(&may) {
            return wrong("expected a link to a certificate that is added or had a name before".to_owned());
        }
        match &one.link {
            Some(to) => self.are_gone(one, store, &self.behind(one, to)),
            None => Ok(()),
        }
    }

    fn goes(&self, one: &Looked<'_>, store: &StoreChange, old: &Decoding) -> Result<(), Stop> {
        if others(old) > 0 || !old.gaps.is_empty() {
            return wrong("expected certificates and nothing else in what goes, found something else".to_owned());
        }
        self.are_gone(one, store, old)
    }

    fn are_gone(&self, one: &Looked<'_>, store: &StoreChange, old: &Decoding) -> Result<(), Stop> {
        let held = certificates(old);
        if held.is_empty() {
            return wrong("expected certificates in what goes, found none".to_owned());
        }
        // A root that is trusted again goes from among the distrusted.
        let mut may = if self.is_distrusted(one.path) { store.adds() } else { store.removes() };
        for other in self.beside(one) {
            may.extend(match other.new {
                New::File { bytes, .. } => certificates(&self.decode(bytes)),
                New::Link { to, .. } => certificates(&self.behind(other, to)),
                New::Nothing => BTreeSet::new(),
            });
        }
        match held.iter().find(|one| !may.contains(one)) {
            Some(one) => wrong(format!("what goes holds {one}, which the plan does not remove")),
            None => Ok(()),
        }
    }

    fn is_distrusted(&self, path: &Path) -> bool {
        self.places.place(path) == Some(Place::Distrusted)
    }

    /// What the plan changes in the same directory, for the same store; the path itself too.
    fn beside<'s>(&'s self, one: &'s Looked<'_>) -> impl Iterator<Item = &'s Looked<'s>> {
        let is_same = |a: Option<&StoreChange>, b: Option<&StoreChange>| match (a, b) {
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            _ => false,
        };
        self.all.iter().filter(move |other| other.path.parent() == one.path.parent() && is_same(other.store, one.store))
    }

    /// What is at a path, behind its link.
    fn was(&self, one: &Looked<'_>) -> Decoding {
        match (&one.old, &one.link) {
            (Some(old), _) => self.decode(old),
            (None, Some(to)) => self.behind(one, to),
            (None, None) => self.decode(b""),
        }
    }

    /// What a link at this path leads to: a file that the plan writes, or one that is there.
    fn behind(&self, link: &Looked<'_>, to: &OsStr) -> Decoding {
        let Some(directory) = link.path.parent() else { return self.decode(b"") };
        let path = directory.join(to);
        let written = self.all.iter().find_map(|other| match other.new {
            New::File { bytes, .. } if other.path == path => Some(bytes),
            _ => None,
        });
        if let Some(bytes) = written {
            return self.decode(bytes);
        }
        let read = self.tree.resolve(&path).and_then(|found| self.tree.read(&found, LINKED_FILE));
        self.decode(&read.unwrap_or_default())
    }
}

/// Entries that are no certificates.
fn others(decoding: &Decoding) -> usize {
    decoding.entries.iter().filter(|entry| !matches!(entry.body, Body::Certificate(_))).count()
}
