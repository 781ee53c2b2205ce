//! Python's package managers: each asks a store of its own.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
