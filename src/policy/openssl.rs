//! OpenSSL, its forks, and what programs on them set: the terms of the family.
//!
//! OpenSSL follows one path and never goes back; what differs is which one, what is checked of it, and
//! which of several faults is told. Sources: `crypto/x509/x509_vfy.c`, `v3_purp.c` and `ssl/ssl_cert.c` of
//! 1.0.2u, 1.1.1w, 3.0, 3.5 and 4.0.

use super::{Fault, Printed};

/// How a verifier on OpenSSL decides.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSsl {
    /// The library's rules.
    pub library: Library,
    /// `X509_V_FLAG_X509_STRICT`.
    pub strict: bool,
    /// `X509_V_FLAG_PARTIAL_CHAIN`: any anchor ends the path.
    pub partial_chain: bool,
    /// The security level, 0 to 5; `None` where the program applies none (`openssl verify`).
    pub level: Option<u8>,
    /// Whether SHA-1 counts as strong enough at the level, against what the library's table says.
    pub sha1: Option<bool>,
    /// Whether the FIPS provider alone serves.
    pub fips: bool,
    /// Whether a purpose is asked for (`-purpose sslserver`; every TLS client does).
    pub purpose: bool,
    /// Which fault is told.
    pub report: Report,
    /// When the common name counts as a host name.
    pub common_name: CommonName,
    /// Whether `ba*.example.com` matches `bar.example.com`.
    pub partial_wildcards: bool,
    /// Who checks the host name: the library within its order of work, or the program afterwards.
    pub host: HostCheck,
    /// What the program makes of a fault.
    pub prints: fn(&OpenSsl, Fault) -> Printed,
}

/// The rules of a library, by version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    /// 1.0.2: what was sent comes first, alternatives after; roots are not looked into.
    V1_0_2,
    /// BoringSSL keeps that shape.
    BoringSsl,
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

/// When the common name of the subject counts as a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommonName {
    /// When the subject alternative name has no dNSName.
    WithoutDnsName,
    /// When it has neither dNSName nor iPAddress.
    WithoutDnsNameOrAddress,
    /// Never.
    Never,
}

/// Who checks the host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostCheck {
    /// The library, before signatures and times.
    Library,
    /// The program, once the library has accepted.
    Afterwards,
    /// Nobody.
    Never,
}
