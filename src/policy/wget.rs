//! wget, which is built on OpenSSL or on GnuTLS.

use super::openssl::{HostCheck, OpenSsl};
use super::{NotPredicted, Oracle, Policy, Row, gnutls};

/// wget, by the library that it is linked to.
pub const WGET: Row = Row {
    id: "wget",
    about: "GnuTLS without a purpose, or OpenSSL with its defaults; wget matches the name itself",
    oracle: Oracle::Programs,
    sources: &["https://git.savannah.gnu.org/cgit/wget.git/tree/src/gnutls.c"],
    policy: |parts| {
        if parts.has("gnutls") {
            return (gnutls::WGET.policy)(parts);
        }
        if !parts.has("openssl") {
            return Err(NotPredicted("its TLS library is not known".to_owned()));
        }
        let mut policy = OpenSsl::of(parts)?;
        policy.host = HostCheck::Afterwards;
        Ok(Policy::OpenSsl(policy))
    },
};
