//! Java's property files, as `java.util.Properties.load` reads a stream: ISO 8859-1, a backslash at the end
//! of a line continues it, `=`, `:` or white space parts key and value, `#` and `!` begin comments.

use super::Value;

/// The value of a key; the last one counts. `None` also where an escape is malformed, on which Java stops.
#[must_use]
pub fn value(bytes: &[u8], key: &str) -> Option<Value> {
    entries(bytes)?.into_iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// Every key with its value, in order; `None` where an escape is malformed.
#[must_use]
pub fn entries(bytes: &[u8]) -> Option<Vec<(String, Value)>> {
    logical(bytes).into_iter().map(|(text, line)| entry(&text, line)).collect()
}

/// The lines with those that continue them, white space in front left out, comments and blank ones too.
fn logical(bytes: &[u8]) -> Vec<(Vec<u16>, u64)> {
    let text: Vec<u16> = bytes.iter().map(|byte| u16::from(*byte)).collect();
    let mut found: Vec<(Vec<u16>, u64)> = Vec::new();
    let mut continues = false;
    for (index, line) in lines(&text).into_iter().enumerate() {
        let start = line.iter().position(|unit| !is_blank(*unit)).unwrap_or(line.len());
        let line = &line[start..];
        let is_comment = line.first().is_some_and(|unit| [u16::from(b'#'), u16::from(b'!')].contains(unit));
        if !continues && (line.is_empty() || is_comment) {
            continue;
        }
        if !continues {
            found.push((Vec::new(), index as u64 + 1));
        }
        let backslashes = line.iter().rev().take_while(|unit| **unit == u16::from(b'\\')).count();
        continues = backslashes % 2 == 1;
        let kept = &line[..line.len() - usize::from(continues)];
        if let Some((text, _)) = found.last_mut() {
            text.extend(kept);
        }
    }
    found
}

/// Lines that end with a line feed, a carriage return, or both.
fn lines(text: &[u16]) -> Vec<&[u16]> {
    let (feed, carriage) = (u16::from(b'\n'), u16::from(b'\r'));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.iter().position(|unit| *unit == feed || *unit == carriage) {
        found.push(&rest[..end]);
        let both = rest[end] == carriage && rest.get(end + 1) == Some(&feed);
        rest = &rest[end + 1 + usize::from(both)..];
    }
    found.push(rest);
    found
}

fn is_blank(unit: u16) -> bool {
    [b' ', b'\t', 0x0c].iter().any(|blank| unit == u16::from(*blank))
}

/// Key and value of a line.
fn entry(text: &[u16], line: u64) -> Option<(String, Value)> {
    let is_sign = |unit: u16| unit == u16::from(b'=') || unit == u16::from(b':');
    let mut end = 0;
    while end < text.len() && !is_blank(text[end]) && !is_sign(text[end]) {
        end += if text[end] == u16::from(b'\\') { 2 } else { 1 };
    }
    let end = end.min(text.len());
    let mut start = end;
    let mut signs = 0;
    while start < text.len() && (is_blank(text[start]) || (is_sign(text[start]) && signs == 0)) {
        signs += usize::from(is_sign(text[start]));
        start += 1;
    }
    Some((unescaped(&text[..end])?, Value { text: unescaped(&text[start..])?, line }))
}

/// The text with its escapes resolved: `\t`, `\n`, `\r`, `\f`, `\uXXXX`; any other letter stands for itself.
fn unescaped(text: &[u16]) -> Option<String> {
    let mut units = Vec::new();
    let mut rest = text.iter().copied();
    while let Some(unit) = rest.next() {
        if unit != u16::from(b'\\') {
            units.push(unit);
            continue;
        }
        match rest.next().map(|unit| u8::try_from(unit).unwrap_or_default()) {
            None => {}
            Some(b'u') => {
                let digits: String = rest.by_ref().take(4).map(|unit| char::from(unit as u8)).collect();
                let is_number = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                units.push(is_number.then(|| u16::from_str_radix(&digits, 16).ok()).flatten()?);
            }
            Some(b't') => units.push(u16::from(b'\t')),
            Some(b'n') => units.push(u16::from(b'\n')),
            Some(b'r') => units.push(u16::from(b'\r')),
            Some(b'f') => units.push(0x0c),
            Some(other) => units.push(u16::from(other)),
        }
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        entries(text.as_bytes()).unwrap().into_iter().map(|(name, value)| (name, value.text)).collect()
    }

    #[test]
    fn keys_and_values_are_parted_by_a_sign_or_by_white_space() {
        for text in ["a=b", "a:b", "a b", " a\t=  b", "a = b", "\\u0061=\\u0062", "a\\\n  =b", "a=\\\r\n  b", "a\u{c}b"]
        {
            assert_eq!(read(text), [("a".to_owned(), "b".to_owned())], "{text:?}");
        }
        assert_eq!(read("a==b "), [("a".to_owned(), "=b ".to_owned())]);
        assert_eq!(read("a\\ b\\=c:"), [("a b=c".to_owned(), String::new())]);
    }

    #[test]
    fn comments_and_blank_lines_are_left_out() {
        assert_eq!(read("# a=b\\\n ! c=d\n\n \n"), []);
        assert_eq!(value(b"# x\na=1\n\na=\\\n2\n", "a"), Some(Value { text: "2".into(), line: 4 }));
        assert_eq!(read("a=b\\\n# c"), [("a".to_owned(), "b# c".to_owned())]);
    }

    #[test]
    fn escapes_stand_for_a_letter() {
        assert_eq!(read("a=C:\\\\x\\q\\n\\"), [("a".to_owned(), "C:\\xq\n".to_owned())]);
        assert_eq!(value(b"a=\xe9", "a").unwrap().text, "é");
        assert_eq!(value(b"a=\\ud83d\\ude00", "a").unwrap().text, "😀");
        assert_eq!(entries(b"a=\\u12"), None);
        assert_eq!(entries(b"a=\\u12g4"), None);
    }
}
