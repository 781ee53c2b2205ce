//! Public keys: which algorithm, and how large.
//!
//! Sizes come from lengths alone. Explicit curve parameters are never evaluated: that is where
//! CVE-2022-0778 was.

use super::{algorithms, names};
use crate::format::der::{Walk, tag};
use crate::model::{Malformation, Oid, PublicKey};
use std::ops::Range;

/// The algorithm of an AlgorithmIdentifier with this content.
pub(super) fn identifier(der: &[u8], content: &Range<usize>) -> Result<Oid, Malformation> {
    Ok(Walk::inside(der, content).oid()?.unwrap_or(names::UNKNOWN))
}

/// The algorithm of the SubjectPublicKeyInfo at `range`.
pub(super) fn algorithm(der: &[u8], range: &Range<usize>) -> Result<Oid, Malformation> {
    let whole = Walk::inside(der, range).expect(tag::SEQUENCE, "a public key (a SEQUENCE)")?;
    let algorithm = Walk::inside(der, &whole.content).expect(tag::SEQUENCE, "a key algorithm (a SEQUENCE)")?;
    identifier(der, &algorithm.content)
}

/// Reads the SubjectPublicKeyInfo at `range`.
pub(super) fn read(der: &[u8], range: &Range<usize>) -> Result<PublicKey, Malformation> {
    let whole = Walk::inside(der, range).expect(tag::SEQUENCE, "a public key (a SEQUENCE)")?;
    let mut fields = Walk::inside(der, &whole.content);
    let algorithm = fields.expect(tag::SEQUENCE, "a key algorithm (a SEQUENCE)")?;
    let bits = fields.expect(tag::BIT_STRING, "the bits of the key")?;
    // The first octet counts the bits that are not used.
    let bits = bits.content.start + 1..bits.content.end;
    let oid = identifier(der, &algorithm.content)?;
    Ok(match oid {
        algorithms::RSA | algorithms::RSA_PSS => match modulus_bits(der, &bits) {
            Some(bits) => PublicKey::Rsa { bits },
            None => PublicKey::Other { algorithm: algorithms::named(oid), bits: None },
        },
        algorithms::EC => ec(der, &algorithm.content),
        _ => {
            let algorithm = algorithms::named(oid);
            PublicKey::Other { bits: algorithms::fixed_bits(&algorithm), algorithm }
        }
    })
}

/// Bits of the modulus of an RSAPublicKey (RFC 8017, A.1.1).
fn modulus_bits(der: &[u8], bits: &Range<usize>) -> Option<u32> {
    let sequence = Walk::inside(der, bits).expect(tag::SEQUENCE, "an RSA key").ok()?;
    let modulus = Walk::inside(der, &sequence.content).expect(tag::INTEGER, "a modulus").ok()?;
    let octets = &der[modulus.content];
    let octets = &octets[octets.iter().position(|&octet| octet != 0).unwrap_or(octets.len())..];
    let first = octets.first().map_or(0, |first| 8 - first.leading_zeros());
    u32::try_from(octets.len().saturating_sub(1)).ok()?.checked_mul(8)?.checked_add(first)
}

/// A key on a curve, by the parameters of its algorithm (RFC 5480, 2.1.1).
fn ec(der: &[u8], algorithm: &Range<usize>) -> PublicKey {
    let mut fields = Walk::inside(der, algorithm);
    let named = fields.oid().ok().and_then(|_| match fields.peek() {
        Some(tag::OID) => fields.oid().ok().flatten(),
        _ => None,
    });
    match (named, fields.peek()) {
        (Some(oid), _) => {
            let (curve, bits) = algorithms::curve(oid);
            PublicKey::Ec { curve, bits }
        }
        (None, Some(tag::SEQUENCE)) => PublicKey::EcExplicit,
        (None, _) => PublicKey::Ec { curve: "without parameters".to_owned(), bits: None },
    }
}
