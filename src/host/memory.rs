//! A host made of a map, for tests: the same resolution rules, no disk.

use super::resolve::{self, Step};
use super::{DirectoryEntry, Files, Kind, Resolved, Walked, WalkedKind};
use crate::model::{Target, Unreadable};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A Linux with these files, its programs in `/usr/bin`, seen from the home `/h` with these variables.
#[cfg(test)]
pub(crate) fn linux(files: Memory, variables: &[(&str, &str)]) -> super::Host {
    let usual = [("HOME", "/h"), ("PATH", "/usr/bin")];
    let variables = variables.iter().chain(&usual).map(|(name, value)| (name.into(), value.into())).collect();
    super::Host::new(Box::new(files), super::System::Linux).with_environment(variables)
}

/// What stands at a path of a [`Memory`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File(Vec<u8>),
    /// A directory.
    Directory,
    /// A symbolic link with its text.
    Link(PathBuf),
    /// A thing that may not be opened.
    Other(&'static str),
    /// A file whose permissions forbid reading.
    Denied,
}

/// Files in a map.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    nodes: BTreeMap<PathBuf, Node>,
    owners: BTreeMap<PathBuf, (u32, u32)>,
}

impl Memory {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same tree with `node` at the absolute `path`, its parents made.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, node: Node) -> Self {
        let path = path.into();
        for parent in path.ancestors().skip(1) {
            self.nodes.entry(parent.to_path_buf()).or_insert(Node::Directory);
        }
        self.nodes.insert(path, node);
        self
    }

    /// The same tree with a file of these octets.
    #[must_use]
    pub fn file(self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.with(path, Node::File(bytes.into()))
    }

    /// The same tree, in which what stands at the absolute `path` has this owner and these permission bits.
    #[must_use]
    pub fn owned(mut self, path: impl Into<PathBuf>, owner: u32, mode: u32) -> Self {
        self.owners.insert(path.into(), (owner, mode));
        self
    }

    /// The same tree with a symbolic link.
    #[must_use]
    pub fn link(self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        self.with(path, Node::Link(target.into()))
    }
}

impl Files for Memory {
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        let followed = resolve::follow(path, &mut |at| match self.nodes.get(at) {
            Some(Node::Directory) => Ok(Step::Directory),
            Some(Node::Link(text)) => Ok(Step::Link(text.clone())),
            Some(Node::File(_) | Node::Other(_) | Node::Denied) => Ok(Step::Leaf),
            None => Err(Unreadable::Absent),
        })?;
        let (kind, size) = match self.nodes.get(&followed.path) {
            Some(Node::File(bytes)) => (Kind::File, bytes.len() as u64),
            Some(Node::Denied) => (Kind::File, 0),
            Some(Node::Other(kind)) => (Kind::Other(kind), 0),
            _ => (Kind::Directory, 0),
        };
        let (owner, mode) = self.owners.get(&followed.path).copied().unzip();
        let links = followed.links;
        Ok(Resolved { path: followed.path, kind, size, mode, owner, group: None, identity: None, changed: None, links })
    }

    fn owner(&self, path: &Path) -> Option<u32> {
        self.owners.get(path).map(|(owner, _)| *owner)
    }

    fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        bytes.clear();
        match self.nodes.get(&resolved.path) {
            Some(Node::File(found)) if found.len() as u64 > limit => Err(Unreadable::TooLarge(limit)),
            Some(Node::File(found)) => {
                bytes.extend_from_slice(found);
                Ok(())
            }
            Some(Node::Denied) => Err(Unreadable::Denied),
            _ => Err(Unreadable::Absent),
        }
    }

    fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable> {
        let below = self.nodes.iter().filter(|(path, _)| path.parent() == Some(&resolved.path));
        let entry = |(path, node): (&PathBuf, &Node)| DirectoryEntry {
            name: path.file_name().unwrap_or_default().to_owned(),
            target: match node {
                Node::File(_) | Node::Denied => Target::File,
                Node::Directory => Target::Other("directory"),
                Node::Link(target) => Target::Link(target.clone()),
                Node::Other(kind) => Target::Other(kind),
            },
        };
        Ok(below.map(entry).collect())
    }

    fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
        let found = match self.resolve(path) {
            Ok(found) => found.path,
            Err(why) => {
                visit(Err((path.to_path_buf(), why)));
                return;
            }
        };
        for (path, node) in self.nodes.iter().filter(|(path, _)| path.starts_with(&found) && **path != found) {
            let target = match node {
                Node::File(_) | Node::Denied => WalkedKind::File,
                Node::Directory => WalkedKind::Directory,
                Node::Link(_) => WalkedKind::Link,
                Node::Other(_) => WalkedKind::Other,
            };
            if !visit(Ok(Walked { path: path.clone(), target })) {
                return;
            }
        }
    }
}
