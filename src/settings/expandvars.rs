//! Variables in a text as Python's `os.path.expandvars` fills them in (Lib/posixpath.py): `$NAME` and
//! `${NAME}`, left as they are where no variable is called so.

use crate::limits::FILLED;
use std::ffi::OsStr;

/// The text with its variables filled in; what they hold is not looked at again.
#[must_use]
pub fn expandvars<'v>(text: &str, variable: impl Fn(&str) -> Option<&'v OsStr>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$').filter(|_| filled.len() <= FILLED) {
        filled.push_str(before);
        let word = |text: &str| text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let (name, behind) = match after.strip_prefix('{').and_then(braced) {
            Some((name, behind)) => (name, behind),
            None => after.split_at(word(after).unwrap_or(after.len())),
        };
        match variable(name).filter(|_| !name.is_empty()) {
            Some(value) => {
                filled.push_str(&value.to_string_lossy());
                rest = behind;
            }
            None => {
                filled.push('$');
                rest = after;
            }
        }
    }
    filled + rest
}

/// Octets of a name in braces; nothing is called by more.
const NAME: usize = 4096;

/// The name up to its brace, and what is behind that.
fn braced(inside: &str) -> Option<(&str, &str)> {
    let end = inside.bytes().take(NAME).position(|octet| octet == b'}')?;
    Some((&inside[..end], &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::expandvars;
    use crate::limits::FILLED;
    use std::ffi::OsStr;

    /// Each as Python 3.11 has it.
    #[test]
    fn variables_are_filled_in() {
        let filled = |text: &str| {
            expandvars(text, |name| match name {
                "HOME" => Some(OsStr::new("/h")),
                "A" => Some(OsStr::new("$HOME")),
                _ => None,
            })
        };
        for (text, expected) in [
            ("$HOME/a.pem", "/h/a.pem"),
            ("${HOME}/a.pem", "/h/a.pem"),
            ("$HOMEX/$HOME", "$HOMEX//h"),
            ("$A", "$HOME"),
            ("${NONE}$", "${NONE}$"),
            ("${HOME", "${HOME"),
            ("${}$-$$HOME", "${}$-$/h"),
            ("/plain", "/plain"),
        ] {
            assert_eq!(filled(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_filled_in_is_bounded() {
        let value = "v".repeat(128 * 1024);
        let filled = |text: &str| expandvars(text, |name| (name == "V").then(|| OsStr::new(&value)));
        assert!(filled(&"$V".repeat(500_000)).len() < FILLED + value.len() + 1_000_000);
        let open = "${".repeat(500_000) + "}";
        assert_eq!(filled(&open), open);
    }
}
