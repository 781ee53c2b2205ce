//! `openssl` itself, and the languages that set nothing beside its defaults.

use super::names::{self, Against, CommonName, Dot};
use super::openssl::{HostCheck, OpenSsl, printed};
use super::{Fault, Oracle, Policy, Printed, Row};
use crate::model::Version;

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
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.names.dot = Dot::Compared;
        Ok(Policy::OpenSsl(policy))
    },
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
        // `ossl_ssl_verify_callback`, ext/openssl/ossl_ssl.c: at depth 0 and where OpenSSL has nothing to complain of.
        policy.host = HostCheck::InCallback;
        policy.names = names::RUBY;
        policy.prints = |policy, fault, _| {
            // It has one error for both (`ossl_ssl_verify_callback`, ext/openssl/ossl_ssl.c).
            let fault = if fault == Fault::AddressMismatch { Fault::HostMismatch } else { fault };
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
    sources: &[
        "https://github.com/php/php-src/blob/master/ext/openssl/xp_ssl.c",
        "https://www.php.net/ChangeLog-8.php#8.3.35",
    ],
    policy: |parts| {
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Afterwards;
        // OPENSSL_DEFAULT_STREAM_VERIFY_DEPTH is 9, to which `php_openssl_verify_callback` holds the depth of every certificate
        // of the path, the anchor's too.
        policy.depth = 8;
        policy.names = names::PHP;
        // The common name counted beside all others until CVE-2026-91769.
        let mended = [("8.2.34", "8.3"), ("8.3.35", "8.4"), ("8.4.26", "8.5"), ("8.5.11", "")];
        let is_early = |php: &Version| {
            php.to_string().matches('.').count() >= 2 && !mended.iter().any(|(from, until)| php.is_between(from, until))
        };
        if parts.version("php").is_some_and(is_early) {
            policy.names.common_name = CommonName::Always;
        }
        policy.prints = |_, fault, asked| {
            let name = asked.name;
            let text = match fault {
                Fault::HostMismatch | Fault::AddressMismatch => match asked.against {
                    Some(Against::CommonName(common)) => {
                        format!("Peer certificate CN=`{common}' did not match expected CN=`{name}'")
                    }
                    Some(Against::Malformed(common)) => format!("Peer certificate CN=`{common}' is malformed"),
                    Some(Against::Nothing) => "Unable to locate peer certificate CN".to_owned(),
                    _ => format!("Peer certificate subjectAltName did not match expected name `{name}'"),
                },
                _ => "SSL operation failed with code 1. OpenSSL Error messages: certificate verify failed".to_owned(),
            };
            Printed { text, ..Printed::default() }
        };
        Ok(Policy::OpenSsl(policy))
    },
};
