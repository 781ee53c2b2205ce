//! The nouns: plain data that every other module speaks of. Nothing here reads, decides or prints.

pub mod certificate;
pub mod entry;
pub mod fingerprint;
pub mod key;
pub mod name;
pub mod store;
pub mod text;
pub mod time;
pub mod trust;
pub mod version;

pub use certificate::{BasicConstraints, Certificate, Details, Extension, KeyUsage, Outline};
pub use entry::{Block, Body, Decoded, Entry, Malformation, Note, Slot};
pub use fingerprint::{Fingerprint, FingerprintPrefix};
pub use key::{Algorithm, PublicKey};
pub use name::Name;
pub use store::{Format, Listed, OpensslLoad, Reading, Store, StoreId, Target, Unreadable};
pub use text::Untrusted;
pub use time::Timestamp;
pub use trust::{Purposes, Trust};
pub use version::Version;

/// An object identifier, as DER and OpenSSL use it.
pub type Oid = der::asn1::ObjectIdentifier;
