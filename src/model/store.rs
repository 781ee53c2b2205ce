//! A store: one origin of certificates, loaded once.

use super::{Container, Entry, Gap};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// The formats castore knows by their first octets or their words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// PEM blocks.
    Pem,
    /// One DER certificate.
    Der,
    /// A directory of certificate files.
    Directory,
    /// The operating system's own store, asked through its interface.
    Native,
    /// Nothing at all: zero octets, or no entry.
    Empty,
    /// Java keystore.
    Jks,
    /// Java keystore with secret keys.
    Jceks,
    /// Bouncy Castle keystore.
    Bks,
    /// Bouncy Castle keystore, encrypted as a whole.
    Uber,
    /// Bouncy Castle's FIPS keystore, encrypted as a whole.
    Bcfks,
    /// PKCS#12.
    Pkcs12,
    /// PKCS#7 SignedData.
    Pkcs7,
    /// Microsoft certificate trust list.
    Ctl,
    /// UEFI signature list.
    Edk2,
    /// NSS database: `cert9.db`.
    Nss,
    /// Chromium's database of certificates a user added: `ServerCertificate`.
    Chromium,
    /// Another SQLite database.
    Sqlite,
    /// NSS database of before 2018: `cert8.db`.
    Cert8,
    /// Another Berkeley DB.
    BerkeleyDb,
    /// p11-kit persist.
    P11Kit,
    /// Mozilla's `certdata.txt`.
    Certdata,
    /// Program or library (ELF) that carries certificates.
    Elf,
    /// Windows program or library (PE) that carries certificates.
    Pe,
    /// macOS program or library (Mach-O) that carries certificates.
    MachO,
    /// Kubernetes object or configuration, YAML or JSON.
    Kubernetes,
    /// macOS trust settings, a property list.
    TrustSettings,
    /// Windows serialised store.
    Sst,
    /// Another property list.
    Plist,
    /// macOS keychain.
    Keychain,
    /// Cabinet, tar, gzip, zstd or zip.
    Archive,
    /// None of these.
    Unknown,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 31] = [
        Self::Pem,
        Self::Der,
        Self::Directory,
        Self::Native,
        Self::Empty,
        Self::Jks,
        Self::Jceks,
        Self::Bks,
        Self::Uber,
        Self::Bcfks,
        Self::Pkcs12,
        Self::Pkcs7,
        Self::Ctl,
        Self::Edk2,
        Self::Nss,
        Self::Chromium,
        Self::Sqlite,
        Self::Cert8,
        Self::BerkeleyDb,
        Self::P11Kit,
        Self::Certdata,
        Self::Elf,
        Self::Pe,
        Self::MachO,
        Self::Kubernetes,
        Self::TrustSettings,
        Self::Sst,
        Self::Plist,
        Self::Keychain,
        Self::Archive,
        Self::Unknown,
    ];

    /// Whether castore reads this format; the others are listed as unread.
    #[must_use]
    pub const fn is_read(self) -> bool {
        self.why_unread().is_none()
    }

    /// Why castore does not read it.
    #[must_use]
    pub const fn why_unread(self) -> Option<&'static str> {
        match self {
            Self::Uber | Self::Bcfks => Some("it is encrypted as a whole, and castore cannot open it"),
            Self::Cert8 => Some("a database of before 2018; certutil converts it to cert9.db"),
            // `security` of macOS, as Erlang/OTP calls it (pubkey_os_cacerts.erl).
            Self::Keychain => {
                Some("the keychain's private format; security export -t certs -f pemseq writes what castore reads")
            }
            Self::Sqlite | Self::BerkeleyDb | Self::Plist => Some("it holds no certificates that castore knows of"),
            Self::Archive => Some("castore does not look into archives"),
            Self::Unknown => Some("no format of certificates that castore knows"),
            Self::Pkcs12 => without(cfg!(feature = "pkcs12")),
            Self::Nss | Self::Chromium => without(cfg!(feature = "sqlite")),
            Self::Kubernetes => without(cfg!(feature = "yaml")),
            Self::TrustSettings => without(cfg!(feature = "plist")),
            _ => None,
        }
    }

    /// Whether a file in it holds certificates that castore recognises and does not read. Archives,
    /// other databases and property lists mostly hold none.
    #[must_use]
    pub const fn is_unread_store(self) -> bool {
        matches!(self, Self::Uber | Self::Bcfks | Self::Cert8 | Self::Keychain)
    }

    /// The name users read and write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::Der => "der",
            Self::Directory => "directory",
            Self::Native => "native",
            Self::Empty => "empty",
            Self::Jks => "jks",
            Self::Jceks => "jceks",
            Self::Bks => "bks",
            Self::Uber => "uber",
            Self::Bcfks => "bcfks",
            Self::Pkcs12 => "pkcs12",
            Self::Pkcs7 => "pkcs7",
            Self::Ctl => "ctl",
            Self::Edk2 => "edk2",
            Self::Nss => "nss",
            Self::Chromium => "chromium",
            Self::Sqlite => "sqlite",
            Self::Cert8 => "cert8",
            Self::BerkeleyDb => "berkeley-db",
            Self::P11Kit => "p11-kit",
            Self::Certdata => "certdata",
            Self::Elf => "elf",
            Self::Pe => "pe",
            Self::MachO => "mach-o",
            Self::Kubernetes => "kubernetes",
            Self::TrustSettings => "trust-settings",
            Self::Sst => "sst",
            Self::Plist => "plist",
            Self::Keychain => "keychain",
            Self::Archive => "archive",
            Self::Unknown => "unknown",
        }
    }
}

const fn without(feature: bool) -> Option<&'static str> {
    if feature { None } else { Some("this build of castore does not read it") }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a file or directory could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unreadable {
    /// Nothing is there.
    Absent,
    /// A symbolic link leads to nothing.
    Dangling,
    /// More than forty links, or a loop of them.
    Loop,
    /// The permissions of the file or of a directory on the way.
    Denied,
    /// A FIFO, device, socket or other thing that is neither file nor directory.
    NotRegular(&'static str),
    /// A directory where a file was wanted, or the reverse.
    WrongKind(&'static str),
    /// More octets than the limit; the limit.
    TooLarge(u64),
    /// More names in a directory than the limit; the limit.
    TooMany(usize),
    /// It changed while it was read.
    Changed,
    /// Anything else the operating system said.
    Io(String),
}

impl Unreadable {
    /// Whether something is there that could not be read, so that certificates may be in it.
    #[must_use]
    pub const fn may_hide(&self) -> bool {
        match self {
            Self::Denied | Self::TooLarge(_) | Self::TooMany(_) | Self::Io(_) | Self::Changed => true,
            Self::Absent | Self::Dangling | Self::Loop | Self::NotRegular(_) | Self::WrongKind(_) => false,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("nothing is there"),
            Self::Dangling => f.write_str("the link leads to nothing"),
            Self::Loop => f.write_str("too many symbolic links"),
            Self::Denied => f.write_str("permission denied"),
            Self::NotRegular(kind) => write!(f, "expected a regular file, found a {kind}"),
            Self::WrongKind("file") => f.write_str("expected a directory, found a file"),
            Self::WrongKind(kind) => write!(f, "expected a file, found a {kind}"),
            Self::TooLarge(limit) => write!(f, "larger than the limit of {limit} bytes"),
            Self::TooMany(limit) => write!(f, "more than the limit of {limit} names"),
            Self::Changed => f.write_str("it changed while it was read"),
            Self::Io(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Unreadable {}

/// How far a store could be read. Unreadable, empty, absent and unread format are different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// All of it.
    Whole,
    /// Some entries or files could not be read; they are among the entries or the listed names.
    Partial,
    /// The format is known and not read by this version.
    UnreadFormat,
    /// Nothing of it.
    Unreadable(Unreadable),
}

/// What OpenSSL's file loader (`X509_load_cert_crl_file`) takes from a file: it is all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpensslLoad {
    /// This many certificates, one for every block it takes for one (it drops equal ones later), which are all that are
    /// there.
    Loads(usize),
    /// This many, and others it does not see: UTF-16, a BEGIN that is not on a line of its own.
    Misses {
        /// How many it takes.
        count: usize,
        /// Those that it does not see, by their number among the entries of the file.
        unseen: Box<[usize]>,
    },
    /// Nothing, because of this, at this line.
    Refuses {
        /// What it stumbles over.
        because: &'static str,
        /// The line of the block, from 1.
        line: u64,
    },
}

/// What GnuTLS's file loader (`gnutls_x509_crt_list_import`) does with a file that is not canonical throughout. Certificates
/// that it does not import are another matter, which makes it refuse the file too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GnutlsLoad {
    /// It takes the others than these, by their number among the entries of the file: it does not see them.
    Misses(Box<[usize]>),
    /// Nothing, because of this, at this line.
    Refuses {
        /// What it says.
        because: &'static str,
        /// The line of the block, from 1.
        line: u64,
    },
}

impl OpensslLoad {
    /// How many certificates it takes.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self {
            Self::Loads(count) | Self::Misses { count, .. } => *count,
            Self::Refuses { .. } => 0,
        }
    }

    /// Whether it stumbles over something, so that it takes nothing.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self, Self::Refuses { .. })
    }

    /// Whether it does not see the entry of this number in the file.
    #[must_use]
    pub fn misses(&self, entry: usize) -> bool {
        matches!(self, Self::Misses { unseen, .. } if unseen.binary_search(&entry).is_ok())
    }
}

impl Store {
    /// Whether OpenSSL's file loader does not see the entry of this number, in the file or in one of a directory's.
    #[must_use]
    pub fn misses(&self, entry: usize) -> bool {
        let (load, entry) = match self.file_of(entry) {
            Some(file) => (file.openssl.as_ref(), entry - file.entries.start),
            None => (self.openssl.as_ref(), entry),
        };
        load.is_some_and(|load| load.misses(entry))
    }

    /// Whether GnuTLS's does not see it.
    #[must_use]
    pub fn gnutls_misses(&self, entry: usize) -> bool {
        let (load, entry) = match self.file_of(entry) {
            Some(file) => (file.gnutls.as_ref(), entry - file.entries.start),
            None => (self.gnutls.as_ref(), entry),
        };
        matches!(load, Some(GnutlsLoad::Misses(unseen)) if unseen.binary_search(&entry).is_ok())
    }

    /// Whether Go's reader of PEM does not see it.
    #[must_use]
    pub fn go_misses(&self, entry: usize) -> bool {
        let (unseen, entry) = match self.file_of(entry) {
            Some(file) => (file.go.as_ref(), entry - file.entries.start),
            None => (self.go.as_ref(), entry),
        };
        unseen.is_some_and(|unseen| unseen.binary_search(&entry).is_ok())
    }

    /// The file of a directory that has the entry of this number.
    fn file_of(&self, entry: usize) -> Option<&Listed> {
        // The entries of the files follow each other as their names do.
        let before = self.listed.partition_point(|listed| listed.entries.end <= entry);
        self.listed.get(before).filter(|listed| listed.entries.contains(&entry))
    }
}

/// Names a store among those of one host: the path behind all links, or a name for what is no file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StoreId {
    /// A file or directory, by the path behind all links, inside the root of its host.
    Path(PathBuf),
    /// A native store, by its name.
    Native(&'static str),
    /// Certificates built into a file.
    Section(PathBuf, &'static str),
}

impl StoreId {
    /// The path, where the store is on a file system.
    #[must_use]
    pub fn path(&self) -> Option<&std::path::Path> {
        match self {
            Self::Path(path) | Self::Section(path, _) => Some(path),
            Self::Native(_) => None,
        }
    }
}

/// What a name in a directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A regular file.
    File,
    /// A symbolic link, with its text.
    Link(PathBuf),
    /// Something else: a directory, a FIFO.
    Other(&'static str),
}

/// One name in a directory store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub name: OsString,
    /// What it is.
    pub target: Target,
    /// What the file behind it is written in.
    pub format: Format,
    /// Why the file behind it gave nothing, if it could not be read.
    pub unreadable: Option<Unreadable>,
    /// What of the file behind it could not be read, beside malformed entries.
    pub gaps: Vec<Gap>,
    /// What OpenSSL's file loader takes from it, where it is PEM.
    pub openssl: Option<OpensslLoad>,
    /// What GnuTLS's takes from it, where that is not all.
    pub gnutls: Option<GnutlsLoad>,
    /// The certificates in it that Go does not see, by their number in the file, where it may not see all.
    pub go: Option<Box<[usize]>>,
    /// Which of the store's entries came from it.
    pub entries: std::ops::Range<usize>,
}

/// A store, loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// What names it.
    pub id: StoreId,
    /// What it is written in.
    pub format: Format,
    /// How far it could be read.
    pub reading: Reading,
    /// Octets of the file.
    pub size: Option<u64>,
    /// What was found, in its order in the store.
    pub entries: Vec<Entry>,
    /// What OpenSSL's file loader takes from it, where it is a file of PEM.
    pub openssl: Option<OpensslLoad>,
    /// What GnuTLS's takes from it, where that is not all.
    pub gnutls: Option<GnutlsLoad>,
    /// The certificates in it that Go does not see, by their number in the file, where it may not see all.
    pub go: Option<Box<[usize]>>,
    /// The names, where it is a directory, in byte order.
    pub listed: Vec<Listed>,
    /// What is to be said of it as a whole.
    pub container: Container,
    /// What of it could not be read, beside entries that are malformed.
    pub gaps: Vec<Gap>,
}
