//! `castore diff`.

mod changes;

use super::baseline;
use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::inspect::{inspect, inspect_everything, selectors_of_sets};
use super::{Context, Exit, Format};
use castore::catalogue::survey::Searched;
use castore::diff::diff;
use castore::discover::Use;
use castore::load::Snapshot;
use castore::model::{Reading, Store, StoreId};
use castore::render::report::diff::{DiffReport, NotComparedReport};
use castore::render::text;
use castore::select::{Column, Open, SYSTEM, Selector, column_of_use, merge_identical};
use clap::Args;
use std::ffi::OsString;
use std::fmt;

/// Compare stores and clients by fingerprint.
///
/// With one selector, it is compared with the system's store; without any, everything in use is compared, with the
/// system's store first where there is one.
/// A selector can name many installations: those with the same certificates are one column. The selector mozilla
/// is what Mozilla trusts for TLS servers, by the fingerprints in castore's facts.
///
/// OLD and NEW may be snapshots that castore snapshot wrote, by their files or as snapshot:FILE; one alone, or
/// with other selectors, is compared with this host. With --root a file of the tree comes before one of this machine
/// that is called the same. Then what changed is told: roots added, removed, moved and
/// trusted otherwise, stores that moved, came and went, and clients that use others.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What to compare; the first is what the others are compared with; - is standard input.
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<OsString>,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let facts = arguments.facts.facts(context.process)?;
    let host = arguments.host.host_and_input(&arguments.selectors, context)?;
    let machine = baseline::machine(context.process)?;
    let snapshots: Vec<_> = arguments.selectors.iter().map(|word| baseline::named(&host, &machine, word)).collect();
    if snapshots.iter().any(Option::is_some) {
        return changes::run(arguments, context, &host, &snapshots);
    }
    let mut selectors = selectors_of_sets(&arguments.selectors)?;
    let system = Selector::Clients { pattern: SYSTEM.to_owned(), at: None };
    let with_system = selectors.len() == 1 && selectors[0] != system;
    if with_system {
        selectors.insert(0, system);
    }
    let inspection = inspect(&host, &selectors, Searched::default());
    if with_system && inspection.uses.iter().all(|found| !found.client.is_system) {
        return Err(no_system());
    }
    let mut columns = Vec::new();
    for selector in &selectors {
        if *selector == Selector::Mozilla {
            // A certificate of it may stand in any store of the host.
            let everything = inspect_everything(&host, &selectors);
            columns.push(everything.mozilla(&facts, arguments.host.at(context.process), context)?);
        } else {
            columns.extend(inspection.columns(&host, selector)?);
        }
    }
    if selectors.is_empty() {
        columns = everything(&inspection.uses, &inspection.snapshot);
        let is_empty =
            |column: &Column| column.certificates.is_empty() && column.gaps.is_empty() && column.open.is_none();
        if columns.iter().all(is_empty) {
            let hint = "castore list shows what was found";
            return Err(Failure::with_hint("nothing that is in use on this host holds a certificate", hint));
        }
    }
    let mut left_out = Vec::new();
    let mut compared = Vec::new();
    for column in columns {
        match no_set(&column, &inspection.snapshot) {
            Some(because) => left_out.push((because, column.names)),
            None => compared.push(column),
        }
    }
    for (because, names) in &left_out {
        let names = names.join(", ");
        match because {
            NoSet::NotRead => context.note(&format!("not compared, because {because}: {names}")),
            because => context.note(&format!("not compared: {names}: {because}")),
        }
    }
    let is_off = left_out.iter().any(|(because, _)| *because == NoSet::Open(Open::Off));
    let is_unknown = left_out.iter().any(|(because, _)| because.is_unknown());
    let left_out: Vec<NotComparedReport> = left_out
        .into_iter()
        .map(|(because, names)| NotComparedReport { because: because.to_string(), names })
        .collect();
    let result = diff(merge_identical(compared));
    let report = DiffReport::new(&result).without(left_out);
    context.report(&arguments.format, &report, text::diff)?;
    let is_nothing = report.same.is_none();
    context.note_limits(&host);
    let gaps = inspection.gaps(&host, &selectors);
    let gaps = gaps.into_iter().filter(|id| !is_unstated(id, &inspection.snapshot)).count();
    if gaps > 0 {
        let stores = if gaps == 1 { "store was" } else { "stores were" };
        context.note(&format!("{gaps} {stores} not read in full, so there may be more"));
        return Ok(Exit::Trouble);
    }
    Ok(match () {
        // What was named and is not known is trouble; of everything, some never is.
        () if is_unknown && !selectors.is_empty() => Exit::Trouble,
        // Whoever takes anything differs from everyone who does not.
        () if is_off || !result.is_same() => Exit::Findings,
        () if is_nothing => Exit::Trouble,
        () => Exit::Clean,
    })
}

/// Why a column has no place in a comparison.
#[derive(Debug, PartialEq, Eq)]
enum NoSet {
    /// It is no set of certificates.
    Open(Open),
    /// Nothing is known of it.
    NotRead,
    /// The certificates are known and not which of them count: NSS' module has roots that it distrusts among the others.
    Unstated,
}

impl NoSet {
    /// Whether it was looked at, and what it trusts is not known.
    const fn is_unknown(&self) -> bool {
        matches!(self, Self::Open(Open::Unknown(_)) | Self::Unstated)
    }
}

impl fmt::Display for NoSet {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(why) => why.fmt(to),
            Self::NotRead => to.write_str("it was not read"),
            Self::Unstated => {
                to.write_str("its certificates were read, and the binary does not state which of them it trusts")
            }
        }
    }
}

/// Whether a store was read, and does not state what of it counts: no gap, as list and check have it.
fn is_unstated(id: &StoreId, snapshot: &Snapshot) -> bool {
    let holds = |store: &Store| store.entries.iter().any(|entry| entry.certificate().is_some());
    matches!(id, StoreId::Section(..))
        && snapshot.store(id).is_some_and(|store| store.reading == Reading::Whole && holds(store))
}

/// Why what a column trusts cannot be compared. A store of which nothing was read is no empty store, and who accepts
/// anything does not trust nothing.
fn no_set(column: &Column, snapshot: &Snapshot) -> Option<NoSet> {
    let is_unread = column.certificates.is_empty() && !column.gaps.is_empty();
    let because = || match column.gaps.iter().all(|id| is_unstated(id, snapshot)) {
        true => NoSet::Unstated,
        false => NoSet::NotRead,
    };
    column.open.clone().map(NoSet::Open).or_else(|| is_unread.then(because))
}

/// The system's store where there is one, then every client in use.
fn everything(uses: &[Use], snapshot: &Snapshot) -> Vec<Column> {
    let (system, others): (Vec<_>, Vec<_>) = uses.iter().partition(|found| found.client.is_system);
    // What the system's bundle is made from is not in use itself.
    let others = others.into_iter().filter(|found| !found.client.is_source);
    let has_system = !system.is_empty();
    let mut columns: Vec<Column> =
        system.into_iter().chain(others).map(|found| column_of_use(found, snapshot)).collect();
    // Without it the first that holds something is what the others are compared with.
    if !has_system {
        columns.sort_by_key(|column| column.certificates.is_empty());
    }
    columns
}

fn no_system() -> Failure {
    Failure::with_hint("this host has no system store to compare with", "name two stores")
}
