//! `openssl` itself, and the languages that set nothing beside its defaults.

use super::openssl::{CommonName, HostCheck, OpenSsl, printed};
use super::{Fault, Oracle, Policy, Printed, Row};

/// A program that sets the trust anchors and a host name and nothing else: `openssl s_client
/// -verify_return_error -verify_hostname`, Perl's IO::Socket::SSL, Tcl, libpq and others.
pub const DEFAULTS: Row = Row {
    id: "openssl",
    about: "OpenSSL with its defaults for a TLS client, and a host name",
    oracle: Oracle::Programs,
    sources: &[
        "https://docs.openssl.org/3.5/man3/SSL_CTX_set_verify/",
        "https://docs.openssl.org/3.5/man1/openssl-verification-options/",
    ],
    policy: |parts| OpenSsl::of(parts).map(Policy::OpenSsl),
};

/// `openssl verify` without options: no purpose, no security level and no name.
pub const VERIFY: Row = Row {
    id: "openssl-verify",
    about: "openssl verify without options: no purpose, no security level, no host name",
    oracle: Oracle::Programs,
    sources: &["https://docs.openssl.org/3.5/man1/openssl-verify/"],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.level = parts.settings.level;
        policy.purpose = false;
        policy.host = HostCheck::Never;
        Ok(Policy::OpenSsl(policy))
    },
};

/// Ruby's Net::HTTP: `OpenSSL::SSL.verify_certificate_identity` runs in the library's callback.
pub const RUBY: Row = Row {
    id: "ruby",
    about: "OpenSSL with its defaults; Ruby matches the name itself",
    oracle: Oracle::Programs,
    sources: &["https://github.com/ruby/openssl/blob/master/lib/openssl/ssl.rb"],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Afterwards;
        policy.common_name = CommonName::WithoutDnsNameOrAddress;
        policy.prints = |policy, fault, _| {
            let printed = printed(&policy.version, fault);
            Printed { text: format!("certificate verify failed ({})", printed.text), ..printed }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// PHP's streams: the name is matched when OpenSSL has accepted, and no reason is told.
pub const PHP: Row = Row {
    id: "php",
    about: "OpenSSL with its defaults; PHP matches the name itself and tells no reason",
    oracle: Oracle::Programs,
    sources: &["https://github.com/php/php-src/blob/master/ext/openssl/xp_ssl.c"],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Afterwards;
        // OPENSSL_DEFAULT_STREAM_VERIFY_DEPTH is 9, to which `php_openssl_verify_callback` holds the depth of every certificate
        // of the path, the anchor's too.
        policy.depth = 8;
        policy.prints = |_, fault, name| {
            let text = match fault {
                Fault::HostMismatch | Fault::AddressMismatch => {
                    format!("Peer certificate subjectAltName did not match expected name `{name}'")
                }
                _ => "SSL operation failed with code 1. OpenSSL Error messages: certificate verify failed".to_owned(),
            };
            Printed { text, ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};
