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
use super::scheme::{Cipher, Scheme};
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

/// Writes certificates under their aliases. One that is taken already, in lower case as Java keeps
/// them, gets a number.
#[must_use]
pub fn write(certificates: &[(&str, &[u8])], protection: Protection<'_>) -> Vec<u8> {
    let mut aliases = Aliases::default();
    let bags: Vec<u8> = certificates.iter().flat_map(|(alias, der)| bag(&aliases.unique(alias), der)).collect();
    let safe = element(tag::SEQUENCE, &bags);
    let part = match protection {
        Protection::Plain => content_info(DATA, &element(tag::OCTET_STRING, &safe)),
        Protection::Modern(password) => encrypted_for(&modern(&safe), password, &safe),
        Protection::Legacy(password) => encrypted_for(&legacy(&safe), password, &safe),
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
    fresh(what, content, N)
}

/// The same, of any number.
pub(super) fn fresh(what: &str, content: &[u8], count: usize) -> Vec<u8> {
    let first = Sha256::new().chain_update("castore PKCS#12 ").chain_update(what).chain_update(content).finalize();
    let digests = std::iter::successors(Some(first), |before| Some(Sha256::digest(before)));
    digests.flat_map(|digest| digest.to_vec()).take(count).collect()
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

pub(super) fn bag(alias: &str, der: &[u8]) -> Vec<u8> {
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

pub(super) fn modern(safe: &[u8]) -> Scheme {
    let (salt, iv) = (salt::<16>("salt", safe), salt::<16>("vector", safe));
    let kdf = Kdf::Pbkdf2 { prf: Hash::Sha256, salt, rounds: ROUNDS, octets: Some(32) };
    Scheme::Pbes2 { kdf, cipher: Cipher::Aes256, iv }
}

pub(super) fn legacy(safe: &[u8]) -> Scheme {
    Scheme::Pbes1 { cipher: Cipher::Des3, salt: salt::<20>("salt", safe), rounds: ROUNDS }
}

/// EncryptedData (RFC 2315, 13).
pub(super) fn encrypted(scheme: &Scheme, secret: &Secret, safe: &[u8]) -> Option<Vec<u8>> {
    let content = sequence(&[oid(DATA), scheme.algorithm()?, element(0x80, &scheme.encrypt(secret, safe)?)]);
    Some(content_info(ENCRYPTED_DATA, &sequence(&[number(0), content])))
}

/// The same for a password; both ciphers that are written here take keys and vectors of the lengths made for them.
pub(super) fn encrypted_for(scheme: &Scheme, password: &Password, safe: &[u8]) -> Vec<u8> {
    encrypted(scheme, &Secret::new(password.reveal()), safe).unwrap_or_default()
}

pub(super) fn mac_data(hash: Hash, password: &Password, sealed: &[u8]) -> Vec<u8> {
    let salt = salt::<20>("seal", sealed);
    let mac = Mac::new(hash, salt.clone(), ROUNDS);
    let digest = mac.compute(&Secret::new(password.reveal()), sealed).unwrap_or_default();
    let algorithm = sequence(&[oid(hash.digest_oid()), element(0x05, &[])]);
    sequence(&[sequence(&[algorithm, octets(&digest)]), octets(&salt), number(ROUNDS)])
}
