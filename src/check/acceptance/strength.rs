//! A root or intermediate whose key or digest is too weak for the security level of a verifier here.

use super::super::{Check, Detail, Run, Scope, Severity};
use crate::policy::Fault;

/// The row.
pub const CHECK: Check = Check {
    id: "acceptance/strength",
    title: "a verifier's security level refuses this authority",
    severity: Severity::Warning,
    about: "OpenSSL's security level asks for keys and digests of a strength: 112 bits at level 2, which Debian, Python 3.10, \
            Node.js 24 and OpenSSL 3.2 have by default. An RSA key of 1024 bits or a SHA-1 signature below the root then \
            fails, in these programs alone.",
    says: "https://docs.openssl.org/3.5/man3/SSL_CTX_set_security_level/",
    since: None,
    remedy: "Replace it by an authority with RSA 2048 or P-256 and SHA-256 or stronger. Lowering the security level \
             of a client lowers it for every server.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    super::refused(scope, |_, fault| fault.is_weak(), words)
}

fn words(fault: Fault) -> (&'static str, &'static str, &'static str) {
    match fault {
        Fault::DigestWeak => (
            "a digest as strong as the security level asks for",
            "a weaker one",
            "have it issued anew, signed with SHA-256 or stronger",
        ),
        _ => (
            "a key as strong as the security level asks for",
            "a shorter one",
            "replace it by an authority with RSA 2048, P-256 or more",
        ),
    }
}
