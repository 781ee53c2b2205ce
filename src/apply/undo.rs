//! A run undone: every file as it was, octets, owner, mode, attributes and times; what was made is removed.
//!
//! To undo is a run like another, with a journal and backups of its own, so that it is interrupted as safely, and is
//! itself undone by its id.

use super::carry::{carry, now, tree};
use super::job::{Item, Job, Must};
use super::journal::{Intent, RecordedRefresh, Shape};
use super::made::{RecordedStore, Wanted};
use super::programs::Programs;
use super::recover::{self, restored};
use super::refresh::to_take_back;
use super::run::{Applied, ApplyError, Damaged, Event, History, Known, Left, Options, Run};
use super::state::{Journal, Record, State};
use super::text;
use crate::model::Timestamp;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Takes a run back: the last that is not undone, or the one of this id.
///
/// A file that is not as the run left it is named, and nothing is changed. Of a tree at another root it is not asked
/// whether it is the one that the run was in, since devices change their numbers when they are mounted again: every file
/// is as that run left it.
pub fn undo(id: Option<&str>, options: &Options<'_>, watch: &mut dyn FnMut(Event<'_>)) -> Result<Applied, ApplyError> {
    undo_watched(id, options, watch, &mut |_| Ok(()))
}

pub(super) fn undo_watched(
    id: Option<&str>,
    options: &Options<'_>,
    watch: &mut dyn FnMut(Event<'_>),
    hook: super::carry::Hook<'_>,
) -> Result<Applied, ApplyError> {
    let state = State::hold(options, watch)?;
    recover::all(&state, options, watch)?;
    let (mut journals, damaged) = journals(&state)?;
    let root = recover::root(options)?;
    journals.retain(|journal| journal.intent.root == root);
    let known = History { runs: runs(&state, &journals), damaged };
    let chosen = chosen(&known, id)?;
    let is_it = |journal: &&Journal| journal.number.to_string() == chosen.id;
    let journal = journals.iter().find(is_it).ok_or(ApplyError::NothingToUndo)?;
    let number = journal.number;
    if let Some(damaged) = &journal.damaged {
        watch(Event::Damaged(damaged));
    }
    // The last first: a link goes before the file that it leads to.
    let changes = || journal.intent.changes.iter().rev();
    let kept = changes().map(|change| match &change.before {
        Shape::File { sha256, backup: Some(backup), .. } => {
            Ok((state.backup(number, *backup, sha256)?, OsString::new()))
        }
        Shape::Link { to, .. } => Ok((Vec::new(), text::name(to).unwrap_or_default())),
        _ => Ok((Vec::new(), OsString::new())),
    });
    let kept: Vec<(Vec<u8>, OsString)> = kept.collect::<Result<_, ApplyError>>()?;
    let items = changes().zip(&kept).map(|(change, (bytes, to))| Item {
        path: change.path(),
        new: restored(&change.before, bytes, to),
        must: Must::Shape(&change.after),
        store: (0, None),
    });
    let stores = journal.intent.made.stores.iter().map(RecordedStore::path);
    let earlier = stores.filter_map(|path| Some((path.clone(), state.made(number, &journal.intent, &path)?)));
    let made = Wanted { earlier: earlier.collect(), ..Wanted::back(&journal.intent.made, &journal.lost) };
    let job = Job {
        items: items.collect(),
        stores: 1,
        refreshes: to_take_back(journal.intent.refreshes.iter().map(RecordedRefresh::refresh).collect()),
        made,
        undoes: Some(number),
        at: options.now,
    };
    carry(&state, job, &Programs::new(&state, options)?, options, watch, hook).map_err(|error| match error {
        ApplyError::Changed(path) => not_as_left(&journal.intent, path, options),
        error => error,
    })
}

/// Says what of a file is not as a run left it.
fn not_as_left(intent: &Intent, path: PathBuf, options: &Options<'_>) -> ApplyError {
    let change = intent.changes.iter().find(|change| change.path() == path);
    let is = tree(options.root).and_then(|tree| now(&tree, &path));
    let differs = change.zip(is.ok()).and_then(|(change, is)| change.after.differs(&is));
    let differs = differs.unwrap_or_else(|| "expected nobody else to write it now, found it written".to_owned());
    ApplyError::NotAsLeft { path, differs }
}

/// The runs that were carried out, the newest first; of those that are kept what became of their files since. What is
/// damaged of what is written down hides no other run.
pub fn history(state: &Path) -> Result<History, ApplyError> {
    let Some(state) = State::look(state)? else { return Ok(History::default()) };
    let (journals, damaged) = journals(&state)?;
    let mut runs = runs(&state, &journals);
    for (run, journal) in runs.iter_mut().zip(journals.iter().rev()).filter(|(run, _)| run.is_open()) {
        let Ok(tree) = tree(&run.root) else { continue };
        let changes = journal.intent.changes.iter();
        let differs = changes.filter_map(|change| {
            let path = change.path();
            let differs = match now(&tree, &path) {
                Ok(is) => change.after.differs(&is)?,
                Err(why) => why.to_string(),
            };
            Some((path, differs))
        });
        run.changed = differs.collect();
    }
    Ok(History { runs, damaged })
}

/// Of runs of one tree, the newest first, the one of this id, else the last that can be undone and is no undoing.
///
/// Where what is written down of a later run is damaged, that one may be meant, and the last is not chosen.
pub fn chosen<'h>(known: &'h History, id: Option<&str>) -> Result<&'h Run, ApplyError> {
    let is_lost = |damaged: &&Damaged| damaged.known != Known::Run;
    let Some(id) = id else {
        let last = known.runs.iter().find(|run| run.is_open() && run.undoes.is_none());
        let number = |id: &str| id.parse::<u64>().ok();
        let is_later = |damaged: &&Damaged| last.is_none_or(|last| number(&damaged.id) > number(&last.id));
        return match known.damaged.iter().filter(is_lost).find(is_later) {
            Some(damaged) => Err(ApplyError::LastDamaged {
                damaged: Box::new(damaged.clone()),
                last: last.map(|last| last.id.clone()),
            }),
            None => last.ok_or(ApplyError::NothingToUndo),
        };
    };
    let Some(run) = known.runs.iter().find(|run| run.id == id) else {
        return Err(match known.damaged.iter().filter(is_lost).find(|damaged| damaged.id == id) {
            Some(damaged) => ApplyError::Damaged(Box::new(damaged.clone())),
            None => ApplyError::NoRun(id.to_owned()),
        });
    };
    if !run.is_over {
        return Err(ApplyError::NotOver(run.id.clone()));
    }
    if !run.left.is_empty() {
        return Err(ApplyError::NotPutBack { id: run.id.clone(), left: run.left.clone() });
    }
    match (run.undone, run.is_kept) {
        (Some(_), _) => Err(ApplyError::Undone(run.id.clone())),
        (None, false) => Err(ApplyError::NotKept(run.id.clone())),
        (None, true) if run.files.is_empty() => Err(ApplyError::WroteNothing(run.id.clone())),
        (None, true) => Ok(run),
    }
}

fn runs(state: &State, journals: &[Journal]) -> Vec<Run> {
    let undone = undone(journals);
    let run = |journal: &Journal| Run {
        id: journal.number.to_string(),
        root: text::name(&journal.intent.root).unwrap_or_default().into(),
        undoes: journal.intent.undoes.map(|number| number.to_string()),
        at: Timestamp::from_unix(journal.intent.at),
        request: journal.intent.request.clone(),
        files: journal.intent.changes.iter().map(super::journal::Recorded::path).collect(),
        undone: undone.get(&journal.number).copied(),
        is_over: journal.is_ended,
        is_kept: !journal.is_pruned,
        left: match journal.is_pruned {
            true => journal.left.iter().map(|path| Left { path: path.clone(), backup: None }).collect(),
            false => state.left(journal.number, &journal.intent, &journal.left),
        },
        changed: Vec::new(),
    };
    journals.iter().rev().map(run).collect()
}

/// What is written down of runs, in their order; and what of it is damaged, the newest first.
fn journals(state: &State) -> Result<(Vec<Journal>, Vec<Damaged>), ApplyError> {
    let (mut journals, mut damaged) = (Vec::new(), Vec::new());
    for number in state.runs()? {
        match state.record(number)? {
            Record::Nothing => {}
            Record::Whole(journal) => {
                damaged.extend(journal.damaged.clone());
                journals.push(*journal);
            }
            Record::Damaged(what) => damaged.push(what),
        }
    }
    damaged.reverse();
    Ok((journals, damaged))
}

/// The runs that are undone, and when: one whose undoing was undone, or taken back, is not.
fn undone(journals: &[Journal]) -> BTreeMap<u64, Timestamp> {
    let mut undone = BTreeMap::new();
    for journal in journals.iter().rev() {
        if let Some(other) = journal.intent.undoes
            && journal.is_ended
            && journal.left.is_empty()
            && !undone.contains_key(&journal.number)
        {
            undone.entry(other).or_insert(Timestamp::from_unix(journal.intent.at));
        }
    }
    undone
}
