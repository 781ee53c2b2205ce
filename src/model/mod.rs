//! The nouns: plain data that every other module speaks of. Nothing here reads, decides or prints.

pub mod certificate;
pub mod container;
pub mod entry;
pub mod fingerprint;
pub mod key;
pub mod name;
pub mod passing;
pub mod password;
pub mod shell;
pub mod store;
pub mod text;
pub mod time;
pub mod trust;
pub mod version;
pub mod words;

pub(crate) use certificate::NotImported;
pub use certificate::{BasicConstraints, Certificate, Details, Extension, KeyUsage, Outline};
pub use container::{Container, Gap, Integrity, Owner, Seal, WhichPassword};
pub use entry::{Block, Body, Decoded, Entry, Malformation, Note, Reference, Slot};
pub use fingerprint::{Fingerprint, FingerprintPrefix};
pub use key::{Algorithm, PublicKey};
pub use name::Name;
pub use password::Password;
pub use store::{Format, GnutlsLoad, Listed, OpensslLoad, Reading, Store, StoreId, Target, Unreadable};
pub use text::Untrusted;
pub use time::Timestamp;
pub use trust::{ForServers, Limited, Names, Purposes, Ruling, Trust};
pub use version::Version;

/// An object identifier, as DER and OpenSSL use it.
pub type Oid = der::asn1::ObjectIdentifier;
