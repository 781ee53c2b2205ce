//! One subject of a trust list: which certificate it is, and what the list says of it.

use super::Usage;
use crate::format::der::{Tlv, Walk, tag};
use crate::format::windows::Properties;
use crate::model::{Fingerprint, Malformation, Oid, Reference, Timestamp, Trust, Untrusted};

/// What holds for all subjects of a list.
pub(super) struct List {
    pub(super) usage: Usage,
    /// When it was made.
    pub(super) updated: Timestamp,
    pub(super) algorithm: Algorithm,
}

/// What the octets that name a subject are the hash of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha1,
    Sha256,
    /// Not of a certificate's DER: `disallowedcert.stl` has the hash of what was signed
    /// (1.3.6.1.4.1.311.10.11.15, szOID_DISALLOWED_HASH).
    Other,
}

impl Algorithm {
    /// The algorithm with this identifier (RFC 3279, 2.1; NIST's for SHA-256).
    pub(super) fn of(oid: Oid) -> Self {
        const SHA1: Oid = Oid::new_unwrap("1.3.14.3.2.26");
        const SHA256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");
        match oid {
            SHA1 => Self::Sha1,
            SHA256 => Self::Sha256,
            _ => Self::Other,
        }
    }
}

/// 1.3.6.1.4.1.311.10.11, in front of the number of a property (szOID_CERT_PROP_ID_PREFIX).
const PROPERTY: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x0b];

/// Reads a subject.
pub(super) fn read(bytes: &[u8], found: &Tlv, list: &List) -> Result<(Reference, Trust), Malformation> {
    if found.tag != tag::SEQUENCE {
        return Err(Malformation::new("a subject", format!("tag {:#04x}", found.tag)).at(found.whole.start));
    }
    let mut walk = Walk::inside(bytes, &found.content);
    let id = walk.expect(tag::OCTET_STRING, "the hash of a subject")?;
    let mut properties = Properties::default();
    if let Some(attributes) = walk.optional(tag::SET)? {
        let mut walk = Walk::inside(bytes, &attributes.content);
        while !walk.is_empty() {
            take(&mut properties, bytes, &walk.expect(tag::SEQUENCE, "an attribute")?)?;
        }
    }
    let trust = match list.usage {
        Usage::Disallowed => Trust::Distrusted,
        Usage::Roots => properties.trust(list.updated),
        Usage::Other => Trust::Present,
    };
    Ok((reference(&bytes[id.content.clone()], list.algorithm, properties, id.whole.start)?, trust))
}

fn reference(id: &[u8], algorithm: Algorithm, own: Properties, at: usize) -> Result<Reference, Malformation> {
    let mut reference = Reference { label: own.name, sha256: own.sha256, ..Reference::default() };
    let wrong = || Malformation::new("a hash of its algorithm's length", format!("{} octets", id.len())).at(at);
    match algorithm {
        Algorithm::Sha1 => reference.sha1 = Some(id.try_into().map_err(|_| wrong())?),
        Algorithm::Sha256 => {
            let id = id.try_into().map_err(|_| wrong())?;
            reference.sha256 = reference.sha256.or(Some(Fingerprint::from_bytes(id)));
        }
        Algorithm::Other if id.is_empty() || id.len() > 64 => return Err(wrong()),
        Algorithm::Other => {
            let digits: String = id.iter().map(|octet| format!("{octet:02x}")).collect();
            reference.label = reference.label.or(Some(Untrusted::new(format!("hash {digits}"))));
        }
    }
    Ok(reference)
}

/// Takes one attribute: an identifier and a set of one octet string.
fn take(properties: &mut Properties, bytes: &[u8], attribute: &Tlv) -> Result<(), Malformation> {
    let mut walk = Walk::inside(bytes, &attribute.content);
    let kind = walk.expect(tag::OID, "the identifier of an attribute")?;
    let values = walk.expect(tag::SET, "the values of an attribute")?;
    let Some([number]) = bytes.get(kind.content).and_then(|oid| oid.strip_prefix(PROPERTY)) else { return Ok(()) };
    let number = u32::from(*number);
    if !Properties::tell(number) {
        return Ok(());
    }
    let value = Walk::inside(bytes, &values.content).expect(tag::OCTET_STRING, "the value of an attribute")?;
    properties.take(number, bytes, &value)
}
