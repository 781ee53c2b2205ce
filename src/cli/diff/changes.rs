//! `castore diff` of snapshots: what changed from one to the other, or between one and this host.

use super::Arguments;
use crate::cli::baseline;
use crate::cli::error::Failure;
use crate::cli::inspect::{self, inspect_everything, selectors, unread};
use crate::cli::{Context, Exit};
use castore::baseline::compare::Fate;
use castore::baseline::{Comparison, Inventory, compare};
use castore::host::{Host, View};
use castore::render::escape;
use castore::render::report::changes::ChangesReport;
use castore::render::text;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Two snapshots, or one and this host, in the order in which they are named.
pub(super) fn run(
    arguments: &Arguments,
    context: &mut Context<'_>,
    host: &Host,
    snapshots: &[Option<(&Host, PathBuf)>],
) -> Result<Exit, Failure> {
    let at = arguments.host.at(context.process);
    let files: Vec<&(&Host, PathBuf)> = snapshots.iter().flatten().collect();
    let others: Vec<OsString> = arguments
        .selectors
        .iter()
        .zip(snapshots)
        .filter(|(_, file)| file.is_none())
        .map(|(word, _)| word.clone())
        .collect();
    if files.len() > 2 || (files.len() == 2 && !others.is_empty()) {
        let message = format!("expected two sides, found {} snapshots and {} selectors", files.len(), others.len());
        return Err(Failure::with_hint(message, "name two snapshots, or one and selectors of this host"));
    }
    let open = |(holder, file): &(&Host, PathBuf)| baseline::open_on(holder, file).map(|read| read.baseline);
    let (first_file, first) = (files[0].1.as_path(), open(files[0])?);
    const OTHERS: &str = "one side looked at every account and the other at one, so what others use differs";
    let is_of_others = |then: &Inventory, now: Option<View>| {
        then.view.zip(now).is_some_and(|(then, now)| then.every_account != now.every_account)
    };
    if let Some(second) = files.get(1) {
        let second_read = open(second)?;
        if first.inventory.redacted != second_read.inventory.redacted {
            context.note("one of them is redacted and the other is not, so paths with names of people differ");
        }
        if is_of_others(&first.inventory, second_read.inventory.view) {
            context.note(OTHERS);
        }
        let (then, now) = (first.effective(at), second_read.effective(at));
        return told(arguments, context, &compare(&then, &now), (first_file, &then), (&second.1, &now));
    }
    if is_of_others(&first.inventory, Some(host.view)) {
        context.note(OTHERS);
    }
    let selectors = selectors(&others)?;
    let scope = baseline::scope(first_file, &first)?;
    let inspection = inspect_everything(host, &[&selectors[..], &scope].concat());
    inspection.verify(host, &selectors)?;
    let mut against = baseline::against(context, host, &inspection, (first_file, &first), &selectors, at)?;
    if let Some(selector) = baseline::unknown(host, &against, &selectors) {
        let message =
            format!("{}: neither a store in {} nor one in use here", inspect::text(selector), escape::path(first_file));
        let hint = "name a snapshot that castore snapshot wrote, a store that it holds, or a client";
        return Err(Failure::with_hint(message, hint));
    }
    let (then, now) = (&against.then, &against.now.inventory);
    let here = Path::new("this host");
    let exit = if snapshots[0].is_some() {
        told(arguments, context, &against.comparison, (first_file, then), (here, now))?
    } else {
        // The host is the earlier side.
        against.comparison = compare(now, then);
        let against = baseline::limited(host, against, &selectors);
        let (then, now) = (&against.then, &against.now.inventory);
        told(arguments, context, &against.comparison, (here, now), (first_file, then))?
    };
    context.note_limits(host);
    let unread = unread(&inspection, host, &selectors);
    if unread.is_empty() {
        return Ok(exit);
    }
    context.note(&format!("not read in full, so there may be more: {}", unread.join(", ")));
    Ok(Exit::Trouble)
}

type Side<'s> = (&'s Path, &'s Inventory);

fn told(
    arguments: &Arguments,
    context: &mut Context<'_>,
    comparison: &Comparison,
    (then, earlier): Side<'_>,
    (now, later): Side<'_>,
) -> Result<Exit, Failure> {
    let (then, now) = (escape::path(then), escape::path(now));
    let report = ChangesReport::new(comparison, (&then, earlier), (&now, later));
    context.report(&arguments.format, &report, text::changes)?;
    let unread = comparison.stores.iter().filter(|change| change.fate == Fate::NotCompared).count();
    Ok(match (unread, comparison.is_same()) {
        (0, true) => Exit::Clean,
        (0, false) => Exit::Findings,
        _ => Exit::Trouble,
    })
}
