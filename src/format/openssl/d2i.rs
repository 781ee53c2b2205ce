//! Whether `d2i_X509`, `d2i_X509_AUX` and `d2i_X509_CRL` take some octets.
//!
//! OpenSSL's decoder is looser than DER (indefinite and padded lengths, strings in pieces) and
//! checks more than a frame (integers without superfluous octets, names that convert to UTF-8).
//! The tables are the ASN.1 of RFC 5280, 4.1 and 5.1; [`super::decoder`] walks them.

use super::decoder::Decoder;
use super::plain;

/// A type.
pub(super) enum Kind {
    Sequence(&'static [Field]),
    SequenceOf(&'static Kind),
    SetOf(&'static Kind),
    /// A primitive of this universal tag.
    Primitive(u8),
    /// Anything at all.
    Any,
    /// Anything constructed, under the tag of a SEQUENCE.
    Constructed,
    /// The first of these that is there.
    OneOf(&'static [Field]),
    /// One of the universal tags in the set.
    Choice(u32),
    /// The same, and text of it must convert to UTF-8: OpenSSL builds the canonical form of
    /// every name while it decodes (`x509_name_canon`, crypto/x509/x_name.c).
    Text(u32),
}

/// A field of a sequence.
pub(super) struct Field {
    pub(super) tagging: Tagging,
    pub(super) optional: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy)]
pub(super) enum Tagging {
    None,
    Explicit(u8),
    Implicit(u8),
}

pub(super) const fn field(kind: Kind) -> Field {
    Field { tagging: Tagging::None, optional: false, kind }
}

pub(super) const fn optional(tagging: Tagging, kind: Kind) -> Field {
    Field { tagging, optional: true, kind }
}

pub(super) const fn tagged(tagging: Tagging, kind: Kind) -> Field {
    Field { tagging, optional: false, kind }
}

pub(super) const BOOLEAN: u8 = 1;
pub(super) const INTEGER: u8 = 2;
pub(super) const BIT_STRING: u8 = 3;
pub(super) const OCTET_STRING: u8 = 4;
pub(super) const NULL: u8 = 5;
pub(super) const OID: u8 = 6;
pub(super) const ENUMERATED: u8 = 10;
const UTF8: u8 = 12;
pub(super) const SEQUENCE: u8 = 16;
pub(super) const SET: u8 = 17;

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
pub(super) const ALGORITHM: &[Field] = &[field(Kind::Primitive(OID)), optional(Tagging::None, Kind::Any)];
pub(super) const ATTRIBUTE: &[Field] = &[field(Kind::Primitive(OID)), field(PRINTABLE)];
pub(super) const NAME: Kind = Kind::SequenceOf(&Kind::SetOf(&Kind::Sequence(ATTRIBUTE)));
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
    plain::certificate(bytes).or_else(|| walk(bytes))
}

/// The same by the table alone.
pub(super) fn walk(bytes: &[u8]) -> Option<()> {
    Decoder::new(bytes).whole(&CERTIFICATE)
}

/// Whether `d2i_X509_AUX` does: the certificate, and if anything follows, auxiliary trust.
pub(super) fn trusted(bytes: &[u8]) -> Option<()> {
    let mut decoder = Decoder::new(bytes);
    decoder.whole(&CERTIFICATE)?;
    if decoder.is_empty() { Some(()) } else { decoder.whole(&AUX) }
}

/// Whether `d2i_X509_CRL` does.
pub(super) fn list(bytes: &[u8]) -> Option<()> {
    Decoder::new(bytes).whole(&LIST)
}
