//! What a program reads when nobody says otherwise is gone: a package that was removed, a link that dangles, an image
//! built without its certificates.

use super::{Check, Detail, Run, Scope, Severity, nothing_read, override_name};
use crate::anchors::anchors;
use crate::catalogue::client::Then;
use crate::discover::{Candidate, Outcome, Use};
use crate::model::{Format, Reading, Unreadable};

/// The row.
pub const CHECK: Check = Check {
    id: "store-missing",
    title: "a client's own store is not there",
    severity: Severity::Error,
    about: "Nobody set a variable or setting, and none of the places that the client has built in holds a certificate: the \
            package of certificates is not installed, a refresh command failed half way, a link leads to nothing. curl \
            stops with an error (77), requests with an OSError, LWP with a 500; OpenSSL, GnuTLS, Go and Java start, trust \
            nobody and refuse every server.",
    says: "https://docs.openssl.org/3.0/man3/SSL_CTX_load_verify_locations/",
    since: None,
    remedy: "Install what brings the store (ca-certificates, certifi, the JDK's cacerts) again or run the system's refresh \
             command; or name another store in a variable that the client reads.",
    run: Run::Use(look),
};

fn look(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    // A rule for any program of a kind says of none that it is here.
    if found.installation.at.as_os_str().is_empty() || !found.installation.unknown.is_empty() || found.is_off() {
        return Vec::new();
    }
    let refuses = found.refuses();
    if found.candidates.iter().any(decides_by_override) || refuses.is_none() && !trusts_nobody(scope, found) {
        return Vec::new();
    }
    let Some((candidate, what)) = refuses.or_else(|| place(found)).and_then(|place| Some((place, fault(place)?)))
    else {
        return Vec::new();
    };
    let is_denied = matches!(candidate.outcome, Outcome::Unusable(Unreadable::Denied, _));
    vec![Detail {
        path: candidate.path.clone(),
        store: candidate.store.clone(),
        clients: vec![found.name()],
        expected: "certificates, as no variable or setting names another place".to_owned(),
        found: match refuses {
            Some(_) => format!("{what}: the client stops with an error"),
            None => format!("{what}, nor at any other place that it reads: the client refuses every server"),
        },
        remedy: match is_denied {
            true => "let the account that the client runs as read it".to_owned(),
            false => "install what brings it again, or run the system's refresh command".to_owned(),
        },
        ..Detail::default()
    }]
}

/// Whether something that a person set decided, which other checks tell of.
fn decides_by_override(candidate: &Candidate) -> bool {
    let decides = match &candidate.outcome {
        Outcome::Used | Outcome::TurnsOff | Outcome::Refused(_) => true,
        Outcome::Empty(then) | Outcome::Unusable(_, then) => *then != Then::Pass,
        _ => false,
    };
    decides && override_name(candidate).is_some()
}

/// Whether no place gives it a certificate: none is there, or directories that were read and hold none. Of a file
/// without certificates another check tells.
fn trusts_nobody(scope: &Scope<'_>, found: &Use) -> bool {
    let is_empty_directory = |candidate: &Candidate| {
        let store = candidate.store.as_ref().and_then(|id| scope.snapshot.store(id));
        store.is_some_and(|store| {
            store.format == Format::Directory
                && store.reading == Reading::Whole
                && store.entries.iter().all(|entry| entry.certificate().is_none())
        })
    };
    found.effective().all(is_empty_directory) && anchors(found, scope.snapshot).certificates.is_empty()
}

/// The place to name: one that is not there and ends the search, else the last that is not there, or is empty: what
/// a client falls back on.
fn place(found: &Use) -> Option<&Candidate> {
    let mut absent = found.candidates.iter().filter(|candidate| matches!(candidate.outcome, Outcome::Unusable(..)));
    let ends = |candidate: &&Candidate| matches!(candidate.outcome, Outcome::Unusable(_, Then::Bind | Then::Refuse));
    absent.clone().find(ends).or_else(|| absent.next_back()).or_else(|| found.effective().next())
}

fn fault(candidate: &Candidate) -> Option<String> {
    match &candidate.outcome {
        Outcome::Unusable(Unreadable::Denied, _) => Some("permission denied for this account".to_owned()),
        Outcome::Unusable(why, _) => Some(nothing_read(why)),
        Outcome::Used => Some("no certificate".to_owned()),
        _ => None,
    }
}
