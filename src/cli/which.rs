//! `castore which`.

use super::error::Failure;
use super::host::HostArguments;
use super::inspect::{self, inspect, selectors};
use super::{Context, Exit, Format};
use castore::catalogue::survey::Searched;
use castore::render::report::which::WhichReport;
use castore::render::text::{self, Explain};
use castore::select::Selector;
use clap::Args;
use std::ffi::OsString;

/// Say which stores each client uses, the rule that won, and what it shadowed.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The clients: curl, python, python:3.13, certifi:/opt/venv; all of them by default.
    #[arg(value_name = "CLIENT")]
    clients: Vec<OsString>,
    /// Show every place looked at, with the source of each rule.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let host = arguments.host.host(context)?;
    let selectors = selectors(&arguments.clients)?;
    if let Some(path) = selectors.iter().find(|selector| matches!(selector, Selector::Path(_))) {
        return Err(Failure::with_hint(
            format!("expected a client, found the path {}", inspect::text(path)),
            "castore list PATH shows what is in a file",
        ));
    }
    let inspection = inspect(&host, &selectors, Searched::default());
    inspection.verify(&host, &selectors)?;
    let report = WhichReport::new(&inspection.uses, &inspection.snapshot);
    let explain = if arguments.explain { Explain::Everything } else { Explain::Result };
    context.report(&arguments.format, &report, |report, colour| text::which(report, explain, colour))?;
    context.note_closed(&host);
    Ok(Exit::Clean)
}
