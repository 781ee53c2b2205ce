//! What a file is besides its octets: whose, for whom, since when. As a value, since a backup lies on another file
//! system, which may keep none of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What is kept of a file or link when it is replaced, and put back when that is undone. Zero where the system has no
/// such thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Attributes {
    pub(in super::super) owner: u32,
    pub(in super::super) group: u32,
    /// Permission bits.
    pub(in super::super) mode: u32,
    /// Seconds and nanoseconds since 1970.
    pub(in super::super) modified: (i64, u32),
    pub(in super::super) accessed: (i64, u32),
    /// Extended attributes: access control lists and security labels among them.
    pub(in super::super) extended: BTreeMap<String, Vec<u8>>,
}

/// Extended attributes that belong to the content or to the inode and that the kernel makes itself: copied, those of
/// IMA and EVM would say that the file was forged (security/integrity in Linux), and macOS lets nobody set the last.
pub(super) const MADE_BY_THE_KERNEL: [&str; 3] = ["security.ima", "security.evm", "com.apple.provenance"];

impl Attributes {
    /// Whether the same may do the same with both.
    pub(in super::super) fn same_rights(&self, other: &Self) -> bool {
        (self.owner, self.group, self.mode) == (other.owner, other.group, other.mode)
    }

    /// The same, with access control lists, labels and what users put there: all that a write keeps.
    pub(in super::super) fn same_but_times(&self, other: &Self) -> bool {
        let kept = |of: &Self| -> Vec<(String, Vec<u8>)> {
            let all = of.extended.iter().filter(|(name, _)| !MADE_BY_THE_KERNEL.contains(&name.as_str()));
            all.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        self.same_rights(other) && kept(self) == kept(other)
    }

    /// Whether it has these permission bits, where the system has any.
    pub(in super::super) fn has_mode(&self, mode: u32) -> bool {
        self.mode == mode || cfg!(not(unix))
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "owner {} group {} mode {:04o}", self.owner, self.group, self.mode)
    }
}
