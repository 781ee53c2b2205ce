//! dpkg: a list of files for each package, the settings among them, and diversions.
//!
//! Images without a package manager (distroless) have its records in another form, `status.d`. opkg (OpenWrt, Yocto)
//! has lists like dpkg's, and no diversions.

use super::{Found, Owned, Owner, Wanted, lines};
use crate::host::Host;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where lists are, and whose. opkg.conf sets where opkg's are; these are OpenWrt's and opkg's own.
const LISTS: [(&str, &str); 3] =
    [("/var/lib/dpkg/info", DPKG), ("/usr/lib/opkg/info", "opkg"), ("/var/lib/opkg/info", "opkg")];
const DPKG: &str = "dpkg";
const DISTROLESS: &str = "/var/lib/dpkg/status.d";
const DIVERSIONS: &str = "/var/lib/dpkg/diversions";

/// What `dpkg --search` would say.
pub(super) fn read(host: &Host, wanted: &Wanted) -> Found {
    let mut found = Found::new();
    let diverted = Diversions::read(host, wanted);
    let lists = LISTS.map(|(directory, manager)| (Path::new(directory), manager));
    for (directory, manager) in lists {
        for name in host.names(directory).iter().filter_map(|name| name.to_str()) {
            let Some(full) = name.strip_suffix(".list") else { continue };
            let Ok(list) = host.read(&directory.join(name)) else { continue };
            let package = full.split(':').next().unwrap_or(full);
            for line in lines(&list) {
                let Some(file) = diverted.file(wanted, line, package) else { continue };
                let settings = host.read(&directory.join(format!("{full}.conffiles"))).unwrap_or_default();
                let is_configuration = lines(&settings).any(|setting| setting == line);
                found.insert(file.clone(), by(manager, package, is_configuration));
            }
        }
    }
    for name in host.names(Path::new(DISTROLESS)).iter().filter_map(|name| name.to_str()) {
        let Some(package) = name.strip_suffix(".md5sums") else { continue };
        let Ok(sums) = host.read(&Path::new(DISTROLESS).join(name)) else { continue };
        for line in lines(&sums) {
            // `d41d8cd98f00b204e9800998ecf8427e  usr/share/doc/x`, in some images with `./` before the name.
            let Some(at) = line.iter().position(|octet| *octet == b' ') else { continue };
            let name = line.get(at..).unwrap_or_default().trim_ascii_start();
            let name = [b"/", name.strip_prefix(b"./").unwrap_or(name)].concat();
            if let Some(file) = wanted.file(&name) {
                found.insert(file.clone(), by(DPKG, package, false));
            }
        }
    }
    found
}

fn by(manager: &'static str, package: &str, is_configuration: bool) -> Owned {
    Owned::By(Owner { manager, package: package.to_owned(), is_configuration })
}

/// Files that one package moved out of the way of its own (dpkg-divert(1)).
struct Diversions {
    /// By the name in lists: the package whose own file stands there.
    away: HashMap<Vec<u8>, String>,
    /// By the name in lists: the file asked for that those of all other packages were moved to.
    moved: HashMap<Vec<u8>, PathBuf>,
}

impl Diversions {
    fn read(host: &Host, wanted: &Wanted) -> Self {
        let text = host.read(Path::new(DIVERSIONS)).unwrap_or_default();
        let lines: Vec<&[u8]> = lines(&text).collect();
        let mut found = Self { away: HashMap::new(), moved: HashMap::new() };
        for three in lines.chunks_exact(3) {
            let [from, to, package] = three else { continue };
            let is_asked = wanted.file(from).is_some() || wanted.file(to).is_some();
            if !is_asked {
                continue;
            }
            found.away.insert(from.to_vec(), String::from_utf8_lossy(package).into_owned());
            if let Some(file) = wanted.file(to) {
                found.moved.insert(from.to_vec(), file.clone());
            }
        }
        found
    }

    /// The file asked for that a line in the list of a package is.
    fn file<'w>(&'w self, wanted: &'w Wanted, line: &[u8], package: &str) -> Option<&'w PathBuf> {
        match self.away.get(line) {
            Some(owner) if owner != package => self.moved.get(line),
            _ => wanted.file(line),
        }
    }
}
