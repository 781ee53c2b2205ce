//! What an interrupted run left: it is finished if all of it stands, and else taken back.
//!
//! Which of its files are new is not remembered but asked of the disk: after a power cut nothing else is true. A file
//! that is neither what it was nor what it was to be has been changed by someone else since, and stays theirs.

use super::carry::{Hook, Point, tree};
use super::change::{Change, Is, New, Sites, Watch, look};
use super::command::scratch::Scratch;
use super::error::{Refusal, Step};
use super::journal::{Intent, Recorded, RecordedRefresh, Shape};
use super::made::{self, Wanted};
use super::programs::Programs;
use super::refresh::to_take_back;
use super::run::{ApplyError, Event, Known, Options, OtherTree, Outcome, Recovered};
use super::state::{Journal, Record, State};
use super::sys::{Directory, sweep};
use super::text;
use super::write::Stop;
use crate::host::files::Tree;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Mends what interrupted runs left, so that a plan is made of stores as they stay. Does nothing, and makes nothing,
/// where no run was interrupted.
pub fn recover(options: &Options<'_>, watch: &mut dyn FnMut(Event<'_>)) -> Result<(), ApplyError> {
    let Some(state) = State::look(options.state)? else { return Ok(()) };
    let root = root(options)?;
    let mut is_needed = false;
    let mut last = None;
    for number in state.runs()? {
        state.sweep(number);
        match state.record(number)? {
            Record::Damaged(damaged) if damaged.known == Known::End => {}
            Record::Whole(journal) if journal.intent.root != root => {}
            Record::Whole(journal) if journal.is_ended => last = Some(journal),
            _ => {
                is_needed = true;
                last = None;
            }
        }
    }
    tidy(last.as_deref(), options)?;
    match is_needed || Scratch::is_left(&Scratch::place(state.path())) {
        // What is damaged and stands in nobody's way is told by the run that follows.
        true => all(&State::hold(options, watch)?, options, &mut |event| match event {
            Event::Damaged(_) => {}
            event => watch(event),
        }),
        false => Ok(()),
    }
}

/// Removes what the last run left beside its targets though it is over: that a directory was removed is not brought to
/// the disk, so that a power cut brings it back.
fn tidy(last: Option<&Journal>, options: &Options<'_>) -> Result<(), ApplyError> {
    if let Some(journal) = last {
        clear(&tree(options.root)?, &journal.intent);
    }
    Ok(())
}

/// Mends what every interrupted run left in the tree that is asked for. What another tree needs waits until that one
/// is named: a journal says what to write, never where.
pub(super) fn all(state: &State, options: &Options<'_>, watch: &mut dyn FnMut(Event<'_>)) -> Result<(), ApplyError> {
    Scratch::sweep(&Scratch::place(state.path()));
    let root = root(options)?;
    let root_is = identity(&tree(options.root)?)?;
    let mut last = None;
    let records = state.runs()?.into_iter().map(|number| Ok((number, state.record(number)?)));
    let records: Vec<(u64, Record)> = records.collect::<Result<_, ApplyError>>()?;
    // Before anything is mended: what is done on top of it may be what it was to change.
    for (_, record) in &records {
        match record {
            Record::Damaged(damaged) if damaged.known == Known::End => watch(Event::Damaged(damaged)),
            Record::Damaged(damaged) => return Err(ApplyError::Damaged(Box::new(damaged.clone()))),
            Record::Nothing | Record::Whole(_) => {}
        }
    }
    state.mend_said(watch)?;
    for (number, record) in records {
        match record {
            // It was killed before it changed anything.
            Record::Nothing => state.remove(number)?,
            Record::Damaged(_) => {}
            Record::Whole(journal) if journal.intent.root != root => {}
            // It may have been killed between its last word and its last step.
            Record::Whole(journal) if journal.is_ended => {
                state.sweep(number);
                last = Some(journal);
            }
            Record::Whole(journal) if journal.intent.root_is != root_is => {
                watch(Event::OtherTree(&OtherTree {
                    id: number.to_string(),
                    root: options.root.to_path_buf(),
                    expected: journal.intent.root_is,
                    found: root_is,
                    kept: state.backups(number),
                }));
            }
            Record::Whole(journal) => {
                last = None;
                let recovered = mend(state, &journal, options, watch)?;
                watch(Event::Recovered(&recovered));
            }
        }
    }
    tidy(last.as_deref(), options)
}

fn mend(
    state: &State,
    journal: &Journal,
    options: &Options<'_>,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Recovered, ApplyError> {
    let (number, intent) = (journal.number, &journal.intent);
    let tree = tree(options.root)?;
    clear(&tree, intent);
    let mut finished = journal.is_committed;
    if !finished {
        finished = true;
        for change in &intent.changes {
            finished &= found(&tree, &change.path())?.is_some_and(|is| change.after.is(&is));
        }
    }
    let left = match finished {
        true => {
            sync(&tree, intent)?;
            Vec::new()
        }
        false => take_back(state, &tree, number, intent, &mut |_| Ok(())).map_err(|error| match error {
            ApplyError::State { path, because } => {
                ApplyError::Damaged(Box::new(state.damaged(number, &path, because, Known::CutOff)))
            }
            error => error,
        })?,
    };
    // A refresh command may have been killed half way, or may have seen half of it.
    // One that sees no difference makes nothing: all is made anew.
    let refreshes: Vec<_> = to_take_back(intent.refreshes.iter().map(RecordedRefresh::refresh).collect());
    let mut unfinished = Programs::new(state, options)?.refresh(&refreshes, watch);
    unfinished.retain(|(_, outcome)| *outcome != Outcome::Well);
    let made = &intent.made;
    let wanted = if finished { Wanted::again(made) } else { Wanted::back(made, &journal.lost) };
    let looked = if tree.is_live() && options.refresh { made.held() } else { BTreeMap::new() };
    let kept = |path: &Path| state.made(number, intent, path).filter(|_| finished || !left.is_empty());
    let (wrong, lost) = made::judge(&wanted, &looked, (&tree, options), &kept);
    if finished {
        state.lost(number, &lost)?;
    }
    match (finished, left.is_empty()) {
        (true, _) => state.write(number, "end", &true)?,
        (false, true) => state.forget(number)?,
        // What it replaced is nowhere else.
        (false, false) => state.keep(number, &left)?,
    }
    Ok(Recovered { id: number.to_string(), finished, left: state.left(number, intent, &left), unfinished, wrong })
}

/// The root that is asked for, behind all links, as journals have it.
pub(super) fn root(options: &Options<'_>) -> Result<String, ApplyError> {
    Ok(text::of(tree(options.root)?.on_disk(Path::new("/"))))
}

/// Which directory the root of a tree is. Of `/` it is not asked: it is this machine.
pub(super) fn identity(tree: &Tree) -> Result<Option<(u64, u64)>, ApplyError> {
    if tree.is_live() {
        return Ok(None);
    }
    let root = Path::new("/");
    let identity = Directory::within(tree, root).and_then(|directory| directory.identity());
    identity.map_err(|error| Stop::from(error).at(root, Step::OpenDirectory).into())
}

/// Removes what a killed run left beside its targets.
fn clear(tree: &Tree, intent: &Intent) {
    for (_, directory) in directories(tree, intent) {
        sweep(&directory);
    }
}

/// Brings all names to the disk: a run that was killed may have given them and not come to this.
fn sync(tree: &Tree, intent: &Intent) -> Result<(), ApplyError> {
    for (path, directory) in directories(tree, intent) {
        directory.sync().map_err(|error| Stop::from(error).at(&path, Step::SyncDirectory))?;
    }
    Ok(())
}

/// The directories of what changes, as far as they are there.
fn directories(tree: &Tree, intent: &Intent) -> Vec<(PathBuf, Directory)> {
    let parents = intent.changes.iter().filter_map(|change| change.path().parent().map(Path::to_path_buf));
    let parents: BTreeSet<PathBuf> = parents.collect();
    parents.into_iter().filter_map(|path| Directory::within(tree, &path).ok().map(|opened| (path, opened))).collect()
}

/// Puts back what a run changed, the last first; says which files are neither as they were nor as they were to be.
pub(super) fn take_back(
    state: &State,
    tree: &Tree,
    number: u64,
    intent: &Intent,
    hook: Hook<'_>,
) -> Result<Vec<PathBuf>, ApplyError> {
    let mut left = Vec::new();
    for (at, change) in intent.changes.iter().enumerate().rev() {
        let path = change.path();
        let is = found(tree, &path)?;
        if is.as_ref().is_some_and(|is| change.before.is(is)) {
            continue;
        }
        if !is.is_some_and(|is| change.after.is(&is)) {
            left.push(path);
            continue;
        }
        let bytes = match &change.before {
            Shape::File { sha256, backup: Some(backup), .. } => state.backup(number, *backup, sha256)?,
            _ => Vec::new(),
        };
        let mut before = |step| hook(Point::Back(at, step));
        let watch = &mut Watch::new(&path, &mut before);
        match put(tree, &path, change, &bytes, watch) {
            Err(Stop::Refused(refusal)) if is_anothers(&refusal) => left.push(path),
            done => done.map_err(|stop| stop.at(&watch.path, watch.step))?,
        }
    }
    sync(tree, intent)?;
    Ok(left)
}

/// What stands at a path; nothing of a kind that no run leaves: someone else has put it there since.
fn found(tree: &Tree, path: &Path) -> Result<Option<Is>, ApplyError> {
    match look(tree, path) {
        Err(Stop::Refused(refusal)) if is_anothers(&refusal) => Ok(None),
        looked => Ok(Some(looked.map_err(|stop| stop.at(path, Step::OpenOld))?)),
    }
}

/// Whether something is refused for what someone else made of it, and not for what this user may do, or a program does.
const fn is_anothers(refusal: &Refusal) -> bool {
    use crate::model::Unreadable::{Dangling, Loop};
    matches!(
        refusal,
        Refusal::NotRegular(_)
            | Refusal::NotDirectory(_)
            | Refusal::HardLinked(_)
            | Refusal::Changed
            | Refusal::Unreadable(Dangling | Loop)
    )
}

fn put(tree: &Tree, path: &Path, recorded: &Recorded, bytes: &[u8], watch: &mut Watch<'_>) -> Result<(), Stop> {
    let mut sites = Sites::new(tree);
    let to = match &recorded.before {
        Shape::Link { to, .. } => text::name(to).unwrap_or_default(),
        _ => std::ffi::OsString::new(),
    };
    let mut change = Change::at(&mut sites, path, restored(&recorded.before, bytes, &to), watch)?;
    if !recorded.after.is(&change.is) {
        return Err(Refusal::Changed.into());
    }
    change.stage(watch)?;
    change.rename(watch)?;
    change.sync(watch)?;
    change.read_back(&tree.again()?, watch)
}

/// What makes a path what it was.
pub(super) fn restored<'a>(shape: &'a Shape, bytes: &'a [u8], to: &'a std::ffi::OsStr) -> New<'a> {
    match shape {
        Shape::Nothing => New::Nothing,
        Shape::File { attributes, .. } => New::File { bytes, mode: None, like: attributes.as_ref() },
        Shape::Link { attributes, .. } => New::Link { to, like: attributes.as_ref() },
    }
}
