//! The seal of a file: HMAC under a key of PKCS#12 (RFC 7292, 4), or PBMAC1 (RFC 9579).

use super::hash::Hash;
use super::kdf::{self, Kdf};
use super::passwords::Secret;
use super::{Trouble, unsupported};
use crate::format::ber::Walk;
use crate::format::der::tag;
use crate::format::pkcs12_kdf::Purpose;
use crate::model::{Malformation, Oid, Seal};
use std::ops::Range;

/// id-PBMAC1 (RFC 8018, A.5).
const PBMAC1: Oid = Oid::new_unwrap("1.2.840.113549.1.5.14");
/// Octets of a key of PBMAC1: under 20, that of SHA-1, a seal could be forged without the password (one
/// octet is guessed in 256 attempts); no digest has more than 64 (`EVP_MAX_MD_SIZE`). RFC 9579, 5 asks
/// for that of the digest.
const KEY: std::ops::RangeInclusive<u64> = 20..=64;

/// A seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mac {
    key: Key,
    digest: Vec<u8>,
}

/// Where the key of the seal comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Pkcs12 { hash: Hash, salt: Vec<u8>, rounds: u64 },
    Pbmac1 { hash: Hash, kdf: Kdf, octets: usize },
}

/// Reads a MacData.
pub(super) fn read(walk: &mut Walk<'_>) -> Result<Mac, Trouble> {
    let mut data = walk.enter(tag::SEQUENCE, "a MacData (a SEQUENCE)")?;
    let mut info = data.enter(tag::SEQUENCE, "a DigestInfo (a SEQUENCE)")?;
    let mut algorithm = info.enter(tag::SEQUENCE, "a digest algorithm (a SEQUENCE)")?;
    let oid = algorithm.oid()?;
    let digest = info.octet_string("a digest (an OCTET STRING)")?.into_owned();
    if oid == Some(PBMAC1) {
        // Salt and iterations outside are not used (RFC 9579, 4).
        return Ok(Mac { key: pbmac1(&mut algorithm)?, digest });
    }
    let hash = Hash::of_digest(oid)?;
    let salt = data.octet_string("a salt (an OCTET STRING)")?.into_owned();
    // DEFAULT 1.
    let rounds = if data.is_empty() { 1 } else { kdf::rounds(&mut data)? };
    Ok(Mac { key: Key::Pkcs12 { hash, salt, rounds }, digest })
}

/// Where the digest stands in a MacData, which [`read`] takes; nothing where it is in pieces.
pub(super) fn place_of_digest(walk: &mut Walk<'_>) -> Option<Range<usize>> {
    let mut data = walk.enter(tag::SEQUENCE, "a MacData (a SEQUENCE)").ok()?;
    let mut info = data.enter(tag::SEQUENCE, "a DigestInfo (a SEQUENCE)").ok()?;
    info.next().ok()?;
    Some(info.expect(tag::OCTET_STRING, "a digest (an OCTET STRING)").ok()?.content)
}

fn pbmac1(algorithm: &mut Walk<'_>) -> Result<Key, Trouble> {
    let mut values = algorithm.enter(tag::SEQUENCE, "parameters of PBMAC1 (a SEQUENCE)")?;
    let at = values.at();
    let kdf = Kdf::read(&mut values)?;
    let mut scheme = values.enter(tag::SEQUENCE, "a message authentication (a SEQUENCE)")?;
    let oid = scheme.oid()?;
    let hash = Hash::of_hmac(oid).map_err(|_| unsupported("message authentication", oid))?;
    let octets = match &kdf {
        // RFC 9579, 5: the length must be stated.
        Kdf::Pbkdf2 { octets: Some(octets), .. } if KEY.contains(octets) => *octets as usize,
        Kdf::Pbkdf2 { octets, .. } => {
            let found = octets.map_or("none".to_owned(), |octets| format!("{octets} octets"));
            return Err(Malformation::new("a key of 20 to 64 octets", found).at(at).into());
        }
        Kdf::Scrypt { .. } => hash.octets(),
    };
    Ok(Key::Pbmac1 { hash, kdf, octets })
}

impl Mac {
    pub(super) fn words(&self) -> String {
        match &self.key {
            Key::Pkcs12 { hash, rounds, .. } => format!("MAC HMAC-{}, {rounds} iterations", hash.name()),
            Key::Pbmac1 { hash, kdf, .. } => format!("PBMAC1 HMAC-{}, {}", hash.name(), kdf.words()),
        }
    }

    pub(super) fn seal(&self) -> Seal {
        match &self.key {
            Key::Pkcs12 { hash, .. } => Seal::Pkcs12(hash.name()),
            Key::Pbmac1 { .. } => Seal::Pbmac1,
        }
    }

    /// Whether the password goes in as UTF-16, which an empty one can be in two ways.
    pub(super) fn takes_utf16(&self) -> bool {
        matches!(self.key, Key::Pkcs12 { .. })
    }

    /// What one attempt costs, in rounds and in octets of memory.
    pub(super) fn price(&self) -> (u64, u64) {
        match &self.key {
            Key::Pkcs12 { hash, salt, rounds } => (kdf::price(*hash, salt.len(), *rounds, hash.octets()), 0),
            Key::Pbmac1 { kdf, octets, .. } => kdf.price(*octets),
        }
    }

    /// The seal that a password makes.
    pub(super) fn compute(&self, secret: &Secret, sealed: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Key::Pkcs12 { hash, salt, rounds } => {
                let mut key = vec![0; hash.octets()];
                kdf::pkcs12(*hash, Purpose::Mac, &secret.utf16, salt, *rounds, &mut key);
                Some(hash.hmac(&key, sealed))
            }
            Key::Pbmac1 { hash, kdf, octets } => {
                let mut key = vec![0; *octets];
                kdf.derive(&secret.utf8, &mut key)?;
                Some(hash.hmac(&key, sealed))
            }
        }
    }

    pub(super) fn fits(&self, secret: &Secret, sealed: &[u8]) -> bool {
        self.compute(secret, sealed).is_some_and(|digest| digest == self.digest)
    }

    /// The digest that it is computed with.
    pub(super) fn hash(&self) -> Hash {
        match self.key {
            Key::Pkcs12 { hash, .. } | Key::Pbmac1 { hash, .. } => hash,
        }
    }

    /// A seal to be computed, under a key of PKCS#12.
    pub(super) fn new(hash: Hash, salt: Vec<u8>, rounds: u64) -> Self {
        Self { key: Key::Pkcs12 { hash, salt, rounds }, digest: Vec::new() }
    }
}
