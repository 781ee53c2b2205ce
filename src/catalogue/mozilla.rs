//! NSS databases that programs share, and the module of built-in roots: certutil, Red Hat's programs, Chromium.
//!
//! A program gives NSS a directory. What the database there says of a certificate stands before what
//! the built-in roots say. Those are in a module, `libnssckbi`, which is loaded where `pkcs11.txt` of
//! the directory names it or it stands in the directory itself (`nss_FindExternalRoot`,
//! lib/nss/nssinit.c). Without it a database is all there is. Firefox and its kin are in `firefox`.

use super::client::{Client, Edit, Installation, Leaf, Look, Roots, Rule};
use super::survey::Survey;
use crate::host::Host;
use crate::policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NSS];

const DATABASE: &str =
    "https://firefox-source-docs.mozilla.org/security/nss/legacy/reference/nss_tools_certutil/index.html";
const BUILTINS: &str = "https://searchfox.org/mozilla-central/source/security/nss/lib/ckfw/builtins/README";

/// `nss`: every database directory, with the built-in module where one is loaded beside it.
const NSS: Client = Client::new(
    "nss",
    "NSS databases",
    "A database that programs share, before the roots of the built-in module libnssckbi where it is loaded.",
    Rule::Each(
        databases,
        &Rule::All(&[
            // cert8.db is read only where a program asks for it by `dbm:`, since 2018.
            Rule::First(&[
                Leaf::path("{database}/cert9.db").look(Look::Keystore).says(DATABASE),
                Leaf::path("{database}/cert8.db").look(Look::Keystore).says(DATABASE),
            ]),
            Leaf::section(&("{module}", "roots compiled into libnssckbi")).look(Look::Keystore).says(BUILTINS),
        ]),
    ),
)
.judged_by(&policy::unread::NSS)
.reads(&["XDG_DATA_HOME"])
.edit(Edit::Via("certutil"))
.roots(Roots::OwnAndOthers);

/// Databases that programs share, in a home directory and in the system.
const SHARED: &[&str] = &[".pki/nssdb", ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb"];
const SYSTEM: &[&str] = &["/etc/pki/nssdb"];

/// Where the system's linker finds a module named without a directory.
const LIBRARIES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/nss",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu/nss",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64/nss",
    "/usr/lib64",
    "/usr/lib/nss",
    "/usr/lib",
];
/// The module of built-in roots, by the names of its systems.
const MODULES: &[&str] = &["libnssckbi.so", "libnssckbi.dylib", "nssckbi.dll"];

fn databases(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let homes = SHARED.iter().filter_map(|place| survey.in_home(place));
    // Where XDG_DATA_HOME leads it away from ~/.local/share.
    let moved = host.variable("XDG_DATA_HOME").map(|data| Path::new(data).join("pki/nssdb"));
    let mut directories: Vec<PathBuf> = Vec::new();
    for directory in homes.chain(moved).chain(SYSTEM.iter().map(PathBuf::from)) {
        if is_database(host, &directory) && !directories.contains(&directory) {
            directories.push(directory);
        }
    }
    let mut found: Vec<_> =
        directories.into_iter().map(|directory| Arc::new(database(host, directory, None))).collect();
    let known = |path: &PathBuf| found.iter().any(|one| one.place("module") == Some(path));
    let alone = LIBRARIES.iter().find_map(|library| module_in(host, Path::new(library))).filter(|path| !known(path));
    found.extend(alone.map(|path| {
        let mut found = Installation { because: "usual place".to_owned(), ..Installation::default() };
        found.places.extend(own_roots(host, path.clone(), &mut found.unknown).map(|path| ("module", path)));
        Arc::new(Installation { at: path, ..found })
    }));
    found
}

/// Whether NSS has a database in a directory.
pub(super) fn is_database(host: &Host, directory: &Path) -> bool {
    ["cert9.db", "cert8.db"].iter().any(|name| host.is_file(&directory.join(name)))
}

/// A database directory with the roots that files say are loaded beside it. `own` is where its program
/// is, where it is one that brings roots.
pub(super) fn database(host: &Host, directory: PathBuf, own: Option<&[PathBuf]>) -> Installation {
    let mut found = Installation { because: "usual place".to_owned(), ..Installation::default() };
    let loaded = named(host, &directory, &mut found.unknown);
    let module =
        loaded.or_else(|| module_in(host, &directory)).or_else(|| own?.iter().find_map(|place| module_in(host, place)));
    let library = own.filter(|_| module.is_none()).map(|own| library_in(host, own));
    match library {
        Some(Some(library)) => found.places.push(("library", library)),
        Some(None) => found.unknown.push("the roots built into its program".to_owned()),
        None => {}
    }
    found.places.push(("database", directory.clone()));
    let module = module.and_then(|path| own_roots(host, path, &mut found.unknown));
    found.places.extend(module.map(|path| ("module", path)));
    Installation { at: directory, ..found }
}

/// The library that holds all of a program of Mozilla's, its roots too since there is no module.
fn library_in(host: &Host, own: &[PathBuf]) -> Option<PathBuf> {
    let names = ["libxul.so", "XUL", "xul.dll"];
    let all = own.iter().flat_map(|place| names.map(|name| place.join(name)));
    all.into_iter().find(|path| host.is_file(path))
}

const P11_KIT: &str = "the roots that p11-kit serves it";

/// A module that has roots of its own. On Fedora and others the name leads to p11-kit's module, which
/// has none and serves those of the system.
fn own_roots(host: &Host, module: PathBuf, unknown: &mut Vec<String>) -> Option<PathBuf> {
    let behind = host.resolve(&module).map_or_else(|_| module.clone(), |found| found.path);
    let serves = behind.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"p11-kit-trust"));
    if serves {
        unknown.push(P11_KIT.to_owned());
    }
    (!serves).then_some(module)
}

fn module_in(host: &Host, directory: &Path) -> Option<PathBuf> {
    MODULES.iter().map(|name| directory.join(name)).find(|path| host.is_file(path))
}

/// The module of roots that `pkcs11.txt` names: a `library=` line for each module. One of p11-kit
/// serves the roots of the system.
fn named(host: &Host, directory: &Path, unknown: &mut Vec<String>) -> Option<PathBuf> {
    let text = host.settings(&directory.join("pkcs11.txt"))?;
    let mut found = None;
    for library in text.lines().filter_map(|line| line.trim().strip_prefix("library=")) {
        let path = Path::new(library.trim());
        let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        if name.starts_with("p11-kit-") || name.starts_with("libp11-kit") {
            unknown.push(P11_KIT.to_owned());
        }
        if !MODULES.contains(&name) {
            continue;
        }
        let places = std::iter::once(path.to_path_buf()).filter(|path| path.is_absolute());
        let places = places.chain(LIBRARIES.iter().map(|library| Path::new(library).join(name)));
        match places.into_iter().find(|path| host.is_file(path)) {
            Some(path) => found = found.or(Some(path)),
            None => unknown.push("the module of roots that its pkcs11.txt names".to_owned()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    fn found(files: &[(&str, &str)]) -> Vec<(String, Option<String>, Vec<String>)> {
        let mut memory = Memory::new();
        for (path, text) in files {
            memory = memory.file(*path, text.as_bytes());
        }
        let home = [("HOME".into(), "/h".into())];
        let host = Host::new(Box::new(memory), System::Linux).with_environment(home.into_iter().collect());
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let all = databases(&Survey::new(&host, Default::default()));
        all.iter().map(|one| (text(&one.at), one.place("module").map(text), one.unknown.clone())).collect()
    }

    #[test]
    fn a_database_has_built_in_roots_only_where_a_file_says_so() {
        let module = "/usr/lib/x86_64-linux-gnu/nss/libnssckbi.so";
        let alone = |path: &str| (path.to_owned(), Some(path.to_owned()), vec![]);
        let files = [("/h/.pki/nssdb/cert9.db", ""), (module, "")];
        assert_eq!(found(&files), [("/h/.pki/nssdb".to_owned(), None, vec![]), alone(module)]);
        let text = "library=\nname=NSS Internal PKCS #11 Module\n\nlibrary=libnssckbi.so\nname=Roots\n";
        let named = [files[0], files[1], ("/h/.pki/nssdb/pkcs11.txt", text)];
        assert_eq!(found(&named), [("/h/.pki/nssdb".to_owned(), Some(module.to_owned()), vec![])]);
        let beside = [files[0], ("/h/.pki/nssdb/libnssckbi.so", "")];
        let module = "/h/.pki/nssdb/libnssckbi.so".to_owned();
        assert_eq!(found(&beside), [("/h/.pki/nssdb".to_owned(), Some(module), vec![])]);
    }

    #[test]
    fn what_files_do_not_show_is_said_to_be_unknown() {
        let kit =
            [("/etc/pki/nssdb/cert9.db", ""), ("/etc/pki/nssdb/pkcs11.txt", "library=/usr/lib64/p11-kit-proxy.so\n")];
        assert_eq!(found(&kit)[0].2, ["the roots that p11-kit serves it"]);
    }

    #[test]
    fn the_shared_database_moves_with_the_data_directory() {
        let files = Memory::new().file("/data/pki/nssdb/cert9.db", "").file("/h/.local/share/pki/nssdb/cert9.db", "");
        let variables = [("HOME".into(), "/h".into()), ("XDG_DATA_HOME".into(), "/data".into())];
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables.into_iter().collect());
        let all = databases(&Survey::new(&host, Default::default()));
        let at: Vec<_> = all.iter().map(|one| one.at.display().to_string()).collect();
        assert_eq!(at, ["/h/.local/share/pki/nssdb", "/data/pki/nssdb"]);
    }
}
