//! `castore remove`.

use super::add::stores;
use super::carry::Writing;
use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::sync::{Asked, plan_and_finish};
use super::{Context, Exit, Format};
use clap::Args;
use std::ffi::OsString;

/// Remove certificates from stores: the short form of castore sync --remove.
///
/// Without --from and --everywhere from the system's store, in the way of the system. What chains to a certificate and
/// is found here is told. The plan is shown, and carried out with --write.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Beginnings of fingerprints, names of certificates that are found here, or files of this machine.
    #[arg(value_name = "CERT", required = true)]
    certificates: Vec<OsString>,
    /// The stores that shall lose them; may be repeated.
    #[arg(long, value_name = "SELECTOR", conflicts_with = "everywhere")]
    from: Vec<OsString>,
    /// Every store that a client here uses.
    #[arg(long)]
    everywhere: bool,
    /// Remove up to N roots, where that is more than five and five of a hundred.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow: usize,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let to = stores(&arguments.from, arguments.everywhere);
    let asked = Asked { to: &to, remove: &arguments.certificates, allow: arguments.allow, ..Asked::default() };
    plan_and_finish(&asked, (&arguments.writing, &arguments.facts, &arguments.host), &arguments.format, context)
}
