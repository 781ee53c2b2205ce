//! From a password to a key: the derivation of PKCS#12 (RFC 7292, B.2), PBKDF2 (RFC 8018, 5.2) and
//! scrypt (RFC 7914), each with its price.

use super::{Trouble, unsupported};
use crate::format::ber::Walk;
use crate::format::der::tag;
use crate::model::{Malformation, Oid};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Digest;

/// A digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

/// Digests: octets of output and of a block, name, identifier as a digest (RFC 8017, B.1; RFC 5754,
/// 2) and as an HMAC (RFC 8018, B.1).
const HASHES: [(Hash, usize, usize, &str, Oid, Oid); 8] = {
    use Hash::*;
    const fn digest(oid: &str) -> Oid {
        Oid::new_unwrap(oid)
    }
    [
        (Md5, 16, 64, "MD5", digest("1.2.840.113549.2.5"), digest("1.2.840.113549.2.6")),
        (Sha1, 20, 64, "SHA-1", digest("1.3.14.3.2.26"), digest("1.2.840.113549.2.7")),
        (Sha224, 28, 64, "SHA-224", digest("2.16.840.1.101.3.4.2.4"), digest("1.2.840.113549.2.8")),
        (Sha256, 32, 64, "SHA-256", digest("2.16.840.1.101.3.4.2.1"), digest("1.2.840.113549.2.9")),
        (Sha384, 48, 128, "SHA-384", digest("2.16.840.1.101.3.4.2.2"), digest("1.2.840.113549.2.10")),
        (Sha512, 64, 128, "SHA-512", digest("2.16.840.1.101.3.4.2.3"), digest("1.2.840.113549.2.11")),
        (Sha512_224, 28, 128, "SHA-512/224", digest("2.16.840.1.101.3.4.2.5"), digest("1.2.840.113549.2.12")),
        (Sha512_256, 32, 128, "SHA-512/256", digest("2.16.840.1.101.3.4.2.6"), digest("1.2.840.113549.2.13")),
    ]
};

/// Does the same with the type of a digest.
macro_rules! with {
    ($hash:expr, $type:ident => $do:expr) => {
        match $hash {
            Hash::Md5 => {
                type $type = md5::Md5;
                $do
            }
            Hash::Sha1 => {
                type $type = sha1::Sha1;
                $do
            }
            Hash::Sha224 => {
                type $type = sha2::Sha224;
                $do
            }
            Hash::Sha256 => {
                type $type = sha2::Sha256;
                $do
            }
            Hash::Sha384 => {
                type $type = sha2::Sha384;
                $do
            }
            Hash::Sha512 => {
                type $type = sha2::Sha512;
                $do
            }
            Hash::Sha512_224 => {
                type $type = sha2::Sha512_224;
                $do
            }
            Hash::Sha512_256 => {
                type $type = sha2::Sha512_256;
                $do
            }
        }
    };
}

impl Hash {
    /// The digest with this identifier.
    pub(super) fn of_digest(oid: Option<Oid>) -> Result<Self, Trouble> {
        let found = HASHES.iter().find(|(.., digest, _)| Some(*digest) == oid);
        found.map(|found| found.0).ok_or_else(|| unsupported("digest", oid))
    }

    /// The digest of the HMAC with this identifier.
    pub(super) fn of_hmac(oid: Option<Oid>) -> Result<Self, Trouble> {
        let found = HASHES.iter().find(|(.., hmac)| Some(*hmac) == oid);
        found.map(|found| found.0).ok_or_else(|| unsupported("pseudorandom function", oid))
    }

    /// Its row: the order of both is the same.
    const fn row(self) -> &'static (Self, usize, usize, &'static str, Oid, Oid) {
        &HASHES[self as usize]
    }

    pub(super) const fn octets(self) -> usize {
        self.row().1
    }

    const fn block(self) -> usize {
        self.row().2
    }

    pub(super) const fn name(self) -> &'static str {
        self.row().3
    }

    pub(super) const fn digest_oid(self) -> Oid {
        self.row().4
    }

    pub(super) const fn hmac_oid(self) -> Oid {
        self.row().5
    }

    /// HMAC of `data`.
    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        // Every length of key is one for HMAC; were it not, no seal would fit.
        with!(self, D => Hmac::<D>::new_from_slice(key)
            .map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec())
            .unwrap_or_default())
    }
}

/// What a derived key is for: the ID octet of RFC 7292, B.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// The derivation of RFC 7292, B.2, of a password in UTF-16 with its two NULs.
pub(super) fn pkcs12(hash: Hash, purpose: Purpose, password: &[u8], salt: &[u8], rounds: u64, out: &mut [u8]) {
    let block = hash.block();
    let fill = |octets: &[u8]| -> Vec<u8> {
        octets.iter().copied().cycle().take(octets.len().next_multiple_of(block)).collect()
    };
    let diversifier = vec![purpose as u8; block];
    let mut input = [fill(salt), fill(password)].concat();
    for chunk in out.chunks_mut(hash.octets()) {
        let value: Vec<u8> = with!(hash, D => {
            let mut value = D::new().chain_update(&diversifier).chain_update(&input).finalize();
            for _ in 1..rounds {
                value = D::digest(value);
            }
            value.to_vec()
        });
        chunk.copy_from_slice(&value[..chunk.len()]);
        let addend: Vec<u8> = value.iter().copied().cycle().take(block).collect();
        for part in input.chunks_mut(block) {
            add(part, &addend);
        }
    }
}

/// Adds a number and one to another, both big-endian and of one length, and drops what overflows.
fn add(number: &mut [u8], addend: &[u8]) {
    let mut carry = 1u16;
    for (digit, other) in number.iter_mut().zip(addend).rev() {
        carry += u16::from(*digit) + u16::from(*other);
        *digit = carry as u8;
        carry >>= 8;
    }
}

/// A derivation of PKCS#5 version 2, whose password is UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kdf {
    Pbkdf2 { prf: Hash, salt: Vec<u8>, rounds: u64, octets: Option<u64> },
    Scrypt { salt: Vec<u8>, n: u64, r: u64, p: u64 },
}

/// id-PBKDF2 (RFC 8018, A.2).
const PBKDF2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.12");
/// id-scrypt (RFC 7914, 7).
const SCRYPT: Oid = Oid::new_unwrap("1.3.6.1.4.1.11591.4.11");

/// The next number, which is a count of rounds.
pub(super) fn rounds(walk: &mut Walk<'_>) -> Result<u64, Malformation> {
    let at = walk.at();
    match walk.unsigned("a number of iterations (an INTEGER)")? {
        0 => Err(Malformation::new("at least one iteration", "none").at(at)),
        rounds => Ok(rounds),
    }
}

impl Kdf {
    /// Reads an AlgorithmIdentifier.
    pub(super) fn read(walk: &mut Walk<'_>) -> Result<Self, Trouble> {
        let mut algorithm = walk.enter(tag::SEQUENCE, "a key derivation (a SEQUENCE)")?;
        let oid = algorithm.oid()?;
        if oid != Some(PBKDF2) && oid != Some(SCRYPT) {
            return Err(unsupported("key derivation", oid));
        }
        let mut values = algorithm.enter(tag::SEQUENCE, "parameters of a key derivation (a SEQUENCE)")?;
        if values.peek() == Some(tag::SEQUENCE) {
            return Err(Trouble::Unsupported("a salt from another source (RFC 8018, A.2)".to_owned()));
        }
        let salt = values.octet_string("a salt (an OCTET STRING)")?.into_owned();
        if oid == Some(SCRYPT) {
            let at = values.at();
            let mut next = || values.unsigned("a cost (an INTEGER)");
            let (n, r, p) = (next()?, next()?, next()?);
            if !n.is_power_of_two() || n < 2 || r == 0 || p == 0 {
                let found = format!("N {n}, r {r}, p {p}");
                return Err(Malformation::new("a cost of scrypt (RFC 7914, 2)", found).at(at).into());
            }
            return Ok(Self::Scrypt { salt, n, r, p });
        }
        let rounds = rounds(&mut values)?;
        let length = values.peek() == Some(tag::INTEGER);
        let octets = if length { Some(values.unsigned("a length of key (an INTEGER)")?) } else { None };
        let prf = match values.optional(tag::SEQUENCE)? {
            Some(prf) => Hash::of_hmac(values.inside(&prf)?.oid()?)?,
            None => Hash::Sha1,
        };
        Ok(Self::Pbkdf2 { prf, salt, rounds, octets })
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Pbkdf2 { prf, rounds, .. } => format!("PBKDF2 HMAC-{}, {rounds} iterations", prf.name()),
            Self::Scrypt { n, r, p, .. } => format!("scrypt N {n}, r {r}, p {p}"),
        }
    }

    /// What a key of so many octets costs, in rounds of a digest and in octets of memory.
    pub(super) fn price(&self, octets: usize) -> (u64, u64) {
        match self {
            Self::Pbkdf2 { prf, salt, rounds, .. } => (price(*prf, salt.len(), *rounds, octets), 0),
            // 128 octets for each of N and p blocks of r; each block goes through 2 r cores of Salsa20
            // twice, and two cores cost about what one round of HMAC does (RFC 7914, 4 to 6).
            Self::Scrypt { salt, n, r, p } => {
                let cost = n.saturating_mul(*r).saturating_mul(*p).saturating_mul(2);
                let memory = n.saturating_add(*p).saturating_mul(*r).saturating_mul(128);
                (cost.saturating_add(salt.len() as u64), memory)
            }
        }
    }

    /// The key; nothing for parameters that name none.
    pub(super) fn derive(&self, password: &[u8], out: &mut [u8]) -> Option<()> {
        match self {
            Self::Pbkdf2 { prf, salt, rounds, .. } => {
                let rounds = u32::try_from(*rounds).ok()?;
                with!(*prf, D => pbkdf2::pbkdf2::<Hmac<D>>(password, salt, rounds, out)).ok()
            }
            Self::Scrypt { salt, n, r, p } => {
                let (r, p) = (u32::try_from(*r).ok()?, u32::try_from(*p).ok()?);
                r.checked_mul(p)?;
                let params = scrypt::Params::new(n.trailing_zeros() as u8, r, p).ok()?;
                scrypt::scrypt(password, salt, &params, out).ok()
            }
        }
    }
}

/// What so many octets cost to derive by rounds of a digest, with a salt that is hashed once for each
/// block of them.
pub(super) fn price(hash: Hash, salt: usize, rounds: u64, octets: usize) -> u64 {
    let once = rounds.saturating_add(salt.div_ceil(hash.block()) as u64);
    once.saturating_mul(octets.div_ceil(hash.octets()).max(1) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_digests() {
        for (index, row) in HASHES.iter().enumerate() {
            assert_eq!(row.0 as usize, index);
            assert_eq!(row.0.hmac(b"", b"").len(), row.1, "{}", row.3);
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// Made by OpenSSL 3.0: `openssl kdf -keylen N -kdfopt hexpass:… -kdfopt hexsalt:… PKCS12KDF`.
    #[test]
    fn derives_what_openssl_derives() {
        let smeg: Vec<u8> = "smeg\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut key = [0; 24];
        pkcs12(Hash::Sha1, Purpose::Key, &smeg, &hex("0a58cf64530d823f"), 1, &mut key);
        assert_eq!(key[..], hex("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3")[..]);
        let mut iv = [0; 8];
        pkcs12(Hash::Sha1, Purpose::Iv, &smeg, &hex("0a58cf64530d823f"), 1, &mut iv);
        assert_eq!(iv[..], hex("79993dfe048d3b76")[..]);
    }

    #[test]
    fn carries_over_octets() {
        let mut number = [0xff, 0xff, 0xfe];
        add(&mut number, &[0, 0, 1]);
        assert_eq!(number, [0, 0, 0]);
    }

    #[test]
    fn a_cost_that_nothing_can_pay_is_no_overflow() {
        let dear = Kdf::Scrypt { salt: Vec::new(), n: u64::MAX, r: u64::MAX, p: u64::MAX };
        assert_eq!(dear.price(32), (u64::MAX, u64::MAX));
        assert_eq!(dear.derive(b"", &mut [0; 32]), None);
        assert_eq!(price(Hash::Sha1, 8, u64::MAX, 24), u64::MAX);
    }
}
