//! Pieces of shell that set variables (mavenrc): plain assignments, nothing executed.

use super::Value;

/// What a script assigns to a variable, in order: `NAME=value`, with `export` or not, in quotes or not.
/// What the shell would first have to work out, beside variables in the value, is left as it is written.
#[must_use]
pub fn assignments(script: &str, name: &str) -> Vec<Value> {
    let lines = script.lines().enumerate();
    let found = lines.filter_map(|(index, line)| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let value = line.strip_prefix(name)?.strip_prefix('=')?;
        Some(Value { text: first_word(value), line: index as u64 + 1 })
    });
    found.collect()
}

/// The first word of a line, without its quotes.
fn first_word(line: &str) -> String {
    let (mut word, mut quote) = (String::new(), None);
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() || c == ';' => break,
            None | Some('"') if c == '\\' => word.extend(rest.next()),
            _ => word.push(c),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_assignments() {
        let script = "# NAME=no\nNAME=a\n  export NAME=\"$NAME -D'b' \\\"c\"; x\nOTHER_NAME=d\nNAME='e f' # g\n";
        let found = assignments(script, "NAME");
        let texts: Vec<&str> = found.iter().map(|value| value.text.as_str()).collect();
        assert_eq!(texts, ["a", "$NAME -D'b' \"c", "e f"]);
        assert_eq!(found[1].line, 3);
    }
}
