//! One DER certificate in a file, and the walk over tags and lengths that every reader here
//! shares.
//!
//! The walk is our own because it must go on where strict parsers stop: a certificate with a
//! negative serial or a broken extension is still in the store, still trusted by someone, and
//! still has to be shown. It copies nothing and checks every length against what is there.

use crate::model::{Body, Decoded, Malformation, Note, Oid, Slot, Trust};
use std::ops::Range;

/// Tags of X.690, 8.14 and X.680, clause 8, as the one octet they take in certificates.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    #[cfg(feature = "network")] // LDAP answers with one
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8: u8 = 0x0c;
    pub(crate) const NUMERIC: u8 = 0x12;
    pub(crate) const PRINTABLE: u8 = 0x13;
    pub(crate) const TELETEX: u8 = 0x14;
    pub(crate) const IA5: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const VISIBLE: u8 = 0x1a;
    pub(crate) const UNIVERSAL: u8 = 0x1c;
    pub(crate) const BMP: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// `[n]`, constructed.
    pub(crate) const fn context(n: u8) -> u8 {
        0xa0 | n
    }
}

/// One element: its tag, where its content and the whole of it stand. In BER the content is without the
/// end-of-contents octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tlv {
    pub(crate) tag: u8,
    pub(crate) content: Range<usize>,
    pub(crate) whole: Range<usize>,
}

/// Reads the elements that stand one after the other between two offsets.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, end: bytes.len() }
    }

    /// The elements inside `content`, which came from the same octets.
    pub(crate) fn inside(bytes: &'a [u8], content: &Range<usize>) -> Self {
        Self { bytes, at: content.start, end: content.end.min(bytes.len()) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The tag of the next element, which is not taken.
    pub(crate) fn peek(&self) -> Option<u8> {
        if self.is_empty() { None } else { self.bytes.get(self.at).copied() }
    }

    fn octet(&self, at: usize) -> Option<u8> {
        if at < self.end { self.bytes.get(at).copied() } else { None }
    }

    /// The next element, whatever it is.
    pub(crate) fn next(&mut self) -> Result<Tlv, Malformation> {
        let start = self.at;
        let Some(tag) = self.octet(start) else {
            return Err(Malformation::new("another element", "the end").at(start));
        };
        if tag & 0x1f == 0x1f {
            return Err(Malformation::new("a tag below 31", format!("octet {tag:#04x}")).at(start));
        }
        let (from, length) = self.length(start + 1)?;
        let left = self.end - from;
        if length > left {
            let found = format!("{length} octets declared, {left} there");
            return Err(Malformation::new("as many octets as declared", found).at(start));
        }
        self.at = from + length;
        Ok(Tlv { tag, content: from..self.at, whole: start..self.at })
    }

    /// The length that stands at `at`, and where the content begins.
    fn length(&self, at: usize) -> Result<(usize, usize), Malformation> {
        let cut = || Malformation::new("a length", "the end").at(at);
        let first = self.octet(at).ok_or_else(cut)?;
        match first {
            0..0x80 => Ok((at + 1, usize::from(first))),
            0x80 => Err(Malformation::new("a definite length", "an indefinite one (BER)").at(at)),
            // No file is longer than four octets of length can say; OpenSSL stops at a C long.
            0x81..=0x84 => {
                let mut value = 0usize;
                let count = usize::from(first & 0x7f);
                for n in 0..count {
                    let octet = self.octet(at + 1 + n).ok_or_else(cut)?;
                    value = (value << 8) | usize::from(octet);
                }
                Ok((at + 1 + count, value))
            }
            _ => Err(Malformation::new("a length of at most four octets", format!("octet {first:#04x}")).at(at)),
        }
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8, what: &'static str) -> Result<Tlv, Malformation> {
        match self.peek() {
            Some(found) if found == tag => self.next(),
            Some(found) => Err(Malformation::new(what, format!("tag {found:#04x}")).at(self.at)),
            None => Err(Malformation::new(what, "the end").at(self.at)),
        }
    }

    /// The next element as an object identifier; none where its arcs are beyond what
    /// [`Oid`] holds (39 octets, 32 bits an arc) or it is none.
    pub(crate) fn oid(&mut self) -> Result<Option<Oid>, Malformation> {
        let found = self.expect(tag::OID, "an object identifier")?;
        Ok(Oid::from_bytes(&self.bytes[found.content]).ok())
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Tlv>, Malformation> {
        if self.peek() == Some(tag) { self.next().map(Some) } else { Ok(None) }
    }
}

/// The octets of the first element of `bytes`, if it is a complete SEQUENCE of definite length.
pub(crate) fn first_sequence(bytes: &[u8]) -> Result<usize, Malformation> {
    let sequence = Walk::new(bytes).expect(tag::SEQUENCE, "a SEQUENCE (0x30)")?;
    Ok(sequence.whole.end)
}

/// Whether the first element of `bytes` has the frame of a certificate: the three fields, and in
/// the first of them what stands before the subject (RFC 5280, 4.1). A request, a certificate
/// list and a public key differ from it before that.
pub(crate) fn is_certificate(bytes: &[u8]) -> bool {
    frame(bytes).is_ok()
}

fn frame(bytes: &[u8]) -> Result<(), Malformation> {
    let what = "a certificate";
    let whole = Walk::new(bytes).expect(tag::SEQUENCE, what)?;
    let mut outer = Walk::inside(bytes, &whole.content);
    let tbs = outer.expect(tag::SEQUENCE, what)?;
    outer.expect(tag::SEQUENCE, what)?;
    outer.expect(tag::BIT_STRING, what)?;
    let mut inner = Walk::inside(bytes, &tbs.content);
    inner.optional(tag::context(0))?;
    inner.expect(tag::INTEGER, what)?;
    for _ in 0..3 {
        inner.expect(tag::SEQUENCE, what)?;
    }
    Ok(())
}

/// What DER that is no certificate seems to be, in words.
pub(crate) fn describe(bytes: &[u8]) -> String {
    let Some(&first) = bytes.first() else { return "nothing".to_owned() };
    let Ok(whole) = Walk::new(bytes).next() else { return format!("octet {first:#04x}, no complete DER") };
    if whole.tag != tag::SEQUENCE {
        return format!("DER with tag {first:#04x}");
    }
    let mut outer = Walk::inside(bytes, &whole.content);
    let tags: Vec<u8> = std::iter::from_fn(|| outer.next().ok().map(|t| t.tag)).take(4).collect();
    match tags[..] {
        [tag::OID, ..] => "a ContentInfo (PKCS#7)",
        [tag::SEQUENCE, tag::BIT_STRING] => "a public key",
        [tag::SEQUENCE, tag::SEQUENCE, tag::BIT_STRING] => "a certificate list, a request or another signed structure",
        [tag::INTEGER, ..] => "a key or a PKCS#12 file",
        _ => "DER of another structure",
    }
    .to_owned()
}

/// Reads a file that is one DER certificate.
#[must_use]
pub fn read(bytes: &[u8]) -> Vec<Decoded> {
    let (body, notes): (Body<Box<[u8]>>, Vec<Note>) = match super::ber::certificate(bytes) {
        Ok((end, is_ber)) => {
            let trailing = bytes.len() - end;
            let mut notes = if trailing > 0 { vec![Note::Trailing(trailing)] } else { Vec::new() };
            // OpenSSL reads it; it is kept as it was found.
            notes.extend(is_ber.then_some(Note::Ber));
            (Body::Certificate(Box::from(&bytes[..end])), notes)
        }
        Err(malformation) => (Body::Malformed(Box::new(malformation)), Vec::new()),
    };
    vec![Decoded { slot: Slot::Whole, trust: Trust::Unstated, body, notes }]
}

/// Appends an element to `out`.
pub(crate) fn put(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let from = octets.iter().position(|&o| o != 0).unwrap_or(octets.len() - 1);
        out.push(0x80 | (octets.len() - from) as u8);
        out.extend_from_slice(&octets[from..]);
    }
    out.extend_from_slice(content);
}

/// An element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, tag, content);
    out
}

/// A SEQUENCE of elements.
pub(crate) fn sequence(fields: &[Vec<u8>]) -> Vec<u8> {
    element(tag::SEQUENCE, &fields.concat())
}

/// An OBJECT IDENTIFIER.
pub(crate) fn oid(oid: Oid) -> Vec<u8> {
    element(tag::OID, oid.as_bytes())
}

#[cfg(test)]
mod tests;
