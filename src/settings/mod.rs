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
pub mod mail;
pub mod nix;
pub mod npmrc;
pub mod number;
pub mod openssl_cnf;
pub mod options;
pub mod php;
pub mod properties;
pub mod ruby;
pub mod server;
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
///
/// A password may have commas and quotes in it (RFC 3986, 3.2.1), and many that should not stand in one are written
/// all the same: where it is not clear what ends one, more is left out.
#[must_use]
pub fn without_user(text: &str) -> String {
    text.split_inclusive(char::is_whitespace).map(word_without_user).collect()
}

/// The same for what has no white space in it: URLs, one behind the other, or a list of hosts.
fn word_without_user(word: &str) -> String {
    const SCHEME: &str = "://";
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let mut said = String::new();
    let mut rest = word;
    while let Some(start) = rest.find(SCHEME).map(|at| at + SCHEME.len()) {
        let (head, behind) = rest.split_at(start);
        // The next URL begins with its scheme (RFC 3986, 3.1).
        let next = behind.find(SCHEME).map(|at| behind[..at].trim_end_matches(is_scheme).len());
        let (url, others) = behind.split_at(next.unwrap_or(behind.len()));
        said += &hosts_without_user(head);
        said += &url[user_of_url(url)..];
        rest = others;
    }
    said + &hosts_without_user(rest)
}

/// How long the user and the password are that a URL has behind its scheme.
fn user_of_url(url: &str) -> usize {
    let (authority, path) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
    let behind = |text: &str| text.rfind('@').map(|at| at + 1);
    // What is no port with a path behind it is a password with one of those octets in it.
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|octet| octet.is_ascii_digit());
    let is_host = |port| is_port(port) && !path.starts_with(['?', '#']);
    let is_broken = !authority.starts_with('[') && authority.rsplit_once(':').is_some_and(|(_, port)| !is_host(port));
    behind(authority).or_else(|| behind(url).filter(|_| is_broken)).unwrap_or(0)
}

/// A list of hosts, or of paths.
fn hosts_without_user(list: &str) -> String {
    let mut said = String::new();
    let mut rest = list;
    while !rest.is_empty() {
        // A comma ends what has its host, or no password.
        let (mut has_host, mut has_password) = (false, false);
        let end = rest.bytes().position(|octet| {
            has_host |= octet == b'@';
            has_password |= octet == b':';
            octet == b',' && (has_host || !has_password)
        });
        let (one, others) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
        let quotes = one.len() - one.trim_start_matches(['"', '\'', '[', '(']).len();
        let host = one.find('/').unwrap_or(one.len());
        let user = one[..host].rfind('@').map_or(quotes, |at| at + 1);
        said += &one[..quotes];
        said += &one[user..];
        rest = others;
    }
    said
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
            ("a, u:p@b, https://u:p/q@c", "a, b, https://c"),
            ("https://u:p,q@h.example/x", "https://h.example/x"),
            ("https://u:p'q@h/x and 'https://u:p@h/x'", "https://h/x and 'https://h/x'"),
            ("https://u:p#q@h/, https://h:8443/@scope", "https://h/, https://h:8443/@scope"),
            ("https://u:p@a,https://v:q@b", "https://a,https://b"),
            ("a,u:p@b,u:p,q@c", "a,b,c"),
            ("'u:p@h' [\"v:q@i\", 'j']", "'h' [\"i\", 'j']"),
            ("https://[::1]/@x https://[::1]:80/", "https://[::1]/@x https://[::1]:80/"),
            ("hasconfig:remote.*.url:https://u:p@h/**", "hasconfig:remote.*.url:https://h/**"),
            ("/home/u@h/x", "/home/u@h/x"),
            ("", ""),
        ] {
            assert_eq!(without_user(text), said, "{text}");
        }
    }

    #[test]
    fn a_long_word_ends_no_stack() {
        for text in ["x://", "u:p@h,", "a:b,", "://,:@", "x://u:p@"] {
            let said = without_user(&text.repeat(200_000));
            assert!(!said.contains("u:p"), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_password_is_left(
            password in "[!$&'()*+,;=:%\"#?a-z0-9]{0,3}Secret[!$&'()*+,;=:%\"#?a-z0-9]{0,3}",
            before in "[a-z.,'\" ]{0,6}",
            after in "([/,'\" ?].{0,12})?",
        ) {
            let said = without_user(&format!("{before} https://user:{password}@h.example{after}"));
            proptest::prop_assert!(!said.contains("Secret") && said.contains("://"), "{said}");
            let said = without_user(&format!("{before} user:{password}@h.example{after}"));
            proptest::prop_assert!(!said.contains("Secret"), "{said}");
        }
    }
}
