//! The key derivation of PKCS#12 (RFC 7292, B), by which Bouncy Castle seals its own keystores too.

#![cfg_attr(not(feature = "pkcs12"), allow(dead_code, reason = "keys and vectors of ciphers are PKCS#12's"))]

use sha1::digest::Digest;
use sha1::digest::block_api::BlockSizeUser;

/// What a derived key is for: the ID octet of RFC 7292, B.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// A password as it goes in: UTF-16, big-endian, with two NULs at the end (RFC 7292, B.1).
pub(super) fn password(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
}

/// The derivation of RFC 7292, B.2.
pub(super) fn derive<D: Digest + BlockSizeUser>(
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    rounds: u64,
    out: &mut [u8],
) {
    let block = D::block_size();
    let fill = |octets: &[u8]| -> Vec<u8> {
        octets.iter().copied().cycle().take(octets.len().next_multiple_of(block)).collect()
    };
    let diversifier = vec![purpose as u8; block];
    let mut input = [fill(salt), fill(password)].concat();
    for chunk in out.chunks_mut(<D as Digest>::output_size()) {
        let mut value = D::new().chain_update(&diversifier).chain_update(&input).finalize();
        for _ in 1..rounds {
            value = D::digest(value);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use sha1::Sha1;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// Made by OpenSSL 3.0: `openssl kdf -keylen N -kdfopt hexpass:… -kdfopt hexsalt:… PKCS12KDF`.
    #[test]
    fn derives_what_openssl_derives() {
        let smeg = password("smeg");
        let mut key = [0; 24];
        derive::<Sha1>(Purpose::Key, &smeg, &hex("0a58cf64530d823f"), 1, &mut key);
        assert_eq!(key[..], hex("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3")[..]);
        let mut iv = [0; 8];
        derive::<Sha1>(Purpose::Iv, &smeg, &hex("0a58cf64530d823f"), 1, &mut iv);
        assert_eq!(iv[..], hex("79993dfe048d3b76")[..]);
    }

    #[test]
    fn carries_over_octets() {
        let mut number = [0xff, 0xff, 0xfe];
        add(&mut number, &[0, 0, 1]);
        assert_eq!(number, [0, 0, 0]);
    }
}
