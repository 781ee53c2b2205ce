//! Where castore's own settings lie, and which of those files are taken.
//!
//! A file that allows findings turns alarms off. So nobody but root and the account castore runs as may have a say
//! in it: a file that another account owns or may write is left out, as is one in a directory where another may put
//! a file of its own in that place. Root, who inspects other people's directories, takes the system's file alone
//! unless one is named. What is left out is said.

use super::NAME;
use crate::host::rights::open_to_others;
use crate::host::{Host, System};
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
    if let Some(why) = open_to_others(machine, own, &resolved) {
        return Outcome::LeftOut(why);
    }
    match machine.read_resolved(&resolved, SETTINGS_SIZE) {
        Ok(bytes) => Outcome::Read(bytes),
        Err(why) => Outcome::LeftOut(why.to_string()),
    }
}
