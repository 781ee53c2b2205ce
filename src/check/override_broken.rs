//! A variable or setting that names a store which is not there, holds nothing, or may not be read. It binds
//! all the same: the client does not go back to the system's store.

use super::{Check, Detail, Run, Scope, Severity, nothing_read, override_name};
use crate::anchors::is_fatal;
use crate::catalogue::client::{Source, Then};
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::model::{Format, Reading, Unreadable};

/// The row.
pub const CHECK: Check = Check {
    id: "override-broken",
    title: "an override gives no certificates",
    severity: Severity::Error,
    about: "SSL_CERT_FILE, REQUESTS_CA_BUNDLE, http.sslCAInfo and their like replace what a client would have used, \
            even when nothing is at the path they name, no certificate in it, or the client may not read it. Some \
            clients stop with an error; OpenSSL goes on with no roots and says nothing.",
    says: "https://docs.openssl.org/3.0/man3/X509_get_default_cert_file/",
    since: None,
    remedy: "Correct the path, or remove the variable or setting, so that the client uses its default store again. Where \
             it may not be read, change its mode.",
    run: Run::Use(look),
};

fn look(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let broken = found.candidates.iter().filter_map(|candidate| {
        let named = override_name(candidate)?;
        if let Outcome::Refused(why) = &candidate.outcome {
            return Some(not_started(found, candidate, why));
        }
        let (what, then) = fault(scope, found, candidate)?;
        let is_denied = what == DENIED;
        Some(Detail {
            path: candidate.path.clone(),
            store: candidate.store.clone(),
            clients: vec![found.name()],
            expected: format!("certificates where {named} points"),
            found: format!("{what}: {}", consequence(then)),
            remedy: match is_denied {
                true => format!(
                    "let the account that the client runs as read it (its mode, and those of the directories above), or \
                     correct {named}"
                ),
                false => format!("correct {named}, or remove it to use the default store"),
            },
            ..Detail::default()
        })
    });
    broken.collect()
}

/// What is said of a setting with which the client does not start.
fn not_started(found: &Use, candidate: &Candidate, why: &str) -> Detail {
    let place = match &candidate.named {
        Named::Setting(_, Source::Variable(name)) => format!("${name}"),
        _ => override_name(candidate).unwrap_or_default(),
    };
    Detail {
        clients: vec![found.name()],
        expected: format!("a value of {place} with which the client starts"),
        found: format!("{why}: {}", consequence(Then::Refuse)),
        remedy: format!("correct {place}, or remove it"),
        ..Detail::default()
    }
}

/// What is said of a place that the account castore runs as may not read; nor may the clients it runs.
const DENIED: &str = "permission denied for this account";

fn fault(scope: &Scope<'_>, found: &Use, candidate: &Candidate) -> Option<(String, Then)> {
    match &candidate.outcome {
        Outcome::Unusable(Unreadable::Denied, then) => Some((DENIED.to_owned(), *then)),
        Outcome::Unusable(why, then) => Some((nothing_read(why), *then)),
        Outcome::Empty(then) if *then != Then::Pass => Some(("an empty value".to_owned(), *then)),
        Outcome::Used => {
            let store = scope.snapshot.store(candidate.store.as_ref()?)?;
            // Who stops at a file that is missing may go on with an empty one, and with a directory.
            let is_fatal = is_fatal(found, candidate, scope.snapshot);
            let then = if is_fatal { Then::Refuse } else { Then::Bind };
            match &store.reading {
                Reading::Unreadable(Unreadable::Denied) => {
                    let stops = candidate.leaf.missing == Then::Refuse;
                    return Some((DENIED.to_owned(), if stops { Then::Refuse } else { Then::Bind }));
                }
                // What castore could not read a client may read all the same.
                Reading::Unreadable(_) => return None,
                _ => {}
            }
            let readable =
                matches!(store.reading, Reading::Whole | Reading::Partial) || store.format == Format::Unknown;
            let none = readable && store.entries.iter().all(|entry| entry.certificate().is_none());
            none.then(|| ("no certificate in what is there".to_owned(), then))
        }
        _ => None,
    }
}

const fn consequence(then: Then) -> &'static str {
    match then {
        Then::Bind => "the client trusts nothing from there and does not fall back",
        Then::Pass => "the client goes on to the next place",
        Then::Refuse => "the client stops with an error",
        Then::TurnOff => "the client verifies nothing",
    }
}
