//! Other programs' settings, read as those programs read them: text to values with their lines; and castore's own
//! ([`castore_toml`]).

pub mod cargo;
pub mod environment_file;
pub mod expandvars;
pub mod apt;
pub mod castore_toml;
pub mod git;
pub mod gnutls_config;
pub mod glob;
pub mod ini;
pub mod java_security;
pub mod json;
pub mod lines;
pub mod nix;
pub mod npmrc;
pub mod openssl_cnf;
pub mod options;
pub mod php;
pub mod properties;
pub mod ruby;
pub mod shell;
pub mod systemd;
pub mod wildmatch;
pub mod words;
pub mod toml;
pub mod yaml;

/// A value and the line it stands on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value.
    pub text: String,
    /// The line.
    pub line: u64,
}

/// A text without the user and password before an `@` that stand in its URLs and hosts, of which lists
/// have several.
#[must_use]
pub fn without_user(text: &str) -> String {
    let is_between = |c: char| c.is_whitespace() || c == ',' || c == '"' || c == '\'';
    let one = |word: &str| {
        let start = word.find("://").map_or(0, |at| at + 3);
        let end = word[start..].find('/').map_or(word.len(), |at| start + at);
        let host = word[start..end].rfind('@').map_or(start, |at| start + at + 1);
        format!("{}{}", &word[..start], &word[host..])
    };
    text.split_inclusive(is_between).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logs_in_is_left_out() {
        for (text, said) in [
            ("https://u:p@h.example/x@1", "https://h.example/x@1"),
            ("*.example.org", "*.example.org"),
            ("u:p@scp.example:x/y", "scp.example:x/y"),
            ("a, u:p@b, https://u:p/q@c", "a, b, https://u:p/q@c"),
            ("hasconfig:remote.*.url:https://u:p@h/**", "hasconfig:remote.*.url:https://h/**"),
            ("/home/u@h/x", "/home/u@h/x"),
            ("", ""),
        ] {
            assert_eq!(without_user(text), said);
        }
    }
}
