//! `castore scan` as text.

use super::{Cell, Colour, Page, Style, size, table};
use crate::render::report::scan::ScanReport;

/// The stores in a table.
#[must_use]
pub fn scan(report: &ScanReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    if report.found.is_empty() {
        page.line("no stores found");
        return page.finish();
    }
    let header = [Cell::left("STORE"), Cell::left("FORMAT"), Cell::right("CERTIFICATES"), Cell::right("SIZE")];
    let mut rows: Vec<Vec<Cell>> = vec![header.map(|cell| cell.style(Style::Dim)).to_vec()];
    for found in &report.found {
        let mut remarks = Vec::new();
        remarks.extend(found.why.clone());
        if found.malformed > 0 {
            remarks.push(format!("{} that cannot be read", super::count(found.malformed, "block")));
        }
        if found.private_keys > 0 {
            remarks.push(super::count(found.private_keys, "private key"));
        }
        rows.push(vec![
            Cell::left(&found.path.path),
            Cell::left(found.format),
            Cell::right(if found.read || found.certificates > 0 {
                found.certificates.to_string()
            } else {
                "-".to_owned()
            }),
            Cell::right(size(found.size)).style(Style::Dim),
            Cell::left(remarks.join("; ")).style(Style::Warn),
        ]);
    }
    table(&mut page, &rows);
    page.finish()
}
