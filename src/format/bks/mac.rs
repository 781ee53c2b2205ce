//! The MAC of a Bouncy Castle keystore, and the key it is made with.

use crate::format::pkcs12_kdf::{self, Purpose};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Octets that SHA-1 gives.
pub(super) const OUTPUT: usize = 20;

/// The key for a MAC: at most [`OUTPUT`] octets of the key derivation of PKCS#12.
fn key(password: &str, salt: &[u8], iterations: u32) -> [u8; OUTPUT] {
    // Nothing at all for the empty password (`PBEParametersGenerator.PKCS12PasswordToBytes`).
    let password = if password.is_empty() { Vec::new() } else { pkcs12_kdf::password(password) };
    let mut key = [0; OUTPUT];
    pkcs12_kdf::derive::<Sha1>(Purpose::Mac, &password, salt, iterations.into(), &mut key);
    key
}

/// Whether this password gives this MAC.
pub(super) fn fits(password: &str, sealed: &Sealed<'_>, mac: &[u8; OUTPUT]) -> bool {
    of(password, sealed) == *mac
}

/// The MAC that this password gives.
pub(super) fn of(password: &str, sealed: &Sealed<'_>) -> [u8; OUTPUT] {
    let mut key = key(password, sealed.salt, sealed.iterations);
    // HMAC fills a key up with octets of zero (RFC 2104, 2), so the rest of a short one is these.
    key.iter_mut().skip(sealed.key_length).for_each(|octet| *octet = 0);
    Hmac::<Sha1>::new(&filled(key)).chain_update(sealed.body).finalize().into_bytes().into()
}

/// The key as a block of the hash.
fn filled(key: [u8; OUTPUT]) -> hmac::digest::Key<Hmac<Sha1>> {
    let mut block = hmac::digest::Key::<Hmac<Sha1>>::default();
    for (octet, own) in block.iter_mut().zip(key) {
        *octet = own;
    }
    block
}

/// What a MAC is made over, and with.
pub(super) struct Sealed<'a> {
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
    pub(super) key_length: usize,
    pub(super) body: &'a [u8],
}
