//! `castore show`.

use super::certificate::{certificates, not_empty, note_gaps};
use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::inspect::inspect;
use super::{Context, Exit, Format};
use castore::catalogue::survey::Searched;
use castore::format::pem;
use castore::render::report::show::ShowReport;
use castore::render::text;
use clap::Args;
use std::ffi::OsString;
use std::slice::from_ref;

/// Show certificates in full, every store that holds them and who trusts them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The beginning of a SHA-256 fingerprint, a whole SHA-1, a part of the subject, or a file; - is standard input.
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

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    not_empty(&arguments.certificate)?;
    let facts = arguments.facts.facts(context.process)?;
    let host = arguments.host.host_and_input(from_ref(&arguments.certificate), context)?;
    let mut inspection = inspect(&host, &[], Searched::default());
    let named = certificates(&arguments.certificate, &host, &inspection.snapshot)?;
    note_gaps(&named.gaps, context);
    let certificates = named.certificates();
    if let Some(file) = named.file {
        inspection.snapshot.add(file);
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
    let width = context.process.width;
    context.report(&arguments.format, &report, |report, colour| text::show(report, width, colour))?;
    context.note_limits(&host);
    Ok(Exit::Clean)
}
