//! The findings as Markdown, worst first, for a comment on a change.
//!
//! A comment notifies whoever a name in it mentions and shows whatever image it links to, so everything that
//! is not castore's own stands in code spans.

use super::{line, text};
use crate::limits::MARKDOWN_PAGE;
use crate::render::checked::{Checked, Format, Options};
use crate::render::escape::code;
use crate::render::report::check::{Cause, CheckReport, Group, causes, summary_of};
use crate::render::text::count;

/// The row.
pub const FORMAT: Format = Format {
    name: "markdown",
    about: "Markdown, worst first, for a comment on a change",
    says: "https://github.github.com/gfm/",
    render: check,
};

/// Places of one finding, and clients of one place, before the rest is counted.
const PLACES: usize = 3;

/// Findings of one cause before the rest is counted.
const GROUPS: usize = 10;

fn check(checked: &Checked<'_>, options: &Options) -> String {
    let report = CheckReport::new(checked);
    let mut page = String::new();
    let (mut causes, known) = (causes(&report.findings), causes(&report.allowed));
    line(&mut page, format_args!("### castore check: {}\n", summary_of(&causes, &report)));
    if options.show_allowed {
        causes.extend(known);
    }
    let host = report.host.as_deref().map_or_else(String::new, |host| format!(" on {}", code(host)));
    let stores = count(report.stores.len(), "store");
    line(&mut page, format_args!("{stores} looked at{host}, {}, by castore {}.", report.at, report.castore));
    for gap in &report.gaps {
        line(&mut page, format_args!("- **not read in full**, so there may be more: {}", code(gap)));
    }
    for (number, cause) in causes.iter().enumerate() {
        let section = section(cause);
        if page.chars().count() + section.chars().count() > MARKDOWN_PAGE {
            let rest = count(causes.len() - number, "more cause");
            line(&mut page, format_args!("\nAnd {rest}: a comment holds no more than this."));
            break;
        }
        page += &section;
    }
    page
}

fn section(cause: &Cause<'_>) -> String {
    let mut section = String::new();
    let first = cause.first;
    line(&mut section, format_args!("\n#### {}: {} `{}`\n", first.severity, text(first.title), first.check));
    for group in cause.groups.iter().take(GROUPS) {
        line(&mut section, format_args!("- {}", said(group)));
        for finding in group.places.iter().take(PLACES) {
            let clients = match &finding.clients[..] {
                [] => String::new(),
                clients => {
                    let shown: Vec<String> = clients.iter().take(PLACES).map(|client| code(client)).collect();
                    let more = clients.len().saturating_sub(PLACES);
                    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                    format!("{} {}{more}", finding.by(), shown.join(", "))
                }
            };
            let parts: Vec<String> = finding.at().map(|at| format!("at {}", code(&at))).into_iter().collect();
            let parts: Vec<String> = parts.into_iter().chain((!clients.is_empty()).then_some(clients)).collect();
            if !parts.is_empty() {
                line(&mut section, format_args!("  - {}", parts.join(", ")));
            }
        }
        if let Some(more) = group.places.len().checked_sub(PLACES).filter(|more| *more > 0) {
            line(&mut section, format_args!("  - and {}", count(more, "more place")));
        }
        if let Some(allowed) = &group.first.allowed {
            line(&mut section, format_args!("  - {}", code(&allowed.text())));
        }
    }
    if let Some(more) = cause.groups.len().checked_sub(GROUPS).filter(|more| *more > 0) {
        line(&mut section, format_args!("- and {more} more"));
    }
    line(&mut section, format_args!("\nWhat to do: {}", code(&first.remedy)));
    section
}

fn said(group: &Group<'_>) -> String {
    let subject = group.first.subject().map_or_else(String::new, |subject| format!("{}: ", code(&subject)));
    format!("{subject}expected {}, found {}", code(&group.first.expected), code(&group.first.found))
}
