//! A merged set in the format of whoever will read it: one row for each.
//!
//! A format says more or less of a certificate than the stores it came from: PEM says nothing, p11-kit nearly all. What
//! gets lost is part of the answer ([`Lost`]), since a root that Mozilla distrusts for what it issued after a day is
//! trusted without end in a keystore. The same set gives the same octets: nothing here asks a clock or a source of
//! random numbers.

mod directories;
mod keystores;
mod lost;
mod objects;
mod single;
mod spoils;

pub use directories::is_own;
pub use keystores::Profile;
pub use lost::Lost;
pub use spoils::unread_by_gnutls;

use super::{Kept, LeftOut};
use crate::format::hash_dir::Hashes;
use crate::model::{Oid, Password, Timestamp};

/// A format to write.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What users call it.
    pub name: &'static str,
    /// What it is, for `--help`.
    pub about: &'static str,
    /// What comes of it.
    pub shape: Shape,
    /// Whether it is a bundle of blocks, which programs on GnuTLS may be given too.
    pub is_bundle: bool,
    /// Why it cannot hold a certificate, where it cannot.
    holds: fn(&Kept, Timestamp) -> Option<&'static str>,
    write: fn(&[Kept], &Options<'_>) -> Result<Written, BadExport>,
}

/// What comes of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A file of text.
    Text,
    /// A file of octets.
    Binary,
    /// A file of octets that a password seals.
    Sealed,
    /// A Kubernetes object, which has a name.
    Object,
    /// A directory of files.
    Directory,
}

/// Every format that is written.
pub const ROWS: &[Row] = &[
    single::PEM,
    directories::DER,
    directories::HASH,
    single::PKCS7,
    single::PKCS7_DER,
    keystores::JKS,
    keystores::PKCS12,
    single::P11_KIT,
    single::OPENSSL_TRUSTED,
    single::EDK2,
    objects::CLUSTER_TRUST_BUNDLE,
    objects::CONFIG_MAP,
    objects::TRUST_BUNDLE,
];

/// What decides how a set is written beside the set.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Lines about a certificate, for formats that have comments.
    pub comments: &'a dyn Fn(&Kept) -> Vec<String>,
    /// What the set is for.
    pub purpose: Oid,
    /// Which hashes lead to a certificate of a hash directory.
    pub hashes: Hashes,
    /// What seals a keystore.
    pub password: &'a Password,
    /// How a PKCS#12 is encrypted.
    pub profile: Profile,
    /// The time of what a format dates.
    pub made: Timestamp,
    /// What an object is called.
    pub names: ObjectNames<'a>,
}

/// What a Kubernetes object is called.
#[derive(Debug, Clone, Copy)]
pub struct ObjectNames<'a> {
    /// Its name; `castore` where none is given, behind what the signer prescribes.
    pub name: Option<&'a str>,
    /// The namespace of a ConfigMap, where it is to be stated.
    pub namespace: Option<&'a str>,
    /// The key under which the certificates stand.
    pub key: &'a str,
    /// The signer of a ClusterTrustBundle, where it is of one.
    pub signer: Option<&'a str>,
}

/// A set as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file or files.
    pub content: Content,
    /// What is not said of each certificate, in the order of the set.
    pub lost: Vec<Vec<Lost>>,
}

/// What is to be put on a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The octets of one file.
    File(Vec<u8>),
    /// The files of a directory by name, in order.
    Directory(Vec<(String, Vec<u8>)>),
}

/// Why a set cannot be written in a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadExport {
    /// A password that the format's programs do not take.
    #[error("expected a password of {expected}, found {found}")]
    Password {
        /// What it should be of.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A name, or a size, that the format does not take.
    #[error("{0}")]
    Object(String),
    /// A certificate is longer than the format can say.
    #[error("expected certificates of less than 4 GiB, found a longer one")]
    TooLong,
    /// This build cannot write it.
    #[error("this castore was built without {0}")]
    NotBuilt(&'static str),
}

impl Row {
    /// Why the format cannot hold a certificate, where it cannot.
    #[must_use]
    pub fn refuses(&self, kept: &Kept, at: Timestamp) -> Option<LeftOut> {
        (self.holds)(kept, at).map(LeftOut::NotHeld)
    }

    /// Writes a set.
    ///
    /// # Errors
    /// When the format, or this build, cannot.
    pub fn write(&self, kept: &[Kept], options: &Options<'_>) -> Result<Written, BadExport> {
        (self.write)(kept, options)
    }
}

/// Any certificate will do.
fn anything(_: &Kept, _: Timestamp) -> Option<&'static str> {
    None
}

fn ders(kept: &[Kept]) -> Vec<&[u8]> {
    kept.iter().map(|kept| kept.certificate.der()).collect()
}

/// A format that says nothing of trust.
fn bare(kept: &[Kept], content: Content, purpose: Oid) -> Written {
    Written { content, lost: kept.iter().map(|kept| lost::of_all(kept, purpose)).collect() }
}

#[cfg(test)]
mod tests;
