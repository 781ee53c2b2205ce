//! Perl: IO::Socket::SSL and what stands on it.
//!
//! The module sets flags of its own on OpenSSL and matches the name in Perl, by a scheme that the program names:
//! without one the first common name counts beside every other name, with `http` or `www` only where there is no
//! dNSName; for an address it counts whatever is there. Read in IO::Socket::SSL 2.081 (`%scheme`, `verify_hostname_of_cert`), LWP::Protocol::https 6.10 and
//! HTTP::Tiny 0.080.

use super::names::{self, Matching};
use super::openssl::{HostCheck, Library, OpenSsl};
use super::{Fault, NotPredicted, Oracle, Parts, Policy, Printed, Row};

const SOURCE: &str = "https://metacpan.org/release/SULLR/IO-Socket-SSL-2.081/source/lib/IO/Socket/SSL.pm";
const CHANGES: &str = "https://metacpan.org/release/SULLR/IO-Socket-SSL-2.081/source/Changes";

/// A socket of IO::Socket::SSL that is told of no scheme for names.
pub const SOCKET: Row = Row {
    id: "io-socket-ssl",
    about: "OpenSSL; from IO::Socket::SSL 2.062 on a path may end at any anchor, and the common name always counts",
    oracle: Oracle::Programs,
    sources: &[SOURCE, CHANGES],
    policy: |parts| policy(parts, names::PERL),
};

/// LWP, which names the scheme `www`.
pub const HTTPS: Row = Row {
    id: "perl-https",
    about: "IO::Socket::SSL as LWP asks for it: the common name counts where there is no other host name",
    oracle: Oracle::Programs,
    sources: &[
        SOURCE,
        CHANGES,
        "https://metacpan.org/release/OALDERS/LWP-Protocol-https-6.10/source/lib/LWP/Protocol/https.pm",
    ],
    policy: |parts| policy(parts, names::PERL_HTTPS),
};

/// HTTP::Tiny, which names the scheme `http`.
pub const TINY: Row = Row {
    id: "perl-http-tiny",
    about: "IO::Socket::SSL as HTTP::Tiny asks for it: no certificate is for an address of IPv6, which keeps its brackets",
    oracle: Oracle::Programs,
    sources: &[SOURCE, CHANGES, "https://metacpan.org/release/DAGOLDEN/HTTP-Tiny-0.080/source/lib/HTTP/Tiny.pm"],
    policy: |parts| policy(parts, names::PERL_TINY),
};

fn policy(parts: &Parts<'_>, names: Matching) -> Result<Policy, NotPredicted> {
    let module = parts.needs("io-socket-ssl")?;
    let mut policy = OpenSsl::of(parts)?;
    // Where Net::SSLeay knows the flag, as every one since 1.83 does on OpenSSL 1.1.0.
    policy.partial_chain = module.is_between("2.062", "") && policy.library >= Library::V1_1_1;
    // `_internal_verify_callback`, at depth 0 and where OpenSSL has nothing to complain of.
    policy.host = HostCheck::InCallback;
    policy.names = names;
    policy.prints = |_, fault, _| {
        let text = match fault {
            Fault::HostMismatch | Fault::AddressMismatch => "hostname verification failed",
            _ => "certificate verify failed",
        };
        Printed { text: text.to_owned(), ..Printed::default() }
    };
    Ok(Policy::OpenSsl(policy))
}
