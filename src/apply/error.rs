//! What can keep a file from being written: which step, which path, which two facts.

use crate::model::Unreadable;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The steps of a write, in their order. Up to `Rename` the old file stands untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Following the links of the path.
    Resolve,
    /// Opening the directory that holds the file.
    OpenDirectory,
    /// Making sure that nobody else can change what is on the way.
    CheckDirectory,
    /// Opening the file that is to be replaced.
    OpenOld,
    /// Making the temporary file.
    CreateTemporary,
    /// Writing it.
    Write,
    /// Giving it owner, mode and extended attributes of the old file.
    KeepAttributes,
    /// Making sure that its octets are on the disk.
    SyncFile,
    /// Looking whether the old file is still the one that was opened.
    Recheck,
    /// Giving it the name.
    Rename,
    /// Making sure that the name is on the disk.
    SyncDirectory,
    /// Reading the file back by its path.
    ReadBack,
}

impl Step {
    /// Whether the new file has the name when this step fails.
    #[must_use]
    pub const fn is_after_rename(self) -> bool {
        matches!(self, Self::SyncDirectory | Self::ReadBack)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve the path",
            Self::OpenDirectory => "open the directory",
            Self::CheckDirectory => "check the directories on the way",
            Self::OpenOld => "open the old file",
            Self::CreateTemporary => "create a temporary file beside it",
            Self::Write => "write the temporary file",
            Self::KeepAttributes => "keep owner, mode and extended attributes",
            Self::SyncFile => "bring the new octets to the disk",
            Self::Recheck => "look at the old file again",
            Self::Rename => "rename the temporary file",
            Self::SyncDirectory => "bring the new name to the disk (the file is already replaced)",
            Self::ReadBack => "read the file back (the file is already replaced)",
        })
    }
}

/// Why castore does not write, though the system might let it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The path leads nowhere.
    Unreadable(Unreadable),
    /// The target is no regular file, but this.
    NotRegular(&'static str),
    /// The path is that of a file which a process has open: whoever has it open would write on where no name is.
    Descriptor(PathBuf),
    /// Where a directory is needed, this stands.
    NotDirectory(&'static str),
    /// It may not be changed by anybody (`chattr +i`, `chattr +a`).
    Immutable(PathBuf),
    /// Something is mounted on it, so that no other file can take its name.
    MountPoint(PathBuf),
    /// New octets are not what they should be.
    Wrong(String),
    /// The file has this many names; a rename would change one of them.
    HardLinked(u64),
    /// Someone else owns what is on the way, and can exchange it.
    ForeignOwner {
        /// What they own.
        path: PathBuf,
        /// Who.
        owner: u32,
        /// Who this process acts as.
        user: u32,
    },
    /// Others than the owner may exchange what is in a directory on the way.
    WritableByOthers {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not what the change was computed from.
    Unexpected {
        /// What the caller expected there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A program uses the database that the file is of, and would write over what it finds changed.
    InUse(String),
    /// The old file changed, or another took its place, while the new one was written.
    Changed,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "{why}"),
            Self::NotRegular(kind) => write!(f, "expected a regular file, found a {kind}"),
            Self::Descriptor(path) => {
                write!(f, "expected a file, found one that a process has open, at {}", Shown(path))
            }
            Self::NotDirectory(kind) => write!(f, "expected a directory, found a {kind}"),
            Self::Immutable(path) => write!(f, "expected {} to be changeable, found it immutable", Shown(path)),
            Self::MountPoint(path) => write!(f, "expected {} to be a plain file, found it mounted", Shown(path)),
            Self::Wrong(what) | Self::InUse(what) => f.write_str(what),
            Self::HardLinked(names) => write!(f, "expected one name for the file, found {names} hard links"),
            Self::ForeignOwner { path, owner, user: 0 } => {
                write!(f, "expected {} to belong to root, found uid {owner}", Shown(path))
            }
            Self::ForeignOwner { path, owner, user } => {
                write!(f, "expected {} to belong to root or uid {user}, found uid {owner}", Shown(path))
            }
            Self::WritableByOthers { path, mode } => {
                write!(f, "expected {} to be writable by its owner only, found mode {mode:04o}", Shown(path))
            }
            Self::Unexpected { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Changed => f.write_str("the old file changed while the new one was written"),
        }
    }
}

/// A file was not written, or not surely.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The system said no.
    #[error("{}: cannot {step}: {source}", Shown(path))]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was being done.
        step: Step,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// castore said no.
    #[error("{}: {refusal}", Shown(path))]
    Refused {
        /// The file.
        path: PathBuf,
        /// What was being done.
        step: Step,
        /// Why.
        refusal: Refusal,
    },
}

impl WriteError {
    /// The step that failed.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::Failed { step, .. } | Self::Refused { step, .. } => *step,
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { refusal, .. } => match refusal {
                Refusal::Unreadable(Unreadable::Dangling) => Some("remove the link, or make the file it names"),
                Refusal::Unreadable(Unreadable::Absent) => Some("make the directory first"),
                Refusal::Descriptor(_) => Some("- is standard output"),
                Refusal::HardLinked(_) => {
                    Some("give the file a copy of its own; the other names would keep the old one")
                }
                // Root is the owner of every path that it may trust, and that account cannot read what root can.
                Refusal::ForeignOwner { user: 0, .. } => Some(
                    "name a place where everything on the way is root's: who owns a directory can exchange what is in it",
                ),
                Refusal::ForeignOwner { .. } => Some("run castore as the owner of that path"),
                Refusal::WritableByOthers { .. } => Some("take the permission away with chmod go-w"),
                Refusal::Unexpected { .. } | Refusal::Changed => Some("something else writes it; plan again"),
                Refusal::InUse(_) => Some("close the program that uses it, and try again"),
                Refusal::Immutable(_) => Some("see lsattr; chattr -i or -a makes it changeable"),
                Refusal::MountPoint(_) => Some("change the file that is mounted there, where it comes from"),
                Refusal::Unreadable(_) | Refusal::NotRegular(_) | Refusal::NotDirectory(_) | Refusal::Wrong(_) => None,
            },
            Self::Failed { step, source, .. } => match (step, source.kind()) {
                (Step::KeepAttributes, _) => Some("run castore as root, or as the owner of the file"),
                // Beside it a file could be made, so it is this one that may not go (chattr +i).
                (Step::Rename, io::ErrorKind::PermissionDenied) => Some("the file may be immutable; see lsattr"),
                (_, io::ErrorKind::PermissionDenied) => Some(
                    "run castore as the owner of the directory, or as root; root without CAP_DAC_OVERRIDE writes only where it is the owner",
                ),
                (_, io::ErrorKind::ReadOnlyFilesystem) => {
                    Some("what is mounted there is read-only: change it where it is made, or name another place")
                }
                (_, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                    Some("the old file is untouched; make room")
                }
                (step, _) if step.is_after_rename() => Some("write it again once the disk is well"),
                _ => None,
            },
        }
    }
}

/// A path for a message: its control characters escaped, since anyone may have named the file.
pub(super) struct Shown<'a>(pub(super) &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.to_string_lossy().chars() {
            if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_path_the_step_and_both_facts() {
        let path = PathBuf::from("/etc/ssl/\u{1b}[2Jcert.pem");
        let refused = |refusal| WriteError::Refused { path: path.clone(), step: Step::OpenOld, refusal }.to_string();
        assert_eq!(
            refused(Refusal::HardLinked(2)),
            "/etc/ssl/\\u{1b}[2Jcert.pem: expected one name for the file, found 2 hard links"
        );
        let foreign = |user| Refusal::ForeignOwner { path: "/srv".into(), owner: 65_534, user }.to_string();
        assert_eq!(foreign(0), "expected /srv to belong to root, found uid 65534");
        assert_eq!(foreign(1000), "expected /srv to belong to root or uid 1000, found uid 65534");
        let parent = PathBuf::from("/srv");
        assert_eq!(
            refused(Refusal::WritableByOthers { path: parent, mode: 0o777 }),
            "/etc/ssl/\\u{1b}[2Jcert.pem: expected /srv to be writable by its owner only, found mode 0777"
        );
        let failed = WriteError::Failed {
            path: PathBuf::from("/a"),
            step: Step::Write,
            source: io::ErrorKind::StorageFull.into(),
        };
        assert_eq!(failed.to_string(), "/a: cannot write the temporary file: no storage space");
        assert_eq!(failed.hint(), Some("the old file is untouched; make room"));
        assert!(!Step::Rename.is_after_rename() && Step::SyncDirectory.is_after_rename());
    }
}
