//! Programs and libraries on OpenSSL that are no language's: databases, Tcl, Nim, pyOpenSSL, native-tls.
//!
//! Each takes the library's verdict as it is. What differs is who matches the name, and whether anybody does.

use super::curl::first_noted;
use super::names::{self, Addresses, Against, CommonName, Matching};
use super::openssl::{HostCheck, OpenSsl, printed};
use super::{Fault, NotPredicted, Oracle, Policy, Printed, Row};

/// libpq: PostgreSQL's clients.
pub const LIBPQ: Row = Row {
    id: "libpq",
    about: "OpenSSL with its defaults; libpq matches the name itself, with sslmode=verify-full alone",
    oracle: Oracle::Programs,
    sources: &[
        "https://www.postgresql.org/docs/current/libpq-ssl.html",
        "https://github.com/postgres/postgres/blob/REL_15_STABLE/src/interfaces/libpq/fe-secure-common.c",
        "https://github.com/postgres/postgres/blob/REL_15_STABLE/src/interfaces/libpq/fe-secure-openssl.c",
    ],
    policy: |parts| {
        if parts.has("gnutls") {
            return Err(NotPredicted("castore has no rules for libpq on GnuTLS".to_owned()));
        }
        let mut policy = OpenSsl::of(parts)?;
        let names = parts.has("verify-full");
        policy.host = if names { HostCheck::Afterwards } else { HostCheck::Never };
        // `pq_verify_peer_name_matches_certificate`: a name of the kind that is asked for forbids the common name.
        // `wildcard_certificate_match`: a star is the whole first label.
        policy.names = names::WHOLE_LABELS;
        policy.prints = |policy, fault, asked| {
            let name = asked.name;
            let text = match fault {
                Fault::HostMismatch | Fault::AddressMismatch if asked.against == Some(&Against::Nothing) => {
                    "could not get server's host name from server certificate".to_owned()
                }
                Fault::HostMismatch | Fault::AddressMismatch => format!("does not match host name \"{name}\""),
                // `SSLerrmessage` has the reason alone.
                _ => match first_noted(policy, fault, asked) {
                    Some((_, error)) => format!("SSL error: {}", error.rsplit(':').next().unwrap_or(error)),
                    None => "SSL error: certificate verify failed".to_owned(),
                },
            };
            Printed { text, ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// The mark of a MariaDB that matches the server's name.
pub const VERIFIES_NAME: &str = "verifies-name";
/// The mark of one to which the password may vouch for a certificate of no authority.
pub const PASSWORD_VOUCHES: &str = "password-vouches";

/// MariaDB's Connector/C. Seen of 10.11.
pub const MARIADB: Row = Row {
    id: "mariadb",
    about: "OpenSSL with its defaults; the name is matched where ssl-verify-server-cert is on",
    oracle: Oracle::Documents,
    sources: &[
        "https://github.com/mariadb-corporation/mariadb-connector-c/blob/3.3/libmariadb/secure/openssl.c",
        "https://mariadb.com/docs/server/security/encryption/data-in-transit-encryption/zero-configuration-ssl",
    ],
    policy: |parts| {
        if parts.has(PASSWORD_VOUCHES) {
            let why = "MariaDB from 11.4 on also takes a certificate of no authority where the password vouches for it";
            return Err(NotPredicted(why.to_owned()));
        }
        if let Some(library) = ["gnutls", "wolfssl"].into_iter().find(|library| parts.has(library)) {
            return Err(NotPredicted(format!("castore has no rules for MariaDB on {library}")));
        }
        let mut policy = OpenSsl::of(parts)?;
        policy.host = if parts.has(VERIFIES_NAME) { HostCheck::Afterwards } else { HostCheck::Never };
        policy.prints = |policy, fault, _| {
            let printed = printed(&policy.version, fault);
            let text = match fault {
                Fault::HostMismatch | Fault::AddressMismatch => {
                    "Validation of SSL server certificate failed".to_owned()
                }
                _ => printed.text.clone(),
            };
            Printed { text: format!("TLS/SSL error: {text}"), ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// Tcl's tls with `-require 1`: nobody matches a name until 1.8.
pub const TCL: Row = Row {
    id: "tcl",
    about: "OpenSSL with its defaults where a program says -require 1; no name is matched",
    oracle: Oracle::Programs,
    sources: &["https://core.tcl-lang.org/tcltls/file?name=generic/tls.c"],
    policy: |parts| {
        let tls = parts.needs("tcltls")?;
        if tls.is_between("1.8", "") {
            return Err(NotPredicted(format!("castore has no rules for Tcl's tls {tls}: they were read in 1.7")));
        }
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Never;
        policy.prints = |policy, fault, _| {
            let printed = printed(&policy.version, fault);
            Printed { text: "handshake failed: certificate verify failed".to_owned(), ..printed }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// redis-cli: nobody matches a name. Seen of 7.0.15.
pub const REDIS: Row = Row {
    id: "redis-cli",
    about: "OpenSSL with its defaults; no name is matched",
    oracle: Oracle::Documents,
    sources: &["https://github.com/redis/redis/blob/7.0.15/src/cli_common.c"],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Never;
        policy.prints = |_, _, _| {
            let text = "SSL_connect failed: certificate verify failed".to_owned();
            Printed { text, ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// Subversion on serf: an address is looked for among the host names alone. Seen of svn 1.14.2.
pub const SVN: Row = Row {
    id: "svn",
    about: "OpenSSL with its defaults; Subversion matches the name itself, among dNSNames alone",
    oracle: Oracle::Documents,
    sources: &["https://github.com/apache/subversion/blob/1.14.2/subversion/libsvn_ra_serf/util.c"],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Afterwards;
        policy.names = Matching { addresses: Addresses::AsHostName, ..names::WHOLE_LABELS };
        policy.prints = |_, fault, _| {
            let why = match fault {
                Fault::HostMismatch | Fault::AddressMismatch => "certificate issued for a different hostname",
                Fault::Expired => "certificate has expired",
                Fault::NotYetValid => "certificate is not yet valid",
                Fault::IssuerNotFound | Fault::LeafUnverifiable | Fault::SelfSignedLeaf | Fault::SelfSignedSent => {
                    "issuer is not trusted"
                }
                _ => "certificate has an unknown error",
            };
            let text = format!("Server SSL certificate verification failed: {why}");
            Printed { text, name: Some("E230001"), ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// fetchmail: names are matched in the library's callback, an address among the host names alone. Seen of 6.4.37.
pub const FETCHMAIL: Row = Row {
    id: "fetchmail",
    about: "OpenSSL with its defaults; fetchmail matches the name itself, among dNSNames alone",
    oracle: Oracle::Documents,
    sources: &["https://gitlab.com/fetchmail/fetchmail/-/blob/RELEASE_6-4-37/socket.c"],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::InCallback;
        policy.names = Matching { addresses: Addresses::AsHostName, ..names::WHOLE_LABELS };
        policy.prints = |policy, fault, _| {
            let printed = printed(&policy.version, fault);
            Printed { text: format!("Server certificate verification error: {}", printed.text), ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// Postfix as a client, where its level of security verifies by authorities. Seen of 3.7.11.
pub const POSTFIX: Row = Row {
    id: "postfix",
    about: "OpenSSL with its defaults where the level is verify or secure; Postfix matches the name itself",
    oracle: Oracle::Documents,
    sources: &["https://www.postfix.org/TLS_README.html#client_tls_verify"],
    policy: |parts| {
        if parts.has("other-names") {
            let why = "Postfix compares the certificate with other names than the host's: smtp_tls_secure_cert_match or \
                       smtp_tls_verify_cert_match says with which";
            return Err(NotPredicted(why.to_owned()));
        }
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Afterwards;
        policy.names = names::WHOLE_LABELS;
        policy.prints = |_, _, _| Printed { text: "Server certificate not verified".to_owned(), ..Printed::default() };
        Ok(Policy::OpenSsl(policy))
    },
};

/// stunnel as a client, where `verifyChain` is on. Seen of 5.68.
pub const STUNNEL: Row = Row {
    id: "stunnel",
    about: "OpenSSL with its defaults where verifyChain is on; a name is matched where checkHost says which",
    oracle: Oracle::Documents,
    sources: &["https://www.stunnel.org/static/stunnel.html"],
    policy: |parts| {
        if let Some((_, why)) = STUNNEL_UNREAD.iter().find(|(mark, _)| parts.has(mark)) {
            return Err(NotPredicted((*why).to_owned()));
        }
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Never;
        policy.prints = |_, _, _| {
            let text = "SSL_connect: certificate verify failed".to_owned();
            Printed { text, ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// What stunnel may be told that castore does not follow, by the mark of it.
const STUNNEL_UNREAD: &[(&str, &str)] = &[
    ("check-names", "stunnel compares the certificate with the names of checkHost, checkIP or checkEmail"),
    ("peer-alone", "stunnel takes the certificates of its file themselves, and no authority, where verifyPeer is on"),
];

/// Nim's std/net: `X509_check_host` with the common name beside all others.
pub const NIM: Row = Row {
    id: "nim",
    about: "OpenSSL with its defaults; Nim asks for the name afterwards, and the common name always counts",
    oracle: Oracle::Programs,
    sources: &["https://github.com/nim-lang/Nim/blob/v1.6.10/lib/pure/net.nim"],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Afterwards;
        policy.names.common_name = CommonName::Always;
        policy.prints = |policy, fault, _| {
            let text = match fault {
                Fault::HostMismatch | Fault::AddressMismatch => "SSL Certificate check failed.",
                _ => "certificate verify failed",
            };
            Printed { text: text.to_owned(), ..printed(&policy.version, fault) }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// pyOpenSSL: a context has the library's defaults, and names are the program's affair.
pub const PYOPENSSL: Row = Row {
    id: "pyopenssl",
    about: "OpenSSL with its defaults, of the cryptography package; no name is matched unless a program does",
    oracle: Oracle::Programs,
    sources: &[
        "https://www.pyopenssl.org/en/stable/api/ssl.html#OpenSSL.SSL.Context.set_verify",
        "https://github.com/pyca/pyopenssl/blob/24.2.1/src/OpenSSL/SSL.py",
    ],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Never;
        policy.prints = |policy, fault, _| {
            let printed = printed(&policy.version, fault);
            Printed { text: "certificate verify failed".to_owned(), ..printed }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// Rust's native-tls on OpenSSL: `SslConnector` of the crate openssl.
pub const NATIVE_TLS: Row = Row {
    id: "native-tls",
    about: "OpenSSL with its defaults and a host name, in which a wildcard is a whole label",
    oracle: Oracle::Documents,
    sources: &[
        "https://docs.rs/crate/native-tls/0.2.14/source/src/imp/openssl.rs",
        "https://docs.rs/crate/openssl/0.10.73/source/src/ssl/connector.rs",
    ],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        // X509CheckFlags::NO_PARTIAL_WILDCARDS (`setup_verify_hostname`).
        policy.names = names::WHOLE_LABELS;
        Ok(Policy::OpenSsl(policy))
    },
};
