//! A keystore that Java does not open: it ends with an error before it connects, whatever the chain.

use super::{Check, Detail, Run, Scope, Severity};
use crate::anchors::{Refused, knows_sha256, refuses_keystore, stops};
use crate::discover::Use;
use crate::model::Store;

/// The row.
pub const CHECK: Check = Check {
    id: "keystore-refused",
    title: "Java does not open the trust store that it is given",
    severity: Severity::Error,
    about: "The password in javax.net.ssl.trustStorePassword is not that of the file, the file is no keystore, or it is sealed \
            in a way that this Java does not know: keytool of 16 and later and OpenSSL 3 seal a PKCS#12 by SHA-256, which Java \
            before 8u301, 11.0.12 and 12 answers with \"Algorithm HmacPBESHA256 not available\". One certificate that cannot \
            be read is enough as well. The program ends before it connects to anything.",
    says: "https://bugs.java.com/bugdatabase/view_bug?bug_id=8267701",
    since: None,
    remedy: "Give the right password; or write the store anew with castore export --from FILE --format pkcs12 --profile legacy --out NEW, \
             which every Java opens, or run a release that knows the seal.",
    run: Run::Use(look),
};

fn look(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let Some(candidate) = stops(found, scope.snapshot) else { return Vec::new() };
    let Some(store) = candidate.store.as_ref().and_then(|id| scope.snapshot.store(id)) else { return Vec::new() };
    let Some(why) = refuses_keystore(found, store) else { return Vec::new() };
    let entry = match why {
        Refused::Certificate(at) => store.entries.get(at),
        _ => None,
    };
    vec![Detail {
        store: Some(store.id.clone()),
        slot: entry.map(|entry| entry.slot.clone()),
        certificate: entry.and_then(|entry| entry.certificate().cloned()),
        clients: vec![found.name()],
        expected: "a keystore that it opens".to_owned(),
        found: format!("none: {}", why.says()),
        remedy: remedy(found, store, why),
        ..Detail::default()
    }]
}

fn remedy(found: &Use, store: &Store, why: Refused) -> String {
    let file = store.id.path().map_or_else(|| "FILE".to_owned(), |path| path.display().to_string());
    // Every Java opens the one, and what is sealed by SHA-256 those of today.
    let profile = if knows_sha256(found) { "" } else { " --profile legacy" };
    match why {
        Refused::Seal(_) => format!(
            "write it anew with castore export --include-expired --include-not-ca --from {file} --format pkcs12{profile} --out \
             NEW, and put NEW in its place; or take a later Java"
        ),
        Refused::Password => "give the password of this file in javax.net.ssl.trustStorePassword".to_owned(),
        Refused::Certificate(_) => {
            format!(
                "write it anew without that one: castore export --include-expired --include-not-ca --from {file} --format pkcs12{profile} --out NEW"
            )
        }
        Refused::Format => {
            format!("name a keystore in JKS or PKCS#12; castore export --format pkcs12{profile} writes one")
        }
    }
}
