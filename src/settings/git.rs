//! git's configuration files, as git itself takes them apart (git-config(1), "Syntax").
//!
//! The grammar is that of `git_parse_source` and what it calls (config.c): octet by octet, where a line
//! that fits nothing makes git refuse the whole file. `tests/oracles/git.rs` holds this reader
//! against `git config --list`.

mod parameters;

pub use parameters::parameters;

use super::Value;

/// One `key = value` of a file, with the section it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The section in lower case: `http`.
    pub section: String,
    /// The subsection, case kept: a URL, a branch.
    pub subsection: Option<String>,
    /// The key in lower case: `sslcainfo`.
    pub key: String,
    /// The value; a key without `=` is true.
    pub value: Value,
}

/// What is in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Every variable, in order.
    pub variables: Vec<Variable>,
    /// The line at which git refuses the file.
    pub refused: Option<u64>,
}

/// Reads a file, up to what git refuses in it.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let letters = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    let mut reader = Reader { letters, line: 1, is_behind: false };
    let mut variables = Vec::new();
    let whole = reader.file(&mut variables);
    // Where the end of a line is what does not fit, git names that line (`error_incomplete_line`).
    let line = reader.line - u64::from(reader.is_behind);
    Parsed { variables, refused: whole.is_none().then_some(line) }
}

struct Reader<'t> {
    letters: std::iter::Peekable<std::str::Chars<'t>>,
    line: u64,
    /// Whether the last letter was the end of a line.
    is_behind: bool,
}

impl Reader<'_> {
    /// The next letter, CR and LF together as LF. The end of the file ends a line.
    fn next(&mut self) -> char {
        let letter = match self.letters.next() {
            Some('\r') if self.letters.peek() == Some(&'\n') => self.letters.next(),
            letter => letter,
        };
        self.is_behind = letter == Some('\n');
        self.line += u64::from(self.is_behind);
        letter.unwrap_or('\n')
    }

    fn is_at_end(&mut self) -> bool {
        self.letters.peek().is_none()
    }

    fn file(&mut self, found: &mut Vec<Variable>) -> Option<()> {
        let (mut section, mut subsection) = (String::new(), None);
        let mut is_comment = false;
        while !self.is_at_end() {
            match self.next() {
                '\n' => is_comment = false,
                _ if is_comment => {}
                letter if is_space(letter) => {}
                '#' | ';' => is_comment = true,
                '[' => (section, subsection) = self.header()?,
                letter if letter.is_ascii_alphabetic() => {
                    let line = self.line;
                    let (key, text) = self.variable(letter)?;
                    let value = Value { text, line };
                    found.push(Variable { section: section.clone(), subsection: subsection.clone(), key, value });
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// What follows `[`: a name, or a name and a subsection in quotes.
    fn header(&mut self) -> Option<(String, Option<String>)> {
        let mut name = String::new();
        loop {
            match self.next() {
                ']' if name.is_empty() => return None,
                ']' => {
                    // `[http.example]` is the old form of a subsection, in lower case.
                    let split = name.split_once('.').map(|(name, sub)| (name.to_owned(), Some(sub.to_owned())));
                    return Some(split.unwrap_or((name, None)));
                }
                '\n' => return None,
                letter if is_space(letter) => return Some((name, Some(self.quoted(letter)?))),
                letter if is_key(letter) || letter == '.' => name.push(letter.to_ascii_lowercase()),
                _ => return None,
            }
        }
    }

    fn quoted(&mut self, mut letter: char) -> Option<String> {
        while is_space(letter) {
            if letter == '\n' {
                return None;
            }
            letter = self.next();
        }
        if letter != '"' {
            return None;
        }
        let mut text = String::new();
        loop {
            match self.next() {
                '\n' => return None,
                '"' => break,
                '\\' => text.push(Some(self.next()).filter(|letter| *letter != '\n')?),
                letter => text.push(letter),
            }
        }
        (self.next() == ']').then_some(text)
    }

    fn variable(&mut self, first: char) -> Option<(String, String)> {
        let mut key = first.to_ascii_lowercase().to_string();
        let mut letter = self.next();
        while is_key(letter) {
            key.push(letter.to_ascii_lowercase());
            letter = self.next();
        }
        while letter == ' ' || letter == '\t' {
            letter = self.next();
        }
        match letter {
            '\n' => Some((key, "true".to_owned())),
            '=' => Some((key, self.value()?)),
            _ => None,
        }
    }

    /// A value up to the end of its line: white space at its ends is gone, quotes keep it.
    fn value(&mut self) -> Option<String> {
        let mut text = String::new();
        let (mut is_quoted, mut is_comment) = (false, false);
        let mut kept = 0;
        loop {
            match self.next() {
                '\n' if is_quoted => return None,
                '\n' => {
                    text.truncate(kept);
                    return Some(text);
                }
                _ if is_comment => {}
                letter if is_space(letter) && !is_quoted => {
                    if !text.is_empty() {
                        text.push(letter);
                    }
                }
                ';' | '#' if !is_quoted => is_comment = true,
                '\\' => {
                    match self.next() {
                        '\n' => {}
                        't' => text.push('\t'),
                        'b' => text.push('\u{8}'),
                        'n' => text.push('\n'),
                        letter @ ('\\' | '"') => text.push(letter),
                        _ => return None,
                    }
                    kept = text.len();
                }
                '"' => {
                    is_quoted = !is_quoted;
                    kept = text.len();
                }
                letter => {
                    text.push(letter);
                    kept = text.len();
                }
            }
        }
    }
}

/// git's own white space (`isspace`, git-compat-util.h).
const fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

const fn is_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let parsed = parse(text);
        assert_eq!(parsed.refused, None, "{text:?}");
        let name = |variable: &Variable| match &variable.subsection {
            Some(sub) => format!("{}.{sub}.{}", variable.section, variable.key),
            None => format!("{}.{}", variable.section, variable.key),
        };
        parsed.variables.iter().map(|variable| (name(variable), variable.value.text.clone())).collect()
    }

    #[test]
    fn reads_sections_quotes_and_comments() {
        let text =
            "[http]\n\tsslCAInfo = \"/a b.pem\" ; why\n[http \"https://Example.com\"]\n sslverify\n[core] x = 1\\\n2\n";
        let found = parse(text).variables;
        assert_eq!(found[0].key, "sslcainfo");
        assert_eq!(found[0].value, Value { text: "/a b.pem".into(), line: 2 });
        assert_eq!(found[1].subsection.as_deref(), Some("https://Example.com"));
        assert_eq!(found[1].value.text, "true");
        assert_eq!(found[2].value.text, "12");
    }

    #[test]
    fn reads_what_few_write() {
        let one = |text: &str| values(text).remove(0).1;
        assert_eq!(one("\u{feff}[a]\r\nb = c d  \r\n"), "c d");
        assert_eq!(one("[a]b=\"c # d\"  # e"), "c # d");
        assert_eq!(one("[a]\nb = c\" d \"e  "), "c d e");
        assert_eq!(one("[a]\nb = \" c\\\n d \""), " c d ");
        assert_eq!(one("[a]\nb = \\\"c\\t\\\\"), "\"c\t\\");
        assert_eq!(one("[a]\nb ="), "");
        assert_eq!(values("[A.Sub]b\n[A  \"S\\\"u\\b\"]C=d")[1], ("a.S\"ub.c".to_owned(), "d".to_owned()));
        assert_eq!(values("[A.Sub]b\n")[0].0, "a.sub.b");
    }

    #[test]
    fn what_git_refuses_ends_the_file() {
        let refused = |text: &str| parse(text).refused;
        assert_eq!(refused("[a]\nb = c\n1d = e\n"), Some(3));
        assert_eq!(refused("[a\nb = c\n"), Some(1));
        assert!(refused("[a \"b\"c]\n").is_some());
        assert_eq!(refused("[a]\nb = \"open\n"), Some(2));
        assert!(refused("[a]\nb = \\x\n").is_some());
        assert!(refused("[a]\nb c\n").is_some());
        assert_eq!(refused("[a]\nb # comment\n"), Some(2));
        assert_eq!(refused(""), None);
    }
}
