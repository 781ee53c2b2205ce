//! Servers: TLS by rustls, and threads that write octets.

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig, ServerConnection};
use rustls::sign::CertifiedKey;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server that does this with each connection. It waits for nobody longer than ten seconds.
pub fn serve(each: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    serve_at("127.0.0.1:0", each).unwrap()
}

/// The same at an address of choice, if this machine has it.
fn serve_at(address: &str, mut each: impl FnMut(TcpStream) + Send + 'static) -> Option<SocketAddr> {
    let listener = TcpListener::bind(address).ok()?;
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            each(stream);
        }
    });
    Some(address)
}

/// A server that sends this and then waits until the other side is gone.
pub fn says(octets: &[u8]) -> SocketAddr {
    let octets = octets.to_vec();
    serve(move |mut stream| {
        let _ = stream.write_all(&octets);
        until_gone(stream);
    })
}

/// A server that sends this in answer to the first octets, and then ends the connection.
pub fn answers(octets: &[u8]) -> SocketAddr {
    let octets = octets.to_vec();
    serve(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&octets);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        until_gone(stream);
    })
}

pub fn until_gone(mut stream: TcpStream) {
    while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
}

/// What a server of TLS saw of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub server_name: Option<String>,
    pub schemes: Vec<u16>,
    /// How the handshake ended.
    pub end: String,
    /// Octets of application data that came.
    pub data: usize,
}

/// A chain, and the key of a certificate.
pub struct Identity {
    pub chain: Vec<Vec<u8>>,
    key: rcgen::KeyPair,
    pub staple: Option<Vec<u8>>,
}

impl Identity {
    /// A certificate with a key, and what is sent after it.
    pub fn new(others: &[&[u8]]) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(["h.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        let chain = std::iter::once(own.der().to_vec()).chain(others.iter().map(|der| der.to_vec())).collect();
        Self { chain, key, staple: None }
    }

    fn certified(&self) -> CertifiedKey {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
        let chain = self.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
        let mut certified = CertifiedKey::new(chain, key);
        certified.ocsp.clone_from(&self.staple);
        certified
    }
}

/// Gives everybody the same, and remembers who asked.
#[derive(Debug)]
struct Resolver {
    certified: Arc<CertifiedKey>,
    asked: Mutex<Option<(Option<String>, Vec<u16>)>>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let schemes = hello.signature_schemes().iter().map(|scheme| u16::from(*scheme)).collect();
        *self.asked.lock().unwrap() = Some((hello.server_name().map(str::to_owned), schemes));
        Some(self.certified.clone())
    }
}

/// A server of TLS, and what it sees.
pub fn tls(identity: &Identity) -> (SocketAddr, Receiver<Seen>) {
    tls_after(identity, |_| true)
}

/// The same at an address of choice, if this machine has it.
pub fn tls_at(address: &str, identity: &Identity) -> Option<(SocketAddr, Receiver<Seen>)> {
    let certified = Arc::new(identity.certified());
    let (sender, receiver) = channel();
    Some((serve_at(address, move |mut stream| one(&mut stream, certified.clone(), &sender))?, receiver))
}

/// The same, after another conversation; without TLS where that says so.
pub fn tls_after(
    identity: &Identity,
    mut before: impl FnMut(&mut TcpStream) -> bool + Send + 'static,
) -> (SocketAddr, Receiver<Seen>) {
    let certified = Arc::new(identity.certified());
    let (sender, receiver) = channel();
    let address = serve(move |mut stream| {
        if before(&mut stream) {
            one(&mut stream, certified.clone(), &sender);
        }
    });
    (address, receiver)
}

fn one(stream: &mut TcpStream, certified: Arc<CertifiedKey>, sender: &Sender<Seen>) {
    let resolver = Arc::new(Resolver { certified, asked: Mutex::default() });
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver.clone());
    let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
    let (mut end, mut data) = ("over".to_owned(), 0);
    loop {
        if let Err(error) = connection.complete_io(stream) {
            end = error.to_string();
            break;
        }
        let mut octets = [0; 4096];
        match connection.reader().read(&mut octets) {
            Ok(0) => break,
            Ok(count) => data += count,
            Err(_) if !connection.wants_read() => break,
            Err(_) => {}
        }
    }
    let (server_name, schemes) = resolver.asked.lock().unwrap().take().unwrap_or_default();
    let _ = sender.send(Seen { server_name, schemes, end, data });
}
