//! How a chain is asked for.

use super::dialect::Dialect;
use super::proxy::Proxy;
use super::target::{Endpoint, NoTarget, Target, endpoint};
use crate::limits::{ANSWER_TIME, CONNECT_TIME, FETCH_TIME, PRESENTED, RESOLVE_TIME};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The versions of TLS that are offered. A server may have one chain for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Versions {
    /// TLS 1.3 and 1.2, as clients do.
    #[default]
    Both,
    /// TLS 1.2 only.
    Only12,
    /// TLS 1.3 only.
    Only13,
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Both => "1.2 or 1.3",
            Self::Only12 => "1.2",
            Self::Only13 => "1.3",
        })
    }
}

/// What comes before TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StartTls {
    /// What the URL's scheme says; without one what is spoken at the port: SMTP at 25 and 587, IMAP at 143,
    /// POP3 at 110, FTP at 21, LDAP at 389 and 3268, PostgreSQL at 5432, MySQL at 3306, XMPP at 5222 and 5269.
    /// No server begins TLS there with the first octet. Elsewhere nothing comes before.
    #[default]
    ByPort,
    /// Nothing: TLS begins with the first octet.
    Never,
    /// This protocol.
    As(Dialect),
}

/// As users write it: a protocol's name, `none`, or `auto`.
impl FromStr for StartTls {
    type Err = NoDialect;

    fn from_str(text: &str) -> Result<Self, NoDialect> {
        match text {
            "none" => Ok(Self::Never),
            "auto" => Ok(Self::ByPort),
            name => Dialect::named(name).map(Self::As).ok_or_else(|| NoDialect(name.to_owned())),
        }
    }
}

/// A text names no protocol that begins TLS when asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoDialect(String);

impl std::error::Error for NoDialect {}

impl fmt::Display for NoDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Dialect::all().map(Dialect::name).collect();
        write!(f, "expected {}, none or auto, found {:?}", names.join(", "), self.0)
    }
}

/// How long each part may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Resolving a name ([`RESOLVE_TIME`]).
    pub resolve: Duration,
    /// Connecting to one address ([`CONNECT_TIME`]).
    pub connect: Duration,
    /// Waiting for the next octets ([`ANSWER_TIME`]).
    pub answer: Duration,
    /// Everything ([`FETCH_TIME`]).
    pub total: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { resolve: RESOLVE_TIME, connect: CONNECT_TIME, answer: ANSWER_TIME, total: FETCH_TIME }
    }
}

/// How a chain is asked for. The default is how clients do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where to connect, or to have the proxy connect, instead of to the target.
    pub connect: Option<Endpoint>,
    /// Whether the target's name is sent (RFC 6066, 3); addresses never are.
    pub send_name: bool,
    /// The versions of TLS to offer.
    pub versions: Versions,
    /// What comes before TLS.
    pub starttls: StartTls,
    /// The HTTP proxy on the way.
    pub proxy: Option<Proxy>,
    /// How long each part may last.
    pub times: Times,
    /// Certificates taken from one server ([`PRESENTED`]).
    pub certificates: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect: None,
            send_name: true,
            versions: Versions::Both,
            starttls: StartTls::ByPort,
            proxy: None,
            times: Times::default(),
            certificates: PRESENTED,
        }
    }
}

impl Options {
    /// Reads where to connect, `HOST[:PORT]`; without a port that of the target.
    ///
    /// # Errors
    ///
    /// The text names no host and port.
    pub fn connect_to(&mut self, text: &str, target: &Target) -> Result<(), NoTarget> {
        self.connect = Some(endpoint(text.trim(), target.endpoint.port)?);
        Ok(())
    }

    /// Where the server is to be found.
    pub(super) fn server<'a>(&'a self, target: &'a Target) -> &'a Endpoint {
        self.connect.as_ref().unwrap_or(&target.endpoint)
    }

    /// What comes before TLS, with these options, at that server. An option outranks a scheme, and a scheme
    /// the port.
    #[must_use]
    pub fn dialect(&self, target: &Target) -> Option<Dialect> {
        match self.starttls {
            StartTls::As(dialect) => Some(dialect),
            StartTls::Never => None,
            StartTls::ByPort if target.scheme.is_some() => target.starttls,
            StartTls::ByPort => Dialect::of_port(self.server(target).port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_outranks_a_scheme_and_a_scheme_the_port() {
        let dialect = |text: &str, starttls| Options { starttls, ..Options::default() }.dialect(&text.parse().unwrap());
        use StartTls::{As, ByPort, Never};
        for (text, starttls, name) in [
            ("h.example", ByPort, None),
            ("h.example:25", ByPort, Some("smtp")),
            ("h.example:587", ByPort, Some("smtp")),
            ("h.example:5269", ByPort, Some("xmpp-server")),
            ("h.example:25", Never, None),
            ("h.example:25", As(Dialect::Imap), Some("imap")),
            ("imap://h.example:25", ByPort, Some("imap")),
            ("https://h.example:25", ByPort, None),
            ("smtps://h.example:25", ByPort, None),
            ("imap://h.example", Never, None),
        ] {
            assert_eq!(dialect(text, starttls).map(Dialect::name), name, "{text} {starttls:?}");
        }
        let target = "h.example".parse().unwrap();
        let mut options = Options::default();
        options.connect_to("[::1]:143", &target).unwrap();
        assert_eq!(options.dialect(&target), Some(Dialect::Imap));
        options.connect_to("::1", &target).unwrap();
        assert_eq!(options.server(&target).to_string(), "[::1]:443");
    }

    #[test]
    fn protocols_are_named() {
        assert_eq!("smtp".parse(), Ok(StartTls::As(Dialect::Smtp)));
        assert_eq!("none".parse(), Ok(StartTls::Never));
        assert_eq!(
            "gopher".parse::<StartTls>().unwrap_err().to_string(),
            "expected smtp, imap, pop3, ftp, ldap, postgres, mysql, xmpp, xmpp-server, none or auto, found \"gopher\""
        );
    }
}
