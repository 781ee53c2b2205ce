//! The programs of a run: certutil before, readers between and after, refresh commands at the end; and where they work.
//!
//! The place is made when the first of them is needed: most runs on another root, and many others, need none.

use super::carry::tree;
use super::command::scratch::Scratch;
use super::nss::{self, Changed};
use super::reader::{Question, ask};
use super::refresh;
use super::run::{ApplyError, Event, Options, Outcome};
use super::state::State;
use crate::host::files::Tree;
use crate::model::Certificate;
use crate::plan::{Reader, Refresh, StoreChange};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What programs need.
pub(super) struct Programs<'o> {
    options: &'o Options<'o>,
    tree: Tree,
    place: PathBuf,
    scratch: OnceCell<Result<Scratch, String>>,
}

impl<'o> Programs<'o> {
    /// For a run under the lock that `state` holds.
    pub(super) fn new(state: &State, options: &'o Options<'o>) -> Result<Self, ApplyError> {
        let tree = tree(options.root)?;
        let place = Scratch::place(state.path());
        Ok(Self { options, tree, place, scratch: OnceCell::new() })
    }

    fn scratch(&self) -> Result<&Scratch, String> {
        let made = self
            .scratch
            .get_or_init(|| Scratch::open(&self.place).map_err(|error| format!("{}: {error}", self.place.display())));
        made.as_ref().map_err(Clone::clone)
    }

    /// Runs refresh commands, or says why not.
    pub(super) fn refresh(&self, refreshes: &[Refresh], watch: &mut dyn FnMut(Event<'_>)) -> Vec<(Refresh, Outcome)> {
        let mut run = |refresh: &Refresh| {
            if !self.tree.is_live() {
                return Outcome::NotRun("no command is run for another root".to_owned());
            }
            if !self.options.refresh {
                return Outcome::NotRun("refresh commands were not to be run".to_owned());
            }
            watch(Event::Refreshing(refresh));
            match self.scratch() {
                Err(why) => Outcome::Failed(why),
                Ok(scratch) => refresh::run(refresh, Path::new("/"), scratch, &mut |line| watch(Event::Printed(line))),
            }
        };
        refreshes.iter().map(|refresh| (refresh.clone(), run(refresh))).collect()
    }

    /// Asks a reader of a store what it reads in the file or directory `inside`.
    pub(super) fn ask(
        &self,
        change: &StoreChange,
        inside: &Path,
        reader: Reader,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Outcome {
        watch(Event::Asking(change.target.store.path().unwrap_or(inside), reader));
        match self.scratch() {
            Err(why) => Outcome::NotRun(why),
            Ok(scratch) => {
                let at = &self.tree.on_disk(inside);
                let question = Question { change, at, passwords: self.options.passwords, scratch };
                ask(&question, reader, &mut |line| watch(Event::Printed(line)))
            }
        }
    }

    /// What the files of an NSS database become.
    pub(super) fn nss(
        &self,
        directory: &Path,
        add: &[(String, Arc<Certificate>)],
        remove: &[(String, Arc<Certificate>)],
    ) -> Result<Vec<Changed>, ApplyError> {
        let scratch = self.scratch().map_err(|because| ApplyError::State { path: self.place.clone(), because })?;
        let directory = &self.tree.on_disk(directory);
        let (passwords, is_foreign) = (self.options.passwords, !self.tree.is_live());
        Ok(nss::change(&nss::Request { directory, add, remove, passwords, is_foreign }, scratch)?)
    }
}
