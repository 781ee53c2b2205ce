//! Perl: IO::Socket::SSL, LWP, HTTP::Tiny and Mozilla::CA.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
