//! Why a store is not changed here, where in it the reason stands, and what to do.

use crate::model::{Fingerprint, Format, Gap, Reading, Store, Untrusted};
use std::ffi::OsString;

/// A store that castore does not change, or not in this way. Nothing of it was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotEdit {
    /// It is in a format that is not written here.
    #[error("castore does not change files of format {0}")]
    Format(Format),
    /// It holds one certificate and nothing else can stand in it.
    #[error("it is one certificate in DER, and a file of DER holds one")]
    OneCertificate,
    /// Parts of it could not be read, and would be lost or left.
    #[error("it cannot be read as a whole: {0}")]
    Unread(String),
    /// It is written in UTF-16.
    #[error("it is UTF-16, which no TLS library reads")]
    Utf16,
    /// OpenSSL loads nothing of the bundle, and would not load what is added.
    #[error("line {line}: {because}, so OpenSSL loads no certificate of the file at all")]
    Broken {
        /// The line of the block that it stumbles over, from 1.
        line: u64,
        /// Why.
        because: &'static str,
    },
    /// OpenSSL stops reading before the end of the file, and would not find what is added.
    #[error("OpenSSL stops reading before the end of the file, and would not find what is added there")]
    Hidden,
    /// OpenSSL does not decode the certificate, and would lose all others with it.
    #[error("OpenSSL cannot decode certificate {}, and would load none of the others either", .0.short())]
    NotLoadable(Fingerprint),
    /// A block has no END, and what belongs to it cannot be told from what follows.
    #[error("line {line}: the block has no END line, and what follows it is not its own alone")]
    NoEnd {
        /// The line of its BEGIN, from 1.
        line: u64,
    },
    /// A block of several certificates, of which some are to stay.
    #[error("line {line}: the block holds other certificates too")]
    Joint {
        /// The line of its BEGIN, from 1.
        line: u64,
    },
    /// The store distrusts a certificate that is to be added.
    #[error("it distrusts certificate {}, which is to be added", .0.short())]
    Distrusts(Fingerprint),
    /// None of the passwords that are known fits the seal.
    #[error("it is sealed with a password that is not known")]
    Password,
    /// Java does not open it.
    #[error("Java does not open it: {0}")]
    NotOpened(&'static str),
    /// The certificate belongs to a private key of the store, which would be of no use without it.
    #[error("certificate {} belongs to a private key in it", .fingerprint.short())]
    OfKey {
        /// The certificate.
        fingerprint: Fingerprint,
        /// The alias of the key's entry, or whatever names it.
        alias: Untrusted,
    },
    /// It is laid out in a way that is read, and not written here.
    #[error("it is laid out in a way that castore reads and does not write: {0}")]
    Layout(String),
    /// A file of the directory holds more than the certificates that are to be removed.
    #[error("{} holds more than the certificates to be removed", .0.display())]
    Shared(OsString),
    /// The lookup by hash stops at a name, before what is added.
    #[error("OpenSSL's lookup stops at {}, and would not find what is added behind it", .0.display())]
    Stops(OsString),
    /// A name in the directory is missing, so that the names behind it are not found now.
    #[error("{0} is missing, so names behind it are not found now, and would be found then")]
    Gap(String),
    /// As many certificates as OpenSSL's tools number share a subject hash.
    #[error("{0:08x} is the subject hash of as many certificates as can be numbered")]
    Full(u32),
    /// The subject of a certificate cannot be read, so it has no hash and no name.
    #[error("the subject of certificate {} cannot be read, so no file is found for it", .0.short())]
    NoSubject(Fingerprint),
    /// Files and links share a hash, and one would have to become the other.
    #[error("files and links share the hash {0:08x}, and closing the gap would make one of the other")]
    Mixed(u32),
    /// What was made is not what was wanted: nothing of it is used.
    #[error("the changed store would {}", difference(*.missing, *.more))]
    NotExact {
        /// How many certificates would be missing.
        missing: usize,
        /// How many would be there that should not.
        more: usize,
    },
}

/// How a changed store would be another than the one that was wanted.
fn difference(missing: usize, more: usize) -> String {
    let certificates =
        |count: usize| if count == 1 { "1 certificate".to_owned() } else { format!("{count} certificates") };
    match (missing, more) {
        (0, more) => format!("hold {} too many", certificates(more)),
        (missing, 0) => format!("lack {}", certificates(missing)),
        (missing, more) => format!("lack {}, and hold {} too many", certificates(missing), certificates(more)),
    }
}

/// Part of a store that could not be read.
pub(super) fn unread(gap: &Gap) -> CannotEdit {
    match gap {
        Gap::Password { .. } => CannotEdit::Password,
        other => CannotEdit::Unread(other.to_string()),
    }
}

/// Refuses a directory whose names could not be read.
pub(super) fn readable(store: &Store) -> Result<(), CannotEdit> {
    match &store.reading {
        Reading::Unreadable(why) => Err(CannotEdit::Unread(why.to_string())),
        _ => Ok(()),
    }
}

impl CannotEdit {
    /// What to do in its place.
    #[must_use]
    pub fn instead(&self) -> Option<&'static str> {
        Some(match self {
            Self::Format(format) => return tool(*format),
            Self::OneCertificate => "castore export writes a bundle; name that in the file's place",
            Self::Utf16 => "iconv -f UTF-16 -t UTF-8 makes a file that is read",
            Self::Broken { .. } | Self::NoEnd { .. } => "mend or remove that block first",
            Self::Hidden => "remove what is no text from the file first",
            Self::Distrusts(_) => "remove its distrust first",
            Self::Password => "give its password with --password-file",
            Self::NotOpened(_) => "keytool -importkeystore makes a new keystore of it",
            Self::OfKey { .. } => "keytool -delete removes the key and its certificates, if that is meant",
            Self::Layout(_) => "keytool -importcert and keytool -delete change it",
            Self::Joint { .. } | Self::Shared(_) => "put them in files of their own first",
            Self::Stops(_) | Self::Gap(_) | Self::Mixed(_) => "openssl rehash puts the names of the directory in order",
            _ => return None,
        })
    }
}

/// Who changes files of a format, where castore does not.
fn tool(format: Format) -> Option<&'static str> {
    Some(match format {
        Format::Bks | Format::Uber | Format::Bcfks => {
            "keytool -importcert and -delete with Bouncy Castle's provider (-providerclass, -providerpath)"
        }
        Format::Nss | Format::Cert8 => "certutil -A and -D with -d sql:DIRECTORY",
        Format::Pkcs12 => "keytool -importcert and -delete",
        Format::Pkcs7 => "castore export --format pkcs7 makes a new one",
        Format::P11Kit => "trust anchor --store and --remove",
        Format::Kubernetes => "kubectl edit, or whatever deploys the object",
        Format::Native | Format::Keychain => "security add-trusted-cert on macOS, certutil -addstore Root on Windows",
        Format::Chromium => "chrome://certificate-manager in the browser",
        Format::Edk2 => "castore export makes a new one",
        _ => return None,
    })
}
