//! A server that presents a certificate whose time is nearly over: it should have been renewed by now.

use super::server::which;
use super::{Check, Detail, Run, Scope, Severity};
use crate::model::passing;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "host-certificate-expiring",
    title: "a certificate that a server presents expires soon",
    severity: Severity::Warning,
    about: "The end of validity is nearer than the threshold: host-expires-within, or else 14 days, or a quarter of \
            the whole validity where that is less. Programs that renew have done so long before, so that a renewal has \
            failed or the server has not loaded what came of it.",
    says: "https://letsencrypt.org/docs/integration-guide/",
    since: None,
    remedy: "Look why it was not renewed, or whether the server still has the old one loaded.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut details = Vec::new();
    for server in scope.servers {
        for (position, member) in server.needed() {
            let limit = server.within(member, scope.at);
            let Some(end) = member.not_after.at.filter(|end| *end >= scope.at && *end < limit) else { continue };
            let (expected, until) = passing::valid_on(limit, end);
            details.push(Detail {
                certificate: Some(Arc::clone(member.certificate())),
                expected: format!("{} {expected}", which(position)),
                found: format!("valid until {until}, {}", passing::from_now(scope.at.days_until(end))),
                remedy: match position {
                    0 => "look why it was not renewed, or whether the server still has the old one loaded".to_owned(),
                    _ => "have the server send the intermediate that the authority names today".to_owned(),
                },
                ..server.detail()
            });
        }
    }
    details
}
