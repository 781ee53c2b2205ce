//! The handshake itself, by rustls: as far as the certificates and no further.
//!
//! rustls asks its verifier before it has looked into a certificate. The verifier here copies what it is
//! given and says no, so the handshake ends with an alert before a key is agreed on: nothing is trusted, and
//! there is no connection on which anything could be sent. More is offered than any one client offers,
//! SHA-1 among it, since a server must find something that suits it before it presents anything.

use super::error::Reason;
use super::options::{Options, Versions};
use super::presented::TlsVersion;
use super::said::Said;
use super::sniff::{self, Speaks};
use super::target::Host;
use super::trouble::Trouble;
use super::wire::Wire;
use super::{alert, offer};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, IpAddr, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, InvalidMessage, PeerIncompatible,
    ProtocolVersion, SignatureScheme, version,
};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Octets of the longest handshake message that rustls takes (`MAX_HANDSHAKE_SIZE`,
/// msgs/deframer/handshake.rs of 0.23).
pub(super) const MESSAGE: usize = 0xffff;

/// What the server sent.
#[derive(Debug)]
pub(super) struct Shaken {
    pub chain: Vec<Vec<u8>>,
    pub staple: Option<Vec<u8>>,
    pub version: TlsVersion,
    pub suite: String,
    pub server_name: Option<String>,
}

/// Shakes hands until the certificates are there. `port` is what the server is at, to say what it may speak.
pub(super) fn shake(wire: &mut Wire<'_>, host: &Host, port: u16, options: &Options) -> Result<Shaken, Reason> {
    let name = server_name(host, options.send_name)?;
    let sent = match (&name, options.send_name) {
        (ServerName::DnsName(name), true) => Some(name.as_ref().to_owned()),
        _ => None,
    };
    let capture = Arc::new(Capture { most: options.certificates, caught: Mutex::default() });
    let config = config(&capture, options).map_err(|error| broken(&error))?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|error| broken(&error))?;
    let ended = drive(wire, &mut connection, &sent, port, options.versions);
    let caught = capture.caught.lock().map_or(None, |mut caught| caught.take());
    let Some(caught) = caught else {
        return Err(ended.err().unwrap_or(Reason::NoCertificate));
    };
    farewell(wire, &mut connection);
    if caught.count > options.certificates {
        return Err(Reason::TooManyCertificates { found: caught.count, limit: options.certificates });
    }
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => TlsVersion::Tls12,
        _ => TlsVersion::Tls13,
    };
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str().map(iana));
    Ok(Shaken {
        chain: caught.chain,
        staple: caught.staple,
        version,
        suite: suite.unwrap_or_default(),
        server_name: sent,
    })
}

/// The name in IANA's registry, which begins with `TLS_` in every version.
fn iana(name: &str) -> String {
    name.replace("TLS13_", "TLS_")
}

/// The name for rustls. One that it would not send is replaced when none is to be sent.
fn server_name(host: &Host, send: bool) -> Result<ServerName<'static>, Reason> {
    let nobody = ServerName::IpAddress(IpAddr::from(std::net::IpAddr::from([0; 4])));
    match host {
        Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Name(_) if !send => Ok(nobody),
        Host::Name(name) => {
            let failed = |_| Reason::ServerName { name: name.as_str().to_owned() };
            ServerName::try_from(name.as_str().to_owned()).map_err(failed)
        }
    }
}

fn config(capture: &Arc<Capture>, options: &Options) -> Result<ClientConfig, rustls::Error> {
    let versions: &[_] = match options.versions {
        Versions::Both => &[&version::TLS13, &version::TLS12],
        Versions::Only12 => &[&version::TLS12],
        Versions::Only13 => &[&version::TLS13],
    };
    let mut config = ClientConfig::builder_with_details(offer::provider().into(), Arc::new(NoClock))
        .with_protocol_versions(versions)?
        .dangerous()
        .with_custom_certificate_verifier(capture.clone())
        .with_no_client_auth();
    config.enable_sni = options.send_name;
    // A resumed session has no certificates.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Passes octets to and fro until rustls says no, which it always does: the verifier does.
fn drive(
    wire: &mut Wire<'_>,
    connection: &mut ClientConnection,
    sent: &Option<String>,
    port: u16,
    versions: Versions,
) -> Result<(), Reason> {
    loop {
        while connection.wants_write() {
            connection.write_tls(wire).map_err(|error| stopped(wire, error.into(), port))?;
        }
        if !connection.is_handshaking() {
            return Ok(());
        }
        match connection.read_tls(wire) {
            Ok(_) => {}
            // "message buffer full": a message longer than rustls takes.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(Reason::TooLarge),
            Err(error) => return Err(stopped(wire, error.into(), port)),
        }
        if let Err(error) = connection.process_new_packets() {
            return Err(judged(wire, connection, &error, sent, port, versions));
        }
    }
}

/// Tells the server, if it still listens.
fn farewell(wire: &mut Wire<'_>, connection: &mut ClientConnection) {
    while connection.wants_write() {
        if !connection.write_tls(wire).is_ok_and(|count| count > 0) {
            break;
        }
    }
}

/// What octets that are no TLS are.
fn alien(wire: &Wire<'_>, port: u16) -> Option<Reason> {
    let first = wire.first();
    if first.is_empty() || sniff::is_tls(first) {
        return None;
    }
    let said = Said::new(first);
    Some(match sniff::speaks(first, port) {
        Some(Speaks::StartTls(dialect)) => Reason::WantsStartTls { dialect, said },
        speaks => Reason::NotTls { said, speaks },
    })
}

/// Nothing more came.
fn stopped(wire: &Wire<'_>, trouble: Trouble, port: u16) -> Reason {
    alien(wire, port).unwrap_or_else(|| wire.reason(trouble))
}

/// What came is not what TLS has here, or the server said no.
fn judged(
    wire: &Wire<'_>,
    connection: &ClientConnection,
    error: &rustls::Error,
    sent: &Option<String>,
    port: u16,
    offered: Versions,
) -> Reason {
    let server_name = sent.clone();
    // Before the server has chosen a cipher suite, its alert is about what was offered.
    let is_chosen = connection.negotiated_cipher_suite().is_some();
    match error {
        rustls::Error::AlertReceived(description) => match u8::from(*description) {
            alert::PROTOCOL_VERSION => Reason::Version { offered, found: None },
            alert @ (alert::HANDSHAKE_FAILURE | alert::INSUFFICIENT_SECURITY) if !is_chosen => {
                Reason::NothingInCommon { alert, server_name }
            }
            alert => Reason::Alert { alert, server_name },
        },
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Reason::Version { offered, found: version_of_hello(wire.first()) },
        rustls::Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => Reason::TooLarge,
        rustls::Error::NoCertificatesPresented => Reason::NoCertificate,
        error => alien(wire, port).unwrap_or_else(|| broken(error)),
    }
}

fn broken(error: &rustls::Error) -> Reason {
    Reason::Tls { said: Said::new(error.to_string().as_bytes()) }
}

/// The version in a ServerHello: after the head of the record (5 octets) and of the message (4); since TLS 1.3
/// it is 1.2 there (RFC 8446, 4.1.3), and is not asked for.
fn version_of_hello(first: &[u8]) -> Option<u16> {
    match first {
        [22, _, _, _, _, 2, _, _, _, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// The certificates and the staple, copied.
#[derive(Debug)]
struct Caught {
    /// No more than wanted.
    chain: Vec<Vec<u8>>,
    /// How many there were.
    count: usize,
    staple: Option<Vec<u8>>,
}

/// A verifier that copies what it sees and accepts nothing.
#[derive(Debug)]
struct Capture {
    most: usize,
    caught: Mutex<Option<Caught>>,
}

impl Capture {
    const NO: rustls::Error = rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);
}

impl ServerCertVerifier for Capture {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        staple: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let all = std::iter::once(end_entity).chain(intermediates);
        let caught = Caught {
            chain: all.take(self.most).map(|certificate| certificate.to_vec()).collect(),
            count: 1 + intermediates.len(),
            staple: (!staple.is_empty()).then(|| staple.to_vec()),
        };
        if let Ok(mut place) = self.caught.lock() {
            *place = Some(caught);
        }
        Err(Self::NO)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(Self::NO)
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(Self::NO)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        offer::SCHEMES.to_vec()
    }
}

/// Nothing here depends on the time of day, and rustls asks for it.
#[derive(Debug)]
struct NoClock;

impl TimeProvider for NoClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::tests::Script;
    use super::super::wire::{Deadline, Stage, Untimed};
    use super::*;
    use proptest::prelude::*;

    /// Why nothing was captured from a server that sends this.
    fn reason(octets: &[u8], options: &Options) -> Reason {
        let long = Duration::from_secs(60);
        let mut wire = Wire::new(Untimed(Script::new(&[octets])), Deadline::new(long), long);
        wire.enter(Stage::Tls);
        shake(&mut wire, &"h.example".parse().unwrap(), 443, options).unwrap_err()
    }

    /// A record around a message of a handshake.
    fn message(kind: u8, contents: &[u8]) -> Vec<u8> {
        let length = u16::try_from(contents.len()).unwrap();
        let record = (length + 4).to_be_bytes();
        [&[22, 3, 3][..], &record, &[kind, 0], &length.to_be_bytes(), contents].concat()
    }

    #[test]
    fn a_version_is_read_from_a_hello_only() {
        assert_eq!(version_of_hello(&message(2, &[3, 1, 0, 0])), Some(0x0301));
        assert_eq!(version_of_hello(&message(11, &[3, 1, 0, 0])), None);
        assert_eq!(version_of_hello(b"\x16\x03\x01\0\x05\x02\0"), None);
    }

    #[test]
    fn a_name_is_needed_only_to_be_sent() {
        let host: Host = "-h.example".parse().unwrap();
        assert!(matches!(server_name(&host, true), Err(Reason::ServerName { .. })));
        assert!(server_name(&host, false).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_octets_end_in_a_reason(
            parts in prop::collection::vec((prop::sample::select(vec![0, 1, 2, 4, 11, 12, 14, 15, 20, 22]), prop::collection::vec(any::<u8>(), 0..200)), 0..6),
            suite in prop::sample::select(vec![0x1301_u16, 0xc02f, 0xc013, 0x009e, 0x0033]),
            is_12: bool,
        ) {
            // Behind a hello that rustls accepts.
            let versions = if is_12 { Versions::Only12 } else { Versions::Both };
            let hello = [&[3, 3][..], &[7; 32], &[0], &suite.to_be_bytes(), &[0]].concat();
            let mut octets = message(2, &hello);
            for (kind, contents) in &parts {
                octets.extend(message(*kind, contents));
            }
            let said = reason(&octets, &Options { versions, ..Options::default() }).to_string();
            prop_assert!(said.len() < 400 && said.chars().all(|c| !c.is_control()), "{said:?}");
            let random: Vec<u8> = parts.into_iter().flat_map(|(_, contents)| contents).collect();
            reason(&random, &Options { versions, ..Options::default() });
        }
    }
}
