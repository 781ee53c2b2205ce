//! What stays as it is: a plan takes from files what it names, and nothing but certificates from any.
//!
//! A plan may have some hundred thousand files (`limits::PLAN_SIZE`). What each is compared with is found out once for
//! all of a store and a directory, so that the time grows with their number and not with its square.

use super::{certificates, wrong};
use crate::apply::change::New;
use crate::apply::write::Stop;
use crate::format::hash_dir::parse_name;
use crate::format::{Decoding, Means, decode_with, pem, sniff};
use crate::host::Files;
use crate::host::files::Tree;
use crate::limits::LINKED_FILE;
use crate::model::{Body, Certificate, Fingerprint, Format, Timestamp};
use crate::plan::edit::{self, CannotEdit, Edited, Wanted};
use crate::plan::saved::{Place, Places};
use crate::plan::{Moved, StoreChange};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;
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
    pub tree: &'k Tree,
    pub means: &'k Means<'k>,
    /// When the plan was made: new entries of keystores say so.
    at: Timestamp,
    pub places: Places,
    /// By where the change of a store is, which is what tells it from another.
    named: BTreeMap<*const StoreChange, Named<'k>>,
    groups: BTreeMap<(Option<&'k Path>, *const StoreChange), Group<'k>>,
    /// The octets of files that are written, by their path.
    written: BTreeMap<&'k Path, &'k [u8]>,
    /// What files hold that links lead to, each read once.
    behind: RefCell<BTreeMap<PathBuf, Rc<BTreeSet<Fingerprint>>>>,
}

/// What the plan says of the certificates of a store.
pub(super) struct Named<'k> {
    pub adds: BTreeSet<Fingerprint>,
    pub removes: BTreeSet<Fingerprint>,
    /// All that it says anything of.
    pub all: BTreeSet<Fingerprint>,
    added: BTreeMap<Fingerprint, &'k Arc<Certificate>>,
    removed: BTreeMap<Fingerprint, &'k Arc<Certificate>>,
}

/// What the plan changes in one directory for one store.
#[derive(Default)]
struct Group<'k> {
    all: Vec<&'k Looked<'k>>,
    /// What all of it holds, and shall hold.
    was: OnceCell<BTreeSet<Fingerprint>>,
    becomes: OnceCell<BTreeSet<Fingerprint>>,
    /// The octets that have a name by hash.
    hashed: OnceCell<BTreeSet<&'k [u8]>>,
}

impl<'k> Kept<'k> {
    pub(super) fn new(
        all: &'k [Looked<'k>],
        tree: &'k Tree,
        means: &'k Means<'k>,
        at: Timestamp,
        places: Places,
    ) -> Self {
        let (mut named, mut groups, mut written) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for one in all {
            if let New::File { bytes, .. } = one.new {
                written.insert(one.path, bytes);
            }
            let Some(store) = one.store else { continue };
            named.entry(std::ptr::from_ref(store)).or_insert_with(|| Named::of(store));
            let group: &mut Group<'_> = groups.entry((one.path.parent(), std::ptr::from_ref(store))).or_default();
            group.all.push(one);
        }
        Self { tree, means, at, places, named, groups, written, behind: RefCell::default() }
    }

    /// What the plan says of the certificates of a store that it changes.
    pub(super) fn named(&self, store: &StoreChange) -> &Named<'k> {
        &self.named[&std::ptr::from_ref(store)]
    }

    /// Refuses a change of a path by which anything goes or comes that the plan does not show.
    pub(super) fn check(&self, one: &Looked<'k>, store: &StoreChange) -> Result<(), Stop> {
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
        let remove = &self.named(store).removes;
        let wanted = Wanted { add, remove, passwords: self.means.passwords, at: self.at };
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
        let Named { adds, removes, .. } = self.named(store);
        if let Some(one) = is.difference(&was).find(|one| !adds.contains(one)) {
            return wrong(format!("the new file gains {one}, which the plan does not show"));
        }
        if let Some(one) = was.difference(&is).find(|one| !removes.contains(one)) {
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
    fn replaced(&self, one: &Looked<'k>, store: &StoreChange, old: &[u8], new: &[u8]) -> Result<(), Stop> {
        if old == new || self.edited(sniff(old), old, &[], store).is_ok_and(|bytes| bytes == new) {
            return Ok(());
        }
        let named = self.named(store);
        let blocks = if self.is_distrusted(one.path) { &named.removed } else { &named.added };
        let is_it = |certificate: &&&Arc<Certificate>| pem::write(certificate.der(), &[]).as_bytes() == new;
        let of = certificates(&self.decode(new)).first().and_then(|print| blocks.get(print)).filter(is_it);
        let is_ours = of.is_some_and(|certificate| {
            let name = one.path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            name.starts_with("castore-") && name.contains(&certificate.fingerprint().in_a_name())
        });
        let is_hash = |path: &Path| path.file_name().and_then(parse_name).is_some();
        let is_moved = is_hash(one.path)
            && self.group(one).is_some_and(|group| {
                let hashed = || group.all.iter().filter(|one| is_hash(one.path)).filter_map(|one| one.old.as_deref());
                group.hashed.get_or_init(|| hashed().collect()).contains(new)
            });
        match () {
            () if is_ours => Ok(()),
            () if of.is_some() || is_moved => self.goes(one, store, &self.decode(old)),
            () => wrong("expected the old file without what is removed, found something else".to_owned()),
        }
    }

    /// A file that goes holds certificates alone; each of those, and of those that a link leads to, is one that the plan
    /// removes or leaves beside it.
    fn gone(&self, one: &Looked<'k>, store: &StoreChange) -> Result<(), Stop> {
        match (&one.old, &one.link) {
            (Some(old), _) => self.goes(one, store, &self.decode(old)),
            (None, Some(to)) => self.are_gone(one, store, &self.behind(one.path, to)),
            (None, None) => Ok(()),
        }
    }

    fn linked(&self, one: &Looked<'k>, store: &StoreChange, to: &OsStr) -> Result<(), Stop> {
        if one.path.file_name().and_then(parse_name).is_none_or(|name| name.crl) {
            return wrong("expected a link that is named by a hash".to_owned());
        }
        let new = self.behind(one.path, to);
        let (adds, was) = (&self.named(store).adds, self.group(one).map(|group| self.were(group)));
        let may = |print: &Fingerprint| adds.contains(print) || was.is_some_and(|was| was.contains(print));
        if new.is_empty() || !new.iter().all(may) {
            return wrong("expected a link to a certificate that is added or had a name before".to_owned());
        }
        match &one.link {
            Some(to) => self.are_gone(one, store, &self.behind(one.path, to)),
            None => Ok(()),
        }
    }

    fn goes(&self, one: &Looked<'k>, store: &StoreChange, old: &Decoding) -> Result<(), Stop> {
        if others(old) > 0 || !old.gaps.is_empty() {
            return wrong("expected certificates and nothing else in what goes, found something else".to_owned());
        }
        self.are_gone(one, store, &certificates(old))
    }

    fn are_gone(&self, one: &Looked<'k>, store: &StoreChange, held: &BTreeSet<Fingerprint>) -> Result<(), Stop> {
        if held.is_empty() {
            return wrong("expected certificates in what goes, found none".to_owned());
        }
        // A root that is trusted again goes from among the distrusted.
        let Named { adds, removes, .. } = self.named(store);
        let may = if self.is_distrusted(one.path) { adds } else { removes };
        let becomes = self.group(one).map(|group| self.become_of(group));
        let stays = |print: &Fingerprint| becomes.is_some_and(|becomes| becomes.contains(print));
        match held.iter().find(|one| !may.contains(one) && !stays(one)) {
            Some(one) => wrong(format!("what goes holds {one}, which the plan does not remove")),
            None => Ok(()),
        }
    }

    fn is_distrusted(&self, path: &Path) -> bool {
        self.places.place(path) == Some(Place::Distrusted)
    }

    /// What the plan changes in the same directory, for the same store; the path itself too.
    fn group(&self, one: &Looked<'k>) -> Option<&Group<'k>> {
        self.groups.get(&(one.path.parent(), std::ptr::from_ref(one.store?)))
    }

    /// What is at these paths, behind their links.
    fn were<'s>(&self, group: &'s Group<'_>) -> &'s BTreeSet<Fingerprint> {
        group.was.get_or_init(|| {
            let mut held = BTreeSet::new();
            for one in &group.all {
                match (&one.old, &one.link) {
                    (Some(old), _) => held.extend(certificates(&self.decode(old))),
                    (None, Some(to)) => held.extend(self.behind(one.path, to).iter()),
                    (None, None) => {}
                }
            }
            held
        })
    }

    /// What shall be there.
    fn become_of<'s>(&self, group: &'s Group<'_>) -> &'s BTreeSet<Fingerprint> {
        group.becomes.get_or_init(|| {
            let mut holds = BTreeSet::new();
            for one in &group.all {
                match one.new {
                    New::File { bytes, .. } => holds.extend(certificates(&self.decode(bytes))),
                    New::Link { to, .. } => holds.extend(self.behind(one.path, to).iter()),
                    New::Nothing => {}
                }
            }
            holds
        })
    }

    /// What a link at this path leads to: a file that the plan writes, or one that is there.
    fn behind(&self, link: &Path, to: &OsStr) -> Rc<BTreeSet<Fingerprint>> {
        let Some(directory) = link.parent() else { return Rc::default() };
        let path = directory.join(to);
        if let Some(known) = self.behind.borrow().get(&path) {
            return Rc::clone(known);
        }
        let held = Rc::new(match self.written.get(path.as_path()) {
            Some(bytes) => certificates(&self.decode(bytes)),
            None => {
                let read = self.tree.resolve(&path).and_then(|found| self.tree.read(&found, LINKED_FILE));
                certificates(&self.decode(&read.unwrap_or_default()))
            }
        });
        self.behind.borrow_mut().insert(path, Rc::clone(&held));
        held
    }
}

impl<'k> Named<'k> {
    fn of(store: &'k StoreChange) -> Self {
        let by_print = |moved: &'k [Moved]| {
            moved.iter().map(|moved| (moved.certificate.fingerprint(), &moved.certificate)).collect()
        };
        Self {
            adds: store.adds(),
            removes: store.removes(),
            all: store.named(),
            added: by_print(&store.added),
            removed: by_print(&store.removed),
        }
    }
}

/// Entries that are no certificates.
fn others(decoding: &Decoding) -> usize {
    decoding.entries.iter().filter(|entry| !matches!(entry.body, Body::Certificate(_))).count()
}
