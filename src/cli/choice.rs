//! Which findings are told, and which of them fail the command.

use super::error::Failure;
use castore::check::{CHECKS, Check, Finding, Severity};
use castore::settings::words::fits;
use clap::{Args, ValueEnum};

/// Which findings count.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Findings")]
pub(crate) struct Choice {
    /// Run only these checks: ids or globs such as acceptance/*, separated by commas; may be repeated.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave these checks out; may be repeated.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    skip: Vec<String>,
    /// Report only findings this bad or worse.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "info")]
    min_severity: Level,
    /// End with 1 only for findings this bad or worse; never: for none.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "info")]
    fail_on: FailOn,
    /// End with 0 whatever is found; what could not be looked at still ends with 2.
    #[arg(long)]
    pub exit_zero: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    Info,
    Warning,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Info,
    Warning,
    Error,
    Never,
}

impl Choice {
    /// The checks to run; an error where a word names none.
    pub(crate) fn checks(&self) -> Result<Vec<&'static Check>, Failure> {
        let is_named = |word: &String| CHECKS.iter().any(|check| fits(word, check.id));
        if let Some(word) = self.only.iter().chain(&self.skip).find(|word| !is_named(word)) {
            return Err(Failure::unknown("check", word, CHECKS.iter().map(|check| check.id)));
        }
        let names = |words: &[String], check: &Check| words.iter().any(|word| fits(word, check.id));
        let is_wanted =
            |check: &&Check| (self.only.is_empty() || names(&self.only, check)) && !names(&self.skip, check);
        Ok(CHECKS.iter().filter(is_wanted).collect())
    }

    /// Whether a finding is told.
    pub(crate) fn tells(&self, finding: &Finding) -> bool {
        let least = match self.min_severity {
            Level::Info => Severity::Info,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        };
        finding.severity() >= least
    }

    /// The severity from which a finding is a failure.
    pub(crate) fn fail_on(&self) -> Option<Severity> {
        match self.fail_on {
            FailOn::Info => Some(Severity::Info),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Error => Some(Severity::Error),
            FailOn::Never => None,
        }
    }
}
