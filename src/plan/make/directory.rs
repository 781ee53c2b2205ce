//! A store that is a directory: files that are made and removed, and links to them.

use super::file::{MODE, cannot, unread};
use super::held::Counts;
use super::{After, Made, Refusal, Root, Work, was};
use crate::catalogue::client::Look;
use crate::model::{Certificate, Entry, Fingerprint, Slot, StoreId, Unreadable};
use crate::plan::edit::{self, Operation, Wanted};
use crate::plan::goals::{Goal, OF_GITLAB, PROGRAMS, Way};
use crate::plan::owned::{Owned, Owners};
use crate::plan::{Refresh, Step};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl<'a> Work<'a> {
    pub(super) fn directory(
        &self,
        goal: &Goal<'a>,
        lacking: &[&'a Root],
        losing: &[Arc<Certificate>],
    ) -> Result<(Made, After), Refusal> {
        let (StoreId::Path(path), Some(store)) = (&goal.target.store, goal.store) else {
            return Err(unread(&Unreadable::Absent));
        };
        let host = self.inspected.host;
        let passwords = host.passwords_to_try();
        let add: Vec<Arc<Certificate>> = lacking.iter().map(|root| Arc::clone(&root.certificate)).collect();
        let wanted = Wanted { add: &add, remove: self.remove, passwords: &passwords, at: self.request.at };
        let octets = |name: &std::ffi::OsStr| host.read(&path.join(name)).ok();
        let operations = match &goal.way {
            Way::Directory { extension, .. } => {
                let takes = |name: &std::ffi::OsStr| self.takes(goal, name);
                edit::directory(store, edit::Kind::Pem, extension, &takes, &wanted)
            }
            _ => edit::hash_directory(store, &octets, &wanted),
        };
        let operations = operations.map_err(|why| cannot(&why))?;
        self.are_nobodys(path, &operations)?;
        let left = edit::after(store, &operations);
        let mut made = Made { steps: steps(self, path, operations)?, ..Made::default() };
        if let Way::Directory { refresh: Some(command), .. } = &goal.way {
            made.refreshes.push(refresh(command, goal));
        }
        let (before, after) = (Counts::of(&store.entries), Counts::of(&left.entries));
        let stays = |stays: Fingerprint| {
            let of_it = |entry: &&Entry| entry.certificate().is_some_and(|found| found.fingerprint() == stays);
            let name = left.entries.iter().filter(of_it).find_map(|entry| match &entry.slot {
                Slot::File(name, _) => Some(path.join(name)),
                _ => None,
            });
            let name = name.unwrap_or_else(|| path.clone());
            format!("certificate {} stays in {}, which is not looked into", stays.short(), name.display())
        };
        made.compare((&before, &after), (&store.entries, lacking), losing, &stays);
        Ok((made, After::Exactly(after.held())))
    }

    /// Whether no file that goes or is written anew belongs to a package.
    fn are_nobodys(&self, directory: &Path, operations: &[Operation]) -> Result<(), Refusal> {
        let paths: Vec<PathBuf> = operations.iter().map(|operation| directory.join(operation.name())).collect();
        let owners = Owners::look_up(self.inspected.host, paths.iter().map(PathBuf::as_path));
        for path in &paths {
            match owners.of(path) {
                Owned::By(owner) if !owner.is_configuration => {
                    let of = format!("{} belongs to the package {} ({})", path.display(), owner.package, owner.manager);
                    return Err((of, Some("remove the package, where the root is not wanted".to_owned())));
                }
                Owned::Unknown(why) if self.inspected.host.resolve(path).is_ok() => {
                    return Err((format!("{}: {why}", path.display()), None));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the readers of a directory take a file of this name.
    fn takes(&self, goal: &Goal<'a>, name: &std::ffi::OsStr) -> bool {
        let readers = self.inspected.uses.iter().flat_map(|user| user.effective());
        let mut looks =
            readers.filter(|c| c.store.as_ref() == Some(&goal.target.store)).map(|candidate| candidate.leaf.look);
        looks.all(|look| match look {
            Look::Extensions(extensions) => {
                Path::new(name).extension().is_some_and(|found| extensions.iter().any(|known| found == *known))
            }
            _ => true,
        })
    }
}

/// What makes the readers of a directory take it up.
fn refresh(command: &str, goal: &Goal<'_>) -> Refresh {
    Refresh {
        command: command.split(' ').map(str::to_owned).collect(),
        directories: PROGRAMS.iter().chain([&OF_GITLAB]).map(PathBuf::from).collect(),
        makes: Vec::new(),
        because: format!("{} takes the directory up by it", goal.target.readers.join(", ")),
    }
}

/// What a directory's operations are on the disk, with what stands at each name.
pub(super) fn steps(work: &Work<'_>, directory: &Path, operations: Vec<Operation>) -> Result<Vec<Step>, Refusal> {
    let host = work.inspected.host;
    let behind = host.resolve(directory).map_err(|why| unread(&why))?.path;
    let step = |operation: Operation| {
        let was = was::name(host, &behind, operation.name()).map_err(|why| unread(&why))?;
        let path = behind.join(operation.name());
        Ok(match operation {
            Operation::Write { bytes, .. } => Step::Write { path, bytes, was, mode: MODE },
            Operation::Link { to, .. } => Step::Link { path, to, was },
            Operation::Remove { .. } => Step::Remove { path, was },
        })
    };
    operations.into_iter().map(step).collect()
}
