//! The chain that a server presents, fetched without trusting it: the only code that opens a socket.
//!
//! Why a client refuses a server is a question about the certificates that the server sends, and they have
//! to be had from it even where every client refuses them. [`fetch`] connects (through a proxy, if one is on
//! the way), asks for TLS where a protocol wants that, and shakes hands until the certificates have come;
//! then it ends the connection. No verdict is formed here, no key is agreed on and no application data is
//! sent.
//!
//! Everything that comes from the other side is hostile until it has been looked at: each wait, the whole,
//! every line, every message, and the number of certificates have a bound ([`crate::limits`]), and what is
//! shown of it is shown escaped. What can go wrong is told apart ([`Reason`]), because a port that speaks
//! something else than TLS, a firewall and an old server need different things done.
//!
//! What cannot be spoken to are servers of TLS 1.1 and older, and those that have nothing but RSA key exchange.
//! It is said so.
//!
//! Nothing here reads the environment or the clock of the day; a proxy is given, or read from variables that
//! are given ([`Proxy::from_environment`]).

mod alert;
mod connect;
pub mod dialect;
mod error;
mod hint;
mod no_proxy;
mod offer;
mod options;
mod presented;
mod proxy;
mod said;
mod sniff;
mod target;
mod tls;
mod trouble;
pub mod tunnel;
mod wire;

pub use dialect::Dialect;
pub use error::{Attempt, Error, Reason};
pub use options::{NoDialect, Options, StartTls, Times, Versions};
pub use presented::{Presented, TlsVersion, Took};
pub use proxy::{NoProxy, Proxy, Route};
pub use said::Said;
pub use sniff::{Speaks, speaks};
pub use target::{DnsName, Endpoint, HTTPS, Host, NoTarget, Target};
pub use wire::Stage;

use std::net::{IpAddr, SocketAddr};
use wire::{Deadline, Wire};

/// Fetches the chain that a server presents.
///
/// ```no_run
/// use castore::handshake::{Options, Target, fetch};
///
/// let target: Target = "example.com".parse()?;
/// match fetch(&target, &Options::default()) {
///     Ok(presented) => println!("{} certificates by {}", presented.chain.len(), presented.version),
///     Err(error) => eprintln!("{error}; {}", error.hint().unwrap_or_default()),
/// }
/// # Ok::<(), castore::handshake::NoTarget>(())
/// ```
///
/// # Errors
///
/// None was presented, or something on the way to it went wrong, in the words of [`Reason`].
pub fn fetch(target: &Target, options: &Options) -> Result<Presented, Error> {
    let mut peer = None;
    presented(target, options, &mut peer).map_err(|reason| Error {
        target: target.endpoint.to_string(),
        proxy: options.proxy.as_ref().map(|proxy| proxy.endpoint.to_string()),
        peer,
        reason: Box::new(reason),
    })
}

fn presented(target: &Target, options: &Options, peer: &mut Option<SocketAddr>) -> Result<Presented, Reason> {
    let deadline = Deadline::new(options.times.total);
    let server = options.server(target);
    let first = options.proxy.as_ref().map_or(server, |proxy| &proxy.endpoint);
    let addresses = connect::resolve(first, &options.times, &deadline)?;
    let resolved = deadline.elapsed();
    let (stream, address) = connect::connect(&addresses, &options.times, &deadline)?;
    *peer = Some(address);
    let own = stream.local_addr().map_or(IpAddr::from([127, 0, 0, 1]), |address| address.ip());
    let connected = deadline.elapsed();

    let mut wire = Wire::new(stream, deadline, options.times.answer);
    if let Some(proxy) = &options.proxy {
        tunnel::ask(&mut wire, proxy, server)?;
    }
    let starttls = options.dialect(target);
    if let Some(dialect) = starttls {
        dialect.ask(&mut wire, &dialect::Names { server: &target.endpoint.host, own })?;
    }
    let asked = deadline.elapsed();
    wire.enter(Stage::Tls);
    let shaken = tls::shake(&mut wire, &target.endpoint.host, server.port, options)?;
    Ok(Presented {
        chain: shaken.chain,
        staple: shaken.staple,
        version: shaken.version,
        suite: shaken.suite,
        server_name: shaken.server_name,
        starttls,
        peer: address,
        proxy: options.proxy.as_ref().map(|proxy| proxy.endpoint.to_string()),
        took: Took {
            resolve: resolved,
            connect: connected.saturating_sub(resolved),
            before: asked.saturating_sub(connected),
            tls: deadline.elapsed().saturating_sub(asked),
        },
    })
}
