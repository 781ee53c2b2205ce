//! Why a certificate that is in a store does not count for a client: a value that is asked by kind, and told in words
//! here alone.

use std::fmt;
use std::path::PathBuf;

/// Why a certificate does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A binary holds it, and does not say that it is trusted: NSS' module has roots that it distrusts among the others.
    NotStated,
    /// The list of its client passes over its file, or deselects it.
    NotChosen,
    /// It stands in a list of what is distrusted.
    Blocked,
    /// The store keeps it for something else than TLS servers.
    NotForServers,
    /// Another store of the client distrusts it: this file or directory, or one that has no path.
    DistrustedBy(Option<PathBuf>),
    /// The user's NSS database says otherwise of it than the built-in roots.
    DistrustedByUser,
    /// The client stops with an error before it uses any.
    Stops,
    /// A block of its file cannot be read, and the client takes nothing then.
    BesideBad,
    /// It stands behind a block that cannot be read, where the client stops.
    BehindBad,
    /// The client reads the first certificate of its file alone.
    BehindFirst,
    /// No hash name of the directory leads to it.
    NoHashName,
    /// Its file is not named as by hash, where those alone are read.
    NotNamedByHash,
    /// Its file is named as by hash, where those are passed over.
    NamedByHash,
    /// The name of its file has none of these extensions.
    Extension(&'static [&'static str]),
    /// Its block of PEM has this label.
    Label(String),
    /// The same, where p11-kit's trust module does not say more.
    LabelOfModule,
    /// It is DER where PEM is read.
    Der,
    /// It is in a block of PKCS#7.
    Pkcs7,
    /// It is no certification authority.
    NotAuthority,
    /// Its file would have to say that it is trusted.
    NotSaidTrusted,
    /// It stands in the blocklist of p11-kit's trust module.
    InBlocklist,
    /// It stands beside the anchors of p11-kit's trust module, and its file does not say that it is one.
    BesideAnchors,
    /// It is encrypted, and Java is given no password.
    Encrypted,
    /// It is encrypted, and the password that Java is given does not open it.
    EncryptedOtherwise,
    /// A later entry of the keystore has the same alias.
    SameAlias,
    /// It is in the chain of a private key, and not the first of it.
    BehindKey,
    /// It is in a keystore of a kind that Java does not open as a trust store.
    NotOfJava,
    /// It is in a file that is no keystore.
    NotKeystore,
    /// The program that the store is for passes over it: why, as the reader of the format tells it.
    Unlisted(&'static str),
    /// The reader of the client sees no block there: why.
    Overlooked(&'static str),
    /// OpenSSL's lookup of stores is given a list as it is, which names nothing.
    InList,
    /// It comes a second time, and OpenSSL keeps the first, which is not for servers.
    KeptAsNotForServers,
    /// OpenSSL is given a file that is not PEM.
    NotPem,
    /// OpenSSL takes nothing of its file, for this at this line.
    RefusedByOpenssl {
        /// The line, from 1.
        line: u64,
        /// What OpenSSL stumbles over.
        because: &'static str,
    },
    /// OpenSSL reads its file up to this line, for this.
    BehindBroken {
        /// The line, from 1.
        line: u64,
        /// What OpenSSL stumbles over.
        because: &'static str,
    },
    /// GnuTLS takes nothing of its file.
    RefusedByGnutls {
        /// The line of the block, where that is known; else it is a certificate.
        line: Option<u64>,
        /// What GnuTLS says.
        says: &'static str,
    },
    /// It cannot be read: what was expected.
    Malformed(&'static str),
}

impl Reason {
    /// Whether it is the word of a store or of a list, and no accident of name, form or place.
    #[must_use]
    pub const fn is_meant(&self) -> bool {
        matches!(
            self,
            Self::NotChosen | Self::Blocked | Self::NotForServers | Self::DistrustedBy(_) | Self::DistrustedByUser
        )
    }

    /// Whether a password would make it count.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        matches!(self, Self::Encrypted | Self::EncryptedOtherwise)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::NotStated => "whether it is trusted is not stated by the binary",
            Self::NotChosen => "the list of its client does not choose it",
            Self::Blocked => "it is in a list of what is distrusted",
            Self::NotForServers => "the store does not trust it for TLS servers",
            Self::DistrustedBy(Some(path)) => return write!(to, "{} distrusts it", path.display()),
            Self::DistrustedBy(None) => "a store of the system distrusts it",
            Self::DistrustedByUser => "the user's database does not trust it for TLS servers",
            Self::Stops => "the client stops with an error before it uses it",
            Self::BesideBad => "a block of the file cannot be read",
            Self::BehindBad => "it stands behind a block that cannot be read",
            Self::BehindFirst => "the client reads the first certificate of a file alone",
            Self::NoHashName => "no hash name leads to it",
            Self::NotNamedByHash => "its file is not named as by hash",
            Self::NamedByHash => "its file is named as a subject hash is",
            Self::Extension(wanted) => return write!(to, "its file name does not end in .{}", wanted.join(" or .")),
            Self::Label(label) => return write!(to, "its label is {label}"),
            Self::LabelOfModule => "p11-kit does not know its label",
            Self::Der => "it is DER, not PEM",
            Self::Pkcs7 => "it is in a block of PKCS#7, which the client skips",
            Self::NotAuthority => "it is no certification authority",
            Self::NotSaidTrusted => "its file does not say that it is trusted",
            Self::InBlocklist => "it stands in a blocklist",
            Self::BesideAnchors => "it stands beside anchors, and nothing says that it is one",
            Self::Encrypted => "it is encrypted, and Java opens its trust store without a password",
            Self::EncryptedOtherwise => "it is encrypted, and the password that Java is given does not open it",
            Self::SameAlias => "a later entry has the same alias",
            Self::BehindKey => "it stands in the chain of a private key, behind the first",
            Self::NotOfJava => "Java does not open a trust store in this format",
            Self::NotKeystore => "it is no keystore",
            Self::Unlisted(because) | Self::Overlooked(because) => because,
            Self::InList => "OpenSSL looks for directories alone where the value is a list",
            Self::KeptAsNotForServers => "OpenSSL keeps the first of it, which its file says is not for TLS servers",
            Self::NotPem => "it is not PEM",
            Self::RefusedByOpenssl { line, because } => {
                return write!(to, "OpenSSL refuses the whole file: line {line}: {because}");
            }
            Self::BehindBroken { line, because } => {
                return write!(to, "OpenSSL reads its file up to line {line}: {because}");
            }
            Self::RefusedByGnutls { line, says } => {
                let place = line.map_or_else(|| "a certificate".to_owned(), |line| format!("the block of line {line}"));
                let says = says.trim_end_matches('.');
                return write!(to, "GnuTLS takes nothing of its file, since it cannot read {place}: {says}");
            }
            Self::Malformed(expected) => return write!(to, "expected {expected}"),
        })
    }
}
