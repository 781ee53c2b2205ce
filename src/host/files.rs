//! A real tree of files at any root: the live machine, or a directory that `--root` names.
//!
//! castore runs as root over files that others may have written, and between looking at a path
//! and opening it they may put something else there. So a path is resolved here, step by step
//! (`resolve`), and what is then opened is opened without following a single link, without ever
//! waiting, and is read only if the *open* file is regular and the very one that was resolved.
//! Size is bounded before reading and while reading; nothing is mapped, since a mapped file that
//! shrinks kills the process.

#![expect(clippy::disallowed_methods, reason = "the door to files: every path is resolved inside the root")]

use super::native::{self, Facts, Root, Want};
use super::resolve::{self, Step, descriptor, is_plain};
use super::{DirectoryEntry, Files, Kind, OVERLAP, PART, Pieces, Resolved, Walked, WalkedKind};
use crate::limits::{DIRECTORY_NAMES, PATHS_REMEMBERED, SYMLINKS};
use crate::model::{Target, Unreadable};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use walkdir::WalkDir;

/// The files below one directory of this machine, that directory being `/`.
///
/// What was once a directory is taken for one as long as the tree lives, and a link for the same
/// link, since hundreds of names in a hash directory share their parents and link to each other. A
/// directory that has become a link since is noticed when something beneath it is opened; a link that
/// has changed leads to where it led when it was first looked at.
#[derive(Debug)]
pub struct Tree {
    /// Empty where live paths start with a drive.
    root: PathBuf,
    open: Root,
    passed: Mutex<HashMap<OsString, Passed>>,
    /// Room for a part of a file, used again for the next: it is cleared once.
    room: Mutex<Vec<u8>>,
}

/// Where the root of a tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rooted {
    /// A directory: its path behind all links.
    Here(PathBuf),
    /// A directory of another mount namespace, behind a link of `/proc` whose text names something else here (proc(5),
    /// `/proc/[pid]/root`): the link itself, which alone leads there.
    Elsewhere(PathBuf),
}

/// Where the root that is called so is.
pub fn rooted(root: &Path) -> Result<Rooted, Unreadable> {
    let identity = |path: &Path| std::fs::metadata(path).map(|metadata| native::facts(&metadata).identity);
    let behind = std::fs::canonicalize(root).map_err(|error| looking(&error))?;
    let same =
        identity(root).map_err(|error| looking(&error))? == identity(&behind).map_err(|error| looking(&error))?;
    Ok(if same { Rooted::Here(without_verbatim(&behind)) } else { Rooted::Elsewhere(root.to_path_buf()) })
}

/// What a path goes through on its way.
#[derive(Debug)]
enum Passed {
    Directory,
    /// With its text.
    Link(PathBuf),
}

impl From<&Passed> for Step {
    fn from(passed: &Passed) -> Self {
        match passed {
            Passed::Directory => Self::Directory,
            Passed::Link(text) => Self::Link(text.clone()),
        }
    }
}

impl Tree {
    /// The machine this runs on.
    pub fn live() -> Result<Self, Unreadable> {
        Self::at(native::LIVE_ROOT)
    }

    /// The tree whose `/` is the directory `root`, links to it followed.
    pub fn at(root: impl Into<PathBuf>) -> Result<Self, Unreadable> {
        let mut root = root.into();
        if !root.as_os_str().is_empty() {
            root = match rooted(&root)? {
                Rooted::Here(root) | Rooted::Elsewhere(root) => root,
            };
        }
        let open = Root::open(&root).map_err(|error| match error.kind() {
            io::ErrorKind::NotADirectory => Unreadable::WrongKind("file"),
            _ => looking(&error),
        })?;
        Ok(Self { root, open, passed: Mutex::default(), room: Mutex::default() })
    }

    /// The tree whose `/` is what a link of `/proc` leads to: its text would be read here, and names a
    /// place there.
    pub fn behind(link: impl Into<PathBuf>) -> Result<Self, Unreadable> {
        let root = link.into();
        let open = Root::open(&root).map_err(|error| looking(&error))?;
        Ok(Self { root, open, passed: Mutex::default(), room: Mutex::default() })
    }

    /// The same tree, of which nothing is remembered.
    pub(crate) fn again(&self) -> Result<Self, Unreadable> {
        Self::behind(&self.root)
    }

    /// Whether it is the machine this runs on.
    pub(crate) fn is_live(&self) -> bool {
        self.root == Path::new(native::LIVE_ROOT)
    }

    /// Opens a directory behind no link, inside the root.
    #[allow(dead_code, reason = "on Windows a directory is a path")]
    pub(crate) fn open_directory(&self, path: &Path) -> io::Result<File> {
        self.open.open_beneath(path, Want::Directory)
    }

    /// Where `inside` is on this machine.
    pub(crate) fn on_disk(&self, inside: &Path) -> PathBuf {
        if self.root.as_os_str().is_empty() || self.root == Path::new("/") {
            return inside.to_path_buf();
        }
        let below = inside.components().filter(|part| matches!(part, Component::Normal(_)));
        self.root.components().chain(below).collect()
    }

    /// Looks at one path without following it; `last` is what was looked at on disk.
    fn look(&self, at: &Path, last: &mut Option<(PathBuf, Metadata)>) -> Result<Step, Unreadable> {
        if let Some(passed) = self.passed().get(at.as_os_str()) {
            return Ok(passed.into());
        }
        let on_disk = self.on_disk(at);
        let metadata = std::fs::symlink_metadata(&on_disk).map_err(|error| looking(&error))?;
        let step = match metadata.is_symlink() {
            true => Step::Link(std::fs::read_link(&on_disk).map_err(|error| looking(&error))?),
            false => Step::from(native::facts(&metadata).kind),
        };
        match &step {
            Step::Directory => self.remember([(at.as_os_str().to_owned(), Passed::Directory)]),
            Step::Link(text) => self.remember([(at.as_os_str().to_owned(), Passed::Link(text.clone()))]),
            Step::Leaf => {}
        }
        *last = Some((at.to_path_buf(), metadata));
        Ok(step)
    }

    fn remember(&self, new: impl IntoIterator<Item = (OsString, Passed)>) {
        let mut passed = self.passed();
        for (path, what) in new {
            if passed.len() >= PATHS_REMEMBERED {
                passed.clear();
            }
            passed.entry(path).or_insert(what);
        }
    }

    /// The answer for a path without dots whose parent is known to be a directory behind no link: most
    /// paths, and one look instead of one for every part. Links are followed where the same holds for
    /// what they name.
    fn straight(&self, path: &Path) -> Option<Result<Resolved, Unreadable>> {
        let (mut at, mut links) = (path.to_path_buf(), Vec::new());
        loop {
            let parent = at.parent().filter(|_| is_plain(&at))?;
            let known = {
                let passed = self.passed();
                let is_directory = |place: &Path| matches!(passed.get(place.as_os_str()), Some(Passed::Directory));
                if parent != Path::new("/") && !is_directory(parent) {
                    return None;
                }
                match passed.get(at.as_os_str()) {
                    Some(Passed::Link(text)) => Some(parent.join(text)),
                    _ => None,
                }
            };
            let named = match known {
                Some(named) => named,
                None => match std::fs::symlink_metadata(self.on_disk(&at)) {
                    Ok(metadata) if metadata.is_symlink() => {
                        let text = std::fs::read_link(self.on_disk(&at)).ok()?;
                        if descriptor(&at, &text).is_some() {
                            return None;
                        }
                        let named = parent.join(&text);
                        self.remember([(at.as_os_str().to_owned(), Passed::Link(text))]);
                        named
                    }
                    Ok(metadata) => {
                        let facts = native::facts(&metadata);
                        if facts.kind == Kind::Directory {
                            self.remember([(at.as_os_str().to_owned(), Passed::Directory)]);
                        }
                        return Some(Ok(resolved(at, links, facts)));
                    }
                    // What is missing was named by a link, or by the path itself.
                    Err(error) => match looking(&error) {
                        Unreadable::Absent if !links.is_empty() => return Some(Err(Unreadable::Dangling)),
                        why => return Some(Err(why)),
                    },
                },
            };
            links.push(std::mem::replace(&mut at, named));
            if links.len() > SYMLINKS {
                return Some(Err(Unreadable::Loop));
            }
        }
    }

    /// A thread that panicked has left nothing half done in a map.
    fn passed(&self) -> MutexGuard<'_, HashMap<OsString, Passed>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolution by the system itself, where paths have drives.
    fn resolve_by_system(path: &Path) -> Result<Resolved, Unreadable> {
        let direct = std::fs::symlink_metadata(path).map_err(|error| looking(&error))?;
        let links = if direct.is_symlink() { vec![path.to_path_buf()] } else { Vec::new() };
        let real = std::fs::canonicalize(path).map_err(|error| match looking(&error) {
            Unreadable::Absent if direct.is_symlink() => Unreadable::Dangling,
            why => why,
        })?;
        let metadata = std::fs::metadata(&real).map_err(|error| looking(&error))?;
        Ok(resolved(without_verbatim(&real), links, native::facts(&metadata)))
    }

    /// Opens what `resolved` found and makes sure that it still is that.
    fn open(&self, resolved: &Resolved, want: Want) -> Result<(File, Metadata), Unreadable> {
        let file = self.open.open_beneath(&resolved.path, want).map_err(|error| opening(&error))?;
        let metadata = file.metadata().map_err(|error| looking(&error))?;
        let facts = native::facts(&metadata);
        match (want, facts.kind) {
            (Want::File, Kind::File) | (Want::Directory, Kind::Directory) => {}
            (_, kind) => return Err(refused(kind)),
        }
        let same = resolved.identity.is_none() || resolved.identity == facts.identity;
        if same { Ok((file, metadata)) } else { Err(Unreadable::Changed) }
    }

    /// Whether the walk enters this directory.
    fn enters(&self, on_disk: &Path, inside: &Path) -> bool {
        let live = self.root == Path::new(native::LIVE_ROOT);
        let never = live && native::NEVER_WALKED.iter().any(|name| inside == Path::new(name));
        !never && !native::is_pseudo_filesystem(on_disk)
    }
}

impl Tree {
    /// Reads an open file, and makes sure that it did not change meanwhile.
    fn unchanged(
        &self,
        resolved: &Resolved,
        limit: u64,
        read: impl FnOnce(&File, u64) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        if resolved.kind != Kind::File {
            return Err(refused(resolved.kind));
        }
        let (file, before) = self.open(resolved, Want::File)?;
        if before.len() > limit {
            return Err(Unreadable::TooLarge(limit));
        }
        read(&file, before.len())?;
        let after = file.metadata().map_err(|error| looking(&error))?;
        let same = before.len() == after.len() && before.modified().ok() == after.modified().ok();
        if same { Ok(()) } else { Err(Unreadable::Changed) }
    }
}

impl Files for Tree {
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        if self.root.as_os_str().is_empty() {
            return Self::resolve_by_system(path);
        }
        if let Some(found) = self.straight(path) {
            return found;
        }
        let mut last = None;
        let followed = resolve::follow(path, &mut |at| self.look(at, &mut last))?;
        let metadata = match last {
            Some((at, metadata)) if at == followed.path => metadata,
            _ => std::fs::symlink_metadata(self.on_disk(&followed.path)).map_err(|error| looking(&error))?,
        };
        Ok(resolved(followed.path, followed.links, native::facts(&metadata)))
    }

    fn known_link(&self, path: &Path) -> Option<PathBuf> {
        match self.passed().get(path.as_os_str())? {
            Passed::Link(text) => Some(path.parent()?.join(text)),
            Passed::Directory => None,
        }
    }

    fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        self.unchanged(resolved, limit, |file, size| read_at_most(file, size, limit, bytes))
    }

    fn open_pieces(
        &self,
        resolved: &Resolved,
        limit: u64,
        work: &mut dyn FnMut(&mut dyn Pieces) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        self.unchanged(resolved, limit, |file, size| work(&mut Open { file, size, limit, at: 0, room: &self.room }))
    }

    fn owner(&self, path: &Path) -> Option<u32> {
        let metadata = std::fs::symlink_metadata(self.on_disk(path)).ok()?;
        native::facts(&metadata).owner
    }

    fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable> {
        if resolved.kind != Kind::Directory {
            return Err(refused(resolved.kind));
        }
        let (directory, _) = self.open(resolved, Want::Directory)?;
        let mut entries = self.open.list(directory, &resolved.path, DIRECTORY_NAMES)?;
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.remember(entries.iter().filter_map(|entry| match &entry.target {
            Target::Link(text) => Some((resolved.path.join(&entry.name).into(), Passed::Link(text.clone()))),
            _ => None,
        }));
        Ok(entries)
    }

    fn names(&self, resolved: &Resolved) -> Result<Arc<Vec<OsString>>, Unreadable> {
        if resolved.kind != Kind::Directory {
            return Err(refused(resolved.kind));
        }
        let (directory, _) = self.open(resolved, Want::Directory)?;
        let mut names = self.open.names(directory, &resolved.path, DIRECTORY_NAMES)?;
        names.sort_unstable();
        Ok(Arc::new(names))
    }

    fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
        let start = match self.resolve(path) {
            Ok(found) => found.path,
            Err(why) => {
                visit(Err((path.to_path_buf(), why)));
                return;
            }
        };
        let on_disk = self.on_disk(&start);
        if !self.enters(&on_disk, &start) {
            return;
        }
        let inside = |met: &Path| match met.strip_prefix(&on_disk) {
            Ok(below) => start.join(below),
            Err(_) => met.to_path_buf(),
        };
        let walk = WalkDir::new(&on_disk).min_depth(1).follow_links(false);
        // The root itself was opened with its links followed.
        let walk = walk.follow_root_links(start == Path::new("/")).into_iter();
        let walk = walk.filter_entry(|entry| {
            entry.depth() == 0 || !entry.file_type().is_dir() || self.enters(entry.path(), &inside(entry.path()))
        });
        for entry in walk {
            let met = match entry {
                Ok(entry) => Ok(Walked { path: inside(entry.path()), target: walked(entry.file_type()) }),
                Err(error) => {
                    let path = error.path().map_or_else(|| start.clone(), inside);
                    let why = error.io_error().map_or(Unreadable::Loop, looking);
                    Err((path, why))
                }
            };
            if !visit(met) {
                return;
            }
        }
    }
}

/// Reads as many octets as the file has, which is known to be within the limit: one that grows meanwhile is seen to
/// have changed. Some of the kernel's files say that they hold nothing: these are read to the end, and one octet
/// past the limit to see whether it is the end.
fn read_at_most(file: &File, size: u64, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
    let most = if size > 0 { size } else { limit.saturating_add(1) };
    bytes.clear();
    bytes.reserve(usize::try_from(size).unwrap_or(0));
    file.take(most).read_to_end(bytes).map_err(|error| looking(&error))?;
    if bytes.len() as u64 > limit { Err(Unreadable::TooLarge(limit)) } else { Ok(()) }
}

/// A file of a tree while it is open.
struct Open<'t> {
    file: &'t File,
    /// Octets when it was opened.
    size: u64,
    limit: u64,
    /// Where the next octet is read from.
    at: u64,
    /// Room for a part, used again for those of the next file: it is cleared once.
    room: &'t Mutex<Vec<u8>>,
}

impl Open<'_> {
    fn go_to(&mut self, at: u64) -> Result<(), Unreadable> {
        if self.at != at {
            self.file.seek(io::SeekFrom::Start(at)).map_err(|error| looking(&error))?;
            self.at = at;
        }
        Ok(())
    }

    /// Reads part by part into one buffer, each after the end of the one before.
    fn parts_into(
        &mut self,
        buffer: &mut [u8],
        range: Range<u64>,
        visit: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), Unreadable> {
        self.go_to(range.start)?;
        let mut kept = 0;
        loop {
            let left = usize::try_from(range.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            let room = kept + left.min(buffer.len() - kept);
            let read = match self.file.read(&mut buffer[kept..room]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|error| looking(&error))?,
            };
            self.at += read as u64;
            if self.at > self.limit {
                return Err(Unreadable::TooLarge(self.limit));
            }
            let end = kept + read;
            if read == 0 || !visit(&buffer[..end]) || self.at >= range.end {
                return Ok(());
            }
            kept = end.min(OVERLAP);
            buffer.copy_within(end - kept..end, 0);
        }
    }
}

impl Pieces for Open<'_> {
    fn piece(&mut self, range: Range<u64>) -> Result<Vec<u8>, Unreadable> {
        let length = range.end.min(self.size).saturating_sub(range.start);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        if length > 0 {
            self.go_to(range.start)?;
            self.file.take(length).read_to_end(&mut bytes).map_err(|error| looking(&error))?;
            self.at += bytes.len() as u64;
        }
        Ok(bytes)
    }

    fn parts(&mut self, range: Range<u64>, visit: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Unreadable> {
        let mut room = self.room.lock().map(|mut room| std::mem::take(&mut *room)).unwrap_or_default();
        room.resize(PART, 0);
        let read = self.parts_into(&mut room, range, visit);
        if let Ok(mut free) = self.room.lock() {
            *free = room;
        }
        read
    }
}

fn resolved(path: PathBuf, links: Vec<PathBuf>, facts: Facts) -> Resolved {
    let Facts { kind, size, mode, owner, group, identity, changed } = facts;
    let size = if kind == Kind::File { size } else { 0 };
    Resolved { path, kind, size, mode, owner, group, identity, changed, links }
}

fn walked(kind: FileType) -> WalkedKind {
    match () {
        () if kind.is_file() => WalkedKind::File,
        () if kind.is_dir() => WalkedKind::Directory,
        () if kind.is_symlink() => WalkedKind::Link,
        () => WalkedKind::Other,
    }
}

/// A thing of this kind stood where another was wanted.
fn refused(kind: Kind) -> Unreadable {
    match kind {
        Kind::File => Unreadable::WrongKind("file"),
        Kind::Directory => Unreadable::WrongKind("directory"),
        Kind::Other(kind) => Unreadable::NotRegular(kind),
    }
}

/// What an error while looking at a path means.
fn looking(error: &io::Error) -> Unreadable {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unreadable::Absent,
        io::ErrorKind::PermissionDenied => Unreadable::Denied,
        _ => Unreadable::Io(error.to_string()),
    }
}

/// What an error while opening a path means that was there a moment ago.
fn opening(error: &io::Error) -> Unreadable {
    match looking(error) {
        Unreadable::Absent => Unreadable::Changed,
        _ if native::is_redirection(error) => Unreadable::Changed,
        why => why,
    }
}

/// `C:\x` for `\\?\C:\x`, which is how Windows says that nothing is left to resolve.
fn without_verbatim(path: &Path) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) if plain.as_bytes().get(1) == Some(&b':') => PathBuf::from(plain),
        _ => path.to_path_buf(),
    }
}
