//! An intermediate whose issuer is in none of the stores its client uses: as an anchor it works
//! only for clients that let any certificate end a chain.

use super::issuers::{Known, Unrooted, unrooted};
use super::{Check, Detail, Run, Scope, Severity, merge_clients};
use crate::catalogue::client::Ends;
use crate::discover::Use;
use crate::format::x509;
use crate::model::StoreId;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "missing-issuer",
    title: "an issuer is missing",
    severity: Severity::Warning,
    about: "A certificate that is not self-issued stands in a store, and following its issuers from store to store of \
            the same client ends at one that none of them holds. OpenSSL, Node and Python before 3.13 then say \
            \"unable to get issuer certificate\"; Go, Java, curl and Python 3.13 take the intermediate as an anchor.",
    says: "https://docs.openssl.org/3.0/man1/openssl-verification-options/",
    since: None,
    remedy: "Add the root that issued it to the same store, or remove the intermediate.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let ids: Vec<StoreId> = scope.stores.iter().cloned().collect();
    let (found, known) = unrooted(scope, &ids);
    // A cross-signed root is another matter, and told as one.
    let missing = found.iter().filter(|one| known.own_root(one.last).is_none());
    merge_clients(missing.map(|one| detail(scope, one, &known)).collect())
}

fn detail(scope: &Scope<'_>, one: &Unrooted<'_>, known: &Known<'_>) -> Detail {
    let details = x509::details(one.last);
    let issuer = details.map(|details| details.issuer.text().raw().to_owned()).unwrap_or_default();
    let key = details.ok().and_then(|details| details.authority_key_id.as_deref()).map_or_else(String::new, |key| {
        let digits: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
        format!(" with key identifier {digits}")
    });
    let place = known.issuers(one.last).find_map(|issuer| {
        let store = known.holder(issuer)?;
        let users = scope.users(&store.id);
        let users = if users.is_empty() { String::new() } else { format!(" for {}", shortened(&users)) };
        Some(format!("add {}, which {} holds{users}", issuer.fingerprint().short(), store.id.path()?.display()))
    });
    let (whose, effect, severity) = match one.found.map(|found| (found.client.ends)(&found.installation)) {
        Some(Ends::AnyCertificate) => {
            ("a store of the client", "this client takes it as an anchor all the same", Some(Severity::Info))
        }
        Some(Ends::SelfIssued) => ("a store of the client", "no chain can end with it here", None),
        None => ("the same store", "what takes only self-issued anchors cannot end a chain with it", None),
    };
    let which = match one.last.fingerprint() == one.certificate.fingerprint() {
        true => "its issuer".to_owned(),
        false => {
            let last = details.map(|details| details.subject.text().raw().to_owned()).unwrap_or_default();
            format!("at the end of its chain the issuer of {last},")
        }
    };
    Detail {
        store: Some(one.store.clone()),
        slot: Some(one.entry.slot.clone()),
        certificate: Some(Arc::clone(one.certificate)),
        clients: one.found.map(Use::name).into_iter().collect(),
        expected: format!("{which} {issuer}{key} in {whose}"),
        found: format!("none; {effect}"),
        remedy: place.unwrap_or_else(|| "add the issuer's root, or remove the intermediate".to_owned()),
        severity,
        ..Detail::default()
    }
}

/// Clients that are named before the rest is counted.
const NAMED: usize = 3;

fn shortened(users: &[String]) -> String {
    match users.len().checked_sub(NAMED).filter(|rest| *rest > 0) {
        Some(rest) => format!("{} and {rest} more", users[..NAMED].join(", ")),
        None => users.join(", "),
    }
}
