//! Windows' serialised stores, `.sst`: what `certutil -generateSSTFromWU`, certmgr's export and `CertSaveStore` write, and
//! `disallowedcert.sst` is.
//!
//! ```text
//! version u32 = 0 | "CERT" | records | end (MS-OSHARED 2.3.2.5, 2.3.9.1; numbers little-endian)
//!   record: id u32 | encoding u32 = 1 | size u32 | octets
//!   id 32: a certificate, 33: a list of revoked ones, 34: a trust list; 0: the end
//!   any other: a property of the certificate or list that comes next (MS-GPEF 2.2.1.1.1.1)
//! ```
//!
//! Which store it was, of roots or of what is refused, the file does not say. So its certificates are unstated, but where a
//! property limits one: to purposes (9), or by a date. A size that does not fit ends the reading, since nothing else tells
//! where the next record begins.

use super::der::{Tlv, tag};
use super::windows::Properties;
use super::{Decoding, Means, ctl, der};
use crate::model::{Body, Decoded, Format, Gap, Malformation, Note, Slot, Timestamp, Trust, Untrusted};
use sha1::{Digest, Sha1};
use std::ops::Range;

/// Octets in front of the first record.
const HEAD: usize = 8;
/// Octets of a record in front of its own.
const RECORD: usize = 12;
/// The end (EndElementMarkerEntry, MS-OSHARED 2.3.2.5.2).
const END: u32 = 0;
/// CERT_SHA1_HASH_PROP_ID (wincrypt.h).
const SHA1: u32 = 3;
/// CERT_CERT_PROP_ID, CERT_CRL_PROP_ID and CERT_CTL_PROP_ID (reserved in wincrypt.h; MS-OSHARED 2.3.2.5.1 has the first).
const CERTIFICATE: u32 = 32;
const REVOKED: u32 = 33;
const TRUST_LIST: u32 = 34;
/// X509_ASN_ENCODING (wincrypt.h), which every record must say.
const ASN1: u32 = 1;

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut reader = Reader { bytes, means, decoding: Decoding::new(Format::Sst), properties: None };
    if let Err(malformation) = reader.records() {
        reader.decoding.gaps.push(Gap::Broken(malformation));
    }
    reader.decoding
}

/// The properties of what comes next.
struct Pending {
    /// Where the first of them stands.
    at: usize,
    properties: Properties,
    sha1: Option<Range<usize>>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    means: &'a Means<'a>,
    decoding: Decoding,
    properties: Option<Pending>,
}

/// A record whose size fits.
struct Record {
    id: u32,
    encoding: u32,
    /// Where it begins, and its octets.
    at: usize,
    octets: Range<usize>,
}

impl Reader<'_> {
    /// Reads to the end; why it stopped before that.
    fn records(&mut self) -> Result<(), Malformation> {
        let mut at = HEAD.min(self.bytes.len());
        loop {
            let record = record(self.bytes, at)?;
            if record.id == END {
                self.leave();
                let more = self.bytes.len() - record.octets.start;
                let end = |more| Malformation::new("the end of the file", format!("{more} octets more"));
                return if more == 0 { Ok(()) } else { Err(end(more).at(record.octets.start)) };
            }
            if self.is_full() {
                return Ok(());
            }
            at = record.octets.end;
            self.take(&record);
        }
    }

    /// Whether no entry more may be taken, which is then said.
    fn is_full(&mut self) -> bool {
        let most = self.means.bounds.entries;
        let is_full = self.decoding.entries.len() >= most;
        if is_full {
            self.decoding.gaps.push(Gap::Bound { what: "entries", bound: most as u64 });
        }
        is_full
    }

    fn take(&mut self, record: &Record) {
        let octets = self.bytes.get(record.octets.clone()).unwrap_or_default();
        let is_element = matches!(record.id, CERTIFICATE | REVOKED | TRUST_LIST);
        if record.encoding != ASN1 {
            let found = format!("{}", record.encoding);
            self.malformed(record.at, Malformation::new("the encoding 1 of a record", found).at(record.at + 4));
            if is_element {
                self.properties = None;
            }
            return;
        }
        match record.id {
            CERTIFICATE => self.certificate(record, octets),
            REVOKED => self.other(record, super::pem::labels::CRL),
            TRUST_LIST => self.trust_list(record, octets),
            _ => self.property(record),
        }
    }

    /// Takes a property. One that cannot be read might limit the certificate: it is an entry of its own.
    fn property(&mut self, record: &Record) {
        let pending = self.properties.get_or_insert_with(|| Pending {
            at: record.at,
            properties: Properties::default(),
            sha1: None,
        });
        if record.id == SHA1 {
            pending.sha1 = Some(record.octets.clone());
        }
        let whole = record.at..record.octets.end;
        let value = Tlv { tag: tag::OCTET_STRING, content: record.octets.clone(), whole };
        if Properties::tell(record.id)
            && let Err(malformation) = pending.properties.take(record.id, self.bytes, &value)
        {
            self.malformed(record.at, malformation);
        }
    }

    fn certificate(&mut self, record: &Record, octets: &[u8]) {
        let pending = self.properties.take();
        let mut entry = der::read(octets).pop().unwrap_or_else(|| {
            Decoded::new(Slot::Whole, Body::Malformed(Box::new(Malformation::new("a certificate", "nothing"))))
        });
        entry.slot = place(record, pending.as_ref());
        if let (Body::Certificate(der), Some(pending)) = (&entry.body, pending) {
            // Windows works the hash out anew and does not look at this one (crypt32's tests in Wine).
            let stated = pending.sha1.and_then(|range| self.bytes.get(range));
            if stated.is_some_and(|stated| *stated != *Sha1::digest(der)) {
                entry.notes.push(Note::HashDiffers);
            }
            // When it was written is not said: a date from which on it is refused has passed for a reader who does not
            // know better.
            if !pending.properties.leave_trust_open() {
                entry.trust = pending.properties.trust(Timestamp::from_unix(i64::MAX));
            }
        } else {
            entry.trust = Trust::Unstated;
        }
        self.decoding.entries.push(entry);
    }

    /// What a trust list in it says: it stands in the place of the record.
    fn trust_list(&mut self, record: &Record, octets: &[u8]) {
        self.properties = None;
        let left = self.means.bounds.entries - self.decoding.entries.len();
        let means = Means { bounds: crate::limits::Bounds { entries: left, ..self.means.bounds }, ..*self.means };
        let list = ctl::read(octets, &means);
        let from = record.octets.start;
        let moved = |entry: Decoded| match entry.slot {
            Slot::Offset(at) => Decoded { slot: Slot::Offset(at + from as u64), ..entry },
            _ => entry,
        };
        self.decoding.entries.extend(list.entries.into_iter().map(moved));
        let moved = |gap| match gap {
            Gap::Broken(Malformation { offset: Some(offset), expected, found }) => {
                Gap::Broken(Malformation { offset: Some(offset + from), expected, found })
            }
            gap => gap,
        };
        self.decoding.gaps.extend(list.gaps.into_iter().map(moved));
    }

    fn other(&mut self, record: &Record, what: &str) {
        let pending = self.properties.take();
        let slot = place(record, pending.as_ref());
        self.decoding.entries.push(Decoded::new(slot, Body::Other(Untrusted::new(what))));
    }

    fn malformed(&mut self, at: usize, malformation: Malformation) {
        self.decoding.entries.push(Decoded::new(Slot::Offset(at as u64), Body::Malformed(Box::new(malformation))));
    }

    /// Properties in front of the end belong to nothing.
    fn leave(&mut self) {
        if let Some(pending) = self.properties.take()
            && !self.is_full()
        {
            self.malformed(
                pending.at,
                Malformation::new("a certificate after its properties", "the end").at(pending.at),
            );
        }
    }
}

/// Where an element stands: under its name (CERT_FRIENDLY_NAME_PROP_ID), which several may have, and so many octets in.
fn place(record: &Record, pending: Option<&Pending>) -> Slot {
    let offset = Slot::Offset(record.octets.start as u64);
    match pending.and_then(|pending| pending.properties.name.clone()) {
        Some(name) => Slot::Inside(name, Box::new(offset)),
        None => offset,
    }
}

/// The record that begins at `at`.
fn record(bytes: &[u8], at: usize) -> Result<Record, Malformation> {
    let left = bytes.len() - at;
    let short = || Malformation::new("a record or the end mark, of 12 octets", format!("{left}")).at(at);
    let number = |n: usize| {
        let octets = bytes.get(at + 4 * n..).and_then(|rest| rest.first_chunk()).ok_or_else(short)?;
        Ok(u32::from_le_bytes(*octets))
    };
    let (id, encoding, size) = (number(0)?, number(1)?, number(2)?);
    // More than the machine can address is more than is there.
    let size = if id == END { 0 } else { usize::try_from(size).unwrap_or(usize::MAX) };
    let from = at + RECORD;
    if size > bytes.len() - from {
        let found = format!("{size} declared, {} there", bytes.len() - from);
        return Err(Malformation::new("as many octets as declared", found).at(at));
    }
    Ok(Record { id, encoding, at, octets: from..from + size })
}

#[cfg(test)]
mod tests;
