//! Escaping for terminals: text from certificates and file systems was chosen by strangers.
//!
//! A subject may hold escape sequences that rewrite the screen, a newline that forges a line of
//! a report, or controls that turn the reading order around. They are shown as escapes, in the
//! form Rust and JSON write them. The ranges are those of Unicode's `Cc`, the line and paragraph
//! separators, and the bidirectional controls of UAX #9 with other invisible format characters.

mod sinks;
pub mod units;

pub use crate::model::shell::{path as shell_path, word as shell};
pub use crate::model::text::is_unsafe;
pub use sinks::{cell, code, label, markup, plugin, sarif, uri_path};

use crate::settings::without_user;
use std::borrow::Cow;
use std::path::Path;

/// `text` with every unsafe character as `\u{1b}`.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    // Nearly every text is printable ASCII, and seen to be so at a glance.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if is_unsafe(c) { c.escape_unicode().collect() } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

/// JSON that a terminal may show as well: what JSON leaves as it is and is unsafe there, as `\u009b`,
/// which means the same (RFC 8259, 7). Such characters stand nowhere but in strings; line ends stand
/// between values only.
#[must_use]
pub fn json(text: String) -> String {
    let acts = |c: char| c != '\n' && is_unsafe(c);
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) || !text.contains(acts) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// A path as text: octets that are no UTF-8 as `\xff`. Not yet escaped for a terminal. A URL that was set
/// where a path belongs loses its user and password.
#[must_use]
pub fn path(path: &Path) -> String {
    if let Some(text) = path.to_str() {
        return if text.contains("://") { without_user(text) } else { text.to_owned() };
    }
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_url_in_the_place_of_a_path_says_no_password() {
        assert_eq!(path(Path::new("/work/https://u:s3cret@h.example/ca.pem")), "/work/https://h.example/ca.pem");
        assert_eq!(path(Path::new("/a@b/c:d.pem")), "/a@b/c:d.pem");
    }

    #[test]
    fn shows_what_would_act() {
        assert_eq!(terminal("a\u{1b}[31mb\n\u{202e}c"), "a\\u{1b}[31mb\\u{a}\\u{202e}c");
        assert_eq!(terminal("Ünïcode, 日本"), "Ünïcode, 日本");
    }

    #[test]
    fn json_keeps_its_meaning() {
        assert_eq!(
            json("{\n  \"a\u{9b}\": \"\u{e0041}\u{202e}ü\"\n}".to_owned()),
            "{\n  \"a\\u009b\": \"\\udb40\\udc41\\u202eü\"\n}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn paths_need_not_be_utf_8() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(path(Path::new(std::ffi::OsStr::from_bytes(b"/a\xff/b"))), "/a\\xff/b");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text: String) {
            prop_assert!(!terminal(&text).contains(is_unsafe));
            let shown = json(serde_json::to_string_pretty(&[&text]).unwrap());
            prop_assert!(!shown.contains(|c| c != '\n' && is_unsafe(c)));
            prop_assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [text]);
        }
    }
}
