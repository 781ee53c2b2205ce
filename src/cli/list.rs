//! `castore list`.

use super::error::Failure;
use super::host::HostArguments;
use super::inspect::{inspect_with_users, only_files, selectors};
use super::{Context, Exit, Format, FormatName};
use castore::catalogue::survey::Searched;
use castore::render::report::list::{Certificates, ListReport};
use castore::render::text;
use castore::scan::{Found, scan};
use clap::Args;
use std::ffi::OsString;
use std::mem::ManuallyDrop;

/// List the stores on this host: what they hold, and who uses them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only these: clients, or files and directories.
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<OsString>,
    /// List the certificates of each store.
    #[arg(long)]
    certs: bool,
    /// Search the whole disk as well, for stores that no known client uses.
    #[arg(long, conflicts_with = "selectors")]
    all: bool,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let host = arguments.host.host(context)?;
    let selectors = selectors(&arguments.selectors)?;
    let mut searched = Vec::new();
    let mut found = Searched::default();
    if arguments.all {
        let result = scan(&host, &["/".into()]);
        found = Searched { pythons: result.pythons, packages: result.packages, ..Searched::default() };
        searched = result.found;
        if !result.unread.is_empty() {
            context.note(&format!("{} files or directories could not be searched", result.unread.len()));
        }
    }
    let inspection = inspect_with_users(&host, &selectors, found);
    inspection.verify(&host, &selectors)?;
    let certificates = match arguments.format.format {
        _ if !arguments.certs => Certificates::Counted,
        FormatName::Json => Certificates::Listed,
        FormatName::Text => Certificates::Named,
    };
    let searched: Vec<Found> = searched.into_iter().filter(|found| !inspection.snapshot.covers(&found.path)).collect();
    let uses = (!only_files(&selectors)).then_some(inspection.uses.as_slice());
    // Not taken down either, see `Inspection::snapshot`.
    let report = ManuallyDrop::new(ListReport::new(&inspection.snapshot, uses, &searched, certificates));
    context.report(&arguments.format, &*report, text::list)?;
    context.note_closed(&host);
    match report.gaps.len() {
        0 => {}
        1 => context.note("1 store was not read in full: see the remarks"),
        gaps => context.note(&format!("{gaps} stores were not read in full: see the remarks")),
    }
    Ok(Exit::Clean)
}
