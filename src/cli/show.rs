//! `castore show`.

use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::inspect::inspect;
use super::{Context, Exit, Format};
use castore::catalogue::survey::Searched;
use castore::format::{pem, x509};
use castore::host::Host;
use castore::load::Snapshot;
use castore::model::{Certificate, FingerprintPrefix};
use castore::render::report::show::ShowReport;
use castore::render::text;
use castore::select::Selector;
use clap::Args;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// Show certificates in full, every store that holds them and who trusts them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The beginning of a SHA-256 fingerprint, a part of the subject, or a file.
    #[arg(value_name = "CERT")]
    certificate: OsString,
    /// Write the certificates themselves, as PEM, and nothing about them.
    #[arg(long, conflicts_with = "format")]
    pem: bool,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

/// What the user means.
enum Wanted<'a> {
    Fingerprint(FingerprintPrefix, &'a str),
    File(Selector),
    Name(&'a str),
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    if arguments.certificate.is_empty() {
        // A variable of a script that is not set; every name has nothing in it.
        return Err(Failure::with_hint(
            "expected a fingerprint, a name or a file, found nothing",
            "castore list --certs shows every certificate",
        ));
    }
    let facts = arguments.facts.facts(context.process)?;
    let host = arguments.host.host(context)?;
    let mut inspection = inspect(&host, &[], Searched::default());
    let certificates = match wanted(&arguments.certificate, &host) {
        Wanted::File(selector) => {
            let files = inspect(&host, std::slice::from_ref(&selector), Searched::default());
            let columns = files.columns(&host, &selector)?;
            inspection.snapshot.add(ManuallyDrop::into_inner(files.snapshot));
            columns
                .into_iter()
                .flat_map(|column| column.certificates.into_values())
                .map(|held| held.certificate)
                .collect()
        }
        Wanted::Fingerprint(prefix, name) => {
            let found = matching(&inspection.snapshot, |certificate| prefix.matches(&certificate.fingerprint()));
            // "Decade" reads as hexadecimal too.
            if found.is_empty() { named(&inspection.snapshot, name) } else { found }
        }
        Wanted::Name(name) => named(&inspection.snapshot, name),
    };
    if let (true, Wanted::File(_)) = (certificates.is_empty(), wanted(&arguments.certificate, &host)) {
        let word = castore::render::escape::path(arguments.certificate.as_ref());
        let message = format!("{word}: no certificate in it");
        return Err(Failure::with_hint(message, "castore list PATH says what was read of it"));
    }
    if certificates.is_empty() {
        let word = castore::render::escape::path(arguments.certificate.as_ref());
        return Err(Failure::with_hint(
            format!("no certificate in the stores castore read matches {word:?}"),
            "castore list --certs shows them all; name a file with a slash in it",
        ));
    }
    if arguments.pem {
        let blocks: String = certificates.iter().map(|certificate| pem::write(certificate.der(), &[])).collect();
        context.data(blocks.as_bytes())?;
        return Ok(Exit::Clean);
    }
    let report = ShowReport::new(
        &certificates,
        &inspection.snapshot,
        &inspection.uses,
        (&facts, arguments.host.at(context.process)),
    );
    context.report(&arguments.format, &report, text::show)?;
    context.note_closed(&host);
    Ok(Exit::Clean)
}

fn wanted<'a>(word: &'a OsStr, host: &Host) -> Wanted<'a> {
    let path = Selector::Path(word.into());
    let Some(text) = word.to_str() else { return Wanted::File(path) };
    if let Some(file) = text.strip_prefix("file:") {
        return Wanted::File(Selector::Path(file.into()));
    }
    match text.parse() {
        Ok(prefix) => Wanted::Fingerprint(prefix, text),
        Err(_) if text.contains('/') || host.is_file(word.as_ref()) => Wanted::File(path),
        Err(_) => Wanted::Name(text),
    }
}

fn named(snapshot: &Snapshot, name: &str) -> Vec<Arc<Certificate>> {
    let name = name.to_lowercase();
    matching(snapshot, |certificate| is_named(certificate, &name))
}

fn is_named(certificate: &Certificate, lower_case: &str) -> bool {
    x509::details(certificate).is_ok_and(|details| details.subject.text().raw().to_lowercase().contains(lower_case))
}

/// The distinct certificates of every store that `is_wanted` takes, by fingerprint.
fn matching(snapshot: &Snapshot, is_wanted: impl Fn(&Certificate) -> bool) -> Vec<Arc<Certificate>> {
    let all = snapshot.stores().flat_map(|store| &store.entries).filter_map(|entry| entry.certificate());
    let distinct: BTreeMap<_, _> = all.map(|certificate| (certificate.fingerprint(), certificate)).collect();
    distinct.into_values().filter(|certificate| is_wanted(certificate)).cloned().collect()
}
