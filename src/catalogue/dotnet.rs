//! .NET on Linux: OpenSSL's places read by .NET itself, and a store of its own.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
