//! The settings of Bundler and RubyGems: YAML of which one line a setting is read, as Bundler does
//! (bundler/yaml_serializer.rb) and RubyGems since 3.5.

use super::Value;

/// The last value of a key at the outermost level, without quotes and comment.
#[must_use]
pub fn value(text: &str, key: &str) -> Option<Value> {
    let mut found = None;
    for (index, line) in text.lines().enumerate() {
        let Some(rest) = line.trim_end().strip_prefix(key).and_then(|rest| rest.strip_prefix(':')) else { continue };
        if rest.is_empty() || rest.starts_with([' ', '\t']) {
            found = Some(Value { text: scalar(rest.trim()).to_owned(), line: index as u64 + 1 });
        }
    }
    found
}

fn scalar(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = text.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner;
        }
    }
    if text.starts_with('#') {
        return "";
    }
    text.split_once(" #").map_or(text, |(value, _)| value.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_gem_and_bundle_write() {
        let text =
            "---\n:ssl_ca_cert: /a.pem # corporate\nBUNDLE_SSL_CA_CERT: \"/b c.pem\"\nBUNDLE_X:\n  :ssl_ca_cert: /no\n";
        assert_eq!(value(text, ":ssl_ca_cert"), Some(Value { text: "/a.pem".into(), line: 2 }));
        assert_eq!(value(text, "BUNDLE_SSL_CA_CERT").unwrap().text, "/b c.pem");
        assert_eq!(value(text, "BUNDLE_X").unwrap().text, "");
        assert_eq!(value(text, "BUNDLE_SSL"), None);
    }
}
