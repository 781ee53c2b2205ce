//! Other programs' settings, read as those programs read them: text to values with their lines.

pub mod cargo;
pub mod environment_file;
pub mod apt;
pub mod git;
pub mod glob;
pub mod ini;
pub mod json;
pub mod lines;
pub mod nix;
pub mod npmrc;
pub mod options;
pub mod php;
pub mod properties;
pub mod ruby;
pub mod shell;
pub mod systemd;
pub mod wildmatch;
pub mod toml;
pub mod yaml;

/// A value and the line it stands on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value.
    pub text: String,
    /// The line.
    pub line: u64,
}
