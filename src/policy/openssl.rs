//! OpenSSL, its forks, and what programs on them set: the terms of the family.
//!
//! OpenSSL follows one path and never goes back; what differs is which one, what is checked of it, and
//! which of several faults is told. Sources: `crypto/x509/x509_vfy.c`, `v3_purp.c` and `ssl/ssl_cert.c` of
//! 1.0.2u, 1.1.1w, 3.0, 3.5 and 4.0.

mod text;

pub(in crate::policy) use text::error;
pub use text::printed;

use super::names::{self, Asked, Matching};
use super::{Fault, Fips, NotPredicted, Parts, Printed, Sha1};
use crate::model::Version;

/// How a verifier on OpenSSL decides.
#[derive(Debug, Clone)]
pub struct OpenSsl {
    /// The library's rules.
    pub library: Library,
    /// Its version, by which texts change.
    pub version: Version,
    /// `X509_V_FLAG_TRUSTED_FIRST`: the default from 1.1.0 on; before, what was sent came first.
    pub trusted_first: bool,
    /// `X509_V_FLAG_X509_STRICT`.
    pub strict: bool,
    /// `X509_V_FLAG_PARTIAL_CHAIN`: any anchor ends the path.
    pub partial_chain: bool,
    /// The security level, 0 to 5; `None` where the program applies none (`openssl verify`).
    pub level: Option<u8>,
    /// What a vendor's patches make of SHA-1, against what the library's table says.
    pub sha1: Sha1,
    /// Whether the FIPS provider alone serves.
    pub fips: Fips,
    /// Whether a purpose is asked for (`-purpose sslserver`; every TLS client does).
    pub purpose: bool,
    /// Which fault is told.
    pub report: Report,
    /// How names are matched.
    pub names: Matching,
    /// Whether the host check fails for a certificate with an empty subject, whatever its names.
    pub needs_subject: bool,
    /// Whether the purposes of server-gated cryptography serve for a TLS server (`XKU_SGC`).
    pub gated: bool,
    /// Whether what is excluded reaches into a wildcard (`*.example.com` and `a.example.com`; `nc_dns` of BoringSSL,
    /// crypto/x509/v3_ncons.cc); nothing where it is not known of this build.
    pub excludes_wildcards: Option<bool>,
    /// Whether P-521 and Ed25519 are offered for a server's key: OpenSSL does; of BoringSSL a program has to ask for it, and
    /// where it is not known whether it does there is nothing.
    pub offers_more: Option<bool>,
    /// Certificates of a path beyond the server's own: [`DEPTH`], unless a program sets another.
    pub depth: usize,
    /// Whether the library verifies signatures with ML-DSA.
    pub ml_dsa: bool,
    /// Whether its store is in no order that files tell, so that luck decides among anchors of one name.
    pub unordered: bool,
    /// Who checks the host name: the library within its order of work, or the program afterwards.
    pub host: HostCheck,
    /// What the program makes of a fault, and of the name that was asked for.
    pub prints: fn(&OpenSsl, Fault, &Asked<'_>) -> Printed,
}

/// Certificates of a path that OpenSSL follows beyond the server's own: 100 (`X509_VERIFY_PARAM` of the defaults,
/// crypto/x509/x509_vpm.c).
pub const DEPTH: usize = 100;

/// The rules of a library, by version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    /// 1.0.2: what was sent comes first, alternatives after; roots are not looked into.
    V1_0_2,
    /// BoringSSL keeps that shape.
    BoringSsl,
    /// BoringSSL as Bun builds it: roots are looked into, and of several that fit one within its dates is
    /// taken, in an order of its own.
    Bun,
    /// 1.1.0 and 1.1.1.
    V1_1_1,
    /// 3.0 to 3.4.
    V3_0,
    /// 3.5 and 3.6: ML-DSA; the pool that was sent is chosen from as the store is.
    V3_5,
    /// 4.0.
    V4_0,
}

/// Which of several faults a program tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The first: the default callback ends the work.
    First,
    /// The last: a callback that always goes on, as Node has.
    Last,
}

/// Who checks the host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostCheck {
    /// The library, before signatures and times.
    Library,
    /// The program, once the library has accepted.
    Afterwards,
    /// The program, in the library's callback for a server's certificate that is in order: after signatures and dates, and
    /// since 1.1.0 before name constraints.
    InCallback,
    /// The program, before it asks what the library made of the chain.
    Before,
    /// Nobody.
    Never,
}

impl Library {
    /// The rules of OpenSSL `version`.
    ///
    /// # Errors
    /// For versions whose rules are not known: before 1.0.2, and majors after 4.
    pub fn of(version: &Version) -> Result<Self, NotPredicted> {
        let rules = [
            ("1.0.2", "1.1.0", Self::V1_0_2),
            ("1.1.0", "3.0", Self::V1_1_1),
            ("3.0", "3.5", Self::V3_0),
            ("3.5", "4.0", Self::V3_5),
            ("4.0", "5.0", Self::V4_0),
        ];
        let known = rules.into_iter().find(|(from, until, _)| version.is_between(from, until));
        known
            .map(|(_, _, rules)| rules)
            .ok_or_else(|| NotPredicted(format!("the rules of OpenSSL {version} are not known")))
    }

    /// The security level that a build of `version` has unless its builder chose another:
    /// `OPENSSL_TLS_SECURITY_LEVEL` is 1 until 3.1 (include/openssl/tls1.h) and 2 from 3.2 on
    /// (CHANGES.md of 3.2). 1.0.2 has no levels.
    #[must_use]
    pub fn default_level(version: &Version) -> u8 {
        match () {
            () if version.is_between("", "1.1.0") => 0,
            () if version.is_between("", "3.2") => 1,
            () => 2,
        }
    }
}

impl OpenSsl {
    /// What a client has that sets nothing: the library's defaults, the host checked by the library, and
    /// the level of its configuration or build.
    ///
    /// # Errors
    /// When the version of the library is not known, or its rules are not.
    pub fn of(parts: &Parts<'_>) -> Result<Self, NotPredicted> {
        if let Some(why) = &parts.settings.unread {
            return Err(NotPredicted(why.clone()));
        }
        let version = parts.needs("openssl")?.clone();
        let library = Library::of(&version)?;
        Ok(Self {
            library,
            trusted_first: library >= Library::V1_1_1,
            strict: false,
            partial_chain: false,
            level: Some(parts.settings.level.unwrap_or_else(|| Library::default_level(&version))),
            sha1: parts.settings.sha1,
            fips: parts.settings.fips,
            purpose: true,
            report: Report::First,
            names: names::OPENSSL,
            needs_subject: false,
            gated: true,
            excludes_wildcards: Some(false),
            offers_more: Some(true),
            depth: DEPTH,
            ml_dsa: library >= Library::V3_5,
            unordered: false,
            host: HostCheck::Library,
            prints: |policy, fault, _| printed(&policy.version, fault),
            version,
        })
    }

    /// What the program prints for `fault` when it was asked for a server.
    #[must_use]
    pub fn says(&self, fault: Fault, asked: &Asked<'_>) -> Printed {
        (self.prints)(self, fault, asked)
    }
}
