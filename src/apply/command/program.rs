//! Where a program is, and whether nobody but root could have put it there.

use super::super::error::Refusal;
use super::super::sys;
use super::super::write::Stop;
use crate::apply::error::Shown;
use crate::host::files::Tree;
use crate::host::{Files, Kind};
use crate::model::Unreadable;
use std::io;
use std::path::{Path, PathBuf};

/// Where programs of the system are. The order is that of `PATH` for root (Debian's `ENV_SUPATH`, login.defs), without
/// `/usr/local`, which the administrator's users may own.
pub const DIRECTORIES: &[&str] = &["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// A program was not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CannotRun {
    /// None of this name is in the directories.
    #[error("{0} is not here")]
    Absent(String),
    /// Others could have exchanged it.
    #[error("{}: {refusal}", Shown(path))]
    Unsafe {
        /// The program.
        path: PathBuf,
        /// Why.
        refusal: Refusal,
    },
    /// The system said no.
    #[error("{}: {source}", Shown(path))]
    Failed {
        /// The program.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

/// The absolute path of a program, links followed. The first that is there counts, as with `PATH`: where that one is
/// not safe, no other is taken in its place.
pub(super) fn find(name: &str, directories: &[PathBuf]) -> Result<PathBuf, CannotRun> {
    let fixed: Vec<PathBuf>;
    let directories = match directories {
        [] => {
            fixed = DIRECTORIES.iter().map(PathBuf::from).collect();
            &fixed
        }
        given => given,
    };
    let is_plain = Path::new(name).file_name() == Some(name.as_ref());
    let tree =
        Tree::live().map_err(|why| CannotRun::Unsafe { path: name.into(), refusal: Refusal::Unreadable(why) })?;
    for directory in directories.iter().filter(|directory| is_plain && directory.is_absolute()) {
        let path = directory.join(name);
        let refused = |refusal| CannotRun::Unsafe { path: path.clone(), refusal };
        match tree.resolve(&path) {
            Ok(found) if found.kind != Kind::File => return Err(refused(Refusal::NotRegular("directory"))),
            Ok(found) => {
                return match sys::check_program(&found.path, &found.links) {
                    Ok(()) => Ok(path),
                    Err(Stop::Refused(refusal)) => Err(refused(refusal)),
                    Err(Stop::Failed(source)) => Err(CannotRun::Failed { path, source }),
                };
            }
            Err(Unreadable::Absent | Unreadable::WrongKind(_)) => {}
            Err(why) => return Err(refused(Refusal::Unreadable(why))),
        }
    }
    Err(CannotRun::Absent(name.to_owned()))
}
