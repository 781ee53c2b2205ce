//! Whether `d2i_X509`, `d2i_X509_AUX` and `d2i_X509_CRL` take some octets.
//!
//! OpenSSL's decoder is looser than DER (indefinite and padded lengths, strings in pieces) and
//! checks more than a frame (integers without superfluous octets, names that convert to UTF-8).
//! The tables are the ASN.1 of RFC 5280, 4.1 and 5.1; how one is walked follows
//! `asn1_item_embed_d2i`, crypto/asn1/tasn_dec.c.

use crate::format::x509::strings;
use std::borrow::Cow;

/// A type.
enum Kind {
    Sequence(&'static [Field]),
    SequenceOf(&'static Kind),
    SetOf(&'static Kind),
    /// A primitive of this universal tag.
    Primitive(u8),
    /// Anything at all.
    Any,
    /// One of the universal tags in the set.
    Choice(u32),
    /// The same, and text of it must convert to UTF-8: OpenSSL builds the canonical form of
    /// every name while it decodes (`x509_name_canon`, crypto/x509/x_name.c).
    Text(u32),
}

/// A field of a sequence.
struct Field {
    tagging: Tagging,
    optional: bool,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Tagging {
    None,
    Explicit(u8),
    Implicit(u8),
}

const fn field(kind: Kind) -> Field {
    Field { tagging: Tagging::None, optional: false, kind }
}

const fn optional(tagging: Tagging, kind: Kind) -> Field {
    Field { tagging, optional: true, kind }
}

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const OCTET_STRING: u8 = 4;
const NULL: u8 = 5;
const OID: u8 = 6;
const ENUMERATED: u8 = 10;
const UTF8: u8 = 12;
const SEQUENCE: u8 = 16;
const SET: u8 = 17;

/// UTCTime or GeneralizedTime.
const TIME: Kind = Kind::Choice(1 << 23 | 1 << 24);
/// `B_ASN1_PRINTABLE` as `ASN1_tag2bit` maps tags to it: the value of an attribute in a name.
/// The tags it calls unknown are 7 to 9, 11, 13 to 15 and 29.
const PRINTABLE: Kind = Kind::Text(
    1 << 3
        | 7 << 7
        | 1 << 11
        | 1 << 12
        | 7 << 13
        | 1 << 16
        | 1 << 18
        | 1 << 19
        | 1 << 20
        | 1 << 22
        | 1 << 28
        | 1 << 29
        | 1 << 30,
);
const ALGORITHM: &[Field] = &[field(Kind::Primitive(OID)), optional(Tagging::None, Kind::Any)];
const ATTRIBUTE: &[Field] = &[field(Kind::Primitive(OID)), field(PRINTABLE)];
const NAME: Kind = Kind::SequenceOf(&Kind::SetOf(&Kind::Sequence(ATTRIBUTE)));
const EXTENSION: &[Field] = &[
    field(Kind::Primitive(OID)),
    optional(Tagging::None, Kind::Primitive(BOOLEAN)),
    field(Kind::Primitive(OCTET_STRING)),
];
const EXTENSIONS: Kind = Kind::SequenceOf(&Kind::Sequence(EXTENSION));
const CERTIFICATE: Kind = Kind::Sequence(&[
    field(Kind::Sequence(&[
        optional(Tagging::Explicit(0), Kind::Primitive(INTEGER)),
        field(Kind::Primitive(INTEGER)),
        field(Kind::Sequence(ALGORITHM)),
        field(NAME),
        field(Kind::Sequence(&[field(TIME), field(TIME)])),
        field(NAME),
        field(Kind::Sequence(&[field(Kind::Sequence(ALGORITHM)), field(Kind::Primitive(BIT_STRING))])),
        optional(Tagging::Implicit(1), Kind::Primitive(BIT_STRING)),
        optional(Tagging::Implicit(2), Kind::Primitive(BIT_STRING)),
        optional(Tagging::Explicit(3), EXTENSIONS),
    ])),
    field(Kind::Sequence(ALGORITHM)),
    field(Kind::Primitive(BIT_STRING)),
]);
const LIST: Kind = Kind::Sequence(&[
    field(Kind::Sequence(&[
        optional(Tagging::None, Kind::Primitive(INTEGER)),
        field(Kind::Sequence(ALGORITHM)),
        field(NAME),
        field(TIME),
        optional(Tagging::None, TIME),
        optional(
            Tagging::None,
            Kind::SequenceOf(&Kind::Sequence(&[
                field(Kind::Primitive(INTEGER)),
                field(TIME),
                optional(Tagging::None, EXTENSIONS),
            ])),
        ),
        optional(Tagging::Explicit(0), EXTENSIONS),
    ])),
    field(Kind::Sequence(ALGORITHM)),
    field(Kind::Primitive(BIT_STRING)),
]);
const OIDS: Kind = Kind::SequenceOf(&Kind::Primitive(OID));
const AUX: Kind = Kind::Sequence(&[
    optional(Tagging::None, OIDS),
    optional(Tagging::Implicit(0), OIDS),
    optional(Tagging::None, Kind::Primitive(UTF8)),
    optional(Tagging::None, Kind::Primitive(OCTET_STRING)),
    optional(Tagging::Implicit(1), Kind::SequenceOf(&Kind::Sequence(ALGORITHM))),
]);

/// Whether `d2i_X509` takes these octets; what follows the certificate does not matter.
pub(super) fn certificate(bytes: &[u8]) -> Option<()> {
    Decoder { at: bytes }.whole(&CERTIFICATE)
}

/// Whether `d2i_X509_AUX` does: the certificate, and if anything follows, auxiliary trust.
pub(super) fn trusted(bytes: &[u8]) -> Option<()> {
    let mut decoder = Decoder { at: bytes };
    decoder.whole(&CERTIFICATE)?;
    if decoder.at.is_empty() { Some(()) } else { decoder.whole(&AUX) }
}

/// Whether `d2i_X509_CRL` does.
pub(super) fn list(bytes: &[u8]) -> Option<()> {
    Decoder { at: bytes }.whole(&LIST)
}

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

/// `ASN1_get_object`.
fn header(bytes: &[u8]) -> Option<Header> {
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
struct Decoder<'a> {
    at: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// One item, which must be there.
    fn whole(&mut self, kind: &Kind) -> Option<()> {
        match self.item(kind, None)? {
            Found::Yes => Some(()),
            Found::No => None,
        }
    }

    fn item(&mut self, kind: &Kind, implicit: Option<u8>) -> Option<Found> {
        match kind {
            Kind::Sequence(fields) => {
                // Of lists OpenSSL does not ask that they be constructed.
                if !header(self.at)?.constructed {
                    return Some(Found::No);
                }
                self.constructed(SEQUENCE, implicit, |inner, indefinite| inner.fields(fields, indefinite))
            }
            Kind::SequenceOf(kind) => {
                self.constructed(SEQUENCE, implicit, |inner, indefinite| inner.list(kind, indefinite))
            }
            Kind::SetOf(kind) => self.constructed(SET, implicit, |inner, indefinite| inner.list(kind, indefinite)),
            Kind::Primitive(tag) => {
                let header = header(self.at)?;
                let (class, wanted) = implicit.map_or((0, *tag), |n| (2, n));
                if header.class != class || header.tag != u32::from(wanted) {
                    return Some(Found::No);
                }
                self.primitive(header, u32::from(*tag)).map(|_| Found::Yes)
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

    /// An element whose contents `inner` decodes.
    fn constructed(
        &mut self,
        tag: u8,
        implicit: Option<u8>,
        inner: impl FnOnce(&mut Decoder<'a>, bool) -> Option<()>,
    ) -> Option<Found> {
        let header = header(self.at)?;
        let (class, tag) = implicit.map_or((0, tag), |n| (2, n));
        if header.class != class || header.tag != u32::from(tag) {
            return Some(Found::No);
        }
        self.inside(header, inner).map(|()| Found::Yes)
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
                if header.class != 2 || header.tag != u32::from(tag) {
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
        let whole = [BOOLEAN, NULL, OID, INTEGER, ENUMERATED].iter().any(|&t| u32::from(t) == tag);
        let content = if header.constructed {
            if whole {
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
fn is_content(tag: u32, content: &[u8]) -> bool {
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
