//! From a password to a key: the derivation of PKCS#12, PBKDF2 (RFC 8018, 5.2) and scrypt (RFC 7914),
//! each with its price.

use super::hash::{Hash, with};
use super::write::{number, octets};
use super::{Trouble, unsupported};
use crate::format::ber::Walk;
use crate::format::der::{element, oid, sequence, tag};
use crate::format::pkcs12_kdf::{self, Purpose};
use crate::model::{Malformation, Oid};
use hmac::Hmac;

/// The derivation of PKCS#12, of a password in UTF-16 with its two NULs.
pub(super) fn pkcs12(hash: Hash, purpose: Purpose, password: &[u8], salt: &[u8], rounds: u64, out: &mut [u8]) {
    with!(hash, D => pkcs12_kdf::derive::<D>(purpose, password, salt, rounds, out));
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

    /// Its AlgorithmIdentifier. HMAC with SHA-1 is what stands for nothing (RFC 8018, A.2).
    pub(super) fn algorithm(&self) -> Vec<u8> {
        match self {
            Self::Pbkdf2 { prf, salt, rounds, octets: length } => {
                let mut values = vec![octets(salt), number(*rounds)];
                values.extend(length.map(number));
                if *prf != Hash::Sha1 {
                    values.push(sequence(&[oid(prf.hmac_oid()), element(0x05, &[])]));
                }
                sequence(&[oid(PBKDF2), sequence(&values)])
            }
            Self::Scrypt { salt, n, r, p } => {
                sequence(&[oid(SCRYPT), sequence(&[octets(salt), number(*n), number(*r), number(*p)])])
            }
        }
    }

    /// The same with another salt.
    pub(super) fn renewed(&self, fresh: &dyn Fn(&str, usize) -> Vec<u8>) -> Self {
        let mut new = self.clone();
        match &mut new {
            Self::Pbkdf2 { salt, .. } | Self::Scrypt { salt, .. } => *salt = fresh("salt", salt.len()),
        }
        new
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
    fn a_cost_that_nothing_can_pay_is_no_overflow() {
        let dear = Kdf::Scrypt { salt: Vec::new(), n: u64::MAX, r: u64::MAX, p: u64::MAX };
        assert_eq!(dear.price(32), (u64::MAX, u64::MAX));
        assert_eq!(dear.derive(b"", &mut [0; 32]), None);
        assert_eq!(price(Hash::Sha1, 8, u64::MAX, 24), u64::MAX);
    }
}
