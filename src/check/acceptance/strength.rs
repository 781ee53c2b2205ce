//! An authority whose key or digest is too weak for a verifier here.

use super::super::{Check, Detail, Run, Scope, Severity};
use super::{Kind, refused};

/// The row.
pub const CHECK: Check = Check {
    id: "acceptance/strength",
    title: "a verifier takes the key or digest of this authority for too weak",
    severity: Severity::Warning,
    about: "OpenSSL's security level asks for keys and digests of a strength: 112 bits at level 2, which Debian, Python 3.10, \
            Node.js 24 and OpenSSL 3.2 have by default. rustls verifies with RSA keys of 2048 bits and more, Go and \
            Java with 1024. A shorter key, or SHA-1 below the root, then fails in these programs alone.",
    says: "https://docs.openssl.org/3.5/man3/SSL_CTX_set_security_level/",
    since: None,
    remedy: "Replace it by an authority with RSA 2048 or P-256 and SHA-256 or stronger. Lowering the security level \
             of a client lowers it for every server.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    refused(scope, Kind::Strength)
}
