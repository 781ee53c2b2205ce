//! APT's configuration (apt.conf(5)): `A::B "value";`, scopes in braces, comments of `//`, `#` and `/* */`.
//!
//! The grammar is that of `ReadConfigFile` (apt-pkg/contrib/configuration.cc of 2.6.1): line by line, where what fits
//! nothing makes APT end.

use super::Value;
use super::number::leading;
use crate::limits::APT_NAME;

/// What a file says, one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// An option has a value from here on: its name, parts joined by `::` in lower case.
    Set(String, Value),
    /// An option, by its name in lower case, is not set any more, and none below it.
    Clear(String),
    /// A file is read here, or the files of a directory where the name ends in `/`.
    Include(Value),
}

/// Gives each statement of a file to `take`, which says whether to go on; the line at which APT refuses the file.
///
/// Options of which the name has more than [`APT_NAME`] octets are left out.
pub fn read(text: &str, take: &mut dyn FnMut(Statement) -> bool) -> Result<(), u64> {
    let mut reader = Reader { scopes: Vec::new(), length: 0, buffer: String::new(), line: 0, in_comment: false };
    for line in text.lines() {
        reader.line += 1;
        let line = line.replace('\t', "        ");
        let fragment = reader.without_comments(line.trim());
        if !reader.fragment(&fragment, take).ok_or(reader.line)? {
            return Ok(());
        }
    }
    if reader.buffer.is_empty() { Ok(()) } else { Err(reader.line) }
}

struct Reader {
    scopes: Vec<String>,
    /// Octets of the names of the scopes with what joins them.
    length: usize,
    /// A statement so far.
    buffer: String,
    line: u64,
    in_comment: bool,
}

impl Reader {
    /// A line without its comments. What is in quotes begins none, and `//` and `#` are looked for before `/*` is.
    fn without_comments(&mut self, mut line: &str) -> String {
        if self.in_comment {
            let Some((_, rest)) = line.split_once("*/") else { return String::new() };
            self.in_comment = false;
            line = rest;
        }
        line = up_to(line, |rest| rest.starts_with("//"));
        line = up_to(line, |rest| {
            let directives = ["clear", "include", "x-apt-configure-index"];
            rest.strip_prefix('#').is_some_and(|rest| !directives.iter().any(|word| rest.starts_with(word)))
        });
        let mut fragment = String::new();
        loop {
            let before = up_to(line, |rest| rest.starts_with("/*"));
            fragment += before;
            let Some(comment) = line[before.len()..].strip_prefix("/*") else { return fragment };
            let Some((_, rest)) = comment.split_once("*/") else {
                self.in_comment = true;
                return fragment;
            };
            line = rest;
        }
    }

    /// What a line has without its comments; whether to go on, `None` where APT refuses it.
    fn fragment(&mut self, fragment: &str, take: &mut dyn FnMut(Statement) -> bool) -> Option<bool> {
        let mut start = 0;
        let mut is_quoted = false;
        for (at, octet) in fragment.bytes().enumerate() {
            is_quoted ^= octet == b'"';
            if is_quoted || !matches!(octet, b'{' | b';' | b'}') {
                continue;
            }
            self.add(&fragment[start..at]);
            start = at + 1;
            if !self.ends(octet, take)? {
                return Some(false);
            }
        }
        self.add(&fragment[start..]);
        Some(true)
    }

    fn add(&mut self, part: &str) {
        let part = part.trim();
        if !self.buffer.is_empty() && !part.is_empty() {
            self.buffer.push(' ');
        }
        self.buffer += part;
    }

    /// A statement with what ends it.
    fn ends(&mut self, end: u8, take: &mut dyn FnMut(Statement) -> bool) -> Option<bool> {
        let statement = std::mem::take(&mut self.buffer);
        if statement.is_empty() {
            if end == b'}' {
                self.leave();
            }
            return (end != b'{').then_some(true);
        }
        let (tag, rest) = quoted_word(&statement)?;
        let (tag, word) = match string(rest).map(|word| (word, "")).or_else(|| quoted_word(rest)) {
            Some((_, rest)) if !rest.is_empty() => return None,
            Some((word, _)) => (tag, Some(word)),
            None if !rest.is_empty() => return None,
            None if end == b'{' => (tag, None),
            // A value without a name is one of a list.
            None => (String::new(), Some(tag)),
        };
        // What begins a scope is none, whatever it is called.
        let directive = tag.strip_prefix('#').filter(|_| end != b'{');
        let is_misplaced = directive.is_some() && !self.scopes.is_empty();
        if is_misplaced || (tag.is_empty() && word.as_deref() == Some("#clear")) {
            return None;
        }
        let line = self.line;
        let goes_on = match (directive, word) {
            (Some("clear"), Some(word)) => take(Statement::Clear(word.to_ascii_lowercase())),
            (Some("include"), Some(text)) => take(Statement::Include(Value { text, line })),
            (Some("x-apt-configure-index"), _) | (None, None) => true,
            (Some(_), _) => return None,
            (None, Some(text)) => match self.name(&tag) {
                Some(name) => take(Statement::Set(name, Value { text, line })),
                None => true,
            },
        };
        match end {
            b'{' => {
                self.length += tag.len() + 2;
                self.scopes.push(tag);
            }
            b'}' => self.leave(),
            _ => {}
        }
        Some(goes_on)
    }

    fn leave(&mut self) {
        self.length -= self.scopes.pop().map_or(0, |scope| scope.len() + 2);
    }

    /// The whole name of an option, unless it is too long for any.
    fn name(&self, tag: &str) -> Option<String> {
        let parts = || self.scopes.iter().map(String::as_str).chain([tag]);
        (self.length + tag.len() <= APT_NAME).then(|| parts().collect::<Vec<_>>().join("::").to_ascii_lowercase())
    }
}

/// A line up to where something begins outside of quotes.
fn up_to(line: &str, begins: impl Fn(&str) -> bool) -> &str {
    let mut is_quoted = false;
    for (at, letter) in line.char_indices() {
        is_quoted ^= letter == '"';
        if !is_quoted && begins(&line[at..]) {
            return &line[..at];
        }
    }
    line
}

/// A word without its quotes, in which `%XX` is an octet, and what stands behind it (`ParseQuoteWord`, strutl.cc).
fn quoted_word(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches(' ');
    let mut end = 0;
    while let Some(letter) = text[end..].chars().next().filter(|letter| !letter.is_ascii_whitespace()) {
        end += letter.len_utf8();
        if let Some(close) =
            [('"', '"'), ('[', ']')].into_iter().find(|(open, _)| *open == letter).map(|(_, close)| close)
        {
            end += text[end..].find(close)? + 1;
        }
    }
    let (word, rest) = text.split_at(end);
    let mut octets = Vec::new();
    let mut left = word.as_bytes();
    while let [first, others @ ..] = left {
        let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        left = others;
        match (*first, others) {
            (b'%', [high, low, others @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                octets.extend(hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low));
                left = others;
            }
            (b'"', _) => {}
            (octet, _) => octets.push(octet),
        }
    }
    (!word.is_empty()).then(|| (String::from_utf8_lossy(&octets).into_owned(), rest.trim_ascii_start()))
}

/// A text of quoted parts with nothing but white space between, which is one blank (`ParseCWord`, strutl.cc).
fn string(text: &str) -> Option<String> {
    let mut rest = text.trim_start_matches(' ');
    let mut said = String::new();
    if rest.is_empty() {
        return None;
    }
    while let Some(letter) = rest.chars().next() {
        let quoted = rest.strip_prefix('"');
        match quoted {
            Some(quoted) => {
                let (part, behind) = quoted.split_once('"')?;
                said += part;
                rest = behind;
            }
            None if letter.is_ascii_whitespace() => {
                said.push(' ');
                rest = rest.trim_ascii_start();
            }
            None => return None,
        }
    }
    Some(said)
}

/// APT's answer to a text, where it is none of its words (`StringToBool`, strutl.cc): a number in any base of C's that is
/// 0 or 1, or a word in any case.
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    let one_of = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match leading(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number) {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ if one_of(["no", "false", "without", "off", "disable"]) => Some(false),
        _ if one_of(["yes", "true", "with", "on", "enable"]) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Vec<(String, String)>, u64> {
        let mut found = Vec::new();
        read(text, &mut |statement| {
            found.push(match statement {
                Statement::Set(name, value) => (name, value.text),
                Statement::Clear(name) => ("#clear".to_owned(), name),
                Statement::Include(value) => ("#include".to_owned(), value.text),
            });
            true
        })?;
        Ok(found)
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn reads_names_scopes_and_comments() {
        let text = "// x \"y\";\nAcquire::https::CaInfo \"/a b.pem\"; # z\nAcquire {\n  https { Verify-Peer false; };\n  /* no\n */ Retries \"3\";\n};\n";
        let expected = [
            pair("acquire::https::cainfo", "/a b.pem"),
            pair("acquire::https::verify-peer", "false"),
            pair("acquire::retries", "3"),
        ];
        assert_eq!(said(text).unwrap(), expected);
        let mut lines = Vec::new();
        read(text, &mut |statement| {
            lines.extend(if let Statement::Set(_, value) = statement { Some(value.line) } else { None });
            true
        })
        .unwrap();
        assert_eq!(lines, [2, 4, 6]);
    }

    /// As `apt-config dump` of 2.6.1 has them.
    #[test]
    fn reads_what_few_write() {
        assert_eq!(
            said("#clear A::b;\n#include \"/x # y.conf\"; # why\n").unwrap(),
            [pair("#clear", "a::b"), pair("#include", "/x # y.conf")]
        );
        assert_eq!(said("#other x;\n#include b { c d };").unwrap(), [pair("#include", "b"), pair("#include::c", "d")]);
        assert_eq!(said("a::b \"c\" \"d\";\n").unwrap(), [pair("a::b", "c d")]);
        assert_eq!(said("a\n  \"http://x\"\n;\n").unwrap(), [pair("a", "http://x")]);
        assert_eq!(said("a%41 %42;").unwrap(), [pair("aa", "B")]);
        assert_eq!(said("a \"x\" { b \"y\" };").unwrap(), [pair("a", "x"), pair("a::b", "y")]);
        assert_eq!(said("a { \"x\"; };").unwrap(), [pair("a::", "x")]);
        assert_eq!(said("a /* b */ c /* d */;").unwrap(), [pair("a", "c")]);
    }

    #[test]
    fn what_apt_refuses_ends_the_file() {
        let broken = ["a b c;", "a \"b", "a b", "{ a b; };", "#included x;", "x { #clear y; };", "#clear;"];
        for text in broken {
            assert!(said(&format!("x y;\n{text}\n")).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_bounded() {
        let text = "a { ".repeat(200_000) + &"b c; ".repeat(50_000);
        assert_eq!(said(&text), Ok(Vec::new()));
        assert_eq!(said(&(text + &"}".repeat(300_000) + " d e;")).unwrap(), [pair("d", "e")]);
    }

    /// As APT 2.6.1 takes `Verify-Peer`.
    #[test]
    fn a_boolean_is_a_number_or_a_word() {
        for text in ["0", "-0", "00", "0x0", " 0", "no", "False", "without", "OFF", "disable"] {
            assert_eq!(boolean(text), Some(false), "{text}");
        }
        for text in ["1", "01", "0x1", "yes", "on"] {
            assert_eq!(boolean(text), Some(true), "{text}");
        }
        for text in ["2", "-1", "0 ", "n", "--0", "0x", "08", "0-0"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }
}
