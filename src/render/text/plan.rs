//! A plan as text: store by store what comes, what goes and how; then commands, what is left alone, and one line that
//! counts. The same for what was carried out, and for the history.

mod applied;

pub use applied::{applied_text, history, undone};

use super::{Colour, Page, Style, count, date};
use crate::render::report::plan::{
    DeclinedReport, MovedReport, PlanReport, RefreshReport, StoreChangeReport, SweptReport, TargetReport,
};
use std::collections::BTreeSet;

/// Readers that are named in one line before the rest is counted.
const NAMED: usize = 5;

/// The plan, and what became of it where it was carried out.
#[must_use]
pub fn plan(report: &PlanReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for change in &report.stores {
        store(&mut page, change);
        page.end();
    }
    for refresh in &report.refreshes {
        command(&mut page, refresh);
    }
    if !report.refreshes.is_empty() {
        page.end();
    }
    for left in &report.left_out {
        let certificate = &left.certificate;
        let to = left.to.as_ref().map_or_else(String::new, |to| format!(" to {to}"));
        page.styled(Style::Warn, "not added").put(&to);
        page.line(&format!(": {} ({}): {}", certificate.label(), certificate.short(), left.because));
    }
    if !report.left_out.is_empty() {
        page.end();
    }
    if !report.declined.is_empty() {
        page.line("not changed here:");
        report.declined.iter().for_each(|declined| left_alone(&mut page, declined));
        page.end();
    }
    if let Some(advice) = &report.advice {
        // At this shell a variable would change the clients of this machine.
        let (place, prompt) = if report.commands.is_of_tree() { ("in the tree", "  ") } else { ("instead", "  $ ") };
        let more = report.commands.text("castore sync --env tells more");
        page.line(&format!("to be set {place}, for clients that no store reaches ({more}):"));
        for line in advice.places.iter().flat_map(|place| &place.lines) {
            page.put(prompt).line(line);
        }
        page.end();
    }
    summary(&mut page, report);
    page.finish()
}

fn store(page: &mut Page, change: &StoreChangeReport) {
    page.styled(Style::Strong, &change.target.store);
    page.styled(Style::Dim, &format!("  {}{}", change.target.format, readers(&change.target))).end();
    for link in &change.target.links {
        page.styled(Style::Dim, &format!("  also read through the link {}", link.path)).end();
    }
    change.added.iter().for_each(|moved| certificate(page, ("+", Style::Good), moved));
    change.removed.iter().for_each(|moved| certificate(page, ("-", Style::Bad), moved));
    change.swept.iter().for_each(|one| swept(page, one));
    page.line(&format!("  {} unchanged; {}", count(change.kept, "certificate"), change.how));
    let itself = change.target.path.as_ref().map(|store| &store.path);
    let elsewhere: Vec<_> = change.steps.iter().filter(|step| Some(&step.path.path) != itself).collect();
    for step in elsewhere.iter().take(NAMED) {
        page.styled(Style::Dim, &format!("  {} {}", step.does, step.path.path)).end();
    }
    if elsewhere.len() > NAMED {
        page.styled(Style::Dim, &format!("  and {} files more", elsewhere.len() - NAMED)).end();
    }
    for note in change.lost_by.iter().chain(&change.notes) {
        page.put("  ").styled(Style::Warn, "note").line(&format!(": {note}"));
    }
}

fn readers(target: &TargetReport) -> String {
    if target.readers.is_empty() {
        return String::new();
    }
    let named = target.readers.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = target.readers.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(", read by {named}{more}")
}

fn certificate(page: &mut Page, (sign, style): (&str, Style), moved: &MovedReport) {
    let certificate = &moved.certificate;
    page.put("  ").styled(style, sign).put(&format!(
        " {}  {}  until {}",
        certificate.label(),
        certificate.short(),
        date(certificate.not_after.as_deref())
    ));
    if sign == "+" && !moved.from.is_empty() {
        page.styled(Style::Dim, &format!("  from {}", moved.from.join(", ")));
    }
    page.end();
    for needed in &moved.needed_by {
        let name = needed.name.as_deref().unwrap_or("(cannot be parsed)");
        page.put("    ").styled(Style::Warn, "needed by").line(&format!(
            " {name} ({}) in {}",
            &needed.sha256[..8],
            needed.store
        ));
    }
}

fn swept(page: &mut Page, swept: &SweptReport) {
    let (sign, style) = if swept.is_gained() { ("+", Style::Good) } else { ("-", Style::Bad) };
    let certificate = &swept.certificate;
    page.put("  ").styled(style, sign).put(&format!(" {}  {}  ", certificate.label(), certificate.short()));
    page.styled(Style::Warn, "not asked for").line(&format!(": {}", swept.because));
}

fn command(page: &mut Page, refresh: &RefreshReport) {
    page.put("run ").styled(Style::Strong, &refresh.command.join(" "));
    page.styled(Style::Dim, &format!("  {}", refresh.because)).end();
}

fn left_alone(page: &mut Page, declined: &DeclinedReport) {
    page.line(&format!("  {}{}: {}", declined.target.store, readers(&declined.target), declined.because));
    if let Some(instead) = &declined.instead {
        page.line(&format!("    {instead}"));
    }
}

/// `2 stores change: 2 added; 3 stores are as they should be`.
fn summary(page: &mut Page, report: &PlanReport) {
    // One that a certificate is not added to, though it was asked for, is not as it should be.
    let lacks = |target: &&TargetReport| report.left_out.iter().any(|left| left.to.as_ref() == Some(&target.store));
    let lacking = report.unchanged.iter().filter(lacks).count();
    let unchanged = match report.unchanged.len() - lacking {
        0 => String::new(),
        1 => "; 1 store is as it should be".to_owned(),
        all => format!("; {all} stores are as they should be"),
    };
    if report.stores.is_empty() {
        let is_all = report.declined.is_empty() && lacking == 0;
        let nothing = if is_all { "nothing to change" } else { "nothing is changed" };
        page.line(&format!("{nothing}{unchanged}"));
    } else {
        let sum = |of: fn(&StoreChangeReport) -> usize| report.stores.iter().map(of).sum::<usize>();
        let (added, removed) = (sum(|change| change.added.len()), sum(|change| change.removed.len()));
        let stores = match report.stores.len() {
            1 => "1 store changes".to_owned(),
            all => format!("{all} stores change"),
        };
        let parts = [(added, "added"), (removed, "removed")].into_iter().filter(|(count, _)| *count > 0);
        let mut parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        let swept = |is_gained: bool| {
            let all = report.stores.iter().flat_map(|change| &change.swept);
            let all = all.filter(|swept| swept.is_gained() == is_gained).map(|swept| &swept.certificate.sha256);
            all.collect::<BTreeSet<_>>().len()
        };
        let beside = [(swept(true), "taken up"), (swept(false), "dropped")].into_iter().filter(|(count, _)| *count > 0);
        parts.extend(beside.map(|(count, what)| format!("{count} {what} by the refresh, not asked for")));
        page.line(&format!("{stores}: {}{unchanged}", parts.join(", ")));
    }
    if let Some(applied) = &report.applied {
        applied::applied(page, applied);
    }
}
