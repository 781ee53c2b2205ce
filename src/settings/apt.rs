//! APT's configuration (apt.conf(5)): `A::B "value";`, scopes in braces, comments of `//`, `#` and `/* */`.

use super::Value;

/// Every value of a file with its name, parts joined by `::` in lower case, in order.
#[must_use]
pub fn values(text: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut scopes: Vec<String> = Vec::new();
    let (mut word, mut value, mut line) = (String::new(), None::<String>, 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line += u64::from(c == '\n');
        match (c, chars.peek()) {
            ('/', Some('/')) | ('#', _) => while chars.next_if(|c| *c != '\n').is_some() {},
            ('/', Some('*')) => {
                let mut before = ' ';
                for c in chars.by_ref() {
                    line += u64::from(c == '\n');
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            ('"', _) => value = Some(chars.by_ref().take_while(|c| *c != '"').collect()),
            ('{', _) => scopes.push(std::mem::take(&mut word).trim().to_ascii_lowercase()),
            (';' | '}', _) => {
                // A value without quotes stands behind its name.
                let name = word.trim().to_owned();
                let (name, bare) = name.split_once(char::is_whitespace).unwrap_or((&name, ""));
                if !name.is_empty() {
                    let path = scopes.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("::");
                    let text = value.take().unwrap_or_else(|| bare.trim().to_owned());
                    found.push((path.to_ascii_lowercase(), Value { text, line }));
                }
                word.clear();
                if c == '}' {
                    scopes.pop();
                }
            }
            _ => word.push(c),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_scopes_and_comments() {
        let text = "// x \"y\";\nAcquire::https::CaInfo \"/a b.pem\"; # z\nAcquire {\n  https { Verify-Peer false; };\n  /* no\n */ Retries \"3\";\n};\n";
        let found = values(text);
        let named: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.text.as_str())).collect();
        let expected = [
            ("acquire::https::cainfo", "/a b.pem"),
            ("acquire::https::verify-peer", "false"),
            ("acquire::retries", "3"),
        ];
        assert_eq!(named, expected);
        assert_eq!((found[0].1.line, found[2].1.line), (2, 6));
    }
}
