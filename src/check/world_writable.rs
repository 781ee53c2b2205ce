//! A store that every account of the machine can write, or a directory above it: any of them adds a root, and
//! the programs of all the others believe it.

use super::access::{Words, openings};
use super::{Check, Run, Scope, Severity};
use crate::host::rights::{Opening, Who};
use crate::model::shell;

/// The row.
pub const CHECK: Check = Check {
    id: "world-writable",
    title: "every account can change what is trusted",
    severity: Severity::Error,
    about: "The store, a directory above it, or one that a link to it stands in can be written by everyone (o+w without \
            the sticky bit). Any account, and any program that runs as one, can put a root of its own there and read \
            the traffic of every client that uses the store, root's among them.",
    says: "https://cwe.mitre.org/data/definitions/732.html",
    since: None,
    remedy: "Take the permission away with chmod o-w, and compare what is in the store with castore diff.",
    run: Run::Whole(|scope: &Scope<'_>| openings(scope, |who| *who == Who::Everyone, words)),
};

fn words(scope: &Scope<'_>, opening: &Opening, stores: &str) -> Words {
    let _ = scope;
    let what = if opening.is_directory { "a directory" } else { "a file" };
    Words {
        expected: format!("{what} that other accounts cannot write"),
        found: format!("mode {:04o}: every account can change {stores}", opening.mode),
        remedy: format!("run chmod o-w {}", shell::path(&opening.place)),
    }
}
