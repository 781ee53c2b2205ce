//! `castore list`.

use super::error::Failure;
use super::host::{HostArguments, elsewhere};
use super::inspect::{inspect_with_users, only_files, selectors};
use super::scan::NAMED;
use super::{Context, Exit, Format, FormatName};
use castore::catalogue::survey::Searched;
use castore::load::ReadAhead;
use castore::render::report::list::{Certificates, ListReport, SearchedDisk};
use castore::render::{escape, text};
use castore::scan::{Scan, scan_and_keep};
use clap::Args;
use std::ffi::OsString;
use std::mem::ManuallyDrop;

/// List the stores on this host: what they hold, and who uses them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only these: clients, files and directories; - is standard input.
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
    let host = arguments.host.host_and_input(&arguments.selectors, context)?;
    let selectors = selectors(&arguments.selectors)?;
    let searched = arguments.all.then(|| scan_and_keep(&host, &["/".into()]));
    let (found, mut read) = searched.unzip();
    let Scan { pythons, packages, unread, .. } = found.unwrap_or_default();
    let places = Searched { pythons, packages, ..Searched::default() };
    let inspection = inspect_with_users(&host, &selectors, places, read.as_mut());
    let exit = inspection.verify_each(&host, &selectors, context)?;
    let certificates = match arguments.format.format {
        _ if !arguments.certs => Certificates::Counted,
        FormatName::Json => Certificates::Listed,
        FormatName::Text => Certificates::Named,
    };
    // What could not be searched is named where it is little: JSON names all of it.
    match unread.len() {
        0..=NAMED => unread.iter().for_each(|(path, why)| context.note(&format!("{}: {why}", escape::path(path)))),
        many => context.note(&format!("{many} files or directories could not be searched: --format json names them")),
    }
    let stores = |read: ReadAhead| read.stores_beside(&inspection.snapshot);
    let searched = ManuallyDrop::new(read.map(|read| SearchedDisk { stores: stores(read), unread }));
    let uses = (!only_files(&selectors)).then_some(inspection.uses.as_slice());
    // Not taken down either, see `Inspection::snapshot`.
    let report = ManuallyDrop::new(ListReport::new(&inspection.snapshot, uses, searched.as_ref(), certificates));
    let width = context.process.width;
    context.report(&arguments.format, &*report, |report, colour| text::list(report, width, colour))?;
    context.note_limits(&host);
    let is_told = elsewhere(&host).is_some();
    if !host.live && !is_told && report.stores.is_empty() && !arguments.all && selectors.is_empty() {
        context.note(&context.commands.text("castore list --all searches the whole tree"));
    }
    match report.gaps.len() {
        0 => {}
        1 => context.note("1 store was not read in full: see the remarks"),
        gaps => context.note(&format!("{gaps} stores were not read in full: see the remarks")),
    }
    Ok(exit)
}
