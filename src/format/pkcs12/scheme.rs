//! How a part is encrypted: PBES1 with the keys of PKCS#12 (RFC 7292, C), and PBES2 (RFC 8018, 6.2).

use super::hash::Hash;
use super::kdf::{self, Kdf};
use super::passwords::Secret;
use super::write::{number, octets};
use super::{Trouble, unsupported};
use crate::format::ber::Walk;
use crate::format::der::{oid, sequence, tag};
use crate::format::pkcs12_kdf::Purpose;
use crate::model::{Malformation, Oid};
use cbc::{Decryptor, Encryptor};
use cipher::block_padding::Pkcs7;
use cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, KeyIvInit, StreamCipher};

/// A cipher and its length of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    Rc4_128,
    Rc4_40,
    /// With three keys.
    Des3,
    /// With two keys.
    Des2,
    Rc2_128,
    Rc2_40,
    Aes128,
    Aes192,
    Aes256,
}

/// PBES1 of PKCS#12 (RFC 7292, C).
const PBES1: [(Oid, Cipher); 6] = [
    (Oid::new_unwrap("1.2.840.113549.1.12.1.1"), Cipher::Rc4_128),
    (Oid::new_unwrap("1.2.840.113549.1.12.1.2"), Cipher::Rc4_40),
    (Oid::new_unwrap("1.2.840.113549.1.12.1.3"), Cipher::Des3),
    (Oid::new_unwrap("1.2.840.113549.1.12.1.4"), Cipher::Des2),
    (Oid::new_unwrap("1.2.840.113549.1.12.1.5"), Cipher::Rc2_128),
    (Oid::new_unwrap("1.2.840.113549.1.12.1.6"), Cipher::Rc2_40),
];
/// Ciphers of PBES2 (RFC 8018, B.2; RFC 3565, 4.1).
const PBES2: [(Oid, Cipher); 4] = [
    (Oid::new_unwrap("1.2.840.113549.3.7"), Cipher::Des3),
    (Oid::new_unwrap("2.16.840.1.101.3.4.1.2"), Cipher::Aes128),
    (Oid::new_unwrap("2.16.840.1.101.3.4.1.22"), Cipher::Aes192),
    (Oid::new_unwrap("2.16.840.1.101.3.4.1.42"), Cipher::Aes256),
];
/// id-PBES2 (RFC 8018, A.4).
pub(super) const ID_PBES2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.13");

impl Cipher {
    const fn name(self) -> &'static str {
        match self {
            Self::Rc4_128 => "RC4-128",
            Self::Rc4_40 => "RC4-40",
            Self::Des3 => "3DES",
            Self::Des2 => "3DES with two keys",
            Self::Rc2_128 => "RC2-128",
            Self::Rc2_40 => "RC2-40",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        }
    }

    /// Octets of its key.
    const fn key(self) -> usize {
        match self {
            Self::Rc4_40 | Self::Rc2_40 => 5,
            Self::Rc4_128 | Self::Rc2_128 | Self::Des2 | Self::Aes128 => 16,
            Self::Des3 | Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Octets of its initialization vector: a block.
    const fn iv(self) -> usize {
        match self {
            Self::Rc4_128 | Self::Rc4_40 => 0,
            Self::Des3 | Self::Des2 | Self::Rc2_128 | Self::Rc2_40 => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }

    /// The octets in clear; nothing where their padding is wrong.
    fn decrypt(self, key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rc4_128 | Self::Rc4_40 => {
                let mut octets = sealed.to_vec();
                rc4::Rc4::new_from_slice(key).ok()?.apply_keystream(&mut octets);
                Some(octets)
            }
            Self::Des3 => cbc_decrypt::<Decryptor<des::TdesEde3>>(key, iv, sealed),
            Self::Des2 => cbc_decrypt::<Decryptor<des::TdesEde2>>(key, iv, sealed),
            Self::Aes128 => cbc_decrypt::<Decryptor<aes::Aes128>>(key, iv, sealed),
            Self::Aes192 => cbc_decrypt::<Decryptor<aes::Aes192>>(key, iv, sealed),
            Self::Aes256 => cbc_decrypt::<Decryptor<aes::Aes256>>(key, iv, sealed),
            Self::Rc2_128 | Self::Rc2_40 => {
                let rc2 = rc2::Rc2::new_with_eff_key_len(key, key.len() * 8);
                Decryptor::inner_iv_slice_init(rc2, iv).ok()?.decrypt_padded_vec::<Pkcs7>(sealed).ok()
            }
        }
    }

    /// The same back.
    fn encrypt(self, key: &[u8], iv: &[u8], clear: &[u8]) -> Option<Vec<u8>> {
        match self {
            // Of a stream both ways are one.
            Self::Rc4_128 | Self::Rc4_40 => self.decrypt(key, iv, clear),
            Self::Des3 => cbc_encrypt::<Encryptor<des::TdesEde3>>(key, iv, clear),
            Self::Des2 => cbc_encrypt::<Encryptor<des::TdesEde2>>(key, iv, clear),
            Self::Aes128 => cbc_encrypt::<Encryptor<aes::Aes128>>(key, iv, clear),
            Self::Aes192 => cbc_encrypt::<Encryptor<aes::Aes192>>(key, iv, clear),
            Self::Aes256 => cbc_encrypt::<Encryptor<aes::Aes256>>(key, iv, clear),
            Self::Rc2_128 | Self::Rc2_40 => {
                let rc2 = rc2::Rc2::new_with_eff_key_len(key, key.len() * 8);
                Some(Encryptor::inner_iv_slice_init(rc2, iv).ok()?.encrypt_padded_vec::<Pkcs7>(clear))
            }
        }
    }

    /// Its identifier where the derivation of PKCS#12 makes its key.
    fn pbes1(self) -> Option<Oid> {
        PBES1.iter().find(|(_, cipher)| *cipher == self).map(|(oid, _)| *oid)
    }

    /// Its identifier where another derivation does.
    fn pbes2(self) -> Option<Oid> {
        PBES2.iter().find(|(_, cipher)| *cipher == self).map(|(oid, _)| *oid)
    }
}

fn cbc_encrypt<E: KeyIvInit + BlockModeEncrypt>(key: &[u8], iv: &[u8], clear: &[u8]) -> Option<Vec<u8>> {
    Some(E::new_from_slices(key, iv).ok()?.encrypt_padded_vec::<Pkcs7>(clear))
}

fn cbc_decrypt<D: KeyIvInit + BlockModeDecrypt>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    D::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(sealed).ok()
}

/// How octets are encrypted with a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Key and vector by the derivation of PKCS#12, with SHA-1.
    Pbes1 {
        cipher: Cipher,
        salt: Vec<u8>,
        rounds: u64,
    },
    Pbes2 {
        kdf: Kdf,
        cipher: Cipher,
        iv: Vec<u8>,
    },
}

impl Scheme {
    /// Reads an AlgorithmIdentifier.
    pub(super) fn read(walk: &mut Walk<'_>) -> Result<Self, Trouble> {
        let mut algorithm = walk.enter(tag::SEQUENCE, "an encryption algorithm (a SEQUENCE)")?;
        let oid = algorithm.oid()?;
        let what = "parameters of an encryption (a SEQUENCE)";
        if let Some((_, cipher)) = PBES1.iter().find(|(pbes1, _)| Some(*pbes1) == oid) {
            let mut values = algorithm.enter(tag::SEQUENCE, what)?;
            let salt = values.octet_string("a salt (an OCTET STRING)")?.into_owned();
            return Ok(Self::Pbes1 { cipher: *cipher, salt, rounds: kdf::rounds(&mut values)? });
        }
        if oid != Some(ID_PBES2) {
            return Err(unsupported("encryption", oid));
        }
        let mut values = algorithm.enter(tag::SEQUENCE, what)?;
        let kdf = Kdf::read(&mut values)?;
        let mut encryption = values.enter(tag::SEQUENCE, "an encryption algorithm (a SEQUENCE)")?;
        let oid = encryption.oid()?;
        let found = PBES2.iter().find(|(pbes2, _)| Some(*pbes2) == oid);
        let (_, cipher) = found.ok_or_else(|| unsupported("encryption", oid))?;
        let at = encryption.at();
        let iv = encryption.octet_string("an initialization vector (an OCTET STRING)")?.into_owned();
        if iv.len() != cipher.iv() {
            let what = "an initialization vector as long as a block";
            return Err(Malformation::new(what, format!("{} octets", iv.len())).at(at).into());
        }
        Ok(Self::Pbes2 { kdf, cipher: *cipher, iv })
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Pbes1 { cipher, rounds, .. } => format!("PBES1 {} SHA-1, {rounds} iterations", cipher.name()),
            Self::Pbes2 { kdf, cipher, .. } => format!("PBES2 {}, {}", cipher.name(), kdf.words()),
        }
    }

    /// Whether the password goes in as UTF-16, which an empty one can be in two ways.
    pub(super) fn takes_utf16(&self) -> bool {
        matches!(self, Self::Pbes1 { .. })
    }

    /// What one attempt costs, in rounds and in octets of memory.
    pub(super) fn price(&self) -> (u64, u64) {
        match self {
            Self::Pbes1 { cipher, salt, rounds } => {
                let price = |octets| kdf::price(Hash::Sha1, salt.len(), *rounds, octets);
                (price(cipher.key()).saturating_add(price(cipher.iv())), 0)
            }
            Self::Pbes2 { kdf, cipher, .. } => kdf.price(cipher.key()),
        }
    }

    fn key(&self, secret: &Secret) -> Option<(Cipher, Vec<u8>, Vec<u8>)> {
        match self {
            Self::Pbes1 { cipher, salt, rounds } => {
                let (mut key, mut vector) = (vec![0; cipher.key()], vec![0; cipher.iv()]);
                kdf::pkcs12(Hash::Sha1, Purpose::Key, &secret.utf16, salt, *rounds, &mut key);
                kdf::pkcs12(Hash::Sha1, Purpose::Iv, &secret.utf16, salt, *rounds, &mut vector);
                Some((*cipher, key, vector))
            }
            Self::Pbes2 { kdf, cipher, iv } => {
                let mut key = vec![0; cipher.key()];
                kdf.derive(&secret.utf8, &mut key)?;
                Some((*cipher, key, iv.clone()))
            }
        }
    }

    /// Its AlgorithmIdentifier; nothing for what has no identifier.
    pub(super) fn algorithm(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Pbes1 { cipher, salt, rounds } => {
                sequence(&[oid(cipher.pbes1()?), sequence(&[octets(salt), number(*rounds)])])
            }
            Self::Pbes2 { kdf, cipher, iv } => {
                let encryption = sequence(&[oid(cipher.pbes2()?), octets(iv)]);
                sequence(&[oid(ID_PBES2), sequence(&[kdf.algorithm(), encryption])])
            }
        })
    }

    /// The same with salt and vector of other octets, which `fresh` gives by what they are for and how many.
    pub(super) fn renewed(&self, fresh: &dyn Fn(&str, usize) -> Vec<u8>) -> Self {
        match self {
            Self::Pbes1 { cipher, salt, rounds } => {
                Self::Pbes1 { cipher: *cipher, salt: fresh("salt", salt.len()), rounds: *rounds }
            }
            Self::Pbes2 { kdf, cipher, iv } => {
                Self::Pbes2 { kdf: kdf.renewed(fresh), cipher: *cipher, iv: fresh("vector", iv.len()) }
            }
        }
    }

    /// The octets in clear; nothing where the password cannot be the one.
    pub(super) fn decrypt(&self, secret: &Secret, sealed: &[u8]) -> Option<Vec<u8>> {
        let (cipher, key, iv) = self.key(secret)?;
        cipher.decrypt(&key, &iv, sealed)
    }

    /// The same back.
    pub(super) fn encrypt(&self, secret: &Secret, clear: &[u8]) -> Option<Vec<u8>> {
        let (cipher, key, iv) = self.key(secret)?;
        cipher.encrypt(&key, &iv, clear)
    }
}
