//! Files whose paths are resolved once and whose directories are listed once: a hundred rows of the
//! catalogue ask for the same few, each time from the root down. What is read is opened anew and checked
//! as ever.

use super::layer::Layer;
use super::resolve::is_plain;
use super::{Files, Kind, Resolved};
use crate::limits::{NAMES_REMEMBERED, RESOLUTIONS_REMEMBERED, SYMLINKS};
use crate::model::Unreadable;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Files that remember where paths lead.
pub(super) struct Remembered {
    files: Arc<dyn Files>,
    /// By the octets of a path: its parts need not be told apart for that.
    known: Mutex<HashMap<OsString, Known>>,
    listed: Mutex<HashMap<OsString, Listed>>,
}

/// Where a path leads; none for the most frequent answer, that nothing is there.
type Known = Option<Arc<Result<Resolved, Unreadable>>>;

/// A directory that was listed.
struct Listed {
    /// The names in it, in order.
    names: Result<Arc<Vec<OsString>>, Unreadable>,
    /// Whether a name is found by the octets it is listed with alone, once that was tried.
    exact: Option<bool>,
}

impl Remembered {
    pub(super) fn new(files: Arc<dyn Files>) -> Self {
        Self { files, known: Mutex::default(), listed: Mutex::default() }
    }

    /// Follows the last part of a path from where those before it lead.
    fn follow(&self, path: &Path, within: &Known) -> Result<Resolved, Unreadable> {
        let Some(name) = path.file_name() else { return self.files.resolve(path) };
        let within = within.as_deref().unwrap_or(&Err(Unreadable::Absent)).as_ref().map_err(Clone::clone)?;
        if within.kind != Kind::Directory {
            return self.files.resolve(path);
        }
        if self.is_missing(&within.path, name) {
            return Err(Unreadable::Absent);
        }
        let at = within.path.join(name);
        let mut found = self.behind(&at).map_or_else(|| self.files.resolve(&at), Ok)?;
        if !within.links.is_empty() {
            found.links.splice(0..0, within.links.iter().cloned());
            if found.links.len() > SYMLINKS {
                return Err(Unreadable::Loop);
            }
        }
        Ok(found)
    }

    /// Where a link leads whose text is known, as is what it names: of a hash directory each file has two names.
    fn behind(&self, link: &Path) -> Option<Resolved> {
        let mut links = vec![link.to_path_buf()];
        while links.len() <= SYMLINKS {
            let named = self.files.known_link(links.last()?)?;
            if let Some(known) = self.known.lock().ok()?.get(named.as_os_str()) {
                let mut found = Result::clone(known.as_deref()?).ok()?;
                found.links.splice(0..0, links);
                return Some(found);
            }
            links.push(named);
        }
        None
    }

    /// Where a path leads, found out once: from the last directory on the way that is known, so that what is missing
    /// is not looked for again with every name below it.
    fn lead(&self, path: &Path) -> Known {
        if let Some(known) = self.known(path) {
            return known;
        }
        let mut unknown = vec![path];
        let mut within = None;
        if is_plain(path) {
            for parent in path.ancestors().skip(1) {
                within = self.known(parent);
                if within.is_some() {
                    break;
                }
                unknown.push(parent);
            }
        }
        for at in unknown.into_iter().rev() {
            let found = within.map_or_else(|| self.files.resolve(at), |within| self.follow(at, &within));
            let answer = (found != Err(Unreadable::Absent)).then(|| Arc::new(found));
            // What ends the way here ends it for every name below.
            let ends = !matches!(answer.as_deref(), Some(Ok(_)));
            self.remember(at, &answer);
            within = Some(answer);
            if ends {
                break;
            }
        }
        within.unwrap_or_default()
    }

    fn known(&self, path: &Path) -> Option<Known> {
        self.known.lock().ok()?.get(path.as_os_str()).cloned()
    }

    fn remember(&self, path: &Path, answer: &Known) {
        if let Ok(mut known) = self.known.lock()
            && known.len() < RESOLUTIONS_REMEMBERED
        {
            known.insert(path.as_os_str().to_owned(), answer.clone());
            // Where links led is a path without any: names in a hash directory and those beside them share it.
            if let Some(Ok(found)) = answer.as_deref()
                && !found.links.is_empty()
                && !known.contains_key(found.path.as_os_str())
            {
                let itself = Resolved { links: Vec::new(), ..found.clone() };
                known.insert(itself.path.as_os_str().to_owned(), Some(Arc::new(Ok(itself))));
            }
        }
    }

    /// Whether a directory was listed and the name is not in it. Programs are looked for in every directory
    /// of `PATH`, and are in few. Only names in ASCII, which no file system writes in two ways.
    fn is_missing(&self, directory: &Path, name: &OsStr) -> bool {
        let Ok(mut listed) = self.listed.lock() else { return false };
        let Some(Listed { names: Ok(names), exact }) = listed.get_mut(directory.as_os_str()) else { return false };
        if !name.is_ascii() || names.binary_search_by(|known| known.as_os_str().cmp(name)).is_ok() {
            return false;
        }
        *exact.get_or_insert_with(|| self.is_exact(directory, names))
    }

    /// Whether a directory tells capitals from small letters, as most on Linux do: one of its names is not
    /// found with all letters the other way round.
    fn is_exact(&self, directory: &Path, names: &[OsString]) -> bool {
        let turned = |name: &OsString| {
            let text = name.to_str().filter(|text| text.is_ascii())?;
            let turn = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            let turned: OsString = text.chars().map(turn).collect::<String>().into();
            (turned != *name && names.binary_search(&turned).is_err()).then_some(turned)
        };
        let turned = names.iter().find_map(turned);
        turned.is_some_and(|turned| self.files.resolve(&directory.join(turned)) == Err(Unreadable::Absent))
    }
}

impl Layer for Remembered {
    fn under(&self) -> &dyn Files {
        &*self.files
    }

    fn look(&self, path: &Path) -> Result<Resolved, Unreadable> {
        self.lead(path).map_or(Err(Unreadable::Absent), |known| Result::clone(&known))
    }

    fn kind_at(&self, path: &Path) -> Result<Kind, Unreadable> {
        match self.lead(path).as_deref() {
            Some(Ok(found)) => Ok(found.kind),
            Some(Err(why)) => Err(why.clone()),
            None => Err(Unreadable::Absent),
        }
    }

    fn named(&self, directory: &Resolved) -> Result<Arc<Vec<OsString>>, Unreadable> {
        let place = directory.path.as_os_str();
        let known = self.listed.lock().ok().and_then(|listed| Some(listed.get(place)?.names.clone()));
        if let Some(known) = known {
            return known;
        }
        let names = self.files.names(directory);
        if let Ok(mut listed) = self.listed.lock()
            && names.as_ref().map_or(0, |names| names.len()) <= NAMES_REMEMBERED
            && listed.len() < RESOLUTIONS_REMEMBERED
        {
            listed.insert(place.to_owned(), Listed { names: names.clone(), exact: None });
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::Tree;
    use crate::host::memory::{Memory, Node};
    use crate::host::{DirectoryEntry, Host, System, Walked};
    use std::path::PathBuf;

    fn both(files: Memory) -> [Host; 2] {
        let mut remembers = Host::new(Box::new(files.clone()), System::Linux);
        remembers.remember();
        [Host::new(Box::new(files), System::Linux), remembers]
    }

    /// The settings of users name what they like.
    #[test]
    fn a_path_of_many_parts_ends_no_stack() {
        for host in both(Memory::new().file(format!("{}/f", "/a".repeat(2000)), "")) {
            let long = |parts| PathBuf::from("/a".repeat(parts));
            assert!(host.resolve(&long(2000).join("f")).is_ok());
            assert_eq!(host.resolve(&long(2020).join("f")), Err(Unreadable::Absent));
            assert!(matches!(host.resolve(&long(1_000_000)), Err(Unreadable::Io(_))));
            assert!(!host.is_file(&long(1_000_000)));
        }
    }

    /// Asked twice, and in an order in which parents come after children and before.
    #[test]
    fn a_path_leads_where_it_leads_without_memory() {
        let files = Memory::new()
            .file("/usr/lib/.a", "")
            .link("/usr/lib/b", ".a")
            .link("/lib", "usr/lib")
            .link("/lib/gone", "/nowhere")
            .link("/loop", "loop/x")
            .with("/closed", Node::Directory);
        let hosts = both(files);
        let paths = [
            "/lib/b",
            "/lib/.a",
            "/lib/.a/",
            "/lib/.a/x",
            "/lib/a/x",
            "/lib/gone/x",
            "/lib/gone",
            "/lib/./b",
            "/lib/../lib/b",
            "/loop",
            "/loop/x/y",
            "/usr/lib/b",
            "/usr/lib/b/x",
            "/",
            "/lib",
            "//lib//b",
            "/nowhere/x",
            "/nowhere",
        ];
        for path in paths.iter().chain(&paths).map(Path::new) {
            assert_eq!(hosts[1].resolve(path), hosts[0].resolve(path), "{}", path.display());
        }
        for directory in ["/usr/lib", "/usr/lib", "/lib", "/nowhere"].map(Path::new) {
            let sorted = |host: &Host| host.children(directory);
            assert_eq!(sorted(&hosts[1]), sorted(&hosts[0]), "{}", directory.display());
        }
        // What is in a directory that was listed, and what is not.
        for path in ["/usr/lib/.a", "/usr/lib/B", "/lib/c", "/lib/c/d", "/lib/\u{e9}", "/usr/lib/b"].map(Path::new) {
            assert_eq!(hosts[1].resolve(path), hosts[0].resolve(path), "{}", path.display());
        }
    }

    /// Files that do not tell capitals from small letters.
    struct Folded(Memory);

    impl Files for Folded {
        fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
            self.0.resolve(Path::new(&path.to_string_lossy().to_lowercase()))
        }

        fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
            self.0.read_into(resolved, limit, bytes)
        }

        fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable> {
            self.0.list(resolved)
        }

        fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
            self.0.walk(path, visit);
        }
    }

    #[test]
    fn a_name_written_otherwise_is_found_where_case_does_not_count() {
        let files = Memory::new().file("/bin/curl", "").file("/bin/git", "");
        let mut host = Host::new(Box::new(Folded(files)), System::Linux);
        host.remember();
        assert_eq!(host.children(Path::new("/bin")).len(), 2);
        assert!(host.is_file(Path::new("/bin/Curl")) && host.is_file(Path::new("/bin/GIT")));
        assert_eq!(host.resolve(Path::new("/bin/wget")), Err(Unreadable::Absent));
    }

    /// Forty links are followed, whoever remembers the first of them.
    #[test]
    fn links_are_counted_over_the_whole_path() {
        let chain = |files: Memory, name: &str, last: &str, count: usize| {
            (1..count).fold(files.link(format!("/{name}{count}"), last), |files, n| {
                files.link(format!("/{name}{n}"), format!("/{name}{}", n + 1))
            })
        };
        for (directories, count) in [(20, 20), (20, 21)] {
            let files = Memory::new().file("/d/x", "").link("/d/y", "/f1");
            let files = chain(chain(files, "l", "/d", directories), "f", "/d/x", count - 1);
            let hosts = both(files);
            let path = Path::new("/l1/y");
            assert_eq!(hosts[1].resolve(path), hosts[0].resolve(path), "{directories} and {count}");
        }
    }

    /// A hash directory: names that link to names that link to files, in any order, listed and known or not.
    #[cfg(unix)]
    #[test]
    #[allow(clippy::disallowed_methods, reason = "makes a directory of its own")]
    fn links_to_links_lead_to_the_same_with_memory() {
        use std::os::unix::fs::symlink;
        let top = tempfile::tempdir().unwrap();
        for directory in ["certs", "real"] {
            std::fs::create_dir(top.path().join(directory)).unwrap();
        }
        std::fs::write(top.path().join("real/a.crt"), "a").unwrap();
        symlink("real", top.path().join("other")).unwrap();
        let links = [
            ("1.0", "a.pem"),
            ("2.0", "gone.pem"),
            ("3.0", "c.pem"),
            ("a.pem", "/real/a.crt"),
            ("b.pem", "../real/./a.crt"),
            ("c.pem", "/other/a.crt"),
            ("gone.pem", "/real/gone.crt"),
            ("loop", "loop"),
        ];
        for (name, text) in links {
            symlink(text, top.path().join("certs").join(name)).unwrap();
        }
        let tree = || Tree::at(top.path()).unwrap();
        let targets = ["/real/a.crt", "/other/a.crt", "/real/gone.crt"].map(PathBuf::from);
        let names: Vec<PathBuf> = links.iter().map(|(name, _)| Path::new("/certs").join(name)).collect();
        let (backwards, mut before) = (names.iter().rev().cloned().collect::<Vec<_>>(), targets.to_vec());
        before.extend(names.clone());
        for order in [names, backwards, before] {
            for is_listed in [false, true] {
                let remembered = Remembered::new(Arc::new(tree()));
                if is_listed {
                    remembered.list(&tree().resolve(Path::new("/certs")).unwrap()).unwrap();
                }
                for path in &order {
                    assert_eq!(remembered.look(path), tree().resolve(path), "{}", path.display());
                    let kind = tree().resolve(path).map(|found| found.kind);
                    assert_eq!(remembered.kind_at(path), kind, "{}", path.display());
                }
            }
        }
    }

    /// The machine the tests run on, as it is.
    #[test]
    fn the_live_tree_is_the_same_with_memory() {
        let Ok(tree) = Tree::live() else { return };
        let remembered = Remembered::new(Arc::new(Tree::live().unwrap()));
        for path in ["/etc/ssl/certs", "/bin/sh", "/lib", "/nowhere/x", "/etc/passwd/x", "/etc/passwd", "/usr/bin"] {
            let path = Path::new(path);
            assert_eq!(remembered.look(path), tree.resolve(path), "{}", path.display());
        }
    }
}
