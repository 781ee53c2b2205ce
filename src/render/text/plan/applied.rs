//! What became of a plan, what was undone, and the history.

use super::super::{Cell, Colour, Page, Style, count, table};
use crate::render::escape;
use crate::render::report::plan::{AppliedReport, HistoryReport, OutcomeReport, UndoneReport};

/// What became of a plan.
pub(super) fn applied(page: &mut Page, report: &AppliedReport) {
    for refreshed in &report.refreshed {
        outcome(page, &refreshed.refresh.command.join(" "), &refreshed.outcome);
    }
    for asked in report.asked.iter().filter(|asked| asked.outcome.outcome == "failed") {
        outcome(page, &format!("{} about {}", asked.reader, asked.path.path), &asked.outcome);
    }
    for waiting in &report.waiting {
        page.styled(Style::Warn, "until then").line(&format!(": {}: {}", waiting.path.path, waiting.says));
    }
    for wrong in &report.wrong {
        page.styled(Style::Bad, "wrong").line(&format!(": {}: {}", wrong.path.path, wrong.says));
    }
    if report.id.is_none() {
        return;
    }
    // A command alone leaves nothing behind that undo could put back.
    let takes_back = report.undo.as_ref().map_or_else(String::new, |undo| format!("; {undo} takes it back"));
    let files = count(report.changed.len(), "file");
    if report.verified {
        let mut well: Vec<&str> =
            report.asked.iter().filter(|asked| asked.outcome.outcome == "well").map(|asked| asked.reader).collect();
        well.sort_unstable();
        well.dedup();
        let by = if well.is_empty() { String::new() } else { format!(", by {} too", well.join(", ")) };
        let (word, style) = match report.is_pending() {
            false => ("done", Style::Good),
            true => ("written, and not yet taken up", Style::Warn),
        };
        page.styled(style, word).line(&format!(": {files} changed and read again{by}{takes_back}"));
    } else {
        page.styled(Style::Bad, "not as planned").line(&format!(": {files} changed{takes_back}"));
    }
}

/// What is well is said once, by the last line.
fn outcome(page: &mut Page, what: &str, outcome: &OutcomeReport) {
    let says = outcome.says.as_deref().unwrap_or_default();
    match outcome.outcome {
        "failed" => page.styled(Style::Bad, "failed").line(&format!(": {what}: {says}")),
        "not-run" => page.styled(Style::Warn, "not run").line(&format!(": {what}: {says}")),
        _ => page,
    };
}

/// The same, alone: the plan was shown before.
#[must_use]
pub fn applied_text(report: &AppliedReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    applied(&mut page, report);
    page.finish()
}

/// What was undone.
#[must_use]
pub fn undone(report: &UndoneReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let run = &report.run;
    page.styled(Style::Strong, &run.id).line(&format!("  {}  {}", run.at, run.request));
    for file in &run.files {
        page.line(&format!("  {}", file.path));
    }
    match &report.applied {
        Some(report) => applied(&mut page, report),
        None => _ = page.line(&format!("{} would be as before", count(run.files.len(), "file"))),
    }
    page.finish()
}

/// The runs, the newest first.
#[must_use]
pub fn history(report: &HistoryReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    if report.runs.is_empty() && report.damaged.is_empty() {
        page.line(&format!("nothing was written that {} knows of", report.state.path));
        return page.finish();
    }
    let header = ["ID", "WHEN", "FILES", "STATE", "REQUEST"];
    let mut rows = vec![header.map(|text| Cell::left(text).style(Style::Dim)).to_vec()];
    for run in &report.runs {
        let state = match (&run.undone, &run.undoes, run.kept) {
            _ if !run.over => "not over".to_owned(),
            _ if !run.left.is_empty() => format!("taken back but for {}", count(run.left.len(), "file")),
            (Some(at), ..) => format!("undone {at}"),
            (None, Some(other), _) => format!("undid {other}"),
            (None, None, true) if !run.changed.is_empty() => "changed since".to_owned(),
            (None, None, true) if run.files.is_empty() => "wrote nothing".to_owned(),
            (None, None, true) => "can be undone".to_owned(),
            (None, None, false) => "backups are gone".to_owned(),
        };
        rows.push(vec![
            Cell::left(&run.id).style(Style::Strong),
            Cell::left(&run.at),
            Cell::right(run.files.len().to_string()),
            Cell::left(state),
            Cell::left(&run.request),
        ]);
    }
    if !report.runs.is_empty() {
        table(&mut page, &rows);
    }
    for run in report.runs.iter().filter(|run| !run.over) {
        page.line(&format!(
            "run {} is at work, or was interrupted: the next castore that writes, or undoes, ends it",
            run.id
        ));
    }
    for damaged in &report.damaged {
        let aside = &damaged.set_aside;
        let what = match damaged.known {
            "run" => "what stores lost beside that its commands made is damaged",
            "end" => "its record is damaged, and it cannot be undone; it is over, and stands in nobody's way",
            _ => "its record is damaged, and it may have been cut off: castore writes nothing until it is set aside",
        };
        page.styled(Style::Bad, &format!("run {}", damaged.id)).line(&format!(": {what}"));
        page.line(&format!("  {}: {}", damaged.path.path, escape::terminal(&damaged.because)));
        if damaged.known != "run" {
            page.line(&format!("  what it replaced: {}, unless it is long ago", damaged.backups.path));
            page.line(&format!("  to set it aside: {aside}"));
        }
    }
    for (run, left) in report.runs.iter().flat_map(|run| run.left.iter().map(move |left| (run, left))) {
        let kept = left.backup.as_ref().map(|backup| format!("; as it was: {}", backup.path));
        let kept = kept.unwrap_or_default();
        page.line(&format!(
            "run {} did not put {} back, which something else has changed{kept}",
            run.id, left.path.path
        ));
    }
    for (run, changed) in report.runs.iter().flat_map(|run| run.changed.iter().map(move |changed| (run, changed))) {
        page.line(&format!(
            "run {} cannot be undone while {} is not as it left it: {}",
            run.id, changed.path.path, changed.says
        ));
    }
    page.finish()
}
