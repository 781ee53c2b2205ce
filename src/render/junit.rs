//! JUnit XML, which build servers show as tests: a suite for each check that ran, a test for each finding, and
//! one that passes where there is none.
//!
//! A finding fails its test where it would fail the command (`--fail-on`); what was not read is an error of a
//! suite of its own, since no check can speak of it. What castore.toml allows is a test that is skipped, where it is asked
//! for. A build server knows a test again by its name: that names no line, and where two would have one they are
//! numbered.

use super::checked::{Checked, Format, Options};
use super::escape::markup;
use super::report::check::FindingReport;
use crate::check::{Check, Finding};
use std::collections::HashMap;

/// The row.
pub const FORMAT: Format = Format {
    name: "junit",
    about: "JUnit XML, a suite for each check, for build servers",
    says: "https://github.com/testmoapp/junitxml",
    render: check,
};

fn check(checked: &Checked<'_>, options: &Options) -> String {
    let mut suites = String::new();
    let mut all = Numbers::default();
    for check in &checked.checks {
        let allowed = checked.allowed.iter().filter(|_| options.show_allowed);
        let all_findings = checked.findings.iter().chain(allowed);
        let findings: Vec<&Finding> = all_findings.filter(|finding| finding.check.id == check.id).collect();
        let (text, numbers) = suite(checked, check, &findings, options);
        suites += &text;
        all.add(numbers);
    }
    let (text, numbers) = reading(checked);
    suites += &text;
    all.add(numbers);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"castore check\"{}>\n{suites}</testsuites>\n",
        all.attributes()
    )
}

/// How many tests there are, and how they end.
#[derive(Debug, Clone, Copy, Default)]
struct Numbers {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Numbers {
    fn add(&mut self, other: Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn attributes(self) -> String {
        let skipped = if self.skipped == 0 { String::new() } else { format!(" skipped=\"{}\"", self.skipped) };
        format!(" tests=\"{}\" failures=\"{}\" errors=\"{}\"{skipped}", self.tests, self.failures, self.errors)
    }
}

/// The beginning of a suite. Its time is that of the run, without a zone, as the schema of Ant has it.
fn open(checked: &Checked<'_>, name: &str, numbers: Numbers) -> String {
    let at = checked.about.at.to_string();
    let host = checked.about.host.as_deref().map_or_else(String::new, |host| format!(" hostname=\"{}\"", markup(host)));
    format!(
        "  <testsuite name=\"{}\"{} timestamp=\"{}\"{host}>\n",
        markup(name),
        numbers.attributes(),
        at.trim_end_matches('Z')
    )
}

fn suite(checked: &Checked<'_>, check: &Check, findings: &[&Finding], options: &Options) -> (String, Numbers) {
    let is_failure = |finding: &Finding| finding.allowed.is_none() && options.fails(finding);
    let failures = findings.iter().filter(|finding| is_failure(finding)).count();
    let skipped = findings.iter().filter(|finding| finding.allowed.is_some()).count();
    let numbers = Numbers { tests: findings.len().max(1), failures, errors: 0, skipped };
    let mut named: HashMap<String, usize> = HashMap::new();
    let mut text = open(checked, check.id, numbers);
    if findings.is_empty() {
        text += &format!("    <testcase classname=\"{}\" name=\"{}\"/>\n", markup(check.id), markup(check.title));
    }
    for finding in findings {
        let report = FindingReport::new(finding);
        let parts: Vec<String> = report.subject().into_iter().chain(report.lasting_place()).collect();
        let name = if parts.is_empty() { check.title.to_owned() } else { parts.join(" at ") };
        let number = named.entry(name.clone()).and_modify(|number| *number += 1).or_insert(1);
        let name = if *number == 1 { name } else { format!("{name} ({number})") };
        let clients = match &report.clients[..] {
            [] => String::new(),
            clients => format!("\n{} {}", report.by(), markup(&clients.join(", "))),
        };
        let at = report.at().map_or_else(String::new, |at| format!("\nat {}", markup(&at)));
        let said = format!("expected {}, found {}", report.expected, report.found);
        let hint = markup(&report.remedy);
        text += &format!("    <testcase classname=\"{}\" name=\"{}\">", markup(check.id), markup(&name));
        text += &if let Some(allowed) = &report.allowed {
            format!("<skipped message=\"{}\"/>", markup(&format!("{}: {said}", allowed.text())))
        } else if is_failure(finding) {
            format!(
                "<failure type=\"{}\" message=\"{}\">{}{at}\nhint: {hint}{clients}</failure>",
                report.severity,
                markup(&format!("{}: {said}", check.title)),
                markup(&said),
            )
        } else {
            format!("<system-out>{}: {}{at}\nhint: {hint}{clients}</system-out>", report.severity, markup(&said))
        };
        text += "</testcase>\n";
    }
    (text + "  </testsuite>\n", numbers)
}

/// Whether every store was read.
fn reading(checked: &Checked<'_>) -> (String, Numbers) {
    let unread = checked.unread();
    let numbers = Numbers { tests: unread.len().max(1), failures: 0, errors: unread.len(), skipped: 0 };
    let mut text = open(checked, "reading", numbers);
    if unread.is_empty() {
        text += "    <testcase classname=\"reading\" name=\"every store was read in full\"/>\n";
    }
    for gap in &unread {
        text += &format!(
            "    <testcase classname=\"reading\" name=\"{}\"><error type=\"unread\" message=\"{}\"/></testcase>\n",
            markup(gap),
            "not read in full, so there may be more"
        );
    }
    (text + "  </testsuite>\n", numbers)
}
