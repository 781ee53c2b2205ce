//! How a chain is fetched from a server: the arguments, and the answer in the words of a report.

use super::super::error::Failure;
use super::Fetched;
use castore::handshake::{Options, Proxy, Route, StartTls, Target, Versions, fetch as fetch_chain};
use castore::host::Host;
use castore::render::report::why::SourceReport;
use clap::Args;
use std::ffi::OsStr;
use std::time::Duration;

/// The way to the server.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct NetworkArguments {
    /// Connect to HOST[:PORT] instead, and ask it for the certificate of TARGET.
    #[arg(long, value_name = "HOST[:PORT]")]
    connect: Option<String>,
    /// Ask for TLS in PROTOCOL first: smtp, imap, pop3, ftp, ldap, postgres, mysql, xmpp; none; auto goes by the
    /// port.
    #[arg(long, value_name = "PROTOCOL", default_value = "auto")]
    starttls: StartTls,
    /// Go through the HTTP proxy at URL, or through none; without this as the environment says.
    #[arg(long, value_name = "URL|none")]
    proxy: Option<String>,
    /// Do not send the name of the server (SNI).
    #[arg(long)]
    no_sni: bool,
    /// Offer this version of TLS alone: 1.2 or 1.3.
    #[arg(long, value_name = "VERSION", value_parser = versions)]
    tls: Option<Versions>,
    /// Give up after SECONDS.
    #[arg(long, value_name = "SECONDS", default_value = TIMEOUT, value_parser = seconds)]
    timeout: Duration,
}

/// How long a server is waited for unless another time is given, in seconds.
const TIMEOUT: &str = "20";

impl NetworkArguments {
    /// The first option of the way to a server that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let options = [
            ("--connect", self.connect.is_some()),
            ("--starttls", self.starttls != StartTls::default()),
            ("--proxy", self.proxy.is_some()),
            ("--no-sni", self.no_sni),
            ("--tls", self.tls.is_some()),
            ("--timeout", seconds(TIMEOUT) != Ok(self.timeout)),
        ];
        options.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }

    /// Whether the chain is that of another place than the one that is named.
    pub(crate) const fn connects_elsewhere(&self) -> bool {
        self.connect.is_some()
    }
}

fn versions(text: &str) -> Result<Versions, String> {
    match text {
        "1.2" => Ok(Versions::Only12),
        "1.3" => Ok(Versions::Only13),
        _ => Err("expected 1.2 or 1.3".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let found = text.parse().ok().filter(|seconds: &f64| (0.1..=3600.0).contains(seconds));
    found.map(Duration::from_secs_f64).ok_or_else(|| "expected seconds from 0.1 to 3600".to_owned())
}

/// Fetches the chain of a server.
pub(super) fn fetch(arguments: &NetworkArguments, named: &OsStr, host: &Host) -> Result<Fetched, Failure> {
    let text = named.to_str().ok_or_else(|| Failure::new("expected a server in UTF-8"))?;
    let target: Target = text.parse().map_err(|error| {
        Failure::with_hint(format!("{error}"), "castore why example.com:443; castore why ./chain.pem for a file")
    })?;
    let mut options = Options { send_name: !arguments.no_sni, starttls: arguments.starttls, ..Options::default() };
    options.versions = arguments.tls.unwrap_or_default();
    options.times.total = arguments.timeout;
    let mut remarks = Vec::new();
    if let Some(connect) = &arguments.connect {
        options.connect_to(connect, &target).map_err(|error| Failure::new(format!("--connect: {error}")))?;
    }
    options.proxy = match arguments.proxy.as_deref() {
        Some("none") => None,
        Some(proxy) => Some(Proxy::parse(proxy).map_err(|error| Failure::new(format!("--proxy: {error}")))?),
        None => match Proxy::from_environment(host.environment(), &target) {
            Ok(Route::Through { proxy, variable }) => {
                remarks.push(format!("fetched through the proxy that {variable} names, as clients with it do"));
                Some(proxy)
            }
            Ok(Route::Direct | Route::Excepted { .. }) => None,
            Err((variable, error)) => {
                let hint = "--proxy URL names another, --proxy none connects directly";
                return Err(Failure::with_hint(format!("{variable}: {error}"), hint));
            }
        },
    };
    let presented = fetch_chain(&target, &options).map_err(|error| match error.hint() {
        Some(hint) => Failure::with_hint(error.to_string(), hint),
        None => Failure::new(error.to_string()),
    })?;
    let source = SourceReport {
        kind: "server",
        named: target.endpoint.to_string(),
        address: presented.proxy.is_none().then(|| presented.peer.to_string()),
        proxy: presented.proxy,
        tls: Some(presented.version.to_string()),
        cipher: Some(presented.suite),
    };
    let name = target.written().parse().ok();
    let stapled = Some(presented.staple.is_some());
    let port = Some(target.endpoint.port);
    Ok(Fetched { chain: presented.chain, source, name, stapled, port, remarks })
}
