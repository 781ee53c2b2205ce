//! p11-kit persist: what p11-kit's trust module keeps its objects in, and the whole root set of Fedora.
//!
//! What limits a certificate need not stand in its object: extensions are stapled to its public key, and
//! the distrust of a key or a serial number holds for all that have it.
//!
//! One attribute that p11-kit does not know, and it takes the whole file for PEM: the certificates are
//! there, and what is said of them is not, neither trust nor distrust. Then castore gives them as p11-kit
//! has them, [`Trust::Unstated`], and the line.

mod as_pem;
mod attributes;
mod lexer;
mod objects;
mod trust;
mod value;
mod write;

use super::{Decoding, Means, pem};
use crate::limits::P11KIT_COPIES;
use crate::model::{
    Body, Certificate, Decoded, Format, Gap, Malformation, Note, Owner, Reference, Slot, Trust, Untrusted,
};
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
    // Nobody staples more than a few purposes to a key, and few certificates have the same.
    let most = bytes.len().saturating_mul(P11KIT_COPIES);
    let said = Said::gather(&objects, most);
    let mut reader = Reader { said, entries: Vec::new(), told: BTreeSet::new(), refused: None };
    for (object, certificate) in objects {
        reader.object(object, certificate.as_ref());
    }
    let mut decoding = Decoding { gaps, ..Decoding::new(Format::P11Kit) };
    if reader.said.is_spent {
        decoding.gaps.push(Gap::Bound { what: "bytes of stapled extensions", bound: most as u64 });
    }
    decoding.entries = reader.entries;
    let is_rejected = rejected.is_some();
    if is_rejected {
        let blocks = pem::decode(bytes, means);
        decoding.entries = as_pem::entries(bytes, blocks.entries, decoding.entries);
        decoding.gaps.extend(blocks.gaps);
    }
    decoding.entries.iter_mut().for_each(not_trusted);
    decoding.container.owner = owner(&decoding.entries, is_rejected);
    decoding.entries.extend(rejected);
    decoding.entries.sort_by_key(|entry| match entry.slot {
        Slot::Block(block) => block.offset,
        _ => 0,
    });
    if decoding.entries.len() > means.bounds.entries {
        decoding.entries.truncate(means.bounds.entries);
        decoding.gaps = vec![Gap::Bound { what: "entries", bound: means.bounds.entries as u64 }];
    }
    decoding
}

/// What p11-kit does not list it does not trust, whatever the file says.
fn not_trusted(entry: &mut Decoded) {
    if !matches!(entry.body, Body::Certificate(_) | Body::Reference(_)) {
        entry.trust = Trust::Unstated;
    } else if !is_listed(entry) && entry.trust != Trust::Distrusted {
        entry.trust = Trust::Present;
    }
}

fn is_listed(entry: &Decoded) -> bool {
    !entry.notes.iter().any(|note| matches!(note, Note::NotListed(_)))
}

/// What p11-kit lists, where that is not all, or not with what is said of it.
fn owner(entries: &[Decoded], rejected: bool) -> Option<Owner> {
    let certificates = || entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_)));
    let lists = certificates().filter(|entry| is_listed(entry)).count();
    let because = match rejected {
        true => "one line is not as it should be, and it takes the file for PEM that says nothing of trust",
        false if lists == certificates().count() => return None,
        false => "it does not take every object",
    };
    Some(Owner { program: "p11-kit", lists, because })
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
        let refused = object.refused();
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
    fn certificate(&mut self, object: &Object, fields: &Fields) -> Option<Decoded> {
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
            None => return malformed(object, Malformation::new(CLASS, "an object without")),
            Some(class::PRIVATE_KEY) => Body::PrivateKey,
            Some(class::SECRET_KEY) => Body::Other(Untrusted::new("secret key")),
            Some(class::X_ASSERTION) => Body::Other(Untrusted::new("trust assertion")),
            Some(class::NSS_ROOT_LIST) => Body::Other(Untrusted::new("root list")),
            Some(class::DATA) => Body::Other(Untrusted::new("data")),
            Some(class) => Body::Other(Untrusted::new(format!("object of class {class}"))),
        };
        Decoded::new(Slot::Block(object.place), body)
    }
}

const CLASS: &str = "a class";

fn malformed(object: &Object, malformation: Malformation) -> Decoded {
    Decoded::new(Slot::Block(object.place), Body::Malformed(Box::new(malformation)))
}

#[cfg(test)]
mod tests;
