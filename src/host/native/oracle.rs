//! Resolution against two judges: the same tree as a map, and the kernel itself.
//!
//! `openat2` with `RESOLVE_IN_ROOT` follows links inside a directory as chroot would. castore
//! does not resolve with it, since it does not tell which links it followed and other systems
//! lack it; here it says whether the steps made in user space end where the kernel's do.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes what it reads, and says what it skips"
)]

use super::super::files::Tree;
use super::super::memory::{Memory, Node};
use super::super::{Files, Kind, Resolved};
use super::{linux, unix};
use crate::model::Unreadable;
use proptest::prelude::*;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A name, mostly a real one.
fn part() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("a"), 4 => Just("b"), 3 => Just("c"), 2 => Just(".."), 1 => Just(".")]
}

/// A path or the text of a link: absolute or not, with or without a last slash.
fn text() -> impl Strategy<Value = String> {
    (any::<bool>(), prop::collection::vec(part(), 1..5), prop::bool::weighted(0.1)).prop_map(|(root, parts, slash)| {
        format!("{}{}{}", if root { "/" } else { "" }, parts.join("/"), if slash { "/" } else { "" })
    })
}

fn node() -> impl Strategy<Value = Node> {
    prop_oneof![
        2 => Just(Node::Directory),
        2 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Node::File),
        4 => text().prop_map(|text| Node::Link(text.into())),
    ]
}

fn place() -> impl Strategy<Value = PathBuf> {
    prop::collection::vec(prop_oneof![Just("a"), Just("b"), Just("c")], 1..4)
        .prop_map(|parts| Path::new("/").join(parts.join("/")))
}

/// Makes one node in the map and on disk, where its parent is a directory and it is new.
fn make(root: &Path, made: &mut BTreeMap<PathBuf, Node>, path: PathBuf, node: Node) {
    let parent = path.parent().unwrap_or(Path::new("/"));
    let ready = parent == Path::new("/") || made.get(parent) == Some(&Node::Directory);
    if !ready || made.contains_key(&path) {
        return;
    }
    let on_disk = root.join(path.strip_prefix("/").unwrap());
    match &node {
        Node::File(bytes) => std::fs::write(on_disk, bytes).unwrap(),
        Node::Directory => std::fs::create_dir(on_disk).unwrap(),
        Node::Link(text) => symlink(text, on_disk).unwrap(),
        Node::Other(_) | Node::Denied => return,
    }
    made.insert(path, node);
}

/// Where the kernel ends, or its error. It says EAGAIN where something anywhere on the machine was
/// renamed while it followed `..` (openat2(2)), and wants to be asked again.
fn kernel(root: &OwnedFd, path: &str) -> Result<(u64, u64), Errno> {
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let ask = || rustix::fs::openat2(root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), how);
    let found = std::iter::repeat_with(ask).find(|found| !matches!(found, Err(Errno::AGAIN)));
    let found = found.unwrap_or(Err(Errno::AGAIN))?;
    let stat = rustix::fs::fstat(found)?;
    Ok((stat.st_dev, stat.st_ino))
}

fn agrees_with_kernel(ours: &Result<Resolved, Unreadable>, kernel: Result<(u64, u64), Errno>) -> bool {
    match (ours, kernel) {
        (Ok(found), Ok(identity)) => found.identity == Some(identity),
        (Err(Unreadable::Absent | Unreadable::Dangling), Err(Errno::NOENT | Errno::NOTDIR)) => true,
        (Err(Unreadable::Loop), Err(Errno::LOOP)) => true,
        _ => false,
    }
}

fn without_numbers(found: Result<Resolved, Unreadable>) -> Result<(PathBuf, Kind, u64, Vec<PathBuf>), Unreadable> {
    found.map(|found| (found.path, found.kind, found.size, found.links))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_on_disk_a_map_and_the_kernel_resolve_alike(
        nodes in prop::collection::vec((place(), node()), 8..48),
        asked in prop::collection::vec(text(), 1..16),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut made = BTreeMap::new();
        for (path, node) in nodes {
            make(directory.path(), &mut made, path, node);
        }
        let memory = made.into_iter().fold(Memory::new(), |memory, (path, node)| memory.with(path, node));
        let tree = Tree::at(directory.path()).unwrap();
        let root = rustix::fs::openat(CWD, directory.path(), OFlags::PATH, Mode::empty()).unwrap();
        let openat2 = !matches!(kernel(&root, "."), Err(Errno::NOSYS | Errno::PERM));
        for path in asked {
            let ours = tree.resolve(Path::new(&path));
            if openat2 {
                let theirs = kernel(&root, &path);
                prop_assert!(agrees_with_kernel(&ours, theirs), "{path}: ours {ours:?}, kernel {theirs:?}");
            }
            if let Ok(found) = &ours {
                prop_assert_eq!(tree.list(found).is_ok(), found.kind == Kind::Directory);
                prop_assert_eq!(tree.read(found, 9), memory.read(found, 9).map_err(|_| Unreadable::WrongKind("directory")));
                prop_assert_eq!(tree.list(found).unwrap_or_default(), memory.list(found).unwrap_or_default());
            }
            prop_assert_eq!(without_numbers(ours), without_numbers(memory.resolve(Path::new(&path))), "{}", path);
        }
    }
}

#[test]
fn opening_in_one_call_and_step_by_step_accept_and_refuse_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::write(root.join("a/b/file"), "x").unwrap();
    symlink("b", root.join("a/link")).unwrap();
    symlink("file", root.join("a/b/last")).unwrap();
    let held = rustix::fs::openat(CWD, root, OFlags::PATH, Mode::empty()).unwrap();
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for path in [".", "a", "a/b/file", "a/link/file", "a/b/last", "a/link", "a/none", "a/b/file/x", "none/x", "a/../a"]
    {
        let at_once = linux::open_beneath(held.as_fd(), Path::new(path), flags);
        let stepwise = unix::step_by_step(held.as_fd(), Path::new(path), flags);
        // Inside the tree `..` is fine for the kernel; no resolved path has one.
        assert_eq!(at_once.is_ok() && path != "a/../a", stepwise.is_ok(), "{path}: {at_once:?}, {stepwise:?}");
    }
}
