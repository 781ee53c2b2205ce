//! What a store says of an entry, in the words of its format. Never flattened to a boolean.

use super::{Oid, Timestamp};

/// What a store says of one entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The format has no way to say: a plain PEM block, a DER file.
    #[default]
    Unstated,
    /// Trusted for everything.
    Trusted,
    /// In the store, and not trusted by being there.
    Present,
    /// Explicitly refused.
    Distrusted,
    /// Limited to, or refused for, purposes (OpenSSL's `TRUSTED CERTIFICATE`).
    Purposes(Box<Purposes>),
    /// Certificates issued after this moment are refused.
    DistrustedAfter(Timestamp),
}

/// OpenSSL's auxiliary trust settings (`X509_CERT_AUX`, crypto/x509/x_x509a.c).
///
/// An absent list and an empty one differ: absent trust is the default trust, an empty one is
/// trust for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purposes {
    /// Purposes it is trusted for; `None` when the list is absent.
    pub trust: Option<Vec<Oid>>,
    /// Purposes it is refused for; `None` when the list is absent.
    pub reject: Option<Vec<Oid>>,
    /// The alias that `openssl x509 -setalias` gave it.
    pub alias: Option<super::Untrusted>,
}

/// id-kp-serverAuth: what TLS clients ask for.
pub const SERVER_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.1");
/// anyExtendedKeyUsage: every purpose (RFC 5280, 4.2.1.12).
pub const ANY_PURPOSE: Oid = Oid::new_unwrap("2.5.29.37.0");

impl Purposes {
    /// Whether OpenSSL takes the certificate as an anchor for TLS servers, given that nothing
    /// else speaks against it: not rejected, and trusted where a list is given
    /// (`obj_trust`, crypto/x509/x509_trust.c).
    #[must_use]
    pub fn allows_server(&self) -> bool {
        let names = |list: &[Oid]| list.iter().any(|oid| *oid == SERVER_AUTH || *oid == ANY_PURPOSE);
        !self.reject.as_deref().is_some_and(names) && self.trust.as_deref().is_none_or(names)
    }
}

impl Trust {
    /// Whether this lets a client take the entry as an anchor for TLS servers today.
    #[must_use]
    pub fn allows_server(&self) -> bool {
        match self {
            Self::Unstated | Self::Trusted | Self::DistrustedAfter(_) => true,
            Self::Present | Self::Distrusted => false,
            Self::Purposes(purposes) => purposes.allows_server(),
        }
    }
}
