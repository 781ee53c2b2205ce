//! One subject of a trust list: which certificate it is, and what the list says of it.

use super::Usage;
use crate::format::der::{Tlv, Walk, tag};
use crate::model::trust::ANY_PURPOSE;
use crate::model::{Fingerprint, Limited, Malformation, Oid, Reference, Ruling, Timestamp, Trust, Untrusted};

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

/// What a list says of a certificate, by the numbers of wincrypt.h (CERT_*_PROP_ID).
#[derive(Debug, Default)]
struct Properties {
    /// 11: its name.
    name: Option<Untrusted>,
    /// 98: its SHA-256 (CERT_AUTH_ROOT_SHA256_HASH_PROP_ID).
    sha256: Option<Fingerprint>,
    /// 9: the purposes it is trusted for, all where there is no list.
    granted: Option<Vec<Oid>>,
    /// 104: from when on nothing that chains to it is trusted.
    disabled: Option<When>,
    /// 122: the purposes to which that is limited, or that are taken away.
    taken: Option<Vec<Oid>>,
    /// 126: the moment after which certificates it issues are not trusted.
    not_before: Option<When>,
    /// 127: the purposes to which that is limited.
    not_before_for: Option<Vec<Oid>>,
}

/// A moment, or the empty value that takes an earlier one back: a list changes what a machine has
/// already, and can only overwrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    At(Timestamp),
    Never,
}

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
            properties.take(bytes, &walk.expect(tag::SEQUENCE, "an attribute")?)?;
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

impl Properties {
    /// Takes one attribute: an identifier and a set of one octet string.
    fn take(&mut self, bytes: &[u8], attribute: &Tlv) -> Result<(), Malformation> {
        let mut walk = Walk::inside(bytes, &attribute.content);
        let kind = walk.expect(tag::OID, "the identifier of an attribute")?;
        let values = walk.expect(tag::SET, "the values of an attribute")?;
        let Some(number) = bytes.get(kind.content).and_then(|oid| oid.strip_prefix(PROPERTY)) else { return Ok(()) };
        if !matches!(number, [9 | 11 | 98 | 104 | 122 | 126 | 127]) {
            return Ok(());
        }
        let value = Walk::inside(bytes, &values.content).expect(tag::OCTET_STRING, "the value of an attribute")?;
        match number {
            [9] => self.granted = purposes(bytes, &value)?,
            [11] => self.name = Some(wide(&bytes[value.content])),
            [98] => self.sha256 = Some(hash(bytes, &value)?),
            [104] => self.disabled = Some(moment(bytes, &value)?),
            [122] => self.taken = purposes(bytes, &value)?,
            [126] => self.not_before = Some(moment(bytes, &value)?),
            [127] => self.not_before_for = purposes(bytes, &value)?,
            _ => {}
        }
        Ok(())
    }

    /// What a list made at `updated` says. A root disabled by then is refused, where one disabled
    /// later is trusted for what it issued before: the nearest that can be said without a clock.
    fn trust(&self, updated: Timestamp) -> Trust {
        let all = [ANY_PURPOSE];
        let mut limited = Limited::default();
        let disabled_for = self.taken.as_deref().unwrap_or(&all);
        match self.disabled {
            Some(When::At(moment)) => {
                if moment <= updated {
                    limited.purposes.extend(disabled_for.iter().map(|oid| (*oid, Ruling::Distrusted)));
                }
                limited.distrusted_after.extend(disabled_for.iter().map(|oid| (*oid, moment)));
            }
            // A purpose taken away without a date is taken away.
            Some(When::Never) | None => {
                let taken = self.taken.iter().flatten();
                limited.purposes.extend(taken.map(|oid| (*oid, Ruling::Distrusted)));
            }
        }
        if let Some(When::At(moment)) = self.not_before {
            let purposes = self.not_before_for.as_deref().unwrap_or(&all);
            limited.distrusted_after.extend(purposes.iter().map(|oid| (*oid, moment)));
        }
        match &self.granted {
            Some(granted) => limited.purposes.extend(granted.iter().map(|oid| (*oid, Ruling::Trusted))),
            None => limited.otherwise = Ruling::Trusted,
        }
        if limited == (Limited { otherwise: Ruling::Trusted, ..Limited::default() }) {
            return Trust::Trusted;
        }
        Trust::Limited(Box::new(limited))
    }
}

/// The purposes of an extended key usage; nothing where the value is empty, which takes an earlier
/// list back. Identifiers longer than castore holds are left out.
fn purposes(bytes: &[u8], value: &Tlv) -> Result<Option<Vec<Oid>>, Malformation> {
    if value.content.is_empty() {
        return Ok(None);
    }
    let list = Walk::inside(bytes, &value.content).expect(tag::SEQUENCE, "a list of purposes")?;
    let mut walk = Walk::inside(bytes, &list.content);
    let mut found = Vec::new();
    while !walk.is_empty() {
        found.extend(walk.oid()?);
    }
    Ok(Some(found))
}

fn hash(bytes: &[u8], value: &Tlv) -> Result<Fingerprint, Malformation> {
    let octets: Result<[u8; 32], _> = bytes[value.content.clone()].try_into();
    let wrong = || Malformation::new("a SHA-256 of 32 octets", format!("{} octets", value.content.len()));
    octets.map(Fingerprint::from_bytes).map_err(|_| wrong().at(value.whole.start))
}

/// A FILETIME: 100 nanoseconds since 1601-01-01, little-endian (MS-DTYP 2.3.3).
fn moment(bytes: &[u8], value: &Tlv) -> Result<When, Malformation> {
    /// Seconds from 1601-01-01 to 1970-01-01: 134,774 days.
    const EPOCH: i64 = 134_774 * 86_400;
    let octets = &bytes[value.content.clone()];
    if octets.is_empty() {
        return Ok(When::Never);
    }
    let wrong = || Malformation::new("a FILETIME of eight octets", format!("{} octets", octets.len()));
    let octets: [u8; 8] = octets.try_into().map_err(|_| wrong().at(value.whole.start))?;
    let seconds = i64::try_from(u64::from_le_bytes(octets) / 10_000_000).unwrap_or(i64::MAX);
    Ok(When::At(Timestamp::from_unix(seconds.saturating_sub(EPOCH))))
}

/// UTF-16, little-endian, with a NUL at its end.
fn wide(octets: &[u8]) -> Untrusted {
    let units = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let mut lossy = !octets.len().is_multiple_of(2);
    let text: String = char::decode_utf16(units)
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    let text = text.strip_suffix('\0').unwrap_or(&text).to_owned();
    if lossy { Untrusted::lossy(text) } else { Untrusted::new(text) }
}
