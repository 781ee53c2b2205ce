//! Escaping for files that start a program: what would be another word, a variable, a comment or a command there.
//!
//! None of them takes controls, line ends or characters that turn the reading order around; such values are
//! refused before ([`crate::render::schedule`]).

use std::borrow::Cow;

/// A word of a setting of systemd that names paths: quoted where it has to be, with `%`, which begins a
/// specifier, doubled (systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers").
#[must_use]
pub fn systemd_path(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c);
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    if !word.is_empty() && word.chars().all(plain) { escaped } else { format!("\"{escaped}\"") }
}

/// A word of a command line of systemd: also `$`, which begins a variable, is doubled (systemd.service(5),
/// "Command lines"). Not for the program, in whose place no variable is looked for.
#[must_use]
pub fn systemd(word: &str) -> String {
    systemd_path(&word.replace('$', "$$"))
}

/// A word for the shell within a line of cron(8): in single quotes where it has to be, and `%`, which ends the
/// command, behind a backslash (crontab(5)). A word with a backslash of its own cannot be written: Debian's cron
/// takes one of two away, cronie none.
#[must_use]
pub fn cron(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c);
    let quoted = if !word.is_empty() && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        // '\'' would need a backslash.
        Cow::Owned(format!("'{}'", word.replace('\'', "'\"'\"'")))
    };
    quoted.replace('%', "\\%")
}

/// A word of a command line of Windows, as `CommandLineToArgvW` and the C runtime take it apart: backslashes count
/// only before a quote.
#[must_use]
pub fn windows(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"']) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for c in word.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                quoted.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(c);
    }
    quoted + &"\\".repeat(backslashes) + "\""
}

/// A scalar of YAML 1.2: as a string of JSON, which is one (1.2.2, 1.2).
#[must_use]
pub fn yaml(word: &str) -> String {
    // A string is always JSON.
    serde_json::to_string(word).unwrap_or_default()
}

/// A word of a container's command: `$`, which begins a variable as in `$(NAME)`, is doubled (Kubernetes API,
/// `Container.command`).
#[must_use]
pub fn container(word: &str) -> String {
    yaml(&word.replace('$', "$$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_systemd() {
        assert_eq!(systemd("/usr/bin/castore"), "/usr/bin/castore");
        assert_eq!(systemd("100% $HOME"), "\"100%% $$HOME\"");
        assert_eq!(systemd("a\"b\\c"), "\"a\\\"b\\\\c\"");
        assert_eq!(systemd(";"), "\";\"");
        assert_eq!(systemd(""), "\"\"");
        assert_eq!(systemd_path("/a$b"), "\"/a$b\"");
    }

    #[test]
    fn words_of_cron() {
        assert_eq!(cron("/a-b=c"), "/a-b=c");
        assert_eq!(cron("it's 5%"), "'it'\"'\"'s 5\\%'");
        assert_eq!(cron("$(x)"), "'$(x)'");
    }

    #[test]
    fn words_of_windows() {
        assert_eq!(windows(r"C:\a\b.json"), r"C:\a\b.json");
        assert_eq!(windows(r"C:\a b\"), r#""C:\a b\\""#);
        assert_eq!(windows(r#"a\"b"#), r#""a\\\"b""#);
        assert_eq!(windows(""), "\"\"");
    }

    #[test]
    fn words_of_containers() {
        assert_eq!(container("$(NODE_NAME)"), "\"$$(NODE_NAME)\"");
        assert_eq!(yaml("yes: \"no\""), r#""yes: \"no\"""#);
    }
}
