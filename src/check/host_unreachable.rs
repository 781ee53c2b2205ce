//! A server that is to be watched and presents no chain: nothing is known of it, which is not the same as well.

use super::{Check, Detail, Run, Scope, Severity};

/// The row.
pub const CHECK: Check = Check {
    id: "host-unreachable",
    title: "a server presents no chain",
    severity: Severity::Error,
    about: "The server was asked for its certificates and none came that can be read: its name has no address, nothing \
            listens, something else than TLS is spoken, or the time for it was over. What it would present is not \
            known, so no other check of servers says anything of it.",
    says: "https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2",
    since: None,
    remedy: "Look whether the server runs, whether this machine gets there, and whether the port and its protocol are \
             right; castore why HOST:PORT tries the same, with more options.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let failed = scope.servers.iter().filter_map(|server| Some((server, server.presented.as_ref().err()?)));
    let detail = |(server, failure): (&super::server::Server, &super::server::NoChain)| Detail {
        expected: "a chain of certificates".to_owned(),
        found: failure.why.clone(),
        remedy: failure.hint.clone().unwrap_or_else(|| format!("see castore why {}", server.named)),
        ..server.detail()
    };
    failed.map(detail).collect()
}
