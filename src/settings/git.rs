//! git's configuration files (git-config(1), "Syntax").

use super::Value;

/// One `key = value` of a file, with the section it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The section in lower case: `http`.
    pub section: String,
    /// The subsection, case kept: a URL, a branch.
    pub subsection: Option<String>,
    /// The key in lower case: `sslcainfo`.
    pub key: String,
    /// The value; a key without `=` is true.
    pub value: Value,
}

/// Every variable of a file, in order.
#[must_use]
pub fn variables(text: &str) -> Vec<Variable> {
    let mut found = Vec::new();
    let (mut section, mut subsection) = (String::new(), None);
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let mut rest = line.trim();
        if let Some((header, after)) = rest.strip_prefix('[').and_then(|line| line.split_once(']')) {
            let (name, sub) = header.split_once(char::is_whitespace).unwrap_or((header, ""));
            section = name.to_ascii_lowercase();
            subsection =
                (!sub.is_empty()).then(|| sub.trim().trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\"));
            rest = after.trim();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) {
            continue;
        }
        let (key, value) = rest.split_once('=').unwrap_or((rest, "true"));
        let mut raw = value.trim_start().to_owned();
        while raw.ends_with('\\') && !raw.ends_with("\\\\") {
            raw.pop();
            raw.push_str(lines.next().map_or("", |(_, line)| line));
        }
        let value = Value { text: unquote(&raw), line: index as u64 + 1 };
        found.push(Variable {
            section: section.clone(),
            subsection: subsection.clone(),
            key: key.trim().to_ascii_lowercase(),
            value,
        });
    }
    found
}

/// A value without its quotes, escapes and trailing comment.
fn unquote(raw: &str) -> String {
    let mut text = String::new();
    let mut kept = 0;
    let mut quoted = false;
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
        if quoted || !c.is_whitespace() {
            kept = text.len();
        }
    }
    text.truncate(kept);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sections_quotes_and_comments() {
        let text =
            "[http]\n\tsslCAInfo = \"/a b.pem\" ; why\n[http \"https://Example.com\"]\n sslverify\n[core] x = 1\\\n2\n";
        let found = variables(text);
        assert_eq!(found[0].key, "sslcainfo");
        assert_eq!(found[0].value, Value { text: "/a b.pem".into(), line: 2 });
        assert_eq!(found[1].subsection.as_deref(), Some("https://Example.com"));
        assert_eq!(found[1].value.text, "true");
        assert_eq!(found[2].value.text, "12");
    }
}
