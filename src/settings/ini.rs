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
}
