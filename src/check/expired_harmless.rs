//! An expired authority that nothing depends on any more: its renewal, or what it issued, is an anchor itself.
//!
//! So stood AddTrust and DST Root CA X3 in stores for years: what they had cross-signed was long a root of its own. Who
//! cleans a store may leave it for later; who hunts a failure need not look here.

use super::expired::standing::{Standing, Through};
use super::expired::{each_expired, name, short};
use super::{Check, Detail, Run, Scope, Severity};
use crate::model::Store;

/// The row.
pub const CHECK: Check = Check {
    id: "expired-harmless",
    title: "an expired authority is needed by nothing here",
    severity: Severity::Info,
    about: "The end of validity has passed, and every client that uses the store has another path: a valid certificate of the \
            same name and key, or, for each valid authority known here that it issued, an anchor of that one's name and \
            key. Clients whose verifiers stay with the first issuer of a name (OpenSSL before 1.1.0) are not counted \
            among those.",
    says: "https://letsencrypt.org/2020/12/21/extending-android-compatibility",
    since: None,
    remedy: "Remove it where the store is kept by hand; nothing depends on it.",
    run: Run::Store(look),
};

fn look(scope: &Scope<'_>, store: &Store) -> Vec<Detail> {
    each_expired(scope, store, |end, standing| {
        let Standing::OtherPath(through) = standing else { return None };
        let serves = match through {
            Through::Renewal(renewal) => format!("its renewal ({}) serves in its place", short(&renewal)),
            Through::Issued(issued, anchor) => {
                let (issued, anchor) = (format!("{} ({})", name(&issued), short(&issued)), short(&anchor));
                format!("{issued}, which it issued, is an anchor itself ({anchor})")
            }
        };
        Some(Detail {
            expected: "only what is needed".to_owned(),
            found: format!("valid until {}; {serves}", end.date()),
            remedy: "remove it where the store is kept by hand".to_owned(),
            ..Detail::default()
        })
    })
}
