//! `castore checks`.

use super::error::Failure;
use super::{Context, Exit, Format, FormatName};
use castore::check::CHECKS;
use castore::facts::Facts;
use castore::render::report::checks::ChecksReport;
use castore::render::{json, text};
use clap::Args;

/// List the checks, or explain one.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The check to explain.
    #[arg(value_name = "CHECK")]
    id: Option<String>,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let chosen: Vec<_> =
        CHECKS.iter().filter(|check| arguments.id.as_deref().is_none_or(|id| check.id == id)).collect();
    if let (true, Some(id)) = (chosen.is_empty(), &arguments.id) {
        return Err(Failure::unknown("check", id, CHECKS.iter().map(|check| check.id)));
    }
    let report = ChecksReport::new(&chosen, &Facts::built_in(), context.process.now);
    let colour = context.colour(arguments.format.color);
    let answer = match arguments.format.format {
        FormatName::Json => json(&report),
        FormatName::Text if arguments.id.is_some() => text::check_explained(&report, colour),
        FormatName::Text => text::checks(&report, colour),
    };
    context.data(answer.as_bytes())?;
    Ok(Exit::Clean)
}
