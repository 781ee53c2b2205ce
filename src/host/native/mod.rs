//! What differs by operating system when reading: how a file is opened without following or
//! waiting, what its metadata says, which file systems are no storage, and the stores that the
//! system itself keeps. Each system has one file; everything above is the same on all of them.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(test, target_os = "linux"))]
mod oracle;
#[cfg(any(windows, target_os = "macos"))]
mod stores;
#[cfg(all(test, unix))]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as here;
#[cfg(windows)]
use windows as here;

pub(super) use here::{LIVE_ROOT, NEVER_WALKED, facts, is_no_such_process, is_pseudo_filesystem, is_redirection};
pub use here::{live_name, live_user, part, text};
#[cfg(unix)]
pub(crate) use unix::kind_of;

use super::{DirectoryEntry, Kind, System};
use crate::model::Unreadable;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;

/// What the metadata of one thing says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub kind: Kind,
    pub size: u64,
    pub mode: Option<u32>,
    pub owner: Option<u32>,
    pub group: Option<u32>,
    pub identity: Option<(u64, u64)>,
    pub changed: Option<(i64, u32)>,
}

/// What is to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    File,
    Directory,
}

/// The root of a tree, held open so that nobody can move it away.
#[derive(Debug)]
pub(crate) struct Root(here::Root);

impl Root {
    /// Opens the directory `root` itself, links followed: the user named it.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        here::Root::open(root).map(Self)
    }

    /// Opens `path` for reading: inside the root, no link followed, never waiting.
    ///
    /// The caller still has to look at what was opened; the kind may have changed.
    pub(crate) fn open_beneath(&self, path: &Path, want: Want) -> io::Result<File> {
        self.0.open_beneath(path, want)
    }

    /// The names in the open `directory`, at most `limit` of them, in any order.
    pub(super) fn list(&self, directory: File, path: &Path, limit: usize) -> Result<Vec<DirectoryEntry>, Unreadable> {
        self.0.list(directory, path, limit)
    }

    pub(super) fn names(&self, directory: File, path: &Path, limit: usize) -> Result<Vec<OsString>, Unreadable> {
        self.0.names(directory, path, limit)
    }
}

/// The system of the machine this runs on.
#[must_use]
pub fn system() -> System {
    match () {
        () if cfg!(windows) => System::Windows,
        () if cfg!(target_os = "macos") => System::MacOs,
        () if cfg!(any(target_os = "linux", target_os = "android")) => System::Linux,
        () => System::Bsd,
    }
}

/// A store that the operating system keeps behind an interface of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeStore {
    /// What names it.
    pub name: &'static str,
    /// The certificates it gave, as DER, in byte order: the systems promise none.
    pub certificates: Vec<Vec<u8>>,
    /// What could not be read of it.
    pub errors: Vec<String>,
    /// What the way of asking leaves out or lets in.
    pub filter: &'static str,
}

/// The stores that the system of this machine keeps; none on Linux and BSD, where stores are files.
///
/// rustls-native-certs asks for them, and it looks at `SSL_CERT_FILE` and `SSL_CERT_DIR` of this
/// process first: with either set (even empty) it reads those files *instead of* the store. So
/// the caller says in `environment_overrides` whether one is set, and then the store is not
/// asked: the answer would be about other files under its name.
#[must_use]
pub fn native_stores(environment_overrides: bool) -> Vec<NativeStore> {
    #[cfg(any(windows, target_os = "macos"))]
    return vec![stores::ask(environment_overrides)];
    #[cfg(not(any(windows, target_os = "macos")))]
    {
        let _ = environment_overrides;
        Vec::new()
    }
}
