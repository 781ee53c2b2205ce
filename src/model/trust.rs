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
    /// Trusted within limits that the store states one by one.
    Limited(Box<Limited>),
}

/// What a store says purpose by purpose, date by date, name by name (NSS, p11-kit, certdata.txt,
/// Microsoft's trust list, Chromium, macOS).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limited {
    /// What it says for each purpose that it names, in its order; the first that fits counts.
    pub purposes: Vec<(Oid, Ruling)>,
    /// What it says for every purpose that it does not name.
    pub otherwise: Ruling,
    /// Certificates issued after these moments are refused, for the purpose beside it
    /// ([`ANY_PURPOSE`] for all): a distrust that spares what was issued before.
    pub distrusted_after: Vec<(Oid, Timestamp)>,
    /// The names for which a chain to it counts, where they are limited.
    pub names: Option<Names>,
}

/// What a store says of a certificate for one purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ruling {
    /// It is an anchor.
    Trusted,
    /// It may stand in a chain and is no anchor: its issuer decides.
    #[default]
    Present,
    /// It is refused wherever it stands.
    Distrusted,
}

/// A limit on names, in the form in which the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// A NameConstraints extension value, DER (RFC 5280, 4.2.1.10), beside the certificate's own.
    Constraints(Box<[u8]>),
    /// Permitted DNS names with what is below them, and permitted networks as `10.0.0.0/8`.
    Permitted {
        /// DNS names.
        dns: Vec<super::Untrusted>,
        /// Networks.
        networks: Vec<String>,
    },
}

/// What a store says of a certificate as an anchor for TLS servers, where it says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForServers {
    /// Nothing against it.
    Open,
    /// It is trusted for other purposes, and not for this.
    OtherPurposes,
    /// It is refused.
    Refused,
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
/// id-kp-clientAuth (RFC 5280, 4.2.1.12, as those that follow).
pub const CLIENT_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.2");
/// id-kp-codeSigning.
pub const CODE_SIGNING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.3");
/// id-kp-emailProtection.
pub const EMAIL_PROTECTION: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
/// id-kp-timeStamping.
pub const TIME_STAMPING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.8");
/// id-kp-OCSPSigning.
pub const OCSP_SIGNING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.9");
/// id-kp-eapOverLAN (RFC 4334, 2).
pub const EAP_OVER_LAN: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.14");
/// id-kp-ipsecIKE (RFC 4945, 5.1.3.12).
pub const IPSEC_IKE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.17");
/// anyExtendedKeyUsage: every purpose (RFC 5280, 4.2.1.12).
pub const ANY_PURPOSE: Oid = Oid::new_unwrap("2.5.29.37.0");

impl Purposes {
    /// Whether OpenSSL takes the certificate as an anchor for TLS servers, given that nothing
    /// else speaks against it: not rejected, and trusted where a list is given
    /// (`obj_trust`, crypto/x509/x509_trust.c).
    #[must_use]
    pub fn allows_server(&self) -> bool {
        self.allows(SERVER_AUTH)
    }

    /// The same for a purpose.
    #[must_use]
    pub fn allows(&self, purpose: Oid) -> bool {
        let names = |list: &[Oid]| list.iter().any(|oid| *oid == purpose || *oid == ANY_PURPOSE);
        !self.reject.as_deref().is_some_and(names) && self.trust.as_deref().is_none_or(names)
    }
}

impl Limited {
    /// What it says for a purpose.
    #[must_use]
    pub fn ruling(&self, purpose: Oid) -> Ruling {
        let fits = |oid: &Oid| *oid == purpose || *oid == ANY_PURPOSE;
        self.purposes.iter().find(|(oid, _)| fits(oid)).map_or(self.otherwise, |(_, ruling)| *ruling)
    }

    /// The moment after which certificates issued for TLS servers are refused.
    #[must_use]
    pub fn server_distrusted_after(&self) -> Option<Timestamp> {
        let fits = |oid: &Oid| *oid == SERVER_AUTH || *oid == ANY_PURPOSE;
        self.distrusted_after.iter().filter(|(oid, _)| fits(oid)).map(|(_, when)| *when).min()
    }
}

impl Trust {
    /// What this says of the entry as an anchor for TLS servers. That it is only present speaks neither
    /// for nor against it.
    #[must_use]
    pub fn for_servers(&self) -> ForServers {
        match self {
            _ if self.distrusts_server() => ForServers::Refused,
            Self::Purposes(_) | Self::Limited(_) if !self.allows_server() => ForServers::OtherPurposes,
            _ => ForServers::Open,
        }
    }

    /// Whether this refuses the entry for TLS servers wherever it stands, which is more than that it
    /// is no anchor.
    #[must_use]
    pub fn distrusts_server(&self) -> bool {
        self.distrusts(SERVER_AUTH)
    }

    /// The same for a purpose.
    #[must_use]
    pub fn distrusts(&self, purpose: Oid) -> bool {
        let names = |list: &[Oid]| list.iter().any(|oid| *oid == purpose || *oid == ANY_PURPOSE);
        match self {
            Self::Distrusted => true,
            Self::Purposes(purposes) => purposes.reject.as_deref().is_some_and(names),
            Self::Limited(limited) => limited.ruling(purpose) == Ruling::Distrusted,
            Self::Unstated | Self::Trusted | Self::Present => false,
        }
    }

    /// Whether this lets a client take the entry as an anchor for TLS servers today.
    #[must_use]
    pub fn allows_server(&self) -> bool {
        self.allows(SERVER_AUTH)
    }

    /// The same for a purpose.
    #[must_use]
    pub fn allows(&self, purpose: Oid) -> bool {
        match self {
            Self::Unstated | Self::Trusted => true,
            Self::Present | Self::Distrusted => false,
            Self::Limited(limited) => limited.ruling(purpose) == Ruling::Trusted,
            Self::Purposes(purposes) => purposes.allows(purpose),
        }
    }
}
