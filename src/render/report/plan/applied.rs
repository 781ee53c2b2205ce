//! What became of a plan, what was undone, and the history of both.

use super::RefreshReport;
use crate::apply::{Applied, Damaged, History, Known, Left, Outcome, Run};
use crate::model::StoreId;
use crate::plan::Refresh;
use crate::render::commands::Commands;
use crate::render::report::PathReport;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What became of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct AppliedReport {
    /// The name under which it can be undone; null where nothing was to be done.
    pub id: Option<String>,
    /// The command that takes it back, as a line of a shell; none where no file was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// Whether every store was read again and holds what the plan says, those that wait for a command apart.
    pub verified: bool,
    /// Files that were written, made or removed.
    pub changed: Vec<PathReport>,
    /// What became of the refresh commands.
    pub refreshed: Vec<RefreshedReport>,
    /// What the real readers said.
    pub asked: Vec<AskedReport>,
    /// Stores that a refresh command makes which was not to be run here: what they lack until it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WrongReport>,
    /// Stores that do not hold what the plan says after all.
    pub wrong: Vec<WrongReport>,
}

/// What became of a refresh command.
#[derive(Debug, Clone, Serialize)]
pub struct RefreshedReport {
    /// The command.
    #[serde(flatten)]
    pub refresh: RefreshReport,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: OutcomeReport,
}

/// What a reader said.
#[derive(Debug, Clone, Serialize)]
pub struct AskedReport {
    /// About which store.
    #[serde(flatten)]
    pub path: PathReport,
    /// Who.
    pub reader: &'static str,
    /// What it said.
    #[serde(flatten)]
    pub outcome: OutcomeReport,
}

/// What became of a command.
#[derive(Debug, Clone, Serialize)]
pub struct OutcomeReport {
    /// `well`, `not-run`, `failed`.
    pub outcome: &'static str,
    /// Why it was not run, or what it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// A store that does not hold what the plan says.
#[derive(Debug, Clone, Serialize)]
pub struct WrongReport {
    /// Which.
    #[serde(flatten)]
    pub path: PathReport,
    /// How.
    pub says: String,
}

/// The answer of `castore undo`.
#[derive(Debug, Clone, Serialize)]
pub struct UndoneReport {
    /// `castore.undo/1`.
    pub schema: &'static str,
    /// What was undone.
    pub run: RunReport,
    /// What became of it; null where it was only shown.
    pub applied: Option<AppliedReport>,
}

/// The answer of `castore history`.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryReport {
    /// `castore.history/1`.
    pub schema: &'static str,
    /// The directory that it is kept in.
    pub state: PathReport,
    /// The runs, the newest first.
    pub runs: Vec<RunReport>,
    /// What is written down of runs and damaged, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<DamagedReport>,
}

/// What is written down of a run and damaged.
#[derive(Debug, Clone, Serialize)]
pub struct DamagedReport {
    /// The run.
    pub id: String,
    /// The file.
    #[serde(flatten)]
    pub path: PathReport,
    /// What was expected there, and what was found.
    pub because: String,
    /// What is known of the run all the same: `nothing`, `cut-off`, `end`, `run`.
    pub known: &'static str,
    /// Where what it replaced is kept, if it still is.
    pub backups: PathReport,
    /// The command that sets what is written down of it aside, as a line of a shell.
    pub set_aside: String,
}

/// A run.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// Its name for `castore undo`.
    pub id: String,
    /// When it was.
    pub at: String,
    /// What was asked for.
    pub request: String,
    /// The files that it changed.
    pub files: Vec<PathReport>,
    /// The run that it undid; null where it undid none.
    pub undoes: Option<String>,
    /// When it was undone; null where it was not.
    pub undone: Option<String>,
    /// Whether it is over: else it is at work, or was interrupted, and the next run that writes ends it.
    pub over: bool,
    /// Whether what undoing needs is still kept.
    pub kept: bool,
    /// What it changed and did not put back when it was taken back, as something else had changed it since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftReport>,
    /// Files that are not as it left them: while they are so it cannot be undone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<WrongReport>,
}

/// A file that was not put back.
#[derive(Debug, Clone, Serialize)]
pub struct LeftReport {
    /// Which.
    #[serde(flatten)]
    pub path: PathReport,
    /// Where what it was is kept; null where it is not, or was no file.
    pub backup: Option<PathReport>,
}

impl AppliedReport {
    /// The same with commands for the host that it is of.
    #[must_use]
    pub fn typed(mut self, commands: &Commands) -> Self {
        self.refreshed.iter_mut().for_each(|done| done.refresh.command = commands.words(&done.refresh.command));
        self
    }

    /// Whether a command is still to be run that takes up what was written.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.refreshed.iter().any(|done| done.outcome.outcome == "not-run")
    }

    /// The report of a plan that was carried out; whether its refresh commands were to be run.
    #[must_use]
    pub fn new(applied: &Applied, is_refreshed: bool, undo: impl Fn(&str) -> String) -> Self {
        let refreshed = |(refresh, outcome): &(Refresh, Outcome)| RefreshedReport {
            refresh: RefreshReport::new(refresh),
            outcome: OutcomeReport::new(outcome),
        };
        let not_run = applied.refreshed.iter().filter(|(_, outcome)| matches!(outcome, Outcome::NotRun(_)));
        let made: Vec<&Path> = not_run
            .flat_map(|(refresh, _)| &refresh.makes)
            .filter_map(StoreId::path)
            .filter(|_| !is_refreshed)
            .collect();
        let report = |(path, says): &(PathBuf, String)| WrongReport { path: PathReport::new(path), says: says.clone() };
        let (waiting, wrong): (Vec<_>, Vec<_>) =
            applied.wrong.iter().partition(|(path, _)| made.contains(&path.as_path()));
        let asked = applied.asked.iter();
        let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
        let verified = wrong.is_empty()
            && !applied.refreshed.iter().any(|(_, outcome)| failed(outcome))
            // Who reads a store that still waits for its refresh sees what it lacks.
            && !asked.clone().any(|(path, _, outcome)| failed(outcome) && !made.contains(&path.as_path()));
        Self {
            id: applied.id.clone(),
            undo: applied.id.as_deref().filter(|_| !applied.changed.is_empty()).map(undo),
            verified,
            changed: applied.changed.iter().map(|path| PathReport::new(path)).collect(),
            refreshed: applied.refreshed.iter().map(refreshed).collect(),
            asked: asked
                .map(|(path, who, outcome)| AskedReport {
                    path: PathReport::new(path),
                    reader: who.name(),
                    outcome: OutcomeReport::new(outcome),
                })
                .collect(),
            waiting: waiting.into_iter().map(report).collect(),
            wrong: wrong.into_iter().map(report).collect(),
        }
    }
}

impl OutcomeReport {
    fn new(outcome: &Outcome) -> Self {
        let (word, says) = match outcome {
            Outcome::Well => ("well", None),
            Outcome::NotRun(why) => ("not-run", Some(why.clone())),
            Outcome::Failed(said) => ("failed", Some(said.clone())),
        };
        Self { outcome: word, says }
    }
}

impl RunReport {
    /// The report of a run.
    #[must_use]
    pub fn new(run: &Run) -> Self {
        let left = |left: &Left| LeftReport {
            path: PathReport::new(&left.path),
            backup: left.backup.as_deref().map(PathReport::new),
        };
        let changed =
            |(path, says): &(PathBuf, String)| WrongReport { path: PathReport::new(path), says: says.clone() };
        Self {
            id: run.id.clone(),
            at: run.at.to_string(),
            request: run.request.clone(),
            files: run.files.iter().map(|path| PathReport::new(path)).collect(),
            undoes: run.undoes.clone(),
            undone: run.undone.map(|at| at.to_string()),
            over: run.is_over,
            kept: run.is_kept && run.left.is_empty(),
            left: run.left.iter().map(left).collect(),
            changed: run.changed.iter().map(changed).collect(),
        }
    }
}

impl HistoryReport {
    /// The report of runs, the newest first.
    #[must_use]
    pub fn new(state: &Path, known: &History) -> Self {
        Self {
            schema: "castore.history/1",
            state: PathReport::new(state),
            runs: known.runs.iter().map(RunReport::new).collect(),
            damaged: known.damaged.iter().map(DamagedReport::new).collect(),
        }
    }
}

impl DamagedReport {
    fn new(damaged: &Damaged) -> Self {
        Self {
            id: damaged.id.clone(),
            path: PathReport::new(&damaged.path),
            because: damaged.because.clone(),
            known: match damaged.known {
                Known::Nothing => "nothing",
                Known::CutOff => "cut-off",
                Known::End => "end",
                Known::Run => "run",
            },
            backups: PathReport::new(&damaged.kept()),
            set_aside: damaged.set_aside(),
        }
    }
}

impl UndoneReport {
    /// The report of a run that was, or would be, undone.
    #[must_use]
    pub const fn new(run: RunReport, applied: Option<AppliedReport>) -> Self {
        Self { schema: "castore.undo/1", run, applied }
    }
}
