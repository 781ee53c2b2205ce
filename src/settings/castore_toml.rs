//! castore's own settings: `castore.toml`, where it lies, and which of several places wins.
//!
//! A file is read strictly. A key that is misspelt and passed over would leave an alarm off that somebody thinks
//! is on, so every fault is told with its place, what was expected and what was found ([`read`]). Who may set
//! anything is decided by [`places`], and which place outranks which by [`effective`].
//!
//! ```toml
//! expires-within = 60                       # days
//! fail-on = "warning"
//! skip = ["duplicate"]
//! hosts = ["example.com", { host = "mx.example.com:25", expires-within = 10 }]
//!
//! [[store]]                                 # what differs for some stores
//! match = "certifi*"
//! expires-within = 30
//!
//! [[allow]]                                 # a finding that is known, until a day
//! check = "expired"
//! certificate = "0687260331a72403d909f105e69bcf0d"
//! reason = "waits for the vendor, OPS-12"
//! until = 2027-01-31
//! ```
//!
//! `data/schema/castore.toml.v1.json` is the same as a JSON Schema, for editors.

pub mod effective;
pub mod places;
mod read;
#[cfg(test)]
mod tests;

pub use read::{Reading, from_text, read, read_all};

use crate::model::{FingerprintPrefix, Timestamp};
use std::fmt;
use std::path::PathBuf;

/// The name of the file, wherever it lies.
pub const NAME: &str = "castore.toml";

/// How the names of castore's variables begin.
pub const PREFIX: &str = "CASTORE_";

/// One setting: its key in a file, from which the name of its variable follows.
#[derive(Debug)]
pub struct Key {
    /// The key: `expires-within`.
    pub name: &'static str,
    /// The flag of `castore check` that outranks it.
    pub flag: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// The value where nobody sets it, as a file would have it; `None` where there is none.
    pub default: Option<&'static str>,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole days, 0 to [`DAYS`].
    Days,
    /// Whole seconds, 1 to [`SECONDS`].
    Seconds,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Ids of checks, or patterns of them with `*` and `?`.
    Checks,
    /// A path; in a file relative to the directory of the file.
    Path,
    /// Servers.
    Servers,
}

/// The most days that a threshold may be: a hundred years. Farther off, every certificate expires.
pub const DAYS: u64 = 36_500;
/// The most seconds that a server may take: an hour.
pub const SECONDS: u64 = 3_600;

/// The words for how bad a finding is.
pub const SEVERITIES: &[&str] = &["info", "warning", "error"];
/// The words for which findings fail a command.
pub const FAIL_ON: &[&str] = &["info", "warning", "error", "never"];
/// The formats of `castore check`.
pub const FORMATS: &[&str] =
    &["text", "json", "ndjson", "sarif", "junit", "csv", "markdown", "nagios", "prometheus", "html"];

/// Every setting, in the order in which they are shown.
pub const KEYS: &[Key] = &[
    Key {
        name: "expires-within",
        flag: "--expires-within",
        kind: Kind::Days,
        default: Some("90"),
        about: "Days before the end of a certificate in a store that count as soon.",
    },
    Key {
        name: "min-severity",
        flag: "--min-severity",
        kind: Kind::Word(SEVERITIES),
        default: Some("info"),
        about: "Findings less bad than this are neither reported nor counted.",
    },
    Key {
        name: "fail-on",
        flag: "--fail-on",
        kind: Kind::Word(FAIL_ON),
        default: Some("info"),
        about: "Findings less bad than this are reported and leave the exit status 0; never leaves it so for all.",
    },
    Key {
        name: "only",
        flag: "--only",
        kind: Kind::Checks,
        default: None,
        about: "The checks that run, as ids or patterns; without it all do.",
    },
    Key {
        name: "skip",
        flag: "--skip",
        kind: Kind::Checks,
        default: None,
        about: "The checks that are left out, as ids or patterns.",
    },
    Key {
        name: "format",
        flag: "--format",
        kind: Kind::Word(FORMATS),
        default: Some("text"),
        about: "The format of the answer of castore check.",
    },
    Key {
        name: "out",
        flag: "--out",
        kind: Kind::Path,
        default: None,
        about: "The file that the answer is written to instead of standard output. A project's file sets it only where that file is named.",
    },
    Key {
        name: "baseline",
        flag: "--baseline",
        kind: Kind::Path,
        default: None,
        about: "The accepted snapshot that stores are compared with.",
    },
    Key {
        name: "facts",
        flag: "--facts",
        kind: Kind::Path,
        default: None,
        about: "The directory of facts about particular certificates that replaces those within the program.",
    },
    Key {
        name: "hosts",
        flag: "--host",
        kind: Kind::Servers,
        default: None,
        about: "The servers whose chains are fetched and checked.",
    },
    Key {
        name: "host-expires-within",
        flag: "--host-expires-within",
        kind: Kind::Days,
        default: None,
        about: "Days before the end of a certificate that a server presents that count as soon; without it 14, or a quarter of the certificate's whole validity where that is less.",
    },
    Key {
        name: "host-timeout",
        flag: "--host-timeout",
        kind: Kind::Seconds,
        default: Some("20"),
        about: "Seconds after which one server is given up.",
    },
];

impl Key {
    /// The setting of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The variable that sets it: `CASTORE_EXPIRES_WITHIN`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }
}

/// A place in a file, counted from 1; 0 where a value is from no file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Position,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Days or seconds.
    Number(u64),
    /// A word.
    Word(String),
    /// Checks.
    Checks(Vec<Placed<String>>),
    /// A path.
    Path(PathBuf),
    /// Servers.
    Servers(Vec<Server>),
}

/// A server whose chain is to be checked, as it is written; nothing of it has been understood yet but its form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// Where it stands.
    pub at: Position,
    /// `HOST[:PORT]` or a URL.
    pub host: String,
    /// Where to connect instead.
    pub connect: Option<Placed<String>>,
    /// The name that clients ask for, where it is not the host's.
    pub name: Option<Placed<String>>,
    /// The protocol before TLS.
    pub starttls: Option<Placed<String>>,
    /// Days before an expiry that count as soon.
    pub expires_within: Option<u64>,
    /// Seconds after which it is given up.
    pub timeout: Option<u64>,
}

/// What differs for some stores: one `[[store]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRule {
    /// Where it stands.
    pub at: Position,
    /// A pattern of clients or of paths.
    pub pattern: String,
    /// Days before an expiry that count as soon.
    pub expires_within: u64,
}

/// A finding that is known and does not count, until a day: one `[[allow]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Where it stands.
    pub at: Position,
    /// The check, or a pattern of checks.
    pub check: Placed<String>,
    /// The beginning of the certificate's SHA-256, at least [`ALLOWED_DIGITS`] digits.
    pub certificate: Option<FingerprintPrefix>,
    /// A pattern of clients or of paths.
    pub store: Option<String>,
    /// A pattern of clients.
    pub client: Option<String>,
    /// A pattern of servers, `HOST:PORT`.
    pub host: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts, as the moment at which that day begins in UTC.
    pub until: Timestamp,
}

/// Hexadecimal digits of a certificate's SHA-256 that an entry needs at least: 64 bits. A second certificate with
/// the same beginning takes 2^64 attempts to make, one with the same eight digits some minutes.
pub const ALLOWED_DIGITS: usize = 16;

impl Allow {
    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, at: Timestamp) -> bool {
        at >= self.until.plus_days(1)
    }
}

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The settings, by their order in [`KEYS`].
    pub values: Vec<(&'static str, Placed<Value>)>,
    /// What differs for some stores, in order.
    pub stores: Vec<StoreRule>,
    /// Findings that are known, in order.
    pub allow: Vec<Allow>,
}

impl Settings {
    /// The value of a setting.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Placed<Value>> {
        self.values.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// What is wrong in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub at: Position,
    /// What was expected, and what was found.
    pub what: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

/// `3:1: expected …`, to be put behind the name of the file.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.line, self.at.column, self.what)
    }
}
