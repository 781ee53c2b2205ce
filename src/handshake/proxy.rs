//! The HTTP proxy on the way: from an option, or from the environment as curl reads it.
//!
//! Where programs reach a server through a proxy that looks into TLS, its chain is the one they see, so the
//! chain is fetched through it too. Programs differ in how they read these variables; curl's rules are
//! written down and its list of exceptions is the one that most others follow.

use super::no_proxy;
use super::target::{Endpoint, NoTarget, Target, endpoint};
use crate::host::Environment;
use crate::model::Password;
use std::ffi::OsStr;

/// The port of a proxy whose URL names none (`CURL_DEFAULT_PROXY_PORT`, lib/url.c; curl(1), --proxy).
const PORT: u16 = 1080;

/// An HTTP proxy that opens a way to other servers by CONNECT (RFC 9110, 9.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it is.
    pub endpoint: Endpoint,
    /// `USER:PASSWORD`, sent as they are to a proxy (Basic, RFC 7617) and never shown.
    pub login: Option<Password>,
}

/// Why a text names no proxy that can be used. Nothing in it shows a password that stood in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoProxy {
    /// A kind of proxy that is not spoken here.
    #[error("expected a proxy of http://, found {0}://, which is not spoken here")]
    Scheme(String),
    /// The host or port is none.
    #[error(transparent)]
    Endpoint(NoTarget),
    /// The environment's variable is no text.
    #[error("expected UTF-8")]
    NotUtf8,
}

/// What the environment says of the way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// It names no proxy.
    Direct,
    /// It names one, and excepts this server from it.
    Excepted {
        /// The variable that excepts it.
        variable: &'static str,
        /// The entry of it that does.
        entry: String,
    },
    /// Through a proxy.
    Through {
        /// The proxy.
        proxy: Proxy,
        /// The variable that names it.
        variable: String,
    },
}

impl Proxy {
    /// Reads `[http://][USER:PASSWORD@]HOST[:PORT][/]`, as curl does: without a port it is 1080.
    ///
    /// # Errors
    ///
    /// It is a proxy of another kind, or none.
    pub fn parse(text: &str) -> Result<Self, NoProxy> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("http", text.trim()));
        if !scheme.eq_ignore_ascii_case("http") {
            let is_scheme = scheme.bytes().all(|octet| octet.is_ascii_alphanumeric());
            return Err(NoProxy::Scheme(if is_scheme { scheme.to_ascii_lowercase() } else { "…".to_owned() }));
        }
        let (login, host) = match rest.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, rest),
        };
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        let endpoint = self::endpoint(host, PORT).map_err(NoProxy::Endpoint)?;
        // A user without a password has an empty one (RFC 7617, 2).
        let login = login.map(|login| login.split_once(':').unwrap_or((login, "")));
        let login = login.map(|(user, password)| format!("{}:{}", unescaped(user), unescaped(password)));
        Ok(Self { endpoint, login: login.map(Password::new) })
    }

    /// The way to a server as the environment has it: `https_proxy` (of a URL with another scheme that one's,
    /// as `smtp_proxy`), in lower case and then in capitals, then `all_proxy` and `ALL_PROXY`; and
    /// `no_proxy`, `NO_PROXY` (`detect_proxy` and `create_conn_helper_init_proxy`, lib/url.c of curl 7.88). A
    /// variable that is empty is not set (lib/getenv.c). Given the variables, not this process'.
    ///
    /// # Errors
    ///
    /// The variable that decides names no proxy that can be used; it is named.
    pub fn from_environment(environment: &Environment, target: &Target) -> Result<Route, (String, NoProxy)> {
        let value = |name: &str| {
            let value = environment.get(OsStr::new(name)).filter(|value| !value.is_empty())?;
            Some(value.to_str())
        };
        let scheme = target.scheme.as_deref().filter(|scheme| !["wss", "tls", "ssl"].contains(scheme));
        let own = format!("{}_proxy", scheme.unwrap_or("https"));
        let capitals = own.to_ascii_uppercase();
        let named = |name: &str| value(name).map(|text| (name.to_owned(), text));
        let Some((variable, text)) = [own.as_str(), &capitals, "all_proxy", "ALL_PROXY"].into_iter().find_map(named)
        else {
            return Ok(Route::Direct);
        };
        // The first that is set, though it may except nothing.
        if let Some((name, list)) = ["no_proxy", "NO_PROXY"].into_iter().find_map(|name| Some((name, value(name)?))) {
            let list = list.ok_or_else(|| (name.to_owned(), NoProxy::NotUtf8))?;
            if let Some(entry) = no_proxy::excepting(list, &target.endpoint.host) {
                return Ok(Route::Excepted { variable: name, entry: entry.to_owned() });
            }
        }
        match text.ok_or(NoProxy::NotUtf8).and_then(Self::parse) {
            Ok(proxy) => Ok(Route::Through { proxy, variable }),
            Err(error) => Err((variable, error)),
        }
    }
}

/// `%41` as the octet it stands for (RFC 3986, 2.1); anything else as it is.
fn unescaped(text: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|octet| char::from(*octet).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                octets.push((high << 4 | low) as u8);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                octets.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(octets).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(variables: &[(&str, &str)], target: &str) -> String {
        let environment: Environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        match Proxy::from_environment(&environment, &target.parse().unwrap()) {
            Ok(Route::Direct) => "direct".to_owned(),
            Ok(Route::Excepted { variable, entry }) => format!("excepted by {variable}: {entry}"),
            Ok(Route::Through { proxy, variable }) => format!("{} by {variable}", proxy.endpoint),
            Err((variable, error)) => format!("{variable}: {error}"),
        }
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it() {
        for (variables, target, said) in [
            (&[][..], "h.example", "direct"),
            (&[("https_proxy", "http://p.example:3128/")], "h.example", "p.example:3128 by https_proxy"),
            (&[("HTTPS_PROXY", "p.example")], "h.example", "p.example:1080 by HTTPS_PROXY"),
            (
                &[("https_proxy", "a.example:1"), ("HTTPS_PROXY", "b.example:2")],
                "h.example",
                "a.example:1 by https_proxy",
            ),
            (&[("https_proxy", ""), ("HTTPS_PROXY", "b.example:2")], "h.example", "b.example:2 by HTTPS_PROXY"),
            (&[("http_proxy", "a.example:1")], "h.example", "direct"),
            (&[("no_proxy", "*")], "h.example", "direct"),
            (&[("all_proxy", "a.example:1")], "h.example", "a.example:1 by all_proxy"),
            (&[("ALL_PROXY", "http://[2001:db8::1]:8080")], "h.example", "[2001:db8::1]:8080 by ALL_PROXY"),
            (&[("https_proxy", "a.example:1")], "smtp://h.example", "direct"),
            (&[("smtp_proxy", "a.example:1")], "smtp://h.example", "a.example:1 by smtp_proxy"),
            (
                &[("https_proxy", "a.example:1"), ("no_proxy", ".example")],
                "h.example",
                "excepted by no_proxy: .example",
            ),
            (
                &[("https_proxy", "a.example:1"), ("no_proxy", "x"), ("NO_PROXY", "*")],
                "h.example",
                "a.example:1 by https_proxy",
            ),
            (
                &[("https_proxy", "a.example:1"), ("no_proxy", ""), ("NO_PROXY", "*")],
                "h.example",
                "excepted by NO_PROXY: *",
            ),
            (
                &[("https_proxy", "socks5h://a.example")],
                "h.example",
                "https_proxy: expected a proxy of http://, found socks5h://, which is not spoken here",
            ),
            (&[("https_proxy", "http://:3128")], "h.example", "https_proxy: expected a host, found none in \"\""),
        ] {
            assert_eq!(route(variables, target), said, "{variables:?}");
        }
    }

    #[test]
    fn a_password_is_sent_and_not_shown() {
        for (text, login) in [
            ("http://user:pa%40ss@p.example:1", "user:pa@ss"),
            ("user:p@ss:w@p.example:1", "user:p@ss:w"),
            ("http://us%er@p.example:1/", "us%er:"),
            ("http://u:a/b@p.example:1/", "u:a/b"),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.endpoint.to_string(), "p.example:1");
            assert_eq!(proxy.login.as_ref().map(Password::reveal), Some(login));
            assert!(!format!("{proxy:?}").contains(login));
        }
        for text in ["http://u:s3cret@p.example:x", "u:s3cret://p.example", "https://u:s3cret@p", "http://u:s3cret@"] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}
