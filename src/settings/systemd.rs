//! Unit files of systemd: assignments in sections, words with quotes, specifiers.
//!
//! As systemd itself reads them (systemd.syntax(7), `config_parse` in src/shared/conf-parser.c,
//! `extract_first_word` in src/basic/extract-word.c). What a service is given of all that is in
//! [`service`].

pub mod service;

/// One assignment, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The section it stands in.
    pub section: String,
    /// What is assigned to.
    pub key: String,
    /// What is assigned; empty, it takes back what was assigned to a list before.
    pub value: String,
}

/// The assignments of a unit file. A line that ends in a backslash goes on in the next that is no
/// comment; the backslash becomes a blank.
#[must_use]
pub fn assignments(text: &str) -> Vec<Assignment> {
    let mut found = Vec::new();
    let (mut section, mut joined) = (String::new(), String::new());
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(begun) = line.strip_suffix('\\') {
            joined += begun;
            joined.push(' ');
            continue;
        }
        joined += line;
        let whole = std::mem::take(&mut joined);
        let whole = whole.trim();
        if let Some(name) = whole.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = whole.split_once('=') {
            let (key, value) = (key.trim_end().to_owned(), value.trim_start().to_owned());
            found.push(Assignment { section: section.clone(), key, value });
        }
    }
    found
}

/// The words of a value: blanks separate them, quotes of both kinds hold them together, and a backslash
/// begins an escape of C. Reading ends at a quote that is never closed and at an escape that is none.
#[must_use]
pub fn words(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = value.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return found;
        }
        match word(&mut rest) {
            Some(word) => found.push(word),
            None => return found,
        }
    }
}

fn word(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let (mut word, mut quote) = (String::new(), None);
    while let Some(c) = rest.next() {
        match (c, quote) {
            ('\\', _) => word.push(escape(rest)?),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_ascii_whitespace() => return Some(word),
            (c, _) => word.push(c),
        }
    }
    quote.is_none().then_some(word)
}

/// What an escape stands for (`cunescape_one`, src/basic/escape.c); `None` for one that is none.
fn escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    Some(match rest.next()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        's' => ' ',
        c @ ('\\' | '"' | '\'') => c,
        'x' => number(rest, String::new(), 2, 16)?,
        'u' => number(rest, String::new(), 4, 16)?,
        'U' => number(rest, String::new(), 8, 16)?,
        c @ '0'..='7' => number(rest, c.to_string(), 3, 8)?,
        _ => return None,
    })
}

/// The character whose code stands in so many digits, of which some were read; not that of NUL.
fn number(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    mut digits: String,
    length: usize,
    radix: u32,
) -> Option<char> {
    while digits.len() < length {
        digits.push(rest.next_if(|c| c.is_digit(radix))?);
    }
    u32::from_str_radix(&digits, radix).ok().filter(|code| *code > 0).and_then(char::from_u32)
}

/// A value with its specifiers replaced (systemd.unit(5), "Specifiers"); the letter that cannot be, if
/// one cannot.
pub fn expand(value: &str, meaning: &dyn Fn(char) -> Option<String>) -> Result<String, char> {
    let mut text = String::new();
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('%', Some('%')) => {
                text.push('%');
                rest.next();
            }
            ('%', Some(letter)) => {
                text += &meaning(letter).ok_or(letter)?;
                rest.next();
            }
            _ => text.push(c),
        }
    }
    Ok(text)
}

/// A part of a unit's name as it was before it was escaped: `-` was a slash, `\x2d` a `-`
/// (`unit_name_unescape`, src/basic/unit-name.c).
#[must_use]
pub fn unescape(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.strip_prefix(b"x")?.get(at)?).to_digit(16);
        let code = || u8::try_from(digit(0)? * 16 + digit(1)?).ok();
        match (first, code()) {
            (b'\\', Some(code)) => {
                bytes.push(code);
                rest = &after[3..];
                continue;
            }
            (b'-', _) => bytes.push(b'/'),
            _ => bytes.push(first),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_and_sections_hold() {
        let text =
            "[Unit]\n# x\nA=1\n[Service]\n  Environment = \"A=b c\" \\\n# between\n D=e \\\n; and\n F=g  \nB=\n[x";
        let found = assignments(text);
        let all: Vec<_> = found.iter().map(|a| (a.section.as_str(), a.key.as_str(), a.value.as_str())).collect();
        let environment = "\"A=b c\"  D=e  F=g";
        assert_eq!(all, [("Unit", "A", "1"), ("Service", "Environment", environment), ("Service", "B", "")]);
        assert_eq!(words(environment), ["A=b c", "D=e", "F=g"]);
    }

    #[test]
    fn words_have_quotes_and_escapes() {
        assert_eq!(words(r#"A="b c"'d e' F\x20G \u00e9\101 \q B"#), ["A=b cd e", "F G", "éA"]);
        assert_eq!(words(r#"A=1 "B=2 C=3"#), ["A=1"]);
        assert_eq!(words("  \t "), [""; 0]);
        assert_eq!(words("''"), [""]);
    }

    #[test]
    fn specifiers_are_replaced_or_named() {
        let meaning = |letter| (letter == 'i').then(|| "one".to_owned());
        assert_eq!(expand("a%i%%i%", &meaning), Ok("aone%i%".to_owned()));
        assert_eq!(expand("%b", &meaning), Err('b'));
        assert_eq!(unescape(r"srv-a\x2db"), "srv/a-b");
        assert_eq!(unescape(r"a\x+1\x2"), r"a\x+1\x2");
    }

    #[test]
    fn any_text_is_read() {
        use proptest::prelude::*;
        proptest!(|(text in r#"[\[\]A=% '"\\xu0-9\n#;é-]{0,40}"#)| {
            for assignment in assignments(&text) {
                drop(words(&assignment.value));
                drop(expand(&assignment.value, &|_| None));
            }
            drop(unescape(&text));
        });
    }

    /// Words quoted as `systemd` prints them come back.
    #[test]
    fn quoted_words_come_back() {
        use proptest::prelude::*;
        proptest!(|(list in proptest::collection::vec("[ -~]{0,12}", 0..5))| {
            let quote = |word: &String| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
            let text = list.iter().map(quote).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(words(&text), list);
        });
    }
}
