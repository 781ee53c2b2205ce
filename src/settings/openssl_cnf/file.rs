//! The syntax of `openssl.cnf`: sections of settings in their order, includes, variables.
//!
//! One line that cannot be read makes a library leave the whole file alone, silently (`def_load_bio`,
//! crypto/conf/conf_def.c; `CONF_MFLAGS_IGNORE_RETURN_CODES`). A file that is to be included and is not there is no
//! fault. Syntax: config(5) of OpenSSL 3.5, and what 3.0.19 was seen to do.

use crate::host::Host;
use crate::limits::OPENSSL_CNF_INCLUDES;
use std::path::{Path, PathBuf};

/// The settings by section, in the order in which the library keeps them: one that is set again moves to the end.
#[derive(Debug, Default)]
pub(super) struct Sections(Vec<Entry>);

/// One setting.
#[derive(Debug)]
struct Entry {
    section: String,
    name: String,
    value: String,
    /// The file that sets it.
    file: PathBuf,
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
    /// Where relative includes begin: `OPENSSL_CONF_INCLUDE`, else `.pragma includedir`, else the current directory.
    base: Option<PathBuf>,
    /// Whether `.pragma dollarid` makes `$` a letter.
    dollar: bool,
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
            base: named.map(PathBuf::from),
            dollar: false,
        };
        reader.file(file)?;
        Ok(reader.sections)
    }

    /// The value of a setting.
    pub(super) fn get(&self, section: &str, name: &str) -> Option<&str> {
        self.0.iter().find(|entry| entry.section == section && entry.name == name).map(|entry| entry.value.as_str())
    }

    /// The settings of a section in their order: name, value, and the file that sets it.
    pub(super) fn of<'s>(&'s self, section: &'s str) -> impl Iterator<Item = (&'s str, &'s str, &'s Path)> {
        let entries = self.0.iter().filter(move |entry| entry.section == section);
        entries.map(|entry| (entry.name.as_str(), entry.value.as_str(), entry.file.as_path()))
    }

    fn set(&mut self, entry: Entry) {
        self.0.retain(|known| known.section != entry.section || known.name != entry.name);
        self.0.push(entry);
    }
}

impl Reader<'_> {
    fn file(&mut self, file: &Path) -> Result<(), Malformed> {
        self.included += 1;
        if self.included > OPENSSL_CNF_INCLUDES {
            return Ok(());
        }
        let Some(text) = self.host.settings(file) else { return Ok(()) };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            // A comment too goes on behind a backslash (`def_load_bio`, crypto/conf/conf_def.c).
            let mut line = line.to_owned();
            while line.ends_with('\\') && !line.ends_with("\\\\") {
                line.pop();
                line += lines.next().unwrap_or_default();
            }
            self.line(without_comment(&line).trim(), file)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, file: &Path) -> Result<(), Malformed> {
        let directive = |name: &str| {
            let rest = line.strip_prefix(name)?;
            let begins = rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '=');
            begins.then(|| rest.trim_start().trim_start_matches('=').trim())
        };
        if line.is_empty() {
            return Ok(());
        }
        if let Some(pragma) = directive(".pragma") {
            match pragma.split_once(':') {
                Some(("dollarid", value)) => self.dollar = matches!(value.trim(), "on" | "true"),
                Some(("includedir", value)) if self.base.is_none() => self.base = Some(PathBuf::from(value.trim())),
                _ => {}
            }
            return Ok(());
        }
        if let Some(path) = directive(".include") {
            let path = PathBuf::from(self.value(path));
            let base = self.base.clone().unwrap_or_else(|| self.host.cwd.clone());
            return self.include(&base.join(path));
        }
        if let Some(rest) = line.strip_prefix('[') {
            let (name, _) = rest.split_once(']').ok_or(Malformed)?;
            name.trim().clone_into(&mut self.section);
            return Ok(());
        }
        // `name = value`, or `section::name = value`.
        let (name, value) = line.split_once('=').ok_or(Malformed)?;
        let name = name.trim();
        let (section, name) = name.split_once("::").unwrap_or((&self.section, name));
        let (section, value) = (section.to_owned(), self.value(value.trim()));
        self.sections.set(Entry { section, name: name.to_owned(), value, file: file.to_path_buf() });
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
    /// `ENV::name` (`str_copy`).
    fn value(&self, text: &str) -> String {
        let mut value = String::new();
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
                '$' if !self.dollar => {
                    let (found, after) = self.variable(after);
                    value.push_str(&found);
                    rest = after;
                }
                _ => {
                    value.push(c);
                    rest = after;
                }
            }
        }
        value.trim_end().to_owned()
    }

    /// The value of the variable that a text begins with, and what is behind it.
    fn variable<'t>(&self, text: &'t str) -> (String, &'t str) {
        let close = match text.chars().next() {
            Some('{') => Some('}'),
            Some('(') => Some(')'),
            _ => None,
        };
        let bare = &text[usize::from(close.is_some())..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let end = bare.find(|c| !is_name(c)).unwrap_or(bare.len());
        let (name, after) = bare.split_at(end);
        let after = close.map_or(after, |close| after.strip_prefix(close).unwrap_or(after));
        let (from, name) = name.split_once("::").unwrap_or((&self.section, name));
        let found = match from {
            "ENV" => self.host.variable(name).map(|value| value.to_string_lossy().into_owned()),
            from => self.sections.get(from, name).or_else(|| self.sections.get("default", name)).map(str::to_owned),
        };
        (found.unwrap_or_default(), after)
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
        assert_eq!(get("v = \"$x\"$none"), "$x");
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
        assert!(of(&[("/c", "a = b\n.include /none\n")], &[]).unwrap().get("default", "a").is_some());
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
        assert_eq!(value(".include /c", &[]), "", "an include of itself ends");
    }
}
