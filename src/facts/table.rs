//! The form of a file of facts: a header of `# key: value` lines, then rows of fields between tabs (here `·`).
//!
//! ```text
//! # castore-facts: 1
//! # kind: program
//! # id: certifi
//! # source: PyPI certifi, 66 wheels
//! # date: 2026-11-25
//! # script: data/harvest/certifi.py
//! release · 2026.7.22 · 2026-07-22 · certifi 2026.7.22
//! root · 86a1…be6b · server=2019.3.9..2026.7.22 · - · emSign ECC Root CA - G3
//! ```
//!
//! It is read strictly: what is not understood is an error with its line, because a fact that is passed over
//! is a removed root that nobody hears of. `-` stands for an empty field.

use super::BadFacts;
use crate::limits;
use crate::model::{Fingerprint, Timestamp};
use std::collections::BTreeMap;

/// The version of the form.
const VERSION: &str = "1";

/// The keys of a header that every file has, in the order in which they are missed.
const KEYS: [&str; 8] = ["castore-facts", "kind", "id", "name", "source", "licence", "date", "script"];
/// The key that a file of a programme has besides.
const SORT: &str = "sort";

/// A file of facts, taken apart.
#[derive(Debug)]
pub(super) struct Table<'t> {
    file: &'t str,
    header: BTreeMap<&'t str, (usize, &'t str)>,
    /// The rows, each with its line.
    pub(super) rows: Vec<Row<'t>>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row<'t> {
    file: &'t str,
    line: usize,
    fields: Vec<&'t str>,
}

/// Takes a file apart.
pub(super) fn read<'t>(file: &'t str, text: &'t str) -> Result<Table<'t>, BadFacts> {
    let bad = |line, expected: &str, found: &str| BadFacts::new(file, line, expected, found);
    if text.len() > limits::FACTS_SIZE {
        return Err(bad(1, &format!("at most {} octets", limits::FACTS_SIZE), &text.len().to_string()));
    }
    let mut table = Table { file, header: BTreeMap::new(), rows: Vec::new() };
    for (line, content) in text.lines().enumerate().map(|(index, content)| (index + 1, content)) {
        if let Some(control) = content.chars().find(|c| c.is_control() && *c != '\t') {
            return Err(bad(line, "text without control characters", &format!("{control:?}")));
        }
        match content.strip_prefix('#') {
            Some(_) if !table.rows.is_empty() => return Err(bad(line, "a row", "a header below the first row")),
            Some(said) => {
                let pair = said.split_once(':').map(|(key, value)| (key.trim(), value.trim()));
                let Some((key, value)) = pair.filter(|(_, value)| !value.is_empty()) else {
                    return Err(bad(line, "`# key: value`", content));
                };
                if !KEYS.contains(&key) && key != SORT {
                    return Err(bad(line, "a key of the header", key));
                }
                if table.header.insert(key, (line, value)).is_some() {
                    return Err(bad(line, "each key once", key));
                }
            }
            None if content.is_empty() => return Err(bad(line, "a row", "an empty line")),
            None => table.rows.push(Row { file, line, fields: content.split('\t').collect() }),
        }
    }
    for key in KEYS {
        table.value(key)?;
    }
    match table.value("castore-facts")? {
        VERSION => Ok(table),
        other => Err(bad(table.line("castore-facts"), "version 1 of the form", other)),
    }
}

impl<'t> Table<'t> {
    /// The value of a key.
    pub(super) fn value(&self, key: &str) -> Result<&'t str, BadFacts> {
        let missing = || BadFacts::new(self.file, 1, &format!("`# {key}: …` in the header"), "none");
        self.header.get(key).map(|(_, value)| *value).ok_or_else(missing)
    }

    fn line(&self, key: &str) -> usize {
        self.header.get(key).map_or(1, |(line, _)| *line)
    }

    /// The value of the key of programmes.
    pub(super) fn sort(&self) -> Result<&'t str, BadFacts> {
        self.value(SORT)
    }

    /// The day that a key gives.
    pub(super) fn day(&self, key: &str) -> Result<Timestamp, BadFacts> {
        let value = self.value(key)?;
        day(value).ok_or_else(|| self.bad(key, "a day as 2026-11-25"))
    }

    /// That the value of a key is not what was expected.
    pub(super) fn bad(&self, key: &str, expected: &str) -> BadFacts {
        BadFacts::new(self.file, self.line(key), expected, self.value(key).unwrap_or_default())
    }
}

impl<'t> Row<'t> {
    /// What the row is of: its first field.
    pub(super) fn kind(&self) -> &'t str {
        self.fields.first().copied().unwrap_or_default()
    }

    /// The fields after the first, which must be so many.
    pub(super) fn fields<const N: usize>(&self) -> Result<[&'t str; N], BadFacts> {
        let fields = self.fields.get(1..).and_then(|fields| <[&str; N]>::try_from(fields).ok());
        let found = self.fields.len();
        let fields = fields.ok_or_else(|| self.bad(&format!("{} fields", N + 1), &found.to_string()))?;
        match fields.iter().any(|field| field.is_empty()) {
            true => Err(self.bad("`-` for an empty field", "an empty field")),
            false => Ok(fields),
        }
    }

    /// A SHA-256.
    pub(super) fn sha256(&self, field: &str) -> Result<Fingerprint, BadFacts> {
        let is_plain = field.len() == 64 && field.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
        let parsed = is_plain.then(|| field.parse().ok()).flatten();
        parsed.ok_or_else(|| self.bad("a SHA-256 of 64 lower-case hexadecimal digits", field))
    }

    /// A day, or `-`.
    pub(super) fn day(&self, field: &str) -> Result<Option<Timestamp>, BadFacts> {
        match field {
            "-" => Ok(None),
            text => day(text).map(Some).ok_or_else(|| self.bad("a day as 2026-11-25, or -", text)),
        }
    }

    /// That something in this row is not what was expected.
    pub(super) fn bad(&self, expected: &str, found: &str) -> BadFacts {
        BadFacts::new(self.file, self.line, expected, found)
    }
}

/// A day written as `2026-11-25`, at its midnight in UTC.
fn day(text: &str) -> Option<Timestamp> {
    let is_day = text.len() == 10 && text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'-');
    is_day.then(|| text.parse().ok()).flatten()
}
