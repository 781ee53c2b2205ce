//! Julia: one path, from variables or from a list.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
