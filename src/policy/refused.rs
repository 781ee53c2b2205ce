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

/// What a program prints; its row in the catalogue names those of it.
#[derive(Debug, Clone, Copy)]
pub struct Row {
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

/// curl and what fetches with its library: CURLE_SSL_CACERT_BADFILE.
pub const CURL: &[Row] = &[Row {
    at: ANYTHING,
    since: Some(("curl", "7.88")),
    code: Some(77),
    text: "error setting certificate file: {path}",
}];

/// requests, and pip, which brings it.
pub const REQUESTS: &[Row] = &[
    Row {
        at: &[At::Nothing],
        since: None,
        code: None,
        text: "OSError: Could not find a suitable TLS CA certificate bundle, invalid path: {path}",
    },
    NO_CERTIFICATE,
];

/// httpx.
pub const HTTPX: &[Row] = &[
    Row {
        at: &[At::Nothing],
        since: Some(("httpx", "0.28")),
        code: None,
        text: "FileNotFoundError: [Errno 2] No such file or directory",
    },
    Row {
        at: &[At::Directory],
        since: Some(("httpx", "0.28")),
        code: None,
        text: "IsADirectoryError: [Errno 21] Is a directory",
    },
    NO_CERTIFICATE,
];

/// LWP.
pub const LWP: &[Row] = &[Row {
    at: &[At::Nothing],
    since: None,
    code: Some(500),
    text: "SSL_ca_file {path} can't be used: No such file or directory",
}];

const NO_CERTIFICATE: Row =
    Row { at: &[At::NoCertificate], since: Some(("openssl", "3.0")), code: None, text: NONE_FOUND };

/// What the client of some rows prints; `version` tells that of one of its parts.
#[must_use]
pub fn printed<'v>(rows: &[Row], at: At, path: &str, version: impl Fn(&str) -> Option<&'v Version>) -> Option<Printed> {
    let fits = |row: &&Row| {
        let is_since = |(part, from): (&str, &str)| version(part).is_some_and(|version| version.is_between(from, ""));
        row.at.contains(&at) && row.since.is_none_or(is_since)
    };
    let row = rows.iter().find(fits)?;
    Some(Printed { code: row.code, name: None, text: row.text.replace("{path}", path) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_it_in_its_own_words() {
        let new = Version::parse("8.5").unwrap();
        let says =
            |rows: &[Row], at| printed(rows, at, "/x", |_| Some(&new)).map(|printed| (printed.code, printed.text));
        assert_eq!(says(CURL, At::Directory), Some((Some(77), "error setting certificate file: /x".to_owned())));
        assert!(says(REQUESTS, At::Nothing).unwrap().1.ends_with("invalid path: /x"));
        assert_eq!(says(REQUESTS, At::NoCertificate).unwrap().1, NONE_FOUND);
        assert_eq!(says(REQUESTS, At::Spoilt), None);
        let old = Version::parse("7.60").unwrap();
        assert_eq!(printed(CURL, At::Nothing, "/x", |_| Some(&old)), None, "it had other words");
    }
}
