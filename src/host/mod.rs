//! The machine under inspection, as a value: files, environment, system, directories.
//!
//! Everything above asks a [`Host`] and nothing else, so the live machine, a tree given by
//! `--root` and a map in a test are one code path. Links resolve inside the root as that host's
//! own kernel would: an absolute link starts again at the root, `..` stops there, forty links
//! end it. Only regular files are read, through a descriptor that is checked after opening.

pub mod accounts;
pub mod files;
mod layer;
mod lists;
pub mod memory;
pub mod native;
mod overlaid;
mod pieces;
pub mod process;
pub mod recorded;
mod remembered;
mod resolve;
pub mod rights;

pub use lists::{is_list, search_list, split_list};
pub use pieces::{OVERLAP, PART, Pieces};

use crate::limits::{PATH, SETTINGS_FILES_KEPT, SETTINGS_KEPT, SETTINGS_SIZE};
use crate::model::{Password, Target, Unreadable};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The environment variables a program on the host would see.
pub type Environment = BTreeMap<OsString, OsString>;

/// The settings files read so far, by the octets of the path that their links led to.
type Texts = Arc<Mutex<BTreeMap<OsString, Arc<str>>>>;

/// The kind of operating system a host runs; rows say which they hold on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// Linux, with any C library.
    Linux,
    /// FreeBSD, OpenBSD, NetBSD, DragonFly.
    Bsd,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// What is at a path, its last link followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A FIFO, device, socket: never opened.
    Other(&'static str),
}

/// A path with every link followed, inside the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The path, absolute inside the root, without links, `.` or `..`.
    pub path: PathBuf,
    /// What is there.
    pub kind: Kind,
    /// Octets, for a file.
    pub size: u64,
    /// Permission bits, where the system has them.
    pub mode: Option<u32>,
    /// Owner's numeric id, where the system has them.
    pub owner: Option<u32>,
    /// Group's numeric id, where the system has them.
    pub group: Option<u32>,
    /// Device and inode, or another identity that hard links share, where the system has one.
    pub identity: Option<(u64, u64)>,
    /// When its content or attributes last changed (`st_ctime`): seconds and nanoseconds since 1970, where the system
    /// has it.
    pub changed: Option<(i64, u32)>,
    /// The links followed, in order, as absolute paths inside the root.
    pub links: Vec<PathBuf>,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The name.
    pub name: OsString,
    /// What it is, its own link not followed.
    pub target: Target,
}

/// Access to a tree of files. Paths are absolute inside its root.
pub trait Files: Send + Sync {
    /// Follows every link of `path`.
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable>;

    /// What is where `path` leads: most that is asked for is asked for this alone.
    fn kind(&self, path: &Path) -> Result<Kind, Unreadable> {
        Ok(self.resolve(path)?.kind)
    }

    /// What the link at `path` names, whose parents are no links, where that is known without another look.
    fn known_link(&self, _path: &Path) -> Option<PathBuf> {
        None
    }

    /// Puts the octets of the regular file that `resolved` found into `bytes`, at most `limit`;
    /// what was in `bytes` is gone, its room is used again.
    fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable>;

    /// The octets of the regular file that `resolved` found, at most `limit` of them.
    fn read(&self, resolved: &Resolved, limit: u64) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = Vec::new();
        self.read_into(resolved, limit, &mut bytes)?;
        Ok(bytes)
    }

    /// Opens the regular file that `resolved` found, at most `limit` octets, and passes it to `work`.
    fn open_pieces(
        &self,
        resolved: &Resolved,
        limit: u64,
        work: &mut dyn FnMut(&mut dyn Pieces) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        work(&mut pieces::Whole(&self.read(resolved, limit)?))
    }

    /// The numeric id of the owner of what stands at `path`, whose parents are no links; its own link is not
    /// followed. Nothing where the system has no such ids.
    fn owner(&self, path: &Path) -> Option<u32> {
        self.resolve(path).ok().filter(|found| found.path == path)?.owner
    }

    /// What is in the directory that `resolved` found, in byte order of the names.
    fn list(&self, resolved: &Resolved) -> Result<Vec<DirectoryEntry>, Unreadable>;

    /// The names alone, in byte order: no link is read.
    fn names(&self, resolved: &Resolved) -> Result<Arc<Vec<OsString>>, Unreadable> {
        Ok(Arc::new(self.list(resolved)?.into_iter().map(|entry| entry.name).collect()))
    }

    /// Calls `visit` for everything below the directory `path` (links not followed, other file
    /// systems entered, pseudo file systems like /proc left out), in any order, until it
    /// returns false. What cannot be entered is passed as an error.
    fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool);
}

/// One thing met on a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// Its path inside the root.
    pub path: PathBuf,
    /// What it is, its own link not followed.
    pub target: WalkedKind,
}

/// What a walk met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkedKind {
    /// A regular file.
    File,
    /// A directory, which the walk enters next.
    Directory,
    /// A symbolic link, not followed.
    Link,
    /// Anything else.
    Other,
}

/// For whom a host is looked at, which decides what is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct View {
    /// Whether the installations of every account are looked for.
    pub every_account: bool,
    /// Whether the variables are those of a login.
    pub login: bool,
}

/// The machine under inspection.
pub struct Host {
    files: Arc<dyn Files>,
    environment: Environment,
    closed: Arc<Mutex<BTreeSet<PathBuf>>>,
    learned: Arc<Mutex<Vec<Password>>>,
    texts: Texts,
    /// What kind of system it is.
    pub system: System,
    /// The directory relative paths start from.
    pub cwd: PathBuf,
    /// The home directory of the user in question, if there is one.
    pub home: Option<PathBuf>,
    /// Octets read from one file at most.
    pub file_size: u64,
    /// How much decoding one file may take.
    pub bounds: crate::limits::Bounds,
    /// Whether the program in question runs with rights that its caller did not have (`AT_SECURE`).
    pub privileged: bool,
    /// Accounts whose own installations are looked for as well.
    pub accounts: Vec<accounts::PasswdEntry>,
    /// For whom it is looked at.
    pub view: View,
    /// Homes of accounts that permissions closed: what those accounts use is not known.
    pub closed_homes: Vec<PathBuf>,
    /// Passwords that the user gave for keystores.
    pub passwords: Vec<Password>,
    /// Whether this is the machine castore runs on, so that its native stores may be asked.
    pub live: bool,
    /// Whether `SSL_CERT_FILE` or `SSL_CERT_DIR` is set in the process castore runs as: the library
    /// that asks the native stores would then answer from those instead.
    pub overridden: bool,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("system", &self.system).field("cwd", &self.cwd).finish_non_exhaustive()
    }
}

impl Host {
    /// A host of these files, with an empty environment, at `/`.
    #[must_use]
    pub fn new(files: Box<dyn Files>, system: System) -> Self {
        Self {
            files: files.into(),
            environment: Environment::new(),
            closed: Arc::default(),
            learned: Arc::default(),
            texts: Arc::default(),
            system,
            cwd: PathBuf::from("/"),
            home: None,
            file_size: crate::limits::FILE_SIZE,
            bounds: crate::limits::Bounds::default(),
            privileged: false,
            accounts: Vec::new(),
            view: View::default(),
            closed_homes: Vec::new(),
            passwords: Vec::new(),
            live: false,
            overridden: false,
        }
    }

    /// The same host with this environment; `HOME` in it is the home directory.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.set_environment(environment);
        self
    }

    /// Keeps a record of every path that is looked at from now on.
    pub fn record(&mut self) -> recorded::Record {
        let record = recorded::Record::default();
        self.files = Arc::new(recorded::Recorded { files: Arc::clone(&self.files), record: record.clone() });
        record
    }

    /// Resolves each path and lists each directory once from now on.
    pub fn remember(&mut self) {
        self.files = Arc::new(remembered::Remembered::new(Arc::clone(&self.files)));
    }

    /// The same host, seen by another account from its home directory.
    #[must_use]
    pub fn seen_from(&self, home: &Path) -> Self {
        Self {
            files: Arc::clone(&self.files),
            environment: self.environment.clone(),
            closed: Arc::clone(&self.closed),
            learned: Arc::clone(&self.learned),
            texts: Arc::clone(&self.texts),
            cwd: home.to_path_buf(),
            home: Some(home.to_path_buf()),
            accounts: Vec::new(),
            closed_homes: Vec::new(),
            passwords: self.passwords.clone(),
            ..*self
        }
    }

    /// The same host with this environment, and with these files as they would be, by their paths behind all links.
    #[must_use]
    pub fn changed(&self, environment: Environment, over: BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let files = Arc::clone(&self.files);
        let files = if over.is_empty() { files } else { Arc::new(overlaid::Overlaid { files, over }) };
        let mut changed = Self {
            files,
            environment: Environment::new(),
            closed: Arc::clone(&self.closed),
            learned: Arc::clone(&self.learned),
            texts: Arc::default(),
            cwd: self.cwd.clone(),
            home: self.home.clone(),
            accounts: self.accounts.clone(),
            closed_homes: self.closed_homes.clone(),
            passwords: self.passwords.clone(),
            ..*self
        };
        changed.set_environment(environment);
        changed
    }

    /// Puts this environment in the place of the one before; `HOME` in it is the home directory.
    pub fn set_environment(&mut self, environment: Environment) {
        if let Some(home) = environment.get(OsStr::new("HOME")).filter(|home| !home.is_empty()) {
            self.home = Some(PathBuf::from(home));
        }
        self.environment = environment;
    }

    /// A variable, if it is set; it may be empty, which is not the same as unset.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All variables.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// `path` made absolute from the current directory; `~` is a name like others, as it is to most programs.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.cwd.join(path)
    }

    /// The same, with `~/` from the home directory: for what the user tells castore, and for programs that were seen to
    /// do it themselves.
    #[must_use]
    pub fn expanded(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => self.absolute(path),
        }
    }

    /// Follows every link of `path`.
    pub fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        self.at(path, |at| self.files.resolve(at))
    }

    fn kind(&self, path: &Path) -> Result<Kind, Unreadable> {
        self.at(path, |at| self.files.kind(at))
    }

    /// Looks at a path made absolute. Of one that no system takes nothing is looked at: the settings of users have
    /// paths of as many parts as they like.
    fn at<T>(&self, path: &Path, look: impl FnOnce(&Path) -> Result<T, Unreadable>) -> Result<T, Unreadable> {
        let made;
        let path = if path.is_absolute() {
            path
        } else {
            made = self.absolute(path);
            &made
        };
        if path.as_os_str().len() > PATH {
            return Err(Unreadable::Io("the path is too long".to_owned()));
        }
        look(path)
    }

    /// The owner of what stands at `path`, a link or not; see [`Files::owner`].
    #[must_use]
    pub fn owner(&self, path: &Path) -> Option<u32> {
        self.files.owner(path)
    }

    /// Whether a regular file is at `path`, links followed.
    #[must_use]
    pub fn is_file(&self, path: &Path) -> bool {
        self.kind(path) == Ok(Kind::File)
    }

    /// Whether a directory is at `path`, links followed.
    #[must_use]
    pub fn is_directory(&self, path: &Path) -> bool {
        self.kind(path) == Ok(Kind::Directory)
    }

    /// Octets of a program or library that are searched at most: castore's bound, or the user's where that is more.
    #[must_use]
    pub fn program_size(&self) -> u64 {
        self.file_size.max(crate::limits::BINARY_SIZE)
    }

    /// The octets of a regular file, at most [`Host::file_size`] of them.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        self.read_resolved(&self.resolve(path)?, self.file_size)
    }

    /// The octets of a settings file that are read as no text.
    pub fn octets_of_settings(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        self.read_resolved(&self.resolve(path)?, SETTINGS_SIZE)
    }

    /// The octets of a file already resolved, at most `limit` of them.
    pub fn read_resolved(&self, resolved: &Resolved, limit: u64) -> Result<Vec<u8>, Unreadable> {
        readable(resolved, limit)?;
        self.files.read(resolved, limit)
    }

    /// The same, into a buffer whose room is used again.
    pub fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        readable(resolved, limit)?;
        self.files.read_into(resolved, limit, bytes)
    }

    /// Opens a file once for all the pieces of it that `work` reads.
    pub fn pieces<T>(
        &self,
        resolved: &Resolved,
        limit: u64,
        work: impl FnOnce(&mut dyn Pieces) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        readable(resolved, limit)?;
        let (mut work, mut made) = (Some(work), None);
        self.files.open_pieces(resolved, limit, &mut |file| {
            made = work.take().map(|work| work(file)).transpose()?;
            Ok(())
        })?;
        made.ok_or(Unreadable::Changed)
    }

    /// The octets of a file that stand in `range`, as far as it goes.
    pub fn read_range(&self, resolved: &Resolved, limit: u64, range: Range<u64>) -> Result<Vec<u8>, Unreadable> {
        self.pieces(resolved, limit, |file| file.piece(range))
    }

    /// Passes the octets of a file to `visit` part by part; see [`Pieces::parts`].
    pub fn read_parts(
        &self,
        resolved: &Resolved,
        limit: u64,
        visit: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), Unreadable> {
        self.pieces(resolved, limit, |file| file.parts(0..u64::MAX, visit))
    }

    /// The text of a settings file, lossily decoded; `None` when it is missing or unreadable. Rows that
    /// share a file read it once.
    #[must_use]
    pub fn settings(&self, path: &Path) -> Option<Arc<str>> {
        let resolved = self.resolve(path).ok()?;
        if let Some(text) = self.texts.lock().ok()?.get(resolved.path.as_os_str()) {
            return Some(Arc::clone(text));
        }
        let bytes = self.read_resolved(&resolved, SETTINGS_SIZE).ok()?;
        let text: Arc<str> = match std::str::from_utf8(&bytes) {
            Ok(text) => text.into(),
            Err(_) => String::from_utf8_lossy(&bytes).into(),
        };
        let mut texts = self.texts.lock().ok()?;
        if text.len() <= SETTINGS_KEPT && texts.len() < SETTINGS_FILES_KEPT {
            texts.insert(resolved.path.into_os_string(), Arc::clone(&text));
        }
        Some(text)
    }

    /// The names in a directory, in byte order.
    pub fn list(&self, path: &Path) -> Result<Vec<DirectoryEntry>, Unreadable> {
        let resolved = self.resolve(path)?;
        match resolved.kind {
            Kind::Directory => self.files.list(&resolved),
            Kind::File => Err(Unreadable::WrongKind("file")),
            Kind::Other(kind) => Err(Unreadable::NotRegular(kind)),
        }
    }

    /// The paths in a directory, in byte order; none when it cannot be listed.
    #[must_use]
    pub fn children(&self, path: &Path) -> Vec<PathBuf> {
        self.names(path).iter().map(|name| path.join(name)).collect()
    }

    /// The names in a directory, in byte order; none when it cannot be listed.
    #[must_use]
    pub fn names(&self, path: &Path) -> Arc<Vec<OsString>> {
        let found = self.resolve(path).and_then(|found| match found.kind {
            Kind::Directory => self.files.names(&found),
            _ => Ok(Arc::default()),
        });
        if let (Err(Unreadable::Denied), Ok(mut closed)) = (&found, self.closed.lock()) {
            closed.insert(self.closed_at(&self.absolute(path)));
        }
        found.unwrap_or_default()
    }

    /// The directory that closes the way to `path`: the parent of the first part that may not be
    /// looked at, or the path itself.
    fn closed_at(&self, path: &Path) -> PathBuf {
        let mut parts: Vec<&Path> = path.ancestors().collect();
        parts.reverse();
        let denied = parts.iter().find(|part| self.resolve(part) == Err(Unreadable::Denied));
        denied.and_then(|part| part.parent()).unwrap_or(path).to_path_buf()
    }

    /// Directories that were to be listed and that permissions closed: what is in them is not known.
    #[must_use]
    pub fn closed(&self) -> Vec<PathBuf> {
        self.closed.lock().map(|closed| closed.iter().cloned().collect()).unwrap_or_default()
    }

    /// Keeps a password that stands in a setting, to be tried after those the user gave.
    pub fn learn(&self, password: Password) {
        if let Ok(mut learned) = self.learned.lock()
            && !learned.contains(&password)
        {
            learned.push(password);
        }
    }

    /// Every password to try: those the user gave, then those that stand in settings.
    #[must_use]
    pub fn passwords_to_try(&self) -> Vec<Password> {
        let learned = self.learned.lock().map(|learned| learned.clone()).unwrap_or_default();
        self.passwords.iter().cloned().chain(learned).collect()
    }

    /// Visits everything below `path`; see [`Files::walk`].
    pub fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
        let walked = self.at(path, |at| {
            self.files.walk(at, visit);
            Ok(())
        });
        if let Err(why) = walked {
            visit(Err((path.to_path_buf(), why)));
        }
    }
}

/// Refuses what is no regular file, or larger than the limit.
fn readable(resolved: &Resolved, limit: u64) -> Result<(), Unreadable> {
    match resolved.kind {
        Kind::File if resolved.size > limit => Err(Unreadable::TooLarge(limit)),
        Kind::File => Ok(()),
        Kind::Directory => Err(Unreadable::WrongKind("directory")),
        Kind::Other(kind) => Err(Unreadable::NotRegular(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::memory::Memory;
    use super::*;

    /// Files that count how often one is read.
    struct Counted(Memory, Arc<Mutex<usize>>);

    impl Files for Counted {
        fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
            self.0.resolve(path)
        }

        fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
            *self.1.lock().unwrap() += 1;
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
    fn settings_that_several_rows_ask_for_are_read_once() {
        let files = Memory::new().file("/etc/x.conf", "a=b").link("/etc/y.conf", "x.conf");
        let reads = Arc::new(Mutex::new(0));
        let host = Host::new(Box::new(Counted(files, Arc::clone(&reads))), System::Linux);
        for path in ["/etc/x.conf", "/etc/y.conf", "/etc/x.conf"] {
            assert_eq!(host.settings(Path::new(path)).as_deref(), Some("a=b"));
        }
        assert_eq!(host.seen_from(Path::new("/")).settings(Path::new("/etc/x.conf")).as_deref(), Some("a=b"));
        assert_eq!(host.settings(Path::new("/etc/gone.conf")), None);
        assert_eq!(*reads.lock().unwrap(), 1);
    }
}
