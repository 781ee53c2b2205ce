//! `castore scan`: stores found in a tree by content.

use super::PathReport;
use crate::model::Unreadable;
use crate::scan::{Found, Scan};
use serde::Serialize;
use std::path::PathBuf;

/// The answer of `castore scan`.
#[derive(Debug, Clone, Serialize)]
pub struct ScanReport {
    /// `castore.scan/1`.
    pub schema: &'static str,
    /// The stores, by path.
    pub found: Vec<FoundReport>,
    /// Regular files looked at.
    pub files: u64,
    /// Archives and compressed files among them, which are not opened.
    pub archives: u64,
    /// Files whose blocks of certificates cannot be read, none of them.
    pub broken: Vec<PathReport>,
    /// What could not be looked at.
    pub unread: Vec<UnreadReport>,
}

/// One store.
#[derive(Debug, Clone, Serialize)]
pub struct FoundReport {
    /// Where it is.
    #[serde(flatten)]
    pub path: PathReport,
    /// What it is written in.
    pub format: &'static str,
    /// Whether castore reads this format.
    pub read: bool,
    /// Why not all of it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Certificates read or, in a format that is not read, seen.
    pub certificates: usize,
    /// Blocks that should be certificates and cannot be read.
    pub malformed: usize,
    /// Private keys beside them.
    pub private_keys: usize,
    /// Octets.
    pub size: u64,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, Serialize)]
pub struct UnreadReport {
    /// Where it is.
    #[serde(flatten)]
    pub path: PathReport,
    /// Why.
    pub why: String,
}

impl UnreadReport {
    /// The report of each.
    pub(super) fn all(unread: &[(PathBuf, Unreadable)]) -> Vec<Self> {
        unread.iter().map(|(path, why)| Self { path: PathReport::new(path), why: why.to_string() }).collect()
    }
}

impl ScanReport {
    /// The report of a scan.
    #[must_use]
    pub fn new(scan: &Scan) -> Self {
        let found = |found: &Found| FoundReport {
            path: PathReport::new(&found.path),
            format: found.format.name(),
            read: found.format.is_read(),
            why: found.format.why_unread().map(str::to_owned).or_else(|| found.gaps.first().cloned()),
            certificates: found.certificates,
            malformed: found.malformed,
            private_keys: found.private_keys,
            size: found.size,
        };
        Self {
            schema: "castore.scan/1",
            found: scan.found.iter().map(found).collect(),
            files: scan.files,
            archives: scan.archives,
            broken: scan.broken.iter().map(|path| PathReport::new(path)).collect(),
            unread: UnreadReport::all(&scan.unread),
        }
    }
}
