//! A plan carried out: in which tree, with what kept to undo it, and what became of it.

use super::WriteError;
use super::error::Shown;
use crate::model::{Password, Timestamp, shell};
use crate::plan::{Reader, Refresh};
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The root that the plan's paths are inside of: `/`, or the tree of another host, where no command is run.
    pub root: &'a Path,
    /// Where the lock, the journal and the backups are; made where it is missing, for its owner alone.
    pub state: &'a Path,
    /// Now.
    pub now: Timestamp,
    /// How long to wait for another run to end.
    pub wait: Duration,
    /// Whether refresh commands are run; else they are only told.
    pub refresh: bool,
    /// Whether the real readers of stores are asked.
    pub asks_readers: bool,
    /// What was asked for, in one line, for the history.
    pub request: &'a str,
    /// Passwords of keystores that are written: what is new is read again before it is written.
    pub passwords: &'a [Password],
}

/// What is told while a plan is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// Another run holds the lock.
    Waiting,
    /// What an interrupted run left was mended.
    Recovered(&'a Recovered),
    /// What an interrupted run left is not mended, since another tree stands where its was.
    OtherTree(&'a OtherTree),
    /// What is written down of a run is damaged, and nothing that is done now needs it.
    Damaged(&'a Damaged),
    /// Which number was given last is damaged, and written down anew: the file, what was expected and found.
    Renumbered(&'a Path, &'a str),
    /// A store is being changed: its number from 0, of how many.
    Store(usize, usize),
    /// A refresh command is run.
    Refreshing(&'a Refresh),
    /// A line that a command printed.
    Printed(&'a str),
    /// All is written, and this could not be done after it; the next run does it.
    Unfinished(&'a str),
    /// A store is being asked.
    Asking(&'a Path, Reader),
}

/// A plan that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The name under which `undo` knows it; none where nothing was to be done.
    pub id: Option<String>,
    /// The files that were written, made or removed.
    pub changed: Vec<PathBuf>,
    /// The refresh commands, and what became of each.
    pub refreshed: Vec<(Refresh, Outcome)>,
    /// Readers that were asked, about which store, and what they said.
    pub asked: Vec<(PathBuf, Reader, Outcome)>,
    /// Stores that do not hold what the plan says after all, and how.
    pub wrong: Vec<(PathBuf, String)>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It ended well.
    Well,
    /// It was not run, and why.
    NotRun(String),
    /// It failed, and what it said.
    Failed(String),
}

/// What became of a run that was interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Its id.
    pub id: String,
    /// Whether all of it stood already; else what it had done was taken back.
    pub finished: bool,
    /// Files that it was to change and that something else has changed since: they are left as they are.
    pub left: Vec<Left>,
    /// Refresh commands that did not end well, or were not run: what they make is not what it should be.
    pub unfinished: Vec<(Refresh, Outcome)>,
    /// Stores that they make and that do not hold what they should all the same, and how.
    pub wrong: Vec<(PathBuf, String)>,
}

/// A file that a run changed and did not put back when it was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which.
    pub path: PathBuf,
    /// What it was is kept here; nothing where it was none, or is no longer kept.
    pub backup: Option<PathBuf>,
}

/// An interrupted run that is not mended: its journal says what to write in a tree that is not there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherTree {
    /// Its id.
    pub id: String,
    /// The root.
    pub root: PathBuf,
    /// The device and the inode that it had.
    pub expected: Option<(u64, u64)>,
    /// Those that it has.
    pub found: Option<(u64, u64)>,
    /// Where what it replaced is kept.
    pub kept: PathBuf,
}

/// What is written down of a run and is not what castore wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// The id of the run.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// What was expected there, and what is found.
    pub because: String,
    /// What is known of the run all the same.
    pub known: Known,
    /// All that is written down of it.
    pub record: PathBuf,
}

/// What is known of a run of whose record a file is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Not even whether it is over.
    Nothing,
    /// That it was cut off, but not what it replaced.
    CutOff,
    /// That it is over.
    End,
    /// All but what stores lost beside, which its commands made.
    Run,
}

impl Damaged {
    /// Where what the run replaced is kept.
    #[must_use]
    pub fn kept(&self) -> PathBuf {
        self.record.join("backup")
    }

    /// The command that sets the record aside, as a line of a shell: castore leaves it alone then, for whoever wants to
    /// look at it, and gives its number to no other run.
    #[must_use]
    pub fn set_aside(&self) -> String {
        let mut aside = self.record.clone().into_os_string();
        aside.push(super::state::ASIDE);
        format!("mv {} {}", shell::path(&self.record), shell::path(Path::new(&aside)))
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, because, id) = (Shown(&self.path), &self.because, &self.id);
        write!(f, "{path}: {because}; ")?;
        match self.known {
            Known::Nothing => write!(f, "run {id} may have been cut off, and what it was to change is not known"),
            Known::CutOff => write!(f, "run {id} was cut off, and cannot be taken back without it"),
            Known::End => write!(f, "run {id} is over, and cannot be undone"),
            Known::Run => write!(f, "what stores lost beside that the commands of run {id} made is not known"),
        }
    }
}

/// What is written down of all runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Those that can be read, the newest first.
    pub runs: Vec<Run>,
    /// What is damaged, the newest first; in which tree such a run was is not known.
    pub damaged: Vec<Damaged>,
}

/// A run in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// The root that its files are inside of.
    pub root: PathBuf,
    /// When it was.
    pub at: Timestamp,
    /// What was asked for.
    pub request: String,
    /// The files that it changed.
    pub files: Vec<PathBuf>,
    /// The run that it undid, where it did.
    pub undoes: Option<String>,
    /// Whether it was undone, when.
    pub undone: Option<Timestamp>,
    /// Whether it is over: else it is at work, or was interrupted, and the next run that writes ends it.
    pub is_over: bool,
    /// Whether its backups are still kept.
    pub is_kept: bool,
    /// What it left though it was taken back: it was interrupted or failed, and something else had changed these files.
    pub left: Vec<Left>,
    /// Files that are not as it left them, and how they differ: while they are so it cannot be undone.
    pub changed: Vec<(PathBuf, String)>,
}

impl Run {
    /// Whether it can be undone: one that only ran commands wrote nothing that could be put back.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_over && self.undone.is_none() && self.is_kept && self.left.is_empty() && !self.files.is_empty()
    }
}

/// A plan was not carried out, or not whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Another run holds the lock.
    #[error("another castore is writing{}", by(*.0))]
    Locked(Option<u32>),
    /// A file is not what the plan was made from.
    #[error("{}: changed since the plan was made", Shown(.0))]
    Changed(PathBuf),
    /// A file is not what the run that is to be undone left there.
    #[error("{}: changed since castore wrote it: {differs}", Shown(.path))]
    NotAsLeft {
        /// Which.
        path: PathBuf,
        /// What was expected, and what is found.
        differs: String,
    },
    /// A file was not written; what was done before it was taken back.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The state directory cannot be used.
    #[error("{}: {because}", Shown(.path))]
    State {
        /// It, or what is in it.
        path: PathBuf,
        /// Why.
        because: String,
    },
    /// What is needed of a run is damaged.
    #[error("{0}")]
    Damaged(Box<Damaged>),
    /// The last run is not known, as its record is damaged, so that it cannot be the one that is meant.
    #[error("{damaged}; so the last run that can be undone may not be the one that is meant")]
    LastDamaged {
        /// What is damaged.
        damaged: Box<Damaged>,
        /// The last run that can be undone, if there is any.
        last: Option<String>,
    },
    /// The state directory cannot be made.
    #[error("{}: cannot keep what undo needs there: {}: {because}", Shown(.state), Shown(.path))]
    NoState {
        /// It.
        state: PathBuf,
        /// It, or a directory above it.
        path: PathBuf,
        /// Why.
        because: std::io::Error,
    },
    /// A package manager is at work, and changes the stores of the system itself.
    #[error("{}: a package manager is at work{}", Shown(.lock), by(*.process))]
    PackageManager {
        /// Its lock.
        lock: PathBuf,
        /// The process that has it.
        process: Option<u32>,
    },
    /// A reader of a store does not read what is to be written, so it was not.
    #[error("{}: {reader} does not read what was to be written: {said}", Shown(.store))]
    Reader {
        /// The store.
        store: PathBuf,
        /// The reader.
        reader: &'static str,
        /// What it said.
        said: String,
    },
    /// An NSS database cannot be changed.
    #[error(transparent)]
    Nss(#[from] super::nss::NssError),
    /// What was done before an error could not all be taken back; the next run tries again.
    #[error("{first}; and what was done before cannot be taken back: {then}")]
    Stuck {
        /// What ended the run.
        first: Box<ApplyError>,
        /// What ended taking it back.
        then: Box<ApplyError>,
    },
    /// A run was taken back, but for these files: something else has changed them since.
    #[error("run {id} was taken back, but for {}", named(.left))]
    NotPutBack {
        /// Its id.
        id: String,
        /// The files.
        left: Vec<Left>,
    },
    /// No run has this id.
    #[error("no run is called {0:?}")]
    NoRun(String),
    /// The run is at work, or was interrupted in a tree that another stands in the place of.
    #[error("run {0} is not over")]
    NotOver(String),
    /// No run is left that could be undone.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// The run wrote no file: it ran commands alone.
    #[error("run {0} wrote nothing: there is nothing to take back")]
    WroteNothing(String),
    /// The run was undone before.
    #[error("run {0} is undone already")]
    Undone(String),
    /// Its backups are no longer kept.
    #[error("the backups of run {0} are no longer kept")]
    NotKept(String),
}

impl ApplyError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        let said = match self {
            Self::Damaged(damaged) => return Some(instead(damaged).into()),
            Self::LastDamaged { last: Some(last), .. } => {
                return Some(format!("castore undo {last} takes that one back; castore history lists the runs").into());
            }
            Self::Stuck { then, .. } if then.hint().is_some() => return then.hint(),
            Self::Write(error) => error.hint(),
            Self::Nss(error) => error.hint(),
            Self::Reader { .. } => Some("nothing was changed"),
            Self::Locked(_) => Some("wait until it ends"),
            Self::PackageManager { .. } => Some("wait until it ends"),
            Self::Changed(_) => Some("something else writes it; plan again"),
            Self::NotAsLeft { .. } => Some("nothing was undone; only what is as castore left it can be"),
            Self::NotPutBack { .. } => Some("something else has changed it; put it back by hand where it is wanted"),
            Self::Stuck { .. } => Some("mend what stands in the way, and run castore again"),
            Self::LastDamaged { .. }
            | Self::NoRun(_)
            | Self::NotOver(_)
            | Self::NothingToUndo
            | Self::WroteNothing(_)
            | Self::Undone(_) => Some("castore history lists the runs"),
            Self::NoState { .. } => Some("name another directory with --state DIR, or run castore as root"),
            Self::State { .. } | Self::NotKept(_) => None,
        };
        said.map(Cow::Borrowed)
    }
}

/// What can be done about what is damaged.
fn instead(damaged: &Damaged) -> String {
    let kept = Shown(&damaged.kept()).to_string();
    match damaged.known {
        Known::Nothing | Known::CutOff => {
            format!(
                "nothing was written; look at the stores (what the run replaced is in {kept}), then set its record aside: {}",
                damaged.set_aside()
            )
        }
        Known::End | Known::Run => {
            format!("what it replaced is in {kept}, unless it is long ago; castore history lists the runs")
        }
    }
}

/// Files that were not put back, and where what they were is, for a message.
fn named(left: &[Left]) -> String {
    let named = left.iter().map(|left| match &left.backup {
        Some(backup) => format!("{} (as it was: {})", Shown(&left.path), Shown(backup)),
        None => Shown(&left.path).to_string(),
    });
    named.collect::<Vec<_>>().join(", ")
}

/// The process that stands in the way, for a message.
fn by(process: Option<u32>) -> String {
    process.map_or_else(String::new, |process| format!(" (process {process})"))
}
