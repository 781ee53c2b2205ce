//! NSS' database of certificates, `cert9.db`: Firefox, Thunderbird, certutil, programs of Red Hat.
//!
//! One table holds PKCS#11 objects, a column for each attribute. A certificate and what is thought
//! of it are two objects, joined by issuer and serial number, and the second names the hash of the
//! first: whose hash differs does not count, and the certificate is then trusted for nothing, whatever
//! the built-in roots say (`nssTrust_Create`, lib/pki/certificate.c). Objects of trust without a
//! certificate are what users think of built-in roots.
//!
//! NSS signs what is thought of a certificate with a key that a password opens, and keeps signatures
//! and key in `key4.db`. castore reads the one file: it does not verify them, and says so
//! ([`Integrity::Unverified`]) where there is something to be signed. Whoever can write `cert9.db` and
//! not `key4.db` can so make castore see trust that NSS itself, once the password was given, does not.

mod object;
mod trust;

use super::sqlite::{Database, Table};
use super::{Decoding, Means, der};
use crate::model::{Body, Decoded, Format, Integrity, Malformation, Note, Reference, Slot, Trust, Untrusted};
use object::{Class, Object};
use std::collections::{HashMap, HashSet};
use trust::Opinion;

/// The table (`sftkdb`, lib/softoken/sdb.c; that of `key4.db` is `nssPrivate`).
const TABLE: &str = "nssPublic";

/// The issuer and serial number that a certificate and its trust have in common.
type Name = (Vec<u8>, Vec<u8>);

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut decoding = Decoding::new(Format::Nss);
    let mut database = match Database::open(bytes, means.journal) {
        Ok(database) => database,
        Err(gap) => {
            decoding.gaps.push(gap);
            return decoding;
        }
    };
    match database.table(TABLE) {
        Some(table) => objects(&mut decoding, &mut database, &table, means.bounds.entries),
        // Its name stands somewhere in the file, or its schema cannot be read.
        None if database.gaps.is_empty() => decoding.format = Format::Sqlite,
        None => {}
    }
    decoding.gaps = database.gaps;
    decoding
}

fn objects(decoding: &mut Decoding, database: &mut Database, table: &Table, bound: usize) {
    let mut found = Vec::new();
    let mut opinions = Vec::new();
    database.each(table, &object::COLUMNS, bound, |slot, values| match values {
        Err(why) => found.push((slot, Found::Entry(Body::Malformed(Box::new(why))))),
        Ok(values) => {
            let object = Object::new(slot, values);
            found.push((object.slot(), sort(&object, &mut opinions)));
        }
    });
    let chosen = choose(&opinions);
    let held = found.iter().filter_map(|(_, found)| match found {
        Found::Certificate(certificate) => Some(certificate.name.clone()),
        _ => None,
    });
    let held: HashSet<Name> = held.collect();
    let entries = found.into_iter().filter_map(|(slot, found)| match found {
        Found::Entry(body) => Some(Decoded { trust: Trust::Present, ..Decoded::new(slot, body) }),
        Found::Certificate(certificate) => {
            let opinion = chosen.get(&certificate.name).and_then(|index| opinions.get(*index));
            Some(certificate.entry(slot, opinion))
        }
        Found::Opinion(index) => opinions.get(index).filter(|opinion| !held.contains(&opinion.name)).map(|opinion| {
            let counts = chosen.get(&opinion.name) == Some(&index);
            orphan(slot, opinion, counts)
        }),
    });
    decoding.entries = entries.collect();
    if opinions.iter().any(Opinion::is_signed) {
        decoding.container.integrity = Integrity::Unverified;
        decoding.container.protection = vec!["trust signed in key4.db".to_owned()];
    }
}

/// What a row is.
enum Found {
    Certificate(Certificate),
    /// The n-th object of trust.
    Opinion(usize),
    Entry(Body<Box<[u8]>>),
}

fn sort(object: &Object, opinions: &mut Vec<Opinion>) -> Found {
    let entry = match object.class() {
        Class::Certificate => match Certificate::new(object) {
            Ok(certificate) => return Found::Certificate(certificate),
            Err(why) => Body::Malformed(Box::new(why)),
        },
        Class::Trust(generation) => match Opinion::new(object, generation) {
            Ok(opinion) => {
                opinions.push(opinion);
                return Found::Opinion(opinions.len() - 1);
            }
            Err(why) => Body::Malformed(Box::new(why)),
        },
        Class::PrivateKey => Body::PrivateKey,
        Class::Other(what) => Body::Other(Untrusted::new(what)),
    };
    Found::Entry(entry)
}

/// The opinion that NSS takes of each certificate: the first of PKCS#11 3.2, or else the first of its
/// own (`nssToken_FindTrustForCertificate`, lib/dev/devtoken.c).
fn choose(opinions: &[Opinion]) -> HashMap<Name, usize> {
    let mut chosen: HashMap<Name, usize> = HashMap::new();
    for (index, opinion) in opinions.iter().enumerate() {
        let before = chosen.get(&opinion.name).and_then(|before| opinions.get(*before));
        if before.is_none_or(|before| before.generation < opinion.generation) {
            chosen.insert(opinion.name.clone(), index);
        }
    }
    chosen
}

/// A certificate as it stands in its row.
struct Certificate {
    der: Box<[u8]>,
    name: Name,
    after: trust::After,
    notes: Vec<Note>,
}

impl Certificate {
    fn new(object: &Object) -> Result<Self, Malformation> {
        let what = "a certificate";
        let value = object.octets("a11").ok_or_else(|| Malformation::new(what, "no value"))?;
        let end = der::first_sequence(value)?;
        if !der::is_certificate(value) {
            return Err(Malformation::new(what, der::describe(value)).at(0));
        }
        let mut notes = Vec::new();
        if value.len() > end {
            notes.push(Note::Trailing(value.len() - end));
        }
        // CKC_X_509 is 0.
        if let Some(other @ 1..) = object.number("a80") {
            notes.push(Note::TypeName(format!("CKC {other:#x}")));
        }
        let name = object.name().or_else(|| object::name_of(value));
        let name = name.ok_or_else(|| Malformation::new("an issuer and a serial number", "none"))?;
        Ok(Self { der: Box::from(&value[..end]), name, after: trust::After::of(object), notes })
    }

    fn entry(mut self, slot: Slot, opinion: Option<&Opinion>) -> Decoded {
        let counts = opinion.filter(|opinion| opinion.counts_for(&self.der));
        if opinion.is_some() && counts.is_none() {
            self.notes.push(Note::HashDiffers);
        }
        let trust = trust::state(counts, self.after);
        Decoded { slot, trust, body: Body::Certificate(self.der), notes: self.notes }
    }
}

/// What is thought of a certificate that is not in the database.
fn orphan(slot: Slot, opinion: &Opinion, counts: bool) -> Decoded {
    let (issuer, serial) = opinion.name.clone();
    let reference = Reference {
        label: opinion.label.clone(),
        issuer: Some(issuer.into()),
        serial: Some(serial.into()),
        sha1: opinion.hash.sha1(),
        sha256: opinion.hash.sha256(),
        public_key: None,
    };
    let notes = if counts { Vec::new() } else { vec![Note::NotListed("another of its objects of trust comes first")] };
    let trust = trust::state(Some(opinion).filter(|_| counts), opinion.after.clone());
    Decoded { slot, trust, body: Body::Reference(Box::new(reference)), notes }
}

#[cfg(test)]
pub(crate) mod tests;
