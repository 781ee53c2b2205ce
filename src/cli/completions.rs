//! `castore completions`.

use super::error::Failure;
use super::{Context, Exit};
use clap::Args;
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
    clap_complete::generate(arguments.shell, &mut super::command(), "castore", &mut script);
    context.data(&script)?;
    Ok(Exit::Clean)
}
