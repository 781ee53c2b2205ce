//! OpenSSL itself: the default paths that half of all programs inherit.
//!
//! A file that is read at once, and a directory that is asked for one issuer at a time; each has
//! a variable that replaces that half alone. A variable that is set and empty still replaces:
//! `by_file.c` tests the pointer. Nothing here ever fails aloud: what is missing contributes
//! nothing, and one bad block empties the whole file.

use super::client::{Client, Edit, Ends, Leaf, Look, Rule, Then};

/// The rows of this family.
pub const CLIENTS: &[Client] = &[OPENSSL];

/// Where the file loader is written; SSL_CERT_FILE and cert.pem.
pub const BY_FILE: &str = "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_file.c";
/// Where the directory loader is written; SSL_CERT_DIR and certs.
pub const BY_DIR: &str = "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_dir.c";

/// `X509_STORE_set_default_paths`, inside any installation with the place `openssldir`.
pub const DEFAULT_PATHS: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).says(BY_FILE),
        Leaf::path("{openssldir}/cert.pem").says(BY_FILE),
    ]),
    Rule::First(&[
        Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).empty(Then::Bind).says(BY_DIR),
        Leaf::path("{openssldir}/certs").look(Look::HashLazy).says(BY_DIR),
    ]),
]);

/// `openssl`: every libcrypto of the system.
const OPENSSL: Client = Client::new(
    "openssl",
    "OpenSSL",
    "The default file and directory of a libcrypto, each replaced by its own variable.",
    Rule::Each(|survey| survey.openssl_installations(), &DEFAULT_PATHS),
)
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("it reads the system's store: add the root there"));
