//! INI files as Python's `configparser` reads them (pip.conf, AWS' config, gcloud's properties):
//! sections, `key = value` or `key: value`, `#` and `;` comments at the beginning of a line, keys
//! without case, values that go on in lines indented deeper than their key.

use super::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A key of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The section, as written.
    pub section: Arc<str>,
    /// The key in lower case.
    pub key: String,
    /// The value, its lines joined.
    pub value: Value,
}

/// Every key of a file, in order.
#[must_use]
pub fn entries(text: &str) -> Vec<Entry> {
    let mut section: Arc<str> = Arc::default();
    let mut found: Vec<Entry> = Vec::new();
    // How deep the key is indented whose value may go on.
    let mut open = None;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        if open.is_some_and(|key| depth > key)
            && let Some(last) = found.last_mut()
        {
            last.value.text.push('\n');
            last.value.text.push_str(trimmed);
        } else if let Some((name, _)) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = name.into();
            open = None;
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            let value = Value { text: value.trim().to_owned(), line: index as u64 + 1 };
            found.push(Entry { section: Arc::clone(&section), key: key.trim().to_lowercase(), value });
            open = Some(depth);
        }
    }
    found
}

/// The line at which `configparser` refuses a file, as it does unless it is told otherwise: a section or a key that stands
/// there twice, a key before any section or without a value, a value without a key (`RawConfigParser._read`,
/// Lib/configparser.py of 3.11).
#[must_use]
pub fn refused(text: &str) -> Option<u64> {
    let (mut sections, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let (mut section, mut has_key, mut depth) = (None, false, 0);
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let indented = line.len() - line.trim_start().len();
        if has_key && indented > depth {
            continue;
        }
        depth = indented;
        let header = trimmed.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')).map(|(name, _)| name);
        let is_taken = if let Some(name) = header.filter(|name| !name.is_empty()) {
            (section, has_key) = (Some(name), false);
            name == "DEFAULT" || sections.insert(name)
        } else {
            let key = trimmed.split_once(['=', ':']).map(|(key, _)| key.trim_end().to_lowercase());
            has_key = true;
            section.zip(key).is_some_and(|(section, key)| !key.is_empty() && keys.insert((section, key)))
        };
        if !is_taken {
            return Some(index as u64 + 1);
        }
    }
    None
}

/// The last value of a key in a section; the last one counts where a file repeats it.
#[must_use]
pub fn value(text: &str, section: &str, key: &str) -> Option<Value> {
    last(&entries(text), section, key)
}

/// The same, of a file that was taken apart.
#[must_use]
pub fn last(entries: &[Entry], section: &str, key: &str) -> Option<Value> {
    let is_it = |entry: &&Entry| *entry.section == *section && entry.key.eq_ignore_ascii_case(key);
    entries.iter().rfind(is_it).map(|entry| entry.value.clone())
}

/// One section of a file with its keys, in order: Mozilla's `profiles.ini`, my.cnf, pg_service.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Keys with their values; a key without `=` has none.
    pub values: Vec<(String, Value)>,
}

impl Section {
    /// The last value of a key, whose case counts.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// Every section of a file, in order; one without a name is before the first.
#[must_use]
pub fn sections(text: &str) -> Vec<Section> {
    let mut found = vec![Section::default()];
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some((name, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            found.push(Section { name: name.trim().to_owned(), values: Vec::new() });
        } else if let Some(section) = found.last_mut() {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let value = Value { text: value.trim().to_owned(), line: index as u64 + 1 };
            section.values.push((key.trim().to_owned(), value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_key_of_its_section() {
        let text = "# pip\n[global]\ncert = /etc/ssl/corp.pem\ntimeout: 3\n[install]\nCert: /other.pem\n";
        assert_eq!(value(text, "global", "cert"), Some(Value { text: "/etc/ssl/corp.pem".into(), line: 3 }));
        assert_eq!(value(text, "install", "cert").unwrap().text, "/other.pem");
        assert_eq!(value(text, "global", "proxy"), None);
    }

    #[test]
    fn sections_keep_their_order_and_repeat() {
        let found = sections("[Profile0]\nPath=a\n\n[Profile0]\nPath = b=c\n; x\nDefault\n");
        assert_eq!(found.iter().map(|section| section.name.as_str()).collect::<Vec<_>>(), ["", "Profile0", "Profile0"]);
        assert_eq!(found[2].value("Path"), Some(&Value { text: "b=c".into(), line: 5 }));
        assert_eq!((found[2].value("Default").unwrap().text.as_str(), found[1].value("path")), ("", None));
    }

    /// As pip 23.2.1 does.
    #[test]
    fn what_configparser_refuses_is_told() {
        for (text, line) in [
            ("[a]\nb = 1\nB = 2\n", 3),
            ("[a]\nb = 1\n[a]\nc = 2\n", 3),
            ("b = 1\n", 1),
            ("[a]\nb = 1\nc\n", 3),
            ("[a]\n= 1\n", 2),
            ("[a\nb = 1\n", 1),
            ("[a]\n  b\n", 2),
        ] {
            assert_eq!(refused(text), Some(line), "{text}");
        }
        for text in ["", "[a]\nb = 1\n  c\n# d\n[b]\nb: 1\n", "[DEFAULT]\na = 1\n[DEFAULT]\nb = 1\n", "[a]\n[b]c\n"] {
            assert_eq!(refused(text), None, "{text}");
        }
    }

    /// As `configparser` says of the same text.
    #[test]
    fn values_go_on_in_deeper_lines() {
        let text = "[global]\ntrusted-host =\n    one.example\n    # not this\n    two.example\n  three = 3\n[a]\n  b = 1\n  c = 2\n";
        let found = value(text, "global", "trusted-host").unwrap();
        assert_eq!((found.text.as_str(), found.line), ("\none.example\ntwo.example\nthree = 3", 2));
        assert_eq!(value(text, "a", "b").unwrap().text, "1");
        assert_eq!(value(text, "a", "c").unwrap().text, "2");
    }
}
