//! `castore scan`.

use super::error::Failure;
use super::host::HostArguments;
use super::{Context, Exit, Format};
use castore::render::escape;
use castore::render::report::scan::ScanReport;
use castore::render::text;
use castore::scan::scan;
use clap::Args;
use std::path::PathBuf;

/// Find certificates in a tree, by content.
///
/// Every regular file is read, whatever its name; links and pseudo file systems are passed over. A file whose blocks of
/// certificates are all broken is no store and is said. PEM within the texts of JSON is found in objects of Kubernetes
/// and the like alone.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where to look: directories or files.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

/// Unread files that are named on standard error; JSON names them all.
pub(super) const NAMED: usize = 10;

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let host = arguments.host.host(context)?;
    for path in &arguments.paths {
        host.resolve(path).map_err(|why| Failure::unreadable(path, &why))?;
    }
    let result = scan(&host, &arguments.paths);
    context.report(&arguments.format, &ScanReport::new(&result), text::scan)?;
    for (path, why) in result.unread.iter().take(NAMED) {
        context.note(&format!("{}: {why}", escape::path(path)));
    }
    for path in result.broken.iter().take(NAMED) {
        context.note(&format!("{}: a block of a certificate that cannot be read, and no other", escape::path(path)));
    }
    let certificates: usize = result.found.iter().map(|found| found.certificates).sum();
    let unread = result.unread.len();
    let gaps = if unread == 0 { String::new() } else { format!(", {unread} could not be read") };
    let broken = match result.broken.len() {
        0 => String::new(),
        broken => format!(", {broken} with broken blocks alone"),
    };
    let files = text::count(usize::try_from(result.files).unwrap_or(usize::MAX), "file");
    let stores = text::count(result.found.len(), "store");
    let archives = match usize::try_from(result.archives).unwrap_or(usize::MAX) {
        0 => String::new(),
        some => format!(", {} among them not opened", text::count(some, "archive")),
    };
    context.note(&format!(
        "{files} looked at{archives}{gaps}{broken}; {stores} with {}",
        text::count(certificates, "certificate")
    ));
    Ok(Exit::Clean)
}
