//! Escaping for files that other programs show: what ends a value, begins a command or turns the reading
//! order around there.
//!
//! All begin with [`super::terminal`]: a file is looked at in a terminal or a browser sooner or later.

use super::{is_unsafe, terminal};
use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// The value of a label in the text format of Prometheus, without its quotes: UTF-8 in which backslash, quote
/// and line end are escaped (Exposition formats, "Text format details"). What would act where the value is
/// shown is written as `\u{1b}` first: node_exporter and Prometheus pass it on as it is.
#[must_use]
pub fn label(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        if matches!(c, '\\' | '"') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Text and attribute values of XML 1.0 and HTML. What XML has no character for (2.2, `Char`) is written as
/// `\u{fffe}`, as controls are.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.extend(c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    escaped
}

/// What begins a formula in a spreadsheet: also in the wide form that those of East Asia take (OWASP, CSV
/// Injection).
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A cell of CSV (RFC 4180): quoted where it has to be, and with `'` before what a spreadsheet would run as a
/// formula, unless it is `raw`.
#[must_use]
pub fn cell(text: &str, raw: bool) -> String {
    let shown = terminal(text);
    // A tab or line end at the beginning is an escape by now, and begins nothing.
    let runs = shown.starts_with(FORMULA) && !raw;
    let quoted = shown.contains([',', '"', ';', '\t']) || runs || shown.starts_with(' ') || shown.ends_with(' ');
    let prefix = if runs { "'" } else { "" };
    if quoted { format!("\"{prefix}{}\"", shown.replace('"', "\"\"")) } else { shown.into_owned() }
}

/// A code span of Markdown (CommonMark 0.31, 6.1): nothing in it is markup, a link, a mention or HTML. Not for
/// the cell of a table, which a bar would end.
#[must_use]
pub fn code(text: &str) -> String {
    let shown = terminal(text);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if shown.is_empty() || shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// A message of SARIF: braces are placeholders and doubled (3.11.5), `](` would make a link (3.11.6), and what
/// would act on a screen is written as `<U+001B>`.
#[must_use]
pub fn sarif(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_unsafe(c) => _ = write!(escaped, "<U+{:04X}>", u32::from(c)),
            '{' => escaped.push_str("{{"),
            '}' => escaped.push_str("}}"),
            '(' if escaped.ends_with(']') => escaped.push_str(" ("),
            c => escaped.push(c),
        }
    }
    escaped
}

/// What a monitoring plugin may say: a bar would begin its performance data (Monitoring Plugins Interface,
/// draft 04, "Output").
#[must_use]
pub fn plugin(text: &str) -> Cow<'_, str> {
    match terminal(text) {
        shown if shown.contains('|') => Cow::Owned(shown.replace('|', "\u{a6}")),
        shown => shown,
    }
}

/// The octets of a path as that of a URI (RFC 3986, 3.3): what is neither unreserved nor `/` is percent-encoded.
/// A drive of Windows gets the slash that RFC 8089 wants before it (appendix E.2).
#[must_use]
pub fn uri_path(path: &Path) -> String {
    let octets = path.as_os_str().as_encoded_bytes();
    let is_drive = matches!(octets, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let mut uri = String::with_capacity(octets.len());
    if is_drive {
        uri.push('/');
    }
    for (at, octet) in octets.iter().enumerate() {
        match octet {
            b'\\' if is_drive => uri.push('/'),
            b':' if is_drive && at == 1 => uri.push(':'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(*octet)),
            octet => _ = write!(uri, "%{octet:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_label_stays_in_its_quotes() {
        assert_eq!(label("a\"} 1\nb\\"), r#"a\"} 1\\u{a}b\\"#);
        assert_eq!(label("Ünïcode"), "Ünïcode");
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(
            markup("<a b='c' d=\"e\">&\u{1b}\u{ffff}"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;\\u{1b}\\u{ffff}"
        );
    }

    #[test]
    fn a_cell_runs_nothing() {
        assert_eq!(cell("=1+1", false), "\"'=1+1\"");
        assert_eq!(cell("=1+1", true), "=1+1");
        assert_eq!(cell("＠x", false), "\"'＠x\"");
        assert_eq!(cell("\tx", false), "\\u{9}x");
        assert_eq!(cell("a,\"b\"", true), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("a b", false), "a b");
        assert_eq!(cell("", false), "");
    }

    #[test]
    fn a_code_span_ends_where_it_should() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn a_message_has_no_links_or_placeholders() {
        assert_eq!(sarif("[x](https://h) {0}\u{202e}"), "[x] (https://h) {{0}}<U+202E>");
    }

    #[test]
    fn a_bar_ends_nothing() {
        assert_eq!(plugin("a|b=1\nc"), "a\u{a6}b=1\\u{a}c");
    }

    #[test]
    fn paths_as_those_of_uris() {
        assert_eq!(uri_path(Path::new("/a b/ü%#?.pem")), "/a%20b/%C3%BC%25%23%3F.pem");
        assert_eq!(uri_path(Path::new("C:\\a\\b.pem")), "/C:/a/b.pem");
        assert_eq!(uri_path(Path::new("/a\\b:c")), "/a%5Cb%3Ac");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text: String) {
            for shown in [label(&text), markup(&text), cell(&text, true), code(&text), sarif(&text), plugin(&text).into()] {
                prop_assert!(!shown.contains(is_unsafe), "{shown:?}");
            }
        }
    }
}
