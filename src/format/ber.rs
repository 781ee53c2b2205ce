//! BER, as NSS and Bouncy Castle write PKCS#12 and many programs PKCS#7: lengths that are found
//! out at the end, and strings in pieces.
//!
//! The walk of [`super::der`] holds certificates to DER; containers are held to less. Where one is
//! cut short, what stands in it before that is still read: [`Walk::open`] gives the elements that
//! are there and says what is wrong with their frame.

#![cfg_attr(not(feature = "pkcs12"), allow(dead_code, reason = "strings in pieces and numbers are PKCS#12's"))]

use super::der::{self, Tlv, tag};
use crate::limits::ASN1_DEPTH;
use crate::model::{Malformation, Oid};
use std::borrow::Cow;
use std::ops::Range;

/// The bit of a tag that says its content is elements (X.690, 8.1.2.5).
const CONSTRUCTED: u8 = 0x20;

/// How deep pieces of a string may stand in pieces: 5, as for OpenSSL (`ASN1_MAX_STRING_NEST`,
/// crypto/asn1/tasn_dec.c). NSS and Bouncy Castle write 1.
pub(crate) const STRING_DEPTH: usize = 5;

/// Tag and length of an element.
struct Header {
    tag: u8,
    /// Where the content begins.
    content: usize,
    /// Nothing where the length is indefinite.
    length: Option<usize>,
}

/// Reads the elements that stand one after the other between two offsets.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    depth: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self::at_depth(bytes, 0)
    }

    /// The elements of octets that were themselves so deep in others.
    pub(crate) fn at_depth(bytes: &'a [u8], depth: usize) -> Self {
        Self { bytes, at: 0, end: bytes.len(), depth }
    }

    /// The elements inside one that this walk gave.
    pub(crate) fn inside(&self, element: &Tlv) -> Result<Self, Malformation> {
        if self.depth >= ASN1_DEPTH {
            return Err(too_deep(element.whole.start));
        }
        let end = element.content.end.min(self.bytes.len());
        Ok(Self { bytes: self.bytes, at: element.content.start, end, depth: self.depth + 1 })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// How deep the elements stand in others.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Octets that are not walked yet.
    pub(crate) fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// The tag of the next element, which is not taken.
    pub(crate) fn peek(&self) -> Option<u8> {
        if self.is_empty() { None } else { self.bytes.get(self.at).copied() }
    }

    /// The next element, and what is wrong with its end: it then reaches to the end of what it is in.
    fn element(&mut self) -> Result<(Tlv, Option<Malformation>), Malformation> {
        let start = self.at;
        let header = header(self.bytes, start, self.end)?;
        let left = self.end.saturating_sub(header.content);
        let (content_end, end, fault) = match header.length {
            Some(length) if length <= left => (header.content + length, header.content + length, None),
            Some(length) => (self.end, self.end, Some(short(length, left).at(start))),
            None => match end_of_contents(self.bytes, header.content, self.end) {
                Ok(end) => (end, end + 2, None),
                Err(fault) => (self.end, self.end, Some(fault)),
            },
        };
        self.at = end;
        Ok((Tlv { tag: header.tag, content: header.content..content_end, whole: start..end }, fault))
    }

    /// The next element, whatever it is; it must be all there.
    pub(crate) fn next(&mut self) -> Result<Tlv, Malformation> {
        let at = self.at;
        match self.element()? {
            (element, None) => Ok(element),
            (_, Some(fault)) => {
                self.at = at;
                Err(fault)
            }
        }
    }

    fn must_be(&self, wanted: u8, what: &'static str) -> Result<(), Malformation> {
        match self.peek() {
            Some(found) if found == wanted => Ok(()),
            Some(found) => Err(Malformation::new(what, format!("tag {found:#04x}")).at(self.at)),
            None => Err(Malformation::new(what, "the end").at(self.at)),
        }
    }

    /// The next element, which must have this tag and be all there.
    pub(crate) fn expect(&mut self, wanted: u8, what: &'static str) -> Result<Tlv, Malformation> {
        self.must_be(wanted, what)?;
        self.next()
    }

    /// The elements of the next one, which must have this tag, as far as they are there.
    pub(crate) fn open(
        &mut self,
        wanted: u8,
        what: &'static str,
    ) -> Result<(Walk<'a>, Option<Malformation>), Malformation> {
        self.must_be(wanted, what)?;
        let (element, fault) = self.element()?;
        Ok((self.inside(&element)?, fault))
    }

    /// The same, of one that must be all there.
    pub(crate) fn enter(&mut self, wanted: u8, what: &'static str) -> Result<Walk<'a>, Malformation> {
        let element = self.expect(wanted, what)?;
        self.inside(&element)
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, wanted: u8) -> Result<Option<Tlv>, Malformation> {
        if self.peek() == Some(wanted) { self.next().map(Some) } else { Ok(None) }
    }

    /// The next element as an object identifier; none where its arcs are beyond what [`Oid`] holds.
    pub(crate) fn oid(&mut self) -> Result<Option<Oid>, Malformation> {
        let found = self.expect(tag::OID, "an object identifier")?;
        Ok(Oid::from_bytes(self.octets_at(&found.content)).ok())
    }

    /// The next element as a number that is not negative; the largest there is for one beyond that.
    pub(crate) fn unsigned(&mut self, what: &'static str) -> Result<u64, Malformation> {
        let found = self.expect(tag::INTEGER, what)?;
        match self.octets_at(&found.content) {
            [] => Err(Malformation::new(what, "an INTEGER of no octets").at(found.whole.start)),
            [first, ..] if first & 0x80 != 0 => Err(Malformation::new(what, "a negative one").at(found.whole.start)),
            octets => {
                let from = octets.iter().position(|&octet| octet != 0).unwrap_or(octets.len());
                let digits = octets.get(from..).unwrap_or_default();
                let value = digits.iter().take(8).fold(0u64, |value, &octet| (value << 8) | u64::from(octet));
                Ok(if digits.len() > 8 { u64::MAX } else { value })
            }
        }
    }

    /// The next element as an OCTET STRING, in one piece or in several, as far as it is there.
    /// `wanted` is its tag, less the bit that says which.
    pub(crate) fn string(
        &mut self,
        wanted: u8,
        what: &'static str,
    ) -> Result<(Cow<'a, [u8]>, Option<Malformation>), Malformation> {
        if self.peek() != Some(wanted | CONSTRUCTED) {
            self.must_be(wanted, what)?;
        }
        let (element, mut fault) = self.element()?;
        if element.tag & CONSTRUCTED == 0 {
            return Ok((Cow::Borrowed(self.octets_at(&element.content)), fault));
        }
        let mut octets = Vec::new();
        if let Err(inner) = self.inside(&element).and_then(|pieces| pieces.collect(&mut octets, 1)) {
            fault = Some(inner);
        }
        Ok((Cow::Owned(octets), fault))
    }

    /// The same, of one that must be all there.
    pub(crate) fn octet_string(&mut self, what: &'static str) -> Result<Cow<'a, [u8]>, Malformation> {
        let at = self.at;
        match self.string(tag::OCTET_STRING, what)? {
            (octets, None) => Ok(octets),
            (_, Some(fault)) => {
                self.at = at;
                Err(fault)
            }
        }
    }

    /// Joins the pieces of a string; together they are shorter than what they stand in.
    fn collect(mut self, into: &mut Vec<u8>, depth: usize) -> Result<(), Malformation> {
        while !self.is_empty() {
            if self.peek() == Some(tag::OCTET_STRING | CONSTRUCTED) {
                if depth > STRING_DEPTH {
                    return Err(Malformation::new("pieces of a string at most 5 deep", "more").at(self.at));
                }
                let (pieces, fault) = self.open(tag::OCTET_STRING | CONSTRUCTED, "a piece of an OCTET STRING")?;
                pieces.collect(into, depth + 1)?;
                fault.map_or(Ok(()), Err)?;
                continue;
            }
            self.must_be(tag::OCTET_STRING, "a piece of an OCTET STRING")?;
            let (piece, fault) = self.element()?;
            into.extend_from_slice(self.octets_at(&piece.content));
            fault.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// The octets at a place that this walk gave.
    pub(crate) fn octets_at(&self, place: &Range<usize>) -> &'a [u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }
}

fn too_deep(at: usize) -> Malformation {
    Malformation::new("elements at most 32 deep", "more").at(at)
}

fn short(declared: usize, left: usize) -> Malformation {
    Malformation::new("as many octets as declared", format!("{declared} octets declared, {left} there"))
}

/// Tag and length at `at` (X.690, 8.1.2 and 8.1.3).
fn header(bytes: &[u8], at: usize, end: usize) -> Result<Header, Malformation> {
    let octet = |place: usize| if place < end { bytes.get(place).copied() } else { None };
    let cut = || Malformation::new("a length", "the end").at(at);
    let tag = octet(at).ok_or_else(|| Malformation::new("another element", "the end").at(at))?;
    if tag & 0x1f == 0x1f {
        return Err(Malformation::new("a tag below 31", format!("octet {tag:#04x}")).at(at));
    }
    if tag == 0 {
        return Err(Malformation::new("another element", "the end of contents").at(at));
    }
    let first = octet(at + 1).ok_or_else(cut)?;
    let count = match first {
        0..0x80 => return Ok(Header { tag, content: at + 2, length: Some(usize::from(first)) }),
        0x80 if tag & CONSTRUCTED != 0 => return Ok(Header { tag, content: at + 2, length: None }),
        0x80 => return Err(Malformation::new("a definite length", "an indefinite one").at(at)),
        // Leading zeros are BER; OpenSSL takes as many (`asn1_get_length`, crypto/asn1/asn1_lib.c).
        _ => usize::from(first & 0x7f),
    };
    let mut length = 0usize;
    for place in 0..count {
        let next = octet(at + 2 + place).ok_or_else(cut)?;
        length = length
            .checked_mul(256)
            .map(|high| high | usize::from(next))
            .ok_or_else(|| Malformation::new("a length that fits a file", "a longer one").at(at))?;
    }
    Ok(Header { tag, content: at + 2 + count, length: Some(length) })
}

/// Where the end-of-contents octets stand that close an element whose content begins at `at`.
fn end_of_contents(bytes: &[u8], mut at: usize, end: usize) -> Result<usize, Malformation> {
    let mut open = 1usize;
    loop {
        if end.saturating_sub(at) >= 2 && bytes.get(at..).is_some_and(|rest| rest.starts_with(&[0, 0])) {
            open -= 1;
            if open == 0 {
                return Ok(at);
            }
            at += 2;
            continue;
        }
        let header = header(bytes, at, end)?;
        let left = end.saturating_sub(header.content);
        match header.length {
            Some(length) if length <= left => at = header.content + length,
            Some(length) => return Err(short(length, left).at(at)),
            None if open >= ASN1_DEPTH => return Err(too_deep(at)),
            None => {
                open += 1;
                at = header.content;
            }
        }
    }
}

/// The certificate that `bytes` begin with: its octets, and whether they are BER that is no DER.
pub(crate) fn certificate(bytes: &[u8]) -> Result<(usize, bool), Malformation> {
    match der::first_sequence(bytes) {
        Ok(end) if der::is_certificate(bytes) => return Ok((end, false)),
        Ok(_) if frame(bytes).is_err() => {
            return Err(Malformation::new("a certificate", der::describe(bytes)).at(0));
        }
        Err(why) if frame(bytes).is_err() => return Err(why),
        _ => {}
    }
    Ok((Walk::new(bytes).next()?.whole.end, true))
}

/// The frame that [`der::is_certificate`] asks for, in BER.
fn frame(bytes: &[u8]) -> Result<(), Malformation> {
    let what = "a certificate";
    let mut outer = Walk::new(bytes).enter(tag::SEQUENCE, what)?;
    let mut inner = outer.enter(tag::SEQUENCE, what)?;
    outer.expect(tag::SEQUENCE, what)?;
    if outer.peek() != Some(tag::BIT_STRING | CONSTRUCTED) {
        outer.must_be(tag::BIT_STRING, what)?;
    }
    outer.next()?;
    inner.optional(tag::context(0))?;
    inner.expect(tag::INTEGER, what)?;
    for _ in 0..3 {
        inner.expect(tag::SEQUENCE, what)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
