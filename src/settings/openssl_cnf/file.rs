//! The syntax of `openssl.cnf`: sections of settings in their order, includes, variables.
//!
//! One line that cannot be read makes a library leave the whole file alone, silently (`def_load_bio`,
//! crypto/conf/conf_def.c; `CONF_MFLAGS_IGNORE_RETURN_CODES`). A file that is to be included and is not there is no
//! fault. Syntax: config(5) of OpenSSL 3.5, and what 3.0.19 was seen to do.

use crate::host::Host;
use crate::limits::{OPENSSL_CNF_INCLUDES, OPENSSL_CNF_KEPT};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Octets of a value with its variables filled in, its NUL among them (`MAX_CONF_VALUE_LENGTH`,
/// crypto/conf/conf_def.c).
const VALUE: usize = 65536;

/// The settings by section, in the order in which the library keeps them: one that is set again moves to the end.
#[derive(Debug, Default)]
pub(super) struct Sections {
    entries: Vec<Entry>,
    /// Which of them counts, by section and name.
    index: HashMap<String, HashMap<String, usize>>,
}

/// One setting.
#[derive(Debug)]
struct Entry {
    section: String,
    name: String,
    value: String,
    /// The file that sets it.
    file: Arc<Path>,
}

/// Why a file counts for nothing.
#[derive(Debug)]
pub(super) struct Malformed;

/// What is carried from line to line.
struct Reader<'h> {
    host: &'h Host,
    sections: Sections,
    section: String,
    included: usize,
    /// Octets of what is kept.
    kept: usize,
    /// Where relative includes begin: `OPENSSL_CONF_INCLUDE`, else `.pragma includedir`, else the current directory.
    base: Option<PathBuf>,
    /// Whether `.pragma dollarid` makes `$` a letter.
    dollar: bool,
    /// Whether `.pragma abspath` refuses relative includes.
    absolute: bool,
}

impl Sections {
    /// Those of a file; nothing where it is not there or cannot be read.
    pub(super) fn read(host: &Host, file: &Path) -> Result<Self, Malformed> {
        let named = host.variable("OPENSSL_CONF_INCLUDE").filter(|value| !value.is_empty());
        let mut reader = Reader {
            host,
            sections: Self::default(),
            section: "default".to_owned(),
            included: 0,
            kept: 0,
            base: named.map(PathBuf::from),
            dollar: false,
            absolute: false,
        };
        reader.file(file)?;
        Ok(reader.sections)
    }

    /// The value of a setting.
    pub(super) fn get(&self, section: &str, name: &str) -> Option<&str> {
        self.index.get(section)?.get(name).map(|at| self.entries[*at].value.as_str())
    }

    /// The settings of a section in their order: name, value, and the file that sets it.
    pub(super) fn of<'s>(&'s self, section: &'s str) -> impl Iterator<Item = (&'s str, &'s str, &'s Path)> {
        let names = self.index.get(section);
        let counts = move |at: usize, entry: &Entry| names.is_some_and(|names| names.get(&entry.name) == Some(&at));
        let entries = self.entries.iter().enumerate();
        let entries = entries.filter(move |(at, entry)| entry.section == section && counts(*at, entry));
        entries.map(|(_, entry)| (entry.name.as_str(), entry.value.as_str(), &*entry.file))
    }

    fn set(&mut self, entry: Entry) {
        let names = self.index.entry(entry.section.clone()).or_default();
        names.insert(entry.name.clone(), self.entries.len());
        self.entries.push(entry);
    }
}

/// Blanks (`IS_WS`); a line feed is none within a line.
const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Letters and digits of variables (`IS_ALNUM`).
const fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What may stand in a name besides them (`IS_ALNUM_PUNCT`, crypto/conf/conf_def.h).
fn is_punctuation(c: char) -> bool {
    "!%&*+,-./;?@^|~".contains(c)
}

impl Reader<'_> {
    fn file(&mut self, file: &Path) -> Result<(), Malformed> {
        self.included += 1;
        if self.included > OPENSSL_CNF_INCLUDES {
            return Ok(());
        }
        let Some(text) = self.host.settings(file) else { return Ok(()) };
        let file: Arc<Path> = file.into();
        let mut lines = text.strip_prefix('\u{feff}').unwrap_or(&text).lines();
        while let Some(line) = lines.next() {
            // A comment too goes on behind a backslash (`def_load_bio`, crypto/conf/conf_def.c).
            let mut line = line.to_owned();
            while line.ends_with('\\') && !line.ends_with("\\\\") {
                line.pop();
                line += lines.next().unwrap_or_default();
            }
            self.line(without_comment(&line).trim_matches(BLANKS), &file)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, file: &Arc<Path>) -> Result<(), Malformed> {
        if line.is_empty() {
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix('[') {
            self.section = self.value(self.section_name(rest.trim_start_matches(BLANKS))?, "")?;
            return Ok(());
        }
        // `name = value`, or `section::name = value`.
        let (first, behind) = line.split_at(self.name(line));
        let (section, name, behind) = match behind.strip_prefix("::") {
            None => (None, first, behind),
            Some(rest) => {
                let (name, behind) = rest.split_at(self.name(rest));
                (Some(first), name, behind)
            }
        };
        let blank = behind.starts_with(BLANKS);
        let behind = behind.trim_start_matches(BLANKS);
        let value = behind.strip_prefix('=').map(|value| value.trim_start_matches(BLANKS));
        // `.includes = x` is one, as more than its name stands before the sign.
        let is = |word: &str| name.starts_with(word) && (name != word || blank || value.is_some());
        if is(".pragma") {
            return self.pragma(value.unwrap_or(behind));
        }
        let section = section.unwrap_or(&self.section);
        if is(".include") {
            let path = PathBuf::from(self.value(value.unwrap_or(behind), section)?);
            if self.absolute && self.base.is_none() && path.is_relative() {
                return Err(Malformed);
            }
            if path.as_os_str().is_empty() {
                return Ok(());
            }
            let base = self.base.clone().unwrap_or_else(|| self.host.cwd.clone());
            return self.include(&base.join(path));
        }
        let value = self.value(value.ok_or(Malformed)?, section)?;
        // A value that stands for others doubles with every line.
        self.kept += section.len() + name.len() + value.len();
        if self.kept > OPENSSL_CNF_KEPT {
            return Err(Malformed);
        }
        let (section, name) = (section.to_owned(), name.to_owned());
        self.sections.set(Entry { section, name, value, file: Arc::clone(file) });
        Ok(())
    }

    /// How long the name is that a text begins with (`eat_alpha_numeric`).
    fn name(&self, text: &str) -> usize {
        let mut letters = text.char_indices();
        while let Some((at, c)) = letters.next() {
            match c {
                '\\' => _ = letters.next(),
                '$' if self.dollar => {}
                c if is_alphanumeric(c) || is_punctuation(c) => {}
                _ => return at,
            }
        }
        text.len()
    }

    /// The name of a section, words with blanks between them, of what is behind its bracket.
    fn section_name<'t>(&self, text: &'t str) -> Result<&'t str, Malformed> {
        let mut at = 0;
        loop {
            let end = at + self.name(&text[at..]);
            let rest = text[end..].trim_start_matches(BLANKS);
            let next = text.len() - rest.len();
            if rest.starts_with(']') {
                return Ok(&text[..end]);
            }
            if rest.is_empty() || next == at {
                return Err(Malformed);
            }
            at = next;
        }
    }

    /// `keyword:value`; a keyword that is not known is passed over.
    fn pragma(&mut self, text: &str) -> Result<(), Malformed> {
        let (keyword, value) = text.split_once(':').ok_or(Malformed)?;
        if keyword.is_empty() || value.is_empty() {
            return Err(Malformed);
        }
        let value = value.trim_start_matches(BLANKS);
        let is_on = || match value {
            "on" | "true" => Ok(true),
            "off" | "false" => Ok(false),
            _ => Err(Malformed),
        };
        match keyword.trim_end_matches(BLANKS) {
            "dollarid" => self.dollar = is_on()?,
            "abspath" => self.absolute = is_on()?,
            "includedir" if self.host.variable("OPENSSL_CONF_INCLUDE").is_none_or(std::ffi::OsStr::is_empty) => {
                self.base = Some(PathBuf::from(value));
            }
            _ => {}
        }
        Ok(())
    }

    /// A file, or of a directory those that end in `.cnf` or `.conf`.
    fn include(&mut self, path: &Path) -> Result<(), Malformed> {
        if !self.host.is_directory(path) {
            return self.file(path);
        }
        for file in self.host.children(path) {
            if file.extension().is_some_and(|extension| extension == "cnf" || extension == "conf") {
                self.file(&file)?;
            }
        }
        Ok(())
    }

    /// A value: what stands in quotes is kept as it is, a backslash takes the next letter for itself (outside of quotes
    /// `\n`, `\r`, `\b` and `\t` are what they are in C), and
    /// `$name`, `${name}` and `$(name)` are replaced, of the same section or of `default`, or of the environment by
    /// `ENV::name` (`str_copy`). One that has no value, a brace that is not closed, and a value that grows too long make
    /// the file count for nothing.
    fn value(&self, text: &str, section: &str) -> Result<String, Malformed> {
        let mut value = String::new();
        let mut length = text.len() + 1;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            match c {
                '"' | '\'' | '`' => {
                    let mut letters = after.chars();
                    while let Some(letter) = letters.next().filter(|letter| *letter != c) {
                        value.extend(if letter == '\\' { letters.next() } else { Some(letter) });
                    }
                    rest = letters.as_str();
                }
                '\\' => {
                    let mut letters = after.chars();
                    value.extend(letters.next().map(|letter| match letter {
                        'r' => '\r',
                        'n' => '\n',
                        'b' => '\u{8}',
                        't' => '\t',
                        letter => letter,
                    }));
                    rest = letters.as_str();
                }
                '$' if !self.dollar || after.starts_with(['{', '(']) => {
                    let (found, behind) = self.variable(after, section)?;
                    length = (length + found.len()).saturating_sub(rest.len() - behind.len());
                    if length > VALUE {
                        return Err(Malformed);
                    }
                    value.push_str(&found);
                    rest = behind;
                }
                _ => {
                    value.push(c);
                    rest = after;
                }
            }
        }
        Ok(value)
    }

    /// The value of the variable that a text begins with, and what is behind it.
    fn variable<'t>(&self, text: &'t str, section: &str) -> Result<(String, &'t str), Malformed> {
        let close = match text.chars().next() {
            Some('{') => Some('}'),
            Some('(') => Some(')'),
            _ => None,
        };
        let is_letter = |c: char| is_alphanumeric(c) || (self.dollar && c == '$');
        let word = |text: &'t str| text.split_at(text.find(|c| !is_letter(c)).unwrap_or(text.len()));
        let (first, behind) = word(&text[usize::from(close.is_some())..]);
        let (from, (name, behind)) =
            behind.strip_prefix("::").map_or((section, (first, behind)), |rest| (first, word(rest)));
        let behind = match close {
            Some(close) => behind.strip_prefix(close).ok_or(Malformed)?,
            None => behind,
        };
        let of_environment = || {
            let value = self.host.variable(name).filter(|_| from == "ENV");
            value.map(|value| value.to_string_lossy().into_owned())
        };
        let found = self.sections.get(from, name).map(str::to_owned).or_else(of_environment);
        let found = found.or_else(|| self.sections.get("default", name).map(str::to_owned));
        Ok((found.ok_or(Malformed)?, behind))
    }
}

/// A line without its comment: `#` outside of quotes and not behind a backslash (`clear_comments`).
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut letters = line.char_indices();
    while let Some((at, c)) = letters.next() {
        match (c, quote) {
            ('\\', _) => _ = letters.next(),
            ('#', None) => return &line[..at],
            ('"' | '\'' | '`', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    fn of(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Sections, Malformed> {
        let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, *text));
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let host = Host::new(Box::new(memory), System::Linux).with_environment(variables);
        Sections::read(&host, Path::new("/c"))
    }

    fn get(text: &str) -> String {
        let sections = of(&[("/c", &format!("x = 1\n[s]\ny = 2\n{text}"))], &[("E", "3")]).unwrap();
        sections.get("s", "v").unwrap().to_owned()
    }

    #[test]
    fn variables_are_of_the_section_of_default_or_of_the_environment() {
        assert_eq!(get("v = a$x${y}$(ENV::E)b"), "a123b");
        assert_eq!(get("v = \"$x\"$(x)"), "$x1");
        assert_eq!(get("v = $y:z"), "2:z");
        assert_eq!(get("v = $ENV::x$none::x"), "11", "of default where it is not there");
        assert_eq!(get("v = \"a \" "), "a ");
        assert_eq!(get("v = \\$x # c"), "$x");
        assert_eq!(get("v = a\\\n  b"), "a  b");
        assert_eq!(get("v = a \\# b # c\nw = d"), "a # b");
        assert_eq!(get("v = 'a\\' # b' # c\nw = d"), "a' # b");
        assert_eq!(get("v = a\n# w \\\nv = b"), "a");
        assert_eq!(get("v = a\\tb'\\t'"), "a\tbt");
        assert_eq!(get("v = a\nv = \"#\""), "#");
        assert_eq!(get(".pragma = dollarid:on\nv = a$x"), "a$x");
    }

    #[test]
    fn one_bad_line_and_nothing_counts() {
        assert!(of(&[("/c", "a = b\nwhat is this\n")], &[]).is_err());
        assert!(of(&[("/c", "a = b\n[open\n")], &[]).is_err());
        let long = format!("v0 = {}\nv1 = $v0${{v0}}", "a".repeat(32767));
        for text in [
            "v = $none",
            "v = ${x",
            "v = ${x)",
            "v = ${x-y}",
            "v = $",
            "v = $ENV::NONE",
            ".include $none",
            "[a$x]",
            "$x = 1",
            "a b = 1",
            "\u{e9} = 1",
            "a::b::c = 1",
            ".pragma x",
            ".pragma dollarid:yes",
            ".pragma abspath:on\n.include none",
            &format!("{long}bb"),
        ] {
            assert!(of(&[("/c", &format!("x = 1\n{text}\n"))], &[]).is_err(), "{text}");
        }
        for text in ["[ a b ]", "a!%&*+,-./;?@^_|~\\ z = 1", "::b = 1", ".pragma x:y", " = 1", &format!("{long}b")] {
            assert!(of(&[("/c", &format!("x = 1\n{text}\n"))], &[]).is_ok(), "{text}");
        }
        assert!(of(&[("/c", "a = b\n.include /none\n")], &[]).unwrap().get("default", "a").is_some());
    }

    #[test]
    fn what_doubles_comes_to_an_end() {
        let text = |lines: usize| format!("v = {}\n", "a".repeat(65_000)) + &"w = $v\n".repeat(lines);
        assert!(of(&[("/c", &text(100))], &[]).is_ok());
        assert!(of(&[("/c", &text(1000))], &[]).is_err());
    }

    #[test]
    fn includes_begin_in_the_current_directory_or_where_they_are_said_to() {
        let value = |text: &str, variables: &[(&str, &str)]| {
            let others = [("/here/i", "v = here"), ("/i", "v = cwd"), ("/here/d/x.cnf", "v = d")];
            of(&[&[("/c", text)][..], &others].concat(), variables)
                .unwrap()
                .get("default", "v")
                .unwrap_or_default()
                .to_owned()
        };
        assert_eq!(value(".include i", &[]), "cwd");
        assert_eq!(value(".include = /here/i", &[]), "here");
        assert_eq!(value(".pragma = includedir:/here\n.include i", &[]), "here");
        assert_eq!(value(".pragma = includedir:/none\n.include i", &[("OPENSSL_CONF_INCLUDE", "/here")]), "here");
        assert_eq!(value(".include /here/d", &[]), "d");
        assert_eq!(value(".include /c", &[]), "", "an include of itself ends, as where the library may open no more");
        assert_eq!(value(".include =", &[]), "");
    }
}
