//! From a name to a connection, within a time: the system resolves, each address has its turn.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the door to the network: resolves a name and connects to it, as often as there are addresses"
)]

use super::error::{Attempt, Reason};
use super::options::Times;
use super::target::{Endpoint, Host};
use super::wire::Deadline;
use crate::limits::ADDRESSES;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The addresses of a server, in the order of the system, at most [`ADDRESSES`].
pub(super) fn resolve(server: &Endpoint, times: &Times, deadline: &Deadline) -> Result<Vec<SocketAddr>, Reason> {
    match &server.host {
        Host::Address(address) => Ok(vec![SocketAddr::new(*address, server.port)]),
        Host::Name(name) => {
            let port = server.port;
            let ask = move |name: &str| (name, port).to_socket_addrs().map(|found| found.take(ADDRESSES).collect());
            resolve_with(name.as_str(), times.resolve, deadline, ask)
        }
    }
}

/// The system's resolver has no limit in time that could be set for one call, so it is asked in a thread,
/// which ends by itself when the resolver gives up.
fn resolve_with<F>(name: &str, limit: Duration, deadline: &Deadline, ask: F) -> Result<Vec<SocketAddr>, Reason>
where
    F: FnOnce(&str) -> io::Result<Vec<SocketAddr>> + Send + 'static,
{
    let failed = |said: String| Reason::Resolve { name: name.to_owned(), said };
    let (sender, receiver) = mpsc::channel();
    let asked = name.to_owned();
    thread::Builder::new()
        .name("resolver".to_owned())
        // Nobody may wait for it any more.
        .spawn(move || drop(sender.send(ask(&asked))))
        .map_err(|error| failed(error.to_string()))?;
    let after = deadline.left().unwrap_or_default().min(limit);
    match receiver.recv_timeout(after) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(failed("it has no address".to_owned())),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(failed(said(&error))),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Reason::ResolveLate { name: name.to_owned(), after }),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(failed("the resolver failed".to_owned())),
    }
}

/// The resolver's words without those that Rust puts before them.
fn said(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    text.escape_debug().to_string()
}

/// Connects to the first address that answers. Each has a fair part of the time that is left.
pub(super) fn connect(
    addresses: &[SocketAddr],
    times: &Times,
    deadline: &Deadline,
) -> Result<(TcpStream, SocketAddr), Reason> {
    let mut attempts = Vec::new();
    let mut after = times.connect;
    for (at, &address) in addresses.iter().enumerate() {
        let Some(left) = deadline.left() else { break };
        let others = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        after = times.connect.min(left / others).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(&address, after) {
            Ok(stream) => {
                // What is sent is short and waited for; without this it may be waited for twice.
                let _ = stream.set_nodelay(true);
                return Ok((stream, address));
            }
            Err(source) => attempts.push(Attempt { address, source }),
        }
    }
    Err(failure(attempts, after))
}

/// The most telling of the failures: an address that refuses is a machine that is there; one that does not
/// answer may be; one that cannot be reached at all is often IPv6 on a machine without it.
fn failure(attempts: Vec<Attempt>, after: Duration) -> Reason {
    let any = |kind| attempts.iter().any(|attempt: &Attempt| attempt.source.kind() == kind);
    match () {
        () if any(io::ErrorKind::ConnectionRefused) => Reason::Refused { attempts },
        () if attempts.is_empty() || any(io::ErrorKind::TimedOut) || any(io::ErrorKind::WouldBlock) => {
            Reason::ConnectLate { after, attempts }
        }
        () => Reason::Connect { attempts },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn long() -> Deadline {
        Deadline::new(Duration::from_secs(60))
    }

    #[test]
    fn a_resolver_that_does_not_answer_is_not_waited_for() {
        let (held, holds) = mpsc::channel::<()>();
        let never = move |_: &str| {
            let _ = holds.recv();
            Ok(Vec::new())
        };
        let reason = resolve_with("h.example", Duration::from_millis(20), &long(), never).unwrap_err();
        assert_eq!(
            reason.to_string(),
            "expected the addresses of h.example within 20 ms, found no answer from the resolver"
        );
        drop(held);
    }

    #[test]
    fn a_name_without_addresses_is_said() {
        let said = |answer: io::Result<Vec<SocketAddr>>| {
            let found = resolve_with("h.example", Duration::from_secs(60), &long(), |_| answer);
            found.unwrap_err().to_string()
        };
        assert_eq!(said(Ok(Vec::new())), "cannot resolve h.example: it has no address");
        let error = io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(said(Err(error)), "cannot resolve h.example: Name or service not known");
        let panics = |_: &str| -> io::Result<Vec<SocketAddr>> { std::panic::resume_unwind(Box::new("gone")) };
        let found = resolve_with("h.example", Duration::from_secs(60), &long(), panics).unwrap_err();
        assert_eq!(found.to_string(), "cannot resolve h.example: the resolver failed");
    }

    #[test]
    fn the_most_telling_failure_is_shown_and_every_address() {
        let attempt =
            |address: &str, kind: io::ErrorKind| Attempt { address: address.parse().unwrap(), source: kind.into() };
        let reason = failure(
            vec![
                attempt("[2001:db8::1]:443", io::ErrorKind::NetworkUnreachable),
                attempt("192.0.2.1:443", io::ErrorKind::ConnectionRefused),
            ],
            Duration::from_secs(10),
        );
        assert_eq!(
            reason.to_string(),
            "connection refused: [2001:db8::1]:443 (network unreachable), 192.0.2.1:443 (connection refused)"
        );
        let late = failure(vec![attempt("192.0.2.1:443", io::ErrorKind::TimedOut)], Duration::from_secs(10));
        assert!(matches!(late, Reason::ConnectLate { .. }));
        let unreachable = failure(vec![attempt("192.0.2.1:443", io::ErrorKind::HostUnreachable)], Duration::ZERO);
        assert!(matches!(unreachable, Reason::Connect { .. }));
    }

    #[test]
    fn the_next_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        let [here, refuses] = [&listener, &gone].map(|listener| listener.local_addr().unwrap());
        drop(gone);
        let (_, address) = connect(&[refuses, here], &Times::default(), &long()).unwrap();
        assert_eq!(address, here);
        assert!(matches!(connect(&[refuses], &Times::default(), &long()), Err(Reason::Refused { .. })));
        let over = Deadline::new(Duration::ZERO);
        let late = connect(&[here], &Times::default(), &over).unwrap_err();
        assert_eq!(late.to_string(), "expected a connection within 10 s, found no answer");
    }
}
