//! Texts with places for values: `@NAME@` is one, a line that begins with `@?NAME@` is there only where that has a
//! value, one with `@!NAME@` only where it has none.
//!
//! Values are put in once: what looks like a place in a value is none.

/// The text with the values in their places.
pub(super) fn fill(template: &str, values: &[(&str, Option<&str>)]) -> String {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).and_then(|(_, value)| *value);
    let mut text = String::with_capacity(template.len());
    for line in template.split_inclusive('\n') {
        let line = match (condition(line, "@?"), condition(line, "@!")) {
            (Some((name, rest)), _) if value(name).is_some() => rest,
            (_, Some((name, rest))) if value(name).is_none() => rest,
            (None, None) => line,
            _ => continue,
        };
        let mut rest = line;
        while let Some(at) = rest.find('@') {
            let (before, behind) = (&rest[..at], &rest[at + 1..]);
            text.push_str(before);
            rest = match behind.split_once('@').and_then(|(name, after)| Some((value(name)?, after))) {
                Some((value, after)) => {
                    text.push_str(value);
                    after
                }
                None => {
                    text.push('@');
                    behind
                }
            };
        }
        text.push_str(rest);
    }
    text
}

fn condition<'l>(line: &'l str, opening: &str) -> Option<(&'l str, &'l str)> {
    line.strip_prefix(opening)?.split_once('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_lines_are_left_out() {
        let template = "a@A@b@B@\n@?A@has @A@\n@!A@has no A\n@?C@has C\n@!C@has no C\n\"$@\" @x @A@";
        let text = fill(template, &[("A", Some("@B@")), ("B", Some("2")), ("C", None)]);
        assert_eq!(text, "a@B@b2\nhas @B@\nhas no C\n\"$@\" @x @B@");
    }
}
