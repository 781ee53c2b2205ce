//! `castore sync`.

mod env;

use super::error::Failure;
use super::{Context, Exit, Format};
use clap::Args;
use env::SyncHost;

/// Print what to set so that programs trust what the system's store holds.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    host: SyncHost,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    match arguments.host.places()? {
        Some(places) => env::run(&places, &arguments.host.host, &arguments.format, &[], context),
        None => Err(Failure::new("say what to do: --env")),
    }
}
