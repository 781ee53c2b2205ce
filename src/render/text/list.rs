//! `castore list` as text.

use super::{Cell, Colour, Page, Style, count, date, size, table};
use crate::render::report::PlaceReport;
use crate::render::report::list::{ListReport, StoreReport, UserReport};

/// The stores in a table; with certificates listed, each store with its own below.
#[must_use]
pub fn list(report: &ListReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let listed = report.stores.iter().any(|store| store.certificates.is_some());
    if listed {
        report.stores.iter().for_each(|store| with_certificates(&mut page, store));
    } else if report.stores.is_empty() {
        page.line("no stores found");
    } else {
        let header = [Cell::left("STORE"), Cell::left("FORMAT"), Cell::right("ENTRIES"), Cell::right("DISTINCT")];
        let header = header.into_iter().chain([Cell::left("EARLIEST EXPIRY"), Cell::left("USED BY")]);
        let mut rows = vec![header.map(|cell| cell.style(Style::Dim)).collect::<Vec<_>>()];
        rows.extend(report.stores.iter().map(row));
        table(&mut page, &rows);
    }
    page.finish()
}

fn row(store: &StoreReport) -> Vec<Cell> {
    let number = |number: Option<usize>| number.map_or("-".to_owned(), |number| number.to_string());
    let style = if store.reading == "whole" || store.reading == "empty" { Style::Plain } else { Style::Warn };
    vec![
        Cell::left(&store.store).style(if store.is_unused() { Style::Dim } else { Style::Strong }),
        Cell::left(if store.reading == "unreadable" { "-" } else { store.format }),
        Cell::right(number(store.entries)),
        Cell::right(number(store.distinct)),
        Cell::left(date(store.earliest_expiry.as_deref())),
        Cell::left(remarks(store)).style(style),
    ]
}

fn user(user: &UserReport) -> String {
    match user.installations {
        1 => user.client.to_owned(),
        several => format!("{} ({several})", user.client),
    }
}

/// Who uses a store, and what is to be said of it.
fn remarks(store: &StoreReport) -> String {
    let users = match (&store.used_by, store.found_by_search) {
        (None, _) => "-".to_owned(),
        (Some(users), _) if !users.is_empty() => users.iter().map(user).collect::<Vec<_>>().join(", "),
        (Some(_), false) => "(not in use)".to_owned(),
        (Some(_), true) => "(found by search; no known client)".to_owned(),
    };
    let octets = store.size.map(|octets| format!(", {}", size(octets))).unwrap_or_default();
    let gap = match store.reading {
        "whole" => None,
        "empty" => Some("empty".to_owned()),
        "partial" => Some(format!("read in part: {}", store.why.as_deref().unwrap_or("see castore check"))),
        _ => Some(format!("{}{octets}", store.why.as_deref().unwrap_or(store.reading))),
    };
    let refused = store
        .openssl_refuses
        .as_ref()
        .filter(|_| store.distinct != Some(0))
        .map(|why| format!("OpenSSL refuses it: {why}"));
    let remarks: Vec<String> = gap.into_iter().chain(refused).collect();
    if remarks.is_empty() { users } else { format!("{users} [{}]", remarks.join("; ")) }
}

fn with_certificates(page: &mut Page, store: &StoreReport) {
    let certificates = store.certificates.as_deref().unwrap_or_default();
    page.styled(Style::Strong, &store.store).put(&format!(
        "  {}, {}",
        store.format,
        count(certificates.len(), "certificate")
    ));
    page.styled(Style::Dim, &format!("  {}", remarks(store).trim_start_matches(['-', ' ']))).end();
    let mut rows: Vec<Vec<Cell>> = certificates
        .iter()
        .map(|listed| {
            vec![
                Cell::left(format!("  {}", listed.certificate.short())),
                Cell::left(date(listed.certificate.not_after.as_deref())),
                Cell::left(place(&listed.place)).style(Style::Dim),
                Cell::left(listed.certificate.label()),
            ]
        })
        .collect();
    rows.extend(store.malformed.iter().flatten().map(|entry| {
        let dash = || Cell::left("-");
        let why = Cell::left(format!("cannot be read: {}", entry.why)).style(Style::Bad);
        vec![Cell::left("  -"), dash(), Cell::left(place(&entry.place)).style(Style::Dim), why]
    }));
    table(page, &rows);
}

fn place(place: &PlaceReport) -> String {
    match (&place.file, place.line) {
        (Some(file), _) => file.clone(),
        (None, Some(line)) => match &place.value {
            Some(value) => format!("{value}, line {line}"),
            None => format!("line {line}"),
        },
        (None, None) => place.within(),
    }
}
