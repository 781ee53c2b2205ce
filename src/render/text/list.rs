//! `castore list` as text.

use super::show::purpose;
use super::{Cell, Colour, Page, Style, breadth, count, date, size, table};
use crate::render::report::PlaceReport;
use crate::render::report::list::{ListReport, ListedCertificate, StoreReport, UserReport};
use crate::render::report::trust::ReferenceReport;

/// The stores in a table, or, where that is wider than the terminal, each with its lines below its name; with
/// certificates listed, each store with its own below.
#[must_use]
pub fn list(report: &ListReport, width: Option<usize>, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let listed = report.stores.iter().any(|store| store.certificates.is_some());
    if listed {
        report.stores.iter().for_each(|store| with_certificates(&mut page, store, width));
    } else if report.stores.is_empty() {
        page.line("no stores found");
    } else {
        let header = [Cell::left("STORE"), Cell::left("FORMAT"), Cell::right("ENTRIES"), Cell::right("DISTINCT")];
        let header = header.into_iter().chain([Cell::left("EARLIEST EXPIRY"), Cell::left("USED BY")]);
        let mut rows = vec![header.map(|cell| cell.style(Style::Dim)).collect::<Vec<_>>()];
        rows.extend(report.stores.iter().map(row));
        match width.filter(|width| breadth(&rows) > *width) {
            Some(_) => report.stores.iter().for_each(|store| block(&mut page, store, width)),
            None => table(&mut page, &rows),
        }
    }
    page.finish()
}

/// What a row says, in lines that end where the terminal does: a path of a hundred letters leaves no room beside it.
fn block(page: &mut Page, store: &StoreReport, width: Option<usize>) {
    page.styled(name_style(store), &store.store).end();
    let mut facts: Vec<String> = Vec::new();
    if store.reading != "unreadable" {
        facts.push(store.format.to_owned());
    }
    match (store.entries, store.distinct) {
        (Some(entries), Some(distinct)) if entries != distinct => {
            facts.push(format!("{entries} entries, {distinct} distinct"))
        }
        (_, Some(distinct)) => facts.push(count(distinct, "certificate")),
        _ => {}
    }
    facts.extend(store.earliest_expiry.as_deref().map(|time| format!("earliest expiry {}", date(Some(time)))));
    let remarks = remarks(store);
    let said = [facts.join(", "), remarks.trim_start_matches(['-', ' ']).to_owned()];
    let said: Vec<String> = said.into_iter().filter(|text| !text.is_empty()).collect();
    page.put("    ").flow(remark_style(store), 4, &said.join(": "), width).end();
}

fn name_style(store: &StoreReport) -> Style {
    if store.is_unused() { Style::Dim } else { Style::Strong }
}

fn remark_style(store: &StoreReport) -> Style {
    if store.reading == "whole" || store.reading == "empty" { Style::Plain } else { Style::Warn }
}

fn row(store: &StoreReport) -> Vec<Cell> {
    let number = |number: Option<usize>| number.map_or("-".to_owned(), |number| number.to_string());
    vec![
        Cell::left(&store.store).style(name_style(store)),
        Cell::left(if store.reading == "unreadable" { "-" } else { store.format }),
        Cell::right(number(store.entries)),
        Cell::right(number(store.distinct)),
        Cell::left(date(store.earliest_expiry.as_deref())),
        Cell::left(remarks(store)).style(remark_style(store)),
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

fn with_certificates(page: &mut Page, store: &StoreReport, width: Option<usize>) {
    let certificates = store.certificates.as_deref().unwrap_or_default();
    let facts = format!("  {}, {}  ", store.format, count(certificates.len(), "certificate"));
    page.styled(Style::Strong, &store.store).put(&facts);
    let column = store.store.chars().count() + facts.len();
    page.flow(Style::Dim, column, remarks(store).trim_start_matches(['-', ' ']), width).end();
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

#[cfg(test)]
mod tests;
