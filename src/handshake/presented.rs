//! What a server presented, and how it came here.

use super::dialect::Dialect;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

/// The chain that a server presented. Nothing in it was verified, not even that it is made of certificates,
/// nor that the server has a key for the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// What was sent as certificates, in the order in which it was sent: the server's own first, unless the
    /// server errs. At least one.
    pub chain: Vec<Vec<u8>>,
    /// The OCSP response that came with them, as it came.
    pub staple: Option<Vec<u8>>,
    /// The version of TLS that the server chose.
    pub version: TlsVersion,
    /// The cipher suite that it chose, by its name in the registry of IANA.
    pub suite: String,
    /// The name that was sent to it (SNI).
    pub server_name: Option<String>,
    /// The protocol in which TLS was asked for.
    pub starttls: Option<Dialect>,
    /// The address that was connected to, of the proxy if there is one.
    pub peer: SocketAddr,
    /// The proxy on the way, as `HOST:PORT`.
    pub proxy: Option<String>,
    /// How long each part took.
    pub took: Took,
}

/// How long each part took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Took {
    /// Resolving the name.
    pub resolve: Duration,
    /// Connecting.
    pub connect: Duration,
    /// What came before TLS: proxy and STARTTLS.
    pub before: Duration,
    /// TLS, up to the certificates.
    pub tls: Duration,
}

impl Took {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.resolve + self.connect + self.before + self.tls
    }
}
