//! JSON with comments and trailing commas, as editors keep their settings.

/// What a text of it says; nothing where it is none.
#[must_use]
pub fn read(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(&plain(text)).ok()
}

/// The text without comments and without the commas before a closing bracket.
fn plain(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut is_text = false;
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(_)) if is_text => found.extend([Some(c), chars.next()].into_iter().flatten()),
            ('"', _) => {
                is_text = !is_text;
                found.push(c);
            }
            ('/', Some('/')) if !is_text => while chars.next_if(|c| *c != '\n').is_some() {},
            ('/', Some('*')) if !is_text => {
                let mut before = ' ';
                chars.by_ref().take_while(|c| !(std::mem::replace(&mut before, *c) == '*' && *c == '/')).for_each(drop);
            }
            (']' | '}', _) if !is_text => {
                let kept = found.trim_end().len();
                if found[..kept].ends_with(',') {
                    found.truncate(kept - 1);
                }
                found.push(c);
            }
            _ => found.push(c),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_commas_are_passed_over() {
        let text = "// x\n{ \"a\": \"// no\", /* y\n */ \"b\": [1, 2,], \"c\": \"\\\"/*\",\n}";
        assert_eq!(read(text), Some(serde_json::json!({"a": "// no", "b": [1, 2], "c": "\"/*"})));
        assert_eq!(read("{"), None);
    }
}
