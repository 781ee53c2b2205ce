//! Chains as `openssl s_server` sends them; what it sends is in the files it was given.

use crate::require;
use castore::handshake::{Endpoint, Host, Options, Presented, Reason, Target, TlsVersion, Versions, fetch};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Runs openssl here; it must succeed.
fn openssl(directory: &Path, arguments: &str) {
    let run = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output().unwrap();
    assert!(run.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&run.stderr));
}

/// The certificates of PEM files, as OpenSSL writes them in DER.
pub fn ders(directory: &Path, names: &[&str]) -> Vec<Vec<u8>> {
    let one = |name: &&str| {
        openssl(directory, &format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        std::fs::read(directory.join(format!("{name}.der"))).unwrap()
    };
    names.iter().map(one).collect()
}

/// A server that ends with the test.
pub struct Server {
    child: Child,
    pub at: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// `openssl s_server` with these arguments, at a port of its choice.
    pub fn new(directory: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0"])
            .args(arguments)
            .current_dir(directory)
            // Some answers are cut at the end of its input.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut at = None;
        let mut line = String::new();
        while at.is_none() && lines.read_line(&mut line).unwrap() > 0 {
            at = line.trim().strip_prefix("ACCEPT ").and_then(|at| at.parse().ok());
            line.clear();
        }
        let Some(at) = at else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("openssl s_server {arguments:?}: {said}");
        };
        // Nobody may wait for room in a pipe.
        let mut errors = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        Self { child, at }
    }
}

pub fn presented(at: SocketAddr, options: &Options) -> Result<Presented, Reason> {
    let target: Target = "h.example".parse().unwrap();
    let connect = Some(Endpoint { host: Host::Address(at.ip()), port: at.port() });
    fetch(&target, &Options { connect, ..options.clone() }).map_err(|error| *error.reason)
}

/// A server's certificate and two above it, with this key and digest.
pub fn chain(directory: &Path, key: &str, digest: &str) {
    let subject = |name: &str| format!("-subj /CN={name}");
    for name in ["root", "middle", "leaf"] {
        let key = if name == "leaf" { key } else { "EC -pkeyopt ec_paramgen_curve:P-256" };
        openssl(directory, &format!("genpkey -algorithm {key} -out {name}.key"));
    }
    openssl(directory, &format!("req -new -x509 -key root.key -out root.pem -days 30 {}", subject("root")));
    for (name, issuer, digest) in [("middle", "root", "-sha256"), ("leaf", "middle", digest)] {
        // Made in two steps, so that the digest is that of the issuer's signature.
        openssl(directory, &format!("req -new -key {name}.key -out {name}.csr {}", subject(name)));
        openssl(
            directory,
            &format!(
                "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 30 {digest} -out {name}.pem"
            ),
        );
    }
}

pub fn concatenated(directory: &Path, names: &[&str]) -> PathBuf {
    let text: String =
        names.iter().map(|name| std::fs::read_to_string(directory.join(format!("{name}.pem"))).unwrap()).collect();
    let path = directory.join("chain.pem");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn openssl_sends_what_comes() {
    if !require("openssl") {
        return;
    }
    const WEAK: &str = "DEFAULT:@SECLEVEL=0";
    let keys = [
        ("EC -pkeyopt ec_paramgen_curve:P-256", "-sha256"),
        ("EC -pkeyopt ec_paramgen_curve:P-521", "-sha512"),
        ("RSA -pkeyopt rsa_keygen_bits:2048", "-sha1"),
        ("RSA -pkeyopt rsa_keygen_bits:1024", "-sha256"),
        ("RSA-PSS -pkeyopt rsa_keygen_bits:2048", "-sha256"),
        ("ED25519", "-sha256"),
        ("ED448", "-sha256"),
    ];
    for (key, digest) in keys {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        chain(directory, key, digest);
        // In order, in none, twice the same, and alone.
        for others in [&["middle", "root"][..], &["root", "middle"], &["middle", "middle", "leaf"], &[]] {
            concatenated(directory, others);
            let expected = ders(directory, &[&["leaf"], others].concat());
            let mut arguments = vec!["-cert", "leaf.pem", "-key", "leaf.key", "-cipher", WEAK];
            if !others.is_empty() {
                arguments.extend(["-cert_chain", "chain.pem"]);
            }
            let server = Server::new(directory, &arguments);
            for (versions, version) in [(Versions::Both, TlsVersion::Tls13), (Versions::Only12, TlsVersion::Tls12)] {
                let found = presented(server.at, &Options { versions, ..Options::default() });
                let found = found.unwrap_or_else(|reason| panic!("{key} {digest} {versions:?}: {reason}"));
                assert_eq!(found.chain, expected, "{key} {digest} {others:?}");
                assert_eq!(found.version, version);
            }
        }
    }
}

#[test]
fn a_server_has_a_chain_for_each_version_scheme_and_name() {
    if !require("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    for (name, key) in [
        ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048"),
        ("ec", "EC -pkeyopt ec_paramgen_curve:P-256"),
        ("named", "ED25519"),
    ] {
        openssl(directory, &format!("genpkey -algorithm {key} -out {name}.key"));
        openssl(directory, &format!("req -new -x509 -key {name}.key -out {name}.pem -days 30 -subj /CN={name}"));
    }
    let [rsa, ec, named] = <[Vec<u8>; 3]>::try_from(ders(directory, &["rsa", "ec", "named"])).unwrap();
    let arguments = ["-cert", "rsa.pem", "-key", "rsa.key", "-cert2", "named.pem", "-key2", "named.key"];
    let by_name = Server::new(directory, &[&arguments[..], &["-servername", "h.example"]].concat());
    assert_eq!(presented(by_name.at, &Options::default()).unwrap().chain, [named]);
    let nameless = Options { send_name: false, ..Options::default() };
    let found = presented(by_name.at, &nameless).unwrap();
    assert_eq!((found.chain, found.server_name), (vec![rsa.clone()], None));

    // Another name: OpenSSL warns in TLS 1.2, and goes on with what it has.
    let other = Server::new(directory, &[&arguments[..], &["-servername", "other.example"]].concat());
    let older = Options { versions: Versions::Only12, ..Options::default() };
    assert_eq!(presented(other.at, &older).unwrap().chain[..], std::slice::from_ref(&rsa)[..]);

    // Two keys: the client's schemes decide, and both are offered, the stronger first.
    let both = Server::new(directory, &["-cert", "rsa.pem", "-key", "rsa.key", "-dcert", "ec.pem", "-dkey", "ec.key"]);
    assert_eq!(presented(both.at, &Options::default()).unwrap().chain, [ec]);

    std::fs::write(directory.join("staple"), ocsp_response()).unwrap();
    let stapled = Server::new(directory, &["-cert", "rsa.pem", "-key", "rsa.key", "-status_file", "staple"]);
    assert_eq!(presented(stapled.at, &Options::default()).unwrap().staple, Some(ocsp_response()));
}

/// An OCSP response that says tryLater (RFC 6960, 4.2.1).
fn ocsp_response() -> Vec<u8> {
    vec![0x30, 3, 0x0a, 1, 3]
}

#[test]
fn servers_that_cannot_be_spoken_to_are_told_apart() {
    if !require("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    openssl(directory, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key");
    openssl(directory, "req -new -x509 -key rsa.key -out rsa.pem -days 30 -subj /CN=rsa");
    let server =
        |arguments: &[&str]| Server::new(directory, &[&["-cert", "rsa.pem", "-key", "rsa.key"], arguments].concat());

    for version in ["-tls1", "-tls1_1"] {
        let old = server(&[version, "-cipher", "ALL:@SECLEVEL=0"]);
        let reason = presented(old.at, &Options::default()).unwrap_err();
        assert!(matches!(reason, Reason::Version { .. }), "{version}: {reason}");
    }
    let only = server(&["-tls1_3"]);
    let reason = presented(only.at, &Options { versions: Versions::Only12, ..Options::default() }).unwrap_err();
    assert!(matches!(reason, Reason::Version { offered: Versions::Only12, .. }), "{reason}");
    let only = server(&["-tls1_2"]);
    let reason = presented(only.at, &Options { versions: Versions::Only13, ..Options::default() }).unwrap_err();
    assert!(matches!(reason, Reason::Version { offered: Versions::Only13, .. }), "{reason}");

    for ciphers in ["AES128-GCM-SHA256", "AES256-SHA"] {
        let narrow = server(&["-tls1_2", "-cipher", ciphers]);
        let reason = presented(narrow.at, &Options::default()).unwrap_err();
        assert!(matches!(reason, Reason::NothingInCommon { alert: 40, .. }), "{ciphers}: {reason}");
    }
    let narrow = server(&["-tls1_3", "-groups", "X448"]);
    let reason = presented(narrow.at, &Options::default()).unwrap_err();
    assert!(matches!(reason, Reason::NothingInCommon { alert: 40, .. }), "{reason}");
    let fatal = server(&["-servername", "other.example", "-servername_fatal", "-cert2", "rsa.pem", "-key2", "rsa.key"]);
    let reason = presented(fatal.at, &Options::default()).unwrap_err();
    assert!(matches!(reason, Reason::Alert { alert: 112, .. }), "{reason}");
    let nullauth = server(&["-nocert", "-cipher", "aNULL:@SECLEVEL=0", "-tls1_2"]);
    let reason = presented(nullauth.at, &Options::default()).unwrap_err();
    assert!(matches!(reason, Reason::NothingInCommon { .. }), "{reason}");
}

#[test]
fn servers_that_can_do_little_present_all_the_same() {
    if !require("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    openssl(directory, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key");
    openssl(directory, "req -new -x509 -key rsa.key -out rsa.pem -days 30 -subj /CN=rsa");
    let expected = ders(directory, &["rsa"]);
    for curve in ["brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1", "secp256k1"] {
        openssl(directory, &format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out ec.key"));
        openssl(directory, "req -new -x509 -key ec.key -out ec.pem -days 30 -subj /CN=ec");
        // Its own groups of keys are those of every server.
        let groups = format!("P-256:{curve}");
        let server = Server::new(directory, &["-cert", "ec.pem", "-key", "ec.key", "-tls1_2", "-groups", &groups]);
        let found = presented(server.at, &Options::default()).unwrap_or_else(|reason| panic!("{curve}: {reason}"));
        assert_eq!(found.chain, ders(directory, &["ec"]), "{curve}");
    }
    for (arguments, suite) in [
        (&["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"][..], "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"),
        (&["-tls1_2", "-cipher", "DHE-RSA-AES256-SHA"], "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
        (&["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"], "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
        (&["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"], "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        // It wants a certificate of the client, and presents its own before.
        (&["-tls1_2", "-Verify", "1"], "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (&["-tls1_3", "-Verify", "1"], "TLS_AES_256_GCM_SHA384"),
        (&["-tls1_2", "-groups", "P-521"], "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (&["-tls1_3", "-groups", "P-521"], "TLS_AES_256_GCM_SHA384"),
        (
            &["-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", "DEFAULT:@SECLEVEL=0"],
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        ),
    ] {
        let server = Server::new(directory, &[&["-cert", "rsa.pem", "-key", "rsa.key"], arguments].concat());
        let found =
            presented(server.at, &Options::default()).unwrap_or_else(|reason| panic!("{arguments:?}: {reason}"));
        assert_eq!((found.chain, found.suite.as_str()), (expected.clone(), suite), "{arguments:?}");
    }
}
