//! `castore sync`, `add` and `remove`: what would be done, and what was.

mod applied;

pub use applied::{
    AppliedReport, AskedReport, DamagedReport, HistoryReport, LeftReport, OutcomeReport, RefreshedReport, RunReport,
    UndoneReport, WrongReport,
};

use super::advice::AdviceReport;
use super::{CertificateReport, PathReport, hex, store_name};
use crate::plan::{Declined, Moved, Need, NotAdded, Plan, Refresh, Step, StoreChange, Sweep, Swept, Target, Was};
use crate::render::commands::Commands;
use crate::render::escape;
use serde::Serialize;
use std::path::Path;

/// The answer of `castore sync`, `add` and `remove`.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// `castore.sync/1`.
    pub schema: &'static str,
    /// When the plan was made.
    pub at: String,
    /// The stores that change.
    pub stores: Vec<StoreChangeReport>,
    /// Commands that make the system take changes up.
    pub refreshes: Vec<RefreshReport>,
    /// Stores that hold what they should.
    pub unchanged: Vec<TargetReport>,
    /// Stores that were asked for and are not changed here.
    pub declined: Vec<DeclinedReport>,
    /// Certificates that are added to no store, or not to one.
    pub left_out: Vec<NotAddedReport>,
    /// What to set for clients that no store reaches; null where nothing is.
    pub advice: Option<AdviceReport>,
    /// What became of it; null where it was only shown.
    pub applied: Option<AppliedReport>,
    /// What was to be taken and was not read in full: more may have been meant.
    pub gaps: Vec<String>,
    /// Commands of its text, as they are to be typed.
    #[serde(skip)]
    pub commands: Commands,
}

/// A store that was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct TargetReport {
    /// The store.
    pub store: String,
    /// Its path, where it has one.
    pub path: Option<PathReport>,
    /// Links that lead to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<PathReport>,
    /// Who reads it.
    pub readers: Vec<String>,
    /// Its format.
    pub format: &'static str,
}

/// What changes in a store.
#[derive(Debug, Clone, Serialize)]
pub struct StoreChangeReport {
    /// The store.
    #[serde(flatten)]
    pub target: TargetReport,
    /// What it will hold and does not.
    pub added: Vec<MovedReport>,
    /// What it holds and will not.
    pub removed: Vec<MovedReport>,
    /// What the refresh takes up and drops beside, though nobody asked for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub swept: Vec<SweptReport>,
    /// How many certificates stay.
    pub kept: usize,
    /// What else is to be known before it is done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How it is changed.
    pub how: String,
    /// What the change does not outlive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_by: Option<String>,
    /// What is done to the disk, in this order.
    pub steps: Vec<StepReport>,
    /// Who is asked afterwards.
    pub asks: Vec<&'static str>,
}

/// A certificate that is added or removed.
#[derive(Debug, Clone, Serialize)]
pub struct MovedReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// The stores it comes from.
    pub from: Vec<String>,
    /// What chains to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needed_by: Vec<NeedReport>,
}

/// A certificate that a refresh takes up or drops though nobody asked for it.
#[derive(Debug, Clone, Serialize)]
pub struct SweptReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// `takes-up`, `drops`, `takes-out`.
    pub does: &'static str,
    /// The store that gains or loses it.
    pub store: String,
    /// Why.
    pub because: String,
}

/// A certificate that chains to one that is removed.
#[derive(Debug, Clone, Serialize)]
pub struct NeedReport {
    /// SHA-256 of the DER.
    pub sha256: String,
    /// What people call it.
    pub name: Option<String>,
    /// Where it was found first.
    pub store: String,
}

/// A certificate that is not added.
#[derive(Debug, Clone, Serialize)]
pub struct NotAddedReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// The stores it comes from.
    pub from: Vec<String>,
    /// The store it is not added to; null where it is added to none.
    pub to: Option<String>,
    /// Why.
    pub because: String,
}

/// One thing that is done to the disk.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// `write`, `link`, `remove`, `nss`.
    pub does: &'static str,
    /// To what.
    #[serde(flatten)]
    pub path: PathReport,
    /// Octets that are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// Where a link leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What is there: `absent`, `file`, `link`.
    pub was: &'static str,
    /// SHA-256 of the file that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was_sha256: Option<String>,
}

/// A command that makes the system take changes up.
#[derive(Debug, Clone, Serialize)]
pub struct RefreshReport {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where the program is looked for.
    pub directories: Vec<PathReport>,
    /// Stores that it makes anew.
    pub makes: Vec<String>,
    /// Why.
    pub because: String,
}

/// A store that is not changed here.
#[derive(Debug, Clone, Serialize)]
pub struct DeclinedReport {
    /// The store.
    #[serde(flatten)]
    pub target: TargetReport,
    /// Why not.
    pub because: String,
    /// What to do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

impl PlanReport {
    /// The report of a plan that is only shown.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self {
            schema: "castore.sync/1",
            at: plan.at.to_string(),
            stores: plan.stores.iter().map(StoreChangeReport::new).collect(),
            refreshes: plan.refreshes.iter().map(RefreshReport::new).collect(),
            unchanged: plan.unchanged.iter().map(TargetReport::new).collect(),
            declined: plan.declined.iter().map(DeclinedReport::new).collect(),
            left_out: plan.left_out.iter().map(NotAddedReport::new).collect(),
            advice: None,
            applied: None,
            gaps: Vec::new(),
            commands: Commands::default(),
        }
    }

    /// The same with commands for the host that it is of.
    #[must_use]
    pub fn typed(mut self, commands: &Commands) -> Self {
        self.refreshes.iter_mut().for_each(|refresh| refresh.command = commands.words(&refresh.command));
        self.commands = commands.clone();
        self
    }
}

impl TargetReport {
    fn new(target: &Target) -> Self {
        Self {
            store: store_name(&target.store),
            path: target.store.path().map(PathReport::new),
            links: target.links.iter().map(|link| PathReport::new(link)).collect(),
            readers: target.readers.clone(),
            format: target.format.name(),
        }
    }
}

impl StoreChangeReport {
    fn new(change: &StoreChange) -> Self {
        Self {
            target: TargetReport::new(&change.target),
            added: change.added.iter().map(MovedReport::new).collect(),
            removed: change.removed.iter().map(MovedReport::new).collect(),
            swept: change.swept.iter().map(SweptReport::new).collect(),
            kept: change.kept,
            notes: change.notes.clone(),
            how: change.how.clone(),
            lost_by: change.lost_by.clone(),
            steps: change.steps.iter().map(StepReport::new).collect(),
            asks: change.asks.iter().map(|reader| reader.name()).collect(),
        }
    }
}

impl MovedReport {
    fn new(moved: &Moved) -> Self {
        Self {
            certificate: CertificateReport::new(&moved.certificate),
            from: moved.from.iter().map(store_name).collect(),
            needed_by: moved.needed_by.iter().map(NeedReport::new).collect(),
        }
    }
}

impl SweptReport {
    fn new(swept: &Swept) -> Self {
        Self {
            certificate: CertificateReport::new(&swept.certificate),
            does: swept.does.name(),
            store: store_name(&swept.store),
            because: swept.because.clone(),
        }
    }

    /// Whether the store gains it.
    #[must_use]
    pub fn is_gained(&self) -> bool {
        self.does == Sweep::TakesUp.name()
    }
}

impl NeedReport {
    fn new(need: &Need) -> Self {
        let certificate = CertificateReport::line(&need.certificate);
        Self { sha256: certificate.sha256, name: certificate.name, store: store_name(&need.store) }
    }
}

impl NotAddedReport {
    fn new(left: &NotAdded) -> Self {
        Self {
            certificate: CertificateReport::new(&left.certificate),
            from: left.from.iter().map(store_name).collect(),
            to: left.to.as_ref().map(store_name),
            because: left.because.clone(),
        }
    }
}

impl StepReport {
    fn new(step: &Step) -> Self {
        let (does, size, to, was) = match step {
            Step::Write { bytes, was, .. } => ("write", Some(bytes.len()), None, was),
            Step::Link { to, was, .. } => ("link", None, Some(escape::path(Path::new(to))), was),
            Step::Remove { was, .. } => ("remove", None, None, was),
            Step::Nss { was, .. } => ("nss", None, None, was),
        };
        let (was, was_sha256) = match was {
            Was::Absent => ("absent", None),
            Was::File(facts) => ("file", Some(hex(&facts.sha256))),
            Was::Link(_) => ("link", None),
        };
        Self { does, path: PathReport::new(step.path()), size, to, was, was_sha256 }
    }
}

impl RefreshReport {
    /// The report of a command.
    #[must_use]
    pub fn new(refresh: &Refresh) -> Self {
        Self {
            command: refresh.command.clone(),
            directories: refresh.directories.iter().map(|directory| PathReport::new(directory)).collect(),
            makes: refresh.makes.iter().map(store_name).collect(),
            because: refresh.because.clone(),
        }
    }
}

impl DeclinedReport {
    fn new(declined: &Declined) -> Self {
        Self {
            target: TargetReport::new(&declined.target),
            because: declined.because.clone(),
            instead: declined.instead.clone(),
        }
    }
}
