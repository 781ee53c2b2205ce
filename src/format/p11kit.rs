//! p11-kit persist: what p11-kit's trust module keeps its objects in, and the whole root set of Fedora.
//!
//! A file is all or nothing to p11-kit: one attribute that it does not know, and it takes none of the
//! certificates. castore reads them, says at which line p11-kit stops, and that it lists none. What
//! limits a certificate need not stand in its object: extensions are stapled to its public key.

mod attributes;
mod lexer;
mod objects;
mod trust;
mod write;

use super::{Decoding, Means};
use crate::model::{Body, Certificate, Decoded, Format, Malformation, Note, Owner, Reference, Slot, Trust, Untrusted};
use attributes::{class, kind};
use objects::{File, Object};
use std::collections::BTreeSet;
use trust::{Fields, Said, Staple};

pub use write::{Unsaid, Written, write};

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let File { objects, rejected, gaps } = objects::read(bytes, means.bounds.entries);
    let parsed = |object: Object| {
        let certificate = trust::certificate(&object);
        (object, certificate)
    };
    let objects: Vec<(Object, Option<Certificate>)> = objects.into_iter().map(parsed).collect();
    let said = Said::gather(&objects);
    let mut reader = Reader { said, entries: Vec::new(), told: BTreeSet::new(), refused: None };
    for (object, certificate) in objects {
        reader.object(object, certificate.as_ref());
    }
    let mut decoding = Decoding { gaps, ..Decoding::new(Format::P11Kit) };
    decoding.container.owner = owner(&reader.entries, rejected.is_some());
    decoding.entries = reader.entries;
    decoding.entries.extend(rejected);
    decoding.entries.sort_by_key(|entry| match entry.slot {
        Slot::Block(block) => block.offset,
        _ => 0,
    });
    decoding
}

/// What p11-kit lists, where that is not all.
fn owner(entries: &[Decoded], rejected: bool) -> Option<Owner> {
    let certificates = || entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_)));
    let is_listed = |entry: &&Decoded| !entry.notes.iter().any(|note| matches!(note, Note::NotListed(_)));
    let owner = |lists, because| Some(Owner { program: "p11-kit", lists, because });
    match certificates().filter(is_listed).count() {
        _ if rejected && certificates().next().is_some() => {
            owner(0, "it takes nothing from a file in which one line is not as it should be")
        }
        lists if !rejected && lists < certificates().count() => owner(lists, "it does not take every object"),
        _ => None,
    }
}

/// Turns objects into entries.
struct Reader {
    said: Said,
    entries: Vec<Decoded>,
    /// Public keys of which extensions were told.
    told: BTreeSet<Box<[u8]>>,
    /// Whether p11-kit has stopped at an object.
    refused: Option<&'static str>,
}

impl Reader {
    fn object(&mut self, mut object: Object, certificate: Option<&Certificate>) {
        self.entries.append(&mut object.beside);
        if object.foreign {
            return;
        }
        let refused = object.class().is_none().then_some("it has no class").or_else(|| object.refused());
        let fields = Fields::of(&object, certificate);
        let found = match object.class() {
            Some(class::CERTIFICATE) => self.certificate(&object, &fields),
            Some(class::X_EXTENSION) => self.extension(&object, &fields),
            Some(class::NSS_TRUST) => self.nss_trust(&object, &fields),
            _ => Some(self.other(&object)),
        };
        if let Some(mut entry) = found {
            entry.notes.extend(self.not_listed(&entry.body, &fields, refused).map(Note::NotListed));
            self.entries.push(entry);
        }
        self.refused = self.refused.or(refused);
    }

    /// Why p11-kit does not list what an object holds.
    fn not_listed(
        &self,
        body: &Body<Box<[u8]>>,
        fields: &Fields,
        refused: Option<&'static str>,
    ) -> Option<&'static str> {
        let staples = self.said.staples(fields.key.as_deref());
        match body {
            _ if refused.is_some() => refused,
            _ if self.refused.is_some() => Some("p11-kit stops at an object before it"),
            Body::Certificate(_) if staples.is_some_and(|staples| staples.broken) => {
                Some("an extension stapled to it cannot be read")
            }
            _ => None,
        }
    }

    /// A certificate, or what the file says of one that it does not hold.
    fn certificate(&self, object: &Object, fields: &Fields) -> Option<Decoded> {
        let trust = self.said.trust(object, fields);
        if let Some(mut entry) = object.value() {
            entry.trust = trust;
            // p11-kit parses the whole of the value (`p11_asn1_decode`).
            if entry.notes.iter().any(|note| matches!(note, Note::Trailing(_))) {
                entry.notes.push(Note::NotListed("octets follow the certificate"));
            }
            return Some(entry);
        }
        Some(self.reference(object, fields, trust))
    }

    fn reference(&self, object: &Object, fields: &Fields, trust: Trust) -> Decoded {
        let sha1 = object.octets(kind::CERT_SHA1).and_then(|hash| hash.try_into().ok());
        let (issuer, serial) = match fields.name.clone() {
            Some((issuer, serial)) => (Some(issuer), Some(serial)),
            None => (object.octets(kind::ISSUER).map(Box::from), object.octets(kind::SERIAL_NUMBER).map(Box::from)),
        };
        let told = Reference { label: None, issuer, serial, sha1, sha256: None, public_key: fields.key.clone() };
        if told == Reference::default() {
            let expected = "a certificate, or its issuer and serial number, or its public key";
            return malformed(object, Malformation::new(expected, "none of them"));
        }
        let label = object.octets(kind::LABEL).map(Untrusted::from_utf8_lossy);
        let body = Body::Reference(Box::new(Reference { label, ..told }));
        Decoded { trust, ..Decoded::new(Slot::Block(object.place), body) }
    }

    /// What is stapled to a key; told with the certificate, where that is there.
    fn extension(&mut self, object: &Object, fields: &Fields) -> Option<Decoded> {
        match trust::staple(object.octets(kind::VALUE).unwrap_or_default()) {
            Ok(Staple::Limit(_)) if self.said.has_key(fields.key.as_deref()) => None,
            Ok(Staple::Limit(_)) => {
                let key = fields.key.clone()?;
                let trust = self.said.stapled_trust(Some(&key));
                self.told.insert(key).then(|| self.reference(object, fields, trust))
            }
            Ok(Staple::Other(oid)) => {
                let body = Body::Other(Untrusted::new(format!("extension {oid}")));
                Some(Decoded::new(Slot::Block(object.place), body))
            }
            Err(malformation) => Some(malformed(object, malformation)),
        }
    }

    /// Trust as NSS has it, which `trust dump` writes for each certificate and p11-kit computes anew.
    fn nss_trust(&self, object: &Object, fields: &Fields) -> Option<Decoded> {
        (!self.said.has_name(fields)).then(|| self.reference(object, fields, trust::nss_trust(object)))
    }

    /// An object that is about no certificate, or says nothing of one.
    fn other(&self, object: &Object) -> Decoded {
        if let Some(mut entry) = object.value()
            && matches!(entry.body, Body::Certificate(_))
        {
            entry.trust = Trust::Present;
            return entry;
        }
        let body = match object.class() {
            None => return malformed(object, Malformation::new("a class", "an object without")),
            Some(class::PRIVATE_KEY) => Body::PrivateKey,
            Some(class::SECRET_KEY) => Body::Other(Untrusted::new("secret key")),
            Some(class::X_ASSERTION) => Body::Other(Untrusted::new("trust assertion")),
            Some(class::NSS_ROOT_LIST) => Body::Other(Untrusted::new("root list")),
            Some(class) => Body::Other(Untrusted::new(format!("object of class {class}"))),
        };
        Decoded::new(Slot::Block(object.place), body)
    }
}

fn malformed(object: &Object, malformation: Malformation) -> Decoded {
    Decoded::new(Slot::Block(object.place), Body::Malformed(Box::new(malformation)))
}

#[cfg(test)]
mod tests;
