//! `castore undo`.

use super::carry::{Carrying, carried_out, told};
use super::error::Failure;
use super::{Context, Exit, Format, FormatName};
use castore::apply::{chosen, history, undo};
use castore::render::report::plan::{AppliedReport, RunReport, UndoneReport};
use castore::render::text;
use clap::Args;
use std::path::PathBuf;

/// Take back what castore wrote: every file as it was, with owner, mode and times.
///
/// Without ID the last run that was not undone; one that was interrupted, where there is one. A file that something else
/// has changed since is named, and nothing is written. castore history lists the runs.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run, as castore history calls it.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Undo in the tree at DIR.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    carrying: Carrying,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let carrying = &arguments.carrying;
    context.commands = carrying.commands(arguments.root.as_deref(), context.process);
    let place = carrying.place(arguments.root.as_deref(), context)?;
    // What was interrupted is mended first: a run that stands whole can be undone, too.
    let taken_back = carrying.recover(arguments.root.as_deref(), context)?;
    // What was not finished and was taken back was the last: the one before it was not meant.
    let is_done = |id: Option<&String>| id.map_or(!taken_back.is_empty(), |id| taken_back.contains(id));
    if is_done(arguments.id.as_ref()) {
        context.note(
            &context
                .commands
                .text("nothing else was taken back; castore undo takes back the run before, where there is one"),
        );
        return Ok(Exit::Clean);
    }
    let mut known = history(&place.state).map_err(Failure::from_apply)?;
    known.runs.retain(|run| run.root == place.root);
    let found = chosen(&known, arguments.id.as_deref()).map_err(Failure::from_apply)?;
    let is_text = arguments.format.format == FormatName::Text;
    let shown = text::undone(&UndoneReport::new(RunReport::new(found), None), context.colour(arguments.format.color));
    if is_text {
        carrying.show(&shown, context)?;
    } else if context.process.person {
        context.output.message(&shown);
    }
    if !carrying.confirm("take this back?", context)? {
        context.note("nothing was written");
        return Ok(Exit::Findings);
    }
    let applied = carrying.run(&place, None, context, |options, watch| undo(Some(&found.id), options, watch))?;
    let applied = AppliedReport::new(&applied, carrying.refreshes(&place), |id| carrying.undo(&place, id))
        .typed(&context.commands);
    let report = UndoneReport::new(RunReport::new(found), Some(applied));
    let exit = report.applied.as_ref().map_or(Exit::Trouble, carried_out);
    let text = match (&report.applied, is_text) {
        (Some(applied), true) => text::applied_text(applied, context.colour(arguments.format.color)),
        _ => castore::render::json(&report),
    };
    told(&text, context)?;
    Ok(exit)
}
