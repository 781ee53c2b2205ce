//! What a file is besides its octets: whose, for whom, since when. As a value, since a backup lies on another file
//! system, which may keep none of it.

use super::super::error::Shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

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

/// SELinux's label, which the policy of the system gives and changes (restorecon(8)): it is kept, and another one is no
/// change of the file.
const LABEL: &str = "security.selinux";

impl Attributes {
    /// Whether the same may do the same with both.
    #[cfg(unix)]
    pub(in super::super) fn same_rights(&self, other: &Self) -> bool {
        (self.owner, self.group, self.mode) == (other.owner, other.group, other.mode)
    }

    /// What differs, times apart: what is expected here, and what is found there. With access control lists and what
    /// users put there: all that a write keeps and that is nobody's to change but its owner's.
    pub(in super::super) fn differs(&self, found: &Self) -> Option<String> {
        let number = |what: &str, expected: u32, found: u32| {
            (expected != found).then(|| format!("expected {what} {expected}, found {found}"))
        };
        let mode = || (self.mode != found.mode).then(|| modes(self.mode, found.mode));
        number("owner", self.owner, found.owner)
            .or_else(|| number("group", self.group, found.group))
            .or_else(mode)
            .or_else(|| self.differs_in_an_attribute(found))
    }

    /// Values are not told: they can be anything.
    fn differs_in_an_attribute(&self, found: &Self) -> Option<String> {
        let mut names = self.extended.keys().chain(found.extended.keys());
        let counts = |name: &&String| !MADE_BY_THE_KERNEL.contains(&name.as_str()) && *name != LABEL;
        let name = names.find(|name| counts(name) && self.extended.get(*name) != found.extended.get(*name))?;
        let shown = Shown(Path::new(name));
        Some(match (self.extended.contains_key(name), found.extended.contains_key(name)) {
            (true, true) => format!("expected attribute {shown} as it was, found another value"),
            (true, false) => format!("expected attribute {shown}, found none"),
            (false, _) => format!("expected no attribute {shown}, found one"),
        })
    }

    /// Whether it has other permission bits than these, where the system has any: what is expected, and found.
    pub(in super::super) fn differs_from_mode(&self, mode: u32) -> Option<String> {
        (self.mode != mode && cfg!(unix)).then(|| modes(mode, self.mode))
    }
}

fn modes(expected: u32, found: u32) -> String {
    format!("expected mode {expected:04o}, found {found:04o}")
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "owner {} group {} mode {:04o}", self.owner, self.group, self.mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(extended: &[(&str, &str)]) -> Attributes {
        let extended = extended.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        Attributes { owner: 5, group: 6, mode: 0o640, extended: extended.collect(), ..Attributes::default() }
    }

    #[test]
    fn what_differs_is_named_and_no_value_of_it() {
        let kept = with(&[("user.note", "secret"), (LABEL, "cert_t")]);
        let said = |found: &Attributes| kept.differs(found).unwrap();
        assert_eq!(said(&Attributes { owner: 0, mode: 0, ..kept.clone() }), "expected owner 5, found 0");
        assert_eq!(said(&Attributes { group: 0, ..kept.clone() }), "expected group 6, found 0");
        assert_eq!(said(&Attributes { mode: 0o4644, ..kept.clone() }), "expected mode 0640, found 4644");
        assert_eq!(said(&with(&[])), "expected attribute user.note, found none");
        let other = with(&[("user.note", "theirs")]);
        assert_eq!(said(&other), "expected attribute user.note as it was, found another value");
        let more = with(&[("user.note", "secret"), ("user.\u{1b}", "")]);
        assert_eq!(said(&more), "expected no attribute user.\\u{1b}, found one");
        assert_eq!(kept.differs(&Attributes { modified: (1, 2), accessed: (3, 4), ..kept.clone() }), None);
    }

    #[test]
    fn another_label_is_no_change() {
        let kept = with(&[(LABEL, "cert_t")]);
        for found in [with(&[(LABEL, "etc_t")]), with(&[])] {
            assert_eq!((kept.differs(&found), found.differs(&kept)), (None, None));
        }
    }
}
