//! `castore checks` as text.

use super::{Colour, Page, Style};
use crate::model::passing;
use crate::render::report::checks::ChecksReport;

/// Each check in a line.
#[must_use]
pub fn checks(report: &ChecksReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for check in &report.checks {
        page.styled(Style::Strong, &format!("{:<26}", check.check));
        page.put(&format!("{:<9}{}", check.severity, check.title)).end();
    }
    page.finish()
}

/// Checks with what they compare, what to do, and the tables they stand on.
#[must_use]
pub fn check_explained(report: &ChecksReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for check in &report.checks {
        page.styled(Style::Strong, check.check).put(&format!(" ({}): {}", check.severity, check.title)).end();
        page.end().line(check.about).end().line(&format!("Remedy: {}", check.remedy)).end();
        if let Some(day) = check.since {
            page.line(&format!("Since {day}."));
        }
        page.line(&format!("See {}", check.says));
    }
    if !report.facts.is_empty() {
        page.end().line("Facts built in; --facts DIR asks others:");
    }
    for table in &report.facts {
        page.styled(Style::Strong, &format!("  {:<13}", table.id));
        page.put(&format!("{} ({})  {}", table.date, passing::old(table.age_days), table.source)).end();
    }
    page.finish()
}
