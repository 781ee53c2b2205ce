//! Servers that `castore check` looks at: their chains fetched side by side, each within its own time, while the
//! stores are read; then judged as `castore why` does.

use crate::cli::error::Failure;
use crate::cli::settings::Found;
use castore::catalogue::client::Judge;
use castore::catalogue::survey::{Searched, Survey};
use castore::chain::Question;
use castore::chain::clients::{Asked, SystemStore, opinions, settings};
use castore::chain::pool::Members;
use castore::check::{Check, NoChain, Refusal, Server};
use castore::discover::Use;
use castore::format::x509;
use castore::handshake::{Options, Presented, Proxy, Route, StartTls, Target, fetch};
use castore::host::Host;
use castore::limits::SERVERS_AT_ONCE;
use castore::load::Snapshot;
use castore::model::Timestamp;
use castore::render::commands::Commands;
use castore::render::report::why::{SourceReport, WhyReport};
use castore::settings::castore_toml::effective::Origin;
use castore::settings::castore_toml::{self, DAYS, Placed, SECONDS, Value};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The servers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Servers")]
pub(crate) struct ServerArguments {
    /// Fetch the chain of this server and check it, too; may be repeated.
    ///
    /// A URL such as smtp://mx.example names another protocol. Without it the servers of `hosts` in castore.toml
    /// are looked at, where no SELECTOR is given. Nothing is trusted on the way, and a server that does not answer
    /// holds up nothing else.
    #[arg(long = "host", value_name = "HOST[:PORT]")]
    hosts: Vec<String>,
    /// Days before the end of a server's certificate that count as soon [default: 14, or a quarter of its validity].
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(0..=DAYS))]
    host_expires_within: Option<u64>,
    /// Give up a server after SECONDS [default: 20].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=SECONDS))]
    host_timeout: Option<u64>,
}

impl ServerArguments {
    /// What of these was given, as settings.
    pub(crate) fn values(&self) -> Vec<(&'static str, Value)> {
        let server = |host: &String| castore_toml::Server { host: host.clone(), ..castore_toml::Server::default() };
        let hosts = (!self.hosts.is_empty()).then(|| Value::Servers(self.hosts.iter().map(server).collect()));
        let number = |number: Option<u64>| number.map(Value::Number);
        [
            ("hosts", hosts),
            ("host-expires-within", number(self.host_expires_within)),
            ("host-timeout", number(self.host_timeout)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }

    /// Whether servers are to be looked at: those that were named, or those of the settings where all of the host is
    /// looked at; none where no check would say anything of them.
    pub(crate) fn are_wanted(&self, selectors: &[OsString], checks: &[&Check]) -> bool {
        (!self.hosts.is_empty() || selectors.is_empty()) && checks.iter().any(|check| check.id.starts_with("host-"))
    }
}

/// A server that is to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    target: Target,
    options: Options,
    name: Option<castore::chain::name::ServerName>,
    within: Option<i64>,
    because: Option<(PathBuf, Option<u64>)>,
}

/// The servers of the settings, each understood.
pub(crate) fn watched(found: &Found, host: &Host) -> Result<Vec<Watched>, Failure> {
    let servers = found.effective.servers();
    servers.into_iter().map(|(server, origin)| one(server, &origin, found, host)).collect()
}

fn one(server: &castore_toml::Server, origin: &Origin, found: &Found, host: &Host) -> Result<Watched, Failure> {
    let days = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut watched = understood(server, origin, host)?;
    let seconds = server.timeout.or(found.effective.number("host-timeout"));
    if let Some(seconds) = seconds {
        watched.options.times.total = Duration::from_secs(seconds);
    }
    watched.within = server.expires_within.or(found.effective.number("host-expires-within")).map(days);
    Ok(watched)
}

/// A server as it is written, understood.
pub(crate) fn understood(server: &castore_toml::Server, origin: &Origin, host: &Host) -> Result<Watched, Failure> {
    const HINT: &str = "write example.com, example.com:8443 or smtp://mx.example";
    let bad = |origin: &Origin, why: String| Failure::with_hint(format!("{origin}: {why}"), HINT);
    let placed = |placed: &Placed<String>| origin.at(placed.at);
    let target: Target = server.host.parse().map_err(|error| bad(origin, format!("{error}")))?;
    let mut options = Options::default();
    if let Some(connect) = &server.connect {
        options.connect_to(&connect.value, &target).map_err(|error| bad(&placed(connect), format!("{error}")))?;
    }
    if let Some(protocol) = &server.starttls {
        let parsed: Result<StartTls, _> = protocol.value.parse();
        options.starttls = parsed.map_err(|error| bad(&placed(protocol), format!("{error}")))?;
    }
    let name = match &server.name {
        Some(name) => Some(name.value.parse().map_err(|error| bad(&placed(name), format!("{error}")))?),
        None => target.written().parse().ok(),
    };
    options.proxy = match Proxy::from_environment(host.environment(), &target) {
        Ok(Route::Through { proxy, .. }) => Some(proxy),
        Ok(Route::Direct | Route::Excepted { .. }) => None,
        Err((variable, error)) => return Err(Failure::new(format!("{variable}: {error}"))),
    };
    let because = match origin {
        Origin::File(file, at) => Some((file.clone(), Some(at.line))),
        Origin::Flag(_) | Origin::Variable(_) | Origin::Default => None,
    };
    Ok(Watched { target, options, name, within: None, because })
}

/// A chain, or why there is none.
type Answer = Result<Presented, castore::handshake::Error>;

/// Asks every server while `work` is done. No server waits for another longer than for its turn, and each ends
/// within its time.
pub(crate) fn meanwhile<T>(watched: &[Watched], work: impl FnOnce() -> T) -> (Vec<Option<Answer>>, T) {
    let next = AtomicUsize::new(0);
    let answers: Vec<Mutex<Option<Answer>>> = watched.iter().map(|_| Mutex::new(None)).collect();
    let ask = || {
        while let Some((server, answer)) = {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            watched.get(turn).zip(answers.get(turn))
        } {
            let fetched = fetch(&server.target, &server.options);
            if let Ok(mut answer) = answer.lock() {
                *answer = Some(fetched);
            }
        }
    };
    let done = thread::scope(|scope| {
        for _ in 0..watched.len().min(SERVERS_AT_ONCE) {
            scope.spawn(ask);
        }
        work()
    });
    (answers.into_iter().map(|answer| answer.into_inner().unwrap_or_default()).collect(), done)
}

/// What clients are asked with.
pub(crate) struct Clients<'c> {
    pub host: &'c Host,
    pub at: Timestamp,
    /// The clients in scope.
    pub uses: &'c [Use],
    /// Every client of the host.
    pub every: &'c [Use],
    pub snapshot: &'c Snapshot,
}

/// The servers with what they presented and what clients say of it.
pub(crate) fn judge(watched: &[Watched], answers: Vec<Option<Answer>>, clients: &Clients<'_>) -> Vec<Server> {
    let is_verifier = |found: &&Use| !found.client.is_source && !matches!(found.client.judge, Judge::Nothing);
    let uses: Vec<Use> = clients.uses.iter().filter(is_verifier).cloned().collect();
    let system = SystemStore::of(clients.every);
    let survey = Survey::new(clients.host, Searched::default());
    let mut members = Members::default();
    let mut servers = Vec::new();
    for (server, answer) in watched.iter().zip(answers) {
        let named = server.target.endpoint.to_string();
        let stapled = answer.as_ref().and_then(|answer| Some(answer.as_ref().ok()?.staple.is_some()));
        let (presented, refusals) = match chain(&named, answer, &mut members) {
            Err(failure) => (Err(failure), Vec::new()),
            Ok(sent) => {
                let question = Question { sent: sent.clone(), name: server.name.clone(), at: clients.at, stapled };
                let asked = Asked {
                    system: system.as_ref(),
                    instead: None,
                    uses: &uses,
                    every: clients.every,
                    host: clients.host,
                    snapshot: clients.snapshot,
                    question: &question,
                    settings: &|found: &Use| settings(&survey, found),
                };
                (Ok(sent), refusals(&asked, &mut members))
            }
        };
        let (name, because) = (server.name.clone(), server.because.clone());
        servers.push(Server { named, because, name, within: server.within, presented, refusals });
    }
    servers
}

/// The certificates of an answer as verifiers read them. One beside the first that none can read is left out, as
/// clients do.
fn chain(
    named: &str,
    answer: Option<Answer>,
    members: &mut Members,
) -> Result<Vec<Arc<castore::chain::member::Member>>, NoChain> {
    let failed = |why: String, hint: Option<String>| NoChain { why, hint };
    let presented = match answer {
        Some(Ok(presented)) => presented,
        Some(Err(error)) => {
            // The options that it speaks of are those of `why`.
            let hint = error.hint().map(|hint| match hint.contains("--") {
                true => format!("castore why {named} tries it with other options: {hint}"),
                false => hint,
            });
            return Err(failed(error.reason.to_string(), hint));
        }
        None => return Err(failed("castore failed while it asked".to_owned(), None)),
    };
    let mut sent = Vec::new();
    for (position, der) in presented.chain.into_iter().enumerate() {
        match members.get(&Arc::new(x509::read(der.into()))) {
            Some(member) => sent.push(member),
            None if position == 0 => {
                return Err(failed(
                    "its own certificate cannot be read, so that no client can verify it".to_owned(),
                    None,
                ));
            }
            None => {}
        }
    }
    Ok(sent)
}

/// What those say that do not accept, each reason once.
fn refusals(asked: &Asked<'_>, members: &mut Members) -> Vec<Refusal> {
    let (opinions, everywhere) = opinions(asked, members);
    let report =
        WhyReport::new(asked, (&opinions, &everywhere), SourceReport::default(), Vec::new(), &Commands::default());
    let mut refusals: Vec<Refusal> = Vec::new();
    for (opinion, said) in opinions.iter().zip(report.clients) {
        let (cause, says, certificate) = match (said.verdict, said.cause, said.because) {
            ("refuses", Some(cause), _) => (Some(cause.id), cause.says, cause.certificate),
            ("depends", _, Some(on)) => (None, on, None),
            _ => continue,
        };
        let client = opinion.found.name();
        match refusals.iter_mut().find(|known| known.cause == cause && known.says == says) {
            Some(known) => known.clients.push(client),
            None => refusals.push(Refusal {
                cause,
                says,
                certificate: certificate.and_then(|certificate| certificate.sha256.parse().ok()),
                clients: vec![client],
                remedy: said.remedies.first().map(|remedy| remedy.says.clone()),
            }),
        }
    }
    refusals
}
