//! `castore check`.

use super::choice::Choice;
use super::error::Failure;
use super::host::HostArguments;
use super::inspect::{inspect_everything, is_taken, selectors};
use super::output::OutputArguments;
use super::{Context, Exit};
use castore::chain::clients::settings;
use castore::check::{self, Check, Finding, Scope};
use castore::discover::Use;
use castore::model::{Reading, StoreId};
use castore::render::checked::{About, Checked};
use castore::render::{nagios, report};
use clap::Args;
use std::collections::BTreeSet;
use std::ffi::OsString;

/// Find what is wrong with the stores in use, and say what to do.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only these: clients, or files and directories.
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<OsString>,
    /// Days before an expiry that count as soon.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = days)]
    expires_within: i64,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// A hundred years: farther off, every certificate expires.
const DAYS: i64 = 36_500;

fn days(text: &str) -> Result<i64, String> {
    let found = text.parse().ok().filter(|days| (0..=DAYS).contains(days));
    found.ok_or_else(|| format!("expected a number of days from 0 to {DAYS}"))
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let answer = answer(arguments, context);
    match answer {
        // Nagios reads standard output alone, and takes 2 for critical.
        Err(Failure::Error { message, .. }) if arguments.output.is_plugin() => {
            context.data(nagios::failure(&message).as_bytes())?;
            Ok(Exit::Plugin(nagios::State::Unknown))
        }
        answer => answer,
    }
}

fn answer(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let checks = arguments.choice.checks()?;
    if arguments.choice.exit_zero && arguments.output.is_plugin() {
        let hint = "--fail-on error leaves warnings out, --fail-on never all findings";
        return Err(Failure::with_hint("--exit-zero: the exit status of --format nagios is its answer", hint));
    }
    let host = arguments.host.host(context)?;
    let at = arguments.host.at(context.process);
    let selectors = selectors(&arguments.selectors)?;
    let inspection = inspect_everything(&host, &selectors);
    inspection.verify(&host, &selectors)?;
    let uses: Vec<Use> = inspection.uses.iter().filter(|found| is_taken(&selectors, found)).cloned().collect();
    let effective = uses.iter().flat_map(Use::effective).filter_map(|candidate| candidate.store.clone());
    let named = selectors.iter().filter_map(|selector| selector.store(&host));
    let settings = |found: &Use| settings(&host, found);
    let scope = Scope {
        at,
        settings: &settings,
        within: arguments.expires_within,
        uses: &uses,
        users: &inspection.uses,
        snapshot: &inspection.snapshot,
        stores: effective.chain(named).collect(),
    };
    let is_wanted = |check: &Check| checks.iter().any(|wanted| wanted.id == check.id);
    let mut findings = check::run(&scope, &is_wanted);
    findings.retain(|finding| arguments.choice.tells(finding));
    // What a binary leaves open is no matter of what its certificates are like.
    let was_read = |id: &StoreId| inspection.snapshot.store(id).is_some_and(|store| store.reading == Reading::Whole);
    let gaps: BTreeSet<StoreId> = inspection.gaps(&host, &selectors).into_iter().filter(|id| !was_read(id)).collect();
    let checked = Checked {
        about: About { host: arguments.output.host_name(&host, context), at },
        is_tree: !host.live,
        checks,
        findings: &findings,
        stores: &scope.stores,
        snapshot: &inspection.snapshot,
        users: &inspection.uses,
        gaps: &gaps,
        closed: host.closed().len(),
        changes: None,
    };
    let options = arguments.output.options(arguments.choice.fail_on(), context);
    arguments.output.write(&checked, &options, context)?;
    context.note_closed(&host);
    if !gaps.is_empty() {
        let names: Vec<String> = gaps.iter().map(report::store_name).collect();
        context.note(&format!("not read in full, so there may be more: {}", names.join(", ")));
    }
    let fails = |finding: &Finding| options.fails(finding) && !arguments.choice.exit_zero;
    Ok(match (arguments.output.is_plugin(), gaps.is_empty()) {
        (true, _) => Exit::Plugin(nagios::state(&checked, &options)),
        (false, false) => Exit::Trouble,
        (false, true) if findings.iter().any(fails) => Exit::Findings,
        (false, true) => Exit::Clean,
    })
}
