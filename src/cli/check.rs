//! `castore check`.

#[cfg(feature = "network")]
pub(super) mod servers;

use super::baseline;
use super::choice::{Choice, Chosen};
use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::inspect::{inspect_to_check, is_taken, only_files, selectors};
use super::output::OutputArguments;
use super::settings::{Found, SettingsArguments};
use super::{Context, Exit};
use castore::baseline::{Against, Baseline};
use castore::catalogue::survey::{Searched, Survey};
use castore::chain::clients::settings;
use castore::check::{self, Check, Finding, Scope, Users};
use castore::discover::Use;
use castore::host::Host;
use castore::model::{Reading, StoreId};
use castore::render::checked::{About, Changes, Checked, NO_STORE};
use castore::render::commands::Commands;
use castore::render::text::count;
use castore::render::{nagios, report};
use castore::select::Selector;
use castore::settings::castore_toml::{DAYS, Value};
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Find what is wrong with the stores in use, and say what to do.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only these: clients, files and directories; - is standard input.
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<OsString>,
    /// Also tell what changed since FILE, which castore snapshot wrote on this host.
    ///
    /// FILE is one of this machine, also with --root.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// End with 0 whatever is found; what could not be looked at still ends with 2.
    #[arg(long, help_heading = "Findings")]
    exit_zero: bool,
    /// Show what castore.toml allows as well, with the reason; csv, ndjson and prometheus do not, which is said.
    #[arg(long, help_heading = "Findings")]
    show_allowed: bool,
    #[command(flatten)]
    settings: SettingsArguments,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// The flags that are settings as well.
#[derive(Debug, Clone, Args)]
pub(super) struct Flags {
    /// Days before an expiry that count as soon [default: 90].
    #[arg(long, value_name = "DAYS", value_parser = days)]
    expires_within: Option<u64>,
    #[command(flatten)]
    choice: Choice,
    #[cfg(feature = "network")]
    #[command(flatten)]
    servers: servers::ServerArguments,
}

impl Flags {
    /// Those that were given, by the keys of the settings that they outrank.
    pub(super) fn values(&self) -> Vec<(&'static str, Value)> {
        let days = self.expires_within.map(|days| ("expires-within", Value::Number(days)));
        let values = days.into_iter().chain(self.choice.values());
        #[cfg(feature = "network")]
        let values = values.chain(self.servers.values());
        values.collect()
    }
}

fn days(text: &str) -> Result<u64, String> {
    let found = text.parse().ok().filter(|days| (0..=DAYS).contains(days));
    found.ok_or_else(|| format!("expected a number of days from 0 to {DAYS}"))
}

/// What flags, variables and files came to.
struct Settled {
    found: Found,
    chosen: Chosen,
    output: OutputArguments,
}

impl Settled {
    fn new(arguments: &Arguments, context: &mut Context<'_>) -> Result<Self, Failure> {
        let baseline = arguments.baseline.clone().map(|file| ("baseline", Value::Path(file)));
        let flags: Vec<_> = arguments
            .flags
            .values()
            .into_iter()
            .chain(baseline)
            .chain(arguments.facts.values())
            .chain(arguments.output.values())
            .collect();
        let found = arguments.settings.find(&flags, context)?;
        let chosen = Chosen::new(&found);
        let output = arguments.output.settled(&found.effective);
        Ok(Self { found, chosen, output })
    }
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let settled = Settled::new(arguments, context);
    let is_plugin = settled.as_ref().map_or(&arguments.output, |settled| &settled.output).is_plugin();
    match settled.and_then(|settled| answer(arguments, settled, context)) {
        // Nagios reads standard output alone, and takes 2 for critical.
        Err(Failure::Error { message, .. }) if is_plugin => {
            context.data(nagios::failure(&message).as_bytes())?;
            Ok(Exit::Plugin(nagios::State::Unknown))
        }
        answer => answer,
    }
}

fn answer(arguments: &Arguments, settled: Settled, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let Settled { found, chosen, output } = settled;
    if arguments.exit_zero && output.is_plugin() {
        return Err(no_answer());
    }
    let tables = arguments.facts.settled(&found.effective);
    let facts = tables.facts(context.process)?;
    let mut host = arguments.host.host_and_input(&arguments.selectors, context)?;
    let at = arguments.host.at(context.process);
    let selectors = selectors(&arguments.selectors)?;
    if only_files(&selectors) {
        // What accounts use is not asked.
        host.closed_homes.clear();
    }
    let baseline_file = found.effective.path("baseline");
    let baseline = baseline_file.map(|file| baseline::open(context, file)).transpose()?;
    let baseline = baseline_file.zip(baseline.as_ref().map(|read| &read.baseline));
    let looked_at = [&selectors[..], &scope_of(context, &host, baseline)?].concat();
    #[cfg(feature = "network")]
    let watched = if arguments.flags.servers.are_wanted(&arguments.selectors, &chosen.checks) {
        servers::watched(&found, &host)?
    } else {
        Vec::new()
    };
    #[cfg(feature = "network")]
    let (answers, inspection) = servers::meanwhile(&watched, || inspect_to_check(&host, &looked_at));
    #[cfg(not(feature = "network"))]
    let inspection = inspect_to_check(&host, &looked_at);
    let against = baseline
        .map(|baseline| baseline::against(context, &host, &inspection, baseline, &selectors, at))
        .transpose()?;
    inspection.verify(&host, &selectors)?;
    let uses: Vec<Use> = inspection.uses.iter().filter(|found| is_taken(&selectors, found, &host)).cloned().collect();
    #[cfg(feature = "network")]
    let servers = {
        let (every, snapshot) = (&inspection.uses, &inspection.snapshot);
        servers::judge(&watched, answers, &servers::Clients { host: &host, at, uses: &uses, every, snapshot })
    };
    #[cfg(not(feature = "network"))]
    let servers = without_network(&found, context);
    // What a binary leaves open is no matter of what its certificates are like.
    let was_read = |id: &StoreId| inspection.snapshot.store(id).is_some_and(|store| store.reading == Reading::Whole);
    let gaps: BTreeSet<StoreId> = inspection.gaps(&host, &selectors).into_iter().filter(|id| !was_read(id)).collect();
    let effective = uses.iter().flat_map(Use::effective).filter_map(|candidate| candidate.store.clone());
    let named = selectors.iter().filter_map(|selector| selector.store(&host));
    let survey = Survey::new(&host, Searched::default());
    let settings = |found: &Use| settings(&survey, found);
    let closed: BTreeSet<PathBuf> = host.closed().into_iter().chain(host.closed_homes.iter().cloned()).collect();
    let scope = Scope {
        at,
        host: &host,
        settings: &settings,
        within: found.effective.number("expires-within").and_then(|days| i64::try_from(days).ok()).unwrap_or_default(),
        thresholds: &found.effective.thresholds(),
        allow: &found.allow(host.live),
        servers: &servers,
        is_whole: selectors.is_empty() && gaps.is_empty() && closed.is_empty(),
        uses: &uses,
        users: &inspection.uses,
        used: Users::new(&inspection.uses),
        snapshot: &inspection.snapshot,
        facts: &facts,
        stores: effective.chain(named).collect(),
        baseline: against.as_ref(),
        baseline_file,
        facts_directory: tables.directory(),
    };
    let (allowed, findings) = findings(&scope, &chosen, &context.commands);
    let changes = against.as_ref().map(changes);
    let checked = Checked {
        about: About { host: output.host_name(&host, context), at },
        is_tree: !host.live,
        checks: chosen.checks,
        findings: &findings,
        allowed: &allowed,
        stores: &scope.stores,
        servers: servers.len(),
        snapshot: &inspection.snapshot,
        used: &scope.used,
        facts: &facts,
        gaps: &gaps,
        homes: &host.closed_homes,
        closed: closed.len(),
        changes: changes.as_ref(),
    };
    let options = output.options(chosen.fail_on, arguments.show_allowed, context);
    output.write(&checked, &options, context)?;
    context.note_limits(&host);
    note_gaps(&gaps, context);
    if checked.is_blind() {
        context.note(&match &selectors[..] {
            [] => format!("{NO_STORE}, so nothing is known of this host"),
            _ => format!("{NO_STORE} in what was named, so nothing was looked at"),
        });
    }
    if arguments.show_allowed && !allowed.is_empty() && output.hides_allowed() {
        let allowed = count(allowed.len(), "finding");
        context.note(&format!("{allowed} allowed by castore.toml, which this format does not show"));
    }
    Ok(match () {
        () if output.is_plugin() => Exit::Plugin(nagios::state(&checked, &options)),
        () if !checked.is_whole() => Exit::Trouble,
        () if !arguments.exit_zero && findings.iter().any(|finding| options.fails(finding)) => Exit::Findings,
        () => Exit::Clean,
    })
}

/// What a baseline was taken of, which is looked at too; it has to be one for those whose eyes see now.
fn scope_of(
    context: &mut Context<'_>,
    host: &Host,
    baseline: Option<(&Path, &Baseline)>,
) -> Result<Vec<Selector>, Failure> {
    let Some((file, baseline)) = baseline else { return Ok(Vec::new()) };
    baseline::same_view(context, host, (file, baseline))?;
    baseline::scope(file, baseline)
}

fn no_answer() -> Failure {
    let hint = "--fail-on error leaves warnings out, --fail-on never all findings";
    Failure::with_hint("--exit-zero: the exit status of --format nagios is its answer", hint)
}

/// What the checks that were chosen find: what castore.toml allows, and what it does not.
/// What to do is said in commands for the host that was asked about.
fn findings(scope: &Scope<'_>, chosen: &Chosen, commands: &Commands) -> (Vec<Finding>, Vec<Finding>) {
    let is_wanted = |check: &Check| chosen.checks.iter().any(|wanted| wanted.id == check.id);
    let mut findings = check::run(scope, &is_wanted);
    findings.retain(|finding| chosen.tells(finding));
    for finding in &mut findings {
        finding.detail.remedy = commands.text(&finding.detail.remedy);
    }
    findings.into_iter().partition(|finding| finding.allowed.is_some())
}

/// How many certificates came and went since the baseline, by store.
fn changes(against: &Against) -> BTreeMap<StoreId, Changes> {
    let counts = against.counts().into_iter();
    counts.map(|(store, (added, removed))| (store, Changes { added, removed })).collect()
}

fn note_gaps(gaps: &BTreeSet<StoreId>, context: &mut Context<'_>) {
    if !gaps.is_empty() {
        let names: Vec<String> = gaps.iter().map(report::store_name).collect();
        context.note(&format!("not read in full, so there may be more: {}", names.join(", ")));
    }
}

#[cfg(not(feature = "network"))]
fn without_network(found: &Found, context: &mut Context<'_>) -> Vec<check::Server> {
    if !found.effective.servers().is_empty() {
        context.note("this castore is built without network, so the servers of hosts are not looked at");
    }
    Vec::new()
}
