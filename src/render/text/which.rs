//! `castore which` as text.

mod overview;
mod subject;

use super::{Cell, Colour, Page, Style, count, table};
use crate::render::report::which::{CandidateReport, ClientReport, LooksReport, WhichReport};

/// How much of the search is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explain {
    /// One line an answer, with the clients that have it.
    Overview,
    /// What is used, what lost to it, and what went wrong.
    Result,
    /// Every place looked at, with the source of every rule.
    Everything,
}

/// What each client trusts and why; `width` is that of the terminal, where it is one.
#[must_use]
pub fn which(report: &WhichReport, explain: Explain, width: Option<usize>, colour: Colour) -> String {
    let mut page = Page::new(colour);
    if let Some(subject) = &report.subject {
        subject::before(&mut page, subject);
    }
    match explain {
        _ if report.clients.is_empty() => _ = page.line("no such client was found on this host"),
        Explain::Overview => overview::overview(&mut page, report, width),
        Explain::Result | Explain::Everything => in_full(&mut page, report, explain),
    }
    if let Some(subject) = &report.subject {
        subject::after(&mut page, subject);
    }
    page.finish()
}

fn in_full(page: &mut Page, report: &WhichReport, explain: Explain) {
    for (index, client) in report.clients.iter().enumerate() {
        if index > 0 {
            page.end();
        }
        one(page, client, explain);
    }
    for looks in &report.looked_at {
        looked_at(page, looks);
    }
}

/// The paths looked at for a client, those in one directory on one line.
fn looked_at(page: &mut Page, looks: &LooksReport) {
    let places = count(looks.places.len(), "place");
    page.end().styled(Style::Strong, looks.client).put(&format!("  looked at {places} not looked at before")).end();
    let mut lines: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for look in &looks.places {
        let (directory, name) = look.path.path.rsplit_once('/').unwrap_or(("", &look.path.path));
        let seen = match look.seen {
            "file" | "directory" | "other" => "there",
            other => other,
        };
        match lines.iter_mut().find(|(known, of, _)| (*known, *of) == (seen, directory)) {
            Some((_, _, names)) => names.push(name),
            None => lines.push((seen, directory, vec![name])),
        }
    }
    let row = |(seen, directory, names): &(&str, &str, Vec<&str>)| {
        let style = if *seen == "there" { Style::Good } else { Style::Dim };
        let paths = match names.as_slice() {
            [name] => format!("{directory}/{name}"),
            names => format!("{directory}/{{{}}}", names.join(",")),
        };
        vec![Cell::left(format!("  {seen}")).style(style), Cell::left(paths)]
    };
    table(page, &lines.iter().map(row).collect::<Vec<_>>());
}

fn one(page: &mut Page, client: &ClientReport, explain: Explain) {
    page.styled(Style::Strong, client.client);
    if let Some(at) = &client.at {
        page.put("  ").put(&at.path);
    }
    if let Some(account) = &client.account {
        page.put(&format!("  of {account}"));
    }
    let versions: Vec<String> =
        client.versions.iter().map(|part| format!("{} {}", part.component, part.version)).collect();
    if !versions.is_empty() {
        page.put(&format!("  ({})", versions.join(", ")));
    }
    page.end();
    if explain == Explain::Everything {
        page.styled(Style::Dim, &format!("  {}", client.about)).end();
        if let Some(policy) = client.policy {
            page.styled(Style::Dim, &format!("  judges chains by {policy}")).end();
        }
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
        "used" | "shadowed" | "turns-off" | "turns-off-for" => true,
        "refused" => true,
        "empty" | "unusable" => candidate.then != Some("pass") || candidate.named_by != "built in",
        // A variable that is set and has no effect, or one that another put out of use.
        "not-looked" => {
            candidate.named_by.starts_with('$') || candidate.why.as_deref().is_some_and(|why| why.contains('$'))
        }
        _ => false,
    }
}

fn row(candidate: &CandidateReport, explain: Explain) -> Vec<Cell> {
    let style = match candidate.outcome {
        "used" => Style::Good,
        "turns-off" | "turns-off-for" => Style::Bad,
        "refused" => Style::Bad,
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
    let at_least = if client.is_at_least { "at least " } else { "" };
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
    for remark in &client.remarks {
        page.line(&format!("  {remark}"));
    }
    for unknown in &client.unknown {
        page.styled(Style::Warn, &format!("  not known: {unknown}")).end();
    }
}
