//! CONNECT: a proxy opens a way to the server, or says why not (RFC 9110, 9.3.6).

use super::error::Reason;
use super::proxy::Proxy;
use super::said::Said;
use super::target::Endpoint;
use super::wire::{Deadline, Stage, Untimed, Wire};
use crate::limits::FETCH_TIME;
use std::io::{Read, Write};

/// Answers before the last (RFC 9110, 15.2): a proxy has hardly one.
const INTERIM: usize = 8;

/// Asks the proxy for a way to `server`; when it has said yes, the next octets are the server's.
pub(super) fn ask(wire: &mut Wire<'_>, proxy: &Proxy, server: &Endpoint) -> Result<(), Reason> {
    wire.enter(Stage::Proxy);
    let login = proxy.login.as_ref().map(|login| {
        let octets = base64_simd::STANDARD.encode_to_string(login.reveal().as_bytes());
        format!("Proxy-Authorization: Basic {octets}\r\n")
    });
    wire.send(
        format!(
            "CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{}User-Agent: castore/{}\r\n\r\n",
            login.unwrap_or_default(),
            env!("CARGO_PKG_VERSION"),
        )
        .as_bytes(),
    )?;
    for _ in 0..=INTERIM {
        let line = wire.line()?;
        let Some(status) = status(&line) else {
            return Err(wire.unexpected("an answer of HTTP/1.1 or HTTP/1.0", wire.first()));
        };
        let mut schemes = Vec::new();
        loop {
            let field = wire.line()?;
            if field.is_empty() {
                break;
            }
            let colon = field.iter().position(|octet| *octet == b':').unwrap_or(field.len());
            let (name, value) = field.split_at(colon);
            if name.eq_ignore_ascii_case(b"Proxy-Authenticate") {
                let value = value.get(1..).unwrap_or_default().trim_ascii();
                schemes.push(Said::new(value.split(|octet| *octet == b' ').next().unwrap_or_default()));
            }
        }
        match status {
            100..=199 => {}
            // What of a body the fields speak of there is none (RFC 9110, 9.3.6).
            200..=299 => return Ok(()),
            _ => {
                let logged_in = proxy.login.is_some();
                return Err(Reason::ProxyRefused { status, said: Said::new(&line), schemes, logged_in });
            }
        }
    }
    Err(wire.unexpected("an answer that is the last", wire.first()))
}

/// The status of a line `HTTP/1.1 200 …` (RFC 9112, 4).
fn status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.")?;
    let [b'0' | b'1', b' ', digits @ ..] = rest else { return None };
    let (digits, after) = digits.split_at_checked(3)?;
    let is_status = digits.iter().all(u8::is_ascii_digit) && matches!(after.first(), None | Some(b' '));
    is_status.then(|| digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}

/// Asks a proxy at the other end of any `stream` for a way to `server`, as `fetch` does.
///
/// # Errors
///
/// The proxy did not say yes; what it said is in the [`Reason`]. No octets make this panic or read more than
/// a bounded number of them.
pub fn connect(stream: impl Read + Write, proxy: &Proxy, server: &Endpoint) -> Result<(), Reason> {
    let mut wire = Wire::new(Untimed(stream), Deadline::new(FETCH_TIME), FETCH_TIME);
    ask(&mut wire, proxy, server)
}

#[cfg(test)]
mod tests {
    use super::super::dialect::tests::Script;
    use super::*;

    fn said(proxy: &str, answer: &[u8]) -> (String, String) {
        let mut script = Script::new(&[answer]);
        let server = "[2001:db8::1]:8443".parse::<super::super::Target>().unwrap().endpoint;
        let result = connect(&mut script, &Proxy::parse(proxy).unwrap(), &server);
        (script.sent(), result.map_or_else(|reason| reason.to_string(), |()| "ok".to_owned()))
    }

    #[test]
    fn a_way_is_asked_for() {
        let (sent, result) = said("http://u:p@p.example:1", b"HTTP/1.1 200 Connection established\r\nA: b\r\n\r\n");
        assert_eq!(result, "ok");
        let (head, agent) = sent.split_once("User-Agent: castore/").unwrap();
        assert_eq!(
            head,
            "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\nProxy-Authorization: Basic dTpw\r\n"
        );
        assert!(agent.ends_with("\r\n\r\n"));
    }

    #[test]
    fn answers_of_proxies_are_told_apart() {
        for (answer, result) in [
            (&b"HTTP/1.0 200\r\n\r\n"[..], "ok"),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "ok"),
            (
                b"HTTP/1.1 403 Forbidden\r\n\r\n",
                "the proxy refuses: expected status 200, found \"HTTP/1.1 403 Forbidden\"",
            ),
            (
                b"HTTP/1.1 302 \x1b[2J\r\n\r\n",
                "the proxy refuses: expected status 200, found \"HTTP/1.1 302 \\x1b[2J\"",
            ),
            (
                b"HTTP/2 200 OK\r\n\r\n",
                "the proxy's answer to CONNECT: expected an answer of HTTP/1.1 or HTTP/1.0, found \"HTTP/2 200 OK\\r\\n\\r\\n\"",
            ),
            (
                b"220 mx.example ESMTP\r\n",
                "the proxy's answer to CONNECT: expected an answer of HTTP/1.1 or HTTP/1.0, found \"220 mx.example ESMTP\\r\\n\"",
            ),
            (
                b"HTTP/1.1 200 OK\r\nA: b\r\n",
                "the connection was closed during the proxy's answer to CONNECT after 23 octets",
            ),
            (b"", "the connection was closed during the proxy's answer to CONNECT, and not one octet came"),
        ] {
            assert_eq!(said("p.example", answer).1, result);
        }
        let endless = said("p.example", &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(20)).1;
        assert!(endless.contains("expected an answer that is the last"), "{endless}");
        let fields = [b"HTTP/1.1 200 OK\r\n", &b"A: b\r\n".repeat(20_000)[..]].concat();
        assert!(said("p.example", &fields).1.contains("not over after 65536 octets, the limit"));
    }

    #[test]
    fn a_proxy_that_wants_a_login_says_which() {
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM x\r\n\r\n";
        let mut script = Script::new(&[answer]);
        let server = "h.example".parse::<super::super::Target>().unwrap().endpoint;
        let reason = connect(&mut script, &Proxy::parse("p.example").unwrap(), &server).unwrap_err();
        assert!(reason.hint().unwrap().contains("\"Negotiate\", \"NTLM\""), "{:?}", reason.hint());
    }
}
