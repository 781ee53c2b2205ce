//! What a run means to do, written down before it does: enough to finish it, to take it back, and to undo it.
//!
//! A file each for what is meant, for all names being on the disk, and for the end. Each is written once, whole, and is
//! headed by its version and its SHA-256, so that one which is damaged is not taken for a shorter one.

use super::change::Is;
use super::error::Shown;
use super::made::RecordedMade;
use super::sys::Attributes;
use super::text;
use crate::model::StoreId;
use crate::plan::Refresh;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The first word of a journal, with the version of what follows.
const HEAD: &str = "castore-journal 1 ";

/// What a run means to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) request: String,
    /// The tree that the paths are inside of.
    pub(super) root: String,
    /// Its device and inode: another tree can stand in the same place later. Not of `/`, which is the machine, whatever
    /// number its device has after a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) root_is: Option<(u64, u64)>,
    /// The run that this one takes back.
    pub(super) undoes: Option<u64>,
    pub(super) changes: Vec<Recorded>,
    pub(super) refreshes: Vec<RecordedRefresh>,
    /// What the refreshes shall make, and what their stores were.
    #[serde(default)]
    pub(super) made: RecordedMade,
}

/// A path that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recorded {
    path: String,
    pub(super) before: Shape,
    pub(super) after: Shape,
}

/// What stands at a path before or after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shape {
    Nothing,
    File {
        sha256: String,
        /// Not known of a file that is to be made.
        attributes: Option<Attributes>,
        /// The number of its backup.
        backup: Option<usize>,
        /// The permission bits that a file which is to be made is given, where they are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
    },
    Link {
        to: String,
        attributes: Option<Attributes>,
    },
}

/// A command that makes the system take changes up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedRefresh {
    command: Vec<String>,
    directories: Vec<String>,
    makes: Vec<String>,
    because: String,
}

impl Recorded {
    pub(super) fn new(path: &std::path::Path, before: Shape, after: Shape) -> Self {
        Self { path: text::of(path), before, after }
    }

    /// The path, inside the root.
    pub(super) fn path(&self) -> PathBuf {
        text::name(&self.path).unwrap_or_default().into()
    }
}

impl Shape {
    /// What is there, to be put back.
    pub(super) fn of(is: &Is, number: usize) -> Self {
        match is {
            Is::Nothing => Self::Nothing,
            Is::File { sha256, attributes, .. } => {
                let attributes = Some(attributes.clone());
                Self::File { sha256: hexadecimal(sha256), attributes, backup: Some(number), mode: None }
            }
            Is::Link { to, attributes, .. } => Self::Link { to: text::of(to), attributes: Some(attributes.clone()) },
        }
    }

    /// Whether that is what is there: the octets of a file, the text of a link.
    pub(super) fn is(&self, is: &Is) -> bool {
        match (self, is) {
            (Self::Nothing, Is::Nothing) => true,
            (Self::File { sha256, .. }, Is::File { sha256: found, .. }) => *sha256 == hexadecimal(found),
            (Self::Link { to, .. }, Is::Link { to: found, .. }) => *to == text::of(found),
            _ => false,
        }
    }

    /// The same, and whose it is, for whom, and what else is said of it.
    pub(super) fn is_exactly(&self, is: &Is) -> bool {
        self.differs(is).is_none()
    }

    /// What there is not as it should be: what is expected, and what is found.
    pub(super) fn differs(&self, is: &Is) -> Option<String> {
        match (self, is) {
            (Self::File { sha256, .. }, Is::File { sha256: found, .. }) if !self.is(is) => {
                Some(format!("expected the SHA-256 {sha256}, found {}", hexadecimal(found)))
            }
            (Self::Link { to, .. }, Is::Link { to: found, .. }) if !self.is(is) => {
                // What the journal has is escaped.
                let to = text::name(to).unwrap_or_default();
                Some(format!("expected a link to {}, found one to {}", Shown(Path::new(&to)), Shown(Path::new(found))))
            }
            _ if !self.is(is) => {
                let expected = match self {
                    Self::Nothing => "nothing",
                    Self::File { .. } => "a file",
                    Self::Link { .. } => "a link",
                };
                let found = match is {
                    Is::Nothing => "nothing",
                    Is::File { .. } => "a file",
                    Is::Link { .. } => "a link",
                };
                Some(format!("expected {expected}, found {found}"))
            }
            (Self::File { attributes: Some(kept), .. }, Is::File { attributes, .. }) => kept.differs(attributes),
            (Self::File { attributes: None, mode: Some(mode), .. }, Is::File { attributes, .. }) => {
                attributes.differs_from_mode(*mode)
            }
            _ => None,
        }
    }
}

impl RecordedRefresh {
    pub(super) fn of(refresh: &Refresh) -> Self {
        Self {
            command: refresh.command.clone(),
            directories: refresh.directories.iter().map(text::of).collect(),
            makes: refresh.makes.iter().filter_map(StoreId::path).map(text::of).collect(),
            because: refresh.because.clone(),
        }
    }

    pub(super) fn refresh(&self) -> Refresh {
        let paths = |texts: &[String]| -> Vec<PathBuf> {
            texts.iter().filter_map(|path| text::name(path)).map(PathBuf::from).collect()
        };
        Refresh {
            command: self.command.clone(),
            directories: paths(&self.directories),
            makes: paths(&self.makes).into_iter().map(StoreId::Path).collect(),
            because: self.because.clone(),
        }
    }
}

/// The octets of a journal.
pub(super) fn seal(what: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let text = serde_json::to_string_pretty(what)?;
    Ok(format!("{HEAD}{}\n{text}\n", hexadecimal(&Sha256::digest(format!("{text}\n")).into())).into_bytes())
}

/// What octets that [`seal`] made say, or what is wrong with them.
pub(super) fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("expected a journal, found no text at octet {}", error.valid_up_to()))?;
    let (head, rest) =
        text.split_once('\n').ok_or_else(|| format!("expected a journal, found no line in {} octets", bytes.len()))?;
    let expected = head.strip_prefix(HEAD).ok_or_else(|| format!("expected {HEAD:?}, found another beginning"))?;
    let found = hexadecimal(&Sha256::digest(rest).into());
    // The head is the first line.
    let said = serde_json::from_str(rest)
        .map_err(|error| (error.line() + 1, error.column(), error.to_string()))
        .map_err(|(line, column, why)| format!("line {line}, column {column}: {}", without_place(&why)));
    match said {
        said if found == expected => said,
        Ok(_) => Err(format!("expected the SHA-256 {expected:?}, found {found}")),
        Err(why) => Err(format!("expected the SHA-256 {expected:?}, found {found}; {why}")),
    }
}

/// What `serde_json` says, without the line and the column, which it counts from behind the head.
fn without_place(why: &str) -> &str {
    why.rsplit_once(" at line ").map_or(why, |(why, _)| why)
}

pub(super) fn hexadecimal(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent() -> Intent {
        let file = Shape::File {
            sha256: hexadecimal(&[7; 32]),
            attributes: Some(Attributes::default()),
            backup: Some(0),
            mode: None,
        };
        Intent {
            at: 1_795_292_100,
            request: "add root.pem".to_owned(),
            root: "/".to_owned(),
            root_is: None,
            undoes: None,
            changes: vec![Recorded::new("/etc/ssl/cert.pem".as_ref(), Shape::Nothing, file)],
            refreshes: vec![],
            made: RecordedMade::default(),
        }
    }

    #[test]
    fn what_is_sealed_is_read_again() {
        let sealed = seal(&intent()).unwrap();
        assert!(sealed.starts_with(b"castore-journal 1 "));
        assert_eq!(unseal::<Intent>(&sealed).unwrap(), intent());
    }

    #[test]
    fn a_torn_or_changed_journal_is_none() {
        let sealed = seal(&intent()).unwrap();
        for length in 0..sealed.len() {
            assert!(unseal::<Intent>(&sealed[..length]).is_err(), "{length}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(unseal::<Intent>(&changed).is_err(), "{at}");
        }
    }
}
