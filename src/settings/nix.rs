//! Nix's configuration (nix.conf(5)): `name = value`, comments of `#`, `include` and `!include`.

use super::Value;

/// The name under which a file that is included stands.
pub const INCLUDE: &str = "include";

/// Every setting of a file with its name, in order, and every file it includes under [`INCLUDE`].
#[must_use]
pub fn values(text: &str) -> Vec<(String, Value)> {
    let one = |(index, line): (usize, &str)| {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, text) = match *words.as_slice() {
            [INCLUDE | "!include", file] => (INCLUDE, file.to_owned()),
            [name, "=", ref value @ ..] => (name, value.join(" ")),
            _ => return None,
        };
        Some((name.to_owned(), Value { text, line: index as u64 + 1 }))
    };
    text.lines().enumerate().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_settings_and_what_is_included() {
        let text = "# ssl-cert-file = /no.pem\nssl-cert-file = /a b.pem # why\nx=1\n!include own.conf\ny =\n";
        let found = values(text);
        let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &*value.text, value.line)).collect();
        assert_eq!(found, [("ssl-cert-file", "/a b.pem", 2), ("include", "own.conf", 4), ("y", "", 5)]);
    }
}
