//! apk: one text for all packages (<https://wiki.alpinelinux.org/wiki/Apk_spec>): `P:` a package, `F:` a directory,
//! `R:` a file in it.

use super::{Found, Owned, Owner, Wanted, lines};
use crate::host::Host;
use std::path::Path;

/// The second since apk-tools 3.
const INSTALLED: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

/// What `apk info --who-owns` would say.
pub(super) fn read(host: &Host, wanted: &Wanted) -> Found {
    let mut found = Found::new();
    let Some(text) = INSTALLED.into_iter().find_map(|path| host.read(Path::new(path)).ok()) else { return found };
    let (mut package, mut directory) = (String::new(), Vec::new());
    for line in lines(&text) {
        match line {
            [b'P', b':', name @ ..] => package = String::from_utf8_lossy(name).into_owned(),
            [b'F', b':'] => directory.clear(),
            [b'F', b':', name @ ..] => directory = [b"/", name].concat(),
            [b'R', b':', name @ ..] => {
                let name = [directory.as_slice(), b"/", name].concat();
                if let Some(file) = wanted.file(&name) {
                    let (package, is_configuration) = (package.clone(), is_protected(&name));
                    found.insert(file.clone(), Owned::By(Owner { manager: "apk", package, is_configuration }));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether an upgrade leaves a changed file as it is: those in /etc, less what packages take out of that by
/// `/etc/apk/protected_paths.d`, ca-certificates among them.
fn is_protected(name: &[u8]) -> bool {
    name.starts_with(b"/etc/") && !name.starts_with(b"/etc/ssl/certs/")
}
