//! A disk as a power cut leaves it: which of the operations of a run may have reached it, in which order.
//!
//! Nothing is assumed that POSIX does not say: octets of a file are safe after `fsync` of the file, names in a
//! directory after `fsync` of the directory, a rename is one change, and everything else may or may not have come to
//! the disk by itself, octets also in part or as zeros (a size that came before its blocks). Real file systems promise
//! more (ext4 orders names; all but none splits an append), so what holds here holds there.

use crate::numbers::Numbers;
use crate::place::{Node, Tree};
use crate::trace::{self, Call};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

type Inode = usize;

/// What an inode is.
#[derive(Debug, Clone)]
enum Content {
    File(Vec<u8>, u32),
    Directory(BTreeMap<OsString, Inode>, u32),
    Link(PathBuf),
}

/// One change, of the octets of a file or of names.
#[derive(Debug, Clone)]
enum Change {
    Write {
        inode: Inode,
        offset: usize,
        octets: Vec<u8>,
    },
    Size {
        inode: Inode,
        size: usize,
    },
    Mode {
        inode: Inode,
        mode: u32,
    },
    /// Names that come to mean something else or nothing, in one moment.
    Names(Vec<(Inode, OsString, Option<Inode>)>),
}

/// An operation of a run.
#[derive(Debug, Clone)]
enum Operation {
    Change(Change),
    /// `fsync` of a file or a directory.
    Sync(Inode),
    SyncAll,
}

/// A disk, as it was and with what was done to it.
pub struct Disk {
    base: PathBuf,
    was: Vec<Content>,
    now: Vec<Content>,
    operations: Vec<Operation>,
    /// Inode and offset of open files.
    open: BTreeMap<(u32, String), (Inode, usize)>,
    /// Permission bits that this process, and so what it starts, takes from what it makes.
    umask: u32,
}

/// The directory that the place is.
const ROOT: Inode = 0;

impl Disk {
    /// A disk that holds a tree, all of it safe.
    pub fn new(base: &Path, tree: &Tree) -> Self {
        let mut now = vec![Content::Directory(BTreeMap::new(), 0o700)];
        for (path, node) in &tree.0 {
            let inode = now.len();
            let parent = path.parent().and_then(|parent| find(&now, parent)).unwrap_or(ROOT);
            now.push(match node {
                Node::File(octets, mode) => Content::File(octets.clone(), *mode),
                Node::Directory(mode) => Content::Directory(BTreeMap::new(), *mode),
                Node::Link(to) => Content::Link(to.clone()),
            });
            if let (Content::Directory(names, _), Some(name)) = (&mut now[parent], path.file_name()) {
                names.insert(name.to_owned(), inode);
            }
        }
        Self {
            base: base.to_path_buf(),
            was: now.clone(),
            now,
            operations: Vec::new(),
            open: BTreeMap::new(),
            umask: umask(),
        }
    }

    /// How many operations there were.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    fn at(&self, path: &Path) -> Option<Inode> {
        find(&self.now, path.strip_prefix(&self.base).ok()?)
    }

    /// The directory and the name of a path inside.
    fn entry(&self, path: &Path) -> Option<(Inode, OsString)> {
        Some((self.at(path.parent()?)?, path.file_name()?.to_owned()))
    }

    fn make(&mut self, content: Content, path: &Path) -> Option<Inode> {
        let (directory, name) = self.entry(path)?;
        self.now.push(content.clone());
        self.was.push(match content {
            Content::File(_, mode) => Content::File(Vec::new(), mode),
            other => other,
        });
        let inode = self.now.len() - 1;
        self.change(Change::Names(vec![(directory, name, Some(inode))]));
        Some(inode)
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.now, &change, Extent::All);
        self.operations.push(Operation::Change(change));
    }

    /// Takes a call in; one that it does not know and that changes files is an error of this test.
    pub fn take(&mut self, call: &Call) {
        let Some(answer) = call.answer else { return };
        let argument = |at: usize| call.arguments.get(at).map_or("", String::as_str);
        let number = |at: usize| argument(at).parse::<usize>().unwrap_or_default();
        let mode = |at: usize| u32::from_str_radix(argument(at).trim_start_matches('0'), 8).unwrap_or_default();
        let opened = |at: usize| Some((call.process, trace::descriptor(argument(at))?.0.to_owned()));
        let inode_of = |disk: &Self, at: usize| disk.at(&trace::descriptor(argument(at))?.1);
        match call.name.as_str() {
            "openat" | "openat2" => {
                let Some(path) = trace::path(argument(0), argument(1)) else { return };
                let flags = argument(2);
                let inode = match self.at(&path) {
                    Some(inode) => inode,
                    None if flags.contains("O_CREAT") => {
                        let Some(made) = self.make(Content::File(Vec::new(), mode(3) & !self.umask), &path) else {
                            return;
                        };
                        made
                    }
                    None => return,
                };
                if flags.contains("O_TRUNC") {
                    self.change(Change::Size { inode, size: 0 });
                }
                let offset = match &self.now[inode] {
                    Content::File(octets, _) if flags.contains("O_APPEND") => octets.len(),
                    _ => 0,
                };
                self.open.insert((call.process, answer.to_string()), (inode, offset));
            }
            "write" | "pwrite64" => {
                let (Some(inode), Some(octets)) = (inode_of(self, 0), trace::octets(argument(1))) else { return };
                let octets = octets[..octets.len().min(answer as usize)].to_vec();
                let offset = if call.name == "write" {
                    let place = opened(0).and_then(|opened| self.open.get_mut(&opened)).map(|(_, offset)| {
                        *offset += octets.len();
                        *offset - octets.len()
                    });
                    place.expect("a file that was seen opened")
                } else {
                    number(3)
                };
                self.change(Change::Write { inode, offset, octets });
            }
            "lseek" => {
                if let Some((_, offset)) = opened(0).and_then(|opened| self.open.get_mut(&opened)) {
                    *offset = answer as usize;
                }
            }
            "copy_file_range" | "sendfile" => {
                let (from, to) = if call.name == "sendfile" { (1, 0) } else { (0, 2) };
                let Some(inode) = inode_of(self, to) else { return };
                let path = trace::descriptor(argument(from)).expect("a descriptor").1;
                let source = match self.at(&path).map(|inode| &self.now[inode]) {
                    Some(Content::File(octets, _)) => octets.clone(),
                    _ => std::fs::read(&path).expect("a file that is copied"),
                };
                let mut moved = |at: usize| {
                    let (_, offset) = opened(at).and_then(|opened| self.open.get_mut(&opened)).expect("an open file");
                    *offset += answer as usize;
                    *offset - answer as usize
                };
                let (start, offset) = (moved(from), moved(to));
                let octets = source[start..start + answer as usize].to_vec();
                self.change(Change::Write { inode, offset, octets });
            }
            "ftruncate" => {
                if let Some(inode) = inode_of(self, 0) {
                    self.change(Change::Size { inode, size: number(1) });
                }
            }
            "fchmod" => {
                if let Some(inode) = inode_of(self, 0) {
                    self.change(Change::Mode { inode, mode: mode(1) });
                }
            }
            "fsync" | "fdatasync" => {
                if let Some(inode) = inode_of(self, 0) {
                    self.operations.push(Operation::Sync(inode));
                }
            }
            "syncfs" | "sync" => self.operations.push(Operation::SyncAll),
            "mkdir" => self.directory(trace::path("</>", argument(0)).or_else(|| absolute(argument(0))), mode(1)),
            "mkdirat" => self.directory(trace::path(argument(0), argument(1)), mode(2)),
            "unlink" | "rmdir" => self.remove(absolute(argument(0))),
            "unlinkat" => self.remove(trace::path(argument(0), argument(1))),
            "symlinkat" => self.link(argument(0), trace::path(argument(1), argument(2))),
            "symlink" => self.link(argument(0), absolute(argument(1))),
            "linkat" => {
                let (from, to) = (trace::path(argument(0), argument(1)), trace::path(argument(2), argument(3)));
                let (Some(inode), Some((directory, name))) =
                    (from.and_then(|from| self.at(&from)), to.and_then(|to| self.entry(&to)))
                else {
                    return;
                };
                self.change(Change::Names(vec![(directory, name, Some(inode))]));
            }
            "rename" => self.rename(absolute(argument(0)), absolute(argument(1)), false),
            "renameat" => {
                self.rename(trace::path(argument(0), argument(1)), trace::path(argument(2), argument(3)), false)
            }
            "renameat2" => self.rename(
                trace::path(argument(0), argument(1)),
                trace::path(argument(2), argument(3)),
                argument(4).contains("RENAME_EXCHANGE"),
            ),
            name => {
                let inside = call
                    .arguments
                    .iter()
                    .any(|argument| trace::descriptor(argument).is_some_and(|(_, path)| path.starts_with(&self.base)));
                assert!(!inside, "a call that this test does not know: {name}({:?})", call.arguments);
            }
        }
    }

    fn directory(&mut self, path: Option<PathBuf>, mode: u32) {
        if let Some(path) = path {
            self.make(Content::Directory(BTreeMap::new(), mode & !self.umask), &path);
        }
    }

    fn link(&mut self, to: &str, path: Option<PathBuf>) {
        if let (Some(to), Some(path)) = (trace::octets(to), path) {
            use std::os::unix::ffi::OsStringExt;
            self.make(Content::Link(OsString::from_vec(to).into()), &path);
        }
    }

    fn remove(&mut self, path: Option<PathBuf>) {
        if let Some((directory, name)) = path.and_then(|path| self.entry(&path)) {
            self.change(Change::Names(vec![(directory, name, None)]));
        }
    }

    fn rename(&mut self, from: Option<PathBuf>, to: Option<PathBuf>, exchange: bool) {
        let (Some(from), Some(to)) = (from, to) else { return };
        let inside = (self.at(&from), self.entry(&from), self.entry(&to));
        let (Some(inode), Some((old, old_name)), Some((new, new_name))) = inside else {
            let crosses = inside.1.is_some() != inside.2.is_some();
            assert!(!crosses, "a rename into or out of the place: {from:?} {to:?}");
            return;
        };
        let other = if exchange { self.at(&to) } else { None };
        self.change(Change::Names(vec![(old, old_name, other), (new, new_name, Some(inode))]));
    }

    /// Every disk that a power cut after the first `operations` may leave, or `most` of them by chance.
    pub fn after(&self, operations: usize, most: usize, numbers: &mut Numbers) -> BTreeSet<Tree> {
        let done = &self.operations[..operations];
        let mut open = Vec::new();
        for (at, operation) in done.iter().enumerate() {
            let Operation::Change(change) = operation else { continue };
            let is_safe = |inode: &Inode| {
                let syncs = |operation: &Operation| match operation {
                    Operation::Sync(synced) => synced == inode,
                    Operation::SyncAll => true,
                    Operation::Change(_) => false,
                };
                done[at..].iter().any(syncs)
            };
            let extents: &[Extent] = match change {
                Change::Write { inode, .. } | Change::Size { inode, .. } | Change::Mode { inode, .. }
                    if is_safe(inode) =>
                {
                    &[Extent::All]
                }
                Change::Write { .. } => &[Extent::All, Extent::None, Extent::Half, Extent::Zeros],
                Change::Size { .. } | Change::Mode { .. } => &[Extent::All, Extent::None],
                Change::Names(names) if names.iter().all(|(directory, ..)| is_safe(directory)) => &[Extent::All],
                // Between two directories: the one that was synced has its new name, the other may have its old one too.
                Change::Names(names) => match names.last() {
                    Some((directory, ..)) if is_safe(directory) => &[Extent::All, Extent::Half],
                    _ if names.iter().any(|(directory, ..)| *directory != names[0].0) => {
                        &[Extent::All, Extent::None, Extent::Half]
                    }
                    _ => &[Extent::All, Extent::None],
                },
            };
            open.push((change, extents));
        }
        let all = open.iter().try_fold(1_usize, |all, (_, extents)| all.checked_mul(extents.len()));
        let mut trees = BTreeSet::new();
        let some = all.filter(|all| *all <= most);
        for one in 0..some.unwrap_or(most) {
            let mut number = one;
            let mut disk = self.was.clone();
            for (change, extents) in &open {
                let choice = if some.is_some() { number % extents.len() } else { numbers.below(extents.len()) };
                number /= extents.len();
                apply(&mut disk, change, extents[choice]);
            }
            let mut tree = Tree::default();
            materialise(&disk, ROOT, Path::new(""), &mut tree);
            trees.insert(tree);
        }
        trees
    }
}

/// How much of a change came to the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    All,
    None,
    /// The first half of the octets; of names the last.
    Half,
    Zeros,
}

fn umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let umask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    umask.and_then(|umask| u32::from_str_radix(umask.trim(), 8).ok()).unwrap_or(0o022)
}

fn absolute(argument: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(OsString::from_vec(trace::octets(argument)?))).filter(|path| path.is_absolute())
}

fn find(contents: &[Content], path: &Path) -> Option<Inode> {
    path.iter().try_fold(ROOT, |inode, name| match contents.get(inode)? {
        Content::Directory(names, _) => names.get(name).copied(),
        _ => None,
    })
}

fn apply(contents: &mut [Content], change: &Change, extent: Extent) {
    match change {
        _ if extent == Extent::None => {}
        Change::Write { inode, offset, octets } => {
            let Content::File(file, _) = &mut contents[*inode] else { return };
            let length = if extent == Extent::Half { octets.len() / 2 } else { octets.len() };
            if file.len() < offset + length {
                file.resize(offset + length, 0);
            }
            let target = &mut file[*offset..offset + length];
            if extent == Extent::Zeros { target.fill(0) } else { target.copy_from_slice(&octets[..length]) }
        }
        Change::Size { inode, size } => {
            if let Content::File(file, _) = &mut contents[*inode] {
                file.resize(*size, 0);
            }
        }
        Change::Mode { inode, mode } => {
            if let Content::File(_, own) | Content::Directory(_, own) = &mut contents[*inode] {
                *own = *mode;
            }
        }
        Change::Names(names) => {
            let first = if extent == Extent::Half { names.len() - 1 } else { 0 };
            for (directory, name, inode) in &names[first..] {
                let Content::Directory(entries, _) = &mut contents[*directory] else { continue };
                match inode {
                    Some(inode) => entries.insert(name.clone(), *inode),
                    None => entries.remove(name),
                };
            }
        }
    }
}

fn materialise(contents: &[Content], inode: Inode, path: &Path, tree: &mut Tree) {
    let node = match &contents[inode] {
        Content::File(octets, mode) => Node::File(octets.clone(), *mode),
        Content::Link(to) => Node::Link(to.clone()),
        Content::Directory(names, mode) => {
            for (name, inode) in names {
                materialise(contents, *inode, &path.join(name), tree);
            }
            Node::Directory(*mode)
        }
    };
    if inode != ROOT {
        tree.0.insert(path.to_path_buf(), node);
    }
}
