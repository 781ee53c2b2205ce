//! Extensions, each on its own: one that is broken says so and leaves the others alone.

use super::names;
use crate::format::der::{Walk, tag};
use crate::model::{BasicConstraints, Extension, KeyUsage, Malformation, Oid};
use std::ops::Range;
use x509_parser::prelude::{FromDer, ParsedExtension, X509Extension};

/// Extended key usage (RFC 5280, 4.2.1.12), read here because its order is kept.
const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");

/// Basic constraints (RFC 5280, 4.2.1.9).
const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");

/// What the extensions say.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<Vec<Oid>>,
    pub(super) list: Vec<Extension>,
}

/// Reads the SEQUENCE of extensions at `range`, which is empty where there is none.
pub(super) fn read(der: &[u8], range: &Range<usize>) -> Extensions {
    let mut all = Extensions::default();
    let Ok(sequence) = Walk::inside(der, range).next() else { return all };
    let mut inside = Walk::inside(der, &sequence.content);
    while !inside.is_empty() {
        // Past an element whose length is broken there is nothing left to find.
        let Ok(element) = inside.next() else { break };
        match frame(der, &element.content) {
            Ok((oid, critical, value)) => {
                let malformed = all.take(oid, critical, &der[element.whole.clone()], &der[value]).err();
                let malformed = malformed.map(|m| m.at(element.whole.start));
                all.list.push(Extension { oid, critical, malformed });
            }
            Err(malformed) => {
                all.list.push(Extension { oid: names::UNKNOWN, critical: false, malformed: Some(malformed) });
            }
        }
    }
    all
}

/// The basic constraints of nearly every authority: critical, and without or with a short limit.
fn plain_constraints(whole: &[u8]) -> Option<BasicConstraints> {
    const CRITICAL: &[u8] = &[tag::OID, 3, 0x55, 0x1d, 0x13, tag::BOOLEAN, 1, 0xff, tag::OCTET_STRING];
    let path_len = match whole.get(2..)?.strip_prefix(CRITICAL)? {
        [5, tag::SEQUENCE, 3, tag::BOOLEAN, 1, 0xff] => None,
        &[8, tag::SEQUENCE, 6, tag::BOOLEAN, 1, 0xff, tag::INTEGER, 1, limit @ 0..0x80] => Some(limit.into()),
        _ => return None,
    };
    Some(BasicConstraints { ca: true, path_len, critical: true })
}

/// The basic constraints alone; the other extensions are passed over unread.
pub(super) fn basic_constraints(der: &[u8], range: &Range<usize>) -> Result<Option<BasicConstraints>, Malformation> {
    let mut all = Extensions::default();
    let Ok(sequence) = Walk::inside(der, range).next() else { return Ok(None) };
    let mut inside = Walk::inside(der, &sequence.content);
    while let Ok(element) = inside.next() {
        let kind = Walk::inside(der, &element.content).expect(tag::OID, "an object identifier")?;
        if der[kind.content] == *BASIC_CONSTRAINTS.as_bytes() {
            if let Some(plain) = plain_constraints(&der[element.whole.clone()]) {
                return Ok(Some(plain));
            }
            let (oid, critical, value) = frame(der, &element.content)?;
            all.take(oid, critical, &der[element.whole], &der[value])?;
            break;
        }
    }
    Ok(all.basic_constraints)
}

/// Identifier, criticality and value (RFC 5280, 4.1).
fn frame(der: &[u8], content: &Range<usize>) -> Result<(Oid, bool, Range<usize>), Malformation> {
    let mut fields = Walk::inside(der, content);
    let oid = fields.oid()?.unwrap_or(names::UNKNOWN);
    let critical = fields.optional(tag::BOOLEAN)?;
    let value = fields.expect(tag::OCTET_STRING, "an extension's value (an OCTET STRING)")?;
    Ok((oid, critical.is_some_and(|flag| der[flag.content].iter().any(|&octet| octet != 0)), value.content))
}

impl Extensions {
    /// Keeps what an extension says; of two alike the first counts.
    fn take(&mut self, oid: Oid, critical: bool, whole: &[u8], value: &[u8]) -> Result<(), Malformation> {
        if oid == EXTENDED_KEY_USAGE {
            let purposes = purposes(value)?;
            self.extended_key_usage.get_or_insert(purposes);
            return Ok(());
        }
        let refused = |error: String| Malformation::new("an extension as RFC 5280, 4.2, has it", error);
        let (_, extension) = X509Extension::from_der(whole).map_err(|error| refused(format!("{error}")))?;
        match extension.parsed_extension() {
            ParsedExtension::ParseError { error } => return Err(refused(format!("{error}"))),
            ParsedExtension::SubjectKeyIdentifier(id) => {
                self.subject_key_id.get_or_insert(id.0.to_vec());
            }
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                if let Some(id) = &id.key_identifier {
                    self.authority_key_id.get_or_insert(id.0.to_vec());
                }
            }
            ParsedExtension::BasicConstraints(found) => {
                let (ca, path_len) = (found.ca, found.path_len_constraint);
                self.basic_constraints.get_or_insert(BasicConstraints { ca, path_len, critical });
            }
            ParsedExtension::KeyUsage(usage) => {
                self.key_usage.get_or_insert(KeyUsage(usage.flags));
            }
            _ => {}
        }
        Ok(())
    }
}

fn purposes(value: &[u8]) -> Result<Vec<Oid>, Malformation> {
    let sequence = Walk::new(value).expect(tag::SEQUENCE, "key purposes (a SEQUENCE)")?;
    let mut inside = Walk::inside(value, &sequence.content);
    let mut purposes = Vec::new();
    while !inside.is_empty() {
        purposes.push(inside.oid()?.unwrap_or(names::UNKNOWN));
    }
    Ok(purposes)
}
