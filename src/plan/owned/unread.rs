//! Managers whose records castore does not read: what it can say is where their packages have files.
//!
//! A BSD has its own files below /usr and those of packages below /usr/local (FreeBSD, OpenBSD) or /usr/pkg (NetBSD),
//! whose `etc` holds settings (hier(7)); home directories may be there too. On Linux packages leave /usr/local alone
//! (Filesystem Hierarchy Standard 3.0, 4.9).

use super::{Found, Owned, Wanted};
use crate::host::{Host, System};
use std::path::{Path, PathBuf};

/// What is there where a manager is, its name, and what tells whose a file is.
const RECORDS: [(&str, &str, &str); 8] = [
    ("/var/db/xbps", "xbps", "xbps-query -o"),
    ("/var/lib/pkgtools/packages", "Slackware", "grep in /var/lib/pkgtools/packages"),
    ("/var/log/packages", "Slackware", "grep in /var/log/packages"),
    ("/var/lib/eopkg", "eopkg", "eopkg search-file"),
    ("/usr/share/clear/bundles", "swupd", "swupd search-file"),
    ("/var/lib/pkg/db", "CRUX", "pkginfo -o"),
    ("/var/db/kiss/installed", "KISS", "kiss-owns"),
    // Below it each category is a directory.
    ("/var/db/pkg", "Portage", "equery belongs"),
];
const ON_BSD: [&str; 3] = ["/usr/home", "/usr/local/etc", "/usr/pkg/etc"];
const ON_LINUX: [&str; 1] = ["/usr/local"];

/// That a file below /usr may be of a package or of the system.
pub(super) fn read(host: &Host, wanted: &Wanted) -> Found {
    let (what, asked, not) = match host.system {
        System::Bsd => ("the system and its packages have their", "pkg which", ON_BSD.as_slice()),
        System::Linux => {
            let is_there = |(path, ..): &&(&str, &str, &str)| host.resolve(Path::new(path)).is_ok();
            let Some((_, manager, asked)) = RECORDS.iter().find(is_there) else { return Found::new() };
            return found(wanted, &format!("packages of {manager} have their"), asked, &ON_LINUX);
        }
        System::MacOs | System::Windows => return Found::new(),
    };
    found(wanted, what, asked, not)
}

fn found(wanted: &Wanted, what: &str, asked: &str, not: &[&str]) -> Found {
    let is_theirs = |path: &&PathBuf| path.starts_with("/usr") && !not.iter().any(|place| path.starts_with(place));
    let why = format!("it stands where {what} files, and which one has it castore cannot read ({asked} says it)");
    wanted.files.iter().filter(is_theirs).map(|path| (path.clone(), Owned::Unknown(why.clone()))).collect()
}
