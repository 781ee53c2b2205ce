//! Words of commands that people copy into a shell. Who named a file or an alias may have written anything into it.

use super::text::is_unsafe;
use std::borrow::Cow;
use std::path::Path;

/// A word for a POSIX shell: as it is where nothing in it acts, else in single quotes (POSIX.1-2017, 2.2.2).
#[must_use]
pub fn word(word: &str) -> Cow<'_, str> {
    let acts = |c: char| !(c.is_ascii_alphanumeric() || "_./:@%+,-".contains(c));
    if !word.is_empty() && !word.contains(acts) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
}

/// A path as a word for a shell. What is no UTF-8, or would act on a terminal, stands in octal in `$'…'`, which shells
/// read back as the same octets (POSIX.1-2024, 2.2.4; bash, ksh and zsh long before).
#[must_use]
pub fn path(path: &Path) -> String {
    if let Some(text) = path.to_str().filter(|text| !text.contains(is_unsafe)) {
        return self::word(text).into_owned();
    }
    let mut quoted = String::from("$'");
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => quoted.extend(['\\', c]),
                c if is_unsafe(c) => {
                    c.encode_utf8(&mut [0; 4]).bytes().for_each(|octet| quoted.push_str(&format!("\\{octet:03o}")));
                }
                c => quoted.push(c),
            }
        }
        chunk.invalid().iter().for_each(|octet| quoted.push_str(&format!("\\{octet:03o}")));
    }
    quoted + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test asks the shell what it reads")]
    fn a_path_of_a_shell_is_the_same_octets() {
        assert_eq!(path(Path::new("/a b")), "'/a b'");
        assert_eq!(path(Path::new("/https://u:p@h")), "/https://u:p@h");
        assert_eq!(path(Path::new("/a\u{1b}'\\é")), "$'/a\\033\\'\\\\é'");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let octets = (1..=255_u8).collect::<Vec<u8>>();
            let word = path(Path::new(std::ffi::OsStr::from_bytes(&octets)));
            assert!(!word.contains(is_unsafe));
            let bash = std::process::Command::new("bash").arg("-c").arg(format!("printf %s {word}")).output();
            // Where there is none, nothing is asked.
            assert!(bash.is_err() || bash.unwrap().stdout == octets);
        }
    }

    #[test]
    fn a_word_of_a_shell_acts_on_nothing() {
        assert_eq!(word("/etc/ssl/a-b.pem"), "/etc/ssl/a-b.pem");
        assert_eq!(word("a b;$(x)"), "'a b;$(x)'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word(""), "''");
        assert_eq!(word("=ls"), "'=ls'", "zsh takes it for the path of a program");
    }
}
