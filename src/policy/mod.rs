//! How each verifier decides: rows of data, by client and version.
//!
//! The same chain before the same anchors is accepted by one program and refused by the next: they
//! choose among issuers differently, know other algorithms, and check other things of a root. What
//! decides is not the program alone but the interpreter, the library, the TLS library below it and
//! its vendor (two Pythons on one OpenSSL differ, and so do pip and requests in one Python). So a row
//! makes its [`Policy`] from the [`Parts`] of an installation, and says that it cannot when a part that
//! decides is not known. The engines that carry a policy out are in `chain`.

pub mod advice;
pub mod boringssl;
pub mod curl;
pub mod fault;
pub mod gnutls;
pub mod go;
pub mod java;
pub mod names;
pub mod node;
pub mod nss;
pub mod openssl;
pub mod openssl_clients;
pub mod openssl_programs;
pub mod perl;
pub mod platform;
pub mod pyca;
pub mod python;
pub mod refused;
pub mod rustls;
pub mod settings;
pub mod unread;
pub mod wget;

pub use fault::{Fault, Printed};
pub use settings::{Fips, Settings, Sha1};

use crate::model::Version;

/// One row: how the verifier of one kind of client decides.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The name that other rows and reports call it by.
    pub id: &'static str,
    /// How it decides, in one sentence.
    pub about: &'static str,
    /// The programs its predictions were compared with, or why there are none.
    pub oracle: Oracle,
    /// Where the facts are from.
    pub sources: &'static [&'static str],
    /// The policy of an installation made of these parts, or why it cannot be told.
    pub policy: fn(&Parts<'_>) -> Result<Policy, NotPredicted>,
}

/// Every row, in no order that matters.
pub const POLICIES: &[&Row] = &[
    &boringssl::BUN,
    &boringssl::CURL,
    &boringssl::GRPC,
    &curl::COMPOSER,
    &curl::CURL,
    &curl::GIT,
    &gnutls::APT,
    &gnutls::ARIA2,
    &gnutls::CERTTOOL,
    &gnutls::CLI,
    &gnutls::CURL,
    &gnutls::EMACS,
    &gnutls::MSMTP,
    &gnutls::OPENLDAP,
    &gnutls::WGET,
    &gnutls::WGET2,
    &go::GO,
    &java::JAVA,
    &node::NODE,
    &nss::CLASSIC,
    &nss::FIREFOX,
    &nss::PKIX,
    &openssl_clients::FETCHMAIL,
    &openssl_clients::LIBPQ,
    &openssl_clients::MARIADB,
    &openssl_clients::NATIVE_TLS,
    &openssl_clients::NIM,
    &openssl_clients::POSTFIX,
    &openssl_clients::PYOPENSSL,
    &openssl_clients::REDIS,
    &openssl_clients::STUNNEL,
    &openssl_clients::SVN,
    &openssl_clients::TCL,
    &openssl_programs::DEFAULTS,
    &openssl_programs::PHP,
    &openssl_programs::RUBY,
    &openssl_programs::VERIFY,
    &perl::HTTPS,
    &perl::SOCKET,
    &perl::TINY,
    &platform::APPLE,
    &platform::WINDOWS,
    &pyca::PYCA,
    &python::BOTOCORE,
    &python::CONTEXT,
    &python::HTTPLIB2,
    &python::HTTPX2,
    &python::PDM,
    &python::PIP,
    &python::SSL,
    &python::URLLIB3,
    &self::rustls::DENO,
    &self::rustls::RUSTLS,
    &unread::BORINGSSL,
    &unread::CHROMIUM,
    &unread::ERLANG,
    &unread::HASKELL,
    &unread::LFTP,
    &unread::MUTT,
    &unread::NSS,
    &unread::RUSTLS,
    &wget::WGET,
];

/// What a row's predictions were compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    /// The real programs.
    Programs,
    /// Their source or documents alone: the verdict is told with that remark.
    Documents,
}

/// Why no policy can be told: a sentence that ends a line beginning with `not predicted:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPredicted(pub String);

/// What an installation is made of, as far as it decides about chains.
#[derive(Debug, Clone, Default)]
pub struct Parts<'p> {
    /// Versions by component: `("python", 3.13.0)`, `("openssl", 3.0.19)`.
    pub components: &'p [(&'static str, Version)],
    /// Marks that discovery left: `gnutls`, `debian-openssl`.
    pub marks: &'p [&'static str],
    /// What settings of the host and the client say.
    pub settings: Settings,
}

impl Parts<'_> {
    /// The version of a component, where it is known.
    #[must_use]
    pub fn version(&self, component: &str) -> Option<&Version> {
        self.components.iter().find(|(name, _)| *name == component).map(|(_, version)| version)
    }

    /// The version of a component, or why nothing can be predicted without it.
    ///
    /// # Errors
    /// When it is not known.
    pub fn needs(&self, component: &'static str) -> Result<&Version, NotPredicted> {
        self.version(component).ok_or_else(|| NotPredicted(format!("the version of its {component} is not known")))
    }

    /// Whether discovery left this mark.
    #[must_use]
    pub fn has(&self, mark: &str) -> bool {
        self.marks.contains(&mark)
    }
}

/// How one verifier decides, in the terms of its family.
#[derive(Debug, Clone)]
pub enum Policy {
    /// OpenSSL and its forks: one path, chosen without looking back.
    OpenSsl(openssl::OpenSsl),
    /// Go's crypto/x509: every path, each candidate's signature tried.
    Go(go::Go),
    /// Java's default trust manager: the list as it was sent, else a search.
    Java(java::Java),
    /// rustls-webpki, with a provider's algorithms.
    Rustls(self::rustls::Rustls),
    /// pyca/cryptography's own verifier.
    Pyca(pyca::Pyca),
    /// GnuTLS: sorted, cut at the store, one issuer by name.
    GnuTls(gnutls::GnuTls),
    /// NSS's verifiers.
    Nss(nss::Nss),
}

impl Policy {
    /// The security level that it applies, where it has levels.
    #[must_use]
    pub const fn level(&self) -> Option<u8> {
        match self {
            Self::OpenSsl(policy) => policy.level,
            _ => None,
        }
    }

    /// The same without the requirements that this fault is one of: what is left to complain of then is something
    /// else.
    #[must_use]
    pub fn relaxed(&self, fault: Fault) -> Option<Self> {
        match self {
            Self::OpenSsl(policy) if fault.is_strict() && policy.strict => {
                Some(Self::OpenSsl(openssl::OpenSsl { strict: false, ..policy.clone() }))
            }
            Self::OpenSsl(policy) if fault.is_weak() && policy.level.is_some() => {
                Some(Self::OpenSsl(openssl::OpenSsl { level: None, ..policy.clone() }))
            }
            _ => None,
        }
    }

    /// Whether it asks for the strict requirements of RFC 5280.
    #[must_use]
    pub const fn is_strict(&self) -> bool {
        match self {
            Self::OpenSsl(policy) => policy.strict,
            _ => false,
        }
    }

    /// Whether it takes algorithms from a FIPS provider alone.
    #[must_use]
    pub const fn is_fips(&self) -> bool {
        match self {
            Self::OpenSsl(policy) => policy.fips.is_on(),
            _ => false,
        }
    }

    /// What the program prints for `fault`, whatever server it was asked for.
    #[must_use]
    pub fn says(&self, fault: Fault) -> Printed {
        match self {
            Self::OpenSsl(policy) => policy.says(fault, &names::Asked::NOTHING),
            Self::GnuTls(policy) => {
                let asked = gnutls::Asked { name: "", subject: "" };
                Printed { text: (policy.prints)(policy, &[fault], asked), ..Printed::default() }
            }
            Self::Nss(policy) => nss::printed(*policy, fault, false),
            // These tell what the walk met, which a fault alone does not hold.
            Self::Go(_) | Self::Java(_) | Self::Rustls(_) | Self::Pyca(_) => Printed::default(),
        }
    }
}
