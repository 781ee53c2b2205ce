//! pacman: for each package a directory with its list of files, the settings among them below `%BACKUP%`.

use super::{Found, Owned, Owner, Wanted, lines};
use crate::host::Host;
use std::path::Path;

const LOCAL: &str = "/var/lib/pacman/local";

/// What `pacman --query --owns` would say.
pub(super) fn read(host: &Host, wanted: &Wanted) -> Found {
    let mut found = Found::new();
    for name in host.names(Path::new(LOCAL)).iter().filter_map(|name| name.to_str()) {
        // NAME-VERSION-RELEASE, of which a name may hold more dashes.
        let Some(package) = name.rsplitn(3, '-').nth(2) else { continue };
        let Ok(text) = host.read(&Path::new(LOCAL).join(name).join("files")) else { continue };
        let is_backup = |line: &[u8]| line.starts_with(b"%BACKUP%");
        let all: Vec<&[u8]> = lines(&text).collect();
        let files = all.split(|line| is_backup(line)).next().unwrap_or_default();
        let settings = all.iter().skip_while(|line| !is_backup(line));
        let settings: Vec<&[u8]> = settings.filter_map(|line| line.split(|octet| *octet == b'\t').next()).collect();
        for line in files {
            let Some(file) = wanted.file(&[b"/", *line].concat()) else { continue };
            let (package, is_configuration) = (package.to_owned(), settings.contains(line));
            found.insert(file.clone(), Owned::By(Owner { manager: "pacman", package, is_configuration }));
        }
    }
    found
}
