//! npmrc files, as the package `ini` of npm reads them: `key = value` before any section, `;` and `#`
//! begin comments, quotes keep what they hold, `key[] = value` adds to a list, and `${NAME}` is filled in.

use super::Value;
use crate::limits::FILLED;
use std::ffi::OsStr;

/// The values of a key, in order; the last counts unless the key is a list.
#[must_use]
pub fn values(text: &str, key: &str) -> Vec<Value> {
    pairs(text).into_iter().filter(|(name, _)| name == key).map(|(_, value)| value).collect()
}

/// Every key with its value, in order.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            break;
        }
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        let (name, value) = line.split_once('=').map_or((line, "true"), |(name, value)| (name.trim(), value.trim()));
        let value = Value { text: unquote(value), line: index as u64 + 1 };
        found.push((unquote(name.strip_suffix("[]").unwrap_or(name)), value));
    }
    found
}

/// A value without its quotes, or up to the comment behind it.
fn unquote(raw: &str) -> String {
    let inner = |quote: char| raw.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(inner) = inner('"') {
        return serde_json::from_str(raw).unwrap_or_else(|_| inner.to_owned());
    }
    if let Some(inner) = inner('\'') {
        return inner.to_owned();
    }
    let mut text = String::new();
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some(kept @ ('\\' | ';' | '#')) => text.push(kept),
                Some(other) => text.extend(['\\', other]),
                None => text.push('\\'),
            },
            ';' | '#' => break,
            other => text.push(other),
        }
    }
    text.trim().to_owned()
}

/// `text` with `${NAME}` filled in, and left where the variable is not set (`env-replace`).
#[must_use]
pub fn fill<'v>(text: &str, variable: impl Fn(&str) -> Option<&'v OsStr>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${").filter(|_| filled.len() <= FILLED) {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            rest = &rest[before.len()..];
            break;
        };
        let (plain, is_optional) = name.strip_suffix('?').map_or((name, false), |plain| (plain, true));
        match variable(plain) {
            Some(value) => filled.push_str(&value.to_string_lossy()),
            None if is_optional => {}
            None => filled.extend(["${", name, "}"]),
        }
        rest = behind;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_before_sections() {
        let text = "; a\ncafile = /a b.pem ; why\n\"cafile\" = \"/c\\n.pem\"\nstrict-ssl\nca[]='x'\n[s]\ncafile=/no\n";
        let texts = |key: &str| values(text, key).into_iter().map(|value| value.text).collect::<Vec<_>>();
        assert_eq!(texts("cafile"), ["/a b.pem", "/c\n.pem"]);
        assert_eq!(texts("strict-ssl"), ["true"]);
        assert_eq!(texts("ca"), ["x"]);
        assert_eq!(values(text, "ca")[0].line, 5);
        assert_eq!(values("a = b\\;c#d", "a")[0].text, "b;c");
    }

    #[test]
    fn what_is_filled_in_is_bounded() {
        let value = "v".repeat(128 * 1024);
        let filled = fill(&"${V}".repeat(250_000), |_| Some(OsStr::new(&value)));
        assert!(filled.len() < FILLED + value.len() + 1_000_000);
    }

    #[test]
    fn fills_in_what_is_set() {
        let filled = |text: &str| fill(text, |name| (name == "HOME").then(|| OsStr::new("/u")));
        assert_eq!(filled("${HOME}/a${NONE}b${NONE?}c${open"), "/u/a${NONE}bc${open");
    }
}
