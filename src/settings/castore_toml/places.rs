//! Where castore's own settings lie, and which of those files are taken.
//!
//! A file that allows findings turns alarms off. So nobody but root and the account castore runs as may have a say
//! in it: a file that another account owns or may write is left out, as is one in a directory where another may put
//! a file of its own in that place. Root, who inspects other people's directories, takes the system's file alone
//! unless one is named. What is left out is said.

use super::NAME;
use crate::host::{Host, Resolved, System};
use crate::limits::SETTINGS_SIZE;
use crate::model::Unreadable;
use std::path::{Path, PathBuf};

/// Whose a file is: the first outranks the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// It was named; no other file is read then.
    Named,
    /// The project's: in the working directory or the nearest above it, up to the first that has a `.git`, or to the
    /// home directory.
    Project,
    /// The user's: in `$XDG_CONFIG_HOME/castore`, `~/.config/castore`, on Windows `%APPDATA%\castore`.
    User,
    /// The machine's: `/etc/castore/castore.toml`, on Windows in `%ProgramData%\castore`.
    System,
}

impl Layer {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Project => "project",
            Self::User => "user",
            Self::System => "system",
        }
    }
}

/// A place that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub layer: Layer,
    /// The path.
    pub path: PathBuf,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its octets.
    Read(Vec<u8>),
    /// Nothing is there.
    Absent,
    /// It is not taken, and why.
    LeftOut(String),
}

/// The places of `machine`, the first before those that it outranks. `own` is the account that castore runs as,
/// where the system has numbers for them.
#[must_use]
pub fn look(machine: &Host, own: Option<u32>) -> Vec<Place> {
    let mut places: Vec<(Layer, PathBuf)> = Vec::new();
    places.extend(project(machine).map(|path| (Layer::Project, path)));
    places.extend(user(machine).map(|path| (Layer::User, path)));
    places.extend(system(machine).map(|path| (Layer::System, path)));
    let mut seen = Vec::new();
    places.retain(|(_, path)| {
        let is_new = !seen.contains(path);
        seen.push(path.clone());
        is_new
    });
    let place = |(layer, path): (Layer, PathBuf)| {
        let outcome = outcome(machine, own, layer, &path);
        Place { layer, path, outcome }
    };
    places.into_iter().map(place).collect()
}

/// The file that somebody named, whoever owns it.
///
/// # Errors
///
/// Where it cannot be read.
pub fn named(machine: &Host, path: &Path) -> Result<Place, Unreadable> {
    let path = machine.expanded(path);
    let bytes = machine.read_resolved(&machine.resolve(&path)?, SETTINGS_SIZE)?;
    Ok(Place { layer: Layer::Named, path, outcome: Outcome::Read(bytes) })
}

/// The project's file; where there is none, its first place.
fn project(machine: &Host) -> Option<PathBuf> {
    let mut searched = Vec::new();
    for directory in machine.cwd.ancestors() {
        searched.push(directory.join(NAME));
        let is_end = machine.resolve(&directory.join(".git")).is_ok() || Some(directory) == machine.home.as_deref();
        if is_end {
            break;
        }
    }
    let is_there = |path: &&PathBuf| !matches!(machine.resolve(path), Err(Unreadable::Absent));
    searched.iter().find(is_there).or(searched.first()).cloned()
}

fn user(machine: &Host) -> Option<PathBuf> {
    let variable = |name: &str| machine.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = match machine.system {
        System::Windows => variable("APPDATA")?,
        // What is not absolute is to be ignored (XDG Base Directory Specification).
        _ => variable("XDG_CONFIG_HOME").or_else(|| Some(machine.home.as_ref()?.join(".config")))?,
    };
    Some(directory.join("castore").join(NAME))
}

fn system(machine: &Host) -> Option<PathBuf> {
    let directory = match machine.system {
        System::Windows => machine.variable("ProgramData").map(PathBuf::from).filter(|path| path.is_absolute())?,
        _ => PathBuf::from("/etc"),
    };
    Some(directory.join("castore").join(NAME))
}

fn outcome(machine: &Host, own: Option<u32>, layer: Layer, path: &Path) -> Outcome {
    let resolved = match machine.resolve(path) {
        Ok(resolved) => resolved,
        Err(Unreadable::Absent) => return Outcome::Absent,
        Err(why) => return Outcome::LeftOut(why.to_string()),
    };
    if own == Some(0) && layer != Layer::System {
        return Outcome::LeftOut("root takes the system's file alone".to_owned());
    }
    if let Some(why) = open_to_others(machine, own, path, &resolved) {
        return Outcome::LeftOut(why);
    }
    match machine.read_resolved(&resolved, SETTINGS_SIZE) {
        Ok(bytes) => Outcome::Read(bytes),
        Err(why) => Outcome::LeftOut(why.to_string()),
    }
}

/// Why another account than root and `own` could say what stands in a file; nothing where the system has no owners.
#[must_use]
pub fn open_to_others(machine: &Host, own: Option<u32>, path: &Path, file: &Resolved) -> Option<String> {
    let own = own?;
    let others = |thing: &Resolved| Others { machine, own }.of(thing);
    if let Some(why) = others(file) {
        return Some(why);
    }
    // Whoever may change a directory may put another file, or another link, in the place of this one.
    let names = [path, file.path.as_path()].into_iter().chain(file.links.iter().map(PathBuf::as_path));
    for directory in names.filter_map(Path::parent).flat_map(Path::ancestors) {
        let Ok(found) = machine.resolve(directory) else {
            return Some(format!("its directory {} cannot be looked at", directory.display()));
        };
        // In a sticky directory everybody adds names and nobody takes those of others away (S_ISVTX, inode(7)).
        let is_sticky = found.mode.is_some_and(|mode| mode & 0o1000 != 0);
        if let Some(why) = others(&found).filter(|_| !is_sticky) {
            return Some(format!("of its directory {}, {why}", directory.display()));
        }
    }
    None
}

struct Others<'h> {
    machine: &'h Host,
    own: u32,
}

impl Others<'_> {
    fn is_trusted(&self, account: u32) -> bool {
        account == 0 || account == self.own
    }

    /// Why another account has a say in this.
    fn of(&self, thing: &Resolved) -> Option<String> {
        match thing.owner {
            Some(owner) if !self.is_trusted(owner) => return Some(format!("the owner is another account ({owner})")),
            _ => {}
        }
        let mode = thing.mode?;
        // S_IWOTH and S_IWGRP (inode(7)).
        if mode & 0o002 != 0 {
            return Some("every account may write it".to_owned());
        }
        match thing.group {
            Some(group) if mode & 0o020 != 0 && !self.is_alone_in(group) => {
                Some(format!("the group {group} may write it"))
            }
            _ => None,
        }
    }

    /// Whether nobody else is in a group: many systems give each account a group of its own and let it write
    /// (`USERGROUPS_ENAB`, login.defs(5)). A group that stands in no file is not known to be one of those.
    fn is_alone_in(&self, group: u32) -> bool {
        let text = |path: &str| self.machine.settings(Path::new(path)).unwrap_or_default();
        let (accounts, groups) = (text("/etc/passwd"), text("/etc/group"));
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
        let mut of_trusted: Vec<&str> = Vec::new();
        for line in accounts.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let is_trusted = number(fields.get(2).copied()).is_some_and(|account| self.is_trusted(account));
            if is_trusted {
                of_trusted.extend(fields.first());
            } else if number(fields.get(3).copied()) == Some(group) {
                return false;
            }
        }
        let mut lines = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let Some(found) = lines.find(|fields| number(fields.get(2).copied()) == Some(group)) else { return false };
        let members = found.get(3).copied().unwrap_or_default().split(',').filter(|name| !name.is_empty());
        members.into_iter().all(|name| of_trusted.contains(&name))
    }
}
