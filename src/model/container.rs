//! What is to be said of a store as a whole: how it is sealed, with which password it opened, what
//! its own program lists of it, and which of its parts could not be read.

use super::Malformation;
use std::fmt;

/// What is to be said of a keystore or database beside its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// The version of the format that it states.
    pub version: Option<u32>,
    /// Whether what seals it against change holds.
    pub integrity: Integrity,
    /// How its parts are sealed and encrypted, each once, in the words of their standards:
    /// `MAC HMAC-SHA-256, 10000 iterations`.
    pub protection: Vec<String>,
    /// How a PKCS#12 is sealed, which not every program knows.
    pub seal: Option<Seal>,
    /// Which password opened or verified it.
    pub password: Option<WhichPassword>,
    /// What the program that owns the format lists of it, where that is not all of it.
    pub owner: Option<Owner>,
}

/// Whether what seals a store against change holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Integrity {
    /// Nothing seals it.
    #[default]
    Unsealed,
    /// The seal holds.
    Verified,
    /// The seal was not computed: an algorithm, or a cost beyond the bounds.
    Unverified,
    /// The seal fits none of the passwords tried. That is no proof of tampering: the password may
    /// be another.
    Mismatch,
}

/// How a PKCS#12 is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// HMAC with this digest under a key of PKCS#12 (RFC 7292, appendix B): `SHA-256`.
    Pkcs12(&'static str),
    /// PBMAC1 (RFC 9879).
    Pbmac1,
}

/// Which password opened a store. Never the password itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WhichPassword {
    /// The empty one.
    Empty,
    /// `changeit`, the one of Java's own stores.
    Changeit,
    /// One that the user gave.
    Given,
}

/// What the program that owns a format lists of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The program: `Java`.
    pub program: &'static str,
    /// How many certificates it lists.
    pub lists: usize,
    /// Why not all that are there.
    pub because: &'static str,
}

/// A part of a store that could not be read. It hides none of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// A bound was reached; there may be more than this.
    Bound {
        /// What is bounded, in the plural: `entries`.
        what: &'static str,
        /// The bound.
        bound: u64,
    },
    /// It is encrypted, and no password that was tried fits.
    Password {
        /// What is encrypted, `2 parts`.
        what: String,
    },
    /// It is encrypted or coded in a way that castore does not know.
    Unsupported {
        /// The algorithm or form, by its name or object identifier.
        what: String,
    },
    /// From this place on it cannot be read.
    Broken(Malformation),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound { what, bound } => write!(f, "more than the limit of {bound} {what}"),
            Self::Password { what } => write!(f, "{what} encrypted, and no password that was tried fits"),
            Self::Unsupported { what } => write!(f, "{what} is not supported"),
            // What was found there is another's text; it stands with the entry or is not said.
            Self::Broken(Malformation { expected, offset: Some(offset), .. }) => {
                write!(f, "expected {expected} at byte {offset}")
            }
            Self::Broken(Malformation { expected, .. }) => write!(f, "expected {expected}"),
        }
    }
}
