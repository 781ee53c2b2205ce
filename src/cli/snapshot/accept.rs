//! `castore snapshot accept`.

use crate::cli::baseline::{against, open, same_view, scope};
use crate::cli::error::Failure;
use crate::cli::host::{HostArguments, accounts};
use crate::cli::inspect::inspect_everything;
use crate::cli::{Context, Exit};
use castore::apply::{Expect, WriteOptions, replace};
use castore::baseline::accept::changes;
use castore::baseline::said::words;
use castore::baseline::{self, Acceptance, Against, Change};
use castore::host::native;
use castore::model::words::few;
use castore::model::{Fingerprint, FingerprintPrefix, Timestamp};
use castore::render::escape;
use castore::render::text::{Page, Style, count};
use clap::Args;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Accept what changed since a baseline: who, why and until when is kept in its file.
///
/// Without a fingerprint everything that changed is accepted, of stores and of clients. What is accepted
/// belongs to the baseline from then on, and is told no more; past its last day it is told again.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only changes of these certificates, by the beginning of their SHA-256.
    #[arg(value_name = "FINGERPRINT")]
    fingerprints: Vec<FingerprintPrefix>,
    /// The baseline, as castore snapshot wrote it.
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// Who accepts; by default the account castore runs as.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The last day on which it counts (2026-11-21, UTC).
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Timestamp>,
    #[command(flatten)]
    host: HostArguments,
}

fn day(text: &str) -> Result<Timestamp, String> {
    let found = text.parse::<Timestamp>().ok().filter(|day| day.date() == text);
    found.ok_or_else(|| "expected a day such as 2026-11-21".to_owned())
}

pub(super) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let file = &arguments.baseline;
    let mut read = open(context, file)?;
    let host = arguments.host.host(context)?;
    same_view(context, &host, (file, &read.baseline))?;
    let at = arguments.host.at(context.process);
    if let Some(until) = arguments.until.filter(|until| until.plus_days(1) <= at) {
        let message = format!("--until: expected {} or later, found {}", at.date(), until.date());
        return Err(Failure::with_hint(message, "an acceptance counts to the end of that day"));
    }
    let inspection = inspect_everything(&host, &scope(file, &read.baseline)?);
    let against = against(context, &host, &inspection, (file, &read.baseline), &[], at)?;
    let now = &against.now.inventory;
    let accepted = changes(&against.comparison, now, &arguments.fingerprints);
    for prefix in &arguments.fingerprints {
        let is_of = |change: &Change| change.certificates().iter().any(|one| prefix.matches(one));
        if !accepted.iter().any(is_of) {
            let message = format!("no change since {} is of a certificate {prefix}", escape::path(file));
            return Err(Failure::with_hint(message, "castore diff FILE shows what changed; nothing was written"));
        }
    }
    if accepted.is_empty() {
        context.note("nothing changed that could be accepted; nothing was written");
        return Ok(Exit::Clean);
    }
    let told = told(&against, &accepted, context);
    let number = accepted.len();
    let by = arguments.by.clone().or_else(|| account(context, read.baseline.inventory.redacted));
    let acceptance = Acceptance { at, by, reason: arguments.reason.clone(), until: arguments.until, changes: accepted };
    read.baseline.accept(acceptance, now);
    let text = escape::json(baseline::write(&read.baseline));
    let target = context.process.directory.join(file);
    // What somebody else accepted meanwhile is not written over.
    let options = WriteOptions { expect: Expect::Bytes(&read.bytes), ..WriteOptions::default() };
    replace(&target, text.as_bytes(), options).map_err(Failure::from_write)?;
    context.data(told.as_bytes())?;
    context.note(&format!("{} accepted in {}", count(number, "change"), escape::path(file)));
    Ok(Exit::Clean)
}

/// The account castore runs as; where people are not named, its number.
fn account(context: &Context<'_>, redacted: bool) -> Option<String> {
    let uid = native::live_user()?;
    if redacted {
        return Some(format!("user-{uid}"));
    }
    let machine = crate::cli::baseline::machine(context.process).ok()?;
    let name = accounts(&machine).into_iter().find(|account| account.uid == uid).map(|account| account.name);
    Some(name.unwrap_or_else(|| uid.to_string()))
}

/// Clients that are named before the rest is counted.
const NAMED: usize = 3;

fn anchors<'c>(
    added: &'c BTreeSet<Fingerprint>,
    removed: &'c BTreeSet<Fingerprint>,
) -> impl Iterator<Item = (&'c Fingerprint, &'static str, Style)> {
    let added = added.iter().map(|one| (one, "+", Style::Good));
    added.chain(removed.iter().map(|one| (one, "-", Style::Bad)))
}

/// What is accepted, a line each.
fn told(against: &Against, accepted: &[Change], context: &Context<'_>) -> String {
    let mut page = Page::new(context.colour(crate::cli::When::Auto));
    let name = |fingerprint: &Fingerprint| {
        let (now, then) = (&against.now.inventory, &against.then);
        let of = if now.certificates.contains_key(fingerprint) { now } else { then };
        format!("{} ({})", of.label(fingerprint), fingerprint.short())
    };
    for change in accepted {
        let (sign, style, text) = match change {
            Change::RootAdded { store, certificate, .. } => {
                ("+", Style::Good, format!("{} in {store}", name(certificate)))
            }
            Change::RootRemoved { store, certificate } => {
                ("-", Style::Bad, format!("{} in {store}", name(certificate)))
            }
            Change::TrustChanged { store, certificate, said } => (
                "~",
                Style::Warn,
                format!("{} in {store}: {}", name(certificate), words(said.servers, &said.says, false)),
            ),
            Change::ReferenceChanged { store, about, .. } => ("~", Style::Warn, format!("{about} in {store}")),
            Change::StoreSet { store, record } => {
                ("+", Style::Good, format!("store {store}, {}", count(record.certificates.len(), "certificate")))
            }
            Change::StoreGone { store } => ("-", Style::Bad, format!("store {store}")),
            Change::ClientSet { client, .. } => ("+", Style::Good, format!("client {client}")),
            Change::ClientGone { client } => ("-", Style::Bad, format!("client {client}")),
            Change::AnchorsChanged { clients, added, removed } => {
                let names: Vec<String> = clients.iter().map(ToString::to_string).collect();
                let names = few(&names, NAMED, ", ");
                for (one, sign, style) in anchors(added, removed) {
                    page.styled(style, sign).put(" ").line(&format!("{} as an anchor of {names}", name(one)));
                }
                continue;
            }
        };
        page.styled(style, sign).put(" ").line(&text);
    }
    page.finish()
}
