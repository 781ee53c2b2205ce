//! Whether OpenSSL's decoders of extensions take a value (`X509V3_EXT_d2i`, crypto/x509/v3_lib.c): the
//! tables of crypto/x509/v3_*.c for those that verifying looks at. What follows the value does not matter.

use super::d2i::{
    ATTRIBUTE, BIT_STRING, BOOLEAN, Field, INTEGER, Kind, NAME, NULL, OCTET_STRING, OID, Tagging, field, optional,
    tagged,
};
use super::decoder::Decoder;
use crate::model::Oid;

const IA5: Kind = Kind::Primitive(22);

/// The strings of `DIRECTORYSTRING`, crypto/asn1/tasn_typ.c: printable, teletex, BMP, UTF-8, universal.
const DIRECTORY_STRING: Kind = Kind::Choice(1 << 12 | 1 << 19 | 1 << 20 | 1 << 28 | 1 << 30);

const GENERAL_NAME: Kind = Kind::OneOf(&[
    tagged(
        Tagging::Implicit(0),
        Kind::Sequence(&[field(Kind::Primitive(OID)), tagged(Tagging::Explicit(0), Kind::Any)]),
    ),
    tagged(Tagging::Implicit(1), IA5),
    tagged(Tagging::Implicit(2), IA5),
    tagged(Tagging::Implicit(3), Kind::Constructed),
    tagged(Tagging::Explicit(4), NAME),
    tagged(
        Tagging::Implicit(5),
        Kind::Sequence(&[
            optional(Tagging::Explicit(0), DIRECTORY_STRING),
            tagged(Tagging::Explicit(1), DIRECTORY_STRING),
        ]),
    ),
    tagged(Tagging::Implicit(6), IA5),
    tagged(Tagging::Implicit(7), Kind::Primitive(OCTET_STRING)),
    tagged(Tagging::Implicit(8), Kind::Primitive(OID)),
]);
const GENERAL_NAMES: Kind = Kind::SequenceOf(&GENERAL_NAME);
const SUBTREE: &[Field] = &[
    field(GENERAL_NAME),
    optional(Tagging::Implicit(0), Kind::Primitive(INTEGER)),
    optional(Tagging::Implicit(1), Kind::Primitive(INTEGER)),
];
const SUBTREES: Kind = Kind::SequenceOf(&Kind::Sequence(SUBTREE));
const POINT_NAME: Kind = Kind::OneOf(&[
    tagged(Tagging::Implicit(0), GENERAL_NAMES),
    tagged(Tagging::Implicit(1), Kind::SetOf(&Kind::Sequence(ATTRIBUTE))),
]);
const ADDRESSES: Kind = Kind::OneOf(&[
    field(Kind::Primitive(NULL)),
    field(Kind::SequenceOf(&Kind::OneOf(&[
        field(Kind::Primitive(BIT_STRING)),
        field(Kind::Sequence(&[field(Kind::Primitive(BIT_STRING)), field(Kind::Primitive(BIT_STRING))])),
    ]))),
]);
const NUMBERS: Kind = Kind::OneOf(&[
    field(Kind::Primitive(NULL)),
    field(Kind::SequenceOf(&Kind::OneOf(&[
        field(Kind::Primitive(INTEGER)),
        field(Kind::Sequence(&[field(Kind::Primitive(INTEGER)), field(Kind::Primitive(INTEGER))])),
    ]))),
]);

/// The extensions and their types.
const EXTENSIONS: &[(Oid, Kind)] = &[
    (Oid::new_unwrap("2.5.29.14"), Kind::Primitive(OCTET_STRING)),
    (Oid::new_unwrap("2.5.29.15"), Kind::Primitive(BIT_STRING)),
    (Oid::new_unwrap("2.5.29.17"), GENERAL_NAMES),
    (
        Oid::new_unwrap("2.5.29.19"),
        Kind::Sequence(&[
            optional(Tagging::None, Kind::Primitive(BOOLEAN)),
            optional(Tagging::None, Kind::Primitive(INTEGER)),
        ]),
    ),
    (
        Oid::new_unwrap("2.5.29.30"),
        Kind::Sequence(&[optional(Tagging::Implicit(0), SUBTREES), optional(Tagging::Implicit(1), SUBTREES)]),
    ),
    (
        Oid::new_unwrap("2.5.29.31"),
        Kind::SequenceOf(&Kind::Sequence(&[
            optional(Tagging::Explicit(0), POINT_NAME),
            optional(Tagging::Implicit(1), Kind::Primitive(BIT_STRING)),
            optional(Tagging::Implicit(2), GENERAL_NAMES),
        ])),
    ),
    (
        Oid::new_unwrap("2.5.29.35"),
        Kind::Sequence(&[
            optional(Tagging::Implicit(0), Kind::Primitive(OCTET_STRING)),
            optional(Tagging::Implicit(1), GENERAL_NAMES),
            optional(Tagging::Implicit(2), Kind::Primitive(INTEGER)),
        ]),
    ),
    (Oid::new_unwrap("2.5.29.37"), Kind::SequenceOf(&Kind::Primitive(OID))),
    (Oid::new_unwrap("2.16.840.1.113730.1.1"), Kind::Primitive(BIT_STRING)),
    (
        Oid::new_unwrap("1.3.6.1.5.5.7.1.14"),
        Kind::Sequence(&[
            optional(Tagging::None, Kind::Primitive(INTEGER)),
            field(Kind::Sequence(&[
                field(Kind::Primitive(OID)),
                optional(Tagging::None, Kind::Primitive(OCTET_STRING)),
            ])),
        ]),
    ),
    (
        Oid::new_unwrap("1.3.6.1.5.5.7.1.7"),
        Kind::SequenceOf(&Kind::Sequence(&[field(Kind::Primitive(OCTET_STRING)), field(ADDRESSES)])),
    ),
    (
        Oid::new_unwrap("1.3.6.1.5.5.7.1.8"),
        Kind::Sequence(&[optional(Tagging::Explicit(0), NUMBERS), optional(Tagging::Explicit(1), NUMBERS)]),
    ),
];

/// Whether OpenSSL can decode the value of an extension; true for one that verifying does not look at.
pub(crate) fn decodes(oid: Oid, value: &[u8]) -> bool {
    let known = EXTENSIONS.iter().find(|(known, _)| *known == oid);
    known.is_none_or(|(_, kind)| Decoder::new(value).whole(kind).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_or_refused_as_a_whole() {
        let alt_name = Oid::new_unwrap("2.5.29.17");
        // A list need not be constructed; a name may be in pieces; what is behind the list does not matter.
        for value in [
            &[0x30, 3, 0x82, 1, b'a'][..],
            &[0x10, 3, 0x82, 1, b'a'],
            &[0x30, 5, 0xa2, 3, 0x16, 1, b'a'],
            &[0x30, 0, 0xff],
            &[0x30, 0x80, 0x82, 1, b'a', 0, 0],
        ] {
            assert!(decodes(alt_name, value), "{value:?}");
        }
        for value in [&[][..], &[0x30, 3, 0x92, 1, b'a'], &[0x30, 3, 0xa2, 1, b'a'], &[0x31, 0], &[0x30, 2, 0x89, 0]] {
            assert!(!decodes(alt_name, value), "{value:?}");
        }
        assert!(decodes(Oid::new_unwrap("1.2.3"), &[]));
        assert!(!decodes(Oid::new_unwrap("2.5.29.19"), &[0x10, 0]));
    }
}
