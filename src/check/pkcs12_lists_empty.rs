//! A PKCS#12 full of certificates in which Java sees none, and says nothing: the attribute that makes one trusted is
//! missing, or a password is.

use super::{Check, Detail, Run, Scope, Severity, merge_clients};
use crate::anchors::{Reason, anchors, stops};
use crate::catalogue::client::{JSSE, Look};
use crate::discover::Use;
use crate::model::{Format, Store};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "pkcs12-lists-empty",
    title: "Java takes no certificate from this PKCS#12",
    severity: Severity::Error,
    about: "Java takes a certificate of a PKCS#12 for trusted where an attribute of its own says so, which keytool writes and \
            openssl pkcs12 -export -nokeys does not; and it opens its trust store without a password unless \
            javax.net.ssl.trustStorePassword gives one, and passes over what is encrypted. Both leave an empty store and no \
            error until the first handshake: the trustAnchors parameter must be non-empty.",
    says: "https://github.com/openjdk/jdk/blob/jdk-21+35/src/java.base/share/classes/sun/security/pkcs12/PKCS12KeyStore.java",
    since: None,
    remedy: "Write the store anew with keytool -importcert, one certificate at a time, or with castore export; where it has a \
             password, give it in javax.net.ssl.trustStorePassword.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let mut details: Vec<Detail> = scope.uses.iter().flat_map(|found| of_use(scope, found)).collect();
    let told = |store: &Arc<Store>| details.iter().any(|detail| detail.store.as_ref() == Some(&store.id));
    let alone: Vec<Detail> = scope.stores().filter(|store| is_full(store) && !told(store)).filter_map(alone).collect();
    details.extend(alone);
    merge_clients(details)
}

fn is_full(store: &Store) -> bool {
    store.format == Format::Pkcs12 && store.entries.iter().any(|entry| entry.certificate().is_some())
}

/// What a client on Java takes nothing of.
fn of_use(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    if !found.installation.has(JSSE) || stops(found, scope.snapshot).is_some() {
        return Vec::new();
    }
    let keystores = found.effective().filter(|candidate| candidate.leaf.look == Look::Keystore);
    let keystores = keystores.filter_map(|candidate| scope.snapshot.store(candidate.store.as_ref()?));
    let full: Vec<&Arc<Store>> = keystores.filter(|store| is_full(store)).collect();
    if full.is_empty() {
        return Vec::new();
    }
    let taken = anchors(found, scope.snapshot);
    let nothing =
        full.into_iter().filter(|store| taken.certificates.values().all(|anchor| anchor.store.id != store.id));
    let details = nothing.filter_map(|store| {
        let left = taken.left_out.iter().find(|left| left.store.id == store.id && left.certificate.is_some())?;
        Some(Detail { clients: vec![found.name()], ..detail(store, &left.because) })
    });
    details.collect()
}

/// A store that no client on Java has, by what the file says itself.
fn alone(store: &Arc<Store>) -> Option<Detail> {
    let owner = store.container.owner.filter(|owner| owner.lists == 0)?;
    Some(detail(store, &Reason::Unlisted(owner.because)))
}

fn detail(store: &Store, because: &Reason) -> Detail {
    let number = store.entries.iter().filter(|entry| entry.certificate().is_some()).count();
    let expected =
        if number == 1 { "one certificate trusted".to_owned() } else { format!("{number} certificates trusted") };
    Detail {
        store: Some(store.id.clone()),
        expected,
        found: format!("none: {because}"),
        remedy: if because.is_encrypted() {
            "give its password in javax.net.ssl.trustStorePassword, or write it without one".to_owned()
        } else {
            "write it anew with keytool -importcert, one certificate at a time, or with castore export".to_owned()
        },
        ..Detail::default()
    }
}
