//! Whose a file is, held against dpkg: of every kind of file below /usr and /etc, and of files of nobody.

use crate::{long, require};
use castore::host::files::Tree;
use castore::host::{Host, System};
use castore::plan::owned::{Owned, Owners};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Places with stores, diversions, merged halves and settings.
const PLACES: [&str; 7] = [
    "/usr/share/ca-certificates",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/bin",
    "/etc",
    "/usr/lib/python3/dist-packages",
    "/usr/share/man/man1",
    "/usr/local",
];

#[test]
fn owners_are_those_that_dpkg_names() {
    if !Path::new("/var/lib/dpkg/info").is_dir() || !require("dpkg-query") {
        return;
    }
    let host = Host::new(Box::new(Tree::live().unwrap()), System::Linux);
    let each = if long() { 2_000 } else { 120 };
    let mut paths: Vec<PathBuf> = Vec::new();
    for place in PLACES {
        let mut taken = 0;
        host_files(Path::new(place), &mut |path| {
            taken += 1;
            paths.push(path);
            taken < each
        });
    }
    paths.retain(|path| host.resolve(path).is_ok_and(|found| found.path == *path));
    let owners = Owners::look_up(&host, paths.iter().map(PathBuf::as_path));
    let asked = dpkg(&paths);
    assert!(asked.len() > 100, "{} of {} have an owner", asked.len(), paths.len());
    for path in &paths {
        let found = match owners.of(path) {
            Owned::By(owner) => Some(owner.package),
            Owned::Nobody => None,
            Owned::Unknown(why) => panic!("{}: {why}", path.display()),
        };
        let expected = asked.get(path);
        let is_one = |packages: &Vec<String>| found.as_ref().is_some_and(|found| packages.contains(found));
        assert!(expected.map_or(found.is_none(), is_one), "{}: {expected:?}, {found:?}", path.display());
    }
}

/// Regular files below a place, until `visit` has enough.
fn host_files(place: &Path, visit: &mut dyn FnMut(PathBuf) -> bool) {
    let Ok(entries) = std::fs::read_dir(place) else { return };
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let Ok(kind) = std::fs::symlink_metadata(&path) else { continue };
        if kind.is_dir() {
            host_files(&path, visit);
        } else if kind.is_file() && !visit(path) {
            return;
        }
    }
}

/// What `dpkg-query --search` says: `package:amd64, other: /path`, and of diverted files who diverted them.
fn dpkg(paths: &[PathBuf]) -> BTreeMap<PathBuf, Vec<String>> {
    let mut found: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for some in paths.chunks(200) {
        // Names of before the halves of the file system were merged are records too.
        let merged = |path: &PathBuf| Path::new("/").join(path.strip_prefix("/usr").unwrap_or(path));
        let names = some.iter().flat_map(|path| [path.clone(), merged(path)]);
        let output = Command::new("dpkg-query").arg("--search").args(names).env("LC_ALL", "C").output().unwrap();
        for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.starts_with("diversion ")) {
            let Some((packages, path)) = line.split_once(": ") else { continue };
            let path = PathBuf::from(path);
            let path = some.iter().find(|known| **known == path || merged(known) == path).cloned().unwrap_or(path);
            let packages = packages.split(", ").map(|name| name.split(':').next().unwrap_or(name).to_owned());
            found.entry(path).or_default().extend(packages);
        }
    }
    found
}
