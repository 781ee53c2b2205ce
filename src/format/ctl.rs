//! Microsoft's certificate trust lists: what its root programme says of each root
//! (`authroot.stl`), and what no Windows takes (`disallowedcert.stl`).
//!
//! The certificates are not in the list. It names them by hash and says for which purposes, until
//! when and for certificates of before which date each of them is trusted.

mod subject;

use super::der::{Tlv, Walk, tag};
use super::x509::time;
use super::{Decoding, Means};
use crate::limits;
use crate::model::{Body, Decoded, Format, Gap, Integrity, Malformation, Oid, Slot, Timestamp};
use subject::{Algorithm, List};

/// szOID_ROOT_LIST_SIGNER (wincrypt.h): the roots of the programme.
const ROOTS: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.10.3.9");
/// szOID_DISALLOWED_LIST (wincrypt.h).
const DISALLOWED: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.10.3.30");
/// szOID_CTL (wincrypt.h): what the SignedData holds.
const TRUST_LIST: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.10.1");

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Usage {
    Roots,
    Disallowed,
    Other,
}

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut read = Decoding::new(Format::Ctl);
    // It is signed; whether the signature holds is for Windows to say.
    read.container.integrity = Integrity::Unverified;
    if bytes.len() > limits::TRUST_LIST_SIZE {
        read.gaps.push(Gap::Bound { what: "bytes of a trust list", bound: limits::TRUST_LIST_SIZE as u64 });
        return read;
    }
    match list(bytes) {
        Ok(found) => {
            entries(bytes, &found.list, &found.subjects, means, &mut read);
            if read.gaps.is_empty() {
                read.gaps.extend(found.cut.map(Gap::Broken));
            }
        }
        Err(malformation) if malformation.expected == "a definite length" => {
            read.gaps.push(Gap::Unsupported { what: "BER with an indefinite length".to_owned() });
        }
        Err(malformation) => read.gaps.push(Gap::Broken(malformation)),
    }
    read
}

/// A list, its subjects, and why they are not all there.
struct Found {
    list: List,
    subjects: Tlv,
    cut: Option<Malformation>,
}

/// Finds the list in the signed message, and in it the subjects.
fn list(bytes: &[u8]) -> Result<Found, Malformation> {
    let mut outer = Outer { bytes, cut: None };
    let mut walk = outer.open(&mut Walk::new(bytes), tag::SEQUENCE, "a ContentInfo")?;
    walk.oid()?;
    let mut walk = outer.open(&mut walk, tag::context(0), "signed data")?;
    let mut walk = outer.open(&mut walk, tag::SEQUENCE, "signed data")?;
    walk.expect(tag::INTEGER, "a version")?;
    walk.expect(tag::SET, "digest algorithms")?;
    let mut walk = outer.open(&mut walk, tag::SEQUENCE, "the signed content")?;
    let at = walk.at();
    if walk.oid()? != Some(TRUST_LIST) {
        return Err(Malformation::new("a certificate trust list", "other content").at(at));
    }
    let mut walk = outer.open(&mut walk, tag::context(0), "a certificate trust list")?;
    let walk = outer.open(&mut walk, tag::SEQUENCE, "a certificate trust list")?;
    let (list, subjects) = fields(walk, &mut outer)?;
    Ok(Found { list, subjects, cut: outer.cut })
}

/// Opens what may end after the file does, so that a file cut short is read to where it was cut.
struct Outer<'a> {
    bytes: &'a [u8],
    cut: Option<Malformation>,
}

impl<'a> Outer<'a> {
    fn take(&mut self, walk: &mut Walk<'a>, tag: u8, what: &'static str) -> Result<Tlv, Malformation> {
        let at = walk.at();
        match walk.expect(tag, what) {
            Err(malformation) if malformation.expected == "as many octets as declared" => {
                self.cut = self.cut.take().or(Some(malformation));
                // A tag, and a length of one octet or of as many more as it says.
                let length =
                    self.bytes.get(at + 1).map_or(0, |first| if *first > 0x80 { usize::from(first & 0x7f) } else { 0 });
                let end = self.bytes.len();
                let from = at.saturating_add(2).saturating_add(length).min(end);
                Ok(Tlv { tag, content: from..end, whole: at..end })
            }
            other => other,
        }
    }

    fn open(&mut self, walk: &mut Walk<'a>, tag: u8, what: &'static str) -> Result<Walk<'a>, Malformation> {
        let found = self.take(walk, tag, what)?;
        Ok(Walk::inside(self.bytes, &found.content))
    }
}

/// The fields of a list in front of its subjects (CTL_INFO, wincrypt.h; MS-CAESO 4.4.5.2 has the same).
fn fields<'a>(mut walk: Walk<'a>, outer: &mut Outer<'a>) -> Result<(List, Tlv), Malformation> {
    let bytes = outer.bytes;
    // A version, where it is not the first.
    walk.optional(tag::INTEGER)?;
    let usage = walk.expect(tag::SEQUENCE, "the usage of the list")?;
    let usage = usage_of(bytes, &usage)?;
    walk.optional(tag::OCTET_STRING)?;
    walk.optional(tag::INTEGER)?;
    let updated = moment(bytes, &mut walk)?;
    if matches!(walk.peek(), Some(tag::UTC_TIME | tag::GENERALIZED_TIME)) {
        walk.next()?;
    }
    let algorithm = walk.expect(tag::SEQUENCE, "the algorithm of the subjects' hashes")?;
    let algorithm = Walk::inside(bytes, &algorithm.content).oid()?.map_or(Algorithm::Other, Algorithm::of);
    // A list of nothing may leave them out.
    let at = walk.at();
    let subjects = match walk.peek() {
        Some(tag::SEQUENCE) => outer.take(&mut walk, tag::SEQUENCE, "subjects")?,
        _ => Tlv { tag: tag::SEQUENCE, content: at..at, whole: at..at },
    };
    Ok((List { usage, updated, algorithm }, subjects))
}

fn usage_of(bytes: &[u8], usages: &Tlv) -> Result<Usage, Malformation> {
    let mut walk = Walk::inside(bytes, &usages.content);
    let mut found = Usage::Other;
    while !walk.is_empty() {
        match walk.oid()? {
            Some(ROOTS) => found = Usage::Roots,
            Some(DISALLOWED) => return Ok(Usage::Disallowed),
            _ => {}
        }
    }
    Ok(found)
}

fn moment(bytes: &[u8], walk: &mut Walk<'_>) -> Result<Timestamp, Malformation> {
    let at = walk.at();
    let element = walk.next()?;
    time::read(bytes, &element)
        .map_err(|malformation| Malformation { expected: "the date of the list", ..malformation }.at(at))
}

fn entries(bytes: &[u8], list: &List, subjects: &Tlv, means: &Means<'_>, read: &mut Decoding) {
    let bound = means.bounds.entries;
    let mut walk = Walk::inside(bytes, &subjects.content);
    while !walk.is_empty() {
        if read.entries.len() >= bound {
            read.gaps.push(Gap::Bound { what: "entries", bound: bound as u64 });
            return;
        }
        let at = walk.at();
        let found = match walk.next() {
            Ok(found) => found,
            Err(malformation) => {
                read.gaps.push(Gap::Broken(malformation));
                return;
            }
        };
        read.entries.push(entry(bytes, list, &found, at));
    }
}

fn entry(bytes: &[u8], list: &List, found: &Tlv, at: usize) -> Decoded {
    let slot = Slot::Offset(at as u64);
    match subject::read(bytes, found, list) {
        Ok((reference, trust)) => Decoded { trust, ..Decoded::new(slot, Body::Reference(Box::new(reference))) },
        Err(malformation) => Decoded::new(slot, Body::Malformed(Box::new(malformation))),
    }
}

#[cfg(test)]
mod tests;
