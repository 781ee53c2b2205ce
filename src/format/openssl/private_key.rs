//! Whether OpenSSL decodes an unencrypted private key: one that it does not makes it refuse the
//! whole file, certificates and all.
//!
//! `PEM_X509_INFO_read_bio` gives every label that ends in `PRIVATE KEY` to `d2i_PrivateKey` of its
//! type, or to `d2i_AutoPrivateKey` (crypto/pem/pem_info.c, crypto/asn1/d2i_pr.c): the form of its
//! own (RFC 8017, A.1.2; RFC 5915, 3; DSA as six integers), or PKCS#8 (RFC 5958). The numbers in a
//! key are not looked at, and nothing of it is kept.

use super::d2i::{ALGORITHM, Field, INTEGER, Kind, OCTET_STRING, OID, Tagging, field, optional};
use super::decoder::Decoder;
use crate::format::der::{Walk, tag};
use crate::model::Oid;

const NUMBER: Field = field(Kind::Primitive(INTEGER));
const RSA: Kind = Kind::Sequence(&[NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER]);
const RSA_MORE_PRIMES: Kind = Kind::Sequence(&[
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    field(Kind::SequenceOf(&Kind::Sequence(&[NUMBER, NUMBER, NUMBER]))),
]);
const DSA: Kind = Kind::Sequence(&[NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER]);
/// The curve may be missing where PKCS#8 names it outside.
const EC: Kind = Kind::Sequence(&[
    NUMBER,
    field(Kind::Primitive(OCTET_STRING)),
    optional(Tagging::Explicit(0), Kind::Any),
    optional(Tagging::Explicit(1), Kind::Primitive(super::d2i::BIT_STRING)),
]);
const OCTETS: Kind = Kind::Primitive(OCTET_STRING);
const PKCS8: Kind = Kind::Sequence(&[
    NUMBER,
    field(Kind::Sequence(ALGORITHM)),
    field(Kind::Primitive(OCTET_STRING)),
    optional(Tagging::Implicit(0), Kind::SetOf(&Kind::Any)),
    optional(Tagging::Implicit(1), Kind::Primitive(super::d2i::BIT_STRING)),
]);

/// What a label says of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Any,
    Rsa,
    Dsa,
    Ec,
    /// X25519, X448, Ed25519, Ed448 (RFC 8410) with this many octets.
    Curve(usize),
    /// Diffie-Hellman, or what OpenSSL knows and castore does not look into.
    Other,
}

/// id-dsa, rsaEncryption and id-RSASSA-PSS, id-ecPublicKey, RFC 8410's four, dhKeyAgreement.
const ALGORITHMS: &[(&str, Type)] = &[
    ("1.2.840.113549.1.1.1", Type::Rsa),
    ("1.2.840.113549.1.1.10", Type::Rsa),
    ("1.2.840.10040.4.1", Type::Dsa),
    ("1.2.840.10045.2.1", Type::Ec),
    ("1.3.101.110", Type::Curve(32)),
    ("1.3.101.111", Type::Curve(56)),
    ("1.3.101.112", Type::Curve(32)),
    ("1.3.101.113", Type::Curve(57)),
    ("1.2.840.113549.1.3.1", Type::Other),
    ("1.2.840.10046.2.1", Type::Other),
];

/// The arcs of the curves that OpenSSL has names for: ANSI X9.62, SECG, Brainpool, WAP, SM2.
const CURVES: &[&str] =
    &["1.2.840.10045.3.", "1.3.132.0.", "1.3.36.3.3.2.8.1.1.", "2.23.43.1.4.", "1.2.156.10197.1.301"];

/// Whether a block with this label makes OpenSSL decode a key, and whether it can.
pub(super) fn loads(label: &[u8], octets: &[u8]) -> bool {
    let wanted = match label {
        b"ENCRYPTED PRIVATE KEY" => return true,
        b"RSA PRIVATE KEY" => Type::Rsa,
        b"DSA PRIVATE KEY" => Type::Dsa,
        b"EC PRIVATE KEY" => Type::Ec,
        _ if label.ends_with(b"PRIVATE KEY") => Type::Any,
        _ => return true,
    };
    let own = match wanted {
        Type::Any => [Type::Rsa, Type::Dsa, Type::Ec].iter().any(|one| is_own_form(*one, octets)),
        one => is_own_form(one, octets),
    };
    own || is_pkcs8(wanted, octets)
}

fn takes(kind: &Kind, octets: &[u8]) -> bool {
    Decoder::new(octets).whole(kind).is_some()
}

fn is_own_form(kind: Type, octets: &[u8]) -> bool {
    match kind {
        Type::Rsa => takes(&RSA, octets) || takes(&RSA_MORE_PRIMES, octets),
        Type::Dsa => takes(&DSA, octets),
        Type::Ec => takes(&EC, octets) && names_a_curve(octets),
        _ => false,
    }
}

/// Whether the key names a curve that OpenSSL knows, or gives one by its numbers.
fn names_a_curve(octets: &[u8]) -> bool {
    let curve = || {
        let whole = Walk::new(octets).expect(tag::SEQUENCE, "a key").ok()?;
        let mut fields = Walk::inside(octets, &whole.content);
        fields.next().and_then(|_| fields.next()).ok()?;
        let tagged = fields.optional(tag::context(0)).ok()??;
        let mut parameters = Walk::inside(octets, &tagged.content);
        if parameters.peek() == Some(tag::SEQUENCE) {
            return Some(true);
        }
        Some(parameters.oid().ok()?.is_some_and(|oid| is_known_curve(&oid)))
    };
    curve().unwrap_or(false)
}

fn is_known_curve(oid: &Oid) -> bool {
    let text = oid.to_string();
    CURVES.iter().any(|arc| text.starts_with(arc))
}

fn is_pkcs8(wanted: Type, octets: &[u8]) -> bool {
    if !takes(&PKCS8, octets) {
        return false;
    }
    // In BER no further: the frame is sound.
    inner(octets).is_none_or(|(kind, named, key)| {
        (wanted == Type::Any || wanted == kind)
            && match kind {
                Type::Ec => named && takes(&EC, key),
                Type::Curve(length) => takes(&OCTETS, key) && key.len() == length + 2,
                Type::Other => true,
                Type::Any => false,
                own => is_own_form(own, key),
            }
    })
}

/// The type that a PKCS#8 key says, whether it names a curve, and its own octets.
fn inner(octets: &[u8]) -> Option<(Type, bool, &[u8])> {
    let whole = Walk::new(octets).expect(tag::SEQUENCE, "a key").ok()?;
    let mut fields = Walk::inside(octets, &whole.content);
    fields.next().ok()?;
    let algorithm = fields.expect(tag::SEQUENCE, "an algorithm").ok()?;
    let key = fields.expect(tag::OCTET_STRING, "a key").ok()?;
    let mut parts = Walk::inside(octets, &algorithm.content);
    let oid = parts.oid().ok()??.to_string();
    let named = match parts.peek() {
        Some(OID) => parts.oid().ok()?.is_some_and(|curve| is_known_curve(&curve)),
        Some(tag::SEQUENCE) => true,
        _ => false,
    };
    let kind = ALGORITHMS.iter().find(|(known, _)| *known == oid).map_or(Type::Any, |(_, kind)| *kind);
    Some((kind, named, &octets[key.content]))
}
