//! The MAC of a Bouncy Castle keystore, and the key it is made with.

use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};

/// Octets that SHA-1 takes at a time, and gives.
const BLOCK: usize = 64;
pub(super) const OUTPUT: usize = 20;
/// What a key is derived for: integrity (RFC 7292, B.3).
const INTEGRITY: u8 = 3;

/// The key for a MAC: at most [`OUTPUT`] octets of the key derivation of PKCS#12 (RFC 7292, B.2).
fn key(password: &str, salt: &[u8], iterations: u32) -> [u8; OUTPUT] {
    let password = octets_of(password);
    let mut hash = Sha1::new();
    hash.update([INTEGRITY; BLOCK]);
    for part in [salt, &password] {
        let length = part.len().div_ceil(BLOCK) * BLOCK;
        hash.update(part.iter().copied().cycle().take(length).collect::<Vec<_>>());
    }
    let mut key: [u8; OUTPUT] = hash.finalize().into();
    for _ in 1..iterations {
        key = Sha1::digest(key).into();
    }
    key
}

/// UTF-16, big end first, with two octets of zero behind it; nothing at all for the empty password
/// (`PBEParametersGenerator.PKCS12PasswordToBytes`).
fn octets_of(password: &str) -> Vec<u8> {
    let units = password.encode_utf16().chain((!password.is_empty()).then_some(0));
    units.flat_map(u16::to_be_bytes).collect()
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
