//! A keystore in a form that is forged in seconds, or that programs of today do not open any more.

use super::{Check, Detail, Run, Scope, Severity, override_name};
use crate::discover::Use;
use crate::model::{Format, Store, shell};

/// The row.
pub const CHECK: Check = Check {
    id: "weak-container",
    title: "a keystore is in a weak or outdated form",
    severity: Severity::Warning,
    about: "The seal of BKS before version 2 has a key of 16 bits, so anybody makes another store under it (CVE-2018-5382). \
            PKCS#12 under RC2 or RC4 is opened by OpenSSL 3 with its legacy provider alone. JKS and JCEKS are Java's own, \
            sealed by SHA-1, and refused where FIPS is asked for. A PKCS#12 without password and seal is what Java's own \
            trust store has been since version 18, and left alone.",
    says: "https://nvd.nist.gov/vuln/detail/CVE-2018-5382",
    since: None,
    remedy: "Write the store anew as PKCS#12 with keytool -importkeystore -srckeystore FILE -destkeystore NEW -deststoretype \
             PKCS12, or with a Bouncy Castle of today as BKS.",
    run: Run::Store(look),
};

/// Ciphers of PKCS#12 that OpenSSL 3 keeps in its legacy provider (OSSL_PROVIDER-legacy(7)).
const LEGACY: [&str; 2] = ["RC2", "RC4"];

fn look(scope: &Scope<'_>, store: &Store) -> Vec<Detail> {
    let protection = &store.container.protection;
    let legacy = protection.iter().find(|words| LEGACY.iter().any(|cipher| words.contains(cipher)));
    let (found, severity) = match store.format {
        Format::Bks if store.container.version.is_some_and(|version| version < 2) => {
            ("a seal with a key of 16 bits: it proves nothing".to_owned(), None)
        }
        Format::Pkcs12 => match legacy {
            Some(words) => (format!("{words}: OpenSSL 3 opens it with its legacy provider alone"), None),
            None => return Vec::new(),
        },
        // What a distribution generates in this form nobody can change.
        Format::Jks | Format::Jceks if is_own(scope, store) => {
            (format!("{}, sealed by SHA-1", store.format), Some(Severity::Info))
        }
        _ => return Vec::new(),
    };
    vec![Detail {
        store: Some(store.id.clone()),
        expected: "PKCS#12 of today's ciphers, or BKS of version 2".to_owned(),
        found,
        remedy: remedy(store),
        severity,
        ..Detail::default()
    }]
}

fn remedy(store: &Store) -> String {
    if store.format == Format::Bks {
        return "write it anew with Bouncy Castle 1.47 or later".to_owned();
    }
    let file = store.id.path().map_or_else(|| "FILE".to_owned(), shell::path);
    format!("run keytool -importkeystore -srckeystore {file} -destkeystore NEW -deststoretype PKCS12, and name NEW")
}

/// Whether a store is named by somebody, and not by the client itself.
fn is_own(scope: &Scope<'_>, store: &Store) -> bool {
    let mut of = scope.users.iter().flat_map(Use::effective).filter(|c| c.store.as_ref() == Some(&store.id)).peekable();
    of.peek().is_none() || of.any(|candidate| override_name(candidate).is_some())
}
