//! Which server: `HOST`, `HOST:PORT`, `[::1]:443` or a URL, as people write and copy it.

use super::dialect::Dialect;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The port of HTTPS, where none is named (RFC 9110, 4.2.2).
pub const HTTPS: u16 = 443;

/// Who is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name.
    Name(DnsName),
    /// An address.
    Address(IpAddr),
}

/// A DNS name: letters, digits, `-` and `_`, in ASCII, as it was written but for a dot at its end. So it can
/// stand in a request, a greeting or XML, and means nothing there but itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DnsName(String);

impl DnsName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&name.0),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// `HOST:PORT`, an IPv6 address in brackets (RFC 3986, 3.2.2).
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// The server that a chain is asked of.
///
/// ```
/// use castore::handshake::{Dialect, Target};
///
/// let target: Target = "https://example.com/path".parse().unwrap();
/// assert_eq!(target.endpoint.to_string(), "example.com:443");
/// let target: Target = "smtp://[2001:db8::1]".parse().unwrap();
/// assert_eq!((target.endpoint.port, target.starttls), (25, Some(Dialect::Smtp)));
/// assert!("example.com:0".parse::<Target>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Whose certificate it is, and where to connect unless told otherwise.
    pub endpoint: Endpoint,
    /// The protocol that the URL's scheme names, if it begins TLS when asked to.
    pub starttls: Option<Dialect>,
    /// The URL's scheme, in lower case.
    pub scheme: Option<String>,
    /// Whether the name is an absolute one, with a dot at its end: some programs compare that dot.
    pub is_absolute: bool,
}

impl Target {
    /// The host as it was written, which programs compare with the names of its certificate.
    #[must_use]
    pub fn written(&self) -> String {
        format!("{}{}", self.endpoint.host, if self.is_absolute { "." } else { "" })
    }
}

/// Why a text names no server. Nothing in it shows a password that stood in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoTarget {
    /// There is nothing.
    #[error("expected HOST[:PORT] or a URL, found nothing")]
    Empty,
    /// There is no host.
    #[error("expected a host, found none in {0:?}")]
    NoHost(String),
    /// What stands where the port belongs is none.
    #[error("expected a port from 1 to 65535, found {0:?}")]
    Port(String),
    /// The name is not written in ASCII.
    #[error("expected a name in ASCII, found {0:?}; write its labels as DNS has them (xn--…)")]
    NotAscii(String),
    /// No DNS name and no address.
    #[error("expected a DNS name or an IP address, found {0:?}")]
    NotAName(String),
    /// The brackets of an IPv6 address hold none.
    #[error("expected an IPv6 address in brackets, found {0:?}")]
    NotIpv6(String),
    /// An address that is valid on one link only.
    #[error("expected an IPv6 address without a zone, found {0:?}")]
    Zone(String),
    /// There is more than host and port, and no scheme.
    #[error("expected HOST[:PORT], found {0:?}; a path may stand in a URL only (https://…)")]
    Path(String),
    /// A URL of something that does not speak TLS.
    #[error("{0}:// does not speak TLS; write https:// or another scheme that does")]
    Plain(String),
    /// A URL of something unknown here.
    #[error(
        "the scheme {0}:// is not known here; write HOST:PORT, and --starttls if TLS does not begin with the first octet"
    )]
    Scheme(String),
}

impl FromStr for Target {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        // A password may hold any sign: if anything is wrong, what stands before the last @ is not shown.
        read(text.trim()).map_err(|error| if text.contains('@') { error.hidden(text) } else { error })
    }
}

impl NoTarget {
    fn hidden(self, text: &str) -> Self {
        let after = text.rsplit('@').next().unwrap_or_default();
        let shown = |found: String| if after.contains(&found) { found } else { after.to_owned() };
        match self {
            Self::NoHost(_) => Self::NoHost(after.to_owned()),
            Self::Port(found) => Self::Port(shown(found)),
            Self::NotAscii(found) => Self::NotAscii(shown(found)),
            Self::NotAName(found) => Self::NotAName(shown(found)),
            Self::NotIpv6(found) => Self::NotIpv6(shown(found)),
            Self::Zone(found) => Self::Zone(shown(found)),
            Self::Path(_) => Self::Path(after.to_owned()),
            other => other,
        }
    }
}

fn read(text: &str) -> Result<Target, NoTarget> {
    if text.is_empty() {
        return Err(NoTarget::Empty);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        if text.contains(['/', '?', '#']) {
            return Err(NoTarget::Path(text.to_owned()));
        }
        let endpoint = endpoint(text, HTTPS)?;
        let is_absolute = is_absolute(text, &endpoint);
        return Ok(Target { endpoint, starttls: None, scheme: None, is_absolute });
    };
    // RFC 3986, 3.1.
    if !scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.')) {
        return Err(NoTarget::NotAName(text.to_owned()));
    }
    let scheme = scheme.to_ascii_lowercase();
    let (starttls, port) = match scheme.as_str() {
        "https" | "wss" | "tls" | "ssl" => (None, HTTPS),
        "http" | "ws" => return Err(NoTarget::Plain(scheme)),
        other => match (Dialect::of_scheme(other), Dialect::port_of_tls_scheme(other)) {
            (Some((dialect, port)), _) => (Some(dialect), port),
            (None, Some(port)) => (None, port),
            (None, None) => return Err(NoTarget::Scheme(scheme)),
        },
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let endpoint = endpoint(host, port)?;
    let is_absolute = is_absolute(host, &endpoint);
    Ok(Target { endpoint, starttls, scheme: Some(scheme), is_absolute })
}

fn is_absolute(text: &str, endpoint: &Endpoint) -> bool {
    matches!(endpoint.host, Host::Name(_)) && text.split(':').next().is_some_and(|name| name.ends_with('.'))
}

/// `HOST[:PORT]`, where an IPv6 address with a port stands in brackets.
pub(super) fn endpoint(text: &str, default: u16) -> Result<Endpoint, NoTarget> {
    if text.contains('@') {
        return Err(NoTarget::NotAName(text.to_owned()));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else { return Err(NoTarget::NotIpv6(text.to_owned())) };
        let port = match rest.strip_prefix(':') {
            Some(number) => port(number)?,
            None if rest.is_empty() => default,
            None => return Err(NoTarget::Port(rest.to_owned())),
        };
        return Ok(Endpoint { host: Host::Address(ipv6(address)?.into()), port });
    }
    // Two colons and more are an address: `::1`.
    if text.matches(':').count() > 1 {
        return Ok(Endpoint { host: Host::Address(ipv6(text)?.into()), port: default });
    }
    let (name, port) = match text.split_once(':') {
        Some((name, number)) => (name, port(number)?),
        None => (text, default),
    };
    Ok(Endpoint { host: host(name)?, port })
}

fn ipv6(text: &str) -> Result<Ipv6Addr, NoTarget> {
    if text.contains('%') {
        return Err(NoTarget::Zone(text.to_owned()));
    }
    text.parse().map_err(|_| NoTarget::NotIpv6(text.to_owned()))
}

/// A name or an address, without brackets.
impl FromStr for Host {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        host(text)
    }
}

fn host(text: &str) -> Result<Host, NoTarget> {
    if text.is_empty() {
        return Err(NoTarget::NoHost(text.to_owned()));
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Host::Address(address));
    }
    if !text.is_ascii() {
        return Err(NoTarget::NotAscii(text.to_owned()));
    }
    let is_of_a_name = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    let name = text.strip_suffix('.').unwrap_or(text);
    // The dot makes no name of an address (URL Standard, "IPv4 parser").
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    // 253 octets, labels of 63 (RFC 1035, 2.3.4).
    let has_labels = name.split('.').all(|label| (1..=63).contains(&label.len()));
    if !name.bytes().all(is_of_a_name) || name.len() > 253 || !has_labels {
        return Err(NoTarget::NotAName(text.to_owned()));
    }
    Ok(Host::Name(DnsName(name.to_owned())))
}

fn port(text: &str) -> Result<u16, NoTarget> {
    let is_number = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let number = text.parse().ok().filter(|port| is_number && *port != 0);
    number.ok_or_else(|| NoTarget::Port(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        match text.parse::<Target>() {
            Ok(target) => {
                let dialect = target.starttls.map(|dialect| format!(" {}", dialect.name())).unwrap_or_default();
                format!("{}{dialect}", target.endpoint)
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_dot_of_an_absolute_name_is_kept() {
        let written = |text: &str| text.parse::<Target>().unwrap().written();
        for (text, name) in [
            ("example.com.:8443", "example.com."),
            ("https://example.com./x", "example.com."),
            ("example.com", "example.com"),
            ("192.0.2.1.", "192.0.2.1"),
        ] {
            assert_eq!(written(text), name);
        }
    }

    #[test]
    fn servers_are_read_as_people_write_them() {
        for (text, read) in [
            ("example.com", "example.com:443"),
            ("192.0.2.1.:8443", "192.0.2.1:8443"),
            ("example.com:8443", "example.com:8443"),
            ("example.com.", "example.com:443"),
            ("localhost", "localhost:443"),
            ("under_score.example", "under_score.example:443"),
            ("XN--MNCHEN-3YA.example", "XN--MNCHEN-3YA.example:443"),
            ("192.0.2.1:25", "192.0.2.1:25"),
            ("::1", "[::1]:443"),
            ("[::1]", "[::1]:443"),
            ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
            (" https://example.com/a/b?c#d ", "example.com:443"),
            ("HTTPS://example.com:8443", "example.com:8443"),
            ("https://user:p@ss@example.com/", "example.com:443"),
            ("smtp://mx.example", "mx.example:25 smtp"),
            ("smtps://mx.example", "mx.example:465"),
            ("imap://mx.example:1143", "mx.example:1143 imap"),
            ("imaps://mx.example", "mx.example:993"),
            ("pop3s://mx.example", "mx.example:995"),
            ("ldap://d.example/dc=x", "d.example:389 ldap"),
            ("ldaps://d.example", "d.example:636"),
            ("ftp://f.example", "f.example:21 ftp"),
            ("postgresql://u:p@db.example/app", "db.example:5432 postgres"),
            ("mysql://db.example", "db.example:3306 mysql"),
            ("xmpp://c.example", "c.example:5222 xmpp"),
        ] {
            assert_eq!(shown(text), read, "{text}");
        }
    }

    #[test]
    fn what_is_no_server_is_said() {
        for (text, said) in [
            ("", "expected HOST[:PORT] or a URL, found nothing"),
            (":443", "expected a host, found none in \"\""),
            ("https:///x", "expected a host, found none in \"\""),
            ("example.com:", "expected a port from 1 to 65535, found \"\""),
            ("example.com:0", "expected a port from 1 to 65535, found \"0\""),
            ("example.com:65536", "expected a port from 1 to 65535, found \"65536\""),
            ("example.com:+443", "expected a port from 1 to 65535, found \"+443\""),
            ("example.com:https", "expected a port from 1 to 65535, found \"https\""),
            ("[::1]443", "expected a port from 1 to 65535, found \"443\""),
            ("[::1", "expected an IPv6 address in brackets, found \"[::1\""),
            ("[127.0.0.1]", "expected an IPv6 address in brackets, found \"127.0.0.1\""),
            ("fe80::1%eth0", "expected an IPv6 address without a zone, found \"fe80::1%eth0\""),
            (
                "münchen.example",
                "expected a name in ASCII, found \"münchen.example\"; write its labels as DNS has them (xn--…)",
            ),
            ("a b", "expected a DNS name or an IP address, found \"a b\""),
            ("a..b", "expected a DNS name or an IP address, found \"a..b\""),
            ("a\r\nRSET", "expected a DNS name or an IP address, found \"a\\r\\nRSET\""),
            (
                "example.com/x",
                "expected HOST[:PORT], found \"example.com/x\"; a path may stand in a URL only (https://…)",
            ),
            ("http://example.com", "http:// does not speak TLS; write https:// or another scheme that does"),
        ] {
            assert_eq!(shown(text), said, "{text}");
        }
        assert!(shown("gopher://example.com").starts_with("the scheme gopher:// is not known here"));
    }

    #[test]
    fn no_password_is_shown() {
        for text in [
            "https://user:s3cret@example.com:x/",
            "https://user:s3cret/x@example.com",
            "user:s3cret@example.com",
            "https://user:s3cret@/x",
            "user:s3cret/x@example.com",
            "https://user:[s3cret@example.com:1:2",
            "user:s3cret://x@example.com",
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_server_or_none(text in "[a-z0-9:/@\\[\\]%.é \r\n-]{0,40}") {
            if let Ok(target) = text.parse::<Target>() {
                let again: Target = target.endpoint.to_string().parse().unwrap();
                prop_assert_eq!(again.endpoint, target.endpoint);
            }
        }
    }
}
