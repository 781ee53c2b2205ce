//! Who sees the host, where that is not the user at this shell.

use crate::render::report::subject::{AnswerReport, SubjectReport, ValueReport};
use crate::render::text::{Cell, Page, Style, count, table};

/// Who it is, and what is to be known before anything else.
pub(super) fn before(page: &mut Page, subject: &SubjectReport) {
    let kind = if subject.kind == "variables" { "with the variables of" } else { subject.kind };
    page.styled(Style::Strong, &format!("{kind} {}", subject.name));
    if let Some(program) = &subject.program {
        page.put("  ").put(&program.path);
    }
    if let Some(user) = &subject.user {
        page.put(&format!("  as {user}"));
    }
    page.end();
    if subject.other_root {
        page.line("  its files are another tree than this shell's: all paths are inside it");
    }
    let how = match subject.recognised {
        Some("libraries") => Some("  recognised by the libraries it uses"),
        Some("content") => Some("  recognised by what its compiler left in it"),
        _ => None,
    };
    if let Some(how) = how {
        page.line(how);
    }
    for remark in &subject.remarks {
        page.styled(Style::Warn, &format!("  {remark}")).end();
    }
    page.end();
}

/// What differs from this shell.
pub(super) fn after(page: &mut Page, subject: &SubjectReport) {
    if subject.variables.is_empty() && subject.differs.is_empty() {
        return;
    }
    let other = if subject.compared_with == "shell" { "this shell" } else { "a shell without variables" };
    page.end().styled(Style::Strong, &format!("differs from {other}")).end();
    let variable = |variable: &crate::render::report::subject::VariableReport| {
        let readers = match variable.read_by.len() {
            0 => "none of these".to_owned(),
            1..=4 => variable.read_by.join(", "),
            number => format!("{} and {} more", variable.read_by[..3].join(", "), number - 3),
        };
        vec![
            Cell::left(format!("  ${}", variable.name)),
            Cell::left(value(&variable.there)),
            Cell::left(format!("here {}", value(&variable.here))),
            Cell::left(format!("read by {readers}")).style(Style::Dim),
        ]
    };
    table(page, &subject.variables.iter().map(variable).collect::<Vec<_>>());
    for difference in &subject.differs {
        let at = difference.at.as_ref().map_or_else(String::new, |at| format!("  {}", at.path));
        page.styled(Style::Strong, &format!("  {}", difference.client)).put(&at).end();
        page.line(&format!("    {}", answer(&difference.there)));
        page.line(&format!("    here {}", answer(&difference.here)));
    }
}

fn value(value: &ValueReport) -> String {
    match (&value.value, value.state) {
        (Some(value), _) => value.clone(),
        (None, "set") => "set (value not shown)".to_owned(),
        (None, "empty") => "set and empty".to_owned(),
        _ => "not set".to_owned(),
    }
}

fn answer(answer: &AnswerReport) -> String {
    match answer.verification {
        "off" => "verification is off".to_owned(),
        "error" => "the client stops with an error".to_owned(),
        _ => {
            let stores = if answer.stores.is_empty() { "no store".to_owned() } else { answer.stores.join(", ") };
            format!("trusts {} of {stores}", count(answer.anchors, "certificate"))
        }
    }
}
