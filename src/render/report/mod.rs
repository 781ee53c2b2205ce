//! What each command answers, as plain data with a version: `castore.list/1` and its like.
//!
//! These structs are the JSON output and are published as JSON Schema in `data/schema`. They are
//! apart from the types that the library computes with, so that those may change; a field here
//! is added, never renamed, within a version. Texts are raw: JSON escapes them itself
//! ([`json`]), and text output escapes them for the terminal. Times are RFC 3339 in UTC, fingerprints lower-case
//! hexadecimal SHA-256 of the DER.

pub mod advice;
pub mod changes;
pub mod check;
pub mod checks;
pub mod clients;
pub mod config;
pub mod diff;
pub mod export;
pub mod facts;
pub mod list;
pub mod plan;
pub mod scan;
pub mod show;
pub mod subject;
pub mod trust;
pub mod which;
pub mod why;

use crate::format::x509;
use crate::load::unread_parts;
use crate::model::{Certificate, Fingerprint, Malformation, Reading, Slot, Store, StoreId, words};
use crate::render::escape;
use serde::Serialize;
use std::path::Path;

/// A report as JSON, indented, with a final newline.
#[must_use]
pub fn json<R: Serialize>(report: &R) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    text.push('\n');
    escape::json(text)
}

/// A path: its text, and its octets in hexadecimal where they are no UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathReport {
    /// The path; octets that are no UTF-8 as `\xff`.
    pub path: String,
    /// The octets, where the text does not hold them exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
}

impl PathReport {
    /// The report of a path.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let bytes = path.as_os_str().as_encoded_bytes();
        let hex = std::str::from_utf8(bytes).is_err().then(|| hex(bytes));
        Self { path: escape::path(path), path_hex: hex }
    }
}

/// A certificate in brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateReport {
    /// SHA-256 of the DER.
    pub sha256: String,
    /// The subject, in certificate order.
    pub subject: Option<String>,
    /// What people call it: common name, else unit, else organisation.
    pub name: Option<String>,
    /// Whether some octets of the subject could not be decoded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub subject_lossy: bool,
    /// The issuer.
    pub issuer: Option<String>,
    /// Beginning of validity.
    pub not_before: Option<String>,
    /// End of validity.
    pub not_after: Option<String>,
    /// Whether issuer and subject are the same name (its signature is not checked).
    pub self_issued: bool,
    /// Whether it is a certification authority; absent where that could not be read.
    pub ca: Option<bool>,
    /// Why it could not be parsed, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed: Option<String>,
}

impl CertificateReport {
    /// The report of a certificate.
    #[must_use]
    pub fn new(certificate: &Certificate) -> Self {
        let brief = x509::brief(certificate);
        let brief = brief.as_ref();
        let subject = brief.ok().map(|brief| brief.subject.text());
        Self {
            sha256: certificate.fingerprint().to_string(),
            name: brief.ok().map(|brief| brief.subject.short().raw().to_owned()),
            subject_lossy: subject.as_ref().is_some_and(crate::model::Untrusted::is_lossy),
            issuer: match (&subject, brief) {
                (Some(subject), _) if certificate.is_self_issued() => Some(subject.raw().to_owned()),
                (_, brief) => brief.ok().map(|brief| brief.issuer.text().raw().to_owned()),
            },
            subject: subject.map(|subject| subject.raw().to_owned()),
            not_before: certificate.not_before().map(|time| time.to_string()),
            not_after: certificate.not_after().map(|time| time.to_string()),
            self_issued: certificate.is_self_issued(),
            ca: brief.ok().and_then(|brief| brief.ca),
            unparsed: brief.err().map(malformation),
        }
    }

    /// What a line of text says of a certificate: its hash, what it is called, the end of its validity.
    /// The rest is left out.
    #[must_use]
    pub fn line(certificate: &Certificate) -> Self {
        let called = x509::called(certificate);
        Self {
            sha256: certificate.fingerprint().to_string(),
            subject: None,
            name: called.as_ref().ok().map(|name| name.raw().to_owned()),
            subject_lossy: false,
            issuer: None,
            not_before: None,
            not_after: certificate.not_after().map(|time| time.to_string()),
            self_issued: certificate.is_self_issued(),
            ca: None,
            unparsed: called.as_ref().err().map(malformation),
        }
    }

    /// What is known of a certificate that no store of the host holds: its fingerprint, and what somebody calls it.
    #[must_use]
    pub fn of_absent(fingerprint: Fingerprint, name: &str) -> Self {
        Self {
            sha256: fingerprint.to_string(),
            subject: None,
            name: Some(name.to_owned()),
            subject_lossy: false,
            issuer: None,
            not_before: None,
            not_after: None,
            self_issued: false,
            ca: None,
            unparsed: Some("no store of this host holds it".to_owned()),
        }
    }

    /// What a line of text calls it.
    #[must_use]
    pub fn label(&self) -> &str {
        words::label(self.name.as_deref())
    }

    /// The first eight digits of the fingerprint.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.sha256[..8]
    }
}

/// What was expected and what was found.
#[must_use]
pub fn malformation(why: &Malformation) -> String {
    let at = why.offset.map_or_else(String::new, |offset| format!(" at offset {offset}"));
    format!("expected {}, found {}{at}", why.expected, why.found.raw())
}

/// A place in a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceReport {
    /// The store.
    pub store: String,
    /// The file in it, where it is a directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The alias in a keystore.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Octets before it, where it has no line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Its place in a list, from 0, or the id of its row, where it has neither line nor name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// The named value it stands in: `data.ca.crt` of a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl PlaceReport {
    /// The report of a slot.
    #[must_use]
    pub fn new(store: &StoreId, slot: Option<&Slot>) -> Self {
        Self::named(store_name(store), slot)
    }

    /// The same in a store whose name is known.
    fn named(store: String, slot: Option<&Slot>) -> Self {
        let mut place = Self { store, file: None, line: None, alias: None, offset: None, number: None, value: None };
        if let Some(slot) = slot {
            place.narrow(slot);
        }
        place
    }

    fn narrow(&mut self, slot: &Slot) {
        match slot {
            Slot::Whole => {}
            Slot::Block(block) => self.line = Some(block.line),
            Slot::File(name, inner) => {
                self.file = Some(escape::path(Path::new(name)));
                self.narrow(inner);
            }
            Slot::Alias(alias) => self.alias = Some(alias.raw().to_owned()),
            Slot::Index(index) => self.number = i64::try_from(*index).ok(),
            Slot::Offset(offset) => self.offset = Some(*offset),
            Slot::Row(row) => self.number = Some(*row),
            Slot::Inside(name, inner) => {
                self.value = Some(name.raw().to_owned());
                self.narrow(inner);
            }
        }
    }

    /// `PATH`, `FILE in DIRECTORY`, `ALIAS in PATH`: the place by names alone.
    #[must_use]
    pub fn by_name(&self) -> String {
        let names: Vec<&str> =
            [&self.file, &self.value, &self.alias].into_iter().flatten().map(String::as_str).collect();
        if names.is_empty() { self.store.clone() } else { format!("{} in {}", names.join(", "), self.store) }
    }

    /// `PATH`, `PATH:LINE`, `DIRECTORY/FILE:LINE`, `PATH (alias)`.
    #[must_use]
    pub fn text(&self) -> String {
        let file = self.file.as_ref().map_or_else(String::new, |file| format!("/{file}"));
        let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
        let within = self.within();
        let within = if within.is_empty() { within } else { format!(" ({within})") };
        format!("{}{file}{line}{within}", self.store)
    }

    /// The place without the store: `FILE:1`, `line 120`, an alias, `byte 4096`; none where it is the whole store.
    #[must_use]
    pub fn slot(&self) -> Option<String> {
        let line = |file: &String| self.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
        let at_line = || self.line.map(|line| format!("line {line}"));
        let outer = self.file.as_ref().map(line).or_else(at_line);
        let within = Some(self.within()).filter(|within| !within.is_empty());
        let parts: Vec<String> = outer.into_iter().chain(within).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Where in its file it is, where that is no line.
    #[must_use]
    pub fn within(&self) -> String {
        let offset = self.offset.map(|offset| format!("byte {offset}"));
        let number = self.number.map(|number| format!("entry {number}"));
        [self.value.clone(), self.alias.clone(), offset, number].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// What a store is called.
#[must_use]
pub fn store_name(id: &StoreId) -> String {
    match id {
        StoreId::Path(path) => escape::path(path),
        StoreId::Native(name) => (*name).to_owned(),
        StoreId::Section(path, what) => format!("{} ({what})", escape::path(path)),
    }
}

/// The word for how far a store was read, and why not further.
#[must_use]
pub fn reading(store: &Store) -> (&'static str, Option<String>) {
    match &store.reading {
        Reading::Whole if store.entries.is_empty() => ("empty", None),
        Reading::Whole => ("whole", None),
        Reading::Partial => ("partial", Some(unread_parts(store))),
        Reading::UnreadFormat => ("unread-format", store.format.why_unread().map(str::to_owned)),
        Reading::Unreadable(why) => ("unreadable", Some(why.to_string())),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
