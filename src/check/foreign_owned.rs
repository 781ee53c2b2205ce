//! A store that belongs to another account than root and the one that uses it, or stands behind a directory that
//! does: that account decides what is trusted.

use super::access::{Words, account, openings};
use super::{Check, Run, Scope, Severity};
use crate::host::rights::{Opening, Who};
use crate::model::shell;

/// The row.
pub const CHECK: Check = Check {
    id: "foreign-owned",
    title: "another account can change what is trusted",
    severity: Severity::Warning,
    about: "The owner of a file or directory can always write it, whatever its mode. A store that root's programs read and \
            that an ordinary account owns lets that account add a root and become root. An account's own stores in its \
            own home, and stores of programs that it owns as well, are left alone.",
    says: "https://cwe.mitre.org/data/definitions/282.html",
    since: None,
    remedy: "Give the file or directory to root with chown, or keep the store where root alone writes.",
    run: Run::Whole(|scope: &Scope<'_>| openings(scope, |who| matches!(who, Who::Owner(_)), words)),
};

fn words(scope: &Scope<'_>, opening: &Opening, stores: &str) -> Words {
    let Who::Owner(owner) = opening.who else {
        return Words { expected: String::new(), found: String::new(), remedy: String::new() };
    };
    Words {
        expected: "root as owner, or the account that runs the clients".to_owned(),
        found: format!("{}, who can change {stores}", account(scope, owner)),
        remedy: format!("run chown root {}, or keep the store where root alone writes", shell::path(&opening.place)),
    }
}
