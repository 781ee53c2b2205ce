//! Digests that key derivation and seals are made with.

use super::{Trouble, unsupported};
use crate::model::Oid;
use hmac::{Hmac, KeyInit, Mac};

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
pub(super) use with;

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

    pub(super) const fn block(self) -> usize {
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
}
