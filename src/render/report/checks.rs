//! `castore checks`: the checks as data.

use super::facts::FactsReport;
use crate::check::{Check, stands_on_facts};
use crate::facts::Facts;
use crate::model::Timestamp;
use serde::Serialize;

/// The answer of `castore checks`.
#[derive(Debug, Clone, Serialize)]
pub struct ChecksReport {
    /// `castore.checks/1`.
    pub schema: &'static str,
    /// The checks, in the order in which findings are reported.
    pub checks: Vec<CheckRow>,
    /// The tables of facts that any of them stands on, with their ages.
    pub facts: Vec<FactsReport>,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct CheckRow {
    /// Its id, as findings and settings name it.
    pub check: &'static str,
    /// The severity that a finding has unless something of its own says otherwise: `info`, `warning`, `error`.
    pub severity: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What is compared with what, and what goes wrong where they differ.
    pub about: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Where the rule is documented or written.
    pub says: &'static str,
    /// Since when it is so, where it was not always.
    pub since: Option<&'static str>,
    /// Whether it stands on the tables of facts.
    pub stands_on_facts: bool,
}

impl ChecksReport {
    /// The report of these checks, with the tables as they are at a moment.
    #[must_use]
    pub fn new(checks: &[&'static Check], facts: &Facts, at: Timestamp) -> Self {
        let checks: Vec<CheckRow> = checks.iter().map(|check| CheckRow::new(check)).collect();
        let are_asked = checks.iter().any(|check| check.stands_on_facts);
        Self {
            schema: "castore.checks/1",
            checks,
            facts: if are_asked { FactsReport::all(facts, at) } else { Vec::new() },
        }
    }
}

impl CheckRow {
    fn new(check: &'static Check) -> Self {
        Self {
            check: check.id,
            severity: check.severity.name(),
            title: check.title,
            about: check.about,
            remedy: check.remedy,
            says: check.says,
            since: check.since,
            stands_on_facts: stands_on_facts(check),
        }
    }
}
