//! Anchors that are no certification authority: a server's own certificate, a leaf left behind.

use super::{Check, Detail, Run, Scope, Severity};
use crate::format::x509;
use crate::model::{Entry, Store};

/// The row.
pub const CHECK: Check = Check {
    id: "not-a-ca",
    title: "a certificate is no certification authority",
    severity: Severity::Warning,
    about: "A store of anchors holds a certificate whose basic constraints do not make it a certification authority. \
            OpenSSL, curl and Go accept it as the server's own certificate; p11-kit leaves it out of every bundle, \
            and nothing chains to it.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9",
    since: None,
    remedy: "If a server's own certificate is meant to be trusted, keep it; else remove it.",
    run: Run::Entry(look),
};

fn look(_: &Scope<'_>, _: &Store, entry: &Entry) -> Option<Detail> {
    let certificate = entry.certificate()?;
    let details = x509::details(certificate).ok()?;
    if details.is_ca(certificate.is_self_issued()) {
        return None;
    }
    let found = match details.basic_constraints {
        Some(_) => "CA:FALSE".to_owned(),
        None => format!("version {} without basic constraints", details.version),
    };
    Some(Detail {
        expected: "basic constraints with CA:TRUE".to_owned(),
        found,
        remedy: "if a server's own certificate is meant to be trusted, keep it; else remove it".to_owned(),
        ..Detail::default()
    })
}
