//! `castore man`.

use super::error::Failure;
use super::{Context, Exit};
use clap::Args;

/// Write the manual page, or that of one command.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The command, with the one below it where it has such: snapshot accept.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

/// The command of a page, below another.
fn page<'c>(command: &'c clap::Command, name: &str) -> Option<&'c clap::Command> {
    command.find_subcommand(name).or_else(|| {
        let within = |below: &'c clap::Command| page(below, name.strip_prefix(below.get_name())?.strip_prefix('-')?);
        command.get_subcommands().find_map(within)
    })
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut command = super::command();
    command.build();
    // As pages are named that others refer to: castore-snapshot-accept.
    let name = arguments.command.join("-").replace(' ', "-");
    let page = match name.as_str() {
        "" => command,
        name => page(&command, name.strip_prefix("castore-").unwrap_or(name))
            .cloned()
            .ok_or_else(|| Failure::unknown("command", name, command.get_subcommands().map(clap::Command::get_name)))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(Failure::from_output)?;
    context.data(&text)?;
    Ok(Exit::Clean)
}
