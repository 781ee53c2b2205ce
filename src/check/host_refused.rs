//! A server that clients of this machine refuse: the verdicts of `castore why`, each reason once.

use super::server::{Known, Refusal, Server};
use super::{Check, Detail, Run, Scope, Severity, host_chain_incomplete, host_name_mismatch};
use std::cell::OnceCell;

/// The row.
pub const CHECK: Check = Check {
    id: "host-refused",
    title: "clients refuse the chain of a server",
    severity: Severity::Error,
    about: "By their own rules and with what they trust here, these clients would not accept what the server presents. \
            What other checks of servers say already (expired, not for its name, an intermediate that is not sent) is \
            left out. Where it depends on what files do not tell, it is a warning.",
    says: "https://www.rfc-editor.org/rfc/rfc5280#section-6",
    since: None,
    remedy: "See castore why HOST:PORT, which tells each client's path and what makes it accept.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let known = OnceCell::new();
    let is_incomplete = |server: &Server| known.get_or_init(|| Known::of(scope)).missing(server.chain()).is_some();
    let mut details = Vec::new();
    for server in scope.servers {
        for refusal in server.refusals.iter().filter(|refusal| !is_told(scope, server, refusal, &is_incomplete)) {
            let number = refusal.clients.len();
            let clients = if number == 1 { "1 client".to_owned() } else { format!("{number} clients") };
            details.push(Detail {
                clients: refusal.clients.clone(),
                expected: "a chain that every client here accepts".to_owned(),
                found: match refusal.cause {
                    Some(_) => format!("{clients} would refuse it: {}", refusal.says),
                    None => format!("of {clients} it depends: {}", refusal.says),
                },
                remedy: refusal.remedy.clone().unwrap_or_else(|| format!("see castore why {}", server.named)),
                severity: refusal.cause.is_none().then_some(Severity::Warning),
                ..server.detail()
            });
        }
    }
    details
}

/// Whether another check says it.
fn is_told(scope: &Scope<'_>, server: &Server, refusal: &Refusal, is_incomplete: &dyn Fn(&Server) -> bool) -> bool {
    match refusal.cause {
        Some("time") => {
            server.expired(scope.at).any(|(_, member, _)| refusal.certificate == Some(member.fingerprint()))
        }
        Some(cause) if host_name_mismatch::CAUSES.contains(&cause) => !server.is_for_name(),
        Some(cause) => host_chain_incomplete::CAUSES.contains(&cause) && is_incomplete(server),
        None => false,
    }
}
