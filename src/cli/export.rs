//! `castore export`.

use super::error::Failure;
use super::facts::FactsArguments;
use super::host::HostArguments;
use super::inspect::{inspect, inspect_everything, selectors_of_sets, text as selector_text};
use super::{Context, Exit, Format, FormatName};
use castore::apply::{WriteOptions, replace};
use castore::catalogue::survey::Searched;
use castore::format::{pem, x509};
use castore::plan::{Include, Kept, merge};
use castore::render::report::export::ExportReport;
use castore::render::report::store_name;
use castore::render::text;
use castore::select::Selector;
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Write one PEM bundle merged from stores.
///
/// It holds each certificate once, ordered by subject. Expired certificates, ones that are no
/// certification authority and ones that a store does not trust for TLS servers are left out unless
/// asked for; private keys always are. What was left out is said on standard error. From mozilla are those
/// certificates of this host's stores that Mozilla trusts for TLS servers; which of its roots no store here holds is
/// said too.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Take certificates from here; may be repeated.
    #[arg(long, value_name = "SELECTOR", default_value = "system")]
    from: Vec<OsString>,
    /// Write to FILE, whole or not at all; - is standard output.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave out the comments with subject and source.
    #[arg(long)]
    no_comments: bool,
    /// Include expired certificates.
    #[arg(long)]
    include_expired: bool,
    /// Include certificates that are no certification authority.
    #[arg(long)]
    include_not_ca: bool,
    /// Include certificates that their store does not trust for TLS servers, or distrusts.
    #[arg(long)]
    include_untrusted: bool,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let facts = arguments.facts.facts(context.process)?;
    let host = arguments.host.host(context)?;
    let selectors = selectors_of_sets(&arguments.from)?;
    let inspection = inspect(&host, &selectors, Searched::default());
    let mut columns = Vec::new();
    for selector in &selectors {
        let found = if *selector == Selector::Mozilla {
            let at = arguments.host.at(context.process);
            vec![inspect_everything(&host, &selectors).mozilla(&facts, at, context)?]
        } else {
            inspection.columns(&host, selector)?
        };
        if found.iter().all(|column| column.certificates.is_empty() && column.distrusted.is_empty()) {
            return Err(Failure::with_hint(
                format!("{}: no certificate in it", selector_text(selector)),
                "nothing was written; castore list shows what was read of it",
            ));
        }
        columns.extend(found);
    }
    let include = Include {
        expired: arguments.include_expired,
        not_ca: arguments.include_not_ca,
        untrusted: arguments.include_untrusted,
    };
    let merged = merge(&columns, include, arguments.host.at(context.process));
    if merged.kept.is_empty() {
        return Err(Failure::with_hint(
            match merged.left_out.len() {
                1 => "the one certificate would be left out".to_owned(),
                all => format!("all {all} certificates would be left out"),
            },
            "nothing was written; see --include-expired, --include-not-ca and --include-untrusted",
        ));
    }
    let bundle: String = merged.kept.iter().map(|kept| block(kept, !arguments.no_comments)).collect();
    let target = write(arguments, context, &bundle)?;
    let gaps = inspection.gaps(&host, &selectors).iter().map(store_name).collect();
    let report = ExportReport::new(&merged, &columns, target.as_deref(), gaps);
    // The bundle is the data, and the report is about it: only where the bundle is in a file can the
    // report be data itself.
    match arguments.format.format {
        FormatName::Json if target.is_some() => context.data(castore::render::json(&report).as_bytes())?,
        FormatName::Json => context.output.message(&castore::render::json(&report)),
        FormatName::Text => {
            context.output.message(&text::export(&report, context.colour(arguments.format.color)));
        }
    }
    Ok(Exit::Clean)
}

/// Writes the bundle, and says to which file.
fn write(arguments: &Arguments, context: &mut Context<'_>, bundle: &str) -> Result<Option<PathBuf>, Failure> {
    if arguments.out == Path::new("-") {
        context.data(bundle.as_bytes())?;
        return Ok(None);
    }
    let target = context.process.directory.join(&arguments.out);
    replace(&target, bundle.as_bytes(), WriteOptions::default()).map_err(Failure::from_write)?;
    Ok(Some(target))
}

fn block(kept: &Kept, comments: bool) -> String {
    let mut lines = Vec::new();
    if comments {
        let subject = x509::details(&kept.certificate).map(|details| details.subject.text().raw().to_owned());
        lines.push(subject.unwrap_or_else(|_| "cannot be parsed".to_owned()));
        lines.push(format!("sha256 {}", kept.certificate.fingerprint()));
        lines.extend(kept.stores.iter().map(|store| format!("from {}", store_name(store))));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    pem::write(kept.certificate.der(), &lines)
}
