//! INI files as Python's `configparser` reads them (pip.conf): sections, `key = value` or
//! `key: value`, `#` and `;` comments at the beginning of a line, keys without case.

use super::Value;

/// The last value of a key in a section; the last one counts where a file repeats it.
#[must_use]
pub fn value(text: &str, section: &str, key: &str) -> Option<Value> {
    let mut current = String::new();
    let mut found = None;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            current = name.0.to_owned();
        } else if current == section
            && !line.starts_with([' ', '\t'])
            && let Some((name, value)) = trimmed.split_once(['=', ':'])
            && name.trim().eq_ignore_ascii_case(key)
        {
            found = Some(Value { text: value.trim().to_owned(), line: index as u64 + 1 });
        }
    }
    found
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
}
