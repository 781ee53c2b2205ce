//! Algorithms as OpenSSL sorts them, and how strong it takes keys and digests to be.
//!
//! Strength is counted in bits against `minbits_table` (crypto/x509/x509_vfy.c): 80, 112, 128, 192 and 256
//! for the levels 1 to 5.

use super::super::member::Member;
use crate::format::der::{Walk, tag};
use crate::model::{Oid, PublicKey};
use crate::policy::Fips;
use crate::policy::openssl::Library;

const fn oid(text: &str) -> Oid {
    Oid::new_unwrap(text)
}

/// Which keys an algorithm is for (crypto/objects/obj_xref.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Rsa,
    RsaPss,
    Ec,
    Dsa,
    Ed25519,
    Ed448,
    Sm2,
    /// ML-DSA-44, 65 or 87 by the last arc of the identifier.
    MlDsa(u8),
    /// SLH-DSA, likewise.
    SlhDsa(u8),
}

/// The digest of a signature, as far as levels tell digests apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chain) enum Digest {
    Md5,
    Sha1,
    /// Any other, by its bits.
    Bits(u32),
    /// The algorithm has its own strength in bits.
    Own(u32),
}

use Digest::{Bits, Md5, Own, Sha1};
use Family::{Dsa, Ec, Ed448, Ed25519, Rsa, Sm2};

const SIGNATURES: &[(Oid, Family, Digest)] = &[
    (oid("1.2.840.113549.1.1.2"), Rsa, Bits(128)),
    (oid("1.2.840.113549.1.1.3"), Rsa, Bits(128)),
    (oid("1.2.840.113549.1.1.4"), Rsa, Md5),
    (oid("1.2.840.113549.1.1.5"), Rsa, Sha1),
    (oid("1.3.14.3.2.29"), Rsa, Sha1),
    (oid("1.3.36.3.3.1.2"), Rsa, Bits(160)),
    (oid("1.2.840.113549.1.1.14"), Rsa, Bits(224)),
    (oid("1.2.840.113549.1.1.11"), Rsa, Bits(256)),
    (oid("1.2.840.113549.1.1.12"), Rsa, Bits(384)),
    (oid("1.2.840.113549.1.1.13"), Rsa, Bits(512)),
    (oid("1.2.840.113549.1.1.15"), Rsa, Bits(224)),
    (oid("1.2.840.113549.1.1.16"), Rsa, Bits(256)),
    (oid("2.16.840.1.101.3.4.3.13"), Rsa, Bits(224)),
    (oid("2.16.840.1.101.3.4.3.14"), Rsa, Bits(256)),
    (oid("2.16.840.1.101.3.4.3.15"), Rsa, Bits(384)),
    (oid("2.16.840.1.101.3.4.3.16"), Rsa, Bits(512)),
    (oid("1.2.840.10045.4.1"), Ec, Sha1),
    (oid("1.2.840.10045.4.3.1"), Ec, Bits(224)),
    (oid("1.2.840.10045.4.3.2"), Ec, Bits(256)),
    (oid("1.2.840.10045.4.3.3"), Ec, Bits(384)),
    (oid("1.2.840.10045.4.3.4"), Ec, Bits(512)),
    (oid("2.16.840.1.101.3.4.3.9"), Ec, Bits(224)),
    (oid("2.16.840.1.101.3.4.3.10"), Ec, Bits(256)),
    (oid("2.16.840.1.101.3.4.3.11"), Ec, Bits(384)),
    (oid("2.16.840.1.101.3.4.3.12"), Ec, Bits(512)),
    (oid("1.2.840.10040.4.3"), Dsa, Sha1),
    (oid("2.16.840.1.101.3.4.3.1"), Dsa, Bits(224)),
    (oid("2.16.840.1.101.3.4.3.2"), Dsa, Bits(256)),
    (oid("2.16.840.1.101.3.4.3.3"), Dsa, Bits(384)),
    (oid("2.16.840.1.101.3.4.3.4"), Dsa, Bits(512)),
    (oid("1.3.101.112"), Ed25519, Own(128)),
    (oid("1.3.101.113"), Ed448, Own(224)),
    (oid("1.2.156.10197.1.501"), Sm2, Bits(256)),
];

const RSA: Oid = oid("1.2.840.113549.1.1.1");
const RSASSA_PSS: Oid = oid("1.2.840.113549.1.1.10");
const EC: Oid = oid("1.2.840.10045.2.1");
const DSA: Oid = oid("1.2.840.10040.4.1");
const SM2_CURVE: &str = "SM2";

/// ML-DSA and SLH-DSA: key and signature have the same identifier (RFC 9881, RFC 9909).
fn post_quantum(oid: Oid) -> Option<Family> {
    const ARCS: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3];
    match oid.as_bytes().strip_prefix(ARCS)? {
        [arc @ 17..=19] => Some(Family::MlDsa(*arc)),
        [arc @ 20..=31] => Some(Family::SlhDsa(*arc)),
        _ => None,
    }
}

/// The keys that an algorithm of signatures is for.
pub(super) fn signature_family(algorithm: Oid) -> Option<Family> {
    if algorithm == RSASSA_PSS {
        return Some(Family::RsaPss);
    }
    let known = SIGNATURES.iter().find(|(known, ..)| *known == algorithm).map(|(_, family, _)| *family);
    known.or_else(|| post_quantum(algorithm))
}

/// What kind of key a certificate has.
pub(super) fn key_family(member: &Member) -> Option<Family> {
    match member.key_algorithm {
        RSA => Some(Family::Rsa),
        RSASSA_PSS => Some(Family::RsaPss),
        EC if matches!(&member.key, PublicKey::Ec { curve, .. } if curve == SM2_CURVE) => Some(Family::Sm2),
        EC => Some(Family::Ec),
        DSA => Some(Family::Dsa),
        other => {
            let own = SIGNATURES.iter().find(|(known, ..)| *known == other).map(|(_, family, _)| *family);
            own.filter(|family| matches!(family, Ed25519 | Ed448)).or_else(|| post_quantum(other))
        }
    }
}

/// The digest that a certificate was signed with; nothing where it cannot be told.
pub(in crate::chain) fn digest(member: &Member) -> Option<Digest> {
    let algorithm = member.octets(&member.outer_algorithm);
    let whole = Walk::new(algorithm).expect(tag::SEQUENCE, "an algorithm").ok()?;
    let mut fields = Walk::inside(algorithm, &whole.content);
    let signed = fields.oid().ok()??;
    if signed == RSASSA_PSS {
        return pss_digest(algorithm, &mut fields);
    }
    if let Some((.., digest)) = SIGNATURES.iter().find(|(known, ..)| *known == signed) {
        return Some(*digest);
    }
    // The strength of the subject's own key, as `x509_sig_info_init` has it (crypto/x509/x509_set.c).
    post_quantum(signed).and_then(|_| key_bits(member, Library::V3_5)).map(Own)
}

/// The digest of RSASSA-PSS-params (RFC 4055, 3.1): SHA-1 where none is named.
fn pss_digest(algorithm: &[u8], fields: &mut Walk<'_>) -> Option<Digest> {
    let parameters = fields.expect(tag::SEQUENCE, "parameters").ok()?;
    let mut inside = Walk::inside(algorithm, &parameters.content);
    let Some(hash) = inside.optional(tag::context(0)).ok()? else { return Some(Sha1) };
    let hash = Walk::inside(algorithm, &hash.content).expect(tag::SEQUENCE, "a digest").ok()?;
    let named = Walk::inside(algorithm, &hash.content).oid().ok()??;
    DIGESTS.iter().find(|(known, _)| *known == named).map(|(_, digest)| *digest)
}

/// RSASSA-PSS-params (RFC 4055, 3.1), digests by their bits; nothing of those that have no bits here.
#[derive(Debug, Clone, Copy)]
pub(in crate::chain) struct Pss {
    digest: u32,
    mask: u32,
    salt: usize,
}

impl Pss {
    /// Whether it is SHA-256, 384 or 512, and the same for the mask.
    pub(in crate::chain) fn is_even(self) -> bool {
        matches!(self.digest, 256 | 384 | 512) && self.mask == self.digest
    }

    /// Whether the salt is as long as the digest.
    pub(in crate::chain) fn salt_fits(self) -> bool {
        self.salt.checked_mul(8) == usize::try_from(self.digest).ok()
    }
}

/// The parameters of a signature of RSASSA-PSS; nothing for another, or where they cannot be read.
pub(in crate::chain) fn pss(member: &Member) -> Option<Pss> {
    let algorithm = member.octets(&member.outer_algorithm);
    let whole = Walk::new(algorithm).expect(tag::SEQUENCE, "an algorithm").ok()?;
    let mut fields = Walk::inside(algorithm, &whole.content);
    (fields.oid().ok()?? == RSASSA_PSS).then_some(())?;
    let parameters = fields.expect(tag::SEQUENCE, "parameters").ok()?;
    let mut inside = Walk::inside(algorithm, &parameters.content);
    let bits = |oid: Oid| match DIGESTS.iter().find(|(known, _)| *known == oid) {
        Some((_, Bits(bits))) => Some(*bits),
        Some((_, Sha1)) => Some(160),
        _ => None,
    };
    let mut found = Pss { digest: 160, mask: 160, salt: 20 };
    if let Some(hash) = inside.optional(tag::context(0)).ok()? {
        let hash = Walk::inside(algorithm, &hash.content).expect(tag::SEQUENCE, "a digest").ok()?;
        found.digest = bits(Walk::inside(algorithm, &hash.content).oid().ok()??)?;
    }
    if let Some(mask) = inside.optional(tag::context(1)).ok()? {
        let mask = Walk::inside(algorithm, &mask.content).expect(tag::SEQUENCE, "a mask").ok()?;
        let mut within = Walk::inside(algorithm, &mask.content);
        within.oid().ok()??;
        let hash = within.expect(tag::SEQUENCE, "a digest").ok()?;
        found.mask = bits(Walk::inside(algorithm, &hash.content).oid().ok()??)?;
    }
    if let Some(salt) = inside.optional(tag::context(2)).ok()? {
        let number = Walk::inside(algorithm, &salt.content).expect(tag::INTEGER, "a length").ok()?;
        let octets = &algorithm[number.content];
        (octets.len() <= 4).then_some(())?;
        found.salt = octets.iter().fold(0, |number, octet| (number << 8) | usize::from(*octet));
    }
    Some(found)
}

/// The digests that RSASSA-PSS-params name.
const DIGESTS: &[(Oid, Digest)] = &[
    (oid("1.2.840.113549.2.5"), Md5),
    (oid("1.3.14.3.2.26"), Sha1),
    (oid("2.16.840.1.101.3.4.2.4"), Bits(224)),
    (oid("2.16.840.1.101.3.4.2.1"), Bits(256)),
    (oid("2.16.840.1.101.3.4.2.2"), Bits(384)),
    (oid("2.16.840.1.101.3.4.2.3"), Bits(512)),
];

impl Digest {
    /// How strong the library takes signatures with it to be: half the digest's bits; SHA-1 and MD5 less
    /// since 3.0 (`x509_sig_info_init`, crypto/x509/x509_set.c).
    pub(super) fn strength(self, library: Library) -> u32 {
        match self {
            Md5 if library >= Library::V3_0 => 39,
            Md5 => 64,
            Sha1 if library >= Library::V3_0 => 63,
            Sha1 => 80,
            Bits(bits) => bits / 2,
            Own(strength) => strength,
        }
    }
}

/// The fewest bits of RSA for each strength. Until 1.1.1 those of NIST SP 800-57 (`BN_security_bits`,
/// crypto/bn/bn_lib.c); since 3.0 by the formula of FIPS 140-2 IG 7.5, rounded
/// (`ossl_ifc_ffc_compute_security_bits`, crypto/rsa/rsa_lib.c), which computes these.
const RSA_BITS: &[(u32, u32, u32)] =
    &[(80, 1024, 920), (112, 2048, 1963), (128, 3072, 2671), (192, 7680, 6947), (256, 15360, 13914)];

/// How strong RSA of these bits is.
pub(super) fn rsa_strength(bits: u32, library: Library) -> u32 {
    let fewest = |row: &&(u32, u32, u32)| bits >= if library >= Library::V3_0 { row.2 } else { row.1 };
    RSA_BITS.iter().take_while(fewest).last().map_or(0, |row| row.0)
}

/// The fewest bits of a curve's order for each strength (`ec_security_bits`, crypto/ec/ec_ameth.c).
const EC_BITS: &[(u32, u32)] = &[(80, 160), (112, 224), (128, 256), (192, 384), (256, 512)];

/// How strong the library takes the key of a certificate to be; nothing where it cannot be told.
pub(super) fn key_bits(member: &Member, library: Library) -> Option<u32> {
    match &member.key {
        PublicKey::Rsa { bits } => Some(rsa_strength(*bits, library)),
        PublicKey::Ec { bits, .. } => {
            let bits = (*bits)?;
            Some(EC_BITS.iter().take_while(|row| bits >= row.1).last().map_or(bits / 2, |row| row.0))
        }
        PublicKey::EcExplicit => None,
        PublicKey::Other { .. } => match key_family(member)? {
            Family::Dsa => dsa_bits(member),
            Family::Ed25519 => Some(128),
            Family::Ed448 => Some(224),
            // FIPS 204: categories 2, 3 and 5, as `ossl_ml_dsa_key_get_sec_bits` has them.
            Family::MlDsa(17) => Some(128),
            Family::MlDsa(18) => Some(192),
            Family::MlDsa(_) => Some(256),
            // FIPS 205: 128, 192 and 256 bits, four sets each.
            Family::SlhDsa(20 | 21 | 26 | 27) => Some(128),
            Family::SlhDsa(22 | 23 | 28 | 29) => Some(192),
            Family::SlhDsa(_) => Some(256),
            Family::Rsa | Family::RsaPss | Family::Ec | Family::Sm2 => None,
        },
    }
}

/// DSA by both of its primes (`BN_security_bits`).
fn dsa_bits(member: &Member) -> Option<u32> {
    let spki = member.spki();
    let whole = Walk::new(spki).expect(tag::SEQUENCE, "a key").ok()?;
    let algorithm = Walk::inside(spki, &whole.content).expect(tag::SEQUENCE, "an algorithm").ok()?;
    let mut fields = Walk::inside(spki, &algorithm.content);
    fields.oid().ok()?;
    let parameters = fields.expect(tag::SEQUENCE, "parameters").ok()?;
    let mut numbers = Walk::inside(spki, &parameters.content);
    let mut bits = || -> Option<u32> {
        let octets = &spki[numbers.expect(tag::INTEGER, "a prime").ok()?.content];
        let zeros = octets.iter().take_while(|&&octet| octet == 0).count();
        let first = octets.get(zeros)?;
        u32::try_from(octets.len() - zeros).ok()?.checked_mul(8)?.checked_sub(first.leading_zeros())
    };
    let (p, q) = (bits()?, bits()?);
    let by_p = RSA_BITS.iter().take_while(|row| p >= row.1).last().map_or(0, |row| row.0);
    Some(if q / 2 < 80 { 0 } else { by_p.min(q / 2) })
}

/// Whether every FIPS provider verifies signatures of this digest by this key. What else one of them takes depends on
/// its vendor and version: OpenSSL's own of 3.0 was seen to take SHA-1, RSA of 1024 bits and Ed25519 as well, which is
/// not known of a vendor's.
pub(super) fn is_approved(issuer: &Member, digest: Option<Digest>, fips: Fips) -> bool {
    let is_upstream = fips == Fips::Upstream;
    match &issuer.key {
        PublicKey::Rsa { bits } => {
            *bits >= if is_upstream { 1024 } else { 2048 }
                && match digest {
                    Some(Bits(bits)) => bits >= 224,
                    Some(Sha1) => is_upstream,
                    _ => false,
                }
        }
        PublicKey::Ec { curve, bits: Some(224..) } => {
            curve.starts_with("P-") && (is_upstream && digest == Some(Sha1) || matches!(digest, Some(Bits(224..))))
        }
        PublicKey::Other { .. } => is_upstream && key_family(issuer) == Some(Ed25519),
        _ => false,
    }
}

/// The strength that a level asks for; nothing for level 0.
pub(super) const fn wanted(level: u8) -> Option<u32> {
    match level {
        0 => None,
        1 => Some(80),
        2 => Some(112),
        3 => Some(128),
        4 => Some(192),
        _ => Some(256),
    }
}
