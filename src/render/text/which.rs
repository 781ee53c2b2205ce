//! `castore which` as text.

use super::{Cell, Colour, Page, Style, count, table};
use crate::anchors::NOT_STATED;
use crate::render::report::which::{CandidateReport, ClientReport, WhichReport};

/// How much of the search is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explain {
    /// What is used, what lost to it, and what went wrong.
    Result,
    /// Every place looked at, with the source of every rule.
    Everything,
}

/// Each client with the places it looks at.
#[must_use]
pub fn which(report: &WhichReport, explain: Explain, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for (index, client) in report.clients.iter().enumerate() {
        if index > 0 {
            page.end();
        }
        one(&mut page, client, explain);
    }
    if report.clients.is_empty() {
        page.line("no such client was found on this host");
    }
    page.finish()
}

fn one(page: &mut Page, client: &ClientReport, explain: Explain) {
    page.styled(Style::Strong, client.client);
    if let Some(at) = &client.at {
        page.put("  ").put(&at.path);
    }
    let versions: Vec<String> =
        client.versions.iter().map(|part| format!("{} {}", part.component, part.version)).collect();
    if !versions.is_empty() {
        page.put(&format!("  ({})", versions.join(", ")));
    }
    page.end();
    if explain == Explain::Everything {
        page.styled(Style::Dim, &format!("  {}", client.about)).end();
        let places = client.places.iter().map(|place| format!("{} {}", place.name, place.path.path));
        for place in places {
            page.styled(Style::Dim, &format!("  {place}")).end();
        }
    }
    let rows: Vec<Vec<Cell>> =
        client.candidates.iter().filter(|c| is_shown(c, explain)).map(|c| row(c, explain)).collect();
    table(page, &rows);
    conclusion(page, client, explain);
}

fn is_shown(candidate: &CandidateReport, explain: Explain) -> bool {
    match candidate.outcome {
        _ if explain == Explain::Everything => true,
        "used" | "shadowed" | "turns-off" => true,
        "empty" | "unusable" => candidate.then != Some("pass") || candidate.named_by != "built in",
        "not-looked" => candidate.why.as_deref().is_some_and(|why| why.contains('$')),
        _ => false,
    }
}

fn row(candidate: &CandidateReport, explain: Explain) -> Vec<Cell> {
    let style = match candidate.outcome {
        "used" => Style::Good,
        "turns-off" => Style::Bad,
        "empty" | "unusable" if candidate.then != Some("pass") => Style::Bad,
        _ => Style::Dim,
    };
    let path = candidate
        .path
        .as_ref()
        .map_or_else(|| candidate.store.clone().unwrap_or("-".to_owned()), |path| path.path.clone());
    let held = candidate.certificates.map(|number| count(number, "certificate"));
    let behind = candidate
        .store
        .as_ref()
        .filter(|store| **store != path && candidate.path.is_some())
        .map(|store| format!("-> {store}"));
    let then = candidate.then.map(|then| match then {
        "bind" => "the client stays with it and has nothing from it".to_owned(),
        "pass" => "the client goes on".to_owned(),
        "refuse" => "the client stops with an error".to_owned(),
        _ => "the client verifies nothing".to_owned(),
    });
    let source = (explain == Explain::Everything || candidate.outcome == "used").then(|| candidate.says.to_owned());
    let remarks: Vec<String> =
        held.into_iter().chain(behind).chain(candidate.why.clone()).chain(then).chain(source).collect();
    vec![
        Cell::left(format!("  {}", candidate.outcome)).style(style),
        Cell::left(&candidate.named_by),
        Cell::left(path),
        Cell::left(remarks.join("; ")).style(Style::Dim),
    ]
}

fn conclusion(page: &mut Page, client: &ClientReport, explain: Explain) {
    let unread: Vec<&str> = client.gaps.iter().map(String::as_str).collect();
    // Where OpenSSL refuses a whole file nothing that was not read could count.
    let refused = client.anchors == 0 && client.left_out.iter().any(|left| left.because.contains("the whole file"));
    let is_open = !unread.is_empty() || client.left_out.iter().any(|left| left.because == NOT_STATED);
    let at_least = if is_open && !refused { "at least " } else { "" };
    match client.verification {
        "off" => page.styled(Style::Bad, "  verification is off: any certificate is accepted"),
        "error" => page.styled(Style::Bad, "  the client stops with an error before it verifies anything"),
        _ => page.put(&format!("  trusts {at_least}{}", count(client.anchors, "certificate"))),
    };
    page.end();
    if !unread.is_empty() {
        page.styled(Style::Warn, &format!("  not read in full: {}", unread.join(", "))).end();
    }
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for left in &client.left_out {
        match reasons.iter_mut().find(|(because, _)| *because == left.because) {
            Some((_, number)) => *number += 1,
            None => reasons.push((&left.because, 1)),
        }
    }
    for (because, number) in reasons {
        page.styled(Style::Warn, &format!("  leaves out {number}: {because}")).end();
    }
    if explain == Explain::Everything {
        for left in &client.left_out {
            let name = left.certificate.as_ref().map_or("(no certificate)", |certificate| certificate.label());
            page.styled(Style::Dim, &format!("    {}  {name}: {}", left.place.text(), left.because)).end();
        }
    }
    for unknown in &client.unknown {
        page.styled(Style::Warn, &format!("  not known: {unknown}")).end();
    }
}
