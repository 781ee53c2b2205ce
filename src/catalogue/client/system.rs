//! What part of an operating system's own store a row is: what is made, and of what.

/// What a store is that a command makes of anchors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What most programs read.
    Bundle,
    /// What OpenSSL finds an issuer in by the hash of its name.
    Directory,
    /// What the distribution's Javas read.
    Java,
}

/// How a system takes out what it ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// A `!` before the name in `/etc/ca-certificates.conf`; `update-ca-certificates` of Debian.
    Debian,
    /// The same file; Alpine's program of the same name.
    Alpine,
    /// A file in a blocklist: p11-kit's `update-ca-trust` of Fedora and Arch.
    P11Kit,
    /// A file in a blocklist: SUSE's `update-ca-certificates`.
    Suse,
    /// A file among the untrusted ones: `certctl`.
    FreeBsd,
}
