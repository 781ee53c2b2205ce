//! Where a writer works: a directory of its own with a store, a source, a home and a state directory in it.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The directories in it.
const DIRECTORIES: [&str; 5] = ["store", "source", "state", "home", "tmp"];

/// A directory that no other user can write.
pub struct Place {
    directory: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// One in memory, where there is such a file system: for tests in which nothing is lost with the power. What a killed
    /// program has written is the kernel's and stays, and a call that is told no is told so by strace; of a disk those
    /// would see nothing but that each fsync(2) takes its milliseconds, which is most of what a run takes.
    pub fn in_memory() -> Self {
        let shared = Path::new("/dev/shm");
        match rustix::fs::statfs(shared) {
            // TMPFS_MAGIC (statfs(2)).
            Ok(found) if found.f_type == 0x0102_1994 => Self::below(shared),
            _ => Self::new(),
        }
    }

    fn below(base: &Path) -> Self {
        let mut builder = tempfile::Builder::new();
        let directory = builder.prefix("castore-faults-").tempdir_in(base).expect("a temporary directory");
        // Behind all links, as castore and the kernel tell of it.
        let place = Self { directory };
        for name in DIRECTORIES {
            fs::create_dir(place.path(name)).expect("a directory");
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.directory.path().to_path_buf() } else { self.directory.path().join(name) }
    }

    pub fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.path(name), octets).expect("a file is written");
    }

    /// A program with nothing ambient, in a process group of its own so that it can be killed with its children.
    pub fn command(&self, program: impl Into<OsString>, arguments: &[OsString]) -> Command {
        let mut command = Command::new(program.into());
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir(self.path("home"))
            .stdin(Stdio::null())
            .process_group(0);
        command
    }

    /// castore.
    pub fn castore(&self, arguments: &[OsString]) -> Command {
        self.command(env!("CARGO_BIN_EXE_castore"), arguments)
    }

    /// castore, to its end.
    pub fn run(&self, arguments: &[OsString]) -> Output {
        self.castore(arguments).output().expect("castore runs")
    }

    /// Where programs work for castore, if a run left that: beside what is in here root's has one in `/run`.
    pub fn left_to_programs(&self) -> Option<PathBuf> {
        let state = Sha256::digest(self.path("state").as_os_str().as_encoded_bytes());
        let digits: String = state.iter().take(8).map(|octet| format!("{octet:02x}")).collect();
        [self.path("state/scratch"), format!("/run/castore-{digits}").into()].into_iter().find(|path| path.exists())
    }

    /// All that is in it.
    pub fn tree(&self) -> Tree {
        let mut tree = Tree::default();
        for name in DIRECTORIES {
            tree.add(&self.path(""), Path::new(name));
        }
        tree
    }

    /// Makes it what it was.
    pub fn restore(&self, tree: &Tree) {
        // The directories themselves stay: one of them is the root, and another one would not be mended.
        for name in DIRECTORIES {
            for entry in fs::read_dir(self.path(name)).expect("a directory to list") {
                let path = entry.expect("an entry").path();
                let is_directory = fs::symlink_metadata(&path).expect("an entry").is_dir();
                let removed = if is_directory { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.expect("an entry to remove");
            }
        }
        tree.write(&self.path(""));
    }
}

impl Drop for Place {
    /// The last run may have been killed.
    fn drop(&mut self) {
        if let Some(left) = self.left_to_programs() {
            let _ = fs::remove_dir_all(left);
        }
    }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    Directory(u32),
    File(Vec<u8>, u32),
    Link(PathBuf),
}

/// Files by their paths in a place; a directory comes before what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tree(pub BTreeMap<PathBuf, Node>);

impl Tree {
    fn add(&mut self, base: &Path, name: &Path) {
        let path = base.join(name);
        let Ok(metadata) = fs::symlink_metadata(&path) else { return };
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_symlink() {
            self.0.insert(name.into(), Node::Link(fs::read_link(&path).expect("a link")));
        } else if metadata.is_dir() {
            self.0.insert(name.into(), Node::Directory(mode));
            for entry in fs::read_dir(&path).expect("a directory to list") {
                self.add(base, &name.join(entry.expect("an entry").file_name()));
            }
        } else {
            self.0.insert(name.into(), Node::File(fs::read(&path).expect("a file to read"), mode));
        }
    }

    /// Writes all of it into a directory where nothing of it is, but empty directories perhaps.
    pub fn write(&self, base: &Path) {
        for (name, node) in &self.0 {
            let path = base.join(name);
            match node {
                Node::Directory(mode) => {
                    fs::create_dir_all(&path).expect("a directory");
                    fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).expect("a mode");
                }
                Node::File(octets, mode) => {
                    fs::write(&path, octets).expect("a file is written");
                    fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).expect("a mode");
                }
                Node::Link(to) => std::os::unix::fs::symlink(to, &path).expect("a link"),
            }
        }
    }

    /// What is under a directory of the place.
    pub fn under(&self, directory: &str) -> BTreeMap<&Path, &Node> {
        let inside =
            self.0.iter().filter(|(path, _)| path.starts_with(directory) && path.as_path() != Path::new(directory));
        inside.map(|(path, node)| (path.as_path(), node)).collect()
    }
}

/// Arguments from texts and paths.
#[macro_export]
macro_rules! words {
    ($($word:expr),* $(,)?) => { vec![$(::std::ffi::OsString::from($word)),*] };
}
