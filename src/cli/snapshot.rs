//! `castore snapshot`.

mod accept;

use super::baseline::{machine, taken, word};
use super::error::Failure;
use super::host::HostArguments;
use super::inspect::{inspect, selectors, text as named_as, unread};
use super::output::HostName;
use super::{Context, Exit};
use castore::apply::{WriteOptions, replace};
use castore::baseline::{self, Baseline, Inventory, Taken};
use castore::catalogue::survey::Searched;
use castore::host::Host;
use castore::limits;
use castore::model::Timestamp;
use castore::render::checked::About;
use castore::render::text::count;
use castore::render::{self, escape, ndjson};
use castore::select::Selector;
use clap::{Args, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Write which certificates every store holds and who uses it, to compare with later.
///
/// The file is JSON (data/schema/snapshot.v1.json). The same state of the host gives the same file: it has no
/// time in it, and order, encoding and comments of stores do not count. castore diff and castore check
/// --baseline read it. It names paths and, unless --redact is given, the accounts in them; no value of a
/// variable and no private key is in it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only these: clients, or files and directories. They are kept in the file, and limit what is compared.
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<OsString>,
    /// Write to FILE, whole or not at all; - is standard output.
    ///
    /// A file that is no snapshot, or in which changes were accepted, is not overwritten.
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<PathBuf>,
    /// Put user-UID and host in the place of the names of accounts, of people and of the host.
    ///
    /// What is compared with such a file is named in the same way.
    #[arg(long)]
    redact: bool,
    /// Write in this format.
    #[arg(long, value_enum, default_value = "json", value_name = "FORMAT", conflicts_with = "redact")]
    format: FormatName,
    #[command(flatten)]
    name: HostName,
    #[command(flatten)]
    host: HostArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// The snapshot, which is compared with later.
    Json,
    /// Flat rows of JSON, one a line, of each store and each certificate in it: for queries over many hosts
    /// (data/sql). They have the host's name and the time in them.
    Ndjson,
}

impl FormatName {
    /// How a file of it begins.
    fn is_begun_by(self, bytes: &[u8]) -> bool {
        match self {
            Self::Json => baseline::is_snapshot(bytes),
            Self::Ndjson => bytes.starts_with(br#"{"schema":"castore.row/1""#),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "a snapshot",
            Self::Ndjson => "rows of castore",
        }
    }
}

#[derive(Debug, Subcommand)]
enum Action {
    Accept(accept::Arguments),
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    if let Some(Action::Accept(arguments)) = &arguments.action {
        return accept::run(arguments, context);
    }
    if arguments.redact && arguments.name.given().is_some() {
        return Err(Failure::with_hint("--host-name: with --redact the host has no name", "leave one of them out"));
    }
    let out = arguments.out.as_deref().unwrap_or(Path::new("-"));
    let target = (out != Path::new("-")).then(|| context.process.directory.join(out));
    let replaced = match &target {
        Some(target) => may_be_replaced(context, out, target, arguments.format)?,
        None => None,
    };
    let host = arguments.host.host(context)?;
    let selectors = selectors(&arguments.selectors)?;
    let inspection = inspect(&host, &selectors, Searched::default());
    inspection.verify(&host, &selectors)?;
    let (text, holds) = match arguments.format {
        FormatName::Json => {
            let mut taken = taken(&host, &inspection, &selectors, arguments.redact);
            if let Some(name) = arguments.name.given() {
                taken.inventory.host.name = Some(name.to_owned());
            }
            if let Some(replaced) = replaced {
                nothing_is_lost(out, &replaced, arguments.host.at(context.process), &taken.inventory)?;
            }
            snapshot(&host, &selectors, taken)?
        }
        FormatName::Ndjson => {
            let about = About { host: arguments.name.of(&host, context), at: arguments.host.at(context.process) };
            let text = ndjson::inventory(&about, &inspection.snapshot, &inspection.uses);
            let rows = count(text.lines().count(), "row");
            (text, rows)
        }
    };
    match &target {
        None => context.data(text.as_bytes())?,
        Some(target) => {
            replace(target, text.as_bytes(), WriteOptions::default()).map_err(Failure::from_write)?;
            context.note(&format!("{} written: {holds}", escape::path(out)));
        }
    }
    context.note_limits(&host);
    let gaps = unread(&inspection, &host, &selectors);
    if !gaps.is_empty() {
        context.note(&format!("not read in full, so there may be more: {}", gaps.join(", ")));
    }
    Ok(Exit::Clean)
}

/// The snapshot, and what it holds in words.
fn snapshot(host: &Host, selectors: &[Selector], taken: Taken) -> Result<(String, String), Failure> {
    if let Some(named) = selectors.iter().zip(&taken.inventory.scope).find(|(own, kept)| word(host, own) != **kept) {
        // What stands in its place names no file, so that nothing could be compared with it later.
        let message = format!("--redact: {} names a person or this host", named_as(named.0));
        return Err(Failure::with_hint(message, "take the whole host, or leave --redact out"));
    }
    let baseline = Baseline { inventory: taken.inventory, accepted: Vec::new() };
    let inventory = &baseline.inventory;
    let parts = [
        count(inventory.certificates.len(), "certificate"),
        count(inventory.stores.len(), "store"),
        count(inventory.clients.len(), "client"),
    ];
    Ok((render::escape::json(baseline::write(&baseline)), parts.join(", ")))
}

/// Whether a snapshot may stand where a file is: not over a bundle that was named by mistake. What somebody
/// accepted in the snapshot that is there is for [`nothing_is_lost`].
fn may_be_replaced(
    context: &Context<'_>,
    out: &Path,
    target: &Path,
    format: FormatName,
) -> Result<Option<Baseline>, Failure> {
    let machine = machine(context.process)?;
    let Ok(resolved) = machine.resolve(target) else { return Ok(None) };
    // What cannot be read is for the writer to judge.
    let Ok(bytes) = machine.read_resolved(&resolved, limits::SNAPSHOT_SIZE) else { return Ok(None) };
    if bytes.is_empty() {
        return Ok(None);
    }
    let shown = escape::path(out);
    if !format.is_begun_by(&bytes) {
        let message = format!("{shown}: expected {} or no file, found another file", format.name());
        return Err(Failure::with_hint(message, "nothing was written; name another file, or remove this one"));
    }
    Ok(baseline::read(&bytes).ok())
}

/// What somebody accepted is not written over, unless its day has passed and nothing of it is left.
fn nothing_is_lost(out: &Path, replaced: &Baseline, at: Timestamp, now: &Inventory) -> Result<(), Failure> {
    match replaced.not_to_be_lost(at, now) {
        0 => Ok(()),
        accepted => Err(Failure::with_hint(
            format!("{}: {} in it would be lost", escape::path(out), count(accepted, "acceptance")),
            "nothing was written; go on with castore snapshot accept, or name another file",
        )),
    }
}
