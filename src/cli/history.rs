//! `castore history`.

use super::error::Failure;
use super::{Context, Exit, Format, state};
use castore::apply::history;
use castore::render::report::plan::HistoryReport;
use castore::render::text;
use clap::Args;
use std::path::PathBuf;

/// List what castore wrote, the newest first, and what of it can be undone.
///
/// Of the last 20 runs the backups are kept, and of the last that changed a file, however long ago.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What was written in the tree at DIR.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Where undo has what it needs; see castore sync --help.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let state = state::directory(arguments.state.as_deref(), arguments.root.as_deref(), context.process)?;
    let root =
        arguments.root.as_deref().map_or_else(|| Ok(PathBuf::from("/")), |root| state::real(root, context.process))?;
    let mut known = history(&state).map_err(Failure::from_apply)?;
    // A state that was named may have runs of several trees.
    known.runs.retain(|run| run.root == root);
    for damaged in &known.damaged {
        context.note(&damaged.to_string());
    }
    context.report(&arguments.format, &HistoryReport::new(&state, &known), text::history)?;
    Ok(Exit::Clean)
}
