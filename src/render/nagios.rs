//! The answer of a monitoring plugin: one line that says how it stands, numbers behind a bar, then what was
//! found, worst first.
//!
//! The status is that of the plugin's own convention: 0 is well, 1 a warning, 2 critical, 3 unknown. What was
//! not seen is unknown, and no excuse for what was: an error that was found is critical all the same.

use super::checked::{Checked, Format, NO_STORE, Options};
use super::escape::plugin;
use super::report::check::{Cause, CheckReport, Counts, FindingReport, causes as causes_of, summary_of};
use super::text::count;
use crate::check::{Finding, Severity};
use crate::limits::PLUGIN_OUTPUT;

/// The row.
pub const FORMAT: Format = Format {
    name: "nagios",
    about: "a monitoring plugin for Nagios and Icinga; the exit status is 0 to 3 by their convention",
    says: "https://datatracker.ietf.org/doc/draft-kaestle-monitoring-plugins-interface/",
    render: check,
};

/// How a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing to do.
    Ok,
    /// Something will fail, or fails for some.
    Warning,
    /// Something fails now.
    Critical,
    /// It could not be seen.
    Unknown,
}

impl State {
    /// The exit status.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// How a run stands: an error is critical, a gap unknown, a warning a warning; what is untidy is none of a
/// monitoring's business, nor is what does not fail ([`Options::fail_on`]).
#[must_use]
pub fn state(checked: &Checked<'_>, options: &Options) -> State {
    let worst = checked.findings.iter().filter(|finding| options.fails(finding)).map(Finding::severity).max();
    match worst {
        Some(Severity::Error) => State::Critical,
        _ if !checked.is_whole() => State::Unknown,
        Some(Severity::Warning) => State::Warning,
        Some(Severity::Info) | None => State::Ok,
    }
}

/// What a plugin says that could not look.
#[must_use]
pub fn failure(message: &str) -> String {
    format!("CASTORE UNKNOWN - {}\n", plugin(message))
}

fn check(checked: &Checked<'_>, options: &Options) -> String {
    let report = CheckReport::new(checked);
    let (causes, known) = (causes_of(&report.findings), causes_of(&report.allowed));
    let state = state(checked, options).name();
    let mut first = format!("CASTORE {state} - {}", summary_of(&causes, &report));
    if checked.is_blind() {
        first += &format!(", {NO_STORE}");
    }
    for (number, noun) in [(checked.gaps.len(), "store"), (checked.homes.len(), "home")] {
        if number > 0 {
            first += &format!(", {} not read in full", count(number, noun));
        }
    }
    if let Some(cause) = causes.first() {
        first += &format!(": {}", title(cause));
    }
    let mut text = format!("{} | {}\n", plugin(&first), numbers(checked, report.counts));
    let gaps = report.gaps.iter().map(|gap| format!("not read in full: {gap}"));
    let known = known.iter().filter(|_| options.show_allowed).flat_map(lines);
    let mut lines = causes.iter().flat_map(lines).chain(gaps).chain(known);
    let mut left_out = 0;
    for line in lines.by_ref() {
        let line = plugin(&line);
        if text.len() + line.len() + 1 > PLUGIN_OUTPUT - REST {
            left_out = 1;
            break;
        }
        text += &line;
        text.push('\n');
    }
    if left_out > 0 {
        text += &format!("and {}\n", count(left_out + lines.count(), "more line"));
    }
    text
}

/// Octets kept for the line that says how much is left out.
const REST: usize = 32;

fn title(cause: &Cause<'_>) -> String {
    match (&cause.groups[..], cause.first.subject().or_else(|| place(cause.first))) {
        ([_], Some(what)) => format!("{}: {what}", cause.first.title),
        (groups, _) => format!("{} ({})", cause.first.title, groups.len()),
    }
}

/// Where it is, else whom it concerns.
fn place(finding: &FindingReport) -> Option<String> {
    let clients = (!finding.clients.is_empty()).then(|| finding.clients.join(", "));
    finding.at().or(clients)
}

fn lines<'r>(cause: &'r Cause<'r>) -> impl Iterator<Item = String> + 'r {
    cause.groups.iter().map(|group| {
        let first = group.first;
        let subject = first.subject().map_or_else(String::new, |subject| format!(": {subject}"));
        let at = place(first).map_or_else(String::new, |place| {
            if first.at().is_some() { format!(" at {place}") } else { format!(": {place}") }
        });
        let more = match group.places.len() {
            1 => String::new(),
            all => format!(" and {}", count(all - 1, "more place")),
        };
        let (word, then) = match &first.allowed {
            Some(allowed) => ("allowed", allowed.text()),
            None => (first.severity, first.remedy.clone()),
        };
        format!("{word}[{}]{subject}{at}{more}: found {}; {then}", first.check, first.found)
    })
}

/// Performance data: `label=value;warn;crit;min`. A range of `0` is left by any number above it.
fn numbers(checked: &Checked<'_>, counts: Counts) -> String {
    let unread = checked.unread().len();
    format!(
        "errors={};;0;0 warnings={};0;;0 info={};;;0 stores={};;;0 unread={unread};;;0",
        counts.error,
        counts.warning,
        counts.info,
        checked.stores.len(),
    )
}
