//! What is installed on a host, found once and shared by every row that asks.
//!
//! Nothing is executed: interpreters, libraries and packages are known by their files.

mod electron;
mod elf;
mod java;
mod languages;
mod node;
mod golang;
mod libraries;
mod linkage;
mod packages;
mod programs;
mod python;
mod rusty;
mod settings;
mod start_up;

pub use electron::NODE_VARIABLES_OFF;
pub use languages::MULTIARCH;
#[cfg(test)]
pub use languages::tests as testing;
pub use libraries::PRIVILEGED;
pub use linkage::Linkage;
pub use node::{BUILT_FOR_OPENSSL, READS_OPENSSL_CONF};
pub use packages::{TRUSTSTORE, TRUSTSTORE_LIST};
pub use programs::{HASHED_DIRECTORY, WHOLE_DIRECTORY};
pub use python::Python;

#[cfg(test)]
pub(super) use python::tests as layouts;

use super::client::Installation;
use crate::host::Host;
use crate::settings::server::Server;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// The installations on a host, each kind looked for when a row first asks.
pub struct Survey<'h> {
    /// The host surveyed.
    pub host: &'h Host,
    /// Directories that a search of the disk found beside the known places.
    searched: Searched,
    pythons: OnceLock<Vec<Python>>,
    nodes: OnceLock<Vec<Arc<Installation>>>,
    electrons: OnceLock<Vec<Arc<Installation>>>,
    javas: OnceLock<Vec<Arc<Installation>>>,
    loader: OnceLock<elf::Loader>,
    libraries: Mutex<HashMap<PathBuf, Arc<elf::Library>>>,
    names: Mutex<HashMap<PathBuf, Arc<Vec<OsString>>>>,
    linkages: Mutex<HashMap<PathBuf, Option<Arc<Linkage>>>>,
    made: Mutex<HashMap<(PathBuf, TypeId), Arc<dyn Any + Send + Sync>>>,
    /// Whether a text stands in a file.
    texts: Mutex<HashMap<(PathBuf, &'static [u8]), bool>>,
}

/// What a search of the whole disk, or a program that is asked about, adds to the known places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Searched {
    /// Prefixes of Python installations and virtual environments.
    pub pythons: Vec<PathBuf>,
    /// Directories that hold Python packages.
    pub packages: Vec<PathBuf>,
    /// Directories that hold programs, looked into after those of `PATH`.
    pub programs: Vec<PathBuf>,
    /// The server that clients are asked about: what settings say of it alone counts then.
    pub server: Option<Server>,
}

impl<'h> Survey<'h> {
    /// A survey of `host`, with what a search found.
    #[must_use]
    pub fn new(host: &'h Host, searched: Searched) -> Self {
        Self {
            host,
            searched,
            pythons: OnceLock::new(),
            nodes: OnceLock::new(),
            electrons: OnceLock::new(),
            javas: OnceLock::new(),
            loader: OnceLock::new(),
            libraries: Mutex::default(),
            names: Mutex::default(),
            linkages: Mutex::default(),
            made: Mutex::default(),
            texts: Mutex::default(),
        }
    }

    /// The server that clients are asked about, where they are asked about one.
    #[must_use]
    pub const fn server(&self) -> Option<&Server> {
        self.searched.server.as_ref()
    }

    /// Every directory of `PATH`, or of the usual one where it is not set, and those that were found
    /// beside it.
    #[must_use]
    pub fn path(&self) -> Vec<PathBuf> {
        let usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let list = self.host.variable("PATH").map_or_else(|| usual.into(), std::ffi::OsStr::to_os_string);
        let mut found = crate::host::search_list(&list);
        found.extend(self.searched.programs.iter().cloned());
        found
    }

    /// The names in a directory, listed once however many rows ask.
    #[must_use]
    pub fn names(&self, directory: &Path) -> Arc<Vec<OsString>> {
        if let Some(known) = self.names.lock().ok().and_then(|names| names.get(directory).cloned()) {
            return known;
        }
        let found = self.host.names(directory);
        if let Ok(mut names) = self.names.lock() {
            names.insert(directory.to_path_buf(), Arc::clone(&found));
        }
        found
    }

    /// The home directory of the user in question.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        self.host.home.as_deref()
    }

    /// A path below the home directory, if there is one.
    #[must_use]
    pub fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home().map(|home| home.join(path))
    }
}

#[cfg(test)]
pub(crate) use golang::tests as golang_tests;
#[cfg(test)]
pub(crate) use linkage::tests::linked;

/// One installation that stands for every program of a kind: rules without a place of their own.
#[must_use]
pub fn any_program(because: &str) -> Vec<Arc<Installation>> {
    vec![Arc::new(Installation { because: because.to_owned(), ..Installation::default() })]
}
