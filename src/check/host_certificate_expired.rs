//! A server that presents a certificate whose time is over, its own or an intermediate's.

use super::server::which;
use super::{Check, Detail, Run, Scope, Severity};
use crate::model::passing;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "host-certificate-expired",
    title: "a certificate that a server presents has expired",
    severity: Severity::Error,
    about: "The end of validity has passed, of the server's own certificate or of an intermediate that it sends. Every \
            client that verifies refuses the first; of the second those that find no other way to a root. Roots that \
            are sent are left out, since clients use their own.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
    since: None,
    remedy: "Renew the certificate and have the server load it; for an intermediate, send the one that its authority \
             names today.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut details = Vec::new();
    for server in scope.servers {
        for (position, member, end) in server.expired(scope.at) {
            let (expected, until) = passing::valid_on(scope.at, end);
            details.push(Detail {
                certificate: Some(Arc::clone(member.certificate())),
                clients: server.clients(&["time"], Some(member)),
                expected: format!("{} {expected}", which(position)),
                found: format!("valid until {until}, {}", passing::ago(end.days_until(scope.at))),
                remedy: match position {
                    0 => "renew it and have the server load it".to_owned(),
                    _ => "have the server send the intermediate that the authority names today".to_owned(),
                },
                ..server.detail()
            });
        }
    }
    details
}
