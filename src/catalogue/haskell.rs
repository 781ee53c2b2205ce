//! Haskell, through crypton-x509-system.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
