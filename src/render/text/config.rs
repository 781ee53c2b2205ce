//! `castore config` as text: a table of settings, then what adds up, then the files.

use super::{Cell, Colour, Page, Style, table};
use crate::render::report::config::{AllowReport, ConfigReport};

/// The settings; of one that was asked for its row alone.
#[must_use]
pub fn config(report: &ConfigReport, is_one: bool, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let header = ["KEY", "VALUE", "FROM"].map(|name| Cell::left(name).style(Style::Dim));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for setting in &report.settings {
        let value = setting.value.as_ref().map_or("-".to_owned(), |value| value.text());
        let style = if setting.origin.kind == "default" { Style::Dim } else { Style::Strong };
        rows.push(vec![
            Cell::left(setting.key),
            Cell::left(value).style(style),
            Cell::left(setting.origin.text()).style(style),
        ]);
    }
    if !rows.is_empty() {
        rows.insert(0, header.to_vec());
        table(&mut page, &rows);
    }
    let adds_up = report.stores.iter().map(|rule| {
        let value = format!("[[store]] {}: expires-within {}", rule.pattern, rule.expires_within);
        (value, rule.origin.text())
    });
    let adds_up: Vec<_> =
        adds_up.chain(report.allow.iter().map(|entry| (allowed(entry), entry.origin.text()))).collect();
    if !rows.is_empty() && !adds_up.is_empty() {
        page.end();
    }
    for (value, from) in &adds_up {
        page.put(value).styled(Style::Dim, &format!("  ({from})")).end();
    }
    if rows.is_empty() && adds_up.is_empty() {
        page.line("none");
    }
    if !is_one && !report.files.is_empty() {
        page.end();
        let rows: Vec<Vec<Cell>> = report
            .files
            .iter()
            .map(|file| {
                let outcome = match (&file.because, file.outcome) {
                    (Some(because), _) => format!("not used: {because}"),
                    (None, "read") => "used".to_owned(),
                    (None, _) => "nothing is there".to_owned(),
                };
                vec![Cell::left(file.layer), Cell::left(&file.path.path), Cell::left(outcome)]
            })
            .collect();
        table(&mut page, &rows);
    }
    page.finish()
}

/// What an entry allows, and until when.
fn allowed(entry: &AllowReport) -> String {
    let named = [
        ("certificate", &entry.certificate),
        ("store", &entry.store),
        ("client", &entry.client),
        ("host", &entry.host),
    ];
    let named: String =
        named.into_iter().filter_map(|(key, value)| Some(format!(", {key} {}", value.as_ref()?))).collect();
    format!("[[allow]] {}{named}, until {}: {}", entry.check, entry.until, entry.reason)
}
