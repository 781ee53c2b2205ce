//! What was in a store, and where in it.

use super::{Certificate, Fingerprint, Trust, Untrusted};
use std::ffi::OsString;
use std::sync::Arc;

/// One thing found in a store. `C` is what stands for a certificate: its bytes while a format is
/// decoded, the shared [`Certificate`] once the store is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<C = Arc<Certificate>> {
    /// Where in the store it is.
    pub slot: Slot,
    /// What the store says of it.
    pub trust: Trust,
    /// What it is.
    pub body: Body<C>,
    /// What is odd about how it is written.
    pub notes: Vec<Note>,
}

/// An entry as a format decodes it: the DER, not yet parsed or hashed.
pub type Decoded = Entry<Box<[u8]>>;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<C> {
    /// A certificate.
    Certificate(C),
    /// A private key: never read further than this, never printed, copied or exported.
    PrivateKey,
    /// What the store says of a certificate that is not in it.
    Reference(Box<Reference>),
    /// Something else that is no certificate: a CRL, parameters, another label, a secret key.
    Other(Untrusted),
    /// Something that should have been a certificate and cannot be read.
    Malformed(Box<Malformation>),
}

/// Which certificate a store speaks of without holding it: a row of trust for a built-in root, a line
/// of a trust list. Whatever the store gives is given here; at least one field is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// The name the store gives it.
    pub label: Option<Untrusted>,
    /// Its issuer, a DER Name.
    pub issuer: Option<Box<[u8]>>,
    /// Its serial number, a DER INTEGER with tag and length.
    pub serial: Option<Box<[u8]>>,
    /// The SHA-1 of its DER.
    pub sha1: Option<[u8; 20]>,
    /// The SHA-256 of its DER.
    pub sha256: Option<Fingerprint>,
    /// Its SubjectPublicKeyInfo, DER.
    pub public_key: Option<Box<[u8]>>,
}

impl Reference {
    /// Its issuer, and the content octets of its serial number, where the store gives both: tag and length of that are
    /// one octet each (RFC 5280, 4.1.2.2).
    #[must_use]
    pub fn name(&self) -> Option<(&[u8], &[u8])> {
        self.issuer.as_deref().zip(self.serial.as_deref()?.get(2..))
    }
}

/// Why something could not be read: what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformation {
    /// What should have been there, lower case, as in "expected …".
    pub expected: &'static str,
    /// What was there instead, as in "found …".
    pub found: Untrusted,
    /// Octets from the beginning of the certificate or block, where that is known.
    pub offset: Option<usize>,
}

impl Malformation {
    /// A malformation without an offset.
    pub fn new(expected: &'static str, found: impl Into<String>) -> Self {
        Self { expected, found: Untrusted::new(found), offset: None }
    }

    /// The same, `offset` octets into the certificate or block.
    #[must_use]
    pub fn at(self, offset: usize) -> Self {
        Self { offset: Some(offset), ..self }
    }
}

/// Where in a store an entry is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// The store is one certificate.
    Whole,
    /// A PEM block.
    Block(Block),
    /// In a file of a directory.
    File(OsString, Box<Slot>),
    /// Under an alias or nickname in a keystore.
    Alias(Untrusted),
    /// The n-th of a list without positions, from 0.
    Index(usize),
    /// This many octets into a binary file.
    Offset(u64),
    /// The row of a database with this id.
    Row(i64),
    /// In a named value of a document, `data.ca.crt` of a Secret.
    Inside(Untrusted, Box<Slot>),
}

/// The place of a PEM block in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block {
    /// The line of its BEGIN, from 1.
    pub line: u64,
    /// Octets before its BEGIN.
    pub offset: u64,
}

impl Slot {
    /// The line in its file, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Block(block) => Some(block.line),
            Self::File(_, inner) | Self::Inside(_, inner) => inner.line(),
            _ => None,
        }
    }
}

/// What is odd about how an entry is written. Some readers stumble over each of these, named by
/// the variant; castore reads past them and says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// A label other than `CERTIFICATE` that still holds one (`X509 CERTIFICATE`, `TRUSTED CERTIFICATE`).
    Label(String),
    /// A UTF-8 byte order mark stands before the first block.
    ByteOrderMark,
    /// The file is UTF-16.
    Utf16,
    /// BEGIN follows the END of the block before on one line.
    Joined,
    /// Lines end in CR alone.
    CarriageReturns,
    /// `Name: value` headers stand in the block (RFC 1421).
    Headers,
    /// The lines of the block are indented.
    Indented,
    /// Text stands before BEGIN on its line.
    TextBeforeBegin,
    /// Blank lines stand inside the block.
    BlankLines,
    /// BEGIN or END is written in other than upper case, or with another number of dashes.
    Armour,
    /// NUL octets stand around or inside the block.
    Nul,
    /// A line of the block is longer than OpenSSL's line buffer takes.
    LongLine,
    /// This many octets follow the certificate inside its block or file.
    Trailing(usize),
    /// The block has no END; the certificate ends where its DER says.
    NoEnd,
    /// END says another label than BEGIN: this one.
    EndLabel(String),
    /// After the certificate the block holds what is no base64, or its padding is wrong.
    NotBase64,
    /// It stands at this place, from 0, of the chain that belongs to a private key.
    ChainOfKey(usize),
    /// The program that owns the format does not list it, because of this.
    NotListed(&'static str),
    /// The store calls its type something other than X.509: this.
    TypeName(String),
    /// What the store says of it names another certificate's hash. It does not count, unless the
    /// program that owns the format does not look at the hash.
    HashDiffers,
    /// The store holds it more than once under one name; its owner sees the last.
    SameAlias,
    /// It is written in BER that is no DER.
    Ber,
    /// It stood encrypted: whoever opens the store without a password does not see it.
    Encrypted,
}

impl<C> Entry<C> {
    /// An entry about which nothing odd is known.
    pub fn new(slot: Slot, body: Body<C>) -> Self {
        Self { slot, trust: Trust::Unstated, body, notes: Vec::new() }
    }
}

impl Decoded {
    /// The same entry with what `read` makes of its DER.
    pub fn with<C>(self, read: impl FnOnce(Box<[u8]>) -> C) -> Entry<C> {
        let body = match self.body {
            Body::Certificate(der) => Body::Certificate(read(der)),
            Body::PrivateKey => Body::PrivateKey,
            Body::Reference(reference) => Body::Reference(reference),
            Body::Other(what) => Body::Other(what),
            Body::Malformed(why) => Body::Malformed(why),
        };
        Entry { slot: self.slot, trust: self.trust, body, notes: self.notes }
    }
}

impl Entry {
    /// The certificate, if it is one.
    #[must_use]
    pub fn certificate(&self) -> Option<&Arc<Certificate>> {
        match &self.body {
            Body::Certificate(certificate) => Some(certificate),
            _ => None,
        }
    }
}

/// Certificates are equal when their DER is.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }
}
impl Eq for Certificate {}
