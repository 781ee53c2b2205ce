//! `castore diff` as text: a summary of the columns, then what differs.

use super::show::purpose;
use super::{Cell, Colour, Page, Style, count, date, table};
use crate::render::report::diff::{ColumnReport, DiffReport, RowReport};
use std::collections::HashMap;

/// Columns that a matrix shows side by side before only the counts are worth reading.
const LETTERS: usize = 26;

/// The columns with their counts, then a line for each certificate that some column lacks.
#[must_use]
pub fn diff(report: &DiffReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    columns(&mut page, report);
    // Nothing differs where nothing could be compared.
    if report.same != Some(false) {
        let all = report.columns.iter().map(|column| column.names.len()).sum::<usize>();
        let partial = report.columns.iter().any(|column| !column.gaps.is_empty());
        page.line(&match all {
            0 => "nothing to compare".to_owned(),
            1 => "only one set to compare".to_owned(),
            _ if partial => "no difference in what was read".to_owned(),
            2 => format!("the same {} in both", count(report.common, "certificate")),
            _ => format!("the same {} in all {all}", count(report.common, "certificate")),
        });
        return page.finish();
    }
    page.end();
    if !report.rows.is_empty() {
        rows(&mut page, report);
        pairs(&mut page, report);
    }
    disputed(&mut page, report);
    page.finish()
}

/// What all hold and do not trust alike, with what each says.
fn disputed(page: &mut Page, report: &DiffReport) {
    if report.disputed.is_empty() {
        return;
    }
    if !report.rows.is_empty() {
        page.end();
    }
    page.line("held by all, and not trusted alike:");
    let mut lines = Vec::new();
    for row in &report.disputed {
        for (index, held) in row.held.iter().enumerate() {
            let says = held.trust.as_ref().map_or_else(|| "nothing said".to_owned(), |trust| trust.words(&purpose));
            let first = if index == 0 { row.certificate.label() } else { "" };
            let short = if index == 0 { row.certificate.short() } else { "" };
            lines.push(vec![
                Cell::left(short),
                Cell::left(first),
                Cell::left(letter(index)),
                Cell::left(says).style(Style::Warn),
            ]);
        }
    }
    table(page, &lines);
}

fn letter(index: usize) -> String {
    let offset = u8::try_from(index % LETTERS).unwrap_or(0);
    let letter = char::from(b'A' + offset);
    if index < LETTERS { letter.to_string() } else { format!("{letter}{}", index / LETTERS) }
}

fn columns(page: &mut Page, report: &DiffReport) {
    for (index, column) in report.columns.iter().enumerate() {
        page.styled(Style::Strong, &format!("{}  ", letter(index)));
        page.put(&count(column.certificates, "certificate"));
        if index > 0 {
            page.put(", ")
                .styled(Style::Good, &format!("+{}", column.more))
                .put(" ")
                .styled(Style::Bad, &format!("-{}", column.less));
        }
        if !column.gaps.is_empty() {
            page.styled(Style::Warn, &format!("  [not read in full: {}]", column.gaps.join(", ")));
        }
        page.end();
        for name in &column.names {
            page.put("   ").put(name).end();
        }
    }
}

fn rows(page: &mut Page, report: &DiffReport) {
    let two = report.columns.len() == 2;
    let letters: Vec<String> = (0..report.columns.len()).map(letter).collect();
    let first = if two { String::new() } else { letters.join(" ") };
    let header = [first.as_str(), "SHA-256", "EXPIRES", "NAME", "WHERE"];
    let mut sorted: Vec<&RowReport> = report.rows.iter().collect();
    sorted.sort_by_cached_key(|row| {
        let held: Vec<bool> = row.held.iter().map(Option::is_none).collect();
        (held, row.certificate.label().to_lowercase(), row.certificate.sha256.clone())
    });
    let mut lines = vec![header.map(|text| Cell::left(text).style(Style::Dim)).to_vec()];
    lines.extend(sorted.into_iter().map(|row| if two { signed(row) } else { marked(row, &report.columns, &letters) }));
    table(page, &lines);
}

/// Of two columns: `-` stands only in the first, `+` only in the second.
fn signed(row: &RowReport) -> Vec<Cell> {
    let (sign, style) =
        if row.held.first().is_some_and(Option::is_some) { ("-", Style::Bad) } else { ("+", Style::Good) };
    let mut cells = vec![Cell::left(sign).style(style)];
    cells.extend(certificate(row));
    cells
}

/// Of many columns: a mark under each letter that has it, and a question where it may.
fn marked(row: &RowReport, columns: &[ColumnReport], letters: &[String]) -> Vec<Cell> {
    let mark = |((held, column), letter): ((&Option<_>, &ColumnReport), &String)| {
        let mark = match held {
            Some(_) => "x",
            None if column.gaps.is_empty() => ".",
            None => "?",
        };
        format!("{mark:<0$}", letter.len())
    };
    let marks: Vec<String> = row.held.iter().zip(columns).zip(letters).map(mark).collect();
    let mut cells = vec![Cell::left(marks.join(" "))];
    cells.extend(certificate(row));
    cells
}

fn certificate(row: &RowReport) -> [Cell; 4] {
    let place = row.held.iter().flatten().next().map(super::show::held);
    [
        Cell::left(row.certificate.short()),
        Cell::left(date(row.certificate.not_after.as_deref())),
        Cell::left(row.certificate.label()),
        Cell::left(place.unwrap_or_default()).style(Style::Dim),
    ]
}

fn pairs(page: &mut Page, report: &DiffReport) {
    if report.pairs.is_empty() {
        return;
    }
    page.end();
    let labels: HashMap<&str, &str> =
        report.rows.iter().map(|row| (row.certificate.sha256.as_str(), row.certificate.label())).collect();
    let label = |sha256: &str| labels.get(sha256).copied().unwrap_or_default();
    for pair in &report.pairs {
        let what = if pair.shares == "key" {
            "the same key (re-issued or cross-signed)"
        } else {
            "the same name, another key"
        };
        let (left, right) = (&pair.left[..8], &pair.right[..8]);
        page.line(&format!("{left} and {right} share {what}: {} / {}", label(&pair.left), label(&pair.right)));
    }
}
