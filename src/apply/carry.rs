//! The order in which a run goes, so that at every moment it can be finished or taken back.
//!
//! 1. The lock; what an interrupted run left is mended ([`recover`](super::recover)).
//! 2. Every target is compared with what the plan was made from, and all new octets are looked at.
//! 3. What is replaced is backed up, then what is meant is written down: both on the disk.
//! 4. All that is new is made whole beside its target, with owner, mode and attributes, and the real readers of a file
//!    are asked whether they read it. Up to here nothing has changed.
//! 5. One after the other gets its name, each compared again just before; then the names are brought to the disk and
//!    read back, and that is written down.
//! 6. Refresh commands; then the end is written down.
//! 7. Stores are read again and compared, those that commands made with what they were before too, and those readers
//!    asked that could not be before.
//!
//! What fails before the fifth is over is taken back from the backups.

use super::change::{Change, Is, New, Sites, Watch, look};
use super::error::{Refusal, Step};
use super::job::{Item, Job, databases};
use super::journal::{Intent, Recorded, RecordedRefresh, Shape, hexadecimal};
use super::made::{self, Before, RecordedMade, Wanted};
use super::programs::Programs;
use super::run::{Applied, ApplyError, Event, Options, Outcome};
use super::state::State;
use super::sys::Attributes;
use super::write::Stop;
use super::{check, recover, sys, text, verify};
use crate::format::Means;
use crate::host::files::Tree;
use crate::limits::Bounds;
use crate::plan::{Plan, Reader};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Where a run is; tests change the disk there, stop the run, or keep what is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Before the backups.
    Backups,
    /// Before what is meant is written down.
    Intent,
    /// A step of one change.
    Change(usize, Step),
    /// Before it is written down that all is there.
    Committed,
    /// Before the refresh commands.
    Refresh,
    /// Before the end is written down.
    End,
    /// A step of taking one change back.
    Back(usize, Step),
    /// Before what is no longer kept is removed.
    Prune,
}

/// Who is told.
pub(super) type Hook<'h> = &'h mut dyn FnMut(Point) -> io::Result<()>;

/// Carries out a plan: exactly what it says, or nothing.
///
/// `Ok` means that every file that it names is as it says and on the disk; what refresh commands and readers of the
/// stores made of it is in the answer.
pub fn apply(plan: &Plan, options: &Options<'_>, watch: &mut dyn FnMut(Event<'_>)) -> Result<Applied, ApplyError> {
    apply_watched(plan, options, watch, &mut |_| Ok(()))
}

pub(super) fn apply_watched(
    plan: &Plan,
    options: &Options<'_>,
    watch: &mut dyn FnMut(Event<'_>),
    hook: Hook<'_>,
) -> Result<Applied, ApplyError> {
    let state = State::hold(options, watch)?;
    recover::all(&state, options, watch)?;
    let programs = Programs::new(&state, options)?;
    let tree = tree(options.root)?;
    let databases = databases(plan, &tree, &programs)?;
    let mut items = Vec::new();
    for (number, store) in plan.stores.iter().enumerate() {
        for step in &store.steps {
            items.extend(Item::of(step, number, store, &databases));
        }
    }
    let (refreshes, made) = (plan.refreshes.clone(), Wanted::of(plan));
    let job = Job { items, stores: plan.stores.len(), refreshes, made, undoes: None, at: plan.at };
    let mut applied = carry(&state, job, &programs, options, watch, hook)?;
    let is_said = |path: &PathBuf| applied.wrong.iter().any(|(said, _)| said == path);
    let mut wrong = verify::wrong(plan, tree, options);
    wrong.retain(|(path, _)| !is_said(path));
    applied.wrong.splice(0..0, wrong);
    for store in plan.stores.iter().filter(|_| options.asks_readers && applied.id.is_some()) {
        let Some(path) = store.target.store.path() else { continue };
        for reader in &store.asks {
            if !applied.asked.iter().any(|(asked, who, _)| asked == path && who == reader) {
                let outcome = programs.ask(store, path, *reader, watch);
                applied.asked.push((path.to_path_buf(), *reader, outcome));
            }
        }
    }
    Ok(applied)
}

/// Carries out a job under the lock.
pub(super) fn carry(
    state: &State,
    job: Job<'_>,
    programs: &Programs<'_>,
    options: &Options<'_>,
    watch: &mut dyn FnMut(Event<'_>),
    hook: Hook<'_>,
) -> Result<Applied, ApplyError> {
    let tree = tree(options.root)?;
    if tree.is_live()
        && !job.refreshes.is_empty()
        && let Some((lock, process)) = sys::package_manager()
    {
        return Err(ApplyError::PackageManager { lock, process });
    }
    let mut sites = Sites::new(&tree);
    let mut run = Run { changes: Vec::new(), hook };
    let (olds, stores) = run.look(&mut sites, &job, options)?;
    if run.changes.is_empty() && job.refreshes.is_empty() {
        return Ok(Applied { id: None, changed: vec![], refreshed: vec![], asked: vec![], wrong: vec![] });
    }
    run.tell(Point::Backups, options)?;
    let root_is = recover::identity(&tree)?;
    let number = state.begin()?;
    let before = Before::look(&job.refreshes, &tree, options);
    let made = RecordedMade::new(&job.made, &before, olds.len());
    let intent = Intent { root_is, made, ..run.intent(&job, &tree, options) };
    let mut asked = Vec::new();
    let done = (|| {
        let replaced = olds.iter().enumerate().filter_map(|(at, old)| Some((at, old.as_deref()?)));
        state.back_up(number, replaced.chain((olds.len()..).zip(before.bytes())))?;
        drop(olds);
        run.tell(Point::Intent, options)?;
        state.write(number, "intent", &intent)?;
        run.stage()?;
        if options.asks_readers {
            asked = run.ask(&job, programs, watch)?;
        }
        run.commit(&tree, &stores, job.stores, watch)?;
        run.tell(Point::Committed, options)?;
        state.write(number, "committed", &true)
    })();
    let changed: Vec<PathBuf> = run.changes.iter().map(|change| change.path.clone()).collect();
    let hook = run.hook;
    drop(run.changes);
    if let Err(first) = done {
        drop(sites);
        return Err(take_back(state, &tree, (number, &intent), first, hook));
    }
    drop(sites);
    let told = |hook: Hook<'_>, point| hook(point).map_err(|error| failed(options.state, &error));
    told(hook, Point::Refresh)?;
    let refreshed = programs.refresh(&job.refreshes, watch);
    // All of it stands and is written down: what fails now is for the next run, and no failure of this one.
    let kept = |path: &Path| state.made(number, &intent, path);
    let (wrong, lost) = made::judge(&job.made, &before.held(), (&tree, options), &kept);
    let ended = told(hook, Point::End).and_then(|()| state.lost(number, &lost));
    let ended = ended.and_then(|()| state.write(number, "end", &true));
    let ended = ended.and_then(|()| told(hook, Point::Prune)).and_then(|()| state.prune());
    if let Err(error) = ended {
        watch(Event::Unfinished(&error.to_string()));
    }
    Ok(Applied { id: Some(number.to_string()), changed, refreshed, asked, wrong })
}

/// Ends a run that failed: what it did is taken back, and what it wrote down is removed, unless it is all that is left
/// of a file.
fn take_back(
    state: &State,
    tree: &Tree,
    (number, intent): (u64, &Intent),
    first: ApplyError,
    hook: Hook<'_>,
) -> ApplyError {
    let taken = state.uncommit(number).and_then(|()| recover::take_back(state, tree, number, intent, hook));
    // One that changed before it got its name was never replaced.
    let is_named = |path: &PathBuf| matches!(&first, ApplyError::Changed(named) if named == path);
    let then = match taken.map(|left| left.into_iter().filter(|path| !is_named(path)).collect::<Vec<_>>()) {
        Ok(left) if left.is_empty() => {
            // What cannot be removed now, the next run removes.
            let _ = state.remove(number);
            return first;
        }
        Ok(left) => state.keep(number, &left).map_or_else(
            |error| error,
            |()| ApplyError::NotPutBack { id: number.to_string(), left: state.left(number, intent, &left) },
        ),
        Err(then) => then,
    };
    ApplyError::Stuck { first: Box::new(first), then: Box::new(then) }
}

fn failed(path: &Path, error: &io::Error) -> ApplyError {
    ApplyError::State { path: path.to_path_buf(), because: error.to_string() }
}

/// What is replaced, by change, and the numbers of the stores.
type Looked = (Vec<Option<Vec<u8>>>, Vec<usize>);

/// What readers said.
type Asked = Vec<(PathBuf, Reader, Outcome)>;

/// A run, and its changes.
struct Run<'a, 'h> {
    changes: Vec<Change<'a>>,
    hook: Hook<'h>,
}

impl<'a> Run<'a, '_> {
    fn tell(&mut self, point: Point, options: &Options<'_>) -> Result<(), ApplyError> {
        (self.hook)(point).map_err(|error| failed(options.state, &error))
    }

    /// Looks at every target before the first is changed.
    fn look(&mut self, sites: &mut Sites<'_>, job: &Job<'a>, options: &Options<'_>) -> Result<Looked, ApplyError> {
        let means = Means { passwords: options.passwords, bounds: Bounds::default(), ..Means::default() };
        let (mut looked, mut stores, mut paths) = (Vec::new(), Vec::new(), BTreeSet::new());
        for item in &job.items {
            let at = self.changes.len();
            let hook = &mut *self.hook;
            let mut before = |step| hook(Point::Change(at, step));
            let watch = &mut Watch::new(&item.path, &mut before);
            let mut look = || {
                if !paths.insert(&item.path) {
                    return Err(Refusal::Wrong("the plan changes it twice".to_owned()).into());
                }
                let change = Change::at(sites, &item.path, item.new, watch)?;
                if !item.must.is(&change.is) {
                    return Ok(None);
                }
                let old = change.old()?;
                Ok(Some((change, old)))
            };
            let found = look().map_err(|stop: Stop| match stop {
                Stop::Refused(Refusal::Changed) => ApplyError::Changed(item.path.clone()),
                stop => stop.at(&watch.path, watch.step).into(),
            })?;
            let (change, old) = found.ok_or_else(|| ApplyError::Changed(item.path.clone()))?;
            let link = match &change.is {
                Is::Link { to, .. } => Some(to.clone()),
                Is::Nothing | Is::File { .. } => None,
            };
            let (store, path, new, is_changed) = (item.store.1, item.path.as_path(), item.new, !change.is_done());
            looked.push(check::Looked { store, path, new, old, link, is_changed });
            if is_changed {
                self.changes.push(change);
                stores.push(item.store.0);
            }
        }
        check::all(&looked, sites.tree, &means, job.at).map_err(|(path, stop)| stop.at(path, Step::OpenOld))?;
        let olds = looked.into_iter().filter(|one| one.is_changed).map(|one| one.old);
        Ok((olds.collect(), stores))
    }

    fn intent(&self, job: &Job<'_>, tree: &Tree, options: &Options<'_>) -> Intent {
        let changes = self.changes.iter().enumerate().map(|(number, change)| {
            Recorded::new(&change.path, Shape::of(&change.is, number), after(&change.new, &change.is))
        });
        Intent {
            at: options.now.unix(),
            request: options.request.to_owned(),
            root: text::of(tree.on_disk(Path::new("/"))),
            root_is: None,
            undoes: job.undoes,
            changes: changes.collect(),
            refreshes: job.refreshes.iter().map(RecordedRefresh::of).collect(),
            made: RecordedMade::default(),
        }
    }

    /// Makes all that is new, so that what cannot be made ends the run before anything is changed.
    fn stage(&mut self) -> Result<(), ApplyError> {
        self.each(|change, watch| change.stage(watch))
    }

    /// Asks the readers of files that are whole and have no name yet: what they do not read gets none.
    fn ask(
        &self,
        job: &Job<'_>,
        programs: &Programs<'_>,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Asked, ApplyError> {
        let mut asked = Asked::new();
        let items: BTreeMap<&Path, &Item<'_>> = job.items.iter().map(|item| (item.path.as_path(), item)).collect();
        for change in &self.changes {
            let Some(inside) = change.staged() else { continue };
            let Some(store) = items.get(change.path.as_path()).and_then(|item| item.store.1) else { continue };
            if store.target.store.path() != Some(&change.path) {
                continue;
            }
            for reader in &store.asks {
                let outcome = programs.ask(store, &inside, *reader, watch);
                if let Outcome::Failed(said) = outcome {
                    let reader = reader.name();
                    return Err(ApplyError::Reader { store: change.path.clone(), reader, said });
                }
                asked.push((change.path.clone(), *reader, outcome));
            }
        }
        Ok(asked)
    }

    /// Gives everything its name.
    fn commit(
        &mut self,
        tree: &Tree,
        stores: &[usize],
        of: usize,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), ApplyError> {
        let mut at = 0;
        self.each(|change, step| {
            let store = stores.get(at).copied();
            if let Some(store) = store.filter(|store| at == 0 || stores.get(at - 1) != Some(store)) {
                watch(Event::Store(store, of));
            }
            at += 1;
            change.rename(step)
        })?;
        let mut synced: BTreeSet<PathBuf> = BTreeSet::new();
        self.each(|change, step| match change.path.parent() {
            Some(directory) if !synced.insert(directory.to_path_buf()) => Ok(()),
            _ => change.sync(step),
        })?;
        // Asked anew, by a tree that remembers nothing.
        let again = tree.again().map_err(|why| Stop::from(why).at(Path::new("/"), Step::ReadBack))?;
        self.each(|change, step| change.read_back(&again, step))
    }

    /// Does one thing with every change, in their order.
    fn each(
        &mut self,
        mut work: impl FnMut(&mut Change<'a>, &mut Watch<'_>) -> Result<(), Stop>,
    ) -> Result<(), ApplyError> {
        let hook = &mut *self.hook;
        for (at, change) in self.changes.iter_mut().enumerate() {
            let mut before = |step| hook(Point::Change(at, step));
            let watch = &mut Watch::new(&change.path, &mut before);
            work(change, watch).map_err(|stop| match stop {
                // Behind the rename it is no longer the old file that changed.
                Stop::Refused(Refusal::Changed) if !watch.step.is_after_rename() => {
                    ApplyError::Changed(change.path.clone())
                }
                stop => stop.at(&watch.path, watch.step).into(),
            })?;
        }
        Ok(())
    }
}

/// What will be there.
fn after(new: &New<'_>, is: &Is) -> Shape {
    match new {
        New::Nothing => Shape::Nothing,
        New::Link { to, like } => Shape::Link { to: text::of(to), attributes: like.cloned() },
        New::File { bytes, mode, like } => {
            let kept = |is: &Is| -> Option<Attributes> {
                match is {
                    Is::File { attributes, .. } => Some(attributes.clone()),
                    _ => None,
                }
            };
            let attributes = like.cloned().or_else(|| kept(is));
            let mode = mode.filter(|_| attributes.is_none());
            Shape::File { sha256: hexadecimal(&Sha256::digest(bytes).into()), attributes, backup: None, mode }
        }
    }
}

/// What stands at a path of another tree now.
pub(super) fn now(tree: &Tree, path: &Path) -> Result<Is, ApplyError> {
    look(tree, path).map_err(|stop| stop.at(path, Step::OpenOld).into())
}

/// The tree that a plan's paths are inside of.
pub(super) fn tree(root: &Path) -> Result<Tree, ApplyError> {
    let tree = if root == Path::new("/") { Tree::live() } else { Tree::at(root) };
    tree.map_err(|why| ApplyError::State { path: root.to_path_buf(), because: why.to_string() })
}
