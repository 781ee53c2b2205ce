//! Programs built with Go: the first file of a list, and every file of two directories as well.
//!
//! `SSL_CERT_FILE` replaces the file alone, so the directory's roots stay trusted; and the
//! directory is read whole, so a certificate that no hash leads to is an anchor here.

use super::client::{Client, Edit, Leaf, Look, Rule, Then};
use super::survey::any_program;
use crate::host::System::{Bsd, Linux};

/// The rows of this family.
pub const CLIENTS: &[Client] = &[GO];

const UNIX: &str = "https://github.com/golang/go/blob/master/src/crypto/x509/root_unix.go";
const ON_LINUX: &str = "https://github.com/golang/go/blob/master/src/crypto/x509/root_linux.go";
const ON_BSD: &str = "https://github.com/golang/go/blob/master/src/crypto/x509/root_bsd.go";

/// `go`: any program built with Go that uses the system's roots.
const GO: Client = Client::new(
    "go",
    "programs built with Go",
    "The first readable file of crypto/x509's list, and every file of its directories too.",
    Rule::Each(
        |_| any_program("any program built with Go"),
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").look(Look::Blocks).says(UNIX),
                file("/etc/ssl/certs/ca-certificates.crt"),
                file("/etc/pki/tls/certs/ca-bundle.crt"),
                file("/etc/ssl/ca-bundle.pem"),
                file("/etc/pki/tls/cacert.pem"),
                file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
                file("/etc/ssl/cert.pem"),
                Leaf::path("/usr/local/etc/ssl/cert.pem").look(Look::Blocks).on(&[Bsd]).says(ON_BSD),
            ]),
            Rule::First(&[
                Leaf::list("SSL_CERT_DIR").look(Look::EveryFile).missing(Then::Bind).says(UNIX),
                Rule::All(&[
                    Leaf::path("/etc/ssl/certs").look(Look::EveryFile).says(ON_LINUX),
                    Leaf::path("/etc/pki/tls/certs").look(Look::EveryFile).on(&[Linux]).says(ON_LINUX),
                    Leaf::path("/usr/local/share/certs").look(Look::EveryFile).on(&[Bsd]).says(ON_BSD),
                    Leaf::path("/etc/openssl/certs").look(Look::EveryFile).on(&[Bsd]).says(ON_BSD),
                ]),
            ]),
        ]),
    ),
)
.on(&[Linux, Bsd])
.edit(Edit::Never("it reads the system's store: add the root there"));

const fn file(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).on(&[Linux]).says(ON_LINUX)
}
