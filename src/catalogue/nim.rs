//! Nim: every file of a list.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
