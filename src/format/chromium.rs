//! Chromium's database of the certificates that a user added: `ServerCertificate` in a profile.
//!
//! One row for each certificate: the SHA-256 of its DER in hexadecimal, the DER, and what the user
//! wants of it, a protocol buffer (`settings`). What Chromium trusts is for TLS servers alone. It
//! looks for rows by their hash to change them and takes the DER for what it is, so a hash that differs
//! is a note and no more (components/server_certificate_database).

mod settings;

use super::der::{self, Tlv, Walk, tag};
use super::sqlite::{Database, Table, Value};
use super::{Decoding, Means, x509};
use crate::model::trust::SERVER_AUTH;
use crate::model::{Body, Certificate, Decoded, Format, Gap, Limited, Malformation, Note, Oid, Ruling, Slot, Trust};
use settings::{Settings, Wanted};
use sha2::{Digest, Sha256};

/// The table and its columns (server_certificate_database.cc).
const TABLE: &str = "certificates";
const COLUMNS: [&str; 3] = ["sha256hash_hex", "der_cert", "trust_settings"];

/// The newest version of the database that is known, and whose successor may mean other things
/// (`kCurrentDatabaseVersion`).
const VERSION: u32 = 1;

/// Why Chromium passes over a row.
const UNREADABLE: &str = "its settings cannot be read";
const NO_ANCHOR: &str = "it is no authority and names no host";

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut decoding = Decoding::new(Format::Chromium);
    let mut database = match Database::open(bytes, means.journal) {
        Ok(database) => database,
        Err(gap) => {
            decoding.gaps.push(gap);
            return decoding;
        }
    };
    let table = database.table(TABLE).filter(|table| COLUMNS.iter().all(|column| table.has(column)));
    match table {
        Some(table) => {
            rows(&mut decoding, &mut database, &table, means.bounds.entries);
            decoding.container.version = version(&mut database);
        }
        None if database.gaps.is_empty() => decoding.format = Format::Sqlite,
        None => {}
    }
    decoding.gaps = database.gaps;
    if decoding.container.version.is_some_and(|version| version > VERSION) {
        let what = format!("version {} of Chromium's database", decoding.container.version.unwrap_or_default());
        decoding.gaps.push(Gap::Unsupported { what });
    }
    decoding
}

fn rows(decoding: &mut Decoding, database: &mut Database, table: &Table, bound: usize) {
    database.each(table, &COLUMNS, bound, |slot, values| {
        let read = values.and_then(|values| entry(slot.clone(), &values));
        decoding.entries.push(read.unwrap_or_else(|why| malformed(slot, why)));
    });
}

fn malformed(slot: Slot, why: Malformation) -> Decoded {
    Decoded { trust: Trust::Present, ..Decoded::new(slot, Body::Malformed(Box::new(why))) }
}

fn entry(slot: Slot, values: &[Value]) -> Result<Decoded, Malformation> {
    let value = |at: usize| values.get(at).and_then(Value::octets).unwrap_or_default();
    let (hash, der) = (value(0), value(1));
    let end = der::first_sequence(der)?;
    if !der::is_certificate(der) {
        return Err(Malformation::new("a certificate", der::describe(der)).at(0));
    }
    let mut notes = Vec::new();
    if der.len() > end {
        notes.push(Note::Trailing(der.len() - end));
    }
    if !is_hash_of(hash, der) {
        notes.push(Note::HashDiffers);
    }
    let certificate: Box<[u8]> = Box::from(&der[..end]);
    let trust = match settings::read(value(2)) {
        Some(settings) => trust(settings, &certificate, &mut notes),
        None => {
            notes.push(Note::NotListed(UNREADABLE));
            Trust::Present
        }
    };
    Ok(Decoded { slot, trust, body: Body::Certificate(certificate), notes })
}

/// Whether `text` is the SHA-256 of all of `der`, in hexadecimal of either case.
fn is_hash_of(text: &[u8], der: &[u8]) -> bool {
    let hash: String = Sha256::digest(der).iter().map(|octet| format!("{octet:02x}")).collect();
    text.eq_ignore_ascii_case(hash.as_bytes())
}

fn trust(settings: Settings, der: &[u8], notes: &mut Vec<Note>) -> Trust {
    match settings.wanted {
        Wanted::Distrusted => Trust::Distrusted,
        Wanted::Unspecified => Trust::Present,
        Wanted::Unknown => {
            notes.push(Note::NotListed(UNREADABLE));
            Trust::Present
        }
        Wanted::Trusted if !is_anchor_or_server(der) => {
            notes.push(Note::NotListed(NO_ANCHOR));
            Trust::Present
        }
        Wanted::Trusted => Trust::Limited(Box::new(Limited {
            purposes: vec![(SERVER_AUTH, Ruling::Trusted)],
            names: settings.names,
            ..Limited::default()
        })),
    }
}

/// Whether Chromium takes the certificate for an anchor, which it is without basic constraints too, or
/// for a server's own, which needs a name (`GetUserCertificateTrust`).
fn is_anchor_or_server(der: &[u8]) -> bool {
    let certificate = x509::read(Box::from(der));
    match x509::details(&certificate) {
        Ok(details) => details.basic_constraints.is_none_or(|basic| basic.ca) || names_a_host(&certificate),
        // castore cannot tell; what the store says stands.
        Err(_) => true,
    }
}

/// Whether a certificate has a DNS name or an address among its subject's alternative names.
fn names_a_host(certificate: &Certificate) -> bool {
    // id-ce-subjectAltName, dNSName [2] and iPAddress [7] (RFC 5280, 4.2.1.6).
    const SUBJECT_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.17");
    let der = certificate.der();
    let inside = |element: Tlv| Walk::inside(der, &element.content);
    let Ok(outline) = certificate.outline() else { return false };
    let Ok(list) = Walk::inside(der, &outline.extensions).next() else { return false };
    let mut extensions = inside(list);
    while let Ok(mut fields) = extensions.next().map(inside) {
        if fields.oid() == Ok(Some(SUBJECT_ALT_NAME)) && fields.optional(tag::BOOLEAN).is_ok() {
            let names = fields.expect(tag::OCTET_STRING, "names").and_then(|value| inside(value).next());
            let Ok(mut names) = names.map(inside) else { return false };
            return std::iter::from_fn(|| names.next().ok()).any(|name| matches!(name.tag, 0x82 | 0x87));
        }
    }
    false
}

/// The version that the database says of itself.
fn version(database: &mut Database) -> Option<u32> {
    let table = database.table("meta").filter(|table| table.has("key") && table.has("value"))?;
    let mut found = None;
    // `sql::MetaTable` keeps a handful of rows.
    database.each(&table, &["key", "value"], 100, |_, values| {
        let Ok([key, value]) = values.map(<[Value; 2]>::try_from).unwrap_or(Err(Vec::new())) else { return };
        if key.octets() == Some(b"version") {
            let text = value.octets().and_then(|text| std::str::from_utf8(text).ok());
            let number = value.integer().and_then(|number| u32::try_from(number).ok());
            found = number.or_else(|| text?.parse().ok());
        }
    });
    found
}

#[cfg(test)]
mod tests;
