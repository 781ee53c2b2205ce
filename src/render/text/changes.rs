//! `castore diff` of snapshots as text: stores with what came, went and is trusted otherwise, then clients.

use super::{Cell, Colour, Page, Style, count, date, table};
use crate::render::report::changes::{
    ChangesReport, ClientChangeReport, ClientSideReport, RecordReport, ReferenceChangeReport, SaidReport, SideReport,
    StoreChangeReport,
};

use std::collections::BTreeSet;

/// Stores that are named in one line before the rest is counted.
const NAMED: usize = 2;

/// Certificates of a client that are told one by one before the rest is counted.
const EACH: usize = 10;

/// What changed, and a last line that counts it.
#[must_use]
pub fn changes(report: &ChangesReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    side(&mut page, "A", &report.then);
    side(&mut page, "B", &report.now);
    if report.same {
        page.line("no difference");
        return page.finish();
    }
    page.end();
    for change in &report.stores {
        store(&mut page, change);
    }
    if !report.stores.is_empty() && !report.clients.is_empty() {
        page.end();
    }
    for change in &report.clients {
        client(&mut page, change);
    }
    page.end();
    let sum = |of: fn(&StoreChangeReport) -> usize| report.stores.iter().map(of).sum::<usize>();
    // What clients take otherwise of stores that hold the same, each certificate once.
    let anchors = report.clients.iter().flat_map(|change| change.trusts.iter().chain(&change.trusts_no_more));
    let by_clients: BTreeSet<&str> = anchors.map(|one| one.sha256.as_str()).collect();
    let counts = [
        (sum(|change| change.added.len()), "added"),
        (sum(|change| change.removed.len()), "removed"),
        (sum(|change| change.trust.len() + change.references.len()) + by_clients.len(), "trusted otherwise"),
    ];
    let counts: Vec<String> = counts.iter().map(|(number, what)| format!("{number} {what}")).collect();
    let (stores, clients) = (count(report.stores.len(), "store"), count(report.clients.len(), "client"));
    page.line(&format!("{stores} and {clients} differ: {}", counts.join(", ")));
    page.finish()
}

fn side(page: &mut Page, letter: &str, side: &SideReport) {
    page.styled(Style::Strong, letter).put("  ").put(&side.name);
    let about: Vec<&str> = [&side.host, &side.release].into_iter().flatten().map(String::as_str).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let (stores, clients) = (count(side.stores, "store"), count(side.clients, "client"));
    page.put(&about).styled(Style::Dim, &format!(": {}, {stores}, {clients}", count(side.certificates, "certificate")));
    page.end();
}

fn store(page: &mut Page, change: &StoreChangeReport) {
    page.styled(Style::Strong, &change.store);
    let held = count(change.certificates, "certificate");
    match (change.fate, &change.from) {
        ("moved", Some(from)) => page.put(&format!("  moved from {from}")),
        ("appeared", _) => page.put(&format!("  is new, with {held}")),
        ("vanished", _) => page.put(&format!("  is gone, with {held}")),
        ("not-compared", _) => {
            page.styled(Style::Warn, &format!("  not compared: {} then, {} now", change.then, change.now))
        }
        _ => page,
    };
    if !change.used_by.is_empty() {
        page.styled(Style::Dim, &format!("  (used by {})", some(&change.used_by, 4)));
    }
    page.end();
    let mut rows = Vec::new();
    for added in &change.added {
        let place = match (&added.moved_from[..], &added.was_in[..]) {
            ([], []) => "in no store before".to_owned(),
            ([], held) => format!("also in {}", some(held, NAMED)),
            (left, _) => format!("moved from {}", some(left, NAMED)),
        };
        let said = said_unless_trusted(&added.trust);
        rows.push(row("+", Style::Good, &added.certificate, &format!("{said}{place}")));
    }
    for removed in &change.removed {
        let place = match &removed.is_in[..] {
            [] => "in no store now".to_owned(),
            held => format!("still in {}", some(held, NAMED)),
        };
        rows.push(row("-", Style::Bad, &removed.certificate, &place));
    }
    for trust in &change.trust {
        let said = format!("{} -> {}", trust.then.words(), trust.now.words());
        rows.push(row("~", Style::Warn, &trust.certificate, &said));
    }
    rows.extend(change.references.iter().map(reference));
    table(page, &rows);
}

fn row(sign: &str, style: Style, certificate: &RecordReport, remark: &str) -> Vec<Cell> {
    vec![
        Cell::left(format!("  {sign}")).style(style),
        Cell::left(&certificate.sha256[..8]),
        Cell::left(date(certificate.not_after.as_deref())),
        Cell::left(certificate.label()),
        Cell::left(remark).style(Style::Dim),
    ]
}

/// A certificate that the store only speaks of.
fn reference(change: &ReferenceChangeReport) -> Vec<Cell> {
    let said = |said: &Option<SaidReport>| said.as_ref().map_or_else(|| "nothing said".to_owned(), SaidReport::words);
    let both = format!("{} -> {}", said(&change.then), said(&change.now));
    vec![
        Cell::left("  ~").style(Style::Warn),
        Cell::left(""),
        Cell::left(""),
        Cell::left(&change.about),
        Cell::left(both).style(Style::Dim),
    ]
}

fn said_unless_trusted(said: &SaidReport) -> String {
    if said.servers == "trusted" { String::new() } else { format!("{}; ", said.words()) }
}

fn client(page: &mut Page, change: &ClientChangeReport) {
    let gained = some(&change.gained, NAMED);
    let lost = some(&change.lost, NAMED);
    page.styled(Style::Strong, &change.client);
    match (change.fate, &change.then, &change.now) {
        ("appeared", _, _) if gained.is_empty() => page.put("  is new"),
        ("appeared", _, _) => page.put(&format!("  is new, uses {gained}")),
        ("vanished", _, _) => page.put("  is gone"),
        (_, Some(then), Some(now)) => {
            let uses = match (gained.is_empty(), lost.is_empty()) {
                (false, false) => format!("  uses {gained} instead of {lost}"),
                (false, true) => format!("  uses {gained} too"),
                (true, false) => format!("  uses {lost} no more"),
                (true, true) => String::new(),
            };
            page.put(&uses).put(&anchors(then, now));
            match (then.verification_off, now.verification_off) {
                (false, true) => page.styled(Style::Bad, "  verification is off now"),
                (true, false) => page.styled(Style::Good, "  verification is on again"),
                _ => page,
            }
        }
        _ => page,
    };
    page.end();
    let mut rows = signed(("+", Style::Bad, "it did not trust"), &change.trusts);
    // What it took from a store that it uses no more is told by that.
    if change.lost.is_empty() {
        rows.extend(signed(("-", Style::Warn, "it trusted"), &change.trusts_no_more));
    }
    table(page, &rows);
}

/// The first certificates, a row each, and how many more.
fn signed((sign, style, what): (&str, Style, &str), all: &[RecordReport]) -> Vec<Vec<Cell>> {
    let mut rows: Vec<_> = all.iter().take(EACH).map(|one| row(sign, style, one, what)).collect();
    if let more @ 1.. = all.len().saturating_sub(EACH) {
        let text = format!("and {more} more");
        rows.push(vec![Cell::left(format!("  {sign}")).style(style), Cell::left(""), Cell::left(""), Cell::left(text)]);
    }
    rows
}

fn anchors(then: &ClientSideReport, now: &ClientSideReport) -> String {
    let opaque = if then.opaque == now.opaque { "" } else { "  other roots of its own" };
    if then.anchors_sha256 == now.anchors_sha256 {
        return format!("  the same {}{opaque}", count(now.anchors, "anchor"));
    }
    format!("  {} instead of {}{opaque}", count(now.anchors, "anchor"), then.anchors)
}

/// The first few, and how many more.
fn some(names: &[String], few: usize) -> String {
    match names.len().checked_sub(few + 1) {
        Some(more) => format!("{} and {} more", names[..few].join(", "), more + 1),
        None => names.join(", "),
    }
}
