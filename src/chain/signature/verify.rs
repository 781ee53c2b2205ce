//! Which verification an algorithm and a key call for.

use super::Signature;
use super::arithmetic::{self, Digest};
use super::curve;
use crate::format::der::{Walk, tag};
use crate::model::Oid;
use aws_lc_rs::digest;
use aws_lc_rs::signature::{self as lc, UnparsedPublicKey, VerificationAlgorithm};
use std::borrow::Cow;

const fn oid(text: &str) -> Oid {
    Oid::new_unwrap(text)
}

/// RFC 8017, appendix A.2.3.
const RSASSA_PSS: Oid = oid("1.2.840.113549.1.1.10");
/// RFC 8017, appendix C.
const RSA: Oid = oid("1.2.840.113549.1.1.1");
/// RFC 5480, 2.1.1.
const EC: Oid = oid("1.2.840.10045.2.1");
/// RFC 8410, 3.
const ED25519: Oid = oid("1.3.101.112");
/// RFC 3279, 2.3.2.
const DSA: Oid = oid("1.2.840.10040.4.1");

/// RSA with PKCS#1 v1.5 (RFC 4055, RFC 3279; 2.5.29 of OIW is what old tools wrote).
const RSA_PKCS1: &[(Oid, Digest)] = &[
    (oid("1.2.840.113549.1.1.4"), Digest::Md5),
    (oid("1.2.840.113549.1.1.5"), Digest::Sha1),
    (oid("1.3.14.3.2.29"), Digest::Sha1),
    (oid("1.2.840.113549.1.1.14"), Digest::Sha224),
    (oid("1.2.840.113549.1.1.11"), Digest::Sha256),
    (oid("1.2.840.113549.1.1.12"), Digest::Sha384),
    (oid("1.2.840.113549.1.1.13"), Digest::Sha512),
];

/// ECDSA (RFC 5758, RFC 3279).
const ECDSA: &[(Oid, Digest)] = &[
    (oid("1.2.840.10045.4.1"), Digest::Sha1),
    (oid("1.2.840.10045.4.3.1"), Digest::Sha224),
    (oid("1.2.840.10045.4.3.2"), Digest::Sha256),
    (oid("1.2.840.10045.4.3.3"), Digest::Sha384),
    (oid("1.2.840.10045.4.3.4"), Digest::Sha512),
];

/// DSA (RFC 3279, RFC 5758).
const DSA_SIGNATURES: &[(Oid, Digest)] = &[
    (oid("1.2.840.10040.4.3"), Digest::Sha1),
    (oid("2.16.840.1.101.3.4.3.1"), Digest::Sha224),
    (oid("2.16.840.1.101.3.4.3.2"), Digest::Sha256),
    (oid("2.16.840.1.101.3.4.3.3"), Digest::Sha384),
    (oid("2.16.840.1.101.3.4.3.4"), Digest::Sha512),
];

/// ML-DSA (RFC 9881), key and signature alike.
const ML_DSA: &[(Oid, &dyn VerificationAlgorithm)] = &[
    (oid("2.16.840.1.101.3.4.3.17"), &lc::ML_DSA_44),
    (oid("2.16.840.1.101.3.4.3.18"), &lc::ML_DSA_65),
    (oid("2.16.840.1.101.3.4.3.19"), &lc::ML_DSA_87),
];

/// A SubjectPublicKeyInfo in its parts.
struct Key<'k> {
    algorithm: Oid,
    /// The parameters with their header; empty where there are none.
    parameters: &'k [u8],
    bits: Cow<'k, [u8]>,
}

pub(super) fn verify(spki: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> Signature {
    let Some((signed_with, parameters)) = identifier(algorithm) else { return Signature::Bad };
    let Some(key) = key(spki) else { return Signature::Bad };
    let unsupported = Signature::Unsupported(signed_with);
    let digest = |list: &[(Oid, Digest)]| list.iter().find(|(known, _)| *known == signed_with).map(|(_, d)| *d);
    if let Some(digest) = digest(RSA_PKCS1) {
        return if key.algorithm == RSA { rsa(&key, digest, message, signature) } else { Signature::Bad };
    }
    if let Some(digest) = digest(ECDSA) {
        let found = (key.algorithm == EC).then(|| ecdsa(&key, digest, message, signature));
        return found.unwrap_or(Some(Signature::Bad)).unwrap_or(unsupported);
    }
    if let Some(digest) = digest(DSA_SIGNATURES) {
        let good = key.algorithm == DSA && arithmetic::dsa(key.parameters, &key.bits, digest, message, signature);
        return judged(good);
    }
    if signed_with == RSASSA_PSS {
        // A key for RSA-PSS may limit its parameters (RFC 4055, 3.1): one that does is left undecided.
        return match arithmetic::pss_parameters(parameters) {
            Some(_) if key.algorithm == RSASSA_PSS && !key.parameters.is_empty() => unsupported,
            Some(how) if key.algorithm == RSA || key.algorithm == RSASSA_PSS => {
                judged(arithmetic::rsa_pss(&key.bits, how, message, signature))
            }
            Some(_) => Signature::Bad,
            None => unsupported,
        };
    }
    if signed_with == ED25519 {
        // RFC 8410, 3: the parameters must be absent.
        let fits = key.algorithm == ED25519 && parameters.is_empty();
        return judged(fits && asked(&lc::ED25519, &key.bits, message, signature));
    }
    match ML_DSA.iter().find(|(known, _)| *known == signed_with) {
        Some((_, how)) => judged(key.algorithm == signed_with && asked(*how, &key.bits, message, signature)),
        None => unsupported,
    }
}

/// Whether the key is one: a point on its curve, two numbers, as many octets as its kind has (RFC 8410, 4;
/// RFC 9881, 4). What castore cannot look into is taken for one.
pub(super) fn is_key(spki: &[u8]) -> bool {
    const LENGTHS: &[(Oid, usize)] = &[
        (ED25519, 32),
        (oid("1.3.101.113"), 57),
        (oid("2.16.840.1.101.3.4.3.17"), 1312),
        (oid("2.16.840.1.101.3.4.3.18"), 1952),
        (oid("2.16.840.1.101.3.4.3.19"), 2592),
    ];
    let Some(key) = key(spki) else { return false };
    if matches!(key.algorithm, RSA | RSASSA_PSS) {
        return arithmetic::modulus_bits(&key.bits).is_some();
    }
    if key.algorithm != EC {
        let length = LENGTHS.iter().find(|(known, _)| *known == key.algorithm);
        return length.is_none_or(|(_, length)| key.bits.len() == *length);
    }
    let curve = Walk::new(key.parameters).oid().ok().flatten();
    if let Some(curve) = curve.and_then(curve::named) {
        return curve.is_key(&key.bits);
    }
    match CURVES.iter().find(|(known, ..)| Some(*known) == curve) {
        Some((_, how, _)) => UnparsedPublicKey::new(*how, &key.bits).parse().is_ok(),
        None => true,
    }
}

fn judged(good: bool) -> Signature {
    if good { Signature::Good } else { Signature::Bad }
}

fn asked(how: &'static dyn VerificationAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(how, key).verify(message, signature).is_ok()
}

/// The identifier of an AlgorithmIdentifier, and its parameters with their header.
fn identifier(algorithm: &[u8]) -> Option<(Oid, &[u8])> {
    let whole = Walk::new(algorithm).expect(tag::SEQUENCE, "an algorithm").ok()?;
    let mut fields = Walk::inside(algorithm, &whole.content);
    let oid = fields.oid().ok()??;
    Some((oid, algorithm.get(fields.at()..whole.content.end)?))
}

fn key(spki: &[u8]) -> Option<Key<'_>> {
    let whole = Walk::new(spki).expect(tag::SEQUENCE, "a public key").ok()?;
    let mut fields = Walk::inside(spki, &whole.content);
    let at = fields.expect(tag::SEQUENCE, "an algorithm").ok()?;
    let (algorithm, parameters) = identifier(&spki[at.whole])?;
    let bits = fields.expect(tag::BIT_STRING, "a key").ok()?;
    // The first octet counts the bits that are not used, which OpenSSL then clears.
    let (&unused, octets) = spki.get(bits.content)?.split_first()?;
    let mut bits = Cow::Borrowed(octets);
    if unused > 0
        && let Some(last) = bits.to_mut().last_mut()
    {
        *last &= 0xff_u8.checked_shl(u32::from(unused)).unwrap_or(0);
    }
    Some(Key { algorithm, parameters, bits })
}

/// RSA with PKCS#1 v1.5: by aws-lc where it takes the size, by arithmetic otherwise.
fn rsa(key: &Key<'_>, digest: Digest, message: &[u8], signature: &[u8]) -> Signature {
    let how: Option<&dyn VerificationAlgorithm> = match (digest, arithmetic::modulus_bits(&key.bits)) {
        (Digest::Sha1, Some(1024..=8192)) => Some(&lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        (Digest::Sha256, Some(1024..=8192)) => Some(&lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        (Digest::Sha512, Some(1024..=8192)) => Some(&lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        (Digest::Sha384, Some(2048..=8192)) => Some(&lc::RSA_PKCS1_2048_8192_SHA384),
        _ => None,
    };
    // What aws-lc refuses it may refuse for the form of the key alone: arithmetic decides.
    let good = how.is_some_and(|how| asked(how, &key.bits, message, signature));
    judged(good || arithmetic::rsa_pkcs1(&key.bits, digest, message, signature))
}

/// ECDSA; nothing where neither the curve nor a way to its digest is there.
fn ecdsa(key: &Key<'_>, digest: Digest, message: &[u8], signature: &[u8]) -> Option<Signature> {
    let curve = Walk::new(key.parameters).oid().ok().flatten()?;
    if let Some(curve) = curve::named(curve) {
        return Some(judged(curve.verify(&key.bits, digest, message, signature)));
    }
    let curve = CURVES.iter().find(|(known, ..)| *known == curve)?;
    let (_, how, own) = curve;
    // A digest is a number, cut to the length of the curve's (FIPS 186-5, 6.4.2): one of another length is
    // given as the number that it is, in as many octets as the digest that aws-lc has for the curve.
    let hashed = digest.of(message);
    let mut number = vec![0; own.output_len()];
    match number.len().checked_sub(hashed.len()) {
        Some(shorter) => number[shorter..].copy_from_slice(&hashed),
        None => number.copy_from_slice(&hashed[..own.output_len()]),
    }
    let imported = digest::Digest::import_less_safe(&number, own).ok()?;
    let key = UnparsedPublicKey::new(*how, &key.bits);
    Some(judged(key.verify_digest(&imported, signature).is_ok()))
}

type Curve = (Oid, &'static dyn VerificationAlgorithm, &'static digest::Algorithm);

/// Curves with the digest that is as long as their order, or, for P-521, nearest to it.
const CURVES: &[Curve] = &[
    (oid("1.2.840.10045.3.1.7"), &lc::ECDSA_P256_SHA256_ASN1, &digest::SHA256),
    (oid("1.3.132.0.34"), &lc::ECDSA_P384_SHA384_ASN1, &digest::SHA384),
    (oid("1.3.132.0.35"), &lc::ECDSA_P521_SHA512_ASN1, &digest::SHA512),
    (oid("1.3.132.0.10"), &lc::ECDSA_P256K1_SHA256_ASN1, &digest::SHA256),
];
