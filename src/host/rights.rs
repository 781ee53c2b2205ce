//! Who can change what stands at a path, told by owners and permission bits.
//!
//! A file is as safe as its way: whoever can write in one directory above it, or in one that a link on the way
//! stands in, puts another file in its place. A sticky directory lets everyone add names and nobody but its owner,
//! and that of a name, replace one (unlink(2), EPERM). Who of those that are found is trusted anyway is for the
//! caller to say: a check trusts whose store it is, castore's own settings the account that reads them, and what is
//! about to be written the account that writes.

use super::accounts::is_alone_in;
use super::{Host, Kind, Resolved};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Who can change a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Every account of the machine.
    Everyone,
    /// The account with this id, which owns the place.
    Owner(u32),
    /// The accounts in the group with this id. An access control list that lets others write shows here too: its mask
    /// stands in the place of the group's bits (acl(5)).
    Group(u32),
    /// It is not known: what stands there could not be looked at.
    Unknown,
}

/// A place on the way to a path that can be changed, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opening {
    /// The place.
    pub place: PathBuf,
    /// Who can change it.
    pub who: Who,
    /// Its permission bits.
    pub mode: u32,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// Whose a file or directory is, and what its permission bits let others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// Its owner.
    pub owner: u32,
    /// Its group, where that is known.
    pub group: Option<u32>,
    /// Permission bits.
    pub mode: u32,
    /// Whether it is a directory, for which the sticky bit counts alone.
    pub is_directory: bool,
}

/// S_IWOTH and S_IWGRP (inode(7)).
const EVERYONE_WRITES: u32 = 0o002;
const GROUP_WRITES: u32 = 0o020;
/// S_ISVTX.
const STICKY: u32 = 0o1000;

impl Rights {
    /// Those of what was found, where the system has owners.
    #[must_use]
    pub fn of(found: &Resolved) -> Option<Self> {
        let (owner, mode) = (found.owner?, found.mode?);
        Some(Self { owner, group: found.group, mode, is_directory: found.kind == Kind::Directory })
    }

    /// Whether names in this directory are replaced by its owner and theirs alone.
    #[must_use]
    pub const fn keeps_names(self) -> bool {
        self.is_directory && self.mode & STICKY != 0
    }

    /// Whether its bits let its group or everyone write, be it to add names alone.
    #[must_use]
    pub const fn let_others_write(self) -> bool {
        self.mode & (EVERYONE_WRITES | GROUP_WRITES) != 0
    }

    /// Who can change it: everyone or its group, and its owner.
    pub fn who(self) -> impl Iterator<Item = Who> {
        let lets = |bit: u32| self.mode & bit != 0 && !self.keeps_names();
        let everyone = lets(EVERYONE_WRITES).then_some(Who::Everyone);
        let group = self.group.filter(|_| lets(GROUP_WRITES)).map(Who::Group);
        [everyone, Some(Who::Owner(self.owner)), group].into_iter().flatten()
    }
}

/// The ways to paths of a host, each directory looked at once.
#[derive(Debug)]
pub struct Ways<'h> {
    host: &'h Host,
    above: HashMap<PathBuf, Rc<Vec<Opening>>>,
}

impl<'h> Ways<'h> {
    /// Those of a host.
    #[must_use]
    pub fn of(host: &'h Host) -> Self {
        Self { host, above: HashMap::new() }
    }

    /// What opens the way to a path that was resolved: directories from the root down, and then what stands there.
    pub fn to(&mut self, found: &Resolved) -> Vec<Opening> {
        let mut openings: Vec<Opening> = Vec::new();
        for link in &found.links {
            let Some(parent) = link.parent() else { continue };
            openings.extend(self.above(parent).iter().cloned());
            openings.extend(self.link_among_others(parent, link));
        }
        let parent = found.path.parent().map(|parent| self.above(parent));
        openings.extend(parent.iter().flat_map(|known| known.iter().cloned()));
        openings.extend(of(found));
        openings
    }

    /// What opens a directory, which is no link: itself and those above it.
    fn above(&mut self, directory: &Path) -> Rc<Vec<Opening>> {
        if let Some(known) = self.above.get(directory) {
            return Rc::clone(known);
        }
        let mut openings = directory.parent().map(|parent| self.above(parent).to_vec()).unwrap_or_default();
        match self.host.resolve(directory) {
            Ok(found) => openings.extend(of(&found)),
            Err(_) => {
                let place = directory.to_path_buf();
                openings.push(Opening { place, who: Who::Unknown, mode: 0, is_directory: true });
            }
        }
        let openings = Rc::new(openings);
        self.above.insert(directory.to_path_buf(), Rc::clone(&openings));
        openings
    }

    /// In a directory where others may add names, a link belongs to who made it: its owner can put another in its
    /// place.
    fn link_among_others(&self, parent: &Path, link: &Path) -> Option<Opening> {
        let rights = Rights::of(&self.host.resolve(parent).ok()?)?;
        let owner = self.host.owner(link).filter(|_| rights.keeps_names() && rights.let_others_write())?;
        Some(Opening { place: link.to_path_buf(), who: Who::Owner(owner), mode: 0o777, is_directory: false })
    }
}

/// What opens one place by itself.
fn of(found: &Resolved) -> impl Iterator<Item = Opening> {
    let of = move |rights: Rights| {
        let (mode, is_directory) = (rights.mode, rights.is_directory);
        rights.who().map(move |who| Opening { place: found.path.clone(), who, mode, is_directory })
    };
    Rights::of(found).into_iter().flat_map(of)
}

/// Why another account than root and `own` could say what stands at a path that was resolved: whoever may change a
/// directory on the way may put another file, or another link, in its place. Nothing where the system has no owners,
/// and `own` is none.
#[must_use]
pub fn open_to_others(host: &Host, own: Option<u32>, found: &Resolved) -> Option<String> {
    let own = own?;
    let is_trusted = |account: u32| account == 0 || account == own;
    let is_others = |opening: &Opening| match opening.who {
        Who::Everyone | Who::Unknown => true,
        Who::Owner(owner) => !is_trusted(owner),
        Who::Group(group) => !is_group_of(host, group, &is_trusted),
    };
    let openings: Vec<Opening> = Ways::of(host).to(found).into_iter().filter(is_others).collect();
    // The nearest is told.
    let nearest = &openings.last()?.place;
    let opening = openings.iter().find(|opening| opening.place == *nearest)?;
    let why = match opening.who {
        Who::Everyone => "every account may write it".to_owned(),
        Who::Owner(owner) => format!("the owner is another account ({owner})"),
        Who::Group(group) => format!("the group {group} may write it"),
        Who::Unknown => "it cannot be looked at".to_owned(),
    };
    let place = opening.place.display();
    Some(match () {
        () if opening.place == found.path => why,
        () if opening.is_directory => format!("of its directory {place}, {why}"),
        () => format!("of the link {place}, {why}"),
    })
}

/// Whether all in a group are accounts that are trusted, by the files of the host.
fn is_group_of(host: &Host, group: u32, is_trusted: &dyn Fn(u32) -> bool) -> bool {
    let text = |path: &str| host.settings(Path::new(path)).unwrap_or_default();
    is_alone_in(&text("/etc/passwd"), &text("/etc/group"), group, is_trusted)
}
