//! Roots of our own and servers whose certificates they issued: what a store is filled with, and who is reached by
//! trusting it.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A root, in a file of its own.
pub struct Root {
    pub pem: String,
    pub sha256: String,
    pub file: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

/// Roots by number, and servers of some of them.
pub struct World {
    pub directory: TempDir,
    pub roots: Vec<Root>,
    servers: Vec<Server>,
}

/// `openssl s_server`, which ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    /// So many roots. Keys are P-256, which every client knows; validity is rcgen's, some thousand years.
    pub fn new(roots: usize) -> Self {
        let directory = tempfile::Builder::new().prefix("castore-world-").tempdir().expect("a temporary directory");
        let make = |number: usize| {
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name = DistinguishedName::new();
            parameters.distinguished_name.push(DnType::CommonName, format!("World Root {number}"));
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            let key = KeyPair::generate().expect("a key");
            let certificate = parameters.self_signed(&key).expect("a root");
            let pem = crate::certificates::pem("CERTIFICATE", certificate.der());
            let file = directory.path().join(format!("{number}.pem"));
            fs::write(&file, &pem).expect("a file");
            let sha256 = castore::format::x509::read(certificate.der().as_ref().into()).fingerprint().to_string();
            Root { pem, sha256, file, issuer: Issuer::new(parameters, key) }
        };
        let roots = (0..roots).map(make).collect();
        Self { directory, roots, servers: Vec::new() }
    }

    /// Starts a server for each root; nothing where there is no openssl.
    pub fn serve(&mut self) {
        for number in 0..self.roots.len() {
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name = DistinguishedName::new();
            parameters.distinguished_name.push(DnType::CommonName, "localhost");
            let address = SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
            parameters.subject_alt_names = vec![SanType::DnsName("localhost".try_into().expect("a name")), address];
            parameters.use_authority_key_identifier_extension = true;
            let key = KeyPair::generate().expect("a key");
            let leaf = parameters.signed_by(&key, &self.roots[number].issuer).expect("a leaf");
            let file = self.directory.path().join(format!("server-{number}.pem"));
            fs::write(&file, leaf.pem() + &key.serialize_pem()).expect("a file");
            let mut command = Command::new("openssl");
            command.args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert"]).arg(&file);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.spawn().expect("openssl starts");
            let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
            // `ACCEPT 127.0.0.1:40873`
            let port = lines
                .by_ref()
                .map_while(Result::ok)
                .find_map(|line| line.strip_prefix("ACCEPT ")?.rsplit(':').next()?.trim().parse().ok());
            // Its output is read on, or it would wait for a reader.
            std::thread::spawn(move || lines.count());
            self.servers.push(Server { child, port: port.expect("a port") });
        }
    }

    /// Where the server of a root is.
    pub fn address(&self, root: usize) -> String {
        format!("https://localhost:{}/", self.servers[root].port)
    }

    pub fn port(&self, root: usize) -> u16 {
        self.servers[root].port
    }

    /// Roots as one bundle.
    pub fn bundle<'a>(&self, roots: impl IntoIterator<Item = &'a usize>) -> String {
        roots.into_iter().map(|root| self.roots[*root].pem.as_str()).collect()
    }

    /// The root with this fingerprint.
    pub fn number(&self, sha256: &str) -> Option<usize> {
        self.roots.iter().position(|root| root.sha256 == sha256)
    }
}
