//! A server whose certificate is for another name than the one it is reached by.

use super::{Check, Detail, Run, Scope, Severity};
use crate::chain::member::Member;
use crate::chain::member::general_name::GeneralName;

/// The row.
pub const CHECK: Check = Check {
    id: "host-name-mismatch",
    title: "a server's certificate is not for its name",
    severity: Severity::Error,
    about: "None of the alternative names of the certificate is the name or the address that clients ask for. The \
            common name does not count: browsers, Go and rustls do not look at it any more, and OpenSSL only where there \
            are no alternative names.",
    says: "https://www.rfc-editor.org/rfc/rfc9525#section-6.3",
    since: None,
    remedy: "Have the certificate issued for this name as well, or reach the server by a name that it is for.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut details = Vec::new();
    for server in scope.servers.iter().filter(|server| !server.is_for_name()) {
        let (Some(leaf), Some(name)) = (server.chain().first(), &server.name) else { continue };
        details.push(Detail {
            clients: server.clients(CAUSES, None),
            expected: format!("a certificate for {name}"),
            found: names(leaf),
            remedy: "have it issued for this name, or reach the server by one that it is for".to_owned(),
            ..server.detail()
        });
    }
    details
}

/// The causes of a refusal that come of it.
pub(super) const CAUSES: &[&str] = &["name"];

/// Names that are told before the rest is counted.
const TOLD: usize = 4;

fn names(leaf: &Member) -> String {
    let names = || {
        leaf.alt_names().filter_map(|name| match name {
            GeneralName::Dns(name) => Some(String::from_utf8_lossy(name).into_owned()),
            GeneralName::Ip(octets) => Some(address(octets)),
            _ => None,
        })
    };
    let told: Vec<String> = names().take(TOLD).collect();
    let rest = names().count() - told.len();
    match (told.is_empty(), rest) {
        (true, _) => "one without alternative names".to_owned(),
        (false, 0) => format!("one for {}", told.join(", ")),
        (false, rest) => format!("one for {} and {rest} more", told.join(", ")),
    }
}

/// An address as it is written (RFC 5280, 4.2.1.6: four octets or sixteen).
fn address(octets: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return std::net::Ipv4Addr::from(four).to_string();
    }
    match <[u8; 16]>::try_from(octets) {
        Ok(sixteen) => std::net::Ipv6Addr::from(sixteen).to_string(),
        Err(_) => format!("an address of {} octets", octets.len()),
    }
}
