//! The state directory: the lock, and of each run what it meant to do and what it replaced.
//!
//! ```text
//! lock                one castore writes at a time
//! runs/17/intent      what is there, what shall be; nothing is changed before it is on the disk
//! runs/17/backup/0…   the octets of what is replaced; attributes are in the intent
//! runs/17/committed   all of it has its name; from here on a run that is interrupted is finished, not taken back
//! runs/17/lost        what stores that its commands made lost beside, where they did
//! runs/17/end         it is over, refresh commands too
//! runs/17/left        it was taken back, but for these files, which something else had changed: backups are all there is
//! runs/17/pruned      its backups are no longer kept
//! runs/18.aside       somebody set the record of a run aside, as it was damaged: nothing reads it
//! runs/last           the last number that was said of a run that is no longer there: it is not given again
//! ```
//!
//! `committed`, `end` and `pruned` say what they say by being there: they get their names whole. What else is damaged is
//! a value ([`Record`]): a run that is over stands in nobody's way, and one that may not be is not passed over.
//!
//! Backups hold keystores, private keys among them: all of it is its owner's alone, as what sudo reads is, or it is
//! not used.

use super::change::{Change, New, Sites, Watch};
use super::error::Step;
use super::journal::{Intent, Recorded, Shape, hexadecimal, seal, unseal};
use super::made::Lost;
use super::run::{ApplyError, Damaged, Event, Known, Left, Options};
use super::sys::{Directory, Found, is_private, sweep};
use super::write::Stop;
use super::{lock, text};
use crate::host::files::Tree;
use crate::host::{Files, Kind};
use crate::limits::{JOURNAL_SIZE, RUNS_KEPT, RUNS_REMEMBERED};
use crate::model::Unreadable;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The permission bits of what is in it.
const MODE: u32 = 0o600;

/// What the name of a run ends with whose record was set aside.
pub(super) const ASIDE: &str = ".aside";

/// The state directory.
pub(super) struct State {
    path: PathBuf,
    tree: Tree,
    /// Held as long as it lives.
    _lock: Option<File>,
}

/// A run, as far as it is written down.
pub(super) struct Journal {
    pub(super) number: u64,
    pub(super) intent: Intent,
    pub(super) is_committed: bool,
    pub(super) is_ended: bool,
    pub(super) is_pruned: bool,
    /// What it could not put back when it was taken back.
    pub(super) left: Vec<PathBuf>,
    /// What stores that its commands made lost.
    pub(super) lost: Lost,
    /// Where that is damaged.
    pub(super) damaged: Option<Damaged>,
}

/// What is written down of a run.
pub(super) enum Record {
    /// It had not begun to change anything.
    Nothing,
    Whole(Box<Journal>),
    Damaged(Damaged),
}

/// What is in a file.
enum Content<T> {
    Nothing,
    Whole(T),
    /// What was expected, and what was found.
    Damaged(String),
}

impl State {
    /// Makes it where it is missing, and takes the lock.
    pub(super) fn hold(options: &Options<'_>, watch: &mut dyn FnMut(Event<'_>)) -> Result<Self, ApplyError> {
        let mut state = Self::at(options.state, true)?
            .ok_or_else(|| refused(options.state, "expected a directory, found nothing".to_owned()))?;
        let directory = state.directory(Path::new(""))?;
        state._lock = Some(lock::take(&directory, &state.path, options.wait, &mut || watch(Event::Waiting))?);
        state.make(Path::new("runs"))?;
        sweep(&state.directory(Path::new("runs"))?);
        Ok(state)
    }

    /// Looks at it as it is; nothing where nothing is.
    pub(super) fn look(path: &Path) -> Result<Option<Self>, ApplyError> {
        Self::at(path, false)
    }

    fn at(path: &Path, make: bool) -> Result<Option<Self>, ApplyError> {
        if !path.is_absolute() {
            return Err(refused(path, "expected an absolute path".to_owned()));
        }
        let tree = Tree::live().map_err(|why| refused(path, why.to_string()))?;
        let mut missing = Vec::new();
        let mut there = path;
        while let Err(why) = tree.resolve(there) {
            match (why, there.parent(), there.file_name()) {
                (Unreadable::Absent, Some(parent), Some(name)) => {
                    missing.push(name);
                    there = parent;
                }
                (Unreadable::Dangling, ..) => {
                    return Err(refused(there, "expected a directory, found a symbolic link".to_owned()));
                }
                (why, ..) => return Err(refused(there, why.to_string())),
            }
        }
        if !missing.is_empty() && !make {
            return Ok(None);
        }
        let found = tree.resolve(there).map_err(|why| refused(there, why.to_string()))?;
        let mut real = found.path;
        for name in missing.iter().rev() {
            let made = make_in(&tree, &real, &found.links, name);
            real.push(name);
            made.map_err(|stop| match stop {
                Stop::Failed(because) => ApplyError::NoState { state: path.to_path_buf(), path: real.clone(), because },
                refused @ Stop::Refused(_) => stopped(&real, refused),
            })?;
        }
        // Its own name is no link; those above it may be, where nobody else can change them.
        is_private(path).map_err(|stop| stopped(path, stop))?;
        let state = Self { path: real, tree, _lock: None };
        let directory = state.directory(Path::new(""))?;
        let checked = directory.check_within(&state.tree, &state.path, &found.links, OsStr::new("lock"));
        checked.map_err(|stop| stopped(path, stop))?;
        Ok(Some(state))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn directory(&self, below: &Path) -> Result<Directory, ApplyError> {
        let path = self.path.join(below);
        let opened = Directory::within(&self.tree, &path);
        let directory = opened.map_err(|error| stopped(&path, error.into()))?;
        is_private(&path).map_err(|stop| stopped(&path, stop))?;
        Ok(directory)
    }

    fn make(&self, below: &Path) -> Result<(), ApplyError> {
        let path = self.path.join(below);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        make_in(&self.tree, parent, &[], name).map_err(|stop| stopped(&path, stop))?;
        is_private(&path).map_err(|stop| stopped(&path, stop))
    }

    /// The numbers of all runs, in their order.
    pub(super) fn runs(&self) -> Result<Vec<u64>, ApplyError> {
        let runs = self.path.join("runs");
        if !self.tree.resolve(&runs).is_ok_and(|found| found.kind == Kind::Directory) {
            return Ok(Vec::new());
        }
        let names = self.directory(Path::new("runs"))?.names().map_err(|error| stopped(&runs, error.into()))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| number(name.to_str()?)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The last number of a run whose record was set aside.
    fn aside(&self) -> Result<Option<u64>, ApplyError> {
        let runs = self.path.join("runs");
        let names = self.directory(Path::new("runs"))?.names().map_err(|error| stopped(&runs, error.into()))?;
        Ok(names.iter().filter_map(|name| number(name.to_str()?.strip_suffix(ASIDE)?)).max())
    }

    /// Begins a run: its number.
    pub(super) fn begin(&self) -> Result<u64, ApplyError> {
        let number = self.runs()?.last().copied().max(self.said()?).max(self.aside()?).map_or(1, |last| last + 1);
        self.make(&run(number))?;
        self.make(&run(number).join("backup"))?;
        Ok(number)
    }

    /// Writes the backups of a run, each to the disk.
    pub(super) fn back_up<'b>(
        &self,
        number: u64,
        contents: impl Iterator<Item = (usize, &'b [u8])>,
    ) -> Result<(), ApplyError> {
        let backup = self.path.join(run(number)).join("backup");
        let files: Vec<(PathBuf, &[u8])> =
            contents.map(|(index, bytes)| (backup.join(index.to_string()), bytes)).collect();
        self.write_all(&files)
    }

    /// Writes down what a run is about to do, or has done.
    pub(super) fn write(&self, number: u64, name: &str, what: &impl Serialize) -> Result<(), ApplyError> {
        let path = self.path.join(run(number)).join(name);
        let sealed = seal(what).map_err(|error| refused(&path, error.to_string()))?;
        self.write_all(&[(path, &sealed)])
    }

    /// New files, which nobody reads before all of them are whole.
    fn write_all(&self, files: &[(PathBuf, &[u8])]) -> Result<(), ApplyError> {
        let mut sites = Sites::new(&self.tree);
        let mut nothing = |_: Step| Ok(());
        let watch = &mut Watch::new(&self.path, &mut nothing);
        let mut run = || {
            let mut changes = Vec::with_capacity(files.len());
            for (path, bytes) in files {
                let new = New::File { bytes, mode: Some(MODE), like: None };
                let mut change = Change::at(&mut sites, path, new, watch)?;
                change.stage(watch)?;
                changes.push(change);
            }
            for change in &mut changes {
                change.rename(watch)?;
            }
            changes.last().map_or(Ok(()), |change| change.sync(watch))
        };
        run().map_err(|stop: Stop| stop.at(&watch.path, watch.step).into())
    }

    /// A backup of a run, if it is what was backed up.
    pub(super) fn backup(&self, number: u64, index: usize, sha256: &str) -> Result<Vec<u8>, ApplyError> {
        let path = self.path.join(run(number)).join("backup").join(index.to_string());
        let bytes = match self.read(&path, u64::MAX)? {
            Content::Whole(bytes) => bytes,
            Content::Nothing => return Err(refused(&path, "expected a backup, found nothing".to_owned())),
            Content::Damaged(because) => return Err(refused(&path, because)),
        };
        let found = hexadecimal(&Sha256::digest(&bytes).into());
        match found == sha256 {
            true => Ok(bytes),
            false => Err(refused(&path, format!("expected the SHA-256 {sha256}, found {found}"))),
        }
    }

    /// Whether a file of the owner's is there, which is no link.
    fn is_there(&self, path: &Path) -> Result<bool, ApplyError> {
        let below = path.parent().and_then(|parent| parent.strip_prefix(&self.path).ok()).unwrap_or(Path::new(""));
        if matches!(self.tree.resolve(&self.path.join(below)), Err(Unreadable::Absent)) {
            return Ok(false);
        }
        let directory = self.directory(below)?;
        match directory.find(path.file_name().unwrap_or_default()).map_err(|stop| stopped(path, stop))? {
            Found::Nothing => Ok(false),
            Found::Link(_) => Err(refused(path, "expected a file, found a symbolic link".to_owned())),
            Found::File(_) => Ok(true),
        }
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Content<Vec<u8>>, ApplyError> {
        if !self.is_there(path)? {
            return Ok(Content::Nothing);
        }
        match self.tree.resolve(path).and_then(|found| self.tree.read(&found, limit)) {
            Ok(bytes) => Ok(Content::Whole(bytes)),
            // A sector that cannot be read is damage, too.
            Err(why @ (Unreadable::TooLarge(_) | Unreadable::Io(_))) => Ok(Content::Damaged(why.to_string())),
            Err(why) => Err(refused(path, why.to_string())),
        }
    }

    fn unsealed<T: DeserializeOwned>(&self, path: &Path) -> Result<Content<T>, ApplyError> {
        Ok(match self.read(path, JOURNAL_SIZE)? {
            Content::Nothing => Content::Nothing,
            Content::Damaged(because) => Content::Damaged(because),
            Content::Whole(bytes) => unseal(&bytes).map_or_else(Content::Damaged, Content::Whole),
        })
    }

    /// What is written down of a run.
    pub(super) fn record(&self, number: u64) -> Result<Record, ApplyError> {
        let path = |name: &str| self.path.join(run(number)).join(name);
        let damaged = |name: &str, because: String, known: Known| self.damaged(number, &path(name), because, known);
        let is_there = |name: &str| self.is_there(&path(name));
        let intent = self.unsealed(&path("intent"))?;
        if matches!(intent, Content::Nothing) {
            return Ok(Record::Nothing);
        }
        let is_ended = is_there("end")?;
        let intent: Intent = match intent {
            Content::Nothing => return Ok(Record::Nothing),
            Content::Whole(intent) => intent,
            Content::Damaged(because) => {
                let known = if is_ended { Known::End } else { Known::Nothing };
                return Ok(Record::Damaged(damaged("intent", because, known)));
            }
        };
        let left: Vec<String> = match self.unsealed(&path("left"))? {
            Content::Whole(left) => left,
            Content::Damaged(because) if is_ended => {
                return Ok(Record::Damaged(damaged("left", because, Known::End)));
            }
            // Of one that is not over it is found out anew.
            Content::Nothing | Content::Damaged(_) => Vec::new(),
        };
        let (lost, damaged) = match self.unsealed(&path("lost"))? {
            Content::Nothing => (Lost::default(), None),
            Content::Whole(lost) => (lost, None),
            Content::Damaged(because) => (Lost::default(), Some(damaged("lost", because, Known::Run))),
        };
        Ok(Record::Whole(Box::new(Journal {
            number,
            left: left.iter().filter_map(|path| text::name(path)).map(PathBuf::from).collect(),
            intent,
            lost,
            damaged,
            is_committed: is_there("committed")?,
            is_ended,
            is_pruned: is_there("pruned")?,
        })))
    }

    /// What is damaged of what is written down of a run.
    pub(super) fn damaged(&self, number: u64, path: &Path, because: String, known: Known) -> Damaged {
        let record = self.path.join(run(number));
        Damaged { id: number.to_string(), path: path.to_path_buf(), because, known, record }
    }

    /// Where the backups of a run are.
    pub(super) fn backups(&self, number: u64) -> PathBuf {
        self.path.join(run(number)).join("backup")
    }

    /// Where what a store was that the commands of a run make is kept.
    pub(super) fn made(&self, number: u64, intent: &Intent, path: &Path) -> Option<PathBuf> {
        let store = intent.made.stores.iter().find(|store| store.path() == path)?;
        let (index, _) = store.backup.as_ref()?;
        Some(self.backups(number).join(index.to_string()))
    }

    /// Writes down what stores lost that the commands of a run made.
    pub(super) fn lost(&self, number: u64, lost: &Lost) -> Result<(), ApplyError> {
        if lost.is_empty() { Ok(()) } else { self.write(number, "lost", lost) }
    }

    /// Files that a run did not put back, and where what they were is kept.
    pub(super) fn left(&self, number: u64, intent: &Intent, left: &[PathBuf]) -> Vec<Left> {
        let backup = |path: &PathBuf| match &intent.changes.iter().find(|change| change.path() == *path)?.before {
            Shape::File { backup, .. } => Some(self.backups(number).join((*backup)?.to_string())),
            Shape::Nothing | Shape::Link { .. } => None,
        };
        left.iter().map(|path| Left { path: path.clone(), backup: backup(path) }).collect()
    }

    /// Ends a run that was taken back but for these files: what they were is kept.
    pub(super) fn keep(&self, number: u64, left: &[PathBuf]) -> Result<(), ApplyError> {
        self.write(number, "left", &left.iter().map(text::of).collect::<Vec<_>>())?;
        self.write(number, "end", &true)
    }

    /// Removes a run that was told of: no other is called like it.
    pub(super) fn forget(&self, number: u64) -> Result<(), ApplyError> {
        let path = self.path_of_said();
        if self.said()?.is_none_or(|said| said < number) {
            let sealed = seal(&number).map_err(|error| refused(&path, error.to_string()))?;
            self.write_all(&[(path, &sealed)])?;
        }
        self.remove(number)
    }

    /// The last number that was said of a run that was then removed.
    fn said(&self) -> Result<Option<u64>, ApplyError> {
        Ok(match self.unsealed(&self.path_of_said())? {
            Content::Whole(said) => Some(said),
            Content::Nothing | Content::Damaged(_) => None,
        })
    }

    /// Writes that number anew where it is damaged: the last there is, so that it is given to no other at least.
    pub(super) fn mend_said(&self, watch: &mut dyn FnMut(Event<'_>)) -> Result<(), ApplyError> {
        let path = self.path_of_said();
        let Content::Damaged(because) = self.unsealed::<u64>(&path)? else { return Ok(()) };
        let last = self.runs()?.last().copied().max(self.aside()?).unwrap_or_default();
        let sealed = seal(&last).map_err(|error| refused(&path, error.to_string()))?;
        self.write_all(&[(path.clone(), &sealed)])?;
        watch(Event::Renumbered(&path, &because));
        Ok(())
    }

    fn path_of_said(&self) -> PathBuf {
        self.path.join("runs").join("last")
    }

    /// Takes back that all of a run has its name, before any of it is taken back: else what a kill leaves half way
    /// would be finished. It stands there where it was written and could not be brought to the disk.
    pub(super) fn uncommit(&self, number: u64) -> Result<(), ApplyError> {
        let below = run(number);
        let directory = self.directory(&below)?;
        let removed = match directory.remove(OsStr::new("committed")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| directory.sync()),
        };
        removed.map_err(|error| stopped(&self.path.join(below).join("committed"), error.into()))
    }

    /// Removes a run that changed nothing, or nothing any more: first what is meant, since without it a run is known to
    /// have changed nothing.
    pub(super) fn remove(&self, number: u64) -> Result<(), ApplyError> {
        let below = run(number);
        let path = self.path.join(&below);
        let directory = self.directory(&below)?;
        sweep(&directory);
        for name in ["intent", "committed", "end", "left", "lost", "pruned"] {
            match directory.remove(OsStr::new(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(stopped(&path, error.into())),
                _ => {}
            }
            if name == "intent" {
                // A power cut that brought it back without the backups would leave a run that nobody can take back.
                directory.sync().map_err(|error| stopped(&path, error.into()))?;
            }
        }
        self.remove_backups(number)?;
        let runs = self.directory(Path::new("runs"))?;
        let removed = runs.remove_directory(OsStr::new(&number.to_string())).and_then(|()| runs.sync());
        removed.map_err(|error| stopped(&path, error.into()))
    }

    /// Removes what a killed process left beside what is written down of a run.
    pub(super) fn sweep(&self, number: u64) {
        for below in [run(number), run(number).join("backup")] {
            if let Ok(directory) = self.directory(&below) {
                sweep(&directory);
            }
        }
    }

    fn remove_backups(&self, number: u64) -> Result<(), ApplyError> {
        let below = run(number).join("backup");
        let path = self.path.join(&below);
        if matches!(self.tree.resolve(&path), Err(Unreadable::Absent)) {
            return Ok(());
        }
        let directory = self.directory(&below)?;
        sweep(&directory);
        let removed = directory.names().and_then(|names| {
            names.iter().try_for_each(|name| directory.remove(name))?;
            self.directory(&run(number)).map_err(io::Error::other)?.remove_directory(OsStr::new("backup"))
        });
        removed.map_err(|error| stopped(&path, error.into()))
    }

    /// Forgets what is older than is kept: the backups of all but the last runs, unless a run is the last that changed
    /// some file; and of what is long ago all.
    pub(super) fn prune(&self) -> Result<(), ApplyError> {
        let numbers = self.runs()?;
        if numbers.len() <= RUNS_KEPT {
            return Ok(());
        }
        let mut newer = BTreeSet::new();
        for (age, number) in numbers.iter().rev().enumerate() {
            // What is damaged is all that is left of a run: it is not for castore to throw it away.
            let Record::Whole(journal) = self.record(*number)? else { continue };
            let mut is_newest = false;
            // Of one that was taken back only what it did not put back.
            let changed = |path: &PathBuf| journal.left.is_empty() || journal.left.contains(path);
            for path in journal.intent.changes.iter().map(Recorded::path).filter(changed) {
                is_newest |= newer.insert((journal.intent.root.clone(), journal.intent.root_is, path));
            }
            if age < RUNS_KEPT || is_newest || !journal.is_ended {
                continue;
            }
            if age >= RUNS_REMEMBERED {
                self.remove(*number)?;
            } else {
                if !journal.is_pruned {
                    self.write(*number, "pruned", &true)?;
                }
                // Also of one that was marked by a run that was then killed.
                self.remove_backups(*number)?;
            }
        }
        Ok(())
    }
}

/// The number that a name is, as castore writes it.
fn number(name: &str) -> Option<u64> {
    name.parse().ok().filter(|number: &u64| number.to_string() == name)
}

fn run(number: u64) -> PathBuf {
    Path::new("runs").join(number.to_string())
}

/// Makes a directory for its owner alone, where only they and root can change what is on the way.
fn make_in(tree: &Tree, parent: &Path, links: &[PathBuf], name: &OsStr) -> Result<(), Stop> {
    let directory = Directory::within(tree, parent)?;
    directory.check_within(tree, parent, links, name)?;
    directory.make_directory(name)?;
    Ok(directory.sync()?)
}

fn refused(path: &Path, because: String) -> ApplyError {
    ApplyError::State { path: path.to_path_buf(), because }
}

fn stopped(path: &Path, stop: Stop) -> ApplyError {
    match stop {
        Stop::Failed(error) => refused(path, error.to_string()),
        Stop::Refused(refusal) => refused(path, refusal.to_string()),
    }
}
