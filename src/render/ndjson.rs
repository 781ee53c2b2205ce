//! Flat rows, one JSON object a line: what DuckDB, ClickHouse and log pipelines read without being told a
//! schema.
//!
//! Every command writes the same columns in the same order, all of them in every row, `null` where a row has
//! none: a file of many hosts and commands is then one table (`read_json_auto`, `JSONEachRow`).

use super::checked::{About, Checked, Format, Options, VERSION};
use super::escape;
use super::report::trust::TrustReport;
use super::report::{CertificateReport, PlaceReport, hex, reading, store_name};
use super::text::purpose;
use crate::check::{Finding, Users};
use crate::discover::Use;
use crate::load::Snapshot;
use crate::model::{Certificate, Entry, Store};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// One row. Columns are added at the end, never renamed, within a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `castore.row/1`.
    pub schema: &'static str,
    /// `certificate`, `finding` or `store`.
    pub kind: &'static str,
    /// The host's name, where it is known.
    pub host: Option<String>,
    /// The moment that counted as now, RFC 3339 in UTC.
    pub at: String,
    /// The version of castore.
    pub castore: &'static str,
    /// What the store is called; of a finding in no store, the path or the server (`HOST:PORT`) it is about.
    pub store: Option<String>,
    /// What the store is written in.
    pub store_format: Option<&'static str>,
    /// The clients concerned: of a store and of a certificate those that use the store. Joined by `, `.
    pub clients: Option<String>,
    /// Where in the store: `line 120`, `FILE:1`, an alias.
    pub slot: Option<String>,
    /// SHA-256 of the certificate's DER.
    pub sha256: Option<String>,
    /// SHA-256 of its SubjectPublicKeyInfo: the same for every certificate of one key.
    pub spki_sha256: Option<String>,
    /// Its subject, in certificate order.
    pub subject: Option<String>,
    /// Its issuer.
    pub issuer: Option<String>,
    /// The content octets of its serial number, in hexadecimal.
    pub serial: Option<String>,
    /// Beginning of its validity, RFC 3339 in UTC.
    pub not_before: Option<String>,
    /// End of its validity, RFC 3339 in UTC.
    pub not_after: Option<String>,
    /// What the store says of it, in words; none where its format has no way to say.
    pub trust: Option<String>,
    /// The id of the check.
    pub check: Option<&'static str>,
    /// `info`, `warning` or `error`.
    pub severity: Option<&'static str>,
    /// What the check says, in a few words.
    pub title: Option<&'static str>,
    /// What should be.
    pub expected: Option<String>,
    /// What is. Of a store: how far it was read, and why not further.
    pub found: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
}

impl Row {
    fn new(kind: &'static str, about: &About) -> Self {
        Self {
            schema: "castore.row/1",
            kind,
            host: about.host.clone(),
            at: about.at.to_string(),
            castore: VERSION,
            store: None,
            store_format: None,
            clients: None,
            slot: None,
            sha256: None,
            spki_sha256: None,
            subject: None,
            issuer: None,
            serial: None,
            not_before: None,
            not_after: None,
            trust: None,
            check: None,
            severity: None,
            title: None,
            expected: None,
            found: None,
            remedy: None,
        }
    }

    /// The row of a store; `clients` are those that use it.
    #[must_use]
    pub fn store(about: &About, store: &Store, clients: Option<String>) -> Self {
        let (word, why) = reading(store);
        Self {
            store: Some(store_name(&store.id)),
            store_format: Some(store.format.name()),
            clients,
            found: Some(why.map_or_else(|| word.to_owned(), |why| format!("{word}: {why}"))),
            ..Self::new("store", about)
        }
    }

    /// The row of a certificate in its store; none where the entry is no certificate.
    #[must_use]
    pub fn certificate(about: &About, store: &Store, entry: &Entry, clients: Option<String>) -> Option<Self> {
        let row = Self {
            store: Some(store_name(&store.id)),
            store_format: Some(store.format.name()),
            clients,
            slot: PlaceReport::new(&store.id, Some(&entry.slot)).slot(),
            trust: TrustReport::new(&entry.trust).map(|trust| trust.words(&purpose)),
            ..Self::new("certificate", about)
        };
        Some(row.with(entry.certificate()?))
    }

    /// The row of a finding.
    #[must_use]
    pub fn finding(checked: &Checked<'_>, finding: &Finding) -> Self {
        let detail = &finding.detail;
        let path = detail.path.as_deref();
        let place = detail.store.as_ref().map(|store| PlaceReport::new(store, detail.slot.as_ref()));
        let within = detail.store.as_ref().and_then(|store| path?.strip_prefix(store.path()?).ok());
        let within = within.map(escape::path).filter(|name| !name.is_empty());
        let clients = detail.clients.join(", ");
        let row = Self {
            slot: place.as_ref().and_then(PlaceReport::slot).or(within),
            store: place.map(|place| place.store).or_else(|| path.map(escape::path)).or_else(|| detail.server.clone()),
            store_format: detail.store.as_ref().and_then(|id| Some(checked.snapshot.store(id)?.format.name())),
            clients: (!clients.is_empty()).then_some(clients),
            check: Some(finding.check.id),
            severity: Some(finding.severity().name()),
            title: Some(finding.check.title),
            expected: Some(detail.expected.clone()),
            found: Some(detail.found.clone()),
            remedy: Some(detail.remedy.clone()),
            ..Self::new("finding", &checked.about)
        };
        match &detail.certificate {
            Some(certificate) => row.with(certificate),
            None => row,
        }
    }

    /// The text of a column by its name; none where the row has none, or there is no such column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&str> {
        match name {
            "schema" => Some(self.schema),
            "kind" => Some(self.kind),
            "host" => self.host.as_deref(),
            "at" => Some(&self.at),
            "castore" => Some(self.castore),
            "store" => self.store.as_deref(),
            "store_format" => self.store_format,
            "clients" => self.clients.as_deref(),
            "slot" => self.slot.as_deref(),
            "sha256" => self.sha256.as_deref(),
            "spki_sha256" => self.spki_sha256.as_deref(),
            "subject" => self.subject.as_deref(),
            "issuer" => self.issuer.as_deref(),
            "serial" => self.serial.as_deref(),
            "not_before" => self.not_before.as_deref(),
            "not_after" => self.not_after.as_deref(),
            "trust" => self.trust.as_deref(),
            "check" => self.check,
            "severity" => self.severity,
            "title" => self.title,
            "expected" => self.expected.as_deref(),
            "found" => self.found.as_deref(),
            "remedy" => self.remedy.as_deref(),
            _ => None,
        }
    }

    /// The row with what a certificate says of itself.
    fn with(self, certificate: &Certificate) -> Self {
        let report = CertificateReport::new(certificate);
        let serial = certificate.outline().ok().map(|outline| hex(certificate.slice(&outline.serial)));
        Self {
            sha256: Some(report.sha256),
            spki_sha256: certificate.spki_der().map(|spki| hex(&Sha256::digest(spki))),
            subject: report.subject,
            issuer: report.issuer,
            serial,
            not_before: report.not_before,
            not_after: report.not_after,
            ..self
        }
    }
}

/// Rows as lines of JSON in which nothing acts on a terminal.
#[must_use]
pub fn lines(rows: impl IntoIterator<Item = Row>) -> String {
    let mut text = String::new();
    for row in rows {
        // A struct of texts has no value that JSON cannot hold.
        text += &serde_json::to_string(&row).unwrap_or_default();
        text.push('\n');
    }
    escape::json(text)
}

/// What the stores of a host hold: a row of each store, then one of each certificate in it. A certificate that a
/// store holds several times, as a directory does, is one row, of its first place.
#[must_use]
pub fn inventory(about: &About, snapshot: &Snapshot, uses: &[Use]) -> String {
    let users = Users::new(uses);
    let rows = snapshot.stores().flat_map(|store| {
        let ids: Vec<&str> = users.of(&store.id).into_iter().map(|(id, _)| id).collect();
        let clients = (!ids.is_empty()).then(|| ids.join(", "));
        let mut seen = HashSet::new();
        let is_new = move |entry: &&Entry| entry.certificate().is_some_and(|c| seen.insert(c.fingerprint()));
        let certificates = store.entries.iter().filter(is_new);
        let rows: Vec<Row> =
            certificates.filter_map(|entry| Row::certificate(about, store, entry, clients.clone())).collect();
        std::iter::once(Row::store(about, store, clients)).chain(rows)
    });
    lines(rows)
}

/// The row of the format.
pub const FORMAT: Format = Format {
    name: "ndjson",
    about: "flat rows of JSON, one a line, for DuckDB, ClickHouse and log pipelines",
    says: "https://github.com/ndjson/ndjson-spec",
    render: check,
};

/// The findings.
fn check(checked: &Checked<'_>, _: &Options) -> String {
    lines(checked.findings.iter().map(|finding| Row::finding(checked, finding)))
}

#[cfg(test)]
mod tests {
    use super::super::checked::tests::checked;
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_store_and_a_certificate_in_it() {
        checked(&["/a.pem"], None, |checked| {
            let store = checked.loaded().next().unwrap();
            let row = Row::store(&checked.about, store, checked.clients(&store.id));
            let said =
                [("kind", "store"), ("store", "/a.pem"), ("store_format", "pem"), ("found", "whole"), ("host", "here")];
            for (name, value) in said {
                assert_eq!(row.column(name), Some(value), "{name}");
            }
            assert_eq!((row.column("clients"), row.column("sha256")), (None, None));
            let row = Row::certificate(&checked.about, store, &store.entries[0], Some("curl".to_owned())).unwrap();
            let said = [("kind", "certificate"), ("slot", "line 1"), ("subject", "CN=Root"), ("clients", "curl")];
            for (name, value) in said {
                assert_eq!(row.column(name), Some(value), "{name}");
            }
            let certificate = store.entries[0].certificate().unwrap();
            assert_eq!(row.sha256, Some(certificate.fingerprint().to_string()));
            assert_eq!(row.spki_sha256.map(|digits| digits.len()), Some(64));
            assert_eq!(row.trust, None, "PEM says nothing");
        });
    }

    /// Every column of a row is found by its name, and stands in every row.
    #[test]
    fn columns_are_those_of_the_rows() {
        let about = About { host: None, at: Timestamp::from_unix(0) };
        let row = Row { store: Some("/x".to_owned()), severity: Some("info"), ..Row::new("finding", &about) };
        let value = serde_json::to_value(&row).unwrap();
        let columns = value.as_object().unwrap();
        assert_eq!(columns.len(), 23);
        for (name, value) in columns {
            assert_eq!(row.column(name), value.as_str(), "{name}");
        }
        assert_eq!(row.column("unheard_of"), None);
    }
}
