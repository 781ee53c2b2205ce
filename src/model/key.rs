//! Public keys and algorithms, named as the standards name them.

use super::Oid;
use std::fmt;

/// An algorithm: its object identifier and, where the field has one, its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm {
    /// The object identifier.
    pub oid: Oid,
    /// The usual name (`sha256WithRSAEncryption`, `ecdsa-with-SHA384`), where it is known.
    pub name: Option<&'static str>,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.oid),
        }
    }
}

/// A subject's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA, with the bits of its modulus.
    Rsa {
        /// Bits of the modulus without leading zeros.
        bits: u32,
    },
    /// A key on a named elliptic curve.
    Ec {
        /// The curve's usual name or its object identifier.
        curve: String,
        /// Bits of the field, where the curve is known.
        bits: Option<u32>,
    },
    /// An elliptic curve given by explicit parameters: never evaluated (CVE-2022-0778).
    EcExplicit,
    /// Any other key: Ed25519, ML-DSA, DSA and the like.
    Other {
        /// The algorithm.
        algorithm: Algorithm,
        /// Bits of the key where its algorithm fixes them.
        bits: Option<u32>,
    },
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ec { curve, .. } => write!(f, "EC {curve}"),
            Self::EcExplicit => f.write_str("EC explicit parameters"),
            Self::Other { algorithm, bits: Some(bits) } => write!(f, "{algorithm} {bits}"),
            Self::Other { algorithm, bits: None } => write!(f, "{algorithm}"),
        }
    }
}
