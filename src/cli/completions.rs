//! `castore completions`.
//!
//! Where a client or a check is to be named, a shell offers those there are. That is said to the script alone: what is
//! typed may be more, a file, an installation or a pattern.

use super::error::Failure;
use super::{Context, Exit};
use castore::catalogue::clients;
use castore::check::CHECKS;
use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, Command, ValueHint};
use clap_complete::Shell;

/// Write the completion script of a shell.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut offering(super::command()), "castore", &mut script);
    context.data(&script)?;
    Ok(Exit::Clean)
}

/// The command line as a shell is told it.
fn offering(command: Command) -> Command {
    let command = command.mut_args(offered);
    command.mut_subcommands(offering)
}

/// An argument with what it may be, by how its value is called.
fn offered(argument: Arg) -> Arg {
    let called = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    match called.as_deref().unwrap_or_default() {
        "CLIENT" | "SELECTOR" => argument.value_parser(PossibleValuesParser::new(clients().map(|client| client.id))),
        "CHECK" => argument.value_parser(PossibleValuesParser::new(CHECKS.iter().map(|check| check.id))),
        "FILE" => argument.value_hint(ValueHint::FilePath),
        "DIR" => argument.value_hint(ValueHint::DirPath),
        _ => argument,
    }
}
