//! How a server of each protocol is asked to begin TLS: a row a protocol.
//!
//! TLS that begins in the middle of another protocol needs some lines of it first. What a server answers
//! until then is in the clear and anybody on the way may have written it: so nothing but yes or no is
//! taken from it, and what comes after the yes and before TLS is heard as TLS or not at all
//! (CVE-2011-0411 was a client that took it for an answer inside TLS).

mod codes;
mod ftp;
mod imap;
mod ldap;
mod mysql;
mod pop3;
mod postgres;
mod smtp;
#[cfg(test)]
pub(super) mod tests;
mod xmpp;

use super::error::Reason;
use super::said::Said;
use super::target::Host;
use super::wire::{Deadline, Stage, Untimed, Wire};
use crate::limits::FETCH_TIME;
use std::fmt;
use std::io::{Read, Write};
use std::net::IpAddr;

/// A protocol that begins TLS when asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Mail between servers and from clients.
    Smtp,
    /// Mailboxes.
    Imap,
    /// Mailboxes, the older protocol.
    Pop3,
    /// Files.
    Ftp,
    /// Directories.
    Ldap,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// Jabber, from clients.
    Xmpp,
    /// Jabber, between servers.
    XmppServer,
}

/// What is known of one protocol.
pub(super) struct Row {
    pub dialect: Dialect,
    /// As users and `openssl s_client -starttls` write it.
    name: &'static str,
    /// As people say it.
    says: &'static str,
    /// Where it is spoken without TLS at first (the registry of port numbers of IANA); the first is that
    /// of its URLs.
    ports: &'static [u16],
    /// The scheme of URLs with TLS from the first octet, and its port.
    from_the_first: Option<(&'static str, u16)>,
    /// Other schemes of URLs.
    schemes: &'static [&'static str],
    /// What a server calls its being able to.
    offer: &'static str,
    /// Whether a server's first octets may be of this protocol.
    pub greets: fn(&[u8]) -> bool,
    /// Asks, until the server has said yes.
    ask: fn(&mut Wire<'_>, &Names<'_>) -> Result<(), Reason>,
}

/// What both sides are called.
pub(super) struct Names<'a> {
    /// The server, as the user named it.
    pub server: &'a Host,
    /// Our own end of the connection.
    pub own: IpAddr,
}

/// Every protocol.
pub(super) const ROWS: &[Row] =
    &[smtp::ROW, imap::ROW, pop3::ROW, ftp::ROW, ldap::ROW, postgres::ROW, mysql::ROW, xmpp::CLIENT, xmpp::SERVER];

impl Dialect {
    /// Every protocol, in the order of the help.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.dialect)
    }

    /// As users and `openssl s_client -starttls` write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The protocol of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(name)).map(|row| row.dialect)
    }

    /// The protocol that is spoken at a port, where TLS never begins with the first octet.
    #[must_use]
    pub fn of_port(port: u16) -> Option<Self> {
        ROWS.iter().find(|row| row.ports.contains(&port)).map(|row| row.dialect)
    }

    /// The protocol of a URL's scheme without TLS, and its port.
    pub(super) fn of_scheme(scheme: &str) -> Option<(Self, u16)> {
        let row = ROWS.iter().find(|row| row.name == scheme || row.schemes.contains(&scheme))?;
        Some((row.dialect, *row.ports.first()?))
    }

    /// The port of a URL's scheme with TLS from the first octet.
    pub(super) fn port_of_tls_scheme(scheme: &str) -> Option<u16> {
        ROWS.iter().filter_map(|row| row.from_the_first).find(|(name, _)| *name == scheme).map(|(_, port)| port)
    }

    /// What a server calls its being able to.
    pub(super) fn offer(self) -> &'static str {
        self.row().offer
    }

    fn row(self) -> &'static Row {
        // A test holds that each has its row.
        ROWS.iter().find(|row| row.dialect == self).unwrap_or(&smtp::ROW)
    }

    /// Asks the server to begin TLS; when it has said yes, the next octets are TLS.
    pub(super) fn ask(self, wire: &mut Wire<'_>, names: &Names<'_>) -> Result<(), Reason> {
        wire.enter(Stage::StartTls(self));
        (self.row().ask)(wire, names).map_err(|reason| match reason {
            // A server of TLS says so by an alert, to those who speak first, and ends the connection.
            Reason::Closed { .. } | Reason::Silent { .. } | Reason::Unexpected { .. }
                if super::sniff::is_tls(wire.first()) =>
            {
                wire.unexpected("an answer in the clear", wire.first())
            }
            reason => reason,
        })
    }

    fn refused(self, said: &[u8]) -> Reason {
        Reason::StartTlsRefused { dialect: self, said: Said::new(said) }
    }

    fn not_offered(self, said: &[u8]) -> Reason {
        Reason::StartTlsNotOffered { dialect: self, said: Said::new(said) }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().says)
    }
}

/// Asks the server at the other end of any `stream` to begin TLS, as `fetch` does.
///
/// # Errors
///
/// The server did not say yes; what it said is in the [`Reason`]. No octets make this panic or read more
/// than a bounded number of them.
pub fn negotiate(dialect: Dialect, stream: impl Read + Write, server: &Host) -> Result<(), Reason> {
    let mut wire = Wire::new(Untimed(stream), Deadline::new(FETCH_TIME), FETCH_TIME);
    dialect.ask(&mut wire, &Names { server, own: [127, 0, 0, 1].into() })
}
