//! Reports as text for people, one file per report.
//!
//! A [`Page`] escapes everything that is put on it, so that no name from a certificate and no
//! path reaches the terminal raw; styles are its own, and only add: without colour nothing is
//! lost.

mod advice;
mod changes;
pub mod check;
mod checks;
mod clients;
mod config;
mod diff;
mod export;
mod list;
mod plan;
mod scan;
mod show;
mod which;
mod why;

pub use crate::model::words::counted as count;
pub use advice::advice;
pub use changes::changes;
pub use checks::{check_explained, checks};
pub use clients::{client, clients, variables};
pub use config::config;
pub use diff::diff;
pub use export::export;
pub use list::list;
pub use plan::{applied_text, history, plan, undone};
pub use scan::scan;
pub use show::show;
pub use which::{Explain, which};
pub use why::{Detail, why};

pub(super) use show::purpose;

use super::escape;

/// Whether a page is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// With ANSI colours.
    Always,
    /// Without.
    Never,
}

/// How a piece of text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    Plain,
    /// What the eye should find first.
    Strong,
    /// What may be passed over.
    Dim,
    /// Something is well.
    Good,
    /// Something will fail.
    Warn,
    /// Something fails.
    Bad,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Warn => "\x1b[33m",
            Self::Bad => "\x1b[31m",
        }
    }
}

/// Text for a terminal, put together piece by piece.
#[derive(Debug)]
pub struct Page {
    text: String,
    colour: Colour,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub const fn new(colour: Colour) -> Self {
        Self { text: String::new(), colour }
    }

    /// Adds text, escaped.
    pub fn put(&mut self, text: &str) -> &mut Self {
        self.text.push_str(&escape::terminal(text));
        self
    }

    /// Adds text, escaped, in a style.
    pub fn styled(&mut self, style: Style, text: &str) -> &mut Self {
        if self.colour == Colour::Never || style == Style::Plain || text.is_empty() {
            return self.put(text);
        }
        self.text.push_str(style.code());
        self.put(text);
        self.text.push_str("\x1b[0m");
        self
    }

    fn blanks(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }

    /// Ends the line; blanks at its end are dropped.
    pub fn end(&mut self) -> &mut Self {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
        self
    }

    /// Adds the words of a text in a style, behind `column` columns that the line has already, and goes on in a
    /// new line behind four blanks where a word would pass `width`. Without a width it stays one line.
    pub fn flow(&mut self, style: Style, column: usize, text: &str, width: Option<usize>) -> &mut Self {
        let hang = 4;
        let Some(width) = width else { return self.styled(style, text) };
        let (mut at, mut line) = (column, String::new());
        for (index, word) in text.split(' ').enumerate() {
            let length = escape::terminal(word).chars().count();
            if index > 0 && at + 1 + length > width {
                self.styled(style, &line).end().blanks(hang);
                line.clear();
                at = hang;
            } else if index > 0 {
                line.push(' ');
                at += 1;
            }
            line += word;
            at += length;
        }
        self.styled(style, &line)
    }

    /// Adds a whole line.
    pub fn line(&mut self, text: &str) -> &mut Self {
        self.put(text).end()
    }

    /// What was put on it.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }
}

/// One cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    style: Style,
    align: Align,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

impl Cell {
    fn left(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::Plain, align: Align::Left }
    }

    fn right(text: impl Into<String>) -> Self {
        Self { align: Align::Right, ..Self::left(text) }
    }

    fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// What a column is padded to at most: one name of 60,000 letters is no reason for lines of that length.
const WIDEST: usize = 120;

/// Columns that a text takes when it is shown.
fn columns(text: &str) -> usize {
    match escape::terminal(text) {
        shown if shown.is_ascii() => shown.len(),
        shown => shown.chars().count(),
    }
}

/// How wide each column is, and the cells of each row.
fn widths(rows: &[Vec<Cell>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let many = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<Vec<usize>> = rows.iter().map(|row| row.iter().map(|cell| columns(&cell.text)).collect()).collect();
    let widest = |column| widths.iter().filter_map(|row| row.get(column)).copied().max().unwrap_or(0).min(WIDEST);
    ((0..many).map(widest).collect(), widths)
}

/// How wide a table of these rows is.
fn breadth(rows: &[Vec<Cell>]) -> usize {
    let (widest, widths) = widths(rows);
    let last = |row: &Vec<usize>| {
        let before = row.len().saturating_sub(1);
        widest.iter().take(before).map(|column| column + 2).sum::<usize>() + row.last().copied().unwrap_or(0)
    };
    widths.iter().map(last).max().unwrap_or(0)
}

/// Puts rows on the page in columns two blanks apart; the last column is never padded.
fn table(page: &mut Page, rows: &[Vec<Cell>]) {
    let (widest, widths) = widths(rows);
    for (row, widths) in rows.iter().zip(&widths) {
        for (column, cell) in row.iter().enumerate() {
            let padding = widest[column].saturating_sub(widths[column]);
            if column > 0 {
                page.blanks(2);
            }
            if cell.align == Align::Right {
                page.blanks(padding);
            }
            page.styled(cell.style, &cell.text);
            if cell.align == Align::Left && column + 1 < row.len() {
                page.blanks(padding);
            }
        }
        page.end();
    }
}

/// The date of an RFC 3339 time.
pub(super) fn date(time: Option<&str>) -> &str {
    time.map_or("-", |time| time.split('T').next().unwrap_or(time))
}

/// Octets as people read them.
fn size(octets: u64) -> String {
    match octets {
        0..10_000 => format!("{octets} B"),
        10_000..10_000_000 => format!("{} kB", octets / 1000),
        _ => format!("{} MB", octets / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_flow_into_lines() {
        let flowed = |column, text: &str, width| {
            let mut page = Page::new(Colour::Never);
            page.flow(Style::Strong, column, text, width);
            page.finish()
        };
        assert_eq!(flowed(0, "one two three four", Some(10)), "one two\n    three\n    four");
        assert_eq!(flowed(8, "one two", Some(10)), "one\n    two");
        assert_eq!(flowed(0, "one two three", None), "one two three");
        // What is longer than a line stands in one of its own.
        assert_eq!(flowed(0, "a /very/long/path b", Some(8)), "a\n    /very/long/path\n    b");
        assert_eq!(flowed(0, "\u{1b}[2J x", Some(80)), "\\u{1b}[2J x");
    }

    #[test]
    fn a_page_escapes_what_is_put_on_it() {
        let mut page = Page::new(Colour::Always);
        page.styled(Style::Bad, "a\u{1b}[2Jb").put("\nc").end();
        assert_eq!(page.finish(), "\x1b[31ma\\u{1b}[2Jb\x1b[0m\\u{a}c\n");
    }

    #[test]
    fn tables_are_aligned() {
        let mut page = Page::new(Colour::Never);
        table(
            &mut page,
            &[
                vec![Cell::left("a"), Cell::right("1"), Cell::left("x")],
                vec![Cell::left("bb"), Cell::right("22"), Cell::left("")],
            ],
        );
        assert_eq!(page.finish(), "a    1  x\nbb  22\n");
        let wide = |text: &str| breadth(&[vec![Cell::left("ab"), Cell::left(text)], vec![Cell::left("long one")]]);
        assert_eq!((wide("x"), wide("\u{1b}")), (11, 16));
    }
}
