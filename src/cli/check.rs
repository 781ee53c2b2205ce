//! `castore check`.

use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::inspect::{inspect_everything, is_taken, selectors};
use super::{Context, Exit, Format};
use castore::chain::clients::settings;
use castore::check::{self, CHECKS, Check, Scope, Severity};
use castore::discover::Use;
use castore::model::{Reading, StoreId};
use castore::render::report::check::CheckReport;
use castore::render::report::store_name;
use castore::render::text;
use clap::{Args, ValueEnum};
use std::ffi::OsString;

/// Find what is wrong with the stores in use, and say what to do.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only these: clients, or files and directories.
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<OsString>,
    /// Days before an expiry that count as soon.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = days)]
    expires_within: i64,
    /// Run only this check; may be repeated.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Leave this check out; may be repeated.
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
    /// Report and count only findings this bad or worse.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "info")]
    min_severity: Level,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

/// A hundred years: farther off, every certificate expires.
const DAYS: i64 = 36_500;

fn days(text: &str) -> Result<i64, String> {
    let found = text.parse().ok().filter(|days| (0..=DAYS).contains(days));
    found.ok_or_else(|| format!("expected a number of days from 0 to {DAYS}"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    const fn severity(self) -> Severity {
        match self {
            Self::Info => Severity::Info,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let unknown = arguments.only.iter().chain(&arguments.skip).find(|id| CHECKS.iter().all(|check| check.id != **id));
    if let Some(id) = unknown {
        return Err(Failure::unknown("check", id, CHECKS.iter().map(|check| check.id)));
    }
    let facts = arguments.facts.facts(context.process)?;
    let host = arguments.host.host(context)?;
    let at = arguments.host.at(context.process);
    let selectors = selectors(&arguments.selectors)?;
    let inspection = inspect_everything(&host, &selectors);
    inspection.verify(&host, &selectors)?;
    let uses: Vec<Use> = inspection.uses.iter().filter(|found| is_taken(&selectors, found)).cloned().collect();
    let effective = uses.iter().flat_map(Use::effective).filter_map(|candidate| candidate.store.clone());
    let named = selectors.iter().filter_map(|selector| selector.store(&host));
    let settings = |found: &Use| settings(&host, found);
    let scope = Scope {
        at,
        settings: &settings,
        within: arguments.expires_within,
        uses: &uses,
        users: &inspection.uses,
        snapshot: &inspection.snapshot,
        facts: &facts,
        stores: effective.chain(named).collect(),
    };
    let is_wanted = |check: &Check| {
        (arguments.only.is_empty() || arguments.only.iter().any(|id| id == check.id))
            && !arguments.skip.iter().any(|id| id == check.id)
    };
    let mut findings = check::run(&scope, &is_wanted);
    findings.retain(|finding| finding.severity() >= arguments.min_severity.severity());
    // What a binary leaves open is no matter of what its certificates are like.
    let was_read = |id: &StoreId| inspection.snapshot.store(id).is_some_and(|store| store.reading == Reading::Whole);
    let gaps = inspection.gaps(&host, &selectors).into_iter().filter(|id| !was_read(id));
    let gaps: Vec<String> = gaps.map(|id| store_name(&id)).collect();
    let report = CheckReport::new(at, &findings, gaps, &facts);
    context.report(&arguments.format, &report, text::check)?;
    context.note_closed(&host);
    if !report.gaps.is_empty() {
        context.note(&format!("not read in full, so there may be more: {}", report.gaps.join(", ")));
        return Ok(Exit::Trouble);
    }
    Ok(if findings.is_empty() { Exit::Clean } else { Exit::Findings })
}
