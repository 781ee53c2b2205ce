//! `castore check` as text: findings by check, the same certificate in many places once.

use super::{Colour, Page, Style, count};
use crate::render::report::check::{CheckReport, FindingReport};
use std::collections::HashMap;

/// Places shown of one finding before the rest is counted.
const PLACES: usize = 6;
/// The same, of what is only told.
const PLACES_OF_INFO: usize = 2;

/// The findings, and a last line that counts them.
#[must_use]
pub fn check(report: &CheckReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let groups = groups(&report.findings);
    for group in &groups {
        one(&mut page, group);
    }
    // The same of one certificate in thirty stores is one thing to read.
    let number = |severity: &str| groups.iter().filter(|group| group[0].severity == severity).count();
    let counts = [("error", number("error")), ("warning", number("warning")), ("info", number("info"))];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| if severity == "info" { format!("{number} info") } else { count(number, severity) })
        .collect();
    let places = if groups.len() < report.findings.len() {
        format!(", at {}", count(report.findings.len(), "place"))
    } else {
        String::new()
    };
    page.line(&if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") + &places });
    facts(&mut page, report);
    page.finish()
}

/// How old the tables are that findings stand on.
fn facts(page: &mut Page, report: &CheckReport) {
    let Some(oldest) = report.facts.iter().max_by_key(|table| table.age_days) else { return };
    let tables = count(report.facts.len(), "table");
    let age = count(usize::try_from(oldest.age_days).unwrap_or(0), "day");
    let text = format!(
        "facts: {tables}, the oldest of {} ({age} old); castore checks removed-upstream lists them",
        oldest.date
    );
    page.styled(Style::Dim, &text).end();
}

/// Findings that say the same of the same certificate in different places.
fn groups(findings: &[FindingReport]) -> Vec<Vec<&FindingReport>> {
    let mut groups: Vec<Vec<&FindingReport>> = Vec::new();
    let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for finding in findings {
        let Some(certificate) = &finding.certificate else {
            groups.push(vec![finding]);
            continue;
        };
        let at = *known.entry((finding.check, &certificate.sha256, &finding.found)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn one(page: &mut Page, group: &[&FindingReport]) {
    let first = group[0];
    let style = match first.severity {
        "error" => Style::Bad,
        "warning" => Style::Warn,
        _ => Style::Dim,
    };
    page.styled(style, first.severity).put(&format!("[{}]: {}", first.check, first.title));
    if let Some(certificate) = &first.certificate {
        page.put(": ").styled(Style::Strong, certificate.label()).put(&format!(" ({})", certificate.short()));
    }
    page.end();
    let places = if first.severity == "info" { PLACES_OF_INFO } else { PLACES };
    for finding in group.iter().take(places) {
        let place = match (&finding.path, &finding.place) {
            (Some(path), _) => path.path.clone(),
            (None, Some(place)) => place.text(),
            (None, None) => continue,
        };
        page.put("  at ").put(&place);
        if !finding.clients.is_empty() {
            let (shown, rest) = finding.clients.split_at(finding.clients.len().min(4));
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            page.styled(Style::Dim, &format!("  (used by {}{more})", shown.join(", ")));
        }
        page.end();
    }
    if let Some(more) = group.len().checked_sub(places).filter(|more| *more > 0) {
        page.styled(Style::Dim, &format!("  and {} more", count(more, "place"))).end();
    }
    page.line(&format!("  expected {}, found {}", first.expected, first.found));
    page.styled(Style::Dim, &format!("  hint: {}", first.remedy)).end();
}
