//! `castore which`.

use super::error::Failure;
use super::host::HostArguments;
use super::inspect::{self, is_taken, named, selectors, stores};
use super::subject::{Subject, View};
use super::{Context, Exit, Format};
use castore::catalogue::survey::{Searched, Survey};
use castore::discover::program::Recognised;
use castore::discover::{Use, discover_for_accounts};
use castore::host::Host;
use castore::load::load;
use castore::render::report::PathReport;
use castore::render::report::subject::{SubjectReport, answers_that_differ, variables_that_differ};
use castore::render::report::which::{LooksReport, WhichReport};
use castore::render::text::{self, Explain};
use castore::select::Selector;
use clap::Args;
use std::ffi::OsString;
use std::mem::ManuallyDrop;

/// Say which stores each client uses, the rule that won, and what it shadowed.
///
/// Without CLIENT, the clients with one answer together: how many certificates they trust and what decided
/// that; first what differs from the system's store. Of a process
/// (--pid) or a service (--service) those clients are shown that its program is, with what differs from
/// this shell.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The clients to show in full: curl, python, python:3.13, certifi:/opt/venv.
    #[arg(value_name = "CLIENT")]
    clients: Vec<OsString>,
    /// Show every place looked at, with the source of each rule.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

/// Clients of a program that are shown in full: more would not fit on a screen.
const IN_FULL: usize = 3;

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let View { mut host, subject } = arguments.host.view(context)?;
    let selectors = selectors(&arguments.clients)?;
    if let Some(path) = selectors.iter().find(|selector| matches!(selector, Selector::Path(_))) {
        return Err(Failure::with_hint(
            format!("expected a client, found the path {}", inspect::text(path)),
            "castore list PATH shows what is in a file",
        ));
    }
    let program = subject.as_ref().and_then(|subject| subject.program.as_ref()).filter(|_| selectors.is_empty());
    let searched = program.map(|program| program.searched(&host)).unwrap_or_default();
    let (mut uses, looked_at) = find(&mut host, &selectors, &searched, arguments.explain);
    uses.retain(|found| is_taken(&selectors, found, &host));
    let (mut recognised, mut instead) = (None, None);
    if let Some(program) = program {
        let survey = Survey::new(&host, searched.clone());
        let (own, how) = program.own(&survey, uses);
        (uses, recognised) = (own, Some(how));
        instead = (how == Recognised::Not).then(|| program.not_recognised(&survey));
    }
    // Never taken down, see `Inspection::snapshot`.
    let snapshot = ManuallyDrop::new(load(&host, &stores(&host, &selectors, &uses)));
    let inspection = inspect::Inspection { uses, snapshot };
    let exit = inspection.verify_each(&host, &selectors, context)?;
    let mut report = WhichReport::new(&inspection.uses, &inspection.snapshot);
    report.looked_at = looked_at;
    report.commands = context.commands.clone();
    if let Some(subject) = &subject {
        let (shell, name) = arguments.host.shell(context)?;
        let mut said = describe(subject, recognised, name);
        said.remarks.extend(instead);
        compare(&mut said, &host, &shell, &inspection, &searched);
        report.subject = Some(said);
    }
    let explain = match () {
        () if arguments.explain => Explain::Everything,
        () if !selectors.is_empty() => Explain::Result,
        () if recognised.is_some_and(|how| how != Recognised::Not) && report.clients.len() <= IN_FULL => {
            Explain::Result
        }
        () => Explain::Overview,
    };
    let width = context.process.width;
    context.report(&arguments.format, &report, |report, colour| text::which(report, explain, width, colour))?;
    context.note_limits(&host);
    Ok(exit)
}

/// The installations of the clients named, and with `explain` the paths looked at for each.
fn find(host: &mut Host, selectors: &[Selector], searched: &Searched, explain: bool) -> (Vec<Use>, Vec<LooksReport>) {
    if !explain {
        return (discover_for_accounts(host, searched, &mut named(selectors)), Vec::new());
    }
    let record = host.record();
    let mut looks = Vec::new();
    let mut last = None;
    // A client is asked for when the one before it is done with.
    let mut clients = named(selectors).inspect(|client| {
        let seen = record.take();
        looks.extend(last.replace(client.id).map(|client| LooksReport::new(client, &seen)));
    });
    let uses = discover_for_accounts(host, searched, &mut clients);
    drop(clients);
    looks.extend(last.map(|client| LooksReport::new(client, &record.take())));
    looks.retain(|looks| !looks.places.is_empty());
    (uses, looks)
}

fn describe(subject: &Subject, recognised: Option<Recognised>, compared_with: &'static str) -> SubjectReport {
    SubjectReport {
        kind: subject.kind,
        name: subject.name.clone(),
        program: subject.program.as_ref().map(|program| PathReport::new(&program.file)),
        user: subject.user.clone(),
        other_root: subject.has_other_root,
        recognised: recognised.map(|how| match how {
            Recognised::Program => "program",
            Recognised::Libraries => "libraries",
            Recognised::Content => "content",
            Recognised::Not => "not",
        }),
        remarks: subject.remarks.clone(),
        compared_with,
        variables: Vec::new(),
        differs: Vec::new(),
    }
}

/// Adds what differs from this shell. Answers are compared where the files are the same.
fn compare(said: &mut SubjectReport, host: &Host, shell: &Host, inspection: &inspect::Inspection, searched: &Searched) {
    said.variables = variables_that_differ(&inspection.uses, host.environment(), shell.environment());
    if said.other_root {
        return;
    }
    let mut ids: Vec<&str> = inspection.uses.iter().map(|found| found.client.id).collect();
    ids.dedup();
    let mut clients = castore::catalogue::clients().filter(|client| ids.contains(&client.id));
    let uses = discover_for_accounts(shell, searched, &mut clients);
    let snapshot = ManuallyDrop::new(load(shell, &stores(shell, &[], &uses)));
    said.differs = answers_that_differ((&inspection.uses, &inspection.snapshot), (&uses, &snapshot));
}
