//! Which findings are told, and which of them fail the command.

use super::settings::Found;
use castore::check::{CHECKS, Check, Finding, Severity};
use castore::settings::castore_toml::{Placed, Position, Value};
use clap::{Args, ValueEnum};

/// Which findings count.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Findings")]
pub(crate) struct Choice {
    /// Run only these checks: ids or globs such as acceptance/*, separated by commas; may be repeated.
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave these checks out; may be repeated.
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    skip: Vec<String>,
    /// Report only findings this bad or worse [default: info].
    #[arg(long, value_enum, value_name = "SEVERITY")]
    min_severity: Option<Level>,
    /// End with 1 only for findings this bad or worse; never: for none [default: info].
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
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

/// The word that users write.
fn word<V: ValueEnum>(value: V) -> Value {
    Value::Word(value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default())
}

impl Choice {
    /// What of these was given, as settings.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Value)> + use<> {
        let placed = |id: &String| Placed { value: id.clone(), at: Position::default() };
        let checks = |ids: &[String]| (!ids.is_empty()).then(|| Value::Checks(ids.iter().map(placed).collect()));
        let values = [
            ("only", checks(&self.only)),
            ("skip", checks(&self.skip)),
            ("min-severity", self.min_severity.map(word)),
            ("fail-on", self.fail_on.map(word)),
        ];
        values.into_iter().filter_map(|(key, value)| Some((key, value?)))
    }
}

/// What the settings choose.
pub(crate) struct Chosen {
    /// The checks to run.
    pub checks: Vec<&'static Check>,
    /// The severity from which a finding is told.
    least: Severity,
    /// The severity from which a finding is a failure.
    pub fail_on: Option<Severity>,
}

impl Chosen {
    pub(crate) fn new(found: &Found) -> Self {
        let severity = |key: &str| {
            let word = found.effective.word(key);
            [Severity::Info, Severity::Warning, Severity::Error].into_iter().find(|level| word == Some(level.name()))
        };
        Self {
            checks: CHECKS.iter().filter(|check| found.wants(check.id)).collect(),
            least: severity("min-severity").unwrap_or(Severity::Info),
            // `never` is none.
            fail_on: severity("fail-on"),
        }
    }

    /// Whether a finding is told.
    pub(crate) fn tells(&self, finding: &Finding) -> bool {
        finding.severity() >= self.least
    }
}
