//! The walk of OpenSSL's decoder over a type's table, octet for octet as loose and as strict
//! (`asn1_item_embed_d2i` and what it calls, crypto/asn1/tasn_dec.c).
//!
//! [`crate::format::ber`] reads as much as can be read; this must refuse what OpenSSL refuses and take
//! what it takes, tags from 31 and superfluous lengths included. So the two share nothing.

use super::d2i::{BIT_STRING, BOOLEAN, ENUMERATED, Field, INTEGER, Kind, NULL, OID, SEQUENCE, SET, Tagging};
use crate::format::x509::strings;
use std::borrow::Cow;

/// A tag and length.
#[derive(Clone, Copy)]
struct Header {
    class: u8,
    constructed: bool,
    tag: u32,
    header: usize,
    /// Nothing where the length is indefinite.
    length: Option<usize>,
}

impl Header {
    /// Whether it has the universal tag, or the context tag in its place.
    fn is(&self, implicit: Option<u8>, tag: u8) -> bool {
        let (class, tag) = implicit.map_or((0, tag), |n| (2, n));
        self.class == class && self.tag == u32::from(tag)
    }
}

/// `ASN1_get_object`.
#[inline]
fn header(bytes: &[u8]) -> Option<Header> {
    if let [first, length @ 0..0x80, rest @ ..] = bytes
        && first & 0x1f != 0x1f
        && usize::from(*length) <= rest.len()
    {
        let (class, constructed, tag) = (first >> 6, first & 0x20 != 0, u32::from(first & 0x1f));
        return Some(Header { class, constructed, tag, header: 2, length: Some(usize::from(*length)) });
    }
    long_header(bytes)
}

/// The same for tags from 31, lengths from 128 and indefinite ones.
fn long_header(bytes: &[u8]) -> Option<Header> {
    let first = *bytes.first()?;
    let mut at = 1;
    let mut tag = u32::from(first & 0x1f);
    if tag == 0x1f {
        tag = 0;
        loop {
            let octet = *bytes.get(at)?;
            at += 1;
            if tag > (i32::MAX as u32) >> 7 {
                return None;
            }
            tag = (tag << 7) | u32::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                break;
            }
        }
    }
    let constructed = first & 0x20 != 0;
    let octet = *bytes.get(at)?;
    at += 1;
    let length = match octet {
        0..0x80 => Some(usize::from(octet)),
        0x80 if constructed => None,
        0x80 => return None,
        _ => {
            let digits = bytes.get(at..at + usize::from(octet & 0x7f))?;
            at += digits.len();
            let from = digits.iter().position(|&d| d != 0).unwrap_or(digits.len());
            let digits = &digits[from..];
            if digits.len() > 8 || (digits.len() == 8 && digits[0] >= 0x80) {
                return None;
            }
            Some(digits.iter().fold(0usize, |value, &d| (value << 8) | usize::from(d)))
        }
    };
    if length.is_some_and(|length| length > bytes.len() - at) {
        return None;
    }
    Some(Header { class: first >> 6, constructed, tag, header: at, length })
}

/// Whether an optional element was there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Yes,
    No,
}

/// What is left to decode. Every method gives `None` where OpenSSL refuses.
pub(super) struct Decoder<'a> {
    at: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { at: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// One item, which must be there.
    pub(super) fn whole(&mut self, kind: &Kind) -> Option<()> {
        match self.item(kind, None)? {
            Found::Yes => Some(()),
            Found::No => None,
        }
    }

    fn item(&mut self, kind: &Kind, implicit: Option<u8>) -> Option<Found> {
        match kind {
            Kind::Sequence(fields) => {
                let header = header(self.at)?;
                // Of lists OpenSSL does not ask that they be constructed.
                if !header.constructed || !header.is(implicit, SEQUENCE) {
                    return Some(Found::No);
                }
                self.inside(header, |inner, indefinite| inner.fields(fields, indefinite))?;
                Some(Found::Yes)
            }
            Kind::SequenceOf(kind) => self.list_of(header(self.at)?, SEQUENCE, implicit, kind),
            Kind::SetOf(kind) => self.list_of(header(self.at)?, SET, implicit, kind),
            Kind::Primitive(tag) => {
                let header = header(self.at)?;
                if !header.is(implicit, *tag) {
                    return Some(Found::No);
                }
                self.primitive(header, u32::from(*tag)).map(|_| Found::Yes)
            }
            Kind::Constructed => {
                let header = header(self.at)?;
                if !header.is(implicit, SEQUENCE) {
                    return Some(Found::No);
                }
                if !header.constructed {
                    return None;
                }
                self.skip(header).map(|()| Found::Yes)
            }
            Kind::OneOf(fields) => {
                for field in *fields {
                    if self.field(field)? == Found::Yes {
                        return Some(Found::Yes);
                    }
                }
                Some(Found::No)
            }
            Kind::Any => {
                let header = header(self.at)?;
                self.any(header).map(|_| Found::Yes)
            }
            Kind::Choice(tags) | Kind::Text(tags) => {
                let header = header(self.at)?;
                if header.class != 0 || header.tag > 30 || tags & (1 << header.tag) == 0 {
                    return Some(Found::No);
                }
                let content = self.any(header)?;
                let is_text = matches!(kind, Kind::Text(_));
                (!is_text || strings::converts(header.tag as u8, &content)).then_some(Found::Yes)
            }
        }
    }

    fn list_of(&mut self, header: Header, tag: u8, implicit: Option<u8>, kind: &Kind) -> Option<Found> {
        if !header.is(implicit, tag) {
            return Some(Found::No);
        }
        self.inside(header, |inner, indefinite| inner.list(kind, indefinite))?;
        Some(Found::Yes)
    }

    /// Contents of known or unknown length.
    fn inside(&mut self, header: Header, inner: impl FnOnce(&mut Decoder<'a>, bool) -> Option<()>) -> Option<()> {
        let content = &self.at[header.header..];
        let Some(length) = header.length else {
            let mut decoder = Decoder { at: content };
            inner(&mut decoder, true)?;
            self.at = decoder.at.strip_prefix(&[0, 0])?;
            return Some(());
        };
        let mut decoder = Decoder { at: &content[..length] };
        inner(&mut decoder, false)?;
        self.at = &content[length..];
        decoder.at.is_empty().then_some(())
    }

    /// Whether contents are over; two NULs where the length is known are refused.
    fn is_over(&self, indefinite: bool) -> Option<bool> {
        match self.at {
            [] => Some(true),
            [0, 0, ..] => indefinite.then_some(true),
            _ => Some(false),
        }
    }

    fn fields(&mut self, fields: &[Field], indefinite: bool) -> Option<()> {
        for field in fields {
            let found = if self.is_over(indefinite)? { Found::No } else { self.field(field)? };
            if found == Found::No && !field.optional {
                return None;
            }
        }
        Some(())
    }

    fn field(&mut self, field: &Field) -> Option<Found> {
        match field.tagging {
            Tagging::None => self.item(&field.kind, None),
            Tagging::Implicit(tag) => self.item(&field.kind, Some(tag)),
            Tagging::Explicit(tag) => {
                let header = header(self.at)?;
                if !header.is(Some(tag), tag) {
                    return Some(Found::No);
                }
                if !header.constructed {
                    return None;
                }
                self.inside(header, |inner, _| inner.whole(&field.kind))?;
                Some(Found::Yes)
            }
        }
    }

    fn list(&mut self, kind: &Kind, indefinite: bool) -> Option<()> {
        while !self.is_over(indefinite)? {
            self.whole(kind)?;
        }
        Some(())
    }

    /// An element of any type; what is universal and no SEQUENCE or SET is checked.
    fn any(&mut self, header: Header) -> Option<Cow<'a, [u8]>> {
        if header.class == 0 && header.tag != u32::from(SEQUENCE) && header.tag != u32::from(SET) {
            return self.primitive(header, header.tag);
        }
        if header.class == 0 && !header.constructed {
            return None;
        }
        let content = self.at;
        self.skip(header)?;
        Some(Cow::Borrowed(content))
    }

    /// Past an element, whatever is in it (`asn1_find_end`).
    fn skip(&mut self, first: Header) -> Option<()> {
        let mut open = 0usize;
        let mut next = Some(first);
        loop {
            let found = match next.take() {
                Some(header) => header,
                None if self.at.starts_with(&[0, 0]) => {
                    self.at = &self.at[2..];
                    open -= 1;
                    if open == 0 {
                        return Some(());
                    }
                    continue;
                }
                None => header(self.at)?,
            };
            self.at = &self.at[found.header + found.length.unwrap_or(0)..];
            open += usize::from(found.length.is_none());
            if open == 0 {
                return Some(());
            }
        }
    }

    /// Content of a primitive or of a string in pieces, checked as its type asks
    /// (`asn1_ex_c2i`).
    fn primitive(&mut self, header: Header, tag: u32) -> Option<Cow<'a, [u8]>> {
        let content = if header.constructed {
            let whole = [BOOLEAN, NULL, OID, INTEGER, ENUMERATED];
            if whole.iter().any(|&t| u32::from(t) == tag) {
                return None;
            }
            let mut collected = Vec::new();
            self.inside(header, |inner, indefinite| inner.collect(indefinite, &mut collected, 0))?;
            Cow::Owned(collected)
        } else {
            let length = header.length?;
            let content = &self.at[header.header..header.header + length];
            self.at = &self.at[header.header + length..];
            Cow::Borrowed(content)
        };
        is_content(tag, &content).then_some(content)
    }

    /// Strings in pieces (`asn1_collect`); pieces nest at most five deep (`ASN1_MAX_STRING_NEST`).
    fn collect(&mut self, indefinite: bool, into: &mut Vec<u8>, depth: usize) -> Option<()> {
        while !self.is_over(indefinite)? {
            let header = header(self.at)?;
            if header.constructed {
                if depth >= 5 {
                    return None;
                }
                self.inside(header, |inner, indefinite| inner.collect(indefinite, into, depth + 1))?;
            } else {
                let length = header.length?;
                into.extend_from_slice(&self.at[header.header..header.header + length]);
                self.at = &self.at[header.header + length..];
            }
        }
        Some(())
    }
}

/// Whether content octets are ones that OpenSSL takes for the type.
pub(super) fn is_content(tag: u32, content: &[u8]) -> bool {
    match u8::try_from(tag) {
        Ok(BOOLEAN) => content.len() == 1,
        Ok(NULL) => content.is_empty(),
        Ok(INTEGER | ENUMERATED) => is_integer(content),
        Ok(BIT_STRING) => content.first().is_some_and(|&unused| unused <= 7),
        Ok(OID) => {
            let ends = content.last().is_some_and(|last| last & 0x80 == 0);
            let padded = |n: usize| content[n] == 0x80 && (n == 0 || content[n - 1] & 0x80 == 0);
            ends && !(0..content.len()).any(padded)
        }
        Ok(28) => content.len().is_multiple_of(4),
        Ok(30) => content.len().is_multiple_of(2),
        _ => true,
    }
}

/// At least one octet, and no more than the number needs (`c2i_ibuf`, crypto/asn1/a_int.c).
fn is_integer(content: &[u8]) -> bool {
    match content {
        [] => false,
        [_] => true,
        [0, second, ..] => second & 0x80 != 0,
        // The most negative number of its length is all zeros after 0xff.
        [0xff, second, ..] => content[1..].iter().all(|&octet| octet == 0) || second & 0x80 == 0,
        _ => true,
    }
}
