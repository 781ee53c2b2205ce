//! `castore man`.

use super::error::Failure;
use super::{Context, Exit};
use clap::Args;

/// Write the manual page, or that of one command.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The command.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut command = super::command();
    command.build();
    let page = match &arguments.command {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::unknown("command", name, command.get_subcommands().map(clap::Command::get_name)))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(Failure::from_output)?;
    context.data(&text)?;
    Ok(Exit::Clean)
}
