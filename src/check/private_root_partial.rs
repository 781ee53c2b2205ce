//! A root of one's own that some clients have and others lack: it works in curl and fails in Java.

use super::generated::{Taken, is_shipped, output};
use super::override_ignored::remedy;
use super::shipped::{shipped, wheels};
use super::{Check, Detail, Run, Scope, Severity, counted, with_count};
use crate::anchors::{anchors, leaves_open};
use crate::catalogue::client::{Judge, Output};
use crate::discover::{Candidate, Named, Use};
use crate::format::x509;
use crate::model::{Certificate, Fingerprint, Format, StoreId};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "private-root-partial",
    title: "a private root is missing in some clients",
    severity: Severity::Warning,
    about: "A root that no package brings and no root programme ever held was put where some clients look: the system's anchors, a setting, an \
            edited bundle, a user's database. Clients with a store of their own never see it, and fail at every server \
            below it.",
    says: "https://pip.pypa.io/en/stable/topics/https-certificates/",
    since: None,
    remedy: "Add the root to each client's own store, or name a bundle that has it in the variable that the client reads: \
             castore which CLIENT lists both.",
    run: Run::Whole(look),
};

/// A store of one's own roots has a handful; what has more is a copy of public ones, old or edited.
const FEW: usize = 10;

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(public) = shipped(scope) else { return Vec::new() };
    let roots = private(scope, &public);
    if roots.is_empty() {
        return Vec::new();
    }
    let trusted = |uses: &'_ [Use]| -> Vec<HashSet<Fingerprint>> {
        let of = |found: &Use| match judges(found) && is_known(scope, found) {
            true => anchors(found, scope.snapshot).certificates.into_keys().collect(),
            false => HashSet::new(),
        };
        uses.iter().map(of).collect()
    };
    let everywhere = trusted(scope.users);
    let here = if scope.uses.len() == scope.users.len() { everywhere.clone() } else { trusted(scope.uses) };
    let bundle = output(scope, Output::Bundle);
    let details = roots.into_values().filter_map(|root| {
        let fingerprint = root.certificate.fingerprint();
        let have = everywhere.iter().filter(|trusted| trusted.contains(&fingerprint)).count();
        let lacks = |trusted: &HashSet<Fingerprint>| !trusted.is_empty() && !trusted.contains(&fingerprint);
        let lack = scope.uses.iter().zip(&here).filter(|(_, trusted)| lacks(trusted));
        let lack: Vec<&Use> = lack.map(|(found, _)| found).collect();
        if have == 0 || lack.is_empty() {
            return None;
        }
        let bundle = bundle.as_ref().filter(|bundle| bundle.has(&fingerprint)).map(Taken::path);
        Some(detail(root, have, &lack, bundle))
    });
    details.collect()
}

/// Whether a client verifies anything with what it trusts.
fn judges(found: &Use) -> bool {
    !found.client.is_source && !matches!(found.client.judge, Judge::Nothing) && !found.is_off()
}

/// Whether it is known what a client trusts.
fn is_known(scope: &Scope<'_>, found: &Use) -> bool {
    let mut stores = found.effective().filter_map(|c| Some((c, scope.snapshot.store(c.store.as_ref()?)?))).peekable();
    stores.peek().is_some() && stores.all(|(candidate, store)| !leaves_open(candidate, store))
}

/// A root, and where it stands first.
struct Root<'s> {
    certificate: &'s Arc<Certificate>,
    store: &'s StoreId,
    slot: &'s crate::model::Slot,
}

/// Roots that no package brings, in places where people put them.
fn private<'s>(scope: &Scope<'s>, public: &HashSet<Fingerprint>) -> BTreeMap<Fingerprint, Root<'s>> {
    let wheels = wheels(scope);
    let mut found = BTreeMap::new();
    let is_own = |candidate: &Candidate, used: &Use| {
        let Some(id) = &candidate.store else { return false };
        match &candidate.named {
            // What a variable adds is told by variable.
            Named::Variable(..) => false,
            Named::Setting(..) => true,
            Named::BuiltIn if used.client.is_source => id.path().is_some_and(|path| !is_shipped(path)),
            Named::BuiltIn | Named::System => {
                wheels.contains_key(id)
                    || scope.snapshot.store(id).is_some_and(|s| matches!(s.format, Format::Nss | Format::Chromium))
            }
        }
    };
    for used in scope.users {
        let own: HashSet<&StoreId> =
            used.effective().filter(|candidate| is_own(candidate, used)).filter_map(|c| c.store.as_ref()).collect();
        if own.is_empty() {
            continue;
        }
        let taken = anchors(used, scope.snapshot);
        let mut roots: BTreeMap<&StoreId, Vec<Root<'s>>> = BTreeMap::new();
        for anchor in taken.certificates.into_values() {
            let (certificate, store) = (anchor.certificate, &anchor.store.id);
            let is_known = |key| public.contains(&key) || !scope.facts.standings(&key).is_empty();
            if own.contains(store) && !is_known(certificate.fingerprint()) && is_root(certificate) {
                roots.entry(store).or_default().push(Root { certificate, store, slot: anchor.slot });
            }
        }
        for root in roots.into_values().filter(|roots| roots.len() <= FEW).flatten() {
            found.entry(root.certificate.fingerprint()).or_insert(root);
        }
    }
    found
}

fn is_root(certificate: &Certificate) -> bool {
    certificate.is_self_issued() && x509::details(certificate).is_ok_and(|details| details.is_ca(true))
}

fn detail(root: Root<'_>, have: usize, lack: &[&Use], bundle: Option<String>) -> Detail {
    let remedy = remedy(lack);
    let to =
        bundle.filter(|_| remedy.contains('$')).map_or_else(String::new, |path| format!(", to {path}, which has it"));
    let names: Vec<String> = counted(lack.iter().copied()).into_iter().map(with_count).collect();
    Detail {
        store: Some(root.store.clone()),
        slot: Some(root.slot.clone()),
        certificate: Some(Arc::clone(root.certificate)),
        expected: match have {
            1 => "an anchor of every client, as of the one that has it".to_owned(),
            _ => format!("an anchor of every client, as of the {have} that have it"),
        },
        found: format!("none of {}", names.join(", ")),
        remedy: format!("{remedy}{to}"),
        clients: names,
        ..Detail::default()
    }
}
