//! php.ini and the files beside it, as PHP reads them: up to what it cannot take apart, which it says and starts all the
//! same (Zend/zend_ini_scanner.l and zend_ini_parser.y of 8.2; held against 8.2.36).

use super::Value;
use crate::limits::FILLED;

/// What knows the environment.
type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// The last value of a directive, whose name has a case. A section has no meaning, but what follows
/// `[PATH=…]` or `[HOST=…]` holds for that path or host alone. `variable` knows the environment.
#[must_use]
pub fn value(text: &str, key: &str, variable: Variables<'_>) -> Option<Value> {
    if !may_stand_in(text, key) {
        return None;
    }
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scanner = Scanner { text: rest, rest, key, variable, found: None };
    while scanner.statement().is_some() {}
    scanner.found
}

struct Scanner<'t> {
    text: &'t str,
    /// What was not yet read.
    rest: &'t str,
    key: &'t str,
    variable: Variables<'t>,
    found: Option<Value>,
}

/// A part of a value.
enum Part {
    /// Text, quoted or not.
    Text(String),
    /// A word for yes or no, with what it stands for: alone it is a value, beside others none.
    Word(&'static str),
    /// One of `|&^~!()`.
    Operator(char),
    /// The end of the value.
    End,
    /// Where PHP stops.
    Stop,
}

impl Scanner<'_> {
    /// A statement with its end; nothing at the end of the file, and where PHP stops.
    fn statement(&mut self) -> Option<()> {
        let line = || 1 + self.text[..self.text.len() - self.rest.len()].matches('\n').count() as u64;
        let label = self.rest.split(|c| !is_of_label(c)).next().unwrap_or_default();
        let name = label.trim_matches(BLANKS);
        if label.is_empty() || name.is_empty() {
            return self.between();
        }
        let line = if name == self.key { line() } else { 0 };
        // Without white space before it a word for yes or no is no name.
        if word(label.trim_end_matches(BLANKS)).is_some() {
            return None;
        }
        self.rest = &self.rest[label.len()..];
        let is_list = self.skip("[");
        if is_list {
            self.brackets()?;
        }
        let blanks = self.rest.trim_start_matches(BLANKS);
        let Some(value) = blanks.strip_prefix('=') else {
            // A name alone is a statement that says nothing.
            return (!is_list).then_some(());
        };
        self.rest = value.trim_start_matches(BLANKS);
        let (text, goes_on) = self.expression()?;
        if !is_list && name == self.key {
            self.found = Some(Value { text, line });
        }
        goes_on.then_some(())
    }

    /// What stands where a name may: white space, the end of a line, a comment, a section.
    fn between(&mut self) -> Option<()> {
        let rest = self.rest.trim_start_matches(BLANKS);
        if let Some(section) = rest.strip_prefix('[') {
            self.rest = section;
            let name = self.brackets()?;
            let begins = |with: &str| name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(with));
            return (name.len() == 4 || !(begins("PATH") || begins("HOST"))).then_some(());
        }
        self.rest = rest;
        (self.ends_line() || rest.starts_with(is_of_label)).then_some(())
    }

    /// The end of a line, with a comment before it.
    fn ends_line(&mut self) -> bool {
        let rest = self.rest.trim_start_matches(BLANKS);
        let comment = rest.strip_prefix(';').map(|comment| comment.trim_start_matches(|c| !matches!(c, '\r' | '\n')));
        let rest = comment.unwrap_or(rest);
        let ended = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n']));
        self.rest = ended.unwrap_or(self.rest);
        ended.is_some()
    }

    fn skip(&mut self, text: &str) -> bool {
        let behind = self.rest.strip_prefix(text);
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    /// What stands between brackets, of a section or of an element.
    fn brackets(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.rest.chars().next()? {
                ']' => {
                    self.rest = &self.rest[1..];
                    return Some(text);
                }
                '\n' | '\r' | ';' => return None,
                '\'' => text += self.single_quoted()?,
                '"' => text += &self.double_quoted()?,
                '$' if self.rest.starts_with("${") => text += &self.filled()?,
                '\\' | '$' => text += self.take(2)?,
                _ => text += self.take(1)?,
            }
        }
    }

    fn take(&mut self, letters: usize) -> Option<&str> {
        let (last, letter) = self.rest.char_indices().nth(letters - 1)?;
        let (taken, rest) = self.rest.split_at(last + letter.len_utf8());
        self.rest = rest;
        Some(taken)
    }

    /// What stands in single quotes, over the ends of lines: at least a letter.
    fn single_quoted(&mut self) -> Option<&str> {
        let (inner, rest) = self.rest.strip_prefix('\'')?.split_once('\'').filter(|(inner, _)| !inner.is_empty())?;
        self.rest = rest;
        Some(inner)
    }

    /// What stands in double quotes, over the ends of lines, with white space behind it.
    fn double_quoted(&mut self) -> Option<String> {
        self.rest = self.rest.strip_prefix('"')?;
        let mut text = String::new();
        loop {
            match self.rest.chars().next()? {
                '"' => {
                    self.rest = self.rest[1..].trim_start_matches(BLANKS);
                    return Some(text);
                }
                '$' if self.rest.starts_with("${") => self.fill(&mut text)?,
                // A path of Windows may end in one.
                '\\' if self.rest[1..]
                    .strip_prefix('"')
                    .is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'\r' | b'\n', ..])) =>
                {
                    text += self.take(1)?;
                }
                '\\' => {
                    let escaped = self.take(2).unwrap_or("\\");
                    text += if matches!(escaped, "\\\"" | "\\\\" | "\\$") { &escaped[1..] } else { escaped };
                }
                _ => text += self.take(1)?,
            }
        }
    }

    /// A variable's value in the place of its name.
    fn filled(&mut self) -> Option<String> {
        let (name, rest) = self.rest.strip_prefix("${")?.split_once('}')?;
        if name.is_empty() || !name.chars().all(is_of_label) {
            return None;
        }
        self.rest = rest;
        Some((self.variable)(name.trim_matches(BLANKS)).unwrap_or_default())
    }

    fn fill(&mut self, text: &mut String) -> Option<()> {
        let value = self.filled()?;
        if text.len() <= FILLED {
            *text += &value;
        }
        Some(())
    }

    /// A value: a word, or parts put beside one another, which numbers are made of where operators stand between them; and
    /// whether PHP reads on. Where what follows a whole value is none of it, that counts, and PHP stops behind it.
    fn expression(&mut self) -> Option<(String, bool)> {
        let (mut text, mut open, mut has_operators) = (String::new(), 0_usize, false);
        // Whether something stands there to which an operator belongs, and whether more may be put beside it.
        let (mut is_whole, mut goes_on, mut is_first) = (false, true, true);
        loop {
            match self.part(&mut text)? {
                Part::Text(part) if goes_on => {
                    text += &part;
                    is_whole = true;
                }
                Part::Word(value) if is_first => {
                    let ends = matches!(self.part(&mut text), Some(Part::End));
                    return Some((value.to_owned(), ends));
                }
                Part::End if is_first => return Some((text, true)),
                Part::Operator('(') if !is_whole => open += 1,
                Part::Operator(')') if is_whole && open > 0 => {
                    open -= 1;
                    goes_on = false;
                }
                Part::Operator('~' | '!') if !is_whole => has_operators = true,
                Part::Operator('|' | '&' | '^') if is_whole => {
                    (is_whole, goes_on, has_operators) = (false, true, true);
                }
                last => {
                    // A number is no path.
                    let value = if has_operators { "0".to_owned() } else { text };
                    return (is_whole && open == 0).then_some((value, matches!(last, Part::End)));
                }
            }
            is_first = false;
        }
    }

    /// The next part of a value. Variables are filled into `text`.
    fn part(&mut self, text: &mut String) -> Option<Part> {
        if self.rest.is_empty() || self.ends_line() {
            return Some(Part::End);
        }
        let letter = self.rest.chars().next()?;
        if matches!(letter, '|' | '&' | '^' | '~' | '(' | ')' | '!') {
            self.rest = self.rest[1..].trim_start_matches(BLANKS);
            return Some(Part::Operator(letter));
        }
        let blanks = self.rest.trim_start_matches(BLANKS);
        if blanks.starts_with('"') {
            self.rest = blanks;
            return self.double_quoted().map(Part::Text);
        }
        if blanks.len() < self.rest.len() {
            let length = self.rest.len() - blanks.len();
            return self.take(length).map(|blanks| Part::Text(blanks.to_owned()));
        }
        if self.rest.starts_with("${") {
            self.fill(text)?;
            return Some(Part::Text(String::new()));
        }
        // Two quotes with nothing between end the value; of one without another PHP reads to the end of the file.
        if letter == '\'' && !self.rest.starts_with("''") {
            return Some(self.single_quoted().map_or(Part::Stop, |quoted| Part::Text(quoted.to_owned())));
        }
        let mut end = 0;
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '$' if !self.rest[at..].starts_with("${") && letters.next().is_some() => {}
                '$' | '=' | ' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | '^' | '~' | '(' | ')' | '!' | '"' | '\''
                | '\0' => break,
                _ => {}
            }
            end = letters.offset();
        }
        let (plain, rest) = self.rest.split_at(end);
        if plain.is_empty() {
            // What fits nothing ends the value; `=` is where the next statement fails.
            self.rest = if letter == '=' { self.rest } else { &self.rest[letter.len_utf8()..] };
            return Some(Part::End);
        }
        self.rest = rest;
        if let Some(value) = word(plain) {
            self.rest = rest.trim_start_matches(BLANKS);
            return Some(Part::Word(value));
        }
        Some(Part::Text(plain.to_owned()))
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Whether a letter may stand in a name.
fn is_of_label(letter: char) -> bool {
    !"=\n\r\t;&|^$~(){}!\"[\0".contains(letter)
}

/// What a word for yes or no stands for.
fn word(text: &str) -> Option<&'static str> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is_one_of(&["true", "on", "yes"]) => Some("1"),
        () if is_one_of(&["false", "off", "no", "none", "null"]) => Some(""),
        () => None,
    }
}

/// Whether the name stands in some line that is no comment. Of a php.ini as it is delivered nearly every line is one, and
/// each is asked for by several rows.
fn may_stand_in(text: &str, name: &str) -> bool {
    let text = text.as_bytes();
    memchr::memmem::find_iter(text, name).any(|at| {
        let line = text[..at].iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
        !text[line..at].trim_ascii_start().starts_with(b";")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, key: &str) -> Option<String> {
        value(text, key, &|name| (name == "HOME").then(|| "/h".to_owned())).map(|value| value.text)
    }

    #[test]
    fn what_is_filled_in_is_bounded() {
        let text = format!("a = \"{}\"\n", "${V}".repeat(250_000));
        let filled = value(&text, "a", &|_| Some("v".repeat(128 * 1024))).unwrap().text;
        assert!(filled.len() < FILLED + 128 * 1024 + text.len());
    }

    #[test]
    fn reads_what_php_reads() {
        let text =
            "[PHP]\nopenssl.capath = \"/q${HOME}/x\" ; c\n[x]\nopenssl.cafile = /bare/x  ; comment\n;curl.cainfo=/no\n";
        assert_eq!(read(text, "openssl.cafile").unwrap(), "/bare/x");
        assert_eq!(read(text, "openssl.capath").unwrap(), "/q/h/x");
        assert_eq!(read(text, "curl.cainfo"), None);
        assert_eq!(read("a = '/s/x'\na = /a;b", "a").unwrap(), "/a");
        assert_eq!(read("a = none", "a").unwrap(), "");
        assert_eq!(read("A = /x", "a"), None);
        assert_eq!(read("a=/x\n[PATH=/foo]\na=/p\n[PHP]\na=/q\n", "a").unwrap(), "/x");
        assert_eq!(read("a=/x${NO}/y", "a").unwrap(), "/x/y");
        assert_eq!(read(";a=/x\n\u{a0} a = /y", "a"), None);
        assert_eq!(read(";a=/x\n\t a = /y", "a").unwrap(), "/y");
        assert_eq!(read("[s]a = /x\n", "a").unwrap(), "/x");
        assert_eq!(read("a = \"C:\\x\\\"\n", "a").unwrap(), "C:\\x\\");
        assert_eq!(read("a = \"/a/\" \"b.pem\"\n", "a").unwrap(), "/a/b.pem");
        assert_eq!(read("a = \"/x\ny\" z ; c\n", "a").unwrap(), "/x\nyz");
        assert_eq!(read("x = \"\na = /no\n\"\na = '/y'\n", "a").unwrap(), "/y");
    }

    /// As PHP 8.2.36 does, each with `a = /y` in the line behind it.
    #[test]
    fn what_php_cannot_take_apart_ends_the_file() {
        let stops = [
            "foo = bar(baz)",
            "a=b=c",
            "yes!",
            "yes = 1",
            "b = \"x",
            "b = x on",
            "b = on x",
            "[x",
            "b[x = 1",
            "foo!",
            "= 1",
            "b = ${x",
            "b = (x",
            "b = x)",
            "b = |x",
            "b = x|",
            "b = 'x",
            "b = x'y",
        ];
        for line in stops {
            let found = read(&format!("{line}\na = /y\n"), "a");
            assert_eq!(found.as_deref(), (line == "a=b=c").then_some("b"), "{line}");
        }
        let goes_on = [
            "foo",
            "foo = (x)",
            "foo = ~1|2",
            "foo[] = x",
            "foo[a] = x",
            " yes = 1",
            "b = ''",
            "b = nope",
            "b = $x",
            "[a\"b\"]",
            "b =",
            "; x = \"",
            "b\tc = d",
            "b = {x}",
            "b = yes",
        ];
        for line in goes_on {
            assert_eq!(read(&format!("{line}\na = /y\n"), "a").as_deref(), Some("/y"), "{line}");
        }
    }
}
