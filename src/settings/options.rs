//! Options that programs take from a variable or a file, split into words as each of them does.
//!
//! A value is never shown whole: other options beside the one in question may hold passwords.

/// The words of `JAVA_TOOL_OPTIONS`, `_JAVA_OPTIONS` and `JDK_JAVA_OPTIONS`: white space parts them,
/// both kinds of quotes keep it, and nothing is escaped (`Arguments::parse_options_buffer`, HotSpot;
/// `JLI_AddArgsFromEnvVar`, the launcher). `None` where a quote stays open, on which Java does not start.
#[must_use]
pub fn java(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut begins) = (None, true);
    for c in text.chars() {
        if quote.is_none() && c.is_ascii_whitespace() {
            begins = true;
            continue;
        }
        if begins {
            words.push(String::new());
            begins = false;
        }
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => words.last_mut()?.push(c),
        }
    }
    quote.is_none().then_some(words)
}

/// The words of a file of arguments, `@FILE` of `JDK_JAVA_OPTIONS`, each with its line: white space parts them and `#` begins a
/// comment; both kinds of quotes keep both, and a backslash within them escapes (`nextToken`, libjli/args.c). No `@` in it is
/// followed.
#[must_use]
pub fn java_file(text: &str) -> Vec<(String, u64)> {
    let mut words: Vec<(String, u64)> = Vec::new();
    let (mut quote, mut begins, mut line) = (None, true, 1);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let at = line;
        line += u64::from(c == '\n');
        if quote.is_none() && c == '#' {
            while rest.next_if(|c| *c != '\n').is_some() {}
            begins = true;
            continue;
        }
        if quote.is_none() && c.is_ascii_whitespace() {
            begins = true;
            continue;
        }
        if begins {
            words.push((String::new(), at));
            begins = false;
        }
        let Some((word, _)) = words.last_mut() else { continue };
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) if c == '\\' => match rest.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('f') => word.push('\u{c}'),
                // A line goes on behind the white space at the beginning of the next.
                Some('\n') => {
                    line += 1;
                    while rest.next_if(|c| matches!(c, ' ' | '\t' | '\u{c}')).is_some() {}
                }
                Some(other) => word.push(other),
                None => {}
            },
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => word.push(c),
        }
    }
    words
}

/// The words of `NODE_OPTIONS`: spaces part them, double quotes keep spaces, and a backslash inside
/// quotes keeps what follows (`ParseNodeOptionsEnvVar`, src/node_options.cc). `None` where a quote stays
/// open, on which Node.js does not start.
#[must_use]
pub fn node(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let (mut in_quotes, mut begins) = (false, true);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let kept = match c {
            '\\' if in_quotes => rest.next()?,
            ' ' if !in_quotes => {
                begins = true;
                continue;
            }
            '"' => {
                in_quotes = !in_quotes;
                continue;
            }
            other => other,
        };
        match words.last_mut().filter(|_| !begins) {
            Some(word) => word.push(kept),
            None => words.push(kept.to_string()),
        }
        begins = false;
    }
    (!in_quotes).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_keeps_what_stands_in_quotes() {
        let words = |text: &str| java(text).unwrap().join("|");
        assert_eq!(words("-Da=b  -Dc=\"d e\"\t-D'f g'=h\\ i\n"), "-Da=b|-Dc=d e|-Df g=h\\|i");
        assert_eq!(words("-Da='\"' -Db=\"\""), "-Da=\"|-Db=");
        assert_eq!(java("-Da=\"b"), None);
    }

    #[test]
    fn nothing_is_no_word() {
        assert_eq!(java(" \t"), Some(Vec::new()));
        assert_eq!(node("  "), Some(Vec::new()));
    }

    #[test]
    fn node_escapes_inside_quotes_alone() {
        let words = |text: &str| node(text).unwrap().join("|");
        assert_eq!(words("--a=b  --c \"d e\""), "--a=b|--c|d e");
        assert_eq!(words(r#"--a="b\" \\c" d\ e"#), r#"--a=b" \c|d\|e"#);
        assert_eq!(words("'--a' b\tc"), "'--a'|b\tc");
        assert_eq!(node("--a \"b"), None);
        assert_eq!(node("--a \"b\\"), None);
    }
}
