//! `GIT_CONFIG_PARAMETERS`: what `git -c` hands on, quoted as for a shell.
//!
//! The grammar is that of `parse_config_env_list` (config.c) and `sq_dequote_step` (quote.c): `'key'='value'`,
//! `'key'=` for a key that is true, and the old `'key=value'`.

/// The pairs in order, a key without a value being true; `None` where git refuses the variable.
#[must_use]
pub fn parameters(text: &str) -> Option<Vec<(String, Option<String>)>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (key, after) = unquoted(rest)?;
        rest = match after.strip_prefix('=') {
            None => {
                let pair = key.split_once('=').map(|(key, value)| (key.to_owned(), Some(value.to_owned())));
                found.push(pair.unwrap_or((key, None)));
                after
            }
            Some(after) if after.starts_with('\'') => {
                let (value, after) = unquoted(after)?;
                found.push((key, Some(value)));
                after
            }
            Some(after) => {
                found.push((key, None));
                after
            }
        };
        if !rest.is_empty() && !rest.starts_with(is_space) {
            return None;
        }
        rest = rest.trim_start_matches(is_space);
    }
    Some(found)
}

/// What stands between single quotes, and what comes after; `'\\''` and `'\\!'` stand for one letter.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (inside, after) = rest.split_once('\'')?;
        value.push_str(inside);
        let quoted = ["\\''", "\\!'"].into_iter().find(|quoted| after.starts_with(quoted));
        match quoted {
            Some(quoted) => {
                value.push_str(&quoted[1..2]);
                rest = &after[3..];
            }
            None => return Some((value, after)),
        }
    }
}

/// git's white space (`sane_ctype`, ctype.c).
const fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let shown = |(key, value): (String, Option<String>)| match value {
            Some(value) => format!("{key}={value}"),
            None => key,
        };
        Some(parameters(text)?.into_iter().map(shown).collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn pairs_of_both_forms() {
        assert_eq!(read("'http.sslcainfo'='/a b.pem'  'x.y'='z'").as_deref(), Some("http.sslcainfo=/a b.pem|x.y=z"));
        assert_eq!(read("'http.sslcainfo=/a=b' 'x.y'").as_deref(), Some("http.sslcainfo=/a=b|x.y"));
        assert_eq!(read("'x.y'= 'z.z'=").as_deref(), Some("x.y|z.z"));
        assert_eq!(read("'it'\\''s'='a'\\!'b'").as_deref(), Some("it's=a!b"));
        assert_eq!(read("").as_deref(), Some(""));
    }

    #[test]
    fn what_git_refuses() {
        for text in ["http.sslcainfo=/a", "'a", "'a'='b", "'a'=b", "'a'x", "'a'='b'x", " 'a'", "'a'\\x'b'"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
