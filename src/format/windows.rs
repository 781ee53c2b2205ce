//! What Windows keeps beside a certificate: properties by number, in a trust list and in a serialised store alike.

use super::der::{Tlv, Walk, tag};
use crate::model::trust::ANY_PURPOSE;
use crate::model::{Fingerprint, Limited, Malformation, Oid, Ruling, Timestamp, Trust, Untrusted};

/// What is said of a certificate, by the numbers of wincrypt.h (CERT_*_PROP_ID).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Properties {
    /// 11: its name.
    pub(super) name: Option<Untrusted>,
    /// 98: its SHA-256 (CERT_AUTH_ROOT_SHA256_HASH_PROP_ID).
    pub(super) sha256: Option<Fingerprint>,
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

impl Properties {
    /// Whether a property of this number says something that counts here.
    pub(super) const fn tell(number: u32) -> bool {
        matches!(number, 9 | 11 | 98 | 104 | 122 | 126 | 127)
    }

    /// Takes the property of this number.
    pub(super) fn take(&mut self, number: u32, bytes: &[u8], value: &Tlv) -> Result<(), Malformation> {
        match number {
            9 => self.granted = purposes(bytes, value)?,
            11 => self.name = Some(wide(&bytes[value.content.clone()])),
            98 => self.sha256 = Some(hash(bytes, value)?),
            104 => self.disabled = Some(moment(bytes, value)?),
            122 => self.taken = purposes(bytes, value)?,
            126 => self.not_before = Some(moment(bytes, value)?),
            127 => self.not_before_for = purposes(bytes, value)?,
            _ => {}
        }
        Ok(())
    }

    /// Whether nothing is said of what it is trusted for.
    pub(super) fn leave_trust_open(&self) -> bool {
        let Self { name: _, sha256: _, granted, disabled, taken, not_before, not_before_for: _ } = self;
        let is_set = |when: &Option<When>| matches!(when, Some(When::At(_)));
        granted.is_none() && taken.is_none() && !is_set(disabled) && !is_set(not_before)
    }

    /// What a store or list of `updated` says. A root disabled by then is refused, where one disabled
    /// later is trusted for what it issued before: the nearest that can be said without a clock.
    pub(super) fn trust(&self, updated: Timestamp) -> Trust {
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
