//! RSA and DSA as the standards write them, for the keys and digests that aws-lc refuses.
//!
//! Bounded: a key larger than OpenSSL takes makes no good signature, so that a hostile certificate costs
//! milliseconds. Nothing here is secret, so nothing needs constant time.

use crate::format::der::{Walk, tag};
use crate::model::Oid;
use num_bigint::BigUint;
use sha2::Digest as _;

/// Bits of the largest modulus (`OPENSSL_RSA_MAX_MODULUS_BITS`, include/openssl/rsa.h).
const MODULUS_BITS: u64 = 16_384;

/// Bits of a modulus up to which any exponent is taken, and of the largest exponent above it
/// (`OPENSSL_RSA_SMALL_MODULUS_BITS` and `OPENSSL_RSA_MAX_PUBEXP_BITS`, the same file).
const SMALL_MODULUS_BITS: u64 = 3072;
const EXPONENT_BITS: u64 = 64;

/// Bits of the largest prime of DSA (`OPENSSL_DSA_MAX_MODULUS_BITS`, include/openssl/dsa.h).
const DSA_BITS: u64 = 10_000;

/// A digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(super) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => md5::Md5::digest(message).to_vec(),
            Self::Sha1 => sha1::Sha1::digest(message).to_vec(),
            Self::Sha224 => sha2::Sha224::digest(message).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(message).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(message).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(message).to_vec(),
        }
    }

    /// What stands before the octets of the digest in a DigestInfo (RFC 8017, 9.2, note 1).
    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Md5 => b"\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10",
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Sha224 => b"\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c",
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        }
    }

    fn named(oid: Oid) -> Option<Self> {
        const NAMES: &[(Oid, Digest)] = &[
            (Oid::new_unwrap("1.2.840.113549.2.5"), Digest::Md5),
            (Oid::new_unwrap("1.3.14.3.2.26"), Digest::Sha1),
            (Oid::new_unwrap("2.16.840.1.101.3.4.2.4"), Digest::Sha224),
            (Oid::new_unwrap("2.16.840.1.101.3.4.2.1"), Digest::Sha256),
            (Oid::new_unwrap("2.16.840.1.101.3.4.2.2"), Digest::Sha384),
            (Oid::new_unwrap("2.16.840.1.101.3.4.2.3"), Digest::Sha512),
        ];
        NAMES.iter().find(|(known, _)| *known == oid).map(|(_, digest)| *digest)
    }
}

/// The next INTEGER, as the number that is not negative.
fn number(bytes: &[u8], walk: &mut Walk<'_>) -> Option<BigUint> {
    let found = walk.expect(tag::INTEGER, "an INTEGER").ok()?;
    let octets = &bytes[found.content];
    (*octets.first()? < 0x80).then(|| BigUint::from_bytes_be(octets))
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017, A.1.1), as OpenSSL reads them: without a sign
/// (`bn_c2i`, crypto/asn1/x_bignum.c).
fn rsa_key(key: &[u8]) -> Option<(BigUint, BigUint)> {
    let whole = Walk::new(key).expect(tag::SEQUENCE, "an RSA key").ok()?;
    let mut fields = Walk::inside(key, &whole.content);
    let mut unsigned = || {
        let found = fields.expect(tag::INTEGER, "an INTEGER").ok()?;
        Some(BigUint::from_bytes_be(&key[found.content]))
    };
    let numbers = (unsigned()?, unsigned()?);
    fields.is_empty().then_some(numbers)
}

pub(super) fn modulus_bits(key: &[u8]) -> Option<u64> {
    rsa_key(key).map(|(modulus, _)| modulus.bits())
}

/// The signature raised to the exponent, in as many octets as the modulus has.
fn raised(key: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let (modulus, exponent) = rsa_key(key)?;
    let bits = modulus.bits();
    let length = usize::try_from(bits.div_ceil(8)).ok()?;
    let fits = (1..=MODULUS_BITS).contains(&bits)
        && (bits <= SMALL_MODULUS_BITS || exponent.bits() <= EXPONENT_BITS)
        && exponent < modulus
        && signature.len() == length;
    let number = BigUint::from_bytes_be(signature);
    if !fits || number >= modulus {
        return None;
    }
    let octets = number.modpow(&exponent, &modulus).to_bytes_be();
    let mut out = vec![0; length.checked_sub(octets.len())?];
    out.extend_from_slice(&octets);
    Some(out)
}

/// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2): the encoded message is made and compared octet for octet.
pub(super) fn rsa_pkcs1(key: &[u8], digest: Digest, message: &[u8], signature: &[u8]) -> bool {
    let Some(found) = raised(key, signature) else { return false };
    let info = [digest.prefix(), &digest.of(message)].concat();
    // Eight octets of padding at least.
    let Some(padding) = found.len().checked_sub(info.len() + 3).filter(|&octets| octets >= 8) else { return false };
    found == [&[0, 1], &vec![0xff; padding][..], &[0], &info].concat()
}

/// How a signature of RSASSA-PSS was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pss {
    digest: Digest,
    mask: Digest,
    salt: usize,
}

/// RSASSA-PSS-params (RFC 4055, 3.1); nothing for digests and mask functions that are not known.
pub(super) fn pss_parameters(parameters: &[u8]) -> Option<Pss> {
    let whole = Walk::new(parameters).expect(tag::SEQUENCE, "parameters of RSA-PSS").ok()?;
    let mut fields = Walk::inside(parameters, &whole.content);
    let algorithm = |content: &std::ops::Range<usize>| -> Option<(Oid, std::ops::Range<usize>)> {
        let found = Walk::inside(parameters, content).expect(tag::SEQUENCE, "an algorithm").ok()?;
        let mut inside = Walk::inside(parameters, &found.content);
        let oid = inside.oid().ok()??;
        Some((oid, inside.at()..found.content.end))
    };
    let integer = |content: &std::ops::Range<usize>| -> Option<usize> {
        usize::try_from(number(parameters, &mut Walk::inside(parameters, content))?).ok()
    };
    let mut how = Pss { digest: Digest::Sha1, mask: Digest::Sha1, salt: 20 };
    if let Some(found) = fields.optional(tag::context(0)).ok()? {
        how.digest = Digest::named(algorithm(&found.content)?.0)?;
    }
    if let Some(found) = fields.optional(tag::context(1)).ok()? {
        let (function, digest) = algorithm(&found.content)?;
        // id-mgf1.
        (function == Oid::new_unwrap("1.2.840.113549.1.1.8")).then_some(())?;
        how.mask = Digest::named(algorithm(&digest)?.0)?;
    }
    if let Some(found) = fields.optional(tag::context(2)).ok()? {
        how.salt = integer(&found.content)?;
    }
    if let Some(found) = fields.optional(tag::context(3)).ok()? {
        (integer(&found.content)? == 1).then_some(())?;
    }
    fields.is_empty().then_some(how)
}

/// RSASSA-PSS (RFC 8017, 8.1.2 and 9.1.2).
pub(super) fn rsa_pss(key: &[u8], how: Pss, message: &[u8], signature: &[u8]) -> bool {
    verify_pss(key, how, message, signature).is_some()
}

fn verify_pss(key: &[u8], how: Pss, message: &[u8], signature: &[u8]) -> Option<()> {
    let bits = usize::try_from(modulus_bits(key)?).ok()?.checked_sub(1)?;
    let raised = raised(key, signature)?;
    let length = bits.div_ceil(8);
    // Where the modulus has one bit more than whole octets, the first octet is zero.
    let (before, encoded) = raised.split_at(raised.len().checked_sub(length)?);
    before.iter().all(|&octet| octet == 0).then_some(())?;
    let hashed = how.digest.of(message);
    let (&last, rest) = encoded.split_last()?;
    (last == 0xbc).then_some(())?;
    let masked_length = rest.len().checked_sub(hashed.len())?;
    let (masked, digest) = rest.split_at(masked_length);
    let unused = 8 * length - bits;
    let top = 0xff_u8.checked_shr(u32::try_from(unused).ok()?).unwrap_or(0);
    (masked.first()? & !top == 0).then_some(())?;
    let mut block: Vec<u8> = masked.iter().zip(mask(how.mask, digest, masked_length)).map(|(a, b)| a ^ b).collect();
    *block.first_mut()? &= top;
    let padding = masked_length.checked_sub(how.salt)?.checked_sub(1)?;
    let (zeros, rest) = block.split_at(padding);
    let (&one, salt) = rest.split_first()?;
    (zeros.iter().all(|&octet| octet == 0) && one == 1).then_some(())?;
    let expected = how.digest.of(&[&[0; 8], &hashed[..], salt].concat());
    (expected == digest).then_some(())
}

/// MGF1 (RFC 8017, B.2.1).
fn mask(digest: Digest, seed: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 64);
    let mut counter = 0u32;
    while out.len() < length {
        out.extend(digest.of(&[seed, &counter.to_be_bytes()].concat()));
        counter += 1;
    }
    out.truncate(length);
    out
}

/// DSA (FIPS 186-4, 4.7).
pub(super) fn dsa(parameters: &[u8], key: &[u8], digest: Digest, message: &[u8], signature: &[u8]) -> bool {
    verify_dsa(parameters, key, digest, message, signature).unwrap_or(false)
}

fn verify_dsa(parameters: &[u8], key: &[u8], digest: Digest, message: &[u8], signature: &[u8]) -> Option<bool> {
    let numbers = |bytes: &[u8], count: usize| -> Option<Vec<BigUint>> {
        let whole = Walk::new(bytes).expect(tag::SEQUENCE, "numbers").ok()?;
        let mut fields = Walk::inside(bytes, &whole.content);
        (0..count).map(|_| number(bytes, &mut fields)).collect()
    };
    let [p, q, g] = <[BigUint; 3]>::try_from(numbers(parameters, 3)?).ok()?;
    let [r, s] = <[BigUint; 2]>::try_from(numbers(signature, 2)?).ok()?;
    let y = number(key, &mut Walk::new(key))?;
    let zero = BigUint::ZERO;
    // The orders that there are (`dsa_do_verify`, crypto/dsa/dsa_ossl.c).
    let sized = p.bits() <= DSA_BITS && matches!(q.bits(), 160 | 224 | 256);
    if !sized || p <= q || r == zero || s == zero || r >= q || s >= q {
        return Some(false);
    }
    let w = s.modinv(&q)?;
    let hashed = digest.of(message);
    let kept = hashed.len().min(usize::try_from(q.bits() / 8).ok()?);
    let z = BigUint::from_bytes_be(&hashed[..kept]);
    let (u1, u2) = (z * &w % &q, &r * &w % &q);
    let v = g.modpow(&u1, &p) * y.modpow(&u2, &p) % &p % &q;
    Some(v == r)
}
