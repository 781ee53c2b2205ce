//! `castore add`.

use super::carry::Writing;
use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::sync::{Asked, IncludeArguments, plan_and_finish};
use super::{Context, Exit, Format};
use castore::select::SYSTEM;
use clap::Args;
use std::ffi::OsString;

/// Add certificates to stores: the short form of castore sync --add.
///
/// Without --to and --everywhere to the system's store, in the way of the system. With --everywhere to every store that
/// some client here uses and that can be changed; for clients whose roots are compiled in castore says what to set.
/// The plan is shown, and carried out with --write. The system's refresh makes its stores of the anchors alone: what
/// somebody wrote into the bundle by hand would be lost, and an anchor that was not taken up yet becomes trusted. Both are
/// in the plan; the first is refused, unless --allow says how many may go or the same command adds them too.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files of this machine, beginnings of fingerprints, or names of certificates that are found here; - is standard
    /// input.
    #[arg(value_name = "CERT", required = true)]
    certificates: Vec<OsString>,
    /// The stores that shall have them; may be repeated.
    #[arg(long, value_name = "SELECTOR", conflicts_with = "everywhere")]
    to: Vec<OsString>,
    /// Every store that a client here uses.
    #[arg(long)]
    everywhere: bool,
    /// Let the refresh drop up to N roots that stand in the system's bundle alone.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow: usize,
    #[command(flatten)]
    include: IncludeArguments,
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
    let to = stores(&arguments.to, arguments.everywhere);
    let include = arguments.include.include();
    let (add, allow) = (&arguments.certificates, arguments.allow);
    let asked = Asked { to: &to, add, include, allow, ..Asked::default() };
    plan_and_finish(&asked, (&arguments.writing, &arguments.facts, &arguments.host), &arguments.format, context)
}

/// The stores that are meant: all, those that were named, else the system's.
pub(super) fn stores(named: &[OsString], everywhere: bool) -> Vec<OsString> {
    match (everywhere, named.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => vec![SYSTEM.into()],
        (false, false) => named.to_vec(),
    }
}
