//! Programs and libraries on OpenSSL that are no language's: databases, Tcl, Nim, pyOpenSSL, native-tls.
//!
//! Each takes the library's verdict as it is. What differs is who matches the name, and whether anybody does.

use super::curl::first_noted;
use super::names::{self, Against, CommonName};
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
