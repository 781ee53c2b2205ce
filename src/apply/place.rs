//! Where a write goes, and what it would refuse there, before anything is planned.

use super::error::{Refusal, Step, WriteError};
use super::sys::{Directory, Found};
use super::write::Stop;
use crate::host::files::Tree;
use crate::host::{Files, Kind, Resolved};
use crate::model::Unreadable;
use crate::plan::WrittenBy;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a link is one of the kernel's, to what a process has open (proc_pid_fd(5)).
fn is_descriptor(link: &Path) -> bool {
    link.starts_with("/proc") && link.parent().is_some_and(|place| place.ends_with("fd"))
}

/// Where a file is, behind all links.
pub(super) struct Place {
    pub(super) directory: PathBuf,
    pub(super) name: OsString,
    pub(super) links: Vec<PathBuf>,
}

impl Place {
    pub(super) fn find(tree: &Tree, target: &Path) -> Result<Self, Stop> {
        absolute(target)?;
        match tree.resolve(target) {
            Ok(found) => match found.links.iter().find(|link| is_descriptor(link)) {
                Some(link) => Err(Refusal::Descriptor(link.clone()).into()),
                None => Self::of(found),
            },
            // A new file: its directory is there, and nothing, not even a dangling link, in it.
            Err(why @ (Unreadable::Absent | Unreadable::Dangling)) => {
                let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else { return Err(why.into()) };
                let found = tree.resolve(parent)?;
                if found.kind != Kind::Directory {
                    return Err(Refusal::NotDirectory("file").into());
                }
                if !matches!(Directory::within(tree, &found.path)?.find(name)?, Found::Nothing) {
                    return Err(why.into());
                }
                Ok(Self { directory: found.path, name: name.to_owned(), links: found.links })
            }
            Err(why) => Err(why.into()),
        }
    }

    fn of(found: Resolved) -> Result<Self, Stop> {
        match (found.kind, found.path.parent(), found.path.file_name()) {
            (Kind::File, Some(directory), Some(name)) => {
                Ok(Self { directory: directory.to_path_buf(), name: name.to_owned(), links: found.links })
            }
            (Kind::Other(kind), ..) => Err(Refusal::NotRegular(kind).into()),
            _ => Err(Refusal::NotRegular("directory").into()),
        }
    }

    /// The path as it is: a link on the way was not there when it was found.
    pub(super) fn itself(tree: &Tree, target: &Path) -> Result<Self, Stop> {
        absolute(target)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(Refusal::NotRegular("directory").into());
        };
        let found = tree.resolve(parent)?;
        match found.kind {
            Kind::Directory if found.path == parent => {
                Ok(Self { directory: found.path, name: name.to_owned(), links: Vec::new() })
            }
            Kind::Directory => Err(Refusal::Changed.into()),
            Kind::File => Err(Refusal::NotDirectory("file").into()),
            Kind::Other(kind) => Err(Refusal::NotDirectory(kind).into()),
        }
    }
}

fn absolute(target: &Path) -> io::Result<()> {
    match target.is_absolute() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "expected an absolute path")),
    }
}

/// A name that no store has: for what is asked of a new file.
const UNUSED: &str = ".castore";

/// What a write would refuse at a path as it was named, or, where that is a directory, for a new file in it; where it
/// leads, unless that cannot be told yet. Of what a command makes, only who could lead the path elsewhere counts.
fn allowed(tree: &Tree, named: &Path, by: WrittenBy) -> Result<PathBuf, Stop> {
    let is_directory = matches!(tree.resolve(named), Ok(found) if found.kind == Kind::Directory);
    let target = if is_directory { named.join(UNUSED) } else { named.to_path_buf() };
    let Place { directory, name, links } = Place::find(tree, &target)?;
    let open = Directory::within(tree, &directory)?;
    open.check_within(tree, &directory, &links, &name)?;
    if by == WrittenBy::Castore {
        open.may_change(&directory, &name)?;
        open.find(&name)?;
    }
    Ok(if is_directory { directory } else { directory.join(name) })
}

/// What a write would refuse, without one: who could lead it elsewhere, and what a new file in the place of the old one
/// would not keep. Gives where the path leads behind all links; nothing where that cannot be told, since nothing is
/// there or it may not be looked at, which is said when it is written.
pub fn may_write(tree: &Tree, named: &Path, by: WrittenBy) -> Result<Option<PathBuf>, WriteError> {
    match allowed(tree, named, by) {
        Ok(path) => Ok(Some(path)),
        Err(Stop::Failed(_) | Stop::Refused(Refusal::Unreadable(_) | Refusal::Changed)) => Ok(None),
        Err(stop) => Err(stop.at(named, Step::CheckDirectory)),
    }
}
