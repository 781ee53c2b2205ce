//! A snapshot as a value that outlives it: what of a host's stores matters for trust, written to a file,
//! read back, compared.
//!
//! What counts is which certificates a store holds, by their SHA-256, what it says of each, and which
//! clients use it. The order of entries, how a file is written, comments and times do not, so that nothing
//! of them is in the file. Its form stands here and not among the reports: what is written is read back, by
//! the same definition (`file`). Taking ([`take()`]), reading, comparing ([`compare()`]) and accepting
//! ([`accept`]) are functions of values.

pub mod accept;
pub mod against;
pub mod compare;
pub mod file;
mod redact;
pub mod said;
pub mod take;
#[cfg(test)]
mod tests;

pub use accept::{Acceptance, Change};
pub use against::Against;
pub use compare::{Comparison, compare};
pub use file::{BadSnapshot, SCHEMA, is_snapshot, read, write};
pub use said::{Said, Servers};
pub use take::{Limits, Taken, take};

use crate::host::View;
use crate::model::{Fingerprint, words};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A snapshot as a file holds it, with what was accepted since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// What was found.
    pub inventory: Inventory,
    /// Changes that were accepted later, in the order in which they were.
    pub accepted: Vec<Acceptance>,
}

/// What of a host's stores matters for trust.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The version of castore that took it: a later one may know more stores.
    pub castore: String,
    /// The host.
    pub host: HostRecord,
    /// The selectors it was limited to; empty where it is of everything.
    pub scope: Vec<String>,
    /// Whether names of users and of the host were replaced.
    pub redacted: bool,
    /// For whom it was looked; not known of one that an earlier castore took.
    pub view: Option<View>,
    /// Every certificate of every store, once.
    pub certificates: BTreeMap<Fingerprint, CertificateRecord>,
    /// The stores, by their names.
    pub stores: BTreeMap<String, StoreRecord>,
    /// The installations of clients.
    pub clients: BTreeMap<ClientKey, ClientRecord>,
    /// Of clients whose anchors are known by their digest alone, what changed in their stores and was accepted
    /// later, and whether those stores gave it before: their digest is older than that. It is in no file.
    pub unsettled: BTreeMap<ClientKey, BTreeMap<Fingerprint, bool>>,
}

/// Which host it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostRecord {
    /// Its name, where `/etc/hostname` says it.
    pub name: Option<String>,
    /// `linux`, `bsd`, `macos`, `windows`.
    pub system: String,
    /// The release, as os-release(5) calls it to people.
    pub release: Option<String>,
}

/// What is to be known of a certificate that may be gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateRecord {
    /// The subject; none where it could not be parsed.
    pub subject: Option<String>,
    /// The issuer.
    pub issuer: Option<String>,
    /// Content octets of the serial number in hexadecimal, as encoded.
    pub serial: Option<String>,
    /// Beginning of validity, RFC 3339.
    pub not_before: Option<String>,
    /// End of validity, RFC 3339.
    pub not_after: Option<String>,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki_sha256: Option<Fingerprint>,
    /// Whether issuer and subject are the same name.
    pub self_issued: bool,
    /// Whether it is a certification authority, where that could be read.
    pub ca: Option<bool>,
    /// Its public key, as people name it.
    pub key: Option<String>,
}

impl CertificateRecord {
    /// What people call it: the subject.
    #[must_use]
    pub fn label(&self) -> &str {
        words::label(self.subject.as_deref())
    }
}

/// A store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreRecord {
    /// What it is written in.
    pub format: String,
    /// How far it was read.
    pub reading: How,
    /// Why not further.
    pub why: Option<String>,
    /// The certificates in it, with what it says of each.
    pub certificates: BTreeMap<Fingerprint, Said>,
    /// What it says of certificates that it does not hold, by what names them.
    pub references: BTreeMap<String, Said>,
    /// Whose home it is, where it stands for one that was closed.
    pub accounts: BTreeSet<String>,
}

/// What stands for the format of a home that was closed.
pub(crate) const HOME: &str = "home";

/// How far a store was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// All of it.
    #[default]
    Whole,
    /// Not all of it.
    Partial,
    /// Its format is not read by this version.
    UnreadFormat,
    /// Nothing of it.
    Unreadable,
    /// Nothing was there.
    Absent,
}

impl How {
    /// Every one, with the word for it.
    pub const WORDS: [(Self, &'static str); 5] = [
        (Self::Whole, "whole"),
        (Self::Partial, "partial"),
        (Self::UnreadFormat, "unread-format"),
        (Self::Unreadable, "unreadable"),
        (Self::Absent, "absent"),
    ];

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(how, _)| *how == self).map_or("whole", |(_, word)| word)
    }

    /// Whether something was read, so that what was not seen was probably not there.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Whole | Self::Partial)
    }
}

impl StoreRecord {
    /// SHA-256 of all that counts: equal where two stores hold the same certificates and say the same.
    #[must_use]
    pub fn digest(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        // Each text with its length before it, so that no two stores come to the same octets.
        let mut put = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        let certificates = self.certificates.iter().map(|(fingerprint, said)| (fingerprint.to_string(), said));
        let references = self.references.iter().map(|(about, said)| (about.clone(), said));
        for (name, said) in certificates.chain(references) {
            put(&name);
            put(said.servers.word());
            put(&said.says.len().to_string());
            said.says.iter().for_each(|text| put(text));
        }
        Fingerprint::from_bytes(hash.finalize().into())
    }
}

/// Which installation of which client, for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey {
    /// The client's id.
    pub client: String,
    /// Where its installation is; empty where the client has none of its own.
    pub at: String,
    /// The account, where all accounts were asked for and this is one's own.
    pub account: Option<String>,
    /// Tells installations apart that the rest does not, from 0.
    pub number: u32,
}

/// `curl:/usr/bin/curl`, and for whom.
impl fmt::Display for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.client)?;
        if !self.at.is_empty() {
            write!(f, ":{}", self.at)?;
        }
        if self.number > 0 {
            write!(f, " #{}", self.number + 1)?;
        }
        match &self.account {
            Some(account) => write!(f, " for {account}"),
            None => Ok(()),
        }
    }
}

/// What an installation of a client trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRecord {
    /// Versions of its parts, the client's own first: `python 3.13.0`.
    pub versions: Vec<String>,
    /// The stores it uses, by their names.
    pub stores: BTreeSet<String>,
    /// Roots it uses that no store holds, by the names they would have.
    pub opaque: BTreeSet<String>,
    /// How many certificates it takes as anchors.
    pub anchors: usize,
    /// SHA-256 of their fingerprints, one after the other in their order.
    pub anchors_sha256: Fingerprint,
    /// Which they are; none in a snapshot of a castore that wrote only their digest. Clients mostly share them.
    pub trusted: Option<Arc<BTreeSet<Fingerprint>>>,
    /// Whether something turned its verification off.
    pub off: bool,
}

/// SHA-256 of fingerprints, one after the other in their order.
#[must_use]
pub fn digest_of<'f>(fingerprints: impl IntoIterator<Item = &'f Fingerprint>) -> Fingerprint {
    let mut digest = Sha256::new();
    fingerprints.into_iter().for_each(|fingerprint| digest.update(fingerprint.as_bytes()));
    Fingerprint::from_bytes(digest.finalize().into())
}

impl ClientRecord {
    /// Makes these its anchors.
    pub fn set_trusted(&mut self, trusted: BTreeSet<Fingerprint>) {
        self.anchors = trusted.len();
        self.anchors_sha256 = digest_of(&trusted);
        self.trusted = Some(Arc::new(trusted));
    }

    /// Whether one of its stores in an inventory holds a certificate and gives it to servers' clients.
    #[must_use]
    pub fn is_given(&self, certificate: &Fingerprint, inventory: &Inventory) -> bool {
        let said = |name: &String| inventory.stores.get(name)?.certificates.get(certificate);
        self.stores.iter().filter_map(said).any(|said| said.servers >= Servers::Limited)
    }
}

impl Inventory {
    /// What a certificate is called.
    #[must_use]
    pub fn label(&self, fingerprint: &Fingerprint) -> &str {
        self.certificates.get(fingerprint).map_or("(not described)", CertificateRecord::label)
    }

    /// The clients that use each store.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        let mut users = Users::default();
        for (key, record) in &self.clients {
            for store in &record.stores {
                *users.counts.entry(store).or_default().entry(&key.client).or_default() += 1;
            }
        }
        users
    }
}

/// The ids of the clients that use each store, with how many installations do.
#[derive(Debug, Clone, Default)]
pub struct Users<'i> {
    counts: BTreeMap<&'i str, BTreeMap<&'i str, usize>>,
}

impl Users<'_> {
    /// Those of one store: `curl`, or `python (3)` where there are several installations.
    #[must_use]
    pub fn of(&self, store: &str) -> Vec<String> {
        let word = |(id, number): (&&str, &usize)| {
            if *number == 1 { (*id).to_owned() } else { format!("{id} ({number})") }
        };
        self.counts.get(store).into_iter().flatten().map(word).collect()
    }
}
