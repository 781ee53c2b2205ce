//! Escaping for terminals: text from certificates and file systems was chosen by strangers.
//!
//! A subject may hold escape sequences that rewrite the screen, a newline that forges a line of
//! a report, or controls that turn the reading order around. They are shown as escapes, in the
//! form Rust and JSON write them. The ranges are those of Unicode's `Cc`, the line and paragraph
//! separators, and the bidirectional controls of UAX #9 with other invisible format characters.

mod sinks;
pub mod units;

pub use sinks::{cell, code, label, markup, plugin, sarif, uri_path};

use crate::settings::without_user;
use std::borrow::Cow;
use std::path::Path;

/// Whether a character may not reach a terminal as it is.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

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

/// A word for a POSIX shell: as it is where nothing in it acts, else in single quotes (POSIX.1-2017, 2.2.2).
#[must_use]
pub fn shell(word: &str) -> Cow<'_, str> {
    let acts = |c: char| !(c.is_ascii_alphanumeric() || "_./:@%+,-".contains(c));
    if !word.is_empty() && !word.contains(acts) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
}

/// A path as a word for a shell. What is no UTF-8, or would act on a terminal, stands in octal in `$'…'`, which shells
/// read back as the same octets (POSIX.1-2024, 2.2.4; bash, ksh and zsh long before).
#[must_use]
pub fn shell_path(path: &Path) -> String {
    if let Some(text) = path.to_str().filter(|text| !text.contains(is_unsafe)) {
        return shell(text).into_owned();
    }
    let mut word = String::from("$'");
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => word.extend(['\\', c]),
                c if is_unsafe(c) => {
                    c.encode_utf8(&mut [0; 4]).bytes().for_each(|octet| word.push_str(&format!("\\{octet:03o}")));
                }
                c => word.push(c),
            }
        }
        chunk.invalid().iter().for_each(|octet| word.push_str(&format!("\\{octet:03o}")));
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test asks the shell what it reads")]
    fn a_path_of_a_shell_is_the_same_octets() {
        assert_eq!(shell_path(Path::new("/a b")), "'/a b'");
        assert_eq!(shell_path(Path::new("/https://u:p@h")), "/https://u:p@h");
        assert_eq!(shell_path(Path::new("/a\u{1b}'\\é")), "$'/a\\033\\'\\\\é'");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let octets = (1..=255_u8).collect::<Vec<u8>>();
            let word = shell_path(Path::new(std::ffi::OsStr::from_bytes(&octets)));
            assert!(!word.contains(is_unsafe));
            let bash = std::process::Command::new("bash").arg("-c").arg(format!("printf %s {word}")).output();
            // Where there is none, nothing is asked.
            assert!(bash.is_err() || bash.unwrap().stdout == octets);
        }
    }

    #[test]
    fn a_word_of_a_shell_acts_on_nothing() {
        assert_eq!(shell("/etc/ssl/a-b.pem"), "/etc/ssl/a-b.pem");
        assert_eq!(shell("a b;$(x)"), "'a b;$(x)'");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell(""), "''");
    }

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
