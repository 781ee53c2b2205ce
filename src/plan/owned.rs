//! Which package of the distribution a file belongs to: its next upgrade replaces what is written there.
//!
//! Asked of the records that package managers keep, read as any other file of the host; nothing is run. Each manager
//! that is there is asked once for all files of a plan: its records are megabytes.

mod apk;
mod dpkg;
mod pacman;
mod rpm;
mod unread;
#[cfg(test)]
mod tests;

use crate::host::Host;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// What owns a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Whose records say so: `dpkg`.
    pub manager: &'static str,
    /// The package.
    pub package: String,
    /// Whether it is one of its settings, which an administrator may change and an upgrade keeps.
    pub is_configuration: bool,
}

/// What is known of the owner of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    /// No package that is recorded.
    Nobody,
    /// A package.
    By(Owner),
    /// There are records that castore cannot read: what it would need to know, and who can be asked.
    Unknown(String),
}

/// The owners of files.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    known: BTreeMap<PathBuf, Owned>,
}

/// What the records of one manager say of files.
type Found = BTreeMap<PathBuf, Owned>;

/// The managers whose records castore looks for; each says nothing where it is not there.
const MANAGERS: [fn(&Host, &Wanted) -> Found; 5] = [dpkg::read, apk::read, pacman::read, rpm::read, unread::read];

impl Owners {
    /// Those of files, each named by the path behind its links.
    pub fn look_up<'p>(host: &Host, paths: impl IntoIterator<Item = &'p Path>) -> Self {
        let wanted = Wanted::new(host, paths);
        let mut owners = Self::default();
        if wanted.files.is_empty() {
            return owners;
        }
        for read in MANAGERS {
            for (path, owned) in read(host, &wanted) {
                owners.known.entry(path).or_insert(owned);
            }
        }
        owners
    }

    /// What is known of one that was looked up.
    #[must_use]
    pub fn of(&self, path: &Path) -> Owned {
        self.known.get(path).cloned().unwrap_or(Owned::Nobody)
    }
}

/// The files that are asked for, by the octets of every name that records may have for them.
struct Wanted {
    files: Vec<PathBuf>,
    names: HashMap<Vec<u8>, PathBuf>,
}

impl Wanted {
    /// Where the halves of a file system were merged (`/lib` leads to `/usr/lib`), older packages have the name that
    /// leads there.
    fn new<'p>(host: &Host, paths: impl IntoIterator<Item = &'p Path>) -> Self {
        const MERGED: [&str; 6] = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"];
        let root = Path::new("/");
        let leads = |half: &&str| {
            let merged = Path::new("/usr").join(half);
            host.resolve(&root.join(half)).is_ok_and(|found| found.path == merged)
        };
        let merged: Vec<&str> = MERGED.into_iter().filter(leads).collect();
        let mut wanted = Self { files: Vec::new(), names: HashMap::new() };
        for path in paths {
            wanted.add(path, path);
            let below =
                path.strip_prefix("/usr").ok().filter(|below| merged.iter().any(|half| below.starts_with(half)));
            if let Some(below) = below {
                wanted.add(&root.join(below), path);
            }
            wanted.files.push(path.to_path_buf());
        }
        wanted
    }

    fn add(&mut self, name: &Path, file: &Path) {
        self.names.insert(name.as_os_str().as_encoded_bytes().to_vec(), file.to_path_buf());
    }

    /// The file that a name in a record is.
    fn file(&self, name: &[u8]) -> Option<&PathBuf> {
        self.names.get(name)
    }
}

/// The lines of a record.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|octet| *octet == b'\n')
}
