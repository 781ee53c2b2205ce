//! A server that does not send an intermediate. Browsers often have it from elsewhere, and programs have not, so
//! that it works for the one who looks.

use super::server::Known;
use super::{Check, Detail, Run, Scope, Severity};
use crate::format::x509;

/// The row.
pub const CHECK: Check = Check {
    id: "host-chain-incomplete",
    title: "a server does not send an intermediate",
    severity: Severity::Error,
    about: "Following the issuers of what is sent ends at a certificate whose issuer is neither sent nor a root here. A \
            client that does not have the intermediate by chance refuses. Where no client of this machine does, it is \
            a warning.",
    says: "https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2",
    since: None,
    remedy: "Have the server send the intermediates after its own certificate, as the authority delivers them \
             (fullchain.pem and the like).",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    if scope.servers.iter().all(|server| server.chain().is_empty()) {
        return Vec::new();
    }
    let known = Known::of(scope);
    let mut details = Vec::new();
    for server in scope.servers {
        let Some(missing) = known.missing(server.chain()) else { continue };
        let issuer = x509::details(missing.of.certificate()).ok().map(|details| details.issuer.text().raw().to_owned());
        let issuer = issuer.unwrap_or_else(|| "(cannot be read)".to_owned());
        let clients = server.clients(CAUSES, None);
        let sent = server.chain().len();
        details.push(Detail {
            severity: clients.is_empty().then_some(Severity::Warning),
            clients,
            expected: format!("the intermediate {issuer} after its own certificate"),
            found: match sent {
                1 => "its own certificate alone".to_owned(),
                more => format!("{more} certificates without it"),
            },
            remedy: match &missing.known {
                Some(known) => format!(
                    "have the server send it; castore show --pem {} prints it",
                    &known.fingerprint().to_string()[..16]
                ),
                None => "have the server send it, as the authority delivers it with the certificate".to_owned(),
            },
            ..server.detail()
        });
    }
    details
}

/// The causes of a refusal that come of it.
pub(super) const CAUSES: &[&str] = &["intermediate-not-sent"];
