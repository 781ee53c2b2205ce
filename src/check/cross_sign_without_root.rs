//! A root as another authority signed it, left in a store after that authority's root has gone: the other way up is
//! closed, and a verifier that tries it first ends nowhere.

use super::held::Held;
use super::issuers::{Known, Unrooted, unrooted};
use super::{Check, Detail, Run, Scope, Severity, merge_clients};
use crate::catalogue::client::Ends;
use crate::discover::Use;
use crate::format::x509;
use crate::model::StoreId;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "cross-sign-without-root",
    title: "a cross-signed certificate has outlived its root",
    severity: Severity::Warning,
    about: "A root is often signed by an older one as well, so that clients with the older one alone accept it. When the older \
            root leaves the store, that certificate leads nowhere. OpenSSL before 1.1.0 may follow it all the same and fail, \
            with the self-signed root standing beside it; where that is missing too, nothing is left to end a chain.",
    says: "https://letsencrypt.org/docs/dst-root-ca-x3-expiration-september-2021/",
    since: None,
    remedy: "Put the self-signed root of the same name and key in its place.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let ids: Vec<StoreId> = scope.stores.iter().cloned().collect();
    let (found, known) = unrooted(scope, &ids);
    let mut held = Held::default();
    merge_clients(found.iter().filter_map(|one| detail(scope, one, &known, &mut held)).collect())
}

fn detail<'s>(scope: &Scope<'s>, one: &Unrooted<'_>, known: &Known<'_>, held: &mut Held<'s>) -> Option<Detail> {
    let root = known.own_root(one.last)?;
    let issuer = x509::details(one.last).map(|details| details.issuer.text().raw().to_owned()).unwrap_or_default();
    let takes_any = one.found.is_some_and(|found| (found.client.ends)(&found.installation) == Ends::AnyCertificate);
    let is_beside = stores(one)
        .any(|id| scope.snapshot.store(id).is_some_and(|store| !held.entries(store, root.fingerprint()).is_empty()));
    let short = root.fingerprint().short();
    let (found, remedy, severity) = if is_beside {
        let found = format!("none; the self-signed one ({short}) stands beside it and is enough");
        (found, "remove the cross-signed one".to_owned(), Some(Severity::Info))
    } else {
        let place = known.holder(root).and_then(|store| Some(format!(", which {} holds", store.id.path()?.display())));
        let effect =
            if takes_any { "this client takes it as an anchor all the same" } else { "no chain can end with it" };
        let remedy = format!("put the self-signed one, {short}{}, in its place", place.unwrap_or_default());
        (format!("none; {effect}"), remedy, takes_any.then_some(Severity::Info))
    };
    Some(Detail {
        store: Some(one.store.clone()),
        slot: Some(one.entry.slot.clone()),
        certificate: Some(Arc::clone(one.certificate)),
        clients: one.found.map(Use::name).into_iter().collect(),
        expected: format!("the root {issuer} that signed it too"),
        found,
        remedy,
        severity,
        ..Detail::default()
    })
}

/// The stores in which its client looks, or the one it stands in.
fn stores<'a>(one: &'a Unrooted<'_>) -> impl Iterator<Item = &'a StoreId> {
    let of_client = one.found.into_iter().flat_map(Use::effective).filter_map(|candidate| candidate.store.as_ref());
    of_client.chain([one.store])
}
