//! What programs print that end because they cannot load their certificates.
//!
//! Each says it in its own words, by what stands at the path: a row holds what one program was seen to print (curl
//! 7.88.1 on OpenSSL, requests 2.34, pip 23.2 and httpx 0.28 with Python 3.11 on OpenSSL 3.0, LWP 6.68). Of a
//! program without a row nothing is told: to be wrong here would lead a search for the message astray.

use super::Printed;
use crate::model::Version;

/// What stands where the certificates ought to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Nothing.
    Nothing,
    /// A directory, where a file is wanted.
    Directory,
    /// A file without a certificate.
    NoCertificate,
    /// A file with a block that does not load.
    Spoilt,
}

/// What a program prints.
struct Row {
    /// The clients.
    clients: &'static [&'static str],
    /// At what.
    at: &'static [At],
    /// The part that words belong to, and from which of its versions.
    since: Option<(&'static str, &'static str)>,
    /// The number that it gives.
    code: Option<i32>,
    /// The text, with the path as `{path}`.
    text: &'static str,
}

const ANYTHING: &[At] = &[At::Nothing, At::Directory, At::NoCertificate, At::Spoilt];

/// Python says what OpenSSL does, by its words since 3.0.
const NONE_FOUND: &str = "[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found";

const ROWS: &[Row] = &[
    // CURLE_SSL_CACERT_BADFILE.
    Row {
        clients: &["curl", "libcurl", "php-curl"],
        at: ANYTHING,
        since: Some(("curl", "7.88")),
        code: Some(77),
        text: "error setting certificate file: {path}",
    },
    Row {
        clients: &["requests", "pip"],
        at: &[At::Nothing],
        since: None,
        code: None,
        text: "OSError: Could not find a suitable TLS CA certificate bundle, invalid path: {path}",
    },
    Row {
        clients: &["httpx"],
        at: &[At::Nothing],
        since: Some(("httpx", "0.28")),
        code: None,
        text: "FileNotFoundError: [Errno 2] No such file or directory",
    },
    Row {
        clients: &["httpx"],
        at: &[At::Directory],
        since: Some(("httpx", "0.28")),
        code: None,
        text: "IsADirectoryError: [Errno 21] Is a directory",
    },
    Row {
        clients: &["requests", "pip", "httpx"],
        at: &[At::NoCertificate],
        since: Some(("openssl", "3.0")),
        code: None,
        text: NONE_FOUND,
    },
    Row {
        clients: &["perl-lwp"],
        at: &[At::Nothing],
        since: None,
        code: Some(500),
        text: "SSL_ca_file {path} can't be used: No such file or directory",
    },
];

/// What a client prints; `version` tells that of one of its parts.
#[must_use]
pub fn printed<'v>(client: &str, at: At, path: &str, version: impl Fn(&str) -> Option<&'v Version>) -> Option<Printed> {
    let fits = |row: &&Row| {
        let is_since = |(part, from): (&str, &str)| version(part).is_some_and(|version| version.is_between(from, ""));
        row.clients.contains(&client) && row.at.contains(&at) && row.since.is_none_or(is_since)
    };
    let row = ROWS.iter().find(fits)?;
    Some(Printed { code: row.code, name: None, text: row.text.replace("{path}", path) })
}

/// The clients that have rows.
#[cfg(test)]
pub(crate) fn clients() -> impl Iterator<Item = &'static str> {
    ROWS.iter().flat_map(|row| row.clients).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_it_in_its_own_words() {
        let new = Version::parse("8.5").unwrap();
        let says =
            |client: &str, at| printed(client, at, "/x", |_| Some(&new)).map(|printed| (printed.code, printed.text));
        assert_eq!(says("curl", At::Directory), Some((Some(77), "error setting certificate file: /x".to_owned())));
        assert!(says("requests", At::Nothing).unwrap().1.ends_with("invalid path: /x"));
        assert_eq!(says("requests", At::NoCertificate).unwrap().1, NONE_FOUND);
        assert_eq!(says("requests", At::Spoilt), None);
        let old = Version::parse("7.60").unwrap();
        assert_eq!(printed("curl", At::Nothing, "/x", |_| Some(&old)), None, "it had other words");
    }
}
