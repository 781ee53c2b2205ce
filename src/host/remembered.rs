//! Files whose paths are resolved once and whose directories are listed once: a hundred rows of the
//! catalogue ask for the same few, each time from the root down. What is read is opened anew and checked
//! as ever.

use super::layer::Layer;
use super::resolve::is_plain;
use super::{Files, Kind, Resolved};
use crate::limits::{NAMES_REMEMBERED, RESOLUTIONS_REMEMBERED, SYMLINKS};
use crate::model::Unreadable;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Files that remember where paths lead.
pub(super) struct Remembered {
    files: Arc<dyn Files>,
    /// By the octets of a path: its parts need not be told apart for that.
    known: Mutex<HashMap<OsString, Known>>,
    listed: Mutex<HashMap<PathBuf, Names>>,
}

/// Where a path leads; none for the most frequent answer, that nothing is there.
type Known = Option<Box<Result<Resolved, Unreadable>>>;

/// The names in a directory.
type Names = Result<Vec<OsString>, Unreadable>;

impl Remembered {
    pub(super) fn new(files: Arc<dyn Files>) -> Self {
        Self { files, known: Mutex::default(), listed: Mutex::default() }
    }

    /// Follows the last part of a path from where those before it lead: what is missing is not looked for
    /// again with every name below it.
    fn follow(&self, path: &Path) -> Result<Resolved, Unreadable> {
        let (Some(parent), Some(name)) = (path.parent().filter(|_| is_plain(path)), path.file_name()) else {
            return self.files.resolve(path);
        };
        let within = self.look(parent)?;
        if within.kind != Kind::Directory {
            return self.files.resolve(path);
        }
        let mut found = self.files.resolve(&within.path.join(name))?;
        if !within.links.is_empty() {
            found.links.splice(0..0, within.links);
            if found.links.len() > SYMLINKS {
                return Err(Unreadable::Loop);
            }
        }
        Ok(found)
    }
}

impl Layer for Remembered {
    fn under(&self) -> &dyn Files {
        &*self.files
    }

    fn look(&self, path: &Path) -> Result<Resolved, Unreadable> {
        if let Some(known) = self.known.lock().ok().and_then(|known| known.get(path.as_os_str()).cloned()) {
            return known.map_or(Err(Unreadable::Absent), |known| *known);
        }
        let found = self.follow(path);
        if let Ok(mut known) = self.known.lock()
            && known.len() < RESOLUTIONS_REMEMBERED
        {
            let answer = (found != Err(Unreadable::Absent)).then(|| Box::new(found.clone()));
            known.insert(path.as_os_str().to_owned(), answer);
        }
        found
    }

    fn named(&self, directory: &Resolved) -> Result<Vec<OsString>, Unreadable> {
        if let Some(known) = self.listed.lock().ok().and_then(|listed| listed.get(&directory.path).cloned()) {
            return known;
        }
        let found = self.files.names(directory);
        let count = found.as_ref().map_or(0, Vec::len);
        if let Ok(mut listed) = self.listed.lock()
            && count <= NAMES_REMEMBERED
            && listed.len() < RESOLUTIONS_REMEMBERED
        {
            listed.insert(directory.path.clone(), found.clone());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::Tree;
    use crate::host::memory::{Memory, Node};
    use crate::host::{Host, System};

    fn both(files: Memory) -> [Host; 2] {
        let mut remembers = Host::new(Box::new(files.clone()), System::Linux);
        remembers.remember();
        [Host::new(Box::new(files), System::Linux), remembers]
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
            assert_eq!(hosts[1].names(directory), hosts[0].names(directory), "{}", directory.display());
        }
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
