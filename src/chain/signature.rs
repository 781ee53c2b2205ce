//! Did this key make this signature.
//!
//! *Bad*, *unsupported* and *not checked* are different things: what a client cannot verify is a matter of
//! its policy, what castore cannot verify must never become a verdict. So every algorithm that some client
//! still takes is verified here: by aws-lc-rs what it offers, and RSA with MD5 or odd sizes, RSA-PSS with odd
//! parameters, DSA and ECDSA on five more curves by plain arithmetic, which is enough for verifying (nothing here is secret).

#[cfg(feature = "signatures")]
mod arithmetic;
#[cfg(feature = "signatures")]
mod curve;
#[cfg(feature = "signatures")]
mod verify;

use super::member::Member;
use crate::model::{Fingerprint, Oid};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// The key made it.
    Good,
    /// It did not, or key or signature are malformed.
    Bad,
    /// castore does not verify signatures of this algorithm, or of this curve or digest with it.
    Unsupported(Oid),
    /// This build verifies none (feature `signatures`).
    NotChecked,
}

/// Whether the key in `spki` (a SubjectPublicKeyInfo, DER) made `signature` of `message` by `algorithm`
/// (an AlgorithmIdentifier, DER).
#[must_use]
#[cfg(feature = "signatures")]
pub fn verify(spki: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> Signature {
    verify::verify(spki, algorithm, message, signature)
}

/// This build verifies no signatures.
#[must_use]
#[cfg(not(feature = "signatures"))]
pub fn verify(_spki: &[u8], _algorithm: &[u8], _message: &[u8], _signature: &[u8]) -> Signature {
    Signature::NotChecked
}

/// Whether the public key is one that a library can decode, as far as this build can tell.
#[cfg(feature = "signatures")]
fn is_key(spki: &[u8]) -> bool {
    verify::is_key(spki)
}

#[cfg(not(feature = "signatures"))]
fn is_key(_spki: &[u8]) -> bool {
    true
}

/// What became of a certificate's signature under the keys it was tried with, and whether its own key is
/// one, so that the policies of many clients cost one verification.
#[derive(Debug, Default)]
pub(super) struct Tried {
    by_key: Mutex<Vec<(Fingerprint, Signature)>>,
    is_key: OnceLock<bool>,
}

/// Keys remembered for one certificate: 64. A chain tries one to three; past it they are verified again.
const REMEMBERED: usize = 64;

impl Member {
    /// Whether the public key can be decoded: a point that is not on its curve is no key. Keys of kinds that
    /// castore cannot look into are taken for good ones.
    #[must_use]
    pub fn has_sound_key(&self) -> bool {
        *self.tried.is_key.get_or_init(|| is_key(self.spki()))
    }

    /// Whether `issuer` signed this certificate: by the algorithm beside the signature, which is the one that
    /// verifiers use, and whatever the signed part says.
    #[must_use]
    pub fn signed_by(&self, issuer: &Self) -> Signature {
        let key = issuer.fingerprint();
        let mut tried = self.tried.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = tried.iter().find(|(other, _)| *other == key) {
            return *known;
        }
        let algorithm = self.octets(&self.outer_algorithm);
        // A signature is whole octets (`ASN1_item_verify`, crypto/asn1/a_verify.c).
        let unused = self.signature.start.checked_sub(1).and_then(|at| self.certificate().der().get(at));
        let found = match unused {
            Some(0) => verify(issuer.spki(), algorithm, self.octets(&self.tbs), self.octets(&self.signature)),
            _ => Signature::Bad,
        };
        if tried.len() < REMEMBERED {
            tried.push((key, found));
        }
        found
    }
}

#[cfg(all(test, feature = "signatures"))]
mod tests;
