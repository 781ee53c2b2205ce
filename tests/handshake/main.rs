//! The chains of servers that are made here, on the loopback interface: honest ones, odd ones, hostile ones.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "tests run servers and look at the clock"
)]

mod before;
mod chains;
mod hostile;
mod servers;

use castore::handshake::{Error, Options, Presented, Reason, Target, Times, fetch};
use std::net::SocketAddr;
use std::time::Duration;

/// Fetches the chain of a name from the server at an address.
fn fetch_from(name: &str, at: SocketAddr, options: &Options) -> Result<Presented, Error> {
    let target: Target = name.parse().unwrap();
    let mut options = options.clone();
    options.connect_to(&at.to_string(), &target).unwrap();
    fetch(&target, &options)
}

/// Why no chain came.
fn reason(at: SocketAddr, options: &Options) -> Reason {
    *fetch_from("h.example", at, options).unwrap_err().reason
}

/// Options of a client with little patience, for servers that say nothing: a busy machine has to keep up.
fn hasty() -> Options {
    let times = Times { answer: Duration::from_secs(1), ..Times::default() };
    Options { times, ..Options::default() }
}
