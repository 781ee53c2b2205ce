//! CSV (RFC 4180), for spreadsheets and whatever reads tables.
//!
//! A cell that a spreadsheet would run as a formula begins with `'`: names in certificates are chosen by
//! strangers. `--csv-raw` leaves it out, for programs that run nothing.

use super::checked::{Checked, Format, Options};
use super::escape::cell;
use super::ndjson::Row;

/// The row.
pub const FORMAT: Format = Format {
    name: "csv",
    about: "CSV, a line for each finding, for spreadsheets",
    says: "https://www.rfc-editor.org/rfc/rfc4180",
    render: check,
};

/// The columns, in the order in which a person reads them.
const COLUMNS: [&str; 19] = [
    "severity",
    "check",
    "title",
    "store",
    "slot",
    "subject",
    "not_after",
    "clients",
    "expected",
    "found",
    "remedy",
    "sha256",
    "spki_sha256",
    "issuer",
    "serial",
    "not_before",
    "host",
    "at",
    "castore",
];

fn check(checked: &Checked<'_>, options: &Options) -> String {
    let mut text = COLUMNS.join(",") + "\r\n";
    for finding in checked.findings {
        let row = Row::finding(checked, finding);
        let cells = COLUMNS.map(|column| cell(row.column(column).unwrap_or_default(), options.csv_raw));
        text += &cells.join(",");
        text += "\r\n";
    }
    text
}
