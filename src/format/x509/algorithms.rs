//! The names of algorithms, curves and keys: those that occur in stores, as OpenSSL prints them.

use crate::model::{Algorithm, Oid};

const fn oid(text: &str) -> Oid {
    Oid::new_unwrap(text)
}

/// RFC 8017, appendix C.
pub(super) const RSA: Oid = oid("1.2.840.113549.1.1.1");
/// RFC 8017, A.2.3.
pub(super) const RSA_PSS: Oid = oid("1.2.840.113549.1.1.10");
/// RFC 5480, 2.1.1.
pub(super) const EC: Oid = oid("1.2.840.10045.2.1");

/// Algorithms by identifier: RFC 3279, 4055, 5758, 8017, 8410, 9881, 9909, GB/T 32918, RFC 9215.
const NAMES: &[(Oid, &str)] = &[
    (RSA, "rsaEncryption"),
    (oid("1.2.840.113549.1.1.2"), "md2WithRSAEncryption"),
    (oid("1.2.840.113549.1.1.4"), "md5WithRSAEncryption"),
    (oid("1.2.840.113549.1.1.5"), "sha1WithRSAEncryption"),
    (RSA_PSS, "rsassaPss"),
    (oid("1.2.840.113549.1.1.11"), "sha256WithRSAEncryption"),
    (oid("1.2.840.113549.1.1.12"), "sha384WithRSAEncryption"),
    (oid("1.2.840.113549.1.1.13"), "sha512WithRSAEncryption"),
    (oid("1.2.840.113549.1.1.14"), "sha224WithRSAEncryption"),
    (EC, "id-ecPublicKey"),
    (oid("1.2.840.10045.4.1"), "ecdsa-with-SHA1"),
    (oid("1.2.840.10045.4.3.1"), "ecdsa-with-SHA224"),
    (oid("1.2.840.10045.4.3.2"), "ecdsa-with-SHA256"),
    (oid("1.2.840.10045.4.3.3"), "ecdsa-with-SHA384"),
    (oid("1.2.840.10045.4.3.4"), "ecdsa-with-SHA512"),
    (oid("1.2.840.10040.4.1"), "dsaEncryption"),
    (oid("1.2.840.10040.4.3"), "dsaWithSHA1"),
    (oid("2.16.840.1.101.3.4.3.2"), "dsa_with_SHA256"),
    (oid("1.3.101.110"), "X25519"),
    (oid("1.3.101.111"), "X448"),
    (oid("1.3.101.112"), "ED25519"),
    (oid("1.3.101.113"), "ED448"),
    (oid("2.16.840.1.101.3.4.3.17"), "ML-DSA-44"),
    (oid("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
    (oid("2.16.840.1.101.3.4.3.19"), "ML-DSA-87"),
    (oid("2.16.840.1.101.3.4.3.20"), "SLH-DSA-SHA2-128s"),
    (oid("2.16.840.1.101.3.4.3.21"), "SLH-DSA-SHA2-128f"),
    (oid("2.16.840.1.101.3.4.3.22"), "SLH-DSA-SHA2-192s"),
    (oid("2.16.840.1.101.3.4.3.23"), "SLH-DSA-SHA2-192f"),
    (oid("2.16.840.1.101.3.4.3.24"), "SLH-DSA-SHA2-256s"),
    (oid("2.16.840.1.101.3.4.3.25"), "SLH-DSA-SHA2-256f"),
    (oid("1.2.156.10197.1.501"), "SM2-with-SM3"),
    (oid("1.2.643.7.1.1.1.1"), "GOST R 34.10-2012 with 256 bit modulus"),
    (oid("1.2.643.7.1.1.1.2"), "GOST R 34.10-2012 with 512 bit modulus"),
    (oid("1.2.643.7.1.1.3.2"), "GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)"),
    (oid("1.2.643.7.1.1.3.3"), "GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)"),
];

/// Curves and the bits of their fields: SEC 2, RFC 5639, GB/T 32918.5.
const CURVES: &[(Oid, &str, u32)] = &[
    (oid("1.2.840.10045.3.1.1"), "P-192", 192),
    (oid("1.3.132.0.33"), "P-224", 224),
    (oid("1.2.840.10045.3.1.7"), "P-256", 256),
    (oid("1.3.132.0.34"), "P-384", 384),
    (oid("1.3.132.0.35"), "P-521", 521),
    (oid("1.3.132.0.10"), "secp256k1", 256),
    (oid("1.3.36.3.3.2.8.1.1.7"), "brainpoolP256r1", 256),
    (oid("1.3.36.3.3.2.8.1.1.11"), "brainpoolP384r1", 384),
    (oid("1.3.36.3.3.2.8.1.1.13"), "brainpoolP512r1", 512),
    (oid("1.2.156.10197.1.301"), "SM2", 256),
];

/// An algorithm with its name, where it is known.
pub(super) fn named(oid: Oid) -> Algorithm {
    Algorithm { oid, name: NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name) }
}

/// A curve's name and the bits of its field; the identifier where it is not known.
pub(super) fn curve(oid: Oid) -> (String, Option<u32>) {
    match CURVES.iter().find(|(known, ..)| *known == oid) {
        Some((_, name, bits)) => ((*name).to_owned(), Some(*bits)),
        None => (oid.to_string(), None),
    }
}

/// Bits of a key whose algorithm fixes them (RFC 8410, 3; RFC 7748).
pub(super) fn fixed_bits(algorithm: &Algorithm) -> Option<u32> {
    match algorithm.name? {
        "ED25519" => Some(256),
        "X25519" => Some(253),
        "ED448" => Some(456),
        "X448" => Some(448),
        _ => None,
    }
}
