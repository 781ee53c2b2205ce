//! rpm: a database of headers, which castore does not read. What it can say is where packages have their files.
//!
//! Its three forms (SQLite, ndb, Berkeley DB) hold each package as one value of some kilobytes, and no index by whole
//! paths. Below /usr everything but /usr/local is of packages by the rules of the distributions that use it, so a file
//! there is left alone.

use super::{Found, Owned, Wanted};
use crate::host::Host;
use std::path::Path;

const DATABASES: [&str; 5] = [
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "/var/lib/rpm/rpmdb.sqlite",
    "/usr/lib/sysimage/rpm/Packages.db",
    "/var/lib/rpm/Packages.db",
    "/var/lib/rpm/Packages",
];

/// That a file below /usr may be of a package.
pub(super) fn read(host: &Host, wanted: &Wanted) -> Found {
    if !DATABASES.into_iter().any(|path| host.is_file(Path::new(path))) {
        return Found::new();
    }
    let is_theirs = |path: &&std::path::PathBuf| path.starts_with("/usr") && !path.starts_with("/usr/local");
    let why = "it stands where packages of rpm have their files, and which one has it castore cannot read (rpm -qf \
               says it)";
    wanted.files.iter().filter(is_theirs).map(|path| (path.clone(), Owned::Unknown(why.to_owned()))).collect()
}
