//! What OpenSSL makes of a file: a model of its loader, so that the answer is known without it.
//!
//! A CA file is all or nothing for OpenSSL: one broken block anywhere and not one certificate is
//! loaded. Whether it is broken *for OpenSSL* follows from details of its reader (lines of 254
//! octets, a blank line that turns what was read into headers), so the model keeps to those
//! details and `tests/oracles/openssl.rs` holds it against the real library.
//!
//! - [`load`]: the lines of `PEM_read_bio` and the blocks of `PEM_X509_INFO_read_bio`
//! - [`base64`]: `EVP_DecodeUpdate`, which differs from RFC 4648
//! - [`d2i`], [`decoder`]: whether `d2i_X509` and its kin take the DER, which may be BER
//! - [`extension`]: whether it takes the value of an extension
//! - [`plain`]: the same for certificates as nearly all are written
//! - [`private_key`]: whether a key in the file is one it decodes, or spoils the file
//!
//! It was held against 3.0.19, on x86-64.

mod base64;
mod d2i;
mod decoder;
pub(crate) mod extension;
pub(crate) mod load;
mod plain;
mod private_key;

/// Whether `d2i_X509` takes these octets.
pub(crate) fn decodes(certificate: &[u8]) -> bool {
    d2i::certificate(certificate).is_some()
}
