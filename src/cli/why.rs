//! `castore why`.

#[cfg(feature = "network")]
mod network;

use super::error::Failure;
use super::host::HostArguments;
use super::inspect::{SEALED, inspect_for_server, is_taken, selectors};
use super::{Context, Exit, Format};
use castore::catalogue::client::Judge;
use castore::catalogue::survey::{Searched, Survey};
use castore::chain::clients::{Asked, SystemStore, opinions, settings};
use castore::chain::name::ServerName;
use castore::chain::pool::Members;
use castore::chain::{Question, order};
use castore::discover::Use;
use castore::format::{Means, decode_with, x509};
use castore::host::Host;
use castore::limits;
use castore::load::load;
use castore::model::{Body, Certificate, Gap, Reading, Store, Unreadable};
use castore::render::escape;
use castore::render::report::why::{SourceReport, WhyReport};
use castore::render::text::{self, Detail};
use castore::select::Selector;
use castore::settings::server::Server;
use clap::Args;
#[cfg(feature = "network")]
pub(crate) use network::NetworkArguments;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

/// Say for every client whether it would accept a chain, why not, and what mends it.
///
/// TARGET is a server, HOST[:PORT] or a URL, whose chain is fetched without trusting anything; or a file of
/// certificates, the server's own first; or - for standard input. No client is run: castore follows each one's
/// own way of verifying, by its version, with the certificates that it trusts here.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A server, a file of certificates, or -.
    ///
    /// With --root a file is one of the tree; one of this machine is given on standard input: castore why - <FILE.
    #[arg(value_name = "TARGET")]
    target: OsString,
    /// Only these clients: curl, python:3.13, pip:/opt/venv; may be repeated.
    #[arg(long = "client", value_name = "CLIENT")]
    clients: Vec<OsString>,
    /// Judge as if every client trusted just what is in FILE.
    #[arg(long, value_name = "FILE")]
    store: Option<OsString>,
    /// The name the clients ask for, where it is not that of the server.
    #[arg(long, value_name = "HOST")]
    name: Option<ServerName>,
    /// Show each client hop by hop: every candidate, where it is, taken or not and why.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    network: NetworkArguments,
    #[command(flatten)]
    host: HostArguments,
    #[command(flatten)]
    format: Format,
}

/// The way to a server, of which a program without the network has none.
#[cfg(not(feature = "network"))]
#[derive(Debug, Clone, Args)]
pub(crate) struct NetworkArguments {}

#[cfg(not(feature = "network"))]
impl NetworkArguments {
    /// The first option of the way to a server that was given.
    pub(crate) const fn given(&self) -> Option<&'static str> {
        None
    }
}

/// A chain, and where it is from.
pub(crate) struct Fetched {
    pub chain: Vec<Vec<u8>>,
    pub source: SourceReport,
    pub name: Option<ServerName>,
    /// Whether a server sent an OCSP response.
    pub stapled: Option<bool>,
    /// The port that clients go to, where it is a server.
    pub port: Option<u16>,
    pub remarks: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let clients = selectors(&arguments.clients)?;
    let host = arguments.host.host(context)?;
    let fetched = chain(&arguments.target, &arguments.network, &host, context)?;
    let mut members = Members::default();
    let mut remarks = fetched.remarks;
    let mut sent = Vec::new();
    for (position, der) in fetched.chain.into_iter().enumerate() {
        let certificate: Arc<Certificate> = Arc::new(x509::read(der.into()));
        match members.get(&certificate) {
            Some(member) => sent.push(member),
            None if position == 0 => {
                return Err(Failure::new("the first certificate cannot be read, so that no client can verify it"));
            }
            None => remarks.push(format!("what was sent at position {position} cannot be read as a certificate")),
        }
    }
    let at = arguments.host.at(context.process);
    let name = arguments.name.clone().or(fetched.name);
    let server = Server { host: name.as_ref().map(ToString::to_string), port: fetched.port };
    let question = Question { sent, name, at, stapled: fetched.stapled };
    remarks.extend(order::remarks(&question));
    let inspection = inspect_for_server(&host, server);
    inspection.verify(&host, &clients)?;
    let uses: Vec<Use> =
        inspection.uses.iter().filter(|found| is_taken(&clients, found, &host) && verifies(found)).cloned().collect();
    let survey = Survey::new(&host, Searched::default());
    let settings = |found: &Use| settings(&survey, found);
    let only = arguments.store.as_ref().map(|file| instead(file, &host)).transpose()?;
    let system = SystemStore::of(&inspection.uses);
    let asked = Asked {
        system: system.as_ref(),
        instead: only.as_ref(),
        uses: &uses,
        every: &inspection.uses,
        host: &host,
        snapshot: &inspection.snapshot,
        question: &question,
        settings: &settings,
    };
    let (opinions, everywhere) = opinions(&asked, &mut members);
    let report = WhyReport::new(&asked, (&opinions, &everywhere), fetched.source, remarks, &context.commands);
    let detail = if arguments.explain { Detail::Everything } else { Detail::Overview };
    let width = context.process.width;
    context.report(&arguments.format, &report, |report, colour| text::why(report, detail, width, colour))?;
    context.note_limits(&host);
    let counts = report.counts;
    Ok(match () {
        () if counts.refuses > 0 => Exit::Findings,
        () if counts.accepts == 0 && counts.depends == 0 => Exit::Trouble,
        () if counts.depends > 0 => Exit::Findings,
        () => Exit::Clean,
    })
}

/// The store that is to stand for those of every client.
fn instead(file: &OsStr, host: &Host) -> Result<Arc<Store>, Failure> {
    let path = Path::new(file);
    let Some(id) = Selector::Path(path.to_path_buf()).store(host) else {
        return Err(Failure::unreadable(path, &Unreadable::Absent));
    };
    let snapshot = load(host, &[id.clone()].into());
    let store = snapshot.store(&id).ok_or_else(|| Failure::unreadable(path, &Unreadable::Absent))?;
    if let Reading::Unreadable(why) = &store.reading {
        return Err(Failure::unreadable(path, why));
    }
    if !store.entries.iter().any(|entry| entry.certificate().is_some()) {
        return Err(Failure::new(format!("{}: expected certificates, found none", escape::path(path))));
    }
    Ok(Arc::clone(store))
}

/// Whether a client verifies chains, and is no store that others read.
fn verifies(found: &Use) -> bool {
    !found.client.is_source && !matches!(found.client.judge, Judge::Nothing)
}

/// The chain of a target: of a server, of a file, of standard input.
pub(crate) fn chain(
    target: &OsStr,
    network: &NetworkArguments,
    host: &Host,
    context: &mut Context<'_>,
) -> Result<Fetched, Failure> {
    if target.is_empty() {
        return Err(Failure::with_hint(
            "expected a server, a file or -, found nothing",
            "castore why example.com; castore why chain.pem --name example.com",
        ));
    }
    if target == OsStr::new("-") {
        return of_bytes(&standard_input(context)?, host, "standard input", "stdin");
    }
    if is_file(target, host) {
        let path = Path::new(target);
        let bytes = host.read(path).map_err(|why| Failure::unreadable(path, &why))?;
        return of_bytes(&bytes, host, &escape::path(path), "file");
    }
    #[cfg(feature = "network")]
    return network::fetch(network, target, host);
    #[cfg(not(feature = "network"))]
    {
        let NetworkArguments {} = network;
        Err(Failure::unreadable(Path::new(target), &Unreadable::Absent))
    }
}

/// Whether the target is meant as a file: one that is there, or what no server is written as.
fn is_file(target: &OsStr, host: &Host) -> bool {
    let bytes = target.as_encoded_bytes();
    let ends = [".pem", ".crt", ".cer", ".der", ".p7b", ".p7c"];
    let looks = bytes.starts_with(b"/") || bytes.starts_with(b"./") || bytes.starts_with(b"../");
    let named = target.to_str().is_some_and(|text| ends.iter().any(|end| text.ends_with(end)) && !text.contains("://"));
    let is_there = !target.to_str().is_some_and(|text| text.contains("://")) && host.is_file(Path::new(target));
    looks || named || is_there || target.to_str().is_none()
}

/// Certificates of a file in their order; of a keystore with the passwords that are known.
fn of_bytes(bytes: &[u8], host: &Host, named: &str, kind: &'static str) -> Result<Fetched, Failure> {
    let passwords = host.passwords_to_try();
    let decoded = decode_with(bytes, &Means { passwords: &passwords, bounds: host.bounds, ..Means::default() });
    let certificates = || {
        decoded.entries.iter().filter_map(|entry| match &entry.body {
            Body::Certificate(der) => Some(der),
            _ => None,
        })
    };
    let chain: Vec<Vec<u8>> = certificates().take(limits::CHAIN).map(|der| der.to_vec()).collect();
    let sealed = decoded.gaps.iter().find(|gap| matches!(gap, Gap::Password { .. }));
    if let Some(gap) = sealed.filter(|_| chain.is_empty()) {
        return Err(Failure::with_hint(format!("{named}: no certificate could be read in it: {gap}"), SEALED));
    }
    if chain.is_empty() {
        return Err(Failure::with_hint(
            format!("{named}: expected certificates, found none"),
            "the server's certificate comes first, then its issuers: openssl s_client -showcerts prints them so",
        ));
    }
    let source = SourceReport { kind, named: named.to_owned(), ..SourceReport::default() };
    let mut remarks = Vec::new();
    let all = certificates().count();
    if all > chain.len() {
        remarks.push(format!("of {all} certificates the first {} are looked at", chain.len()));
    }
    let unread = decoded.entries.iter().filter(|entry| matches!(entry.body, Body::Malformed(_))).count();
    if let Some(gap) = sealed {
        remarks.push(format!("{gap}, so that there may be more"));
    }
    if unread > 0 {
        remarks.push(format!("{unread} of its blocks cannot be read and are left out"));
    }
    Ok(Fetched { chain, source, name: None, stapled: None, port: None, remarks })
}

/// Standard input, up to the size of a chain.
fn standard_input(context: &mut Context<'_>) -> Result<Vec<u8>, Failure> {
    let limit = limits::SETTINGS_SIZE;
    let read = context.output.input(limit + 1);
    let bytes = read.map_err(|error| Failure::new(format!("standard input: {error}")))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(format!("standard input: expected at most {limit} bytes of certificates")));
    }
    Ok(bytes)
}
