//! Files of one setting a line: wget's wgetrc and wget2rc, curl's curlrc.

use super::Value;

/// The last value of a command of wgetrc, `name = value`. Names are compared without case, dashes and
/// underscores, and nothing is quoted (`parse_line` and `dehyphen`, src/init.c).
#[must_use]
pub fn wgetrc(text: &str, name: &str) -> Option<Value> {
    wgetrc_each(text, name).pop()
}

/// The same of every line that has it.
#[must_use]
pub fn wgetrc_each(text: &str, name: &str) -> Vec<Value> {
    let wanted = folded(name);
    let found = numbered(text).filter_map(|(line, text)| {
        let (command, value) = text.split_once('=')?;
        (folded(command.trim_end()) == wanted).then(|| Value { text: value.trim_start().to_owned(), line })
    });
    found.collect()
}

/// The first line that is no setting, with which wget ends (`parse_line`, src/init.c).
#[must_use]
pub fn wgetrc_refused(text: &str) -> Option<u64> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_setting = |text: &str| text.trim_start_matches(is_of_name).trim_start().starts_with('=');
    numbered(text).find(|(_, text)| !is_setting(text)).map(|(line, _)| line)
}

/// The last value of an option of wget2rc, where `no-` before the name stands for `off`, and a name
/// alone for `on` (`read_config` and `set_long_option`, src/options.c). A backslash at the end of a
/// line continues it.
#[must_use]
pub fn wget2rc(text: &str, name: &str) -> Option<Value> {
    let wanted = folded(name);
    let mut found = None;
    let mut before = String::new();
    for (line, text) in numbered(text) {
        if let Some(part) = text.strip_suffix('\\') {
            before.push_str(part);
            continue;
        }
        let text = std::mem::take(&mut before) + text;
        let end = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
        let (option, rest) = text.split_at(end);
        let value = rest.trim_start().strip_prefix('=').map(|value| value.trim().trim_matches('"'));
        let option = folded(option);
        let value = match value {
            Some(value) if option == wanted => value,
            None if option == wanted && rest.trim().is_empty() => "on",
            None if option.strip_prefix("no") == Some(&wanted) => "off",
            _ => continue,
        };
        found = Some(Value { text: value.to_owned(), line });
    }
    found
}

/// The value of an option of curlrc, the last one that counts, by any of its names.
///
/// `name value`, `name = value`, `name: value` or `--name value`: the separators count only where no
/// dash stands before the name. A value in double quotes has escapes; one without ends at white space
/// (`parseconfig`, src/tool_parsecfg.c). A short name has one dash, and may have its value at once. A long one may be cut
/// short down to `least` letters, where the version takes that, and is in any case there.
#[must_use]
pub fn curlrc(text: &str, long: &str, short: Option<char>, least: usize) -> Option<Value> {
    curlrc_each(text, long, short, least).pop()
}

/// The same of every line that has it.
#[must_use]
pub fn curlrc_each(text: &str, long: &str, short: Option<char>, least: usize) -> Vec<Value> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (option, rest) = curl_option(line);
        let value = if is_long(option, long, least) {
            curl_value(rest)
        } else {
            match short.and_then(|short| behind(option, short)) {
                Some("") => curl_value(rest),
                Some(value) => value.to_owned(),
                None => continue,
            }
        };
        found.push(Value { text: value, line: index as u64 + 1 });
    }
    found
}

/// The value of a switch of curlrc: whether it is on at the end, `--no-NAME` being off.
#[must_use]
pub fn curl_switch(text: &str, long: &str, short: char, least: usize) -> Option<Value> {
    let mut found = None;
    for (index, line) in text.lines().enumerate() {
        let (option, _) = curl_option(line);
        if is_long(option, long, least) || behind(option, short).is_some() {
            found = Some(Value { text: "on".to_owned(), line: index as u64 + 1 });
        } else if is_negated(option, long, least) {
            found = None;
        }
    }
    found
}

/// The option that a line of curlrc begins with, and what stands behind it and what separates it.
fn curl_option(line: &str) -> (&str, &str) {
    let line = line.trim_start_matches([' ', '\t']);
    let is_dashed = line.starts_with('-');
    let is_separator = |c: char| !is_dashed && (c == '=' || c == ':');
    let end = line.find(|c: char| c.is_ascii_whitespace() || is_separator(c)).unwrap_or(line.len());
    let (option, rest) = line.split_at(end);
    (option, rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || is_separator(c)))
}

/// What stands behind a short option in letters that are written together, `-sSk`: of those before it each is a switch. One
/// that takes a value takes all that is left of them, and `-:` ends them (`getparameter`, src/tool_getparam.c).
fn behind(option: &str, wanted: char) -> Option<&str> {
    const SWITCHES: &str = "#012346aBfgGiIjJklLnNOpqRsSvZ";
    let letters = option.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
    let before = letters.split(wanted).next().unwrap_or_default();
    let is_reached = before.chars().all(|letter| SWITCHES.contains(letter));
    letters.get(before.len() + wanted.len_utf8()..).filter(|_| is_reached)
}

/// Whether an option is this long one, with its dashes or without any. A version that takes less than all of its letters
/// takes them in any case, too (`curl_strnequal` in `getparameter`, up to 8.5).
fn is_long(option: &str, long: &str, least: usize) -> bool {
    let name = option.strip_prefix("--").unwrap_or(option);
    let begins = || long.get(..name.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(name));
    name == long || name.len() >= least && least < long.len() && begins()
}

/// Whether an option turns this long one off: `no-`, in this case, before the whole name (the same, which compares
/// as many letters as both have).
fn is_negated(option: &str, long: &str, least: usize) -> bool {
    let name = option.strip_prefix("--").unwrap_or(option).strip_prefix("no-");
    name.is_some_and(|name| name == long || least < long.len() && name.eq_ignore_ascii_case(long))
}

/// A value of curlrc without its quotes.
fn curl_value(rest: &str) -> String {
    let Some(quoted) = rest.strip_prefix('"') else {
        return rest.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default().to_owned();
    };
    let mut value = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
        value.extend(match letter {
            '\\' => letters.next().map(|escaped| match escaped {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'v' => '\u{b}',
                other => other,
            }),
            other => Some(other),
        });
    }
    value
}

/// The lines that say something, with their numbers.
fn numbered(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index as u64 + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// A name without case, dashes and underscores.
fn folded(name: &str) -> String {
    name.chars().filter(|c| *c != '-' && *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// The values of a setting of lftp's `set`, by its name without its group, in order, each with its closure: what stands
/// behind a slash. Commands end at the end of a line and at a semicolon; quotes keep what they hold (seen of 4.9.2).
#[must_use]
pub fn lftp(text: &str, name: &str) -> Vec<(Option<String>, Value)> {
    let mut found = Vec::new();
    for (line, text) in numbered(text) {
        for words in lftp_commands(text) {
            let [set, setting, value, ..] = words.as_slice() else { continue };
            let (setting, closure) = match setting.split_once('/') {
                Some((setting, closure)) => (setting, Some(closure.to_owned())),
                None => (setting.as_str(), None),
            };
            if set == "set" && setting.rsplit(':').next() == Some(name) {
                found.push((closure, Value { text: value.clone(), line }));
            }
        }
    }
    found
}

/// The words of each command of a line.
fn lftp_commands(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words, mut word): (Vec<Vec<String>>, Vec<String>, Option<String>) = Default::default();
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', _) => word.get_or_insert_default().extend(letters.next()),
            (letter, Some(open)) if letter == open => quote = None,
            (letter, Some(_)) => word.get_or_insert_default().push(letter),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (';' | '&' | '|', None) => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            ('#', None) if word.is_none() => break,
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, None) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    commands.push(words);
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_wgetrc() {
        let read = |text: &str| wgetrc(text, "ca_certificate").map(|value| value.text);
        assert_eq!(read("ca_certificate = /a.pem\nCA-Certificate=/b.pem").as_deref(), Some("/b.pem"));
        assert_eq!(read(" cacertificate =  \"/b c.pem\"  \n").as_deref(), Some("\"/b c.pem\""));
        assert_eq!(read("# ca_certificate = /a\nca_certificate /b\nca_directory = /c\n"), None);
        assert_eq!(read("ca_certificate =\n").as_deref(), Some(""));
    }

    #[test]
    fn reads_wget2rc() {
        let read = |text: &str, name: &str| wget2rc(text, name).map(|value| value.text);
        assert_eq!(
            read("ca-certificate = /a.pem\n--ca-certificate=/b.pem", "ca-certificate").as_deref(),
            Some("/b.pem")
        );
        assert_eq!(read("ca-certificate = /a\\\nb.pem\n", "ca_certificate").as_deref(), Some("/ab.pem"));
        assert_eq!(read("no-check-certificate\n", "check-certificate").as_deref(), Some("off"));
        assert_eq!(read("check_certificate\n", "check-certificate").as_deref(), Some("on"));
        assert_eq!(read("include x\n", "ca-certificate"), None);
    }

    #[test]
    fn reads_curlrc_as_curl_takes_it_apart() {
        let read = |text: &str| curlrc(text, "cacert", None, 6).map(|value| value.text);
        assert_eq!(
            curlrc("# x\n--cacert \"/c d.pem\"\n", "cacert", None, 6),
            Some(Value { text: "/c d.pem".into(), line: 2 })
        );
        assert_eq!(read("cacert=/a.pem # why\n").as_deref(), Some("/a.pem"));
        assert_eq!(read("  cacert : /a.pem\r\n").as_deref(), Some("/a.pem"));
        assert_eq!(read("--cacert = /a.pem\n").as_deref(), Some("="), "after a dash it is the value");
        assert_eq!(read("cacert = \"a\\\"b\\\\c\\td\" x\n").as_deref(), Some("a\"b\\c\td"));
        assert_eq!(read("cacert = \"/open.pem\n").as_deref(), Some("/open.pem"));
        assert_eq!(read("cacert\n").as_deref(), Some(""));
        assert_eq!(read("CACERT /a\n-cacert /b\ncacerts /c\n"), None);
        assert_eq!(curlrc("-K/x\n", "config", Some('K'), 6).unwrap().text, "/x");
        assert_eq!(curl_switch("insecure\n", "insecure", 'k', 8).unwrap().line, 1);
        assert_eq!(curl_switch("-ksS\n", "insecure", 'k', 8).unwrap().line, 1);
        assert_eq!(curl_switch("x\n-sSk\n", "insecure", 'k', 8).unwrap().line, 2);
        // Of these it is the rest of a value.
        assert_eq!(curl_switch("-sAk\n-ok\n-Hk: v\n", "insecure", 'k', 8), None);
        assert_eq!(curlrc("-sSK /x\n-oK/y\n", "config", Some('K'), 6).unwrap().text, "/x");
        assert_eq!(curl_switch("insecure\n--no-insecure\n", "insecure", 'k', 8), None);
        assert_eq!(curlrc("cacer /x\n--cac /y\nca /z\n", "cacert", None, 3).unwrap().text, "/y");
        assert_eq!(curlrc("cacer /x\n", "cacert", None, 6), None);
        assert_eq!(curl_switch("inse\n", "insecure", 'k', 3).unwrap().line, 1);
        assert_eq!(curl_switch("# insecure\n", "insecure", 'k', 8), None);
    }

    /// As 7.88.1 takes them: up to 8.5 long options are in any case, from 8.6 on in lower case (`findarg`).
    #[test]
    fn an_older_curl_takes_long_options_in_any_case() {
        for text in ["INSECURE\n", "--Insecure\n", "Insec\n", "insecure=\n", "no-insecure\nINS\n"] {
            assert!(curl_switch(text, "insecure", 'k', 3).is_some(), "{text}");
        }
        for text in ["insecure\nno-INSECURE\n", "NO-insecure\n", "-:k\n", "-Vk\n", "insecurely\n"] {
            assert_eq!(curl_switch(text, "insecure", 'k', 3), None, "{text}");
        }
        assert!(curl_switch("insecure\nno-insec\n", "insecure", 'k', 3).is_some(), "it is no option of its");
        assert_eq!(curl_switch("INSECURE\n", "insecure", 'k', 8), None);
        assert!(curl_switch("insecure\nno-INSECURE\n", "insecure", 'k', 8).is_some());
        assert_eq!(curlrc("CaCert = /a\nCAC /b\n", "cacert", None, 3).unwrap().text, "/b");
    }
}
