//! Files among the system's anchors: whether one may go, or lose a certificate, or is another's.
//!
//! A file goes where it holds the certificates that go and nothing else: a private key beside one would be lost. What
//! a package brought, and what a link leads to outside of the anchors, is left alone.

use super::file::cannot;
use super::system::{SHIPPED, file_name};
use super::{Refusal, Work};
use crate::format::sniff;
use crate::model::{Body, Certificate, Entry, Fingerprint, Format, Slot, Store, StoreId};
use crate::plan::edit::{self, Wanted};
use crate::plan::goals::{Family, System};
use crate::plan::owned::{Owned, Owners};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How certificates are taken out of a file.
pub(super) enum TakenOut {
    /// It goes.
    Remove,
    /// It, behind its links, loses them.
    Cut(PathBuf),
}

/// The system's sources with the owners of those of their files that hold certificates a plan is about.
pub(super) struct Sources<'w, 'a> {
    work: &'w Work<'a>,
    system: &'w System<'a>,
    owners: Owners,
}

impl<'w, 'a> Sources<'w, 'a> {
    pub fn of(work: &'w Work<'a>, system: &'w System<'a>, certificates: &[&Arc<Certificate>]) -> Self {
        let ids: BTreeSet<&StoreId> = system.source.effective().filter_map(|found| found.store.as_ref()).collect();
        let mut paths: BTreeSet<PathBuf> = BTreeSet::new();
        for store in ids.into_iter().filter_map(|id| work.inspected.snapshot.store(id)) {
            let is_meant = |entry: &&Entry| entry.certificate().is_some_and(|found| certificates.contains(&found));
            for path in store.entries.iter().filter(is_meant).filter_map(|entry| place(store, &entry.slot)) {
                paths.extend(work.inspected.host.resolve(&path).map(|found| found.path));
                paths.insert(path);
            }
        }
        let owners = Owners::look_up(work.inspected.host, paths.iter().map(PathBuf::as_path));
        Self { work, system, owners }
    }

    /// What takes certificates out of one file, where it may be changed.
    pub fn take_out(
        &self,
        store: &Store,
        path: &Path,
        certificate: &Certificate,
        remove: &BTreeSet<Fingerprint>,
    ) -> Result<TakenOut, Refusal> {
        let host = self.work.inspected.host;
        let behind = host.resolve(path).map_or_else(|_| path.to_path_buf(), |found| found.path);
        let (is_link, shown) = (behind != path, path.display());
        if let Some(link) = self.linked(store) {
            let directory = path.parent().unwrap_or(path).display();
            let what = format!("{} leads to {directory}, outside of the anchors", link.display());
            return Err((what, Some("take the file out there, or the link away, and refresh".to_owned())));
        }
        if !is_named_by_castore(path, certificate) {
            self.is_nobodys(path)?;
        }
        // A link of a package's may have no record that is read. On FreeBSD an administrator makes such links.
        if is_link && matches!(self.system.family, Family::P11Kit | Family::Suse) {
            self.is_nobodys(&behind)?;
            if behind.starts_with(SHIPPED) {
                return Err((format!("{shown} leads to {}, which the system ships", behind.display()), None));
            }
        }
        let here = || store.entries.iter().filter(|entry| place(store, &entry.slot).as_deref() == Some(path));
        let goes = |entry: &Entry| entry.certificate().is_some_and(|found| remove.contains(&found.fingerprint()));
        let is_trust = |entry: &&Entry| matches!(entry.body, Body::Certificate(_) | Body::Malformed(_));
        let is_whole = !has_gaps(store, path);
        // With a link nothing is lost that is behind it.
        if is_whole && here().filter(|entry| !is_link || is_trust(entry)).all(goes) {
            return Ok(TakenOut::Remove);
        }
        if !here().any(|entry| entry.certificate().is_some() && !goes(entry)) {
            let instead = "move what is no certificate into a file of its own, and again";
            return Err((format!("{shown} holds a private key or other things too"), Some(instead.to_owned())));
        }
        if is_link {
            if !self.has(&behind) {
                let what = format!("{shown} leads to {}, which holds other certificates too", behind.display());
                return Err((what, Some("make it a file of its own first".to_owned())));
            }
            self.is_nobodys(&behind)?;
        }
        let old = host.read(&behind).map_err(|why| (format!("{shown} cannot be read: {why}"), None))?;
        let wanted = Wanted { add: &[], remove, passwords: &[], at: self.work.request.at };
        match edit::file(sniff(&old), &old, &wanted) {
            Ok(_) => Ok(TakenOut::Cut(behind)),
            Err(why) => {
                let (because, instead) = cannot(&why);
                Err((format!("{shown}: {because}"), instead))
            }
        }
    }

    /// The way to a directory below the anchors where that is a link, or goes through one.
    fn linked(&self, store: &Store) -> Option<&Path> {
        let anchors = Path::new(self.system.directory);
        let behind = self.work.inspected.host.resolve(anchors).ok()?.path;
        self.system.source.effective().filter(|found| found.store.as_ref() == Some(&store.id)).find_map(|found| {
            let way = found.path.as_deref()?;
            let below = way.strip_prefix(anchors).ok()?;
            (store.id.path() != Some(&*behind.join(below))).then_some(way)
        })
    }

    /// Whether a file is below one of the directories of anchors.
    fn has(&self, path: &Path) -> bool {
        let ids = self.system.source.effective().filter_map(|found| found.store.as_ref());
        ids.filter_map(StoreId::path).any(|directory| path.starts_with(directory))
    }

    fn is_nobodys(&self, path: &Path) -> Result<(), Refusal> {
        let shown = path.display();
        match self.owners.of(path) {
            Owned::By(owner) if !owner.is_configuration => {
                let what = format!("{shown} belongs to the package {} ({})", owner.package, owner.manager);
                Err((what, Some("remove the package, where the root is not wanted".to_owned())))
            }
            Owned::Unknown(why) => Err((format!("{shown}: {why}"), None)),
            Owned::By(_) | Owned::Nobody => Ok(()),
        }
    }
}

/// Whether a file has the name that castore gives one with this certificate.
fn is_named_by_castore(path: &Path, certificate: &Certificate) -> bool {
    path.file_stem() == Path::new(&file_name(certificate, "x")).file_stem()
}

fn has_gaps(store: &Store, path: &Path) -> bool {
    if store.format != Format::Directory {
        return !store.gaps.is_empty();
    }
    let name = path.file_name();
    store.listed.iter().any(|listed| Some(listed.name.as_os_str()) == name && !listed.gaps.is_empty())
}

/// The file that a slot is in.
pub(super) fn place(store: &Store, slot: &Slot) -> Option<PathBuf> {
    let path = store.id.path()?;
    match slot {
        Slot::File(name, _) => Some(path.join(name)),
        _ if store.format != Format::Directory => Some(path.to_path_buf()),
        _ => None,
    }
}
