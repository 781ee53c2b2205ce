//! A directory of files that belong together: made beside its place and moved there whole, or renewed file by file.
//!
//! Whoever reads half a directory of roots trusts half of them, so a new one gets its name when all of it is on the
//! disk. One that is there is renewed only where it is castore's to the last file: what has another name or other
//! octets than castore writes is somebody's, and nothing is touched then. New files come before stale ones go, so that
//! at no moment a root is missing that is in both sets; the next run removes what a killed one left.

#![expect(clippy::disallowed_methods, reason = "the only writer")]

use super::error::{Shown, WriteError};
use super::sys::{Directory, Stage, is_stage, sweep};
use super::write::{Expect, Stop, replace_all};
use crate::host::files::Tree;
use crate::host::{Files, Kind};
use crate::limits::DIRECTORY_FILE;
use crate::model::Unreadable;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// What a new directory is called where it is made.
const WHOLE: &str = "whole";

/// What became of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenDirectory {
    /// Where it is, behind all links.
    pub path: PathBuf,
    /// Whether nothing was there before.
    pub created: bool,
    /// Files that were written.
    pub written: usize,
    /// Files that were as they should be.
    pub unchanged: usize,
    /// Files of an earlier export that were removed.
    pub removed: usize,
}

/// A directory was not written, or not wholly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// One of its files, or its place.
    #[error(transparent)]
    File(#[from] WriteError),
    /// Something else stands in its place.
    #[error("{}: expected a directory or nothing, found something else", Shown(path))]
    NotDirectory {
        /// What.
        path: PathBuf,
    },
    /// There are files in it, and nobody said that it is to be renewed.
    #[error("{}: expected a new or an empty directory, found {entries} entries", Shown(path))]
    Occupied {
        /// The directory.
        path: PathBuf,
        /// How many.
        entries: usize,
    },
    /// Something in it is not castore's.
    #[error("{}: expected what castore export wrote, found {name:?}, which is not", Shown(path))]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// What is not.
        name: String,
    },
    /// Another castore makes files in it now.
    #[error("{}: expected no other castore at work there, found {name:?}", Shown(path))]
    Busy {
        /// The directory.
        path: PathBuf,
        /// What the other makes.
        name: String,
    },
    /// Some of its new files are written and no old one is removed: it holds what is in either set.
    #[error("{error}; {written} of {all} new files are in the directory, beside all that were there")]
    Halfway {
        /// Why the rest is not.
        error: Box<WriteError>,
        /// How many are.
        written: usize,
        /// How many were to be.
        all: usize,
    },
    /// The system said no.
    #[error("{}: cannot {doing}: {source}", Shown(path))]
    Failed {
        /// The directory, or a file in it.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl DirectoryError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::File(error) => error.hint(),
            Self::Occupied { .. } => {
                Some("name another, or --replace to renew one that castore export wrote; nothing else is ever removed")
            }
            Self::Foreign { .. } => Some("nothing was changed; name another directory"),
            Self::Busy { .. } => Some("nothing was changed; try again when it is done"),
            Self::Halfway { .. } => {
                Some("mend what stopped it, and write the directory again: it takes up what is there")
            }
            Self::NotDirectory { .. } => Some("name a new directory"),
            Self::Failed { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("make the directory that it is to be in first")
            }
            Self::Failed { .. } => None,
        }
    }
}

/// Makes a directory at the absolute path `target` hold exactly these files.
///
/// One that is there and not empty is renewed only where `renew` is set and `is_own` takes every file in it by its name
/// and octets.
///
/// # Errors
/// When something stands in its place, or the system says no.
pub fn write_directory(
    target: &Path,
    files: &[(String, Vec<u8>)],
    renew: bool,
    is_own: &dyn Fn(&str, &[u8]) -> bool,
) -> Result<WrittenDirectory, DirectoryError> {
    let tree = Tree::live().map_err(|why| failed(target, "look at the machine", io::Error::other(why.to_string())))?;
    match tree.resolve(target) {
        Ok(found) if found.kind == Kind::Directory => renewed(&found.path, &found.links, files, renew, is_own),
        Ok(_) => Err(DirectoryError::NotDirectory { path: target.to_path_buf() }),
        Err(Unreadable::Absent) if std::fs::symlink_metadata(target).is_err() => created(&tree, target, files),
        Err(why) => Err(failed(target, "look at it", io::Error::other(why.to_string()))),
    }
}

fn failed(path: &Path, doing: &'static str, source: io::Error) -> DirectoryError {
    DirectoryError::Failed { path: path.to_path_buf(), doing, source }
}

/// A new one, made beside its place.
fn created(tree: &Tree, target: &Path, files: &[(String, Vec<u8>)]) -> Result<WrittenDirectory, DirectoryError> {
    let no_place = || failed(target, "make a directory", io::ErrorKind::NotFound.into());
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else { return Err(no_place()) };
    let found = tree.resolve(parent).map_err(|_| no_place())?;
    let path = found.path.join(name);
    let directory = checked(&found.path, &found.links, name)?;
    let making = |source| failed(&found.path, "make a directory in it", source);
    // Locked, so that no other castore takes it for what a killed one left.
    let stage = Stage::make(&directory).map_err(making)?;
    let whole = found.path.join(&stage.name).join(WHOLE);
    std::fs::create_dir(&whole).map_err(making)?;
    let new: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice(), Expect::Absent)).collect();
    replace_all(&whole, &new)?;
    if std::fs::symlink_metadata(&path).is_ok() {
        return Err(DirectoryError::NotDirectory { path });
    }
    match directory.take(&stage.directory, OsStr::new(WHOLE), name, true) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(DirectoryError::NotDirectory { path });
        }
        named => named.map_err(|source| failed(&path, "give it its name", source))?,
    }
    directory.sync().map_err(|source| failed(&found.path, "bring the name to the disk", source))?;
    Ok(WrittenDirectory { path, created: true, written: files.len(), unchanged: 0, removed: 0 })
}

/// One that is there.
fn renewed(
    path: &Path,
    links: &[PathBuf],
    files: &[(String, Vec<u8>)],
    renew: bool,
    is_own: &dyn Fn(&str, &[u8]) -> bool,
) -> Result<WrittenDirectory, DirectoryError> {
    let directory = checked(path, links, OsStr::new("."))?;
    if renew {
        sweep(&directory);
    }
    let there = entries(path)?;
    if !there.is_empty() && !renew {
        return Err(DirectoryError::Occupied { path: path.to_path_buf(), entries: there.len() });
    }
    let mut old: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for name in there {
        // What a killed one left was removed above, on systems that tell it from what is in use.
        if is_stage(&directory, OsStr::new(&name)) {
            return Err(DirectoryError::Busy { path: path.to_path_buf(), name });
        }
        let bytes = file(path, &name).filter(|bytes| is_own(&name, bytes));
        let foreign = || DirectoryError::Foreign { path: path.to_path_buf(), name: name.clone() };
        old.insert(name.clone(), bytes.ok_or_else(foreign)?);
    }
    let mut new = Vec::new();
    for (name, bytes) in files {
        let before = old.get(name).map(Vec::as_slice);
        if before != Some(bytes) {
            new.push((name.as_str(), bytes.as_slice(), before.map_or(Expect::Absent, Expect::Bytes)));
        }
    }
    replace_all(path, &new).map_err(|error| {
        let is_there = |(name, bytes, _): &&(&str, &[u8], Expect<'_>)| file(path, name).as_deref() == Some(bytes);
        match new.iter().filter(is_there).count() {
            0 => DirectoryError::File(error),
            written => DirectoryError::Halfway { error: Box::new(error), written, all: new.len() },
        }
    })?;
    let (written, unchanged) = (new.len(), files.len() - new.len());
    let mut done = WrittenDirectory { path: path.to_path_buf(), created: false, written, unchanged, removed: 0 };
    files.iter().for_each(|(name, _)| drop(old.remove(name)));
    // Looked at again: what somebody put in the place of a stale file meanwhile is theirs.
    for (name, bytes) in old {
        if file(path, &name).as_deref() == Some(&bytes) {
            remove(&directory, path, &name)?;
            done.removed += 1;
        }
    }
    directory.sync().map_err(|source| failed(path, "bring the names to the disk", source))?;
    Ok(done)
}

fn remove(directory: &Directory, path: &Path, name: &str) -> Result<(), DirectoryError> {
    directory.remove(OsStr::new(name)).map_err(|source| failed(&path.join(name), "remove a stale file", source))
}

/// Opens a directory where only root and this user can change what is on the way.
fn checked(path: &Path, links: &[PathBuf], name: &OsStr) -> Result<Directory, DirectoryError> {
    let step = super::Step::CheckDirectory;
    let directory = Directory::open(path).map_err(|source| failed(path, "open it", source))?;
    match directory.check(path, links, name) {
        Ok(()) => Ok(directory),
        Err(Stop::Failed(source)) => Err(WriteError::Failed { path: path.to_path_buf(), step, source }.into()),
        Err(Stop::Refused(refusal)) => Err(WriteError::Refused { path: path.to_path_buf(), step, refusal }.into()),
    }
}

/// The names in a directory; one that is no UTF-8 is nobody's that castore knows.
fn entries(path: &Path) -> Result<Vec<String>, DirectoryError> {
    let listed = std::fs::read_dir(path).map_err(|source| failed(path, "list it", source))?;
    let mut names = Vec::new();
    for entry in listed {
        let name = entry.map_err(|source| failed(path, "list it", source))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The octets of a regular file of a bounded length; nothing where it is something else.
fn file(path: &Path, name: &str) -> Option<Vec<u8>> {
    let path = path.join(name);
    let found = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
    if found.len() > DIRECTORY_FILE {
        return None;
    }
    let tree = Tree::live().ok()?;
    tree.read(&tree.resolve(&path).ok()?, DIRECTORY_FILE).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<(String, Vec<u8>)> {
        names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect()
    }

    fn listed(path: &Path) -> Vec<String> {
        entries(path).unwrap()
    }

    /// A directory where only this user can write, behind the links of the temporary one.
    fn place() -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let path = std::fs::canonicalize(place.path()).unwrap();
        (place, path)
    }

    #[test]
    fn what_fails_half_way_leaves_nothing() {
        let (_place, path) = place();
        let error = write_directory(&path.join("new"), &files(&["a", "b", "no/c"]), false, &|_, _| true).unwrap_err();
        assert!(matches!(error, DirectoryError::File(_)), "{error}");
        assert_eq!(listed(&path), [""; 0]);
        let error = write_directory(&path.join("no/new"), &files(&["a"]), false, &|_, _| true).unwrap_err();
        assert!(matches!(error, DirectoryError::Failed { .. }), "{error}");
    }

    #[test]
    fn new_files_come_before_stale_ones_go() {
        let (_place, path) = place();
        let target = path.join("new");
        let made = write_directory(&target, &files(&["a", "b"]), false, &|_, _| true).unwrap();
        assert_eq!((made.created, made.written, made.path), (true, 2, target.clone()));
        // The new one cannot be written: the stale ones stay.
        let spoilt = files(&["c", "no/d"]);
        let error = write_directory(&target, &spoilt, true, &|_, _| true).unwrap_err();
        assert!(matches!(error, DirectoryError::Halfway { written: 1, all: 2, .. }), "{error}");
        assert_eq!(listed(&target), ["a", "b", "c"]);
        let done = write_directory(&target, &files(&["b", "d"]), true, &|_, _| true).unwrap();
        assert_eq!((done.created, done.written, done.unchanged, done.removed), (false, 1, 1, 2));
        assert_eq!(listed(&target), ["b", "d"]);
    }

    #[test]
    fn of_what_is_not_ones_own_nothing_is_touched() {
        let (_place, path) = place();
        let all = files(&["a", "b"]);
        _ = write_directory(&path.join("new"), &all, false, &|_, _| true).unwrap();
        let own = |name: &str, _: &[u8]| name != "b";
        let error = write_directory(&path.join("new"), &files(&["c"]), true, &own).unwrap_err();
        assert!(matches!(&error, DirectoryError::Foreign { name, .. } if name == "b"), "{error}");
        let error = write_directory(&path.join("new"), &files(&["c"]), false, &|_, _| true).unwrap_err();
        assert!(matches!(error, DirectoryError::Occupied { entries: 2, .. }), "{error}");
        assert_eq!(listed(&path.join("new")), ["a", "b"]);
        // What another castore is making is nobody else's; a file is none of its.
        let directory = Directory::open(&path.join("new")).unwrap();
        let stage = Stage::make(&directory).unwrap();
        let error = write_directory(&path.join("new"), &all, true, &|_, _| true).unwrap_err();
        assert!(matches!(error, DirectoryError::Busy { .. }), "{error}");
        drop(stage);
        std::fs::write(path.join("new/.castore-0.tmp"), "").unwrap();
        let error = write_directory(&path.join("new"), &all, true, &|_, _| false).unwrap_err();
        assert!(matches!(error, DirectoryError::Foreign { .. }), "{error}");
    }

    /// Who writes beside it removes what killed ones left, and nothing of what is being made.
    #[cfg(unix)]
    #[test]
    fn what_is_being_made_is_not_taken_for_what_was_left() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let (_place, path) = place();
        let many: Vec<String> = (0..200).map(|number| format!("{number:03}")).collect();
        let all = files(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    sweep(&Directory::open(&path).unwrap());
                }
            });
            let made = write_directory(&path.join("new"), &all, false, &|_, _| true);
            is_done.store(true, Ordering::Relaxed);
            assert!(made.unwrap().created);
        });
        assert_eq!((listed(&path.join("new")), listed(&path)), (many, vec!["new".to_owned()]));
    }
}
