//! What can keep a chain from being fetched: each with what was expected, what was found, what to do.
//!
//! "Resource temporarily unavailable" and "received corrupt message" are what a system and a TLS library
//! say of a silent server and of a port that speaks SMTP. Whoever asks why a certificate is refused needs
//! to hear the latter.

use super::alert;
use super::dialect::Dialect;
use super::options::Versions;
use super::said::Said;
use super::sniff::Speaks;
use super::wire::Stage;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// No chain was fetched.
#[derive(Debug, thiserror::Error)]
#[error("{target}{}{}: {reason}", through(proxy), at(*peer, target))]
pub struct Error {
    /// The server, as `HOST:PORT`.
    pub target: String,
    /// The proxy on the way, as `HOST:PORT`.
    pub proxy: Option<String>,
    /// The address that was connected to, of the proxy if there is one.
    pub peer: Option<SocketAddr>,
    /// Why.
    #[source]
    pub reason: Box<Reason>,
}

fn through(proxy: &Option<String>) -> String {
    proxy.as_ref().map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default()
}

fn at(peer: Option<SocketAddr>, target: &str) -> String {
    peer.map(|peer| peer.to_string()).filter(|peer| peer != target).map(|peer| format!(" ({peer})")).unwrap_or_default()
}

impl Error {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.reason.hint()
    }
}

/// An attempt to connect to one address.
#[derive(Debug)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

/// Why no chain was fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The name has no address, or nobody who knows one was reached.
    #[error("cannot resolve {name}: {said}")]
    Resolve {
        /// The name.
        name: String,
        /// What the system says.
        said: String,
    },
    /// The system did not say in time which addresses the name has.
    #[error("expected the addresses of {name} within {}, found no answer from the resolver", Seconds(*after))]
    ResolveLate {
        /// The name.
        name: String,
        /// The limit.
        after: Duration,
    },
    /// Nothing listens at the port, or a firewall says so.
    #[error("connection refused{}", others(attempts))]
    Refused {
        /// Every address tried.
        attempts: Vec<Attempt>,
    },
    /// Nothing answers at the address.
    #[error("expected a connection within {}, found no answer{}", Seconds(*after), others(attempts))]
    ConnectLate {
        /// The limit of the last attempt.
        after: Duration,
        /// Every address tried.
        attempts: Vec<Attempt>,
    },
    /// The address cannot be connected to for another reason.
    #[error("cannot connect{}", others(attempts))]
    Connect {
        /// Every address tried.
        attempts: Vec<Attempt>,
    },
    /// It was waited for as long as one answer may take.
    #[error("no answer in {} to {stage}{}", Seconds(*after), so_far(*received))]
    Silent {
        /// What was waited for.
        stage: Stage,
        /// The limit.
        after: Duration,
        /// Octets of this stage that had come.
        received: u64,
    },
    /// Something came again and again, and there was no end of it.
    #[error("expected {stage} to be over {} after the start, found it unfinished{}", Seconds(*after), so_far(*received))]
    Late {
        /// What was waited for.
        stage: Stage,
        /// The limit.
        after: Duration,
        /// Octets of this stage that had come.
        received: u64,
    },
    /// The other side ended the connection.
    #[error("the connection was closed during {stage}{}", so_far(*received))]
    Closed {
        /// What was waited for.
        stage: Stage,
        /// Octets of this stage that had come.
        received: u64,
    },
    /// More octets than anything honest needs.
    #[error("{stage} is not over after {received} octets, the limit")]
    TooMuch {
        /// What was waited for.
        stage: Stage,
        /// Octets that had come.
        received: u64,
    },
    /// The connection broke.
    #[error("the connection broke during {stage}: {source}")]
    Failed {
        /// What was waited for.
        stage: Stage,
        /// What the system says.
        source: io::Error,
    },
    /// A line without end.
    #[error("expected a line of at most {} octets in {stage}, found a longer one: {said}", crate::limits::ANSWER_LINE)]
    LongLine {
        /// What was waited for.
        stage: Stage,
        /// How it begins.
        said: Said,
    },
    /// Not what the protocol has here.
    #[error("{stage}: expected {expected}, found {said}")]
    Unexpected {
        /// What was waited for.
        stage: Stage,
        /// What the protocol has.
        expected: &'static str,
        /// What came.
        said: Said,
    },
    /// The port answers, and not in TLS.
    #[error("this port does not speak TLS: expected a TLS record, found {said}{}", looks_like(*speaks))]
    NotTls {
        /// What came.
        said: Said,
        /// What it looks like.
        speaks: Option<Speaks>,
    },
    /// The port greets in a protocol that begins TLS only when asked to.
    #[error("this port speaks {dialect} and begins TLS only when asked to: expected a TLS record, found {said}")]
    WantsStartTls {
        /// The protocol.
        dialect: Dialect,
        /// Its greeting.
        said: Said,
    },
    /// The server speaks the protocol and has no TLS in it.
    #[error("{dialect}: expected the server to offer {}, found {said}", dialect.offer())]
    StartTlsNotOffered {
        /// The protocol.
        dialect: Dialect,
        /// What it offers.
        said: Said,
    },
    /// The server was asked for TLS and said no.
    #[error("{dialect}: the server refuses to begin TLS: {said}")]
    StartTlsRefused {
        /// The protocol.
        dialect: Dialect,
        /// What it said.
        said: Said,
    },
    /// The proxy does not open a way to the server.
    #[error("the proxy refuses: expected status 200, found {said}")]
    ProxyRefused {
        /// The status.
        status: u16,
        /// Its line.
        said: Said,
        /// The ways to log in that it names (RFC 9110, 11.7.1).
        schemes: Vec<Said>,
        /// Whether a user and password were sent.
        logged_in: bool,
    },
    /// No version of TLS in common.
    #[error("expected TLS {offered}, found a server that {}", answers_with(*found))]
    Version {
        /// What was offered.
        offered: Versions,
        /// The version that the server chose, as on the wire (0x0301 is TLS 1.0); none if it sent an alert.
        found: Option<u16>,
    },
    /// No cipher suite, group or signature scheme in common.
    #[error("the server accepts none of the cipher suites, groups and signature schemes offered (alert {})", alert::shown(*alert))]
    NothingInCommon {
        /// The alert.
        alert: u8,
        /// The name that was sent, if one was.
        server_name: Option<String>,
    },
    /// The server ended the handshake with another alert.
    #[error("the server ends the handshake with alert {}", alert::shown(*alert))]
    Alert {
        /// The alert.
        alert: u8,
        /// The name that was sent, if one was.
        server_name: Option<String>,
    },
    /// The server presented no certificate at all.
    #[error("expected a certificate, found an empty list")]
    NoCertificate,
    /// The server presented more certificates than anything honest needs.
    #[error("expected at most {limit} certificates, found {found}")]
    TooManyCertificates {
        /// How many.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The list of certificates is longer than a message may be here.
    #[error("expected certificates of at most {} octets together, found more", super::tls::MESSAGE)]
    TooLarge,
    /// The server breaks the rules of TLS.
    #[error("the server speaks TLS and breaks its rules: {said}")]
    Tls {
        /// The rule, in the words of rustls.
        said: Said,
    },
    /// The name cannot be sent as a server's name.
    #[error("expected a DNS name, found {name}")]
    ServerName {
        /// The name.
        name: String,
    },
}

fn so_far(received: u64) -> String {
    match received {
        0 => ", and not one octet came".to_owned(),
        1 => " after 1 octet".to_owned(),
        _ => format!(" after {received} octets"),
    }
}

fn looks_like(speaks: Option<Speaks>) -> String {
    speaks.map(|speaks| format!(", which looks like {speaks}")).unwrap_or_default()
}

fn answers_with(found: Option<u16>) -> String {
    match found {
        Some(0x0300) => "chooses SSL 3.0".to_owned(),
        Some(version @ 0x0301..=0x0304) => format!("chooses TLS 1.{}", version - 0x0301),
        Some(version) => format!("chooses version {version:#06x}"),
        None => format!("speaks none of it (alert {})", alert::shown(alert::PROTOCOL_VERSION)),
    }
}

fn others(attempts: &[Attempt]) -> String {
    let shown: Vec<String> =
        attempts.iter().map(|attempt| format!("{} ({})", attempt.address, without_number(&attempt.source))).collect();
    if shown.is_empty() { String::new() } else { format!(": {}", shown.join(", ")) }
}

/// The system's words in lower case, without the number that Rust adds.
fn without_number(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// A time as people say it.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.subsec_millis() {
            0 => write!(f, "{} s", self.0.as_secs()),
            _ => write!(f, "{} ms", self.0.as_millis()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_where_and_why() {
        let error = Error {
            target: "h.example:443".to_owned(),
            proxy: Some("p.example:3128".to_owned()),
            peer: Some(([192, 0, 2, 1], 3128).into()),
            reason: Box::new(Reason::Silent { stage: Stage::Tls, after: Duration::from_secs(10), received: 0 }),
        };
        assert_eq!(
            error.to_string(),
            "h.example:443 through the proxy p.example:3128 (192.0.2.1:3128): no answer in 10 s to the TLS handshake, \
             and not one octet came"
        );
        assert!(error.hint().unwrap().contains("--starttls"));
    }

    #[test]
    fn versions_have_their_names() {
        for (found, said) in [
            (Some(0x0300), "chooses SSL 3.0"),
            (Some(0x0301), "chooses TLS 1.0"),
            (Some(0x0303), "chooses TLS 1.2"),
            (Some(0xfeff), "chooses version 0xfeff"),
            (None, "speaks none of it (alert 70 protocol_version)"),
        ] {
            assert_eq!(answers_with(found), said);
        }
    }
}
