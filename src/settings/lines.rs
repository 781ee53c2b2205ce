//! Files of one setting a line: wgetrc (`ca_certificate = FILE`) and curlrc (`cacert = "FILE"`).

use super::Value;

/// The last value of a name; `-` and `_` are the same in names, as wget takes them, and leading
/// dashes are dropped, as curl takes them.
#[must_use]
pub fn value(text: &str, name: &str) -> Option<Value> {
    let normal = |text: &str| text.trim_start_matches('-').replace('-', "_").to_ascii_lowercase();
    let wanted = normal(name);
    let mut found = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let end = line.find(|c: char| c == '=' || c == ':' || c.is_whitespace()).unwrap_or(line.len());
        if normal(&line[..end]) == wanted {
            let value = line[end..].trim_start_matches(|c: char| c == '=' || c == ':' || c.is_whitespace()).trim();
            found = Some(Value { text: value.trim_matches('"').to_owned(), line: index as u64 + 1 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_wgetrc_and_curlrc() {
        assert_eq!(value("ca_certificate = /a.pem\nca-certificate=/b.pem", "ca_certificate").unwrap().text, "/b.pem");
        assert_eq!(value("# x\n--cacert \"/c d.pem\"\n", "cacert"), Some(Value { text: "/c d.pem".into(), line: 2 }));
        assert_eq!(value("capath: /d\n", "cacert"), None);
    }
}
