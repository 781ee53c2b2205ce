//! What can keep a chain from being fetched: each with what was expected, what was found, what to do.
//!
//! "Resource temporarily unavailable" and "received corrupt message" are what a system and a TLS library
//! say of a silent server and of a port that speaks SMTP. Whoever asks why a certificate is refused needs
//! to hear the latter.

use super::alert;
use super::dialect::Dialect;
use super::options::Versions;
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

impl Reason {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Resolve { .. } => "look for a typing error, or name an address with --connect",
            Self::ResolveLate { .. } => "see resolv.conf(5), or name an address with --connect",
            Self::Refused { .. } => "look whether the server runs and whether this is its port",
            Self::ConnectLate { .. } => {
                "a firewall may drop what is sent there; if others get there by a proxy, name it with --proxy"
            }
            Self::Connect { .. } | Self::Failed { .. } => return None,
            Self::Silent { stage: Stage::StartTls(_), received: 0, .. } => {
                "if the server expects TLS from the first octet, say --starttls none"
            }
            Self::Silent { stage: Stage::Tls, received: 0, .. } | Self::Closed { stage: Stage::Tls, received: 0 } => {
                "if the server speaks another protocol before TLS, name it with --starttls; it may also want a name, or none (--no-sni)"
            }
            Self::Closed { stage: Stage::Proxy, .. } | Self::Silent { stage: Stage::Proxy, .. } => {
                "look whether that is a proxy, and one for HTTPS"
            }
            Self::Silent { .. } | Self::Late { .. } => "try again later, or with more time",
            Self::Closed { .. } => return None,
            Self::TooMuch { .. } | Self::LongLine { .. } => "look whether that is the server you mean",
            Self::Unexpected { stage: Stage::StartTls(_), said, .. } if said.is_tls() => {
                "the server speaks TLS from the first octet: say --starttls none"
            }
            Self::Unexpected { stage: Stage::StartTls(_), .. } => {
                "name the protocol that this port speaks with --starttls, or say --starttls none"
            }
            Self::Unexpected { .. } => "look whether that is a proxy, and one for HTTPS",
            Self::NotTls { speaks: Some(Speaks::Http), .. } => "that is plain HTTP; name the port of HTTPS, mostly 443",
            Self::NotTls { .. } => {
                "look whether that is the port you mean; if it begins TLS when asked to, name its protocol with --starttls"
            }
            Self::WantsStartTls { dialect, .. } => return Some(format!("say --starttls {}", dialect.name())),
            Self::StartTlsNotOffered { .. } => "the server has TLS turned off, or offers it at another port",
            Self::StartTlsRefused { .. } => "the server says why; its log may say more",
            Self::ProxyRefused { status: 407, schemes, logged_in, .. } => return Some(log_in(schemes, *logged_in)),
            Self::ProxyRefused { .. } => {
                "the proxy's administrator decides where it leads; NO_PROXY or --proxy none goes there directly"
            }
            Self::Version { offered: Versions::Both, .. } => {
                "TLS 1.1 and older cannot be spoken here; save the chain with `openssl s_client -showcerts -tls1_1` and name that file"
            }
            Self::Version { .. } => "leave out the option that allows one version only",
            Self::NothingInCommon { server_name: None, .. } => "the server may want a name: leave out --no-sni",
            Self::NothingInCommon { .. } => {
                "a server that has RSA key exchange only cannot be spoken to here; save the chain with `openssl s_client -showcerts` and name that file"
            }
            Self::Alert { alert: alert::UNRECOGNIZED_NAME, server_name: Some(_), .. } => {
                "the server has nothing for that name; --no-sni asks for what it presents without one"
            }
            Self::Alert { server_name: None, .. } => "the server may want a name: leave out --no-sni",
            Self::Alert { .. } | Self::Tls { .. } => return None,
            Self::NoCertificate => "TLS without certificates is nothing that a client here would accept",
            Self::TooManyCertificates { .. } | Self::TooLarge => {
                "no client takes that many; look at what the server is configured to send"
            }
            Self::ServerName { .. } => "--no-sni connects without sending a name",
        };
        Some(hint.to_owned())
    }
}

/// How to log in at a proxy that wants it.
fn log_in(schemes: &[Said], logged_in: bool) -> String {
    let is_basic = |said: &Said| said.octets().to_ascii_lowercase().starts_with(b"basic");
    if !schemes.is_empty() && !schemes.iter().any(is_basic) {
        let names: Vec<String> = schemes.iter().map(ToString::to_string).collect();
        return format!(
            "this proxy wants {}, of which none can be done here; save the chain and name that file",
            names.join(", ")
        );
    }
    match logged_in {
        true => "the proxy does not accept this user and password; write % and other signs in them as %25 …".to_owned(),
        false => "write user and password into the proxy's URL: http://USER:PASSWORD@HOST:PORT".to_owned(),
    }
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
    format!(": {}", shown.join(", "))
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

/// What a server sent, the beginning of it; whoever runs it chose every octet.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Said {
    octets: Vec<u8>,
    is_cut: bool,
}

impl Said {
    /// Octets that are kept and shown: a line of a terminal and a half.
    const KEPT: usize = 120;

    /// The beginning of `octets`.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        Self { octets: octets[..octets.len().min(Self::KEPT)].to_vec(), is_cut: octets.len() > Self::KEPT }
    }

    /// The octets, to be compared.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether that is the head of a TLS record.
    pub(super) fn is_tls(&self) -> bool {
        super::sniff::is_tls(&self.octets)
    }
}

/// In quotes, with escapes for all but printable ASCII: fit for a terminal.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.octets.is_empty() {
            true => f.write_str("nothing"),
            false => write!(f, "\"{}\"{}", self.octets.escape_ascii(), if self.is_cut { " …" } else { "" }),
        }
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_cannot_act() {
        assert_eq!(Said::new(b"220 \x1b[2J\xc3\xbc\"\r\n").to_string(), r#""220 \x1b[2J\xc3\xbc\"\r\n""#);
        assert_eq!(Said::new(b"").to_string(), "nothing");
        let long = Said::new(&[b'x'; 4096]).to_string();
        assert!(long.len() < 130 && long.ends_with("\" …"), "{long}");
    }

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

    #[test]
    fn a_proxy_that_wants_more_is_told_apart() {
        let schemes = |names: &[&str]| names.iter().map(|name| Said::new(name.as_bytes())).collect::<Vec<_>>();
        assert!(log_in(&schemes(&["Negotiate", "NTLM"]), true).contains("\"NTLM\""));
        assert!(log_in(&schemes(&["NTLM", "Basic realm=x"]), true).contains("does not accept"));
        assert!(log_in(&[], false).contains("USER:PASSWORD"));
    }
}
