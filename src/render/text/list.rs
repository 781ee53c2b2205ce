//! `castore list` as text.

use super::show::purpose;
use super::{Cell, Colour, Page, Style, count, date, size, table};
use crate::render::report::PlaceReport;
use crate::render::report::list::{ListReport, ListedCertificate, StoreReport, UserReport};
use crate::render::report::trust::ReferenceReport;

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
    let remarks: Vec<String> = gap.into_iter().chain(refused).chain(container(store)).collect();
    if remarks.is_empty() { users } else { format!("{users} [{}]", remarks.join("; ")) }
}

/// What of a container a reader of the table should know: that its own program sees less, that its
/// seal does not hold, and that there are private keys in it.
fn container(store: &StoreReport) -> Vec<String> {
    let Some(container) = &store.container else { return Vec::new() };
    let owner =
        container.owner.as_ref().map(|owner| format!("{} lists {}: {}", owner.program, owner.lists, owner.because));
    let seal = (container.integrity == "mismatch").then(|| "its seal fits no password that was tried".to_owned());
    let keys = (container.keys > 0).then(|| count(container.keys, "private key"));
    owner.into_iter().chain(seal).chain(keys).collect()
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
                Cell::left(label(listed)),
            ]
        })
        .collect();
    rows.extend(store.malformed.iter().flatten().map(|entry| {
        let dash = || Cell::left("-");
        let why = Cell::left(format!("cannot be read: {}", entry.why)).style(Style::Bad);
        vec![Cell::left("  -"), dash(), Cell::left(place(&entry.place)).style(Style::Dim), why]
    }));
    rows.extend(store.references.iter().map(reference));
    table(page, &rows);
}

/// What the store says of a certificate that is not in it.
fn reference(reference: &ReferenceReport) -> Vec<Cell> {
    let says = reference.trust.as_ref().map_or_else(|| "named".to_owned(), |trust| trust.words(&purpose));
    let dash = || Cell::left("-");
    let text = format!("not in it: {} [{says}]", reference.name());
    vec![Cell::left("  -"), dash(), Cell::left(place(&reference.place)).style(Style::Dim), Cell::left(text)]
}

/// What a certificate is called, with what the store says of it.
fn label(listed: &ListedCertificate) -> String {
    let says = listed.trust.as_ref().map(|trust| trust.words(&purpose)).filter(|words| words != "trusted");
    let remarks: Vec<String> = says.into_iter().chain(listed.notes.iter().cloned()).collect();
    let name = listed.certificate.label();
    if remarks.is_empty() { name.to_owned() } else { format!("{name} [{}]", remarks.join("; ")) }
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
