//! Files of certificates that Java lists: each with a name of its own and with Java's attribute for
//! trusted key usage.
//!
//! The same certificates give the same octets: salts and vectors are digests of the bags instead of
//! random octets. That is enough where nothing is secret: the certificates are public, and so, mostly,
//! is the password.

use super::bags::{CERT_BAG, FRIENDLY_NAME, TRUSTED_KEY_USAGE, X509};
use super::hash::Hash;
use super::kdf::Kdf;
use super::mac::Mac;
use super::passwords::Secret;
use super::scheme::{Cipher, ID_PBES2, Scheme};
use super::{DATA, ENCRYPTED_DATA};
use crate::format::der::{element, oid, sequence, tag};
use crate::model::trust::ANY_PURPOSE;
use crate::model::{Oid, Password};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// How a file is encrypted and sealed. Java encrypts with passwords of ASCII only, and opens no other
/// (`com.sun.crypto.provider.PBEKey`).
#[derive(Debug, Clone, Copy)]
pub enum Protection<'a> {
    /// In clear and without a seal, as the JDK's own `cacerts` is since 18. Any password opens it.
    Plain,
    /// PBES2 with AES-256 and PBKDF2 of HMAC-SHA-256, sealed with HMAC-SHA-256: Java 8u301, 11.0.12 and
    /// later, and those held to FIPS 140.
    Modern(&'a Password),
    /// 3DES and SHA-1: Java 8u300 and older too. OpenSSL 3 reads 3DES without its legacy provider, which
    /// the RC2 of old Java asks for.
    Legacy(&'a Password),
}

/// Rounds of key derivation: what keytool 17 writes (`keystore.pkcs12.certPbeIterationCount`,
/// conf/security/java.security).
const ROUNDS: u64 = 10_000;

/// pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, C).
const PBE_DES3: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.3");
/// id-PBKDF2 (RFC 8018, A.2).
const PBKDF2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.12");
/// aes256-CBC-PAD (RFC 8018, B.2.5).
const AES256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.42");

/// Writes certificates under their aliases. One that is taken already, in lower case as Java keeps
/// them, gets a number.
#[must_use]
pub fn write(certificates: &[(&str, &[u8])], protection: Protection<'_>) -> Vec<u8> {
    let mut aliases = Aliases::default();
    let bags: Vec<u8> = certificates.iter().flat_map(|(alias, der)| bag(&aliases.unique(alias), der)).collect();
    let safe = element(tag::SEQUENCE, &bags);
    let part = match protection {
        Protection::Plain => content_info(DATA, &element(tag::OCTET_STRING, &safe)),
        Protection::Modern(password) => encrypted(&modern(&safe), password, &safe),
        Protection::Legacy(password) => encrypted(&legacy(&safe), password, &safe),
    };
    let sealed = element(tag::SEQUENCE, &part);
    let seal = match protection {
        Protection::Plain => Vec::new(),
        Protection::Modern(password) => mac_data(Hash::Sha256, password, &sealed),
        Protection::Legacy(password) => mac_data(Hash::Sha1, password, &sealed),
    };
    let content = content_info(DATA, &element(tag::OCTET_STRING, &sealed));
    element(tag::SEQUENCE, &[element(tag::INTEGER, &[3]), content, seal].concat())
}

pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, content)
}

pub(super) fn number(value: u64) -> Vec<u8> {
    let digits = value.to_be_bytes();
    let from = digits.iter().position(|&digit| digit != 0).unwrap_or(digits.len() - 1);
    let mut content = digits[from..].to_vec();
    if content.first().is_some_and(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    element(tag::INTEGER, &content)
}

pub(super) fn content_info(kind: Oid, content: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), element(tag::context(0), content)])
}

/// Octets that are the same for the same bags and differ for each use.
fn salt<const N: usize>(what: &str, content: &[u8]) -> Vec<u8> {
    let digest = Sha256::new().chain_update("castore PKCS#12 ").chain_update(what).chain_update(content).finalize();
    digest.iter().copied().take(N).collect()
}

/// Names that Java tells apart.
#[derive(Default)]
struct Aliases {
    taken: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Aliases {
    fn unique(&mut self, alias: &str) -> String {
        if self.taken.insert(alias.to_lowercase()) {
            return alias.to_owned();
        }
        let next = self.next.entry(alias.to_lowercase()).or_insert(1);
        loop {
            *next += 1;
            let numbered = format!("{alias} {next}");
            if self.taken.insert(numbered.to_lowercase()) {
                return numbered;
            }
        }
    }
}

fn bag(alias: &str, der: &[u8]) -> Vec<u8> {
    let bmp: Vec<u8> = alias.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let attribute = |kind: Oid, value: Vec<u8>| sequence(&[oid(kind), element(tag::SET, &value)]);
    let mut attributes =
        [attribute(FRIENDLY_NAME, element(tag::BMP, &bmp)), attribute(TRUSTED_KEY_USAGE, oid(ANY_PURPOSE))];
    // DER sorts the members of a SET (X.690, 11.6).
    attributes.sort();
    let certificate = sequence(&[oid(X509), element(tag::context(0), &octets(der))]);
    let value = element(tag::context(0), &certificate);
    sequence(&[oid(CERT_BAG), value, element(tag::SET, &attributes.concat())])
}

/// A scheme and the AlgorithmIdentifier that says it.
pub(super) struct Stated {
    pub(super) scheme: Scheme,
    pub(super) algorithm: Vec<u8>,
}

pub(super) fn modern(safe: &[u8]) -> Stated {
    let (prf, cipher) = (Hash::Sha256, Cipher::Aes256);
    let (salt, iv) = (salt::<16>("salt", safe), salt::<16>("vector", safe));
    let null = element(0x05, &[]);
    let kdf = sequence(&[
        oid(PBKDF2),
        sequence(&[octets(&salt), number(ROUNDS), number(32), sequence(&[oid(prf.hmac_oid()), null])]),
    ]);
    let algorithm = sequence(&[oid(ID_PBES2), sequence(&[kdf, sequence(&[oid(AES256), octets(&iv)])])]);
    let kdf = Kdf::Pbkdf2 { prf, salt, rounds: ROUNDS, octets: Some(32) };
    Stated { scheme: Scheme::Pbes2 { kdf, cipher, iv }, algorithm }
}

fn legacy(safe: &[u8]) -> Stated {
    let salt = salt::<20>("salt", safe);
    let algorithm = sequence(&[oid(PBE_DES3), sequence(&[octets(&salt), number(ROUNDS)])]);
    Stated { scheme: Scheme::Pbes1 { cipher: Cipher::Des3, salt, rounds: ROUNDS }, algorithm }
}

/// EncryptedData (RFC 2315, 13).
pub(super) fn encrypted(stated: &Stated, password: &Password, safe: &[u8]) -> Vec<u8> {
    let secret = Secret::new(password.reveal());
    // Both ciphers that are stated here take keys and vectors of the lengths made for them.
    let sealed = stated.scheme.encrypt(&secret, safe).unwrap_or_default();
    let content = sequence(&[oid(DATA), stated.algorithm.clone(), element(0x80, &sealed)]);
    content_info(ENCRYPTED_DATA, &sequence(&[number(0), content]))
}

pub(super) fn mac_data(hash: Hash, password: &Password, sealed: &[u8]) -> Vec<u8> {
    let salt = salt::<20>("seal", sealed);
    let mac = Mac::new(hash, salt.clone(), ROUNDS);
    let digest = mac.compute(&Secret::new(password.reveal()), sealed).unwrap_or_default();
    let algorithm = sequence(&[oid(hash.digest_oid()), element(0x05, &[])]);
    sequence(&[sequence(&[algorithm, octets(&digest)]), octets(&salt), number(ROUNDS)])
}
