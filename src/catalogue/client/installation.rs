//! One concrete copy of a client on a host, as its finder describes it.

use crate::model::Version;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One concrete copy of a client on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installation {
    /// Where it is: the interpreter, the program, the library, the package.
    pub at: PathBuf,
    /// Versions of its parts, the client's own first: `("python", 3.13.0)`.
    pub components: Vec<(&'static str, Version)>,
    /// Paths that the row's templates name: `("openssldir", /usr/lib/ssl)`.
    pub places: Vec<(&'static str, PathBuf)>,
    /// What else rows ask for: `gnutls`, `debian-certifi`.
    pub marks: Vec<&'static str>,
    /// The files that a list of its own chooses, behind their links, and the values of a document as if they
    /// were files in it: those of `ca-certificates.conf`, the cluster in use of a kubeconfig.
    pub listed: BTreeSet<PathBuf>,
    /// The security level that its OpenSSL was built with, where its builder chose one (`openssl version -f`).
    pub security_level: Option<u8>,
    /// How it was found.
    pub because: String,
    /// What could not be found out about it.
    pub unknown: Vec<String>,
    /// What a user of it needs to know beside its stores, in a sentence each.
    pub remarks: Vec<String>,
}

/// The mark of an installation whose keystores Java opens, or refuses.
pub const JSSE: &str = "jsse";
/// The mark of one that opens its trust store as JCEKS, which takes JKS as well and no PKCS#12.
pub const JCEKS: &str = "trust-store-of-jceks";
/// The mark of one that gives the password `changeit` for them.
pub const PASSWORD_CHANGEIT: &str = "password-changeit";
/// The mark of one that gives another password, which is among those the host tries.
pub const PASSWORD_GIVEN: &str = "password-given";

impl Installation {
    /// The version of a part, where it is known.
    #[must_use]
    pub fn version(&self, component: &str) -> Option<&Version> {
        self.components.iter().find(|(name, _)| *name == component).map(|(_, version)| version)
    }

    /// A place by its name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&PathBuf> {
        self.places.iter().find(|(known, _)| *known == name).map(|(_, path)| path)
    }

    /// Whether it has a mark.
    #[must_use]
    pub fn has(&self, mark: &str) -> bool {
        self.marks.contains(&mark)
    }

    /// `template` with its places filled in; `None` when one is not known.
    #[must_use]
    pub fn fill(&self, template: &str) -> Option<PathBuf> {
        let Some((before, rest)) = template.split_once('{') else { return Some(PathBuf::from(template)) };
        let (name, after) = rest.split_once('}')?;
        let mut path = PathBuf::from(before);
        path.push(self.place(name)?);
        let after = after.trim_start_matches('/');
        if !after.is_empty() {
            path.push(after);
        }
        Some(path)
    }
}
