//! What a port speaks that does not speak TLS, from the first octets it sends.

use super::dialect::{Dialect, ROWS};
use std::fmt;

/// What the first octets look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Speaks {
    /// A protocol that begins TLS when asked to.
    StartTls(Dialect),
    /// HTTP without TLS.
    Http,
    /// SSH.
    Ssh,
    /// VNC.
    Rfb,
}

impl fmt::Display for Speaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartTls(dialect) => dialect.fmt(f),
            Self::Http => f.write_str("HTTP without TLS"),
            Self::Ssh => f.write_str("SSH"),
            Self::Rfb => f.write_str("VNC"),
        }
    }
}

/// Whether octets may be the head of a TLS record: its type, and the 3 that every version since SSL 3.0
/// begins with (RFC 8446, 5.1).
#[must_use]
pub(super) fn is_tls(first: &[u8]) -> bool {
    matches!(first, [20..=24] | [20..=24, 3, ..])
}

/// What a server speaks that greeted in this way at this port; none if it cannot be told.
#[must_use]
pub fn speaks(first: &[u8], port: u16) -> Option<Speaks> {
    if is_tls(first) || first.is_empty() {
        return None;
    }
    if first.starts_with(b"HTTP/") || first.starts_with(b"<!DOCTYPE") || first.starts_with(b"<html") {
        return Some(Speaks::Http);
    }
    if first.starts_with(b"SSH-") {
        return Some(Speaks::Ssh);
    }
    if first.starts_with(b"RFB ") {
        return Some(Speaks::Rfb);
    }
    let mut greeted = ROWS.iter().filter(|row| (row.greets)(first));
    // SMTP and FTP greet alike (220); their text, or else the port, tells.
    let dialect = match (greeted.next()?, greeted.next()) {
        (only, None) => only.dialect,
        (one, Some(other)) => {
            let names = |dialect: Dialect| {
                let text = first.to_ascii_lowercase();
                text.windows(dialect.name().len()).any(|window| window == dialect.name().as_bytes())
            };
            let by_port = Dialect::of_port(port).filter(|dialect| [one.dialect, other.dialect].contains(dialect));
            by_port.unwrap_or(if names(other.dialect) && !names(one.dialect) { other.dialect } else { one.dialect })
        }
    };
    Some(Speaks::StartTls(dialect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_are_known() {
        use Speaks::{Http, Rfb, Ssh, StartTls};
        for (first, port, spoken) in [
            (&b"220 mx.example ESMTP Postfix\r\n"[..], 2525, Some(StartTls(Dialect::Smtp))),
            (b"220-mx.example\r\n220 ready\r\n", 2525, Some(StartTls(Dialect::Smtp))),
            (b"220 ready\r\n", 21, Some(StartTls(Dialect::Ftp))),
            (b"220 (vsFTPd 3.0.5)\r\n", 2121, Some(StartTls(Dialect::Ftp))),
            (b"220 mx.example ESMTP for ftp.example\r\n", 2525, Some(StartTls(Dialect::Smtp))),
            (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", 1, Some(StartTls(Dialect::Imap))),
            (b"+OK POP3 ready\r\n", 1, Some(StartTls(Dialect::Pop3))),
            (b"\x4a\0\0\0\x0a8.0.36\0", 1, Some(StartTls(Dialect::Mysql))),
            (b"<?xml version='1.0'?><stream:stream xmlns='jabber:client'", 1, Some(StartTls(Dialect::Xmpp))),
            (b"HTTP/1.1 400 Bad Request\r\n", 443, Some(Http)),
            (b"SSH-2.0-OpenSSH_9.2\r\n", 443, Some(Ssh)),
            (b"RFB 003.008\n", 443, Some(Rfb)),
            (b"hello\r\n", 443, None),
            (b"\x16\x03\x01\0\x05", 25, None),
            (b"\x15", 25, None),
            (b"", 25, None),
        ] {
            assert_eq!(speaks(first, port), spoken, "{}", first.escape_ascii());
        }
    }
}
