//! What settings of a host and of a client say of verification: OpenSSL's configuration, crypto-policies, the FIPS
//! switch, variables.
//!
//! The readers are in [`crate::settings`] and the catalogue knows which of them a client has; here is only what they
//! come to, as the policies take it.

use crate::settings::{gnutls_config, java_security};

/// What settings say about verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The security level that OpenSSL's configuration or the build of the library sets, 0 to 5.
    pub level: Option<u8>,
    /// Whether a configuration or an option sets that level, and not the build of the library alone.
    pub level_is_set: bool,
    /// Whether a Python is built to leave the list of ciphers, and with it the level, to its library
    /// (`--with-ssl-default-suites=openssl`, as Debian does).
    pub ciphers_of_library: bool,
    /// Whether the FIPS provider alone serves.
    pub fips: Fips,
    /// Whether OpenSSL's configuration has what the library cannot read or does not know.
    pub configuration_fails: bool,
    /// What a vendor's patches make of SHA-1 in signatures.
    pub sha1: Sha1,
    /// What GnuTLS's own configuration says.
    pub gnutls: gnutls_config::Configured,
    /// A Java's security properties, where they are known.
    pub java: Option<java_security::Properties>,
    /// Why nothing can be predicted under these settings.
    pub unread: Option<String>,
    /// What is set, and what sets it: a sentence each.
    pub told: Vec<String>,
    /// What sets how strong keys and digests have to be.
    pub strength_by: Option<String>,
}

/// Whether algorithms come from a FIPS provider alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fips {
    /// They do not.
    #[default]
    Off,
    /// From that of OpenSSL itself, which still verifies what was signed with SHA-1.
    Upstream,
    /// From a vendor's (RHEL, SUSE), which verifies less.
    Vendor,
}

impl Fips {
    /// Whether it is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::Off)
    }
}

/// What a vendor's build makes of signatures with SHA-1 (`rh-allow-sha1-signatures`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sha1 {
    /// What the security level does: every build that has no such patch.
    #[default]
    AsLevel,
    /// They pass up to level 2 (`check_sig_level` with the patch).
    Permitted,
    /// They are not verified at any level.
    Refused,
    /// It has the patch, and its default is not known.
    Unknown,
}

impl Settings {
    /// What a security level alone says.
    #[must_use]
    pub fn of_level(level: Option<u8>) -> Self {
        Self { level, ..Self::default() }
    }
}
