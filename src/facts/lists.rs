//! What is said of single keys, certificates and names: blocked, made to intercept, and why a root was removed.

use super::BadFacts;
use super::table::{Row, Table};
use crate::model::{Certificate, Details, Fingerprint, Name};
use std::collections::HashMap;

/// A key or certificate that some verifier takes into no chain, whoever trusts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Whether the key is blocked, in whichever certificate it stands, or one certificate.
    pub by_key: bool,
    /// The verifier that the list is of: `rustls-webpki`, `jdk`.
    pub by: String,
    /// The package that it was read from.
    pub carrier: String,
    /// What the list calls it, where it says.
    pub called: Option<String>,
}

/// A root that was made to read TLS connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interceptor {
    /// What it is.
    pub class: Class,
    /// Whose it is.
    pub what: String,
    /// What is known of it.
    pub note: String,
    /// Where that is said.
    pub says: String,
}

/// Kinds of interceptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Its private key is public: anybody can intercept.
    Leaked,
    /// A state's.
    State,
    /// A product that companies and virus scanners inspect connections with.
    Inspection,
    /// A tool of developers.
    Tool,
}

/// How an interceptor was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'f> {
    /// It is this very certificate.
    Certificate,
    /// Its name fits a pattern, which anybody can give a certificate: a hint.
    Name(&'f str),
}

/// Why a root was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// An identifier: `CVE-2023-37920`.
    pub id: Option<String>,
    /// The reason, as half a sentence.
    pub why: String,
    /// Where that is said.
    pub says: String,
}

/// Every list.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    keys: HashMap<Fingerprint, Blocked>,
    certificates: HashMap<Fingerprint, Blocked>,
    interceptors: HashMap<Fingerprint, Interceptor>,
    patterns: Vec<(Pattern, Interceptor)>,
    reasons: HashMap<Fingerprint, Reason>,
}

impl Lists {
    /// Whether there are blocked keys at all: to ask costs a hash of the key.
    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    pub(super) fn key(&self, key: &Fingerprint) -> Option<&Blocked> {
        self.keys.get(key)
    }

    pub(super) fn blocked(&self, certificate: Fingerprint, key: Option<Fingerprint>) -> Vec<&Blocked> {
        let key = key.and_then(|key| self.keys.get(&key));
        key.into_iter().chain(self.certificates.get(&certificate)).collect()
    }

    pub(super) fn interceptor(
        &self,
        certificate: &Certificate,
        details: Option<&Details>,
    ) -> Option<(&Interceptor, By<'_>)> {
        if let Some(found) = self.interceptors.get(&certificate.fingerprint()) {
            return Some((found, By::Certificate));
        }
        let subject = &details?.subject;
        let fits = |(pattern, _): &&(Pattern, Interceptor)| pattern.fits(subject);
        self.patterns.iter().find(fits).map(|(pattern, found)| (found, By::Name(&pattern.text)))
    }

    pub(super) fn reason(&self, fingerprint: &Fingerprint) -> Option<&Reason> {
        self.reasons.get(fingerprint)
    }

    pub(super) fn read_blocked(&mut self, table: &Table<'_>) -> Result<(), BadFacts> {
        for row in &table.rows {
            let by_key = match row.kind() {
                "key" => true,
                "certificate" => false,
                other => return Err(row.bad("a row of `key` or `certificate`", other)),
            };
            let [sha256, by, carrier, called] = row.fields()?;
            let blocked = Blocked { by_key, by: by.to_owned(), carrier: carrier.to_owned(), called: optional(called) };
            let list = if by_key { &mut self.keys } else { &mut self.certificates };
            once(row, list.insert(row.sha256(sha256)?, blocked).is_none(), sha256)?;
        }
        Ok(())
    }

    pub(super) fn read_interceptors(&mut self, table: &Table<'_>) -> Result<(), BadFacts> {
        for row in &table.rows {
            let [which, class, what, note, says] = row.fields()?;
            let class = match class {
                "leaked" => Class::Leaked,
                "state" => Class::State,
                "inspection" => Class::Inspection,
                "tool" => Class::Tool,
                other => return Err(row.bad("`leaked`, `state`, `inspection` or `tool`", other)),
            };
            let interceptor =
                Interceptor { class, what: what.to_owned(), note: note.to_owned(), says: address(row, says)? };
            match row.kind() {
                "certificate" => {
                    let is_new = self.interceptors.insert(row.sha256(which)?, interceptor).is_none();
                    once(row, is_new, which)?;
                }
                "name" => {
                    let pattern = Pattern::parse(which).ok_or_else(|| row.bad("`CN=…`, `OU=…` or `O=…`", which))?;
                    self.patterns.push((pattern, interceptor));
                }
                other => return Err(row.bad("a row of `certificate` or `name`", other)),
            }
        }
        Ok(())
    }

    pub(super) fn read_reasons(&mut self, table: &Table<'_>) -> Result<(), BadFacts> {
        for row in &table.rows {
            if row.kind() != "removed" {
                return Err(row.bad("a row of `removed`", row.kind()));
            }
            let [sha256, id, why, says] = row.fields()?;
            let reason = Reason { id: optional(id), why: why.to_owned(), says: address(row, says)? };
            once(row, self.reasons.insert(row.sha256(sha256)?, reason).is_none(), sha256)?;
        }
        Ok(())
    }
}

fn optional(field: &str) -> Option<String> {
    (field != "-").then(|| field.to_owned())
}

fn address(row: &Row<'_>, field: &str) -> Result<String, BadFacts> {
    let is_one = field.starts_with("https://") && !field.contains(' ');
    if is_one { Ok(field.to_owned()) } else { Err(row.bad("an address that begins with https://", field)) }
}

fn once(row: &Row<'_>, is_new: bool, found: &str) -> Result<(), BadFacts> {
    if is_new { Ok(()) } else { Err(row.bad("each hash once", found)) }
}

/// One attribute of a name, with `*` for any text.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    attribute: &'static str,
    parts: Vec<String>,
}

impl Pattern {
    /// What [`Name::text`] calls the attributes that a pattern may be of.
    const ATTRIBUTES: [&'static str; 3] = ["CN", "OU", "O"];

    fn parse(text: &str) -> Option<Self> {
        let (attribute, value) = text.split_once('=')?;
        let attribute = Self::ATTRIBUTES.into_iter().find(|known| *known == attribute)?;
        // A pattern that fits every name says nothing.
        let is_something = value.chars().any(char::is_alphanumeric);
        let parts = value.split('*').map(str::to_owned).collect();
        is_something.then(|| Self { text: text.to_owned(), attribute, parts })
    }

    /// Whether an attribute of a name fits.
    fn fits(&self, name: &Name) -> bool {
        name.values(self.attribute).any(|value| self.takes(value.raw()))
    }

    fn takes(&self, value: &str) -> bool {
        let (Some(first), Some(last)) = (self.parts.first(), self.parts.last()) else { return false };
        if self.parts.len() == 1 {
            return value == first;
        }
        let Some(mut rest) = value.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
        else {
            return false;
        };
        self.parts[1..self.parts.len() - 1].iter().all(|part| {
            let found = rest.find(part.as_str()).map(|at| &rest[at + part.len()..]);
            rest = found.unwrap_or_default();
            found.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_values() {
        let takes = |pattern: &str, value: &str| Pattern::parse(pattern).unwrap().takes(value);
        assert!(takes("CN=mitmproxy", "mitmproxy") && !takes("CN=mitmproxy", "mitmproxy 2"));
        assert!(
            takes("CN=Cisco Umbrella*", "Cisco Umbrella Root CA") && !takes("CN=Cisco Umbrella*", "My Cisco Umbrella")
        );
        assert!(takes("CN=*Web/Mail Shield Root", "avast! Web/Mail Shield Root"));
        assert!(
            takes("CN=a*b*c", "a-b-c")
                && takes("CN=a*b*c", "abc")
                && !takes("CN=a*b*c", "a-c")
                && !takes("CN=ab*b", "ab")
        );
        for text in ["CN", "CN=", "CN=*", "DC=x", "=x", ""] {
            assert!(Pattern::parse(text).is_none(), "{text:?}");
        }
    }
}
