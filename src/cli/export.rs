//! `castore export`.

mod chains;
mod choose;
mod form;

use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::inspect::{Inspection, inspect, inspect_everything, nothing_in, selectors_of_sets, text as selector_text};
use super::why::NetworkArguments;
use super::{Context, Exit, FormatName, When};
use castore::apply::{WriteOptions, replace, write_directory};
use castore::catalogue::survey::Searched;
use castore::discover::Use;
use castore::facts::Facts;
use castore::format::x509;
use castore::host::files::Tree;
use castore::host::{Files, Host};
use castore::model::trust::SERVER_AUTH;
use castore::model::{StoreId, Timestamp};
use castore::plan::export::{Content, Written, is_own, unread_by_gnutls};
use castore::plan::{Include, Kept, LeftOut, Merge, merge_for};
use castore::render::report::export::{ExportReport, FilesReport, WrittenTo};
use castore::render::report::store_name;
use castore::render::text;
use castore::select::{Column, Selector, column_of_store};
use clap::Args;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Write one store merged from others, in any format.
///
/// It holds each certificate once. Expired certificates, ones that are no certification authority and ones that a store
/// does not trust for TLS servers are left out unless asked for; private keys always are. What was left out, which
/// limits the format cannot say and where each certificate is from is told on standard error, as data with --report
/// json. The same certificates give the same octets; where SOURCE_DATE_EPOCH is set it is the time of what a format
/// dates, and that at which what has expired is judged. From mozilla are those certificates of this host's stores that
/// Mozilla trusts for TLS servers; which of its roots no store here holds is said too.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Take certificates from here; may be repeated; - is standard input.
    #[arg(long, value_name = "SELECTOR", default_value = "system")]
    from: Vec<OsString>,
    /// Write to PATH, whole or not at all; - is standard output.
    ///
    /// der-dir and hash-dir make a new directory.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    #[command(flatten)]
    form: form::FormArguments,
    #[command(flatten)]
    choice: choose::ChoiceArguments,
    /// Tell where each certificate is from, and what was not asked for.
    #[arg(long, help_heading = "Output")]
    explain: bool,
    /// Write what was done in this format: on standard output where the store goes into a file.
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT", help_heading = "Output")]
    report: FormatName,
    /// Colour text output.
    ///
    /// auto: on a terminal, unless NO_COLOR is set or CLICOLOR is 0; CLICOLOR_FORCE turns it on everywhere.
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN", help_heading = "Output")]
    color: When,
    #[command(flatten)]
    network: NetworkArguments,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: HostArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    arguments.form.verify(&arguments.out, context)?;
    let epoch = form::epoch(context.process)?;
    if let (Some(epoch), None) = (epoch, arguments.host.given_at()) {
        context.note(&format!("what has expired is judged at {epoch}, which SOURCE_DATE_EPOCH says"));
    }
    let at = arguments.host.given_at().or(epoch).unwrap_or(context.process.now);
    let facts = arguments.facts.facts(context.process)?;
    let host = arguments.host.host_and_input(&arguments.from, context)?;
    let from = selectors_of_sets(&arguments.from)?;
    let choice = arguments.choice.read(&host)?;
    if let Some(option) = arguments.network.given().filter(|_| choice.targets().is_empty()) {
        let message = format!("{option}: expected --minimal with a server, found nothing that is fetched");
        return Err(Failure::with_hint(message, "castore export --help tells which options go together"));
    }
    let named: Vec<Selector> = from.iter().cloned().chain(choice.selectors()).collect();
    let inspection = inspect(&host, &named, Searched::default());
    let looked = Looked { inspection: &inspection, host: &host, facts: &facts, at, named: &named };

    let mut columns = Vec::new();
    for selector in &from {
        let found = looked.columns(selector, choice.purpose(), context)?;
        if found.iter().all(|column| column.certificates.is_empty() && column.distrusted.is_empty()) {
            let hint = "nothing was written; castore list shows what was read of it";
            return Err(nothing_in(&selector_text(selector), &found, &inspection.snapshot, hint));
        }
        columns.extend(found);
    }
    let mut merged = merge_for(&columns, choice.purpose(), choice.include(), at);
    choice.apply(&mut merged, &looked, context)?;
    let row = arguments.form.row();
    merged.leave_out(|kept| row.refuses(kept, at));
    let minimal = match choice.targets() {
        [] => None,
        targets => {
            let judges = choice.judges(&looked, context)?;
            Some(chains::reduce(targets, &mut merged, &judges, arguments, &looked, context)?)
        }
    };

    let seal = arguments.form.seal(&host, context)?;
    let written = write(arguments, &mut merged, choice.purpose(), &seal, epoch)?;
    if row.is_bundle {
        for (fingerprint, says) in unread_by_gnutls(&merged.kept) {
            let short = fingerprint.short();
            context.note(&format!("programs on GnuTLS take nothing of it, because of certificate {short}: {says}"));
        }
    }
    let (out, files) = put(arguments, context, written.content)?;
    let gaps = inspection.gaps(&host, &from);
    // A file that is written anew of itself is mended: what could not be read was to go.
    let root = arguments.host.written_root().ok().flatten();
    let is_mended = |id: &StoreId| out.as_deref().is_some_and(|out| is_it(id, out, root));
    let exit = if gaps.iter().all(is_mended) { Exit::Clean } else { Exit::Trouble };
    let gaps = gaps.iter().map(store_name).collect();
    let to = WrittenTo { out: out.as_deref(), format: row.name, at, password: seal.is_of, files };
    let mut report = ExportReport::new(&merged, &written.lost, &columns, &to, gaps);
    report.minimal = minimal;
    // The store is the data, and the report is about it: only where the store is in a file can the report be data
    // itself.
    match arguments.report {
        FormatName::Json if out.is_some() => context.data(castore::render::json(&report).as_bytes())?,
        FormatName::Json => context.output.message(&castore::render::json(&report)),
        FormatName::Text => {
            context.output.message(&text::export(&report, arguments.explain, context.colour(arguments.color)));
        }
    }
    Ok(exit)
}

/// What was looked at to answer.
struct Looked<'a> {
    inspection: &'a Inspection,
    host: &'a Host,
    facts: &'a Facts,
    at: Timestamp,
    /// Every selector that was named.
    named: &'a [Selector],
}

impl Looked<'_> {
    /// What a selector names, for a purpose.
    fn columns(
        &self,
        selector: &Selector,
        purpose: castore::model::Oid,
        context: &mut Context<'_>,
    ) -> Result<Vec<Column>, Failure> {
        if *selector == Selector::Mozilla {
            let everything = inspect_everything(self.host, self.named);
            return Ok(vec![everything.mozilla(self.facts, self.at, context)?]);
        }
        let columns = self.inspection.columns(self.host, selector)?;
        if purpose == SERVER_AUTH || matches!(selector, Selector::Path(_)) {
            return Ok(columns);
        }
        // A client's anchors are those for TLS servers: for another purpose its stores are asked.
        let uses = self.inspection.uses.iter().filter(|found| selector.takes(found, self.host));
        let ids: BTreeSet<_> = uses.flat_map(Use::effective).filter_map(|candidate| candidate.store.as_ref()).collect();
        let stores = ids.into_iter().filter_map(|id| self.inspection.snapshot.store(id));
        Ok(stores.map(|store| column_of_store(store_name(&store.id), store)).collect())
    }
}

/// The set in its format; where limits are not to be lost, without what would lose some.
fn write(
    arguments: &Arguments,
    merged: &mut Merge,
    purpose: castore::model::Oid,
    seal: &form::Seal,
    epoch: Option<Timestamp>,
) -> Result<Written, Failure> {
    refuse_empty(merged)?;
    let form = &arguments.form;
    let comments = |kept: &Kept| if form.has_comments() { comments(kept) } else { Vec::new() };
    let options = form.options(&comments, purpose, &seal.password, epoch);
    let write = |merged: &Merge| {
        form.row().write(&merged.kept, &options).map_err(|why| Failure::new(format!("{}: {why}", form.row().name)))
    };
    let written = write(merged)?;
    if !form.no_limits_lost() {
        return Ok(written);
    }
    let mut lost = written.lost.iter();
    merged.leave_out(|_| {
        let widens = lost.next().is_some_and(|lost| lost.iter().any(|lost| lost.widens()));
        widens.then_some(LeftOut::Limited)
    });
    refuse_empty(merged)?;
    write(merged)
}

/// An empty store is one that trusts nobody, and to some programs one that is not there.
fn refuse_empty(merged: &Merge) -> Result<(), Failure> {
    if !merged.kept.is_empty() {
        return Ok(());
    }
    let is_asked_for = |why: &LeftOut| {
        matches!(why, LeftOut::Expired(_) | LeftOut::NotCa | LeftOut::Distrusted | LeftOut::Untrusted(_))
    };
    let other = merged.left_out.iter().filter(|(_, why)| !is_asked_for(why));
    let hint = match other.min_by_key(|(_, why)| why.is_rest()) {
        None => "nothing was written; see --include-expired, --include-not-ca and --include-untrusted".to_owned(),
        Some((_, why)) => format!("nothing was written; of one: {}", why.because()),
    };
    let message = match merged.left_out.len() {
        1 => "the one certificate would be left out".to_owned(),
        all => format!("all {all} certificates would be left out"),
    };
    Err(Failure::with_hint(message, hint))
}

/// Puts the store where it is wanted, and says where that is.
fn put(
    arguments: &Arguments,
    context: &mut Context<'_>,
    content: Content,
) -> Result<(Option<PathBuf>, Option<FilesReport>), Failure> {
    let target = context.process.directory.join(&arguments.out);
    match content {
        Content::File(bytes) if is_stdout(&arguments.out) => {
            context.data(&bytes)?;
            Ok((None, None))
        }
        Content::File(bytes) => {
            replace(&target, &bytes, WriteOptions::default()).map_err(Failure::from_write)?;
            Ok((Some(target), None))
        }
        Content::Directory(files) => {
            let row = arguments.form.row();
            let own = |name: &str, bytes: &[u8]| is_own(row, name, bytes);
            let done = write_directory(&target, &files, arguments.form.replaces(), &own).map_err(|error| {
                Failure::Error { message: error.to_string(), hint: error.hint().map(str::to_owned), absent: None }
            })?;
            let files = FilesReport { written: done.written, unchanged: done.unchanged, removed: done.removed };
            Ok((Some(target), Some(files)))
        }
    }
}

/// Whether a store of the tree at `root` is the file of this machine at `path`.
fn is_it(store: &StoreId, path: &Path, root: Option<&Path>) -> bool {
    let real = |path: &Path| Some(Tree::live().ok()?.resolve(path).ok()?.path);
    let place = |inside: &Path| match root {
        Some(root) => root.join(inside.strip_prefix("/").unwrap_or(inside)),
        None => inside.to_path_buf(),
    };
    store.path().and_then(|inside| real(&place(inside))).is_some_and(|store| Some(store) == real(path))
}

fn is_stdout(out: &Path) -> bool {
    out.as_os_str() == OsStr::new("-")
}

/// What stands before a certificate in formats with comments.
fn comments(kept: &Kept) -> Vec<String> {
    let subject = x509::details(&kept.certificate).map(|details| details.subject.text().raw().to_owned());
    let mut lines = vec![subject.unwrap_or_else(|_| "cannot be parsed".to_owned())];
    lines.push(format!("sha256 {}", kept.certificate.fingerprint()));
    lines.extend(kept.stores.iter().map(|store| format!("from {}", store_name(store))));
    lines
}

impl choose::Choice {
    fn include(&self) -> Include {
        Include { expired: self.expired, not_ca: self.not_ca, untrusted: self.untrusted }
    }
}
