//! A store in scope that castore could not read in full: what it holds is not known, which is
//! not the same as that it is empty or well. Nor is it known what an account uses whose home is closed.

use super::{Check, Detail, Run, Scope, Severity};
use crate::load::unread_parts;
use crate::model::{Body, Format, Gap, Reading, Store, Unreadable};

/// The row.
pub const CHECK: Check = Check {
    id: "unread-store",
    title: "a store was not read in full",
    severity: Severity::Info,
    about: "The store is unreadable, too large, or in a format this version does not read. Every other check is \
            silent about what was not read, so the result is not clean but unknown, and the exit code is 2. The same holds \
            of an account whose home is closed, with --all-users.",
    says: "https://docs.rs/rustls-native-certs/latest/rustls_native_certs/struct.CertificateResult.html",
    since: None,
    remedy: "Run castore as a user who can read the store, give its password with --password-file, or raise the bound \
             that is named. A format that castore does not read, look at with the program it belongs to.",
    run: Run::Whole(look),
};

const READ_IT: &str = "run as a user who can read it, or raise --file-size";

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let homes = scope.host.closed_homes.iter().map(|home| Detail {
        path: Some(home.clone()),
        expected: "the home of every account read".to_owned(),
        found: format!("{}: what its account uses is not known", Unreadable::Denied),
        remedy: "run as a user who can read it".to_owned(),
        severity: Some(Severity::Warning),
        ..Detail::default()
    });
    scope.stores().filter_map(|store| of_store(store)).chain(homes).collect()
}

fn of_store(store: &Store) -> Option<Detail> {
    let (found, remedy) = match &store.reading {
        Reading::Whole => return None,
        Reading::UnreadFormat if store.format == Format::Unknown => {
            ("no format of certificates that castore knows".to_owned(), "see whether it is the file that was meant")
        }
        Reading::UnreadFormat => (
            format!("format {}: {}", store.format, store.format.why_unread().unwrap_or("not read")),
            "look at it with the program it belongs to",
        ),
        Reading::Unreadable(why) => (why.to_string(), READ_IT),
        Reading::Partial => (partial(store), partial_remedy(store)),
    };
    Some(Detail {
        store: Some(store.id.clone()),
        expected: "every entry read".to_owned(),
        found,
        remedy: remedy.to_owned(),
        // What castore may not read the clients of this account may not read either.
        severity: matches!(store.reading, Reading::Unreadable(_)).then_some(Severity::Warning),
        ..Detail::default()
    })
}

/// What was found in the place of what could be read.
fn partial(store: &Store) -> String {
    let parts = unread_parts(store);
    // Of what is broken the words are what should be there.
    if store.gaps.iter().any(is_broken) { format!("a part that cannot be read ({parts})") } else { parts }
}

fn is_broken(gap: &Gap) -> bool {
    matches!(gap, Gap::Broken(_))
}

fn gaps(store: &Store) -> impl Iterator<Item = &Gap> {
    store.gaps.iter().chain(store.listed.iter().flat_map(|listed| &listed.gaps))
}

/// What opens or reaches the first part that a password or a bound kept closed.
fn option(store: &Store) -> Option<&'static str> {
    let mut remedies = gaps(store).filter_map(|gap| match gap {
        Gap::Password { .. } => Some("put its password into a file and name that with --password-file"),
        Gap::Bound { what: "entries", .. } => Some("raise --max-entries"),
        Gap::Bound { what: "rounds of key derivation", .. } => Some("raise --kdf-iterations"),
        Gap::Bound { what: "rounds of key derivation for all files", .. } => {
            Some("raise --kdf-total, or look at it alone")
        }
        Gap::Bound { what: "bytes of memory for a key derivation", .. } => Some("raise --kdf-memory"),
        _ => None,
    });
    remedies.next()
}

fn partial_remedy(store: &Store) -> &'static str {
    if let Some(option) = option(store) {
        return option;
    }
    let has_gap = store.listed.iter().any(|listed| listed.unreadable.is_some());
    let has_malformed = store.entries.iter().any(|entry| matches!(entry.body, Body::Malformed(_)));
    let has_unread = store.listed.iter().any(|listed| listed.format.is_unread_store());
    if has_unread && !has_malformed {
        "look at those files with the program they belong to"
    } else if has_malformed {
        "mend or remove the entries that the check malformed names"
    } else if has_gap {
        READ_IT
    } else if gaps(store).any(is_broken) {
        "restore it from where it came, or make it anew"
    } else {
        "look at it with the program it belongs to"
    }
}
