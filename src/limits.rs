//! Every bound castore keeps, named, with where the number comes from.
//!
//! Hitting one is a finding about the input, never a failure of the rest.

/// Bytes read from one file unless the user says otherwise: 64 MiB.
///
/// The largest real store known is a Java keystore of some 10,000 entries at 15 MB; a bundle of
/// 100,000 P-256 certificates is 69 MB and needs the option.
pub const FILE_SIZE: u64 = 64 * 1024 * 1024;

/// Bytes of text between BEGIN and END of one PEM block: 1 MiB.
///
/// The largest certificate in the conformance suites is under 100 kB; OpenSSL's own reader has
/// no bound, rustls-pki-types stops at 256 MiB a section.
pub const PEM_BLOCK: usize = 1024 * 1024;

/// Entries taken from one store: 1,000,000, ten times the largest benchmark.
pub const ENTRIES: usize = 1_000_000;

/// Symbolic links followed while resolving one path: 40, the kernel's own bound
/// (`MAXSYMLINKS`, path_resolution(7)).
pub const SYMLINKS: usize = 40;

/// Directories a tree remembers as such: 100,000, three times those of a full workstation (some
/// 30,000), 20 MB of paths. Past it the tree forgets and asks again.
pub const DIRECTORIES_REMEMBERED: usize = 100_000;

/// Names taken from one directory: 200,000. A hash directory has one to three per certificate.
pub const DIRECTORY_NAMES: usize = 200_000;

/// Certificates that share one subject hash in a hash directory: 256, `openssl rehash`'s bound
/// (`MAX_COLLISIONS`, apps/rehash.c).
pub const HASH_COLLISIONS: u32 = 256;

/// Bytes read to tell what a settings file says: 1 MiB.
pub const SETTINGS_SIZE: u64 = 1024 * 1024;
