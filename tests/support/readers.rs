//! Strict readers of the formats castore writes: what one of them takes, no lenient program takes otherwise.
//!
//! The real readers (promtool, junitparser, a browser) stand in `tests/oracles`.

#![allow(dead_code, reason = "each crate of tests uses a part")]

use std::collections::{BTreeMap, HashSet};

/// One sample of the text format of Prometheus.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The metric.
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// Reads the text format of Prometheus as node_exporter's collector takes it: families together, each with help
/// and type before its samples, no series twice, no timestamp.
pub fn prometheus(text: &str) -> Result<Vec<Sample>, String> {
    if !text.ends_with('\n') {
        return Err("no line end at the end".to_owned());
    }
    let mut samples = Vec::new();
    let mut family = String::new();
    let (mut families, mut series, mut typed) = (HashSet::new(), HashSet::new(), false);
    for line in text.lines() {
        let fault = |what: &str| Err(format!("{what}: {line:?}"));
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let Some((name, help)) = rest.split_once(' ') else { return fault("no help") };
            if !families.insert(name.to_owned()) || help.contains('\\') {
                return fault("a family twice, or an escape in its help");
            }
            (family, typed) = (name.to_owned(), false);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            if typed || rest != format!("{family} gauge") {
                return fault("expected the type of the family");
            }
            typed = true;
        } else {
            let sample = sample(line).ok_or_else(|| format!("no sample: {line:?}"))?;
            if sample.name != family || !typed {
                return fault("a sample outside its family");
            }
            if !series.insert(format!("{}{:?}", sample.name, sample.labels)) {
                return fault("a series twice");
            }
            samples.push(sample);
        }
    }
    Ok(samples)
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(within) = rest.strip_prefix('{') {
        rest = within;
        loop {
            let (label, after) = rest.split_once("=\"")?;
            if label.is_empty() || !label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_') {
                return None;
            }
            let (value, after) = quoted(after)?;
            if labels.insert(label.to_owned(), value).is_some() {
                return None;
            }
            rest = match after.strip_prefix(',') {
                Some(more) => more,
                None => {
                    rest = after.strip_prefix('}')?;
                    break;
                }
            };
        }
    }
    let value = rest.strip_prefix(' ')?;
    // A second number would be a timestamp.
    (!value.contains(' ')).then_some(())?;
    Some(Sample { name: name.to_owned(), labels, value: value.parse().ok()? })
}

/// What stands before the next quote, and what behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, c)) = letters.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                '\\' => '\\',
                '"' => '"',
                'n' => '\n',
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

/// An element of XML, or a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Its name, attributes and content.
    Element(String, BTreeMap<String, String>, Vec<Node>),
    /// Text, entities resolved.
    Text(String),
}

impl Node {
    /// Every element, itself first, in the order of the document.
    pub fn elements(&self) -> Vec<(&str, &BTreeMap<String, String>, String)> {
        let Self::Element(name, attributes, content) = self else { return Vec::new() };
        let mut found = vec![(name.as_str(), attributes, self.text())];
        found.extend(content.iter().flat_map(Self::elements));
        found
    }

    /// All text in it.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Element(_, _, content) => content.iter().map(Self::text).collect(),
        }
    }
}

/// Reads one element with everything in it (XML 1.0): no comments, no CDATA, no entities but the five and numbers,
/// no character that XML has none for.
pub fn xml(text: &str) -> Result<Node, String> {
    let is_char =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if let Some(c) = text.chars().find(|c| !is_char(*c)) {
        return Err(format!("{c:?} is no character of XML"));
    }
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap_or(text);
    let (node, rest) = element(body)?;
    if rest.trim().is_empty() { Ok(node) } else { Err(format!("more behind the end: {rest:.40}")) }
}

fn element(text: &str) -> Result<(Node, &str), String> {
    let fault = |what: &str| format!("{what}: {:?}", text.chars().take(60).collect::<String>());
    let inside = text.strip_prefix('<').ok_or_else(|| fault("expected an element"))?;
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').ok_or_else(|| fault("no end"))?;
    let (name, mut rest) = inside.split_at(end);
    if name.is_empty() {
        return Err(fault("no name"));
    }
    let mut attributes = BTreeMap::new();
    while let Some(more) = rest.strip_prefix(' ') {
        let (key, after) = more.split_once("=\"").ok_or_else(|| fault("no value"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| fault("no quote"))?;
        if !key.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-') {
            return Err(fault("no name of an attribute"));
        }
        if attributes.insert(key.to_owned(), resolved(value)?).is_some() {
            return Err(fault("an attribute twice"));
        }
        rest = after;
    }
    if let Some(rest) = rest.strip_prefix("/>") {
        return Ok((Node::Element(name.to_owned(), attributes, Vec::new()), rest));
    }
    rest = rest.strip_prefix('>').ok_or_else(|| fault("expected >"))?;
    let mut content = Vec::new();
    loop {
        let at = rest.find('<').ok_or_else(|| fault("never closed"))?;
        if at > 0 {
            content.push(Node::Text(resolved(&rest[..at])?));
            rest = &rest[at..];
        }
        if let Some(after) = rest.strip_prefix("</") {
            let after = after.strip_prefix(name).and_then(|after| after.strip_prefix('>'));
            let after = after.ok_or_else(|| fault("closed by another"))?;
            return Ok((Node::Element(name.to_owned(), attributes, content), after));
        }
        let (node, after) = element(rest)?;
        content.push(node);
        rest = after;
    }
}

fn resolved(text: &str) -> Result<String, String> {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, entity)) = rest.split_once('&') {
        let (name, after) = entity.split_once(';').ok_or_else(|| format!("a bare & in {text:?}"))?;
        found += before;
        found.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            _ => return Err(format!("&{name}; is not written here")),
        });
        rest = after;
    }
    if text.contains('<') {
        return Err(format!("a bare < in {text:?}"));
    }
    Ok(found + rest)
}

/// Reads CSV (RFC 4180): records ended by CRLF, all of the same length.
pub fn csv(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut records: Vec<Vec<String>> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut record = Vec::new();
        loop {
            let (cell, after) = cell(rest)?;
            record.push(cell);
            match (after.strip_prefix(','), after.strip_prefix("\r\n")) {
                (Some(more), _) => rest = more,
                (_, Some(more)) => {
                    rest = more;
                    break;
                }
                _ => return Err(format!("expected , or a line end, found {:.20}", after)),
            }
        }
        records.push(record);
    }
    let columns = records.first().map_or(0, Vec::len);
    match records.iter().find(|record| record.len() != columns) {
        Some(record) => Err(format!("expected {columns} cells, found {record:?}")),
        None => Ok(records),
    }
}

fn cell(text: &str) -> Result<(String, &str), String> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\r', '\n', '"']).ok_or("no line end")?;
        return if text[end..].starts_with('"') {
            Err(format!("a quote inside a cell: {:.40}", text))
        } else {
            Ok((text[..end].to_owned(), &text[end..]))
        };
    };
    let mut value = String::new();
    loop {
        let at = rest.find('"').ok_or("a quote is never closed")?;
        value += &rest[..at];
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => return Ok((value, rest)),
        }
    }
}

/// What of a line of Markdown is outside its code spans (CommonMark 0.31, 6.1).
pub fn outside_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        outside += &rest[..at];
        let length = rest[at..].bytes().take_while(|octet| *octet == b'`').count();
        let behind = &rest[at + length..];
        let mut from = 0;
        let close = loop {
            let Some(at) = behind[from..].find('`').map(|at| from + at) else { break None };
            let run = behind[at..].bytes().take_while(|octet| *octet == b'`').count();
            if run == length {
                break Some(at + run);
            }
            from = at + run;
        };
        match close {
            Some(end) => rest = &behind[end..],
            None => {
                outside += &rest[at..at + length];
                rest = behind;
            }
        }
    }
    outside + rest
}

/// One number of a monitoring plugin: label, value, warning, critical and least.
pub type Number = (String, f64, String, String, String);

/// What a monitoring plugin says: its first line before the bar, its numbers, the lines behind.
pub fn plugin(text: &str) -> Result<(String, Vec<Number>, Vec<String>), String> {
    let (first, rest) = text.split_once('\n').ok_or("no line end")?;
    if text.matches('|').count() != 1 {
        return Err("not one bar".to_owned());
    }
    let (said, numbers) = first.split_once(" | ").ok_or("no numbers in the first line")?;
    let number = |text: &str| {
        let (label, values) = text.split_once('=')?;
        let mut values = values.split(';').map(str::to_owned);
        let value = values.next()?.parse().ok()?;
        let mut next = || values.next().unwrap_or_default();
        Some((label.to_owned(), value, next(), next(), next()))
    };
    let numbers: Option<Vec<Number>> = numbers.split(' ').map(number).collect();
    Ok((said.to_owned(), numbers.ok_or("a number that is none")?, rest.lines().map(str::to_owned).collect()))
}

mod tests {
    use super::*;

    /// A reader that takes everything would prove nothing.
    #[test]
    fn what_is_not_well_formed_is_refused() {
        for (text, is_taken) in [
            ("# HELP a x\n# TYPE a gauge\na{b=\"c\\\\\\\"\"} 1\n", true),
            ("# HELP a x\n# TYPE a gauge\na{b=\"c\"} 1 5\n", false),
            ("# HELP a x\n# TYPE a gauge\na{b=\"c\"} 1\na{b=\"c\"} 2\n", false),
            ("# HELP a x\n# TYPE a gauge\na{b=\"c\\d\"} 1\n", false),
            ("# HELP a x\n# TYPE a gauge\na{b=\"c\"}{} 1\n", false),
            ("# HELP a x\n# TYPE a gauge\na 1", false),
            ("a 1\n", false),
            ("# HELP a x\n# TYPE a gauge\nb 1\n", false),
        ] {
            assert_eq!(prometheus(text).is_ok(), is_taken, "{text:?}");
        }
        for (text, is_taken) in [
            ("<a b=\"c\">x<d/></a>", true),
            ("<a b=\"c\">x<d></a>", false),
            ("<a b=\"<\"/>", false),
            ("<a>&x;</a>", false),
            ("<a>&</a>", false),
            ("<a>\u{1b}</a>", false),
            ("<a>\u{fffe}</a>", false),
            ("<a b=\"1\" b=\"2\"/>", false),
            ("<a/><b/>", false),
        ] {
            assert_eq!(xml(text).is_ok(), is_taken, "{text:?}");
        }
        assert_eq!(csv("a,\"b\"\"c\"\r\n1,\r\n").unwrap()[0], ["a", "b\"c"]);
        for text in ["a,b\r\n1\r\n", "a\n", "a\"b\r\n", "\"a\r\n", "\"a\"b\r\n"] {
            assert!(csv(text).is_err(), "{text:?}");
        }
        assert_eq!(outside_code("a `b` c ``d`e`` f `g"), "a  c  f `g");
        assert!(plugin("A OK - x | a=1;;;0\n").is_ok());
        for text in ["A OK - x\n", "A OK - x | a=1 | b=2\n", "A OK - x | a=b\n"] {
            assert!(plugin(text).is_err(), "{text:?}");
        }
    }
}
