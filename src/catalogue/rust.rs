//! Programs built with Rust that ask `rustls-native-certs` (0.8.3 and later).
//!
//! A variable that is set, the file's even to nothing, turns the probing off: then only what the
//! variables name is read. Without them the first bundle of openssl-probe's list counts, and every file of
//! its directories, hash-named or not.

use super::client::{Client, Edit, Leaf, Look, Rule, Then};
use super::survey::any_program;
use crate::host::System::{Bsd, Linux};

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NATIVE_CERTS];

const CRATE: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.8.3/src/lib.rs";
const PROBE: &str = "https://github.com/rustls/openssl-probe/blob/main/src/lib.rs";

/// `rust-native-certs`: any program that uses the crate.
const NATIVE_CERTS: Client = Client::new(
    "rust-native-certs",
    "programs using rustls-native-certs",
    "SSL_CERT_FILE and SSL_CERT_DIR if either is set, else the first bundle and every directory of openssl-probe's lists.",
    Rule::Each(
        |_| any_program("any program using rustls-native-certs"),
        &Rule::First(&[
            Rule::All(&[
                Leaf::variable("SSL_CERT_FILE").look(Look::Blocks).empty(Then::Bind).says(CRATE),
                // A list without a directory in it is as if unset; a file without a name is not.
                Leaf::list("SSL_CERT_DIR").look(Look::EveryFile).says(CRATE),
            ]),
            Rule::All(&[
                Rule::First(&[
                    file("/etc/ssl/certs/ca-certificates.crt"),
                    file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
                    file("/etc/pki/tls/certs/ca-bundle.crt"),
                    file("/etc/ssl/ca-bundle.pem"),
                    file("/etc/pki/tls/cacert.pem"),
                    file("/etc/ssl/cert.pem"),
                    file("/opt/etc/ssl/certs/ca-certificates.crt"),
                    file("/etc/ssl/certs/cacert.pem"),
                    Leaf::path("/usr/local/etc/ssl/cert.pem").look(Look::Blocks).on(&[Bsd]).says(PROBE),
                ]),
                Leaf::path("/etc/ssl/certs").look(Look::EveryFile).says(PROBE),
                Leaf::path("/etc/pki/tls/certs").look(Look::EveryFile).on(&[Linux]).says(PROBE),
                Leaf::path("/etc/security/certificates").look(Look::EveryFile).on(&[Linux]).says(PROBE),
                Leaf::path("/usr/local/share/certs").look(Look::EveryFile).on(&[Bsd]).says(PROBE),
            ]),
        ]),
    ),
)
.on(&[Linux, Bsd])
.edit(Edit::Never("it reads the system's store: add the root there"));

const fn file(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).says(PROBE)
}
